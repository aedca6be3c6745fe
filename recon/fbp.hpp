#pragma once
#include "vitrine/model/volume.hpp"
#include "vitrine/recon/kernel.hpp"
#include "vitrine/recon/rebin.hpp"

namespace vitrine::recon {

/// What a voxel holds that not every view sees: air.
inline constexpr float outside_field_of_view = -1000.0f;

/// CT number scale: HU = 1000 (mu - mu_water) / (mu_water - mu_air), attenuations in 1/mm at the
/// reference energy of the line integrals.
struct HounsfieldScale {
  double mu_water = 0.0, mu_air = 0.0;
  double operator()(double mu) const { return 1000.0 * (mu - mu_water) / (mu_water - mu_air); }
};

/// Filtered back projection of an axial or helical scan onto an axial grid.
///
/// Cone-parallel weighted back projection (Stierstorfer et al. 2004): at every angle a voxel takes
/// the weighted mean of the direct and the conjugate rays of all half turns; the weight of a row
/// falls to zero at the detector's edge. A slice is the mean over `slice_thickness` [mm] of
/// sub-planes at most one detector row apart; thickness and increment are independent. A plane that
/// no ray crosses takes the nearest row. Voxels outside the scan field of view are
/// `outside_field_of_view`.
///
/// Equal bits for any number of threads. Throws Error (unsupported) on a grid that is not axial.
Image reconstruct(const Rebinned& scan, const Kernel& kernel, const Grid& grid,
                  double slice_thickness, const HounsfieldScale& scale, Isa isa);

inline Image reconstruct(const Rebinned& scan, const Kernel& kernel, const Grid& grid,
                         double slice_thickness, double mu_water, double mu_air, Isa isa) {
  return reconstruct(scan, kernel, grid, slice_thickness, {mu_water, mu_air}, isa);
}

/// Offsets [mm] from a slice's middle of the planes it averages.
std::vector<double> sub_planes(double slice_thickness, double row_pitch_at_iso);

/// The same image at single points, voxel by voxel in double: slow, the truth that the fast path is
/// tested against. HU; `outside_field_of_view` outside.
std::vector<double> reconstruct_points(const Rebinned& scan, const Kernel& kernel,
                                       std::span<const Vec3> points, double slice_thickness,
                                       const HounsfieldScale& scale, Isa isa);

}  // namespace vitrine::recon
