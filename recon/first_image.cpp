#include <algorithm>
#include <cmath>

#include "vitrine/recon/detail/first_image.hpp"

namespace vitrine::recon::detail {
namespace {

/// Sharp enough for metal of 1 mm, and no sharper: noise is no material.
Pick<Kernel> first_kernel() {
  Diagnostics problems;
  auto kernel = kernels().make(Value("standard"), problems);
  problems.throw_if_any();
  return kernel;
}

}  // namespace

Vec3 in_gantry(const Rebinned& scan, const Vec3& point) {
  if (scan.scan().tilt == 0.0) return point;
  const Vec3 iso(0.0, 0.0, scan.centre_z());
  return scan.scan().gantry_axes().transpose() * (point - iso) + iso;
}

FirstImage first_image(const Rebinned& scan, const HounsfieldScale& scale, double voxel, Isa isa) {
  const ScanGeometry& g = scan.scan();
  double low = 1e300, high = -1e300;
  for (Index n = 0; n < scan.lines(); ++n) {
    const Index half = scan.angles() / 2;
    low = std::min(low, scan.source_z(n / half, n % half));
    high = std::max(high, scan.source_z(n / half, n % half));
  }
  const double beam = 0.5 * double(g.rows) * g.row_pitch_at_iso();
  const double thickness = std::max(g.row_pitch_at_iso(), voxel);
  const double length = high - low + 2.0 * beam;
  const double radius = g.field_of_view_radius() + scan.farthest_axis_y();
  Grid upright;
  const Index matrix = Index(std::ceil(2.0 * radius / voxel));
  upright.size = {matrix, matrix, std::max<Index>(1, Index(std::ceil(length / thickness - 1e-6)))};
  upright.spacing = Vec3(voxel, voxel, thickness);
  const Vec3 last(double(matrix - 1), double(matrix - 1), double(upright.size[2] - 1));
  upright.origin = Vec3(0.0, 0.0, 0.5 * (low + high)) - 0.5 * upright.spacing.cwiseProduct(last);
  Grid grid = upright;
  if (g.tilt != 0.0) {
    const Vec3 iso(0.0, 0.0, scan.centre_z());
    grid.axes = g.gantry_axes();
    grid.origin = grid.axes * (upright.origin - iso) + iso;
  }
  return {reconstruct(scan, *first_kernel(), grid, thickness, scale, isa), upright};
}

}  // namespace vitrine::recon::detail
