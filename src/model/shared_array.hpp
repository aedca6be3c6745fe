#pragma once
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace vitrine {

/// Numbers that never change. Copies share them: one patient may have half a billion voxels and be
/// built, moved and cropped for every visit.
template <class T>
class SharedArray {
 public:
  SharedArray() = default;
  SharedArray(std::vector<T> values)
      : values_(std::make_shared<const std::vector<T>>(std::move(values))) {}
  SharedArray(std::initializer_list<T> values) : SharedArray(std::vector<T>(values)) {}

  std::size_t size() const { return values_ ? values_->size() : 0; }
  bool empty() const { return size() == 0; }
  const T* data() const { return values_ ? values_->data() : nullptr; }
  const T& operator[](std::size_t i) const { return (*values_)[i]; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size(); }
  operator std::span<const T>() const { return {data(), size()}; }

 private:
  std::shared_ptr<const std::vector<T>> values_;
};

}  // namespace vitrine
