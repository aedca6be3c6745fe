#pragma once
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

namespace vitrine {

/// A large array of plain numbers: cache-line aligned, *not* initialised, movable.
///
/// std::vector would touch every page on one thread before the first use.
template <class T>
requires std::is_trivially_copyable_v<T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t size)
      : data_(size ? static_cast<T*>(::operator new(size * sizeof(T), alignment)) : nullptr),
        size_(size) {}

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::span<T> span() { return {data_.get(), size_}; }
  std::span<const T> span() const { return {data_.get(), size_}; }
  T& operator[](std::size_t i) { return data_.get()[i]; }
  const T& operator[](std::size_t i) const { return data_.get()[i]; }

 private:
  static constexpr std::align_val_t alignment{64};
  struct Free {
    void operator()(T* p) const { ::operator delete(p, alignment); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace vitrine
