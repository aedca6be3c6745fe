#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/table.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::io {

/// An HDF5 file that is built in memory; `bytes()` gives its image, the same for the same calls.
///
/// Paths are absolute (`/truth/volume_mm3`); missing groups are made. Names and text are UTF-8.
/// Objects carry no times; nothing touches the disk.
class H5File {
 public:
  H5File();
  ~H5File();
  H5File(H5File&&) noexcept;
  H5File& operator=(H5File&&) noexcept;

  /// An array in C order: the last dimension runs fastest; the product of `dims` is the size.
  /// Arrays above 64 KiB are packed (shuffle and deflate).
  void dataset(const std::string& path, std::span<const double> values,
               const std::vector<std::size_t>& dims);
  void dataset(const std::string& path, std::span<const float> values,
               const std::vector<std::size_t>& dims);
  void dataset(const std::string& path, std::span<const std::int64_t> values,
               const std::vector<std::size_t>& dims);
  void dataset(const std::string& path, std::span<const std::uint8_t> values,
               const std::vector<std::size_t>& dims);
  /// A list of texts: UTF-8 of fixed length, padded with zero bytes.
  void strings(const std::string& path, const std::vector<std::string>& values);
  void group(const std::string& path);

  /// On a group or data set that is there; `/` is the file.
  void attribute(const std::string& path, const std::string& name, const std::string& text);
  void attribute(const std::string& path, const std::string& name, double number);
  void attribute(const std::string& path, const std::string& name, std::int64_t number);

  /// The file as it would be on disk.
  Bytes bytes();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A table as a group: one data set per column, of doubles if all its cells are numbers
/// (not-a-number where one is missing), else of text (a missing number is empty). The attribute
/// `columns` lists them in order.
void write_table(H5File& file, const std::string& group, const Table& table);

}  // namespace vitrine::io
