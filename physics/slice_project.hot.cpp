#include <cmath>
#include <cstddef>

#include "vitrine/physics/detail/look_up.hpp"
#include "vitrine/physics/detail/voxel_project.hpp"

/// The voxel projector where there is one slice and one row: lanes are eight neighbouring columns,
/// which meet neighbouring voxels of a line.
namespace vitrine::physics::VITRINE_ISA_LEVEL {
using detail::ProjectorColumns;
using detail::ProjectorJob;
using detail::ProjectorView;
using detail::SliceLines;
namespace {

constexpr int lanes = 8;
constexpr int planes_at_once = 64;
/// How far outside the volume a place may be: there are only zeros.
constexpr double outside = detail::widest_cell + 2;

double smaller(double a, double b) { return a < b ? a : b; }
double larger(double a, double b) { return a > b ? a : b; }

/// Eight paths by planes across `axis`: the index along the other axis is at + by x plane.
struct Paths {
  double at[lanes], by[lanes];
};

/// Of eight columns.
struct Fan {
  int axis;
  Paths low, high;     ///< of their edges; both the centre where a column has no width
  double step[lanes];  ///< in-plane mm between planes
};

int axis_of(const ProjectorJob& job, const ProjectorView& view, int group) {
  const int c = group * lanes + lanes / 2;
  double speed[2];
  for (int a = 0; a < 2; ++a)
    speed[a] = job.centre.across[c] * view.across[a] + job.centre.along[c] * view.along[a];
  return std::fabs(speed[0]) >= std::fabs(speed[1]) ? 0 : 1;
}

Paths paths_of(const ProjectorColumns& columns, const ProjectorView& view, int first, int axis) {
  Paths paths;
  const int other = 1 - axis;
  for (int l = 0; l < lanes; ++l) {
    const int c = first + l;
    const double along =
        columns.across[c] * view.across[axis] + columns.along[c] * view.along[axis];
    const double aside =
        columns.across[c] * view.across[other] + columns.along[c] * view.along[other];
    paths.by[l] = aside / along;
    paths.at[l] = view.origin[other] + columns.offset[c] * view.across[other] -
                  (view.origin[axis] + columns.offset[c] * view.across[axis]) * paths.by[l];
  }
  return paths;
}

Fan fan_of(const ProjectorJob& job, const ProjectorView& view, int group, int axis) {
  Fan fan;
  fan.axis = axis;
  const int first = group * lanes;
  for (int l = 0; l < lanes; ++l)
    fan.step[l] = 1.0 / (job.centre.across[first + l] * view.across[axis] +
                         job.centre.along[first + l] * view.along[axis]);
  if (!job.distance_driven) {
    fan.low = fan.high = paths_of(job.centre, view, first, axis);
    return fan;
  }
  fan.low = paths_of(job.edge, view, first, axis);
  fan.high = paths_of(job.edge, view, first + 1, axis);
  // Edges change sides with the view: the lower is that on the middle plane.
  const double middle = 0.5 * double(job.size[axis]);
  if (fan.low.at[lanes / 2] + fan.low.by[lanes / 2] * middle >
      fan.high.at[lanes / 2] + fan.high.by[lanes / 2] * middle) {
    const Paths low = fan.high;
    fan.high = fan.low;
    fan.low = low;
  }
  for (Paths* paths : {&fan.low, &fan.high})  // voxel i is from i to i + 1
    for (int l = 0; l < lanes; ++l) paths->at[l] += 0.5;
  return fan;
}

/// Some planes of a fan: places count from voxel `anchor`, planes from `first`.
struct Block {
  int first, count, anchor;
  float lowest_at, lowest_by;  ///< of the lane that is lowest
  double span;                 ///< between lanes, at most
  V8 at, by;                   ///< of the lower edges
  V8 width, width_by;          ///< of the columns
  int neighbours;
  V8 least, most;  ///< where places of a far reach are kept: around are only zeros
};

/// Planes that a fan meets.
struct Planes {
  int begin, end;
};

/// Where at + by x plane is between `low` and `high`.
Planes planes_between(double at, double by, double low, double high, int count) {
  double first = 0.0, last = double(count);
  if (std::fabs(by) > 1e-12) {
    const double a = (low - at) / by, b = (high - at) / by;
    first = larger(first, smaller(a, b));
    last = smaller(last, larger(a, b) + 1.0);
  } else if (at < low || at > high) {
    return {count, 0};
  }
  return first < last ? Planes{int(first), int(last)} : Planes{count, 0};
}

/// Those that its outermost columns meet, and all between: no column is then farther outside than
/// the columns are apart.
Planes planes_of(const ProjectorJob& job, const Fan& fan) {
  Planes planes{job.size[fan.axis], 0};
  for (const int l : {0, lanes - 1})
    for (const Paths* edge : {&fan.low, &fan.high}) {
      const Planes its = planes_between(edge->at[l], edge->by[l], -1.0,
                                        double(job.size[1 - fan.axis]) + 1.0, job.size[fan.axis]);
      if (its.begin >= its.end) continue;
      planes.begin = its.begin < planes.begin ? its.begin : planes.begin;
      planes.end = its.end > planes.end ? its.end : planes.end;
    }
  return planes;
}

Block block_of(const ProjectorJob& job, const Fan& fan, int first, int count) {
  Block block;
  block.first = first;
  block.count = count;
  double low = 1e300, widest = 0.0;
  double from[lanes], to[lanes];
  for (int l = 0; l < lanes; ++l) {
    from[l] = fan.low.at[l] + fan.low.by[l] * double(first);
    to[l] = fan.low.at[l] + fan.low.by[l] * double(first + count - 1);
    low = smaller(low, smaller(from[l], to[l]));
    const double width =
        larger(fan.high.at[l] - fan.low.at[l] + (fan.high.by[l] - fan.low.by[l]) * double(first),
               fan.high.at[l] - fan.low.at[l] +
                   (fan.high.by[l] - fan.low.by[l]) * double(first + count - 1));
    widest = larger(widest, width);
  }
  const int n = job.size[1 - fan.axis];
  const int lowest = from[0] <= from[lanes - 1] ? 0 : lanes - 1;
  block.span = larger(std::fabs(from[0] - from[lanes - 1]), std::fabs(to[0] - to[lanes - 1]));
  block.anchor = int(std::floor(low)) - 1;
  float at[lanes], by[lanes], width[lanes], width_by[lanes];
  for (int l = 0; l < lanes; ++l) {
    at[l] = float(from[l] - double(block.anchor));
    by[l] = float(fan.low.by[l]);
    width[l] =
        float(fan.high.at[l] - fan.low.at[l] + (fan.high.by[l] - fan.low.by[l]) * double(first));
    width_by[l] = float(fan.high.by[l] - fan.low.by[l]);
  }
  block.lowest_at = at[lowest];
  block.lowest_by = by[lowest];
  block.at = load8(at);
  block.by = load8(by);
  block.width = load8(width);
  block.width_by = load8(width_by);
  block.neighbours = job.distance_driven ? int(widest) + 2 : 2;
  block.least = fill8(float(-outside - double(block.anchor)));
  block.most = fill8(float(double(n) + 1.0 - double(block.anchor)));
  return block;
}

/// Where the lanes of a plane look, from voxel `base` after the anchor.
struct Looked {
  int base;
  V8 place;
};

template <Reach reach>
Looked looked(const Block& block, float plane) {
  const V8 place = block.at + block.by * fill8(plane);
  if constexpr (reach == Reach::far) {
    const V8 kept = min8(max8(place, block.least), block.most);
    const int base = int(-outside) - block.anchor;
    return {base, kept - float(base)};
  } else {
    const int base = int(block.lowest_at + block.lowest_by * plane);
    return {base, place - float(base)};
  }
}

template <Reach reach, bool wide>
V8 sum_planes(const Block& block, const SliceLines& lines) {
  V8 sum = fill8(0.0f);
  const float* line = lines.values + block.first * lines.stride + block.anchor;
  for (int p = 0; p < block.count; ++p, line += lines.stride) {
    const Looked at = looked<reach>(block, float(p));
    if constexpr (wide) {
      const V8 width = block.width + block.width_by * fill8(float(p));
      const Overlap weight{width, fill8(1.0f) / width};
      sum = sum + look<reach>(line + at.base, at.place, block.neighbours, weight);
    } else {
      sum = sum + look<reach>(line + at.base, at.place, 2, Between{});
    }
  }
  return sum;
}

Reach reach_of(const Block& block) {
  return block.span < 6.9 ? Reach::eight : block.span < 14.9 ? Reach::sixteen : Reach::far;
}

template <bool wide>
V8 sum_planes(const Block& block, const SliceLines& lines) {
  switch (reach_of(block)) {
    case Reach::eight:
      return sum_planes<Reach::eight, wide>(block, lines);
    case Reach::sixteen:
      return sum_planes<Reach::sixteen, wide>(block, lines);
    default:
      return sum_planes<Reach::far, wide>(block, lines);
  }
}

template <bool wide>
void spread_planes(const Block& block, V8 value, const SliceLines& lines) {
  float* line = lines.values + block.first * lines.stride + block.anchor;
  const bool far = reach_of(block) == Reach::far;
  for (int p = 0; p < block.count; ++p, line += lines.stride) {
    const Looked at =
        far ? looked<Reach::far>(block, float(p)) : looked<Reach::sixteen>(block, float(p));
    const V8 whole = truncate8(at.place), f = at.place - whole;
    int index[lanes];
    store_int8(index, whole);
    float* base = line + at.base;
    const V8 width = block.width + block.width_by * fill8(float(p));
    const Overlap overlap{width, fill8(1.0f) / width};
    for (int k = 0; k < block.neighbours; ++k) {
      float share[lanes];
      store8(share, value * (wide ? overlap(k, f) : Between{}(k, f)));
      for (int l = 0; l < lanes; ++l) base[index[l] + k] += share[l];
    }
  }
}

/// Parallel columns by planes across an axis: column c meets index at + apart x c + by x plane.
struct Comb {
  int axis;
  double at, apart, by, step;
};

Comb comb_of(const ProjectorJob& job, const ProjectorView& view) {
  const int axis = axis_of(job, view, 0);
  const Paths first = paths_of(job.centre, view, 0, axis);
  Comb comb{axis, first.at[0], (first.at[lanes - 1] - first.at[0]) / double(lanes - 1), first.by[0],
            1.0 / view.along[axis]};
  if (comb.apart < 0.0) {  // the other way round
    comb.at += comb.apart * double(job.columns - 1);
    comb.apart = -comb.apart;
  }
  return comb;
}

/// Adds parallel columns to some planes: voxels look up columns, with the weights that columns look
/// up voxels with.
void spread_comb(const ProjectorJob& job, const Comb& comb, int first, int count,
                 const float* columns, const SliceLines& lines) {
  const double per = 1.0 / comb.apart;
  const double reach = job.distance_driven ? 0.5 + 0.5 * comb.apart : 1.0;
  const Line line{columns, double(-detail::line_margin), double(job.columns)};
  const int n = job.size[1 - comb.axis];
  const V8 length = fill8(float(std::fabs(comb.step)));
  const Overlap overlap{fill8(float(per)), length};
  const Tent tent{length * float(comb.apart), length};
  for (int p = first; p < first + count; ++p) {
    const double at = comb.at + comb.by * double(p);
    const double low = std::floor(at - reach);
    const double high = std::floor(at + comb.apart * double(job.columns - 1) + reach) + 1.0;
    const int begin = int(smaller(larger(low, 0.0), double(n)));
    const int end = int(smaller(larger(high, 0.0), double(n)));
    if (begin >= end) continue;
    const int whole = (end - begin + lanes - 1) / lanes * lanes;
    const double start = (double(begin) - at) * per;
    float* out = lines.values + p * lines.stride + begin;
    if (job.distance_driven)
      look_along<true>(line, start - 0.5 * per + 0.5, per, whole, int(per) + 2, overlap, out);
    else
      look_along<true>(line, start - per, per, whole, int(2.0 * per) + 2, tent, out);
  }
}

int planes_left(int first, int end) {
  return end - first < planes_at_once ? end - first : planes_at_once;
}

}  // namespace

void project_slice(const ProjectorJob& job, const ProjectorView& view, const SliceLines* lines,
                   float* out) {
  for (int group = 0; group * lanes < job.columns; ++group) {
    const Fan fan = fan_of(job, view, group, axis_of(job, view, group));
    V8 sum = fill8(0.0f);
    const Planes met = planes_of(job, fan);
    for (int first = met.begin; first < met.end; first += planes_at_once) {
      const Block block = block_of(job, fan, first, planes_left(first, met.end));
      sum = sum + (job.distance_driven ? sum_planes<true>(block, lines[fan.axis])
                                       : sum_planes<false>(block, lines[fan.axis]));
    }
    float length[lanes];
    for (int l = 0; l < lanes; ++l) length[l] = float(std::fabs(fan.step[l]));
    store8(out + group * lanes, sum * load8(length));
  }
}

void back_project_slice(const ProjectorJob& job, const ProjectorView* view, int views, int axis,
                        int first_plane, int count, const float* projections,
                        const SliceLines& lines) {
  const int groups = (job.columns + lanes - 1) / lanes;
  for (int v = 0; v < views; ++v) {
    const float* columns = projections + detail::line_margin +
                           std::ptrdiff_t(v) * (groups * lanes + 2 * detail::line_margin);
    if (job.parallel) {
      const Comb comb = comb_of(job, view[v]);
      if (comb.axis == axis) spread_comb(job, comb, first_plane, count, columns, lines);
      continue;
    }
    for (int group = 0; group < groups; ++group) {
      if (axis_of(job, view[v], group) != axis) continue;
      const Fan fan = fan_of(job, view[v], group, axis);
      float length[lanes];
      for (int l = 0; l < lanes; ++l) length[l] = float(std::fabs(fan.step[l]));
      const V8 value = load8(columns + group * lanes) * load8(length);
      const Planes met = planes_of(job, fan);
      const int begin = met.begin > first_plane ? met.begin : first_plane;
      const int end = met.end < first_plane + count ? met.end : first_plane + count;
      for (int first = begin; first < end; first += planes_at_once) {
        const Block block = block_of(job, fan, first, planes_left(first, end));
        if (job.distance_driven)
          spread_planes<true>(block, value, lines);
        else
          spread_planes<false>(block, value, lines);
      }
    }
  }
}

bool is_reversed(const ProjectorJob& job, const ProjectorView& view) {
  if (!job.parallel) return false;
  const Paths first = paths_of(job.centre, view, 0, axis_of(job, view, 0));
  return first.at[lanes - 1] < first.at[0];
}

}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
