#include <immintrin.h>

#include <cmath>
#include <cstddef>
#include <cstring>
#include <iterator>

#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/detail/voxel_lanes.hpp"

/// Line integrals of voxel maps along the rays of neighbouring views, by planes (Joseph, IEEE Trans
/// Med Imaging 1 (1982) 192).
///
/// All rays of a detector column lie in one vertical plane through the focal point. In the map that
/// plane meets columns of voxels along z, so the columns of several steps are summed first, whole,
/// and only the sum is looked up at the heights of the rows: no step needs a gather. Heights are
/// those in the middle of the steps that share them. All components are summed at the same places.
///
/// What some neighbouring detector columns of all views meet of some planes is first copied into a
/// tile, all components of a place together: it stays in the cache while each voxel is met some
/// thirty times, and a labelled map is looked up once.
namespace vitrine::physics::VITRINE_ISA_LEVEL {
namespace {

using detail::lane_width;
using detail::most_voxel_views;
using detail::VoxelJob;
using detail::VoxelView;

constexpr int most_planes = 16;
constexpr int groups_at_once = 4;
constexpr int rows_at_once = 64;
constexpr int most_lanes = 16;  // of any level: a tile's columns are padded to it
constexpr std::ptrdiff_t tile_floats = std::ptrdiff_t(3) << 17;
constexpr std::ptrdiff_t most_column = 2048;  // floats: all components

/// (std::fmin is a call.)
double smaller(double a, double b) { return a < b ? a : b; }
double larger(double a, double b) { return a > b ? a : b; }

/// The rays of eight neighbouring columns in one view, by planes across `axis`.
struct Fan {
  int axis;
  Doubles at, by;      // index along the other axis in plane 0, and per plane
  Doubles near, step;  // in-plane mm to plane 0, and between planes
};

Fan fan_of(const VoxelView& view, int group) {
  const Doubles across = load_doubles(view.columns_across + group * lane_width);
  const Doubles along = load_doubles(view.columns_along + group * lane_width);
  Doubles speed[2];
  for (int a = 0; a < 2; ++a)
    speed[a] = across * both(view.across[a]) + along * both(view.along[a]);
  constexpr int middle = lane_width / 2;
  Fan fan;
  // Along which the middle ray meets more planes.
  fan.axis = std::fabs(speed[0][middle]) >= std::fabs(speed[1][middle]) ? 0 : 1;
  const Doubles from = both(view.focus[fan.axis]), aside = both(view.focus[1 - fan.axis]);
  fan.step = both(1.0) / speed[fan.axis];
  fan.near = -from * fan.step;
  fan.by = speed[1 - fan.axis] * fan.step;
  fan.at = aside - from * fan.by;
  return fan;
}

/// Indices between which something is.
struct Range {
  double low, high;
};

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

/// Planes first to first + count across an axis.
struct Slab {
  int axis, first, count;
  Range hull;
};

/// Views, groups of columns, columns of those and rows, from the first to before the second.
struct Part {
  int view[2], group[2], lane[2], row[2];
};

/// Where the eight rays of a group meet a slab in one view.
struct Meeting {
  bool any;
  int row[2];          // that look at the map
  double start, rise;  // height of row 0, and per row: those of the middle ray
  Floats far;          // voxels along z per tangent of a row
  Ints begin, end;     // planes that a ray meets
  alignas(32) int place[most_planes][lane_width];  // the lower of two columns: its index, its place
  alignas(32) float upper[most_planes][lane_width];  // share of the upper
};

/// What all rays of a part meet of a slab.
struct Box {
  Ints low[most_planes], high[most_planes];  // columns of voxels
  int bottom = 1 << 30, top = -(1 << 30);    // heights
};

/// Sums of columns and where they are looked up.
struct Look {
  int height[rows_at_once + most_lanes];
  float more[rows_at_once + most_lanes];
  float tangent[rows_at_once + most_lanes];
};

class Tracer {
 public:
  explicit Tracer(const VoxelJob& job)
      : job_(job), groups_((job.columns + lane_width - 1) / lane_width) {}

  /// Floats of working memory.
  std::size_t floats() const {
    return std::size_t(tile_floats + most_voxel_views * lane_width * most_column + 2 * most_lanes) +
           std::size_t(most_voxel_views * groups_at_once) * std::size_t(group_floats());
  }

  void trace() {
    std::memset(sums(0, 0), 0,
                std::size_t(most_voxel_views * groups_at_once * group_floats()) * sizeof(float));
    for (int group = 0; group < groups_; group += groups_at_once)
      trace_groups(group, group + groups_at_once < groups_ ? group + groups_at_once : groups_);
  }

 private:
  std::ptrdiff_t row_lanes() const { return std::ptrdiff_t(job_.row_groups) * lane_width; }
  std::ptrdiff_t group_floats() const { return lane_width * job_.components * row_lanes(); }

  float* tile() const { return job_.work; }
  /// [ray][component][height] of a view.
  float* columns(int view) const { return tile() + tile_floats + view * lane_width * most_column; }
  /// [ray][component][row] of a group.
  float* sums(int view, int group) const {
    return columns(most_voxel_views) + 2 * most_lanes +
           (view * groups_at_once + group % groups_at_once) * group_floats();
  }
  Fan& fan(int view, int group) { return fans_[view][group % groups_at_once]; }
  Meeting& meeting(int view, int group) { return meetings_[view][group % groups_at_once]; }

  void trace_groups(int begin, int end) {
    bool any[2] = {false, false};
    for (int v = 0; v < job_.views; ++v)
      for (int g = begin; g < end; ++g) {
        fan(v, g) = fan_of(job_.view[v], g);
        any[fan(v, g).axis] = true;
        met_[v][g % groups_at_once] = false;
      }
    for (int axis = 0; axis < 2; ++axis)
      for (int first = 0; any[axis] && first < job_.size[axis]; first += job_.planes) {
        const int left = job_.size[axis] - first;
        const int count = job_.planes < left ? job_.planes : left;
        const Slab slab{axis, first, count, hull_of(job_, axis, first, count)};
        if (slab.hull.low > slab.hull.high) continue;
        for (int row = 0; row < job_.rows; row += rows_at_once)
          add({{0, job_.views},
               {begin, end},
               {0, lane_width},
               {row, row + rows_at_once < job_.rows ? row + rows_at_once : job_.rows}},
              slab);
      }
    for (int v = 0; v < job_.views; ++v)
      for (int g = begin; g < end; ++g)
        if (met_[v][g % groups_at_once]) write(v, g);
  }

  /// Add what a part meets of a slab to its sums.
  void add(const Part& part, const Slab& slab) {
    Box box;
    for (int p = 0; p < slab.count; ++p) {
      box.low[p] = all_ints(1 << 30);
      box.high[p] = all_ints(-(1 << 30));
    }
    bool any = false;
    for (int v = part.view[0]; v < part.view[1]; ++v)
      for (int g = part.group[0]; g < part.group[1]; ++g) {
        Meeting& m = meeting(v, g);
        m.any = fan(v, g).axis == slab.axis && meet(part, v, g, slab, m, box);
        any |= m.any;
      }
    if (!any) return;
    int low[most_planes], width = 2;
    for (int p = 0; p < slab.count; ++p) {
      low[p] = least(box.low[p]);
      const int wide = -least(-box.high[p]) + 2 - low[p];
      width = wide > width ? wide : width;
    }
    const int heights = (box.top - box.bottom + most_lanes) / most_lanes * most_lanes;
    const std::ptrdiff_t column = std::ptrdiff_t(job_.components) * heights;
    if (slab.count * width * column > tile_floats || column > most_column) return split(part, slab);
    // Along x first: those columns are neighbours in memory.
    const int outer = slab.axis == 0 ? width : slab.count;
    const int inner = slab.axis == 0 ? slab.count : width;
    for (int o = 0; o < outer; ++o)
      for (int n = 0; n < inner; ++n) {
        const int p = slab.axis == 0 ? n : o, i = slab.axis == 0 ? o : n;
        if (low[p] < 1 << 30)
          copy_column(slab, slab.first + p, low[p] + i, box.bottom, heights,
                      tile() + (p * width + i) * column);
      }
    for (int g = part.group[0]; g < part.group[1]; ++g) {
      for (int v = part.view[0]; v < part.view[1]; ++v) {
        Meeting& m = meeting(v, g);
        if (!m.any) continue;
        met_[v][g % groups_at_once] = true;
        for (int p = 0; p < slab.count; ++p)
          if (low[p] < 1 << 30)
            store_ints(m.place[p], (load_ints(m.place[p]) + all_ints(p * width - low[p])) *
                                       all_ints(int(column)));
      }
      sum(part, g, int(column));
      for (int v = part.view[0]; v < part.view[1]; ++v)
        if (meeting(v, g).any) look(part, v, g, meeting(v, g), box.bottom, heights);
    }
  }

  /// The same in halves, where a tile cannot hold all: of views, rows, groups, columns.
  void split(const Part& part, const Slab& slab) {
    Part one = part, other = part;
    const auto halve = [](const int(&of)[2], int(&low)[2], int(&high)[2]) {
      low[1] = high[0] = of[0] + (of[1] - of[0]) / 2;
    };
    const auto many = [](const int(&of)[2]) { return of[1] - of[0] > 1; };
    if (many(part.view))
      halve(part.view, one.view, other.view);
    else if (many(part.group))
      halve(part.group, one.group, other.group);
    else if (many(part.row))
      halve(part.row, one.row, other.row);
    else
      halve(part.lane, one.lane, other.lane);
    add(one, slab);
    add(other, slab);
  }

  /// Where the rays of a group meet a slab, if they do.
  bool meet(const Part& part, int v, int group, const Slab& slab, Meeting& m, Box& box) {
    const Fan& f = fan(v, group);
    const VoxelView& view = job_.view[v];
    constexpr int middle = lane_width / 2;
    const Doubles at = f.at + f.by * both(double(slab.first));
    const Doubles distance =
        f.near + f.step * both(double(slab.first) + 0.5 * double(slab.count - 1));
    if (!(distance[middle] > 1.0)) return false;

    // Rows that look at the map's heights.
    const double per_mm = 1.0 / job_.z_step;
    const Doubles scale = load_doubles(view.scale + group * lane_width);
    const double reach = distance[middle] * scale[middle];
    m.rise = job_.tangent_step * reach * per_mm;
    m.start = view.height + view.first_tangent * reach * per_mm;
    const double first = std::ceil((-1.0 - m.start) / m.rise);
    const double last = std::floor((double(job_.size[2]) - 1e-6 - m.start) / m.rise) + 1.0;
    m.row[0] = first > double(part.row[0]) ? int(smaller(first, double(part.row[1]))) : part.row[0];
    m.row[1] = last < double(part.row[1]) ? int(larger(last, double(part.row[0]))) : part.row[1];
    if (m.row[0] >= m.row[1]) return false;

    // Planes that they meet within the hull.
    const Doubles tiny = both(1e-12);
    const Doubles slope = magnitude(f.by) < tiny ? tiny : f.by;
    const Doubles a = (both(slab.hull.low) - at) / slope, b = (both(slab.hull.high) - at) / slope;
    Doubles enter = a < b ? a : b, leave = a < b ? b : a;
    const Doubles count = both(double(slab.count));
    enter = enter > both(0.0) ? enter : both(0.0);
    enter = enter < count ? enter : count;
    leave = leave < count - both(1.0) ? leave : count - both(1.0);
    leave = leave > both(-1.0) ? leave : both(-1.0);
    leave = distance > both(1.0) ? leave : both(-1.0);
    m.begin = whole(enter);
    m.begin -= part_above(enter, m.begin);
    m.end = whole(leave + both(1.0));
    for (int l = 0; l < lane_width; ++l)
      if (l < part.lane[0] || l >= part.lane[1]) m.end[l] = 0;
    if (least(m.begin - m.end) >= 0) return false;

    m.far = narrow(distance * scale * both(per_mm));
    const Doubles size = both(double(job_.size[1 - slab.axis]) + 1.0);
    for (int p = 0; p < slab.count; ++p) {
      Doubles u = at + f.by * both(double(p)) + both(1.0);  // > 0: the zeros around the map
      u = u > both(0.0) ? u : both(0.0);
      u = u < size ? u : size;
      const Ints lower = whole(u);
      store_floats(m.upper[p], narrow(u - wide(lower)));
      const Ints place = lower - 1;
      store_ints(m.place[p], place);
      const Ints met = (m.begin <= p) & (m.end > p);
      const Ints low = met ? place : all_ints(1 << 30);
      const Ints high = met ? place : all_ints(-(1 << 30));
      box.low[p] = low < box.low[p] ? low : box.low[p];
      box.high[p] = high > box.high[p] ? high : box.high[p];
    }
    const int bottom = floor_of(m.start + m.rise * double(m.row[0]));
    const int top = floor_of(m.start + m.rise * double(m.row[1] - 1)) + 1;
    box.bottom = bottom < box.bottom ? bottom : box.bottom;
    box.top = top > box.top ? top : box.top;
    return true;
  }

  /// All components of a column of voxels, from some height on; nothing outside the map.
  void copy_column(const Slab& slab, int plane, int other, int bottom, int heights,
                   float* out) const {
    const int components = job_.components;
    if (other < 0 || other >= job_.size[1 - slab.axis]) {
      std::memset(out, 0, std::size_t(components * heights) * sizeof(float));
      return;
    }
    const std::ptrdiff_t from =
        plane * job_.stride[slab.axis] + other * job_.stride[1 - slab.axis] + bottom;
    const int begin = bottom < 0 ? -bottom : 0;
    const int left = job_.size[2] - bottom, end = left < heights ? left : heights;
    if (begin > 0 || end < heights)
      std::memset(out, 0, std::size_t(components * heights) * sizeof(float));
    // The row of columns after this one, too far away for the processor to guess.
    if (job_.labels)
      for (int h = 0; h < heights; h += 32)
        __builtin_prefetch(job_.labels + from + job_.stride[1] + h);
    for (int k = 0; k < components; ++k, out += heights) {
      if (!job_.labels)
        std::memcpy(out + begin, job_.values + k * job_.apart + from + begin,
                    std::size_t(end > begin ? end - begin : 0) * sizeof(float));
      else
        look_up(job_.table + std::ptrdiff_t(k) * job_.entries, job_.entries, job_.labels + from,
                begin, end, out);
    }
  }

  /// Sum the columns that the rays of a group meet: a part of them for all views, which meet many
  /// of the same.
  void sum(const Part& part, int group, int column) {
    constexpr int together = most_sums * lanes;
    for (int from = 0; from < column; from += together) {
      const SumColumns sum_columns =
          sum_of[(column - from < together ? column - from : together) / lanes];
      for (int v = part.view[0]; v < part.view[1]; ++v) {
        const Meeting& m = meeting(v, group);
        if (!m.any) continue;
        float* out = columns(v) + from;
        for (int l = 0; l < lane_width; ++l, out += column)
          if (m.begin[l] < m.end[l])
            sum_columns(tile() + from, m.place[0] + l, m.upper[0] + l, m.begin[l], m.end[l], column,
                        out);
      }
    }
  }
  using SumColumns = void (*)(const float*, const int*, const float*, int, int, int, float*);
  static constexpr SumColumns sum_of[] = {nullptr,        sum_columns<1>, sum_columns<2>,
                                          sum_columns<3>, sum_columns<4>, sum_columns<5>,
                                          sum_columns<6>, sum_columns<7>, sum_columns<8>};
  static_assert(std::size(sum_of) == most_sums + 1);

  /// Look the sums up at the heights of the rows.
  void look(const Part& part, int v, int group, const Meeting& m, int bottom, int heights) {
    const VoxelView& view = job_.view[v];
    const int first = m.row[0] / lanes * lanes;
    const int count = (m.row[1] - first + lanes - 1) / lanes * lanes;
    // The height of the middle ray decides between which two a row lies.
    const int last = m.row[1] - 1 - first;
    for (int i = 0; i < count; ++i) {
      const int row = first + (i < last ? i : last);
      const int lower = floor_of(m.start + m.rise * double(row < m.row[0] ? m.row[0] : row));
      look_.height[i] = lower - bottom;
      look_.more[i] = float(view.height - double(lower));
      look_.tangent[i] = float(view.first_tangent + job_.tangent_step * double(first + i));
    }
    const std::ptrdiff_t rows = row_lanes();
    const int components = job_.components;
    for (int i = 0; i < count; i += lanes) {
      const Lookup lookup(look_.height + i);
      const Vector more = load(look_.more + i), tangent = load(look_.tangent + i);
      const Indices seen = lanes_between(m.row[0] - first - i, m.row[1] - first - i);
      for (int l = part.lane[0]; l < part.lane[1]; ++l)
        if (m.begin[l] < m.end[l])
          add_rows(lookup, fill(m.far[l]) * tangent + more, seen,
                   columns(v) + std::ptrdiff_t(l) * components * heights, heights, components,
                   sums(v, group) + l * components * rows + first + i, rows);
    }
  }

  /// From sums over planes to basis integrals: mm per plane, the basis weights.
  void write(int v, int group) {
    job_.met[v * groups_ + group] = 1;
    const std::ptrdiff_t rows = row_lanes();
    const float* from = sums(v, group);
    for (int l = 0; l < lane_width; ++l) {
      const int column = group * lane_width + l;
      if (column >= job_.columns) break;
      const Vector mm = fill(float(std::fabs(fan(v, group).step[l])));
      const float* weight = job_.weights;
      float* out = job_.out + (std::ptrdiff_t(v) * job_.columns + column) * job_.rank * rows;
      for (int c = 0; c < job_.components; ++c, from += rows)
        for (int k = 0; k < job_.rank; ++k, ++weight) {
          if (*weight == 0.0f) continue;
          for (std::ptrdiff_t r = 0; r < rows; r += lanes) {
            float* here = out + k * rows + r;
            store(here, load(here) + load(from + r) * mm * fill(*weight));
          }
        }
    }
    std::memset(sums(v, group), 0, std::size_t(group_floats()) * sizeof(float));
  }

  const VoxelJob& job_;
  int groups_;
  Fan fans_[most_voxel_views][groups_at_once];
  Meeting meetings_[most_voxel_views][groups_at_once];
  bool met_[most_voxel_views][groups_at_once];
  Look look_;
};

}  // namespace

std::size_t voxel_floats(const VoxelJob& job) { return Tracer(job).floats(); }

void trace_voxels(const VoxelJob& job) { Tracer(job).trace(); }

}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
