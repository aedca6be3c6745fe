#pragma once
#include <memory>
#include <span>
#include <string>

#include "vitrine/model/raw_scan.hpp"

namespace vitrine::cli {

/// A scan that images can be made of: raw data of a trial, or somebody's own sinogram.
class ScanSource {
 public:
  virtual ~ScanSource() = default;

  virtual const RawScan& scan() const = 0;
  /// What it was read from, for messages.
  virtual const std::string& file() const = 0;
  /// Whether a trial made it: then it knows tube and beam.
  virtual bool simulated() const = 0;
  /// Throws Error (data) if values are missing.
  virtual void expect_values() const = 0;
  /// The values of views from `first` on, as many as fit: `scan().quantity`, columns x rows each,
  /// rows contiguous. Throws Error (data) where they cannot be used.
  virtual void views(Index first, std::span<float> out) const = 0;
};

/// HDF5 of a trial (docs/formats/raw_h5.md), or a sinogram file in YAML (docs/formats/sinogram.md),
/// told apart by the name's end.
std::unique_ptr<ScanSource> open_scan(const std::string& file);

}  // namespace vitrine::cli
