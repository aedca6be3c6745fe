#include <cmath>
#include <cstddef>
#include <cstring>

#include "vitrine/physics/detail/look_up.hpp"
#include "vitrine/physics/detail/voxel_project.hpp"
#include "vitrine/physics/detail/voxel_taps.hpp"

/// Line integrals of a volume by planes of voxels, and their transpose.
///
/// All rows of a detector column lie in one upright plane, which meets columns of voxels along z.
/// So the columns of several steps are summed first, whole, with weights that all rows share; only
/// the sum is looked up at the heights of the rows, those in the middle of the steps. The transpose
/// takes the same steps backwards: from rows to a column of heights, and that into the voxels.
namespace vitrine::physics::VITRINE_ISA_LEVEL {
using detail::line_margin;
using detail::ProjectorJob;
using detail::ProjectorView;
namespace {

constexpr int most_groups = V8::parts == 1 ? 12 : 6;  // of 8 heights that fit into registers

template <int groups>
void sum_taps(const Tap* tap, int taps, const float* volume, float* out) {
  // Sums that wait for each other's ends would wait for nothing else.
  constexpr int ways = groups * V8::parts <= 2 ? 4 : groups * V8::parts <= 4 ? 2 : 1;
  V8 sum[ways][groups];
  for (int w = 0; w < ways; ++w)
    for (int g = 0; g < groups; ++g) sum[w][g] = fill8(0.0f);
  int t = 0;
  for (; t + ways <= taps; t += ways)
    for (int w = 0; w < ways; ++w) {
      const float* column = volume + tap[t + w].column;
      const V8 weight = fill8(tap[t + w].weight);
      for (int g = 0; g < groups; ++g) sum[w][g] = sum[w][g] + weight * load8(column + g * 8);
    }
  for (; t < taps; ++t) {
    const float* column = volume + tap[t].column;
    const V8 weight = fill8(tap[t].weight);
    for (int g = 0; g < groups; ++g) sum[0][g] = sum[0][g] + weight * load8(column + g * 8);
  }
  for (int w = 1; w < ways; ++w)
    for (int g = 0; g < groups; ++g) sum[0][g] = sum[0][g] + sum[w][g];
  for (int g = 0; g < groups; ++g) store8(out + g * 8, sum[0][g]);
}
template <int groups>
void add_taps(const Tap* tap, int taps, const float* heights, float* volume) {
  V8 value[groups];
  for (int g = 0; g < groups; ++g) value[g] = load8(heights + g * 8);
  for (int t = 0; t < taps; ++t) {
    float* column = volume + tap[t].column;
    const V8 weight = fill8(tap[t].weight);
    for (int g = 0; g < groups; ++g)
      store8(column + g * 8, load8(column + g * 8) + weight * value[g]);
  }
}
template <int groups>
void sum_up_to(int left, const Tap* tap, int taps, const float* volume, float* out) {
  if constexpr (groups > 1)
    if (left < groups) return sum_up_to<groups - 1>(left, tap, taps, volume, out);
  sum_taps<groups>(tap, taps, volume, out);
}
template <int groups>
void add_up_to(int left, const Tap* tap, int taps, const float* heights, float* volume) {
  if constexpr (groups > 1)
    if (left < groups) return add_up_to<groups - 1>(left, tap, taps, heights, volume);
  add_taps<groups>(tap, taps, heights, volume);
}

/// Where the rows of a column are at one distance: heights start + rise x row, voxel indices along
/// z, and how far from its height a row still meets something.
struct Heights {
  double start, rise, reach;
};

Heights heights_at(const ProjectorJob& job, const ProjectorView& view, const Ray& ray,
                   double distance) {
  Heights h;
  h.rise = job.rise + ray.rise_per_mm * distance;
  h.start = view.height - 0.5 * double(job.rows - 1) * h.rise;
  h.reach = job.distance_driven ? 0.5 + 0.5 * h.rise : 1.0;
  return h;
}

/// Whole numbers from a multiple of eight on.
struct Range {
  int begin, end;
  int count() const { return (end - begin + 7) & ~7; }
};

Range rows_of(const ProjectorJob& job, const Heights& h) {
  const double first = (-h.reach - h.start) / h.rise;
  const double last = (double(job.size[2] - 1) + h.reach - h.start) / h.rise;
  const int begin = int(smaller(larger(std::floor(first), 0.0), double(job.rows))) & ~7;
  const int end = int(smaller(larger(std::floor(last) + 1.0, 0.0), double(job.rows)));
  return {begin, end};
}

Range voxels_of(const ProjectorJob& job, const Heights& h, const Range& rows) {
  const double n = double(job.size[2]);
  const double low = h.start + h.rise * double(rows.begin) - h.reach;
  const double high = h.start + h.rise * double(rows.end - 1) + h.reach;
  return {int(smaller(larger(std::floor(low), 0.0), n)) & ~7,
          int(smaller(larger(std::floor(high) + 1.0, 0.0), n))};
}

void clear_margins(float* line, int begin, int end) {
  for (int i = 0; i < line_margin; i += 8) {
    store8(line + begin - line_margin + i, fill8(0.0f));
    store8(line + end + i, fill8(0.0f));
  }
}

/// Middle of some planes, in-plane mm from the ray's origin.
double middle_of(const Ray& ray, int first, int count) {
  return ray.near + ray.step * (double(first) + 0.5 * double(count - 1));
}

/// Adds some planes to the rows of a column.
void add_planes(const ProjectorJob& job, const ProjectorView& view, const Ray& ray, int first,
                int count, const float* volume, float* line, float* out) {
  Tap tap[most_taps];
  const int taps = taps_of(job, ray, first, count, tap);
  if (taps == 0) return;
  const Heights h = heights_at(job, view, ray, middle_of(ray, first, count));
  const Range rows = rows_of(job, h);
  if (rows.begin >= rows.end) return;
  const Range voxels = voxels_of(job, h, rows);
  if (voxels.begin >= voxels.end) return;
  const int end = voxels.begin + voxels.count();
  for (int i = voxels.begin; i < end; i += 8 * most_groups)
    sum_up_to<most_groups>((end - i) / 8, tap, taps, volume + i, line + i);
  clear_margins(line, voxels.begin, end);
  const Line heights{line, double(voxels.begin - line_margin), double(end)};
  const double at = h.start + h.rise * double(rows.begin);
  if (job.distance_driven) {
    const Overlap weight{fill8(float(h.rise)), fill8(float(1.0 / h.rise))};
    look_along<true>(heights, at - 0.5 * h.rise + 0.5, h.rise, rows.count(), int(h.rise) + 2,
                     weight, out + rows.begin);
  } else {
    look_along<true>(heights, at, h.rise, rows.count(), 2, Between{}, out + rows.begin);
  }
}

/// Adds the rows of a column to some planes.
void spread_planes(const ProjectorJob& job, const ProjectorView& view, const Ray& ray, int first,
                   int count, const Line& rows, float* line, float* volume) {
  Tap tap[most_taps];
  const int taps = taps_of(job, ray, first, count, tap);
  if (taps == 0) return;
  const Heights h = heights_at(job, view, ray, middle_of(ray, first, count));
  const Range voxels = voxels_of(job, h, {0, job.rows});
  if (voxels.begin >= voxels.end) return;
  const double per = 1.0 / h.rise;
  const double at = (double(voxels.begin) - h.start) * per;  // in rows
  if (job.distance_driven) {
    const Overlap weight{fill8(float(per)), fill8(1.0f)};
    look_along<false>(rows, at - 0.5 * per + 0.5, per, voxels.count(), int(per) + 2, weight,
                      line + voxels.begin);
  } else {
    look_along<false>(rows, at - per, per, voxels.count(), int(2.0 * per) + 2,
                      Tent{fill8(float(h.rise)), fill8(1.0f)}, line + voxels.begin);
  }
  const int end = voxels.begin + voxels.count();
  for (int i = voxels.begin; i < end; i += 8 * most_groups)
    add_up_to<most_groups>((end - i) / 8, tap, taps, line + i, volume + i);
}

/// Could a ray meet the volume in some planes?
bool misses(const ProjectorJob& job, const Ray& ray, int first, int count) {
  const double margin = 2.0 + double(job.distance_driven ? detail::widest_cell : 0);
  const double a = ray.centre.at + ray.centre.by * double(first);
  const double b = ray.centre.at + ray.centre.by * double(first + count - 1);
  return smaller(a, b) > double(job.size[1 - ray.centre.axis]) + margin || larger(a, b) < -margin;
}

}  // namespace

void project(const ProjectorJob& job, const ProjectorView* view, int views, const float* volume,
             float* line, float* out) {
  line += line_margin;
  const std::ptrdiff_t view_size = job.columns * job.row_stride;
  // A slab of planes for all views before the next: its voxels stay in the cache.
  for (int axis = 0; axis < 2; ++axis)
    for (int slab = 0; slab < job.size[axis]; slab += detail::slab_planes) {
      const int slab_end =
          slab + detail::slab_planes < job.size[axis] ? slab + detail::slab_planes : job.size[axis];
      for (int v = 0; v < views; ++v)
        for (int c = 0; c < job.columns; ++c) {
          if (axis_of(job, view[v], c) != axis) continue;
          const Ray ray = ray_of(job, view[v], c);
          if (misses(job, ray, slab, slab_end - slab)) continue;
          float* rows = out + v * view_size + c * job.row_stride;
          for (int first = slab; first < slab_end; first += job.planes_together) {
            const int left = slab_end - first;
            add_planes(job, view[v], ray, first,
                       left < job.planes_together ? left : job.planes_together, volume, line, rows);
          }
        }
    }
  for (int v = 0; v < views; ++v)
    for (int c = 0; c < job.columns; ++c) {
      const V8 length = fill8(float(std::fabs(ray_of(job, view[v], c).step)));
      float* rows = out + v * view_size + c * job.row_stride;
      for (int r = 0; r < int(job.row_stride); r += 8)
        store8(rows + r, load8(rows + r) * length * load8(job.stretch + c * job.row_stride + r));
    }
}

void back_project(const ProjectorJob& job, const ProjectorView* view, int views, int axis, int slab,
                  int count, const float* projections, float* line, float* volume) {
  float* values = line + line_margin;  // of the rows
  line = values + job.row_stride + 2 * line_margin;
  const Line rows{values, double(-line_margin), double(job.row_stride)};
  const std::ptrdiff_t view_size = job.columns * job.row_stride;
  clear_margins(values, 0, int(job.row_stride));
  for (int v = 0; v < views; ++v)
    for (int c = 0; c < job.columns; ++c) {
      if (axis_of(job, view[v], c) != axis) continue;
      const Ray ray = ray_of(job, view[v], c);
      if (misses(job, ray, slab, count)) continue;
      const float* here = projections + v * view_size + c * job.row_stride;
      const V8 length = fill8(float(std::fabs(ray.step)));
      for (int r = 0; r < int(job.row_stride); r += 8)
        store8(values + r, load8(here + r) * length * load8(job.stretch + c * job.row_stride + r));
      for (int first = slab; first < slab + count; first += job.planes_together) {
        const int left = slab + count - first;
        spread_planes(job, view[v], ray, first,
                      left < job.planes_together ? left : job.planes_together, rows, line, volume);
      }
    }
}

}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
