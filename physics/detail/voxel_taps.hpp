#pragma once
#include <cmath>
#include <cstddef>

#include "vitrine/core/simd.hpp"
#include "vitrine/physics/detail/voxel_project.hpp"

/// Rays of the voxel projector in the plane, and the columns of voxels that they meet; for
/// voxel_project.hot.cpp only.
namespace vitrine::physics::VITRINE_ISA_LEVEL {
using namespace vitrine::VITRINE_ISA_LEVEL;
using detail::ProjectorColumns;
using detail::ProjectorJob;
using detail::ProjectorView;
namespace {

/// (std::fmin is a call.)
inline double smaller(double a, double b) { return a < b ? a : b; }
inline double larger(double a, double b) { return a > b ? a : b; }

/// A ray in the plane, by planes across `axis`: the index along the other axis is at + by x plane.
struct Path {
  int axis;
  double at, by;
  double operator()(int plane) const { return at + by * double(plane); }
};

inline Path path_of(const ProjectorColumns& columns, const ProjectorView& view, int c, int axis) {
  double from[2], speed[2];
  for (int a = 0; a < 2; ++a) {
    from[a] = view.origin[a] + columns.offset[c] * view.across[a];
    speed[a] = columns.across[c] * view.across[a] + columns.along[c] * view.along[a];
  }
  // Along which it meets more planes.
  if (axis < 0) axis = std::fabs(speed[0]) >= std::fabs(speed[1]) ? 0 : 1;
  const double by = speed[1 - axis] / speed[axis];
  return {axis, from[1 - axis] - from[axis] * by, by};
}

/// A column of a view: its central path, its edges' if they count, and where its planes are.
struct Ray {
  Path centre, low, high;
  double near, step;   ///< in-plane mm to plane 0, and between planes
  double rise_per_mm;  ///< of a row, voxels
};

inline int axis_of(const ProjectorJob& job, const ProjectorView& view, int c) {
  double speed[2];
  for (int a = 0; a < 2; ++a)
    speed[a] = job.centre.across[c] * view.across[a] + job.centre.along[c] * view.along[a];
  return std::fabs(speed[0]) >= std::fabs(speed[1]) ? 0 : 1;
}

inline Ray ray_of(const ProjectorJob& job, const ProjectorView& view, int c) {
  Ray ray;
  ray.centre = path_of(job.centre, view, c, -1);
  const int a = ray.centre.axis;
  ray.step = 1.0 / (job.centre.across[c] * view.across[a] + job.centre.along[c] * view.along[a]);
  ray.near = -(view.origin[a] + job.centre.offset[c] * view.across[a]) * ray.step;
  ray.rise_per_mm = job.rise_per_mm * job.row_scale[c];
  if (job.distance_driven) {
    ray.low = path_of(job.edge, view, c, a);
    ray.high = path_of(job.edge, view, c + 1, a);
  }
  return ray;
}

/// A column of voxels and its share.
struct Tap {
  std::ptrdiff_t column;
  float weight;
};

constexpr int most_neighbours = detail::widest_cell + 2;
/// One more than there can be: what weighs nothing is written, and overwritten.
constexpr int most_taps = detail::slab_planes * most_neighbours + 1;

/// The columns of voxels that a ray meets in some planes, at the faces of the volume.
inline int taps_at_faces(const ProjectorJob& job, const Ray& ray, int first, int count, Tap* tap) {
  const int n = job.size[1 - ray.centre.axis];
  const std::ptrdiff_t onward = job.stride[ray.centre.axis];
  const std::ptrdiff_t aside = job.stride[1 - ray.centre.axis];
  int taps = 0;
  for (int p = first; p < first + count; ++p) {
    const std::ptrdiff_t plane = p * onward;
    if (!job.distance_driven) {
      const double u = ray.centre(p);
      if (u <= -1.0 || u >= double(n)) continue;
      const int lower = int(u + 1.0) - 1;
      const float upper = float(u - double(lower));
      if (lower >= 0) tap[taps++] = {plane + lower * aside, 1.0f - upper};
      if (lower + 1 < n) tap[taps++] = {plane + (lower + 1) * aside, upper};
    } else {
      const double a = ray.low(p) + 0.5, b = ray.high(p) + 0.5;
      const double low = smaller(a, b), high = larger(a, b);
      if (high <= 0.0 || low >= double(n)) continue;
      const double share = 1.0 / (high - low);
      const int last = int(smaller(high, double(n) - 1e-9));
      for (int i = int(larger(low, 0.0)); i <= last; ++i) {
        const double part = smaller(high, double(i + 1)) - larger(low, double(i));
        tap[taps++] = {plane + i * aside, float(part * share)};
      }
    }
  }
  return taps;
}

/// Voxels of eight planes: the first of each, and the shares of it and those behind it.
struct EightPlanes {
  int first[8];
  float share[most_neighbours][8];
};

/// What cells cover whose edges are at `a` and `b`, in voxels from a face on.
inline void cover(V8 a, V8 b, int neighbours, EightPlanes& planes) {
  const V8 low = min8(a, b), high = max8(a, b), voxel = truncate8(low);
  store_int8(planes.first, voxel);
  const V8 share = fill8(1.0f) / (high - low);
  for (int k = 0; k < neighbours; ++k) {
    const V8 face = voxel + float(k);
    store8(planes.share[k], (min8(high, face + 1.0f) - max8(low, face)) * share);
  }
}

/// The same where all of it is within the volume, eight planes at a time: `low` and `high` are the
/// cell's edges, or (Joseph) twice its centre, in voxels from the first one's face (centre) on.
inline int taps_within(const ProjectorJob& job, const Path& low, const Path& high, double base,
                       int neighbours, int first, int count, Tap* tap) {
  constexpr float counted[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  const std::ptrdiff_t onward = job.stride[low.axis], aside = job.stride[1 - low.axis];
  const V8 low_steps = load8(counted) * float(low.by), high_steps = load8(counted) * float(high.by);
  EightPlanes planes;
  int taps = 0;
  for (int begin = first; begin < first + count; begin += 8) {
    const V8 a = low_steps + float(low(begin) - base);
    if (job.distance_driven) {
      cover(a, high_steps + float(high(begin) - base), neighbours, planes);
    } else {
      const V8 voxel = truncate8(a), upper = a - voxel;
      store_int8(planes.first, voxel);
      store8(planes.share[0], fill8(1.0f) - upper);
      store8(planes.share[1], upper);
    }
    const int end = first + count - begin < 8 ? first + count - begin : 8;
    for (int p = 0; p < end; ++p) {
      std::ptrdiff_t column =
          (begin + p) * onward + (std::ptrdiff_t(base) + planes.first[p]) * aside;
      for (int k = 0; k < neighbours; ++k, column += aside) {
        const float share = planes.share[k][p];
        tap[taps] = {column, share};
        taps += share > 0.0f;
      }
    }
  }
  return taps;
}

/// The columns of voxels that a ray meets in some planes.
inline int taps_of(const ProjectorJob& job, const Ray& ray, int first, int count, Tap* tap) {
  Path low = ray.centre, high = ray.centre;
  if (job.distance_driven) {  // from the first voxel's face on
    low = ray.low, high = ray.high;
    low.at += 0.5, high.at += 0.5;
  }
  const int last = first + count - 1;
  const double a = low(first), b = high(first), c = low(last), d = high(last);
  const double least = smaller(smaller(a, b), smaller(c, d));
  const double most = larger(larger(a, b), larger(c, d));
  constexpr double rounding = 1e-3;
  const double n = double(job.size[1 - ray.centre.axis]) - (job.distance_driven ? 0.0 : 1.0);
  if (least < rounding || most > n - rounding) return taps_at_faces(job, ray, first, count, tap);
  const int neighbours =
      job.distance_driven ? int(larger(std::fabs(a - b), std::fabs(c - d))) + 2 : 2;
  return taps_within(job, low, high, std::floor(least), neighbours, first, count, tap);
}

}  // namespace
}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
