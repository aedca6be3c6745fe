#include <cmath>
#include <cstddef>
#include <cstring>

#include "vitrine/core/simd.hpp"
#include "vitrine/physics/detail/kernels.hpp"

/// Line integrals of a voxel map along the rays of neighbouring views, by planes (Joseph, IEEE
/// Trans Med Imaging 1 (1982) 192).
///
/// All rays of a detector column lie in one vertical plane through the focal point. In the map that
/// plane meets columns of voxels along z, so the columns of several steps are summed first, whole,
/// and only the sum is looked up at the heights of the rows: no step needs a gather. Heights are
/// those in the middle of the steps that share them.
namespace vitrine::physics::VITRINE_ISA_LEVEL {
using namespace vitrine::VITRINE_ISA_LEVEL;
namespace {

using detail::lane_width;
using detail::VoxelJob;
using detail::VoxelView;

constexpr int most_planes = 16;
constexpr int most_groups = V8::parts == 1 ? 12 : 6;  // of 8 heights that fit into registers
constexpr int most_heights = 256;

/// (std::fmin is a call.)
double smaller(double a, double b) { return a < b ? a : b; }
double larger(double a, double b) { return a > b ? a : b; }

/// The rays of eight neighbouring columns in one view, by planes across `axis`.
struct Fan {
  int axis;
  double at[lane_width], by[lane_width];  // index along the other axis in plane 0, and per plane
  double near[lane_width], step[lane_width];  // in-plane mm to plane 0, and between planes
};

Fan fan_of(const VoxelView& view, int group) {
  const double* across = view.columns_across + group * lane_width;
  const double* along = view.columns_along + group * lane_width;
  constexpr int middle = lane_width / 2;
  double speed[2][lane_width];
  for (int a = 0; a < 2; ++a)
    for (int l = 0; l < lane_width; ++l)
      speed[a][l] = across[l] * view.across[a] + along[l] * view.along[a];
  Fan fan;
  // Along which the middle ray meets more planes.
  fan.axis = std::fabs(speed[0][middle]) >= std::fabs(speed[1][middle]) ? 0 : 1;
  const double from = view.focus[fan.axis], aside = view.focus[1 - fan.axis];
  for (int l = 0; l < lane_width; ++l) {
    fan.step[l] = 1.0 / speed[fan.axis][l];
    fan.near[l] = -from * fan.step[l];
    fan.by[l] = speed[1 - fan.axis][l] * fan.step[l];
    fan.at[l] = aside - from * fan.by[l];
  }
  return fan;
}

/// Which of some planes a ray meets within the map's hull.
struct Planes {
  int begin = 0, end = 0;
};

Planes planes_of(double at, double by, double low, double high, int count) {
  double first = 0.0, last = double(count - 1);
  if (std::fabs(by) > 1e-12) {
    const double a = (low - at) / by, b = (high - at) / by;
    first = larger(first, smaller(a, b));
    last = smaller(last, larger(a, b));
  } else if (at < low || at > high) {
    return {};
  }
  if (first > last) return {};
  const int begin = int(std::ceil(first)), end = int(std::floor(last)) + 1;
  return begin < end ? Planes{begin, end} : Planes{};
}

/// Where a ray is in a plane: the lower of two columns of voxels, and the share of the upper.
struct Crossing {
  const float* column;
  float upper;
};

/// Sum of `groups` x 8 heights of what a ray meets, from `height` on.
template <int groups>
void sum_columns(const Crossing* crossing, int count, std::ptrdiff_t aside, std::ptrdiff_t height,
                 float* out) {
  V8 sum[groups];
  for (int g = 0; g < groups; ++g) sum[g] = fill8(0.0f);
  for (int p = 0; p < count; ++p) {
    const float* low = crossing[p].column + height;
    const float* high = low + aside;
    const V8 upper = fill8(crossing[p].upper), lower = fill8(1.0f - crossing[p].upper);
    for (int g = 0; g < groups; ++g)
      sum[g] = sum[g] + lower * load8(low + g * lane_width) + upper * load8(high + g * lane_width);
  }
  for (int g = 0; g < groups; ++g) store8(out + g * lane_width, sum[g]);
}

using SumColumns = void (*)(const Crossing*, int, std::ptrdiff_t, std::ptrdiff_t, float*);
constexpr SumColumns sum_of[] = {
    nullptr,         sum_columns<1>,  sum_columns<2>, sum_columns<3>,
    sum_columns<4>,  sum_columns<5>,  sum_columns<6>,
#if defined(__AVX__)
    sum_columns<7>,  sum_columns<8>,  sum_columns<9>, sum_columns<10>,
    sum_columns<11>, sum_columns<12>,
#endif
};

/// Indices between which something is.
struct Range {
  double low, high;
};

/// What eight rays meet in some planes, by height.
struct Heights {
  alignas(64) float column[lane_width][most_heights];  // per ray: heights contiguous
  alignas(64) float turned[most_heights][lane_width];  // per height: rays contiguous
};

/// Adds some planes along the rays of eight columns to the sums of their rows; true if any met
/// something.
bool add_planes(const VoxelJob& job, const VoxelView& view, const Fan& fan, int group, int first,
                int count, Range hull, Heights& heights, float* sums) {
  const int other = 1 - fan.axis;
  const std::ptrdiff_t onward = job.stride[fan.axis], aside = job.stride[other];

  Planes planes[lane_width];
  double at[lane_width], distance[lane_width];
  bool any = false;
  for (int l = 0; l < lane_width; ++l) {
    at[l] = fan.at[l] + fan.by[l] * double(first);
    distance[l] = fan.near[l] + fan.step[l] * (double(first) + 0.5 * double(count - 1));
    planes[l] =
        distance[l] > 1.0 ? planes_of(at[l], fan.by[l], hull.low, hull.high, count) : Planes{};
    any |= planes[l].begin < planes[l].end;
  }
  if (!any) return false;

  // Rows that look at the map's heights.
  constexpr int middle = lane_width / 2;
  if (!(distance[middle] > 1.0)) return false;
  const double per_mm = 1.0 / job.z_step;
  const double* scale = view.scale + group * lane_width;
  const double reach = distance[middle] * scale[middle];
  const double rise = job.tangent_step * reach * per_mm;
  const double start = view.height + view.first_tangent * reach * per_mm;
  const double low = std::ceil((-1.0 - start) / rise);
  const double high = std::floor((double(job.size[2]) - 1e-6 - start) / rise) + 1.0;
  const int begin = low > 0.0 ? int(smaller(low, double(job.rows))) : 0;
  const int end = high < double(job.rows) ? int(larger(high, 0.0)) : job.rows;
  if (begin >= end) return false;

  Crossing crossing[lane_width][most_planes];
  int crossings[lane_width];
  float scaled[lane_width];
  for (int l = 0; l < lane_width; ++l) {
    int& n = crossings[l] = 0;
    for (int p = planes[l].begin; p < planes[l].end; ++p, ++n) {
      const double u = at[l] + fan.by[l] * double(p);
      const int lower = int(u + 1.0) - 1;  // u > -1: the zeros around the map
      crossing[l][n] = {job.values + std::ptrdiff_t(first + p) * onward + lower * aside,
                        float(u - double(lower))};
    }
    scaled[l] = float(distance[l] * scale[l] * per_mm);
  }
  const V8 far = load8(scaled);
  const int rows =
      int(smaller(larger(double(most_heights - 3 * lane_width) / rise, 1.0), double(job.rows)));
  for (int row = begin; row < end; row += rows) {
    const int row_end = row + rows < end ? row + rows : end;
    // The heights that they look at, from a multiple of eight on.
    const double bottom =
        std::floor((std::floor(start + rise * double(row)) + detail::voxel_margin) / lane_width) *
            lane_width -
        detail::voxel_margin;
    const int top = int(std::floor(start + rise * double(row_end - 1)) - bottom) + 2;
    const int groups = (top + lane_width - 1) / lane_width;
    for (int l = 0; l < lane_width; ++l)
      for (int g = 0; g < groups; g += most_groups)
        sum_of[groups - g < most_groups ? groups - g : most_groups](
            crossing[l], crossings[l], aside, std::ptrdiff_t(bottom) + g * lane_width,
            heights.column[l] + g * lane_width);
    for (int g = 0; g < groups; ++g) {
      V8 block[lane_width];
      for (int l = 0; l < lane_width; ++l) block[l] = load8(heights.column[l] + g * lane_width);
      transpose8(block);
      for (int l = 0; l < lane_width; ++l) store8(heights.turned[g * lane_width + l], block[l]);
    }
    // That of the middle ray decides between which two heights a row lies.
    for (int r = row; r < row_end; ++r) {
      const double tangent = view.first_tangent + job.tangent_step * double(r);
      const int lower = int(start + rise * double(r) - bottom);
      const V8 share = far * float(tangent) + float(view.height - bottom - double(lower));
      const V8 a = load8(heights.turned[lower]), b = load8(heights.turned[lower + 1]);
      float* sum = sums + r * lane_width;
      store8(sum, load8(sum) + a + share * (b - a));
    }
  }
  return true;
}

/// What the hull of some planes leaves of the other axis: indices between which a ray may meet
/// something.
Range hull_of(const VoxelJob& job, int axis, int first, int count) {
  const std::int32_t* hull = job.hull[axis] + 2 * first;
  Range range{1e9, -1e9};
  for (int p = 0; p < count; ++p) {
    if (hull[2 * p] > hull[2 * p + 1]) continue;
    range.low = smaller(range.low, double(hull[2 * p]));
    range.high = larger(range.high, double(hull[2 * p + 1]));
  }
  return {range.low - 1.0 + 1e-9, range.high + 1.0 - 1e-9};
}

/// From sums over planes to basis integrals: mm per plane, the basis weights, rows contiguous.
void write(const VoxelJob& job, const Fan& fan, const float* sums, int group, float* out) {
  const std::ptrdiff_t rows = std::ptrdiff_t(job.row_groups) * lane_width;
  float length[lane_width];
  for (int l = 0; l < lane_width; ++l) length[l] = float(std::fabs(fan.step[l]));
  const V8 mm = load8(length);
  for (int g = 0; g < job.row_groups; ++g) {
    V8 block[lane_width];
    for (int r = 0; r < lane_width; ++r)
      block[r] = load8(sums + (g * lane_width + r) * lane_width) * mm;
    transpose8(block);
    for (int l = 0; l < lane_width && group * lane_width + l < job.columns; ++l)
      for (int k = 0; k < job.rank; ++k) {
        float* here = out + ((group * lane_width + l) * job.rank + k) * rows + g * lane_width;
        store8(here, load8(here) + block[l] * job.weights[k]);
      }
  }
}

}  // namespace

void trace_voxels(const VoxelJob& job) {
  const int groups = (job.columns + lane_width - 1) / lane_width;
  const std::ptrdiff_t rows = std::ptrdiff_t(job.row_groups) * lane_width;
  const std::ptrdiff_t sums = rows * lane_width;
  Heights heights;
  std::memset(job.sums, 0, std::size_t(job.views * groups * sums) * sizeof(float));
  // Some planes of all views before the next planes: their columns stay in the cache.
  for (int axis = 0; axis < 2; ++axis)
    for (int first = 0; first < job.size[axis]; first += job.planes) {
      const int count = job.planes < job.size[axis] - first ? job.planes : job.size[axis] - first;
      const Range hull = hull_of(job, axis, first, count);
      if (hull.low > hull.high) continue;
      for (int v = 0; v < job.views; ++v)
        for (int g = 0; g < groups; ++g) {
          const Fan fan = fan_of(job.view[v], g);
          if (fan.axis != axis) continue;
          const int at = v * groups + g;
          if (add_planes(job, job.view[v], fan, g, first, count, hull, heights,
                         job.sums + at * sums))
            job.met[at] = 2;
        }
    }
  for (int v = 0; v < job.views; ++v)
    for (int g = 0; g < groups; ++g) {
      const int at = v * groups + g;
      if (job.met[at] != 2) continue;  // met by this map; 1: by another
      job.met[at] = 1;
      write(job, fan_of(job.view[v], g), job.sums + at * sums, g,
            job.out + std::ptrdiff_t(v) * job.columns * job.rank * rows);
    }
}

}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
