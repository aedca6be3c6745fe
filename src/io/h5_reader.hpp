#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "vitrine/io/file.hpp"

namespace vitrine::io {

/// Reads an HDF5 file that may be damaged, or made to do harm: what is asked for must be there,
/// with the type and the size that is expected. Links to other files, external storage and filters
/// other than shuffle, deflate and Fletcher's checksum are refused.
///
/// All calls throw Error (data) that names the file and the object, unless said otherwise.
class H5Reader {
 public:
  /// Throws Error (io) if the file cannot be read.
  explicit H5Reader(const Path& path);
  ~H5Reader();
  H5Reader(H5Reader&&) noexcept;
  H5Reader& operator=(H5Reader&&) noexcept;

  const Path& path() const;
  std::uint64_t file_size() const;
  bool has(const std::string& object) const;
  bool has_attribute(const std::string& object, const std::string& name) const;

  /// Attributes: a text of at most 64 KiB, a whole number.
  std::string text(const std::string& object, const std::string& name) const;
  std::int64_t integer(const std::string& object, const std::string& name) const;

  /// Data sets of exactly these dimensions (none: a single number) and of this type.
  std::vector<double> doubles(const std::string& object,
                              const std::vector<std::size_t>& dims) const;
  std::vector<float> floats(const std::string& object, const std::vector<std::size_t>& dims) const;
  std::vector<std::int64_t> integers(const std::string& object,
                                     const std::vector<std::size_t>& dims) const;
  std::vector<std::uint8_t> bytes(const std::string& object,
                                  const std::vector<std::size_t>& dims) const;
  std::vector<std::string> strings(const std::string& object, std::size_t count) const;
  /// A box of an array of numbers of any type, rounded to floats: from `first` on, as many as
  /// `count` along each dimension.
  void box(const std::string& object, const std::vector<std::size_t>& dims,
           const std::vector<std::size_t>& first, const std::vector<std::size_t>& count,
           std::span<float> out) const;
  /// Some rows of an array of floats, from row `first` of its first dimension on.
  void rows(const std::string& object, const std::vector<std::size_t>& dims, std::size_t first,
            std::span<float> out) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vitrine::io
