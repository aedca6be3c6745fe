#pragma once
#include <hdf5.h>

#include <string>
#include <utility>

#include "vitrine/core/error.hpp"

namespace vitrine::io::detail {

/// An HDF5 identifier that closes itself.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  /// Throws Error (io) if HDF5 gave no identifier for `what`.
  Handle(hid_t id, Close close_id, const std::string& what) : id_(id), close_(close_id) {
    require(id >= 0, Error::Kind::io, "HDF5 cannot make ", what,
            ". Is the name used twice, the disk full, or memory short?");
  }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }
  hid_t release() { return std::exchange(id_, -1); }

 private:
  hid_t id_;
  Close close_;
};

/// HDF5 prints its error stack by itself; we throw instead.
class Quiet {
 public:
  Quiet() {
    H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }

 private:
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace vitrine::io::detail
