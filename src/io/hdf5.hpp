#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/table.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::io {

/// An HDF5 file, the same bytes for the same calls.
///
/// Paths are absolute (`/truth/volume_mm3`); missing groups are made. Names and text are UTF-8.
/// Objects carry no times.
class H5File {
 public:
  /// Built in memory; `bytes()` gives its image and nothing touches the disk.
  H5File();
  /// Written to disk as it grows, for what is too large for memory: made or emptied, and whole only
  /// after `close()`.
  explicit H5File(const Path& path);
  ~H5File();
  H5File(H5File&&) noexcept;
  H5File& operator=(H5File&&) noexcept;

  /// An array in C order: the last dimension runs fastest; the product of `dims` is the size (none:
  /// a single number).
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
  /// The same bytes of a list that is not held: `each`, which may be asked twice, calls back with
  /// every value in order.
  template <class T>
  using Each = FunctionRef<void(FunctionRef<void(T)>)>;
  void numbers(const std::string& path, std::size_t count, Each<double> each);
  void texts(const std::string& path, std::size_t count, Each<std::string_view> each);
  void group(const std::string& path);

  /// On a group or data set that is there; `/` is the file.
  void attribute(const std::string& path, const std::string& name, const std::string& text);
  void attribute(const std::string& path, const std::string& name, double number);
  void attribute(const std::string& path, const std::string& name, std::int64_t number);

  /// An array of floats that `append` fills, whole rows of its first dimension at a time, each a
  /// chunk of its own. One at a time.
  void rows(const std::string& path, const std::vector<std::size_t>& dims, bool packed);
  void append(std::span<const float> values);

  /// The file as it would be on disk.
  Bytes bytes();
  /// Complete a file on disk; nothing may be added then.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A table that is read column by column; `each_cell` may be asked more than once.
struct CellsByColumn {
  const std::vector<std::string>& columns;
  std::size_t rows;
  FunctionRef<bool(std::size_t column)> is_numeric;  ///< all its cells are numbers
  FunctionRef<void(std::size_t column, FunctionRef<void(const Table::Cell&)> take)> each_cell;
};

/// A table as a group: one data set per column, of doubles if all its cells are numbers
/// (not-a-number where one is missing), else of text (a missing number is empty). The attribute
/// `columns` lists them in order.
void write_table(H5File& file, const std::string& group, const Table& table);
void write_columns(H5File& file, const std::string& group, const CellsByColumn& table);

}  // namespace vitrine::io
