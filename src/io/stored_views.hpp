#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "vitrine/io/file.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::io {

/// How a scan's values lie in files that another program wrote.
struct ViewLayout {
  enum Axis { view, column, row };

  std::vector<Path> files;                      ///< equally many views each, one after the other
  std::string dataset;                          ///< of HDF5 files; empty: the files are raw float32
  std::array<Index, 3> size{};                  ///< views of all files, columns, rows
  std::array<Axis, 3> axes{view, row, column};  ///< slowest first
  std::array<bool, 3> reversed{};               ///< views, columns, rows: stored last to first
  bool big_endian = false;                      ///< of raw float32
  std::uint64_t offset = 0;                     ///< bytes before the first value of each raw file
};

/// Reads such files, which are believed in nothing.
///
/// Throws Error (io) if a file cannot be read, Error (data) if it is not what the layout says.
class StoredViews {
 public:
  /// Checks that all values are there.
  explicit StoredViews(ViewLayout layout);
  ~StoredViews();
  StoredViews(const StoredViews&) = delete;
  StoredViews& operator=(const StoredViews&) = delete;

  /// The values of views from `first` on, as many as fit: columns x rows each, rows contiguous.
  /// They may be anything, not-a-number included.
  void views(Index first, std::span<float> out) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vitrine::io
