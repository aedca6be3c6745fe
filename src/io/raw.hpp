#pragma once
#include <memory>
#include <span>
#include <string>

#include "vitrine/core/hash.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/model/raw_scan.hpp"

namespace vitrine::io {

/// Writes the raw data of one scan as HDF5 (docs/formats/raw_h5.md) view by view: it needs memory
/// for a few views only. The file is whole or absent, like every other.
class RawWriter {
 public:
  /// `packed`: shuffled and deflated, without loss.
  RawWriter(const Path& path, const RawScan& scan, bool packed);
  ~RawWriter();  ///< a file that was not finished goes
  RawWriter(const RawWriter&) = delete;
  RawWriter& operator=(const RawWriter&) = delete;

  /// The values of the next views: columns, rows contiguous.
  void views(std::span<const float> values);
  /// All views are there. What the file became.
  SealedFile finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads such a file. It is believed in nothing: every size, range, hash and number is checked.
/// Throws Error (io) if it cannot be read, Error (data) if it is damaged or of another version.
class RawReader {
 public:
  explicit RawReader(const Path& path);
  ~RawReader();
  RawReader(const RawReader&) = delete;
  RawReader& operator=(const RawReader&) = delete;

  const RawScan& scan() const;
  /// The values of views from `first` on, as many as fit, in the order of a sinogram's.
  void views(Index first, std::span<float> out) const;
  /// Those of all views.
  Buffer<float> values() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vitrine::io
