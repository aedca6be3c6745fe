#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/physics/detail/culling.hpp"
#include "vitrine/physics/projector.hpp"

// Rays and what lies on them in double precision: what the hot path is held against.

namespace vitrine::physics {
namespace {

/// What `value(voxel)` is at a point: trilinear, with zeros around the grid.
template <class Value>
double trilinear(const Grid& grid, const Vec3& point, const Value& value) {
  const Vec3 u = (grid.axes.transpose() * (point - grid.origin)).cwiseQuotient(grid.spacing);
  const Vec3 low(std::floor(u.x()), std::floor(u.y()), std::floor(u.z()));
  double sum = 0.0;
  for (int corner = 0; corner < 8; ++corner) {
    double weight = 1.0;
    std::array<Index, 3> at{};
    bool inside = true;
    for (std::size_t a = 0; a < 3; ++a) {
      const auto i = Eigen::Index(a);
      const bool upper = corner >> a & 1;
      at[a] = Index(low[i]) + upper;
      weight *= upper ? u[i] - low[i] : 1.0 - (u[i] - low[i]);
      inside = inside && at[a] >= 0 && at[a] < grid.size[a];
    }
    if (inside) sum += weight * value(std::size_t(grid.offset(at[0], at[1], at[2])));
  }
  return sum;
}

/// Integral of `value(voxel)` along a ray, sampled every `step` voxels.
template <class Value>
double voxel_integral(const Grid& grid, const Ray& ray, double step, const Value& value) {
  Solid box = detail::box_of(grid);
  box.half_axes += grid.spacing;
  const Interval inside = intersect(box, ray.origin, ray.direction);
  if (inside.empty()) return 0.0;
  const double length = inside.length() * ray.direction.norm();
  const auto steps = std::int64_t(length / (step * grid.spacing.minCoeff())) + 1;
  double sum = 0.0;
  for (std::int64_t i = 0; i < steps; ++i) {
    const double t = inside.enter + (double(i) + 0.5) * inside.length() / double(steps);
    sum += trilinear(grid, ray.origin + t * ray.direction, value);
  }
  return sum * length / double(steps);
}

}  // namespace

Vec3 direction_of(const ScanGeometry& geometry, const FocalShift& shift, double column, double row,
                  const Offset& offset) {
  const double at = column + offset.column;
  auto [across, along] = geometry.column_place(at);
  across -= offset.spot_across + shift.across;
  along -= shift.along;
  const double length = std::sqrt(across * across + along * along);
  const double tangent = geometry.row_tangent(row + offset.row) -
                         (offset.spot_z + shift.z) / geometry.source_to_detector;
  return {across / length, along / length, tangent * geometry.row_scale(at, shift)};
}

Ray ray_of(const ScanGeometry& geometry, Index view, double column, double row,
           const Offset& offset) {
  const detail::Gantry frame = detail::gantry(geometry, view, offset.spot_across);
  const Vec3 d = direction_of(geometry, geometry.focal_shift(view), column, row, offset);
  const Vec3 origin = frame.focus + Vec3(0.0, 0.0, offset.spot_z);
  if (geometry.tilt == 0.0) return {origin, frame.back(d)};
  return {geometry.gantry_axes() * origin, geometry.gantry_axes() * frame.back(d)};
}

std::vector<double> path_masses(const Scene& scene, const Ray& ray, double patch_step) {
  std::vector<double> masses(scene.materials.size(), 0.0);
  const double stretch = ray.direction.norm();
  for (const Term& term : scene.terms) {
    Interval inside{-1e300, 1e300};
    for (const auto s : term.solids) {
      const Interval here = intersect(scene.solids[s], ray.origin, ray.direction);
      if (here.empty()) inside = {};
      inside.enter = std::max(inside.enter, here.enter);
      inside.leave = std::min(inside.leave, here.leave);
    }
    for (const Delta& delta : term.deltas)
      masses[delta.material] += delta.density * inside.length() * stretch;
  }
  for (const Patch& patch : scene.patches)
    for (const auto& channel : patch.channels)
      masses[channel.material] += voxel_integral(
          patch.grid, ray, patch_step, [&](std::size_t v) { return double(channel.density[v]); });
  for (const IndexedMap& map : scene.maps)
    for (std::uint32_t m = 0; m < masses.size(); ++m)
      masses[m] += voxel_integral(map.grid, ray, patch_step, [&](std::size_t v) {
        double sum = 0.0;
        for (const Delta& delta : map.entries[map.index[v]].deltas)
          if (delta.material == m) sum += delta.density;
        return sum;
      });
  return masses;
}

}  // namespace vitrine::physics
