#pragma once
#include "vitrine/recon/algorithm.hpp"

namespace vitrine::recon {

/// Model-based iterative reconstruction: penalised weighted least squares in the geometry as it was
/// measured (penalised_fit.hpp), from filtered back projection on.
///
/// The grid is that of the image and a few slices beyond its ends, voxels as high as a slice or
/// two detector rows. What the rays meet elsewhere, about the image and beyond its ends, is found
/// first, on a coarse grid, and taken away from them. A slice is the mean over its thickness.
class Iterative final : public Algorithm {
 public:
  struct Params {
    std::int64_t iterations = 8;
    std::int64_t subsets = 12;
    double half_frequency = 0.2;  ///< 1/mm: Prior
    double edge = 60.0;           ///< HU
  };
  static const Schema<Params>& schema();
  explicit Iterative(const Params& params) : p_(params) {}

  bool wants_measured() const override { return true; }
  Takes takes() const override { return {.tilted_gantry = false, .flying_focal_spot = false}; }
  double memory(const ScanGeometry& scan, const Grid& grid, double slice_thickness) const override;
  double seconds(const ScanGeometry& scan, const Grid& grid, double slice_thickness) const override;
  /// Throws Error (unsupported) on a tilted gantry and a flying focal spot.
  Image reconstruct(const ScanData& scan, const ImageOrder& order, Isa isa) const override;

 private:
  Params p_;
};

}  // namespace vitrine::recon
