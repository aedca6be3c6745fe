#pragma once
#include <optional>
#include <string>

#include "vitrine/cli/recon_scan.hpp"
#include "vitrine/recon/spectral.hpp"

namespace vitrine::cli {

/// What an image is made of: the readings of a scan, some bins' counts, or basis materials.
struct ScanSeries {
  std::optional<RawScan::Counting::Window> window;  ///< of a photon-counting scan's counts
  std::optional<recon::SpectralImage> spectral;
  recon::HounsfieldScale scale;
};

/// Throws Error (input) where the scan's data have nothing of that name.
ScanSeries series_of(const ScanSource& source, const std::string& bins);

inline recon::VoxelUnit voxel_unit(const ScanSeries& series) {
  return series.spectral ? series.spectral->unit : recon::VoxelUnit::hounsfield;
}

}  // namespace vitrine::cli
