#include "vitrine/core/simd.hpp"
#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon::VITRINE_ISA_LEVEL {
using namespace vitrine::VITRINE_ISA_LEVEL;
namespace {

using detail::max_slices;
using detail::tile_angles;
using detail::tile_planes;
using detail::TileJob;

/// How one source sees eight neighbouring lines at one depth: row = middle + start + step * slice.
struct Rows {
  V8 start, step;
  float mid_start, mid_step;  // of one line in the middle, which chooses the pairs of rows
};

inline Rows rows_of(const TileJob& job, Index angle, Index source, Index sample, float along,
                    float z) {
  const float side = job.side[source], toward = side * along;
  const Index line = angle * job.sources + source, at = job.place[line] + sample;
  const float height = z - job.source_z[line], shift = job.row_shift[line];
  const V8 scale = load8(job.row_scale + at) / (load8(job.depth + at) + toward);
  const float mid_scale = job.row_scale[at + 4] / (job.depth[at + 4] + toward);
  const V8 above = fill8(height) - load8(job.lead + at) * side;
  const float mid_above = height - job.lead[at + 4] * side;
  return {scale * above + shift, scale * job.dz, mid_scale * mid_above + shift, mid_scale * job.dz};
}

inline Index clamp_index(Index i, Index low, Index high) {
  return i < low ? low : i > high ? high : i;
}

/// 0, 1, 2, ...: converting a loop's counter costs more than loading it.
struct Counts {
  alignas(32) float value[max_slices];
  constexpr Counts() : value() {
    for (Index k = 0; k < max_slices; ++k) value[k] = float(k);
  }
};
constexpr Counts counts;

/// For every slice the lower row of the pair to interpolate between: its place in a line of eight
/// values a row, and its number counted from the detector's middle.
struct Pairs {
  std::int32_t place[max_slices];
  float row[max_slices];

  Pairs(const TileJob& job, const Rows& rows, Index begin, Index end) {
    const V8 last = fill8(job.rows > 1 ? float(job.rows - 2) : 0.0f);
    for (Index k = begin & ~Index(7); k < end; k += 8) {
      const V8 middle = load8(counts.value + k) * rows.mid_step + rows.mid_start;
      const V8 below = truncate8(min8(max8(middle + job.row_centre, fill8(0.0f)), last));
      store_int8(place + k, below * 8.0f);
      store8(row + k, below - job.row_centre);
    }
  }

  /// Linear interpolation at the row `offset` from the middle; constant beyond the pair.
  V8 value(const float* line, Index k, V8 offset) const {
    const V8 below = load8(line + place[k]);
    const V8 above = load8(line + place[k] + 8);
    const V8 w = min8(max8(offset - row[k], fill8(0.0f)), fill8(1.0f));
    return below + w * (above - below);
  }
};

/// A slice that no ray crosses takes the nearest row of the source that misses it least.
V8 nearest_row(const TileJob& job, const float* line, Index angle, Index sample, float along,
               float z) {
  Index nearest = 0;
  float least = 0.0f;
  for (Index s = 0; s < job.sources; ++s) {
    const float offset = rows_of(job, angle, s, sample, along, z).mid_start;
    const float miss = offset < 0.0f ? -offset : offset;
    if (s > 0 && miss >= least) continue;
    least = miss;
    nearest = s;
  }
  const Rows rows = rows_of(job, angle, nearest, sample, along, z);
  return Pairs(job, rows, 0, 1).value(line + nearest * job.source_stride, 0, rows.start);
}

/// Add one source's weighted values to the slices that it sees.
inline void add_source(const TileJob& job, const float* line, const Rows& rows, V8* numerator,
                       V8* weight) {
  constexpr float taper = float(1.0 / (1.0 - detail::flat_share));
  const float first = (-job.half_rows - rows.mid_start) / rows.mid_step;
  const float last = (job.half_rows - rows.mid_start) / rows.mid_step;
  const float end = float(job.slices);
  if (first >= end || last < 0.0f) return;
  const Index begin = first > 0.0f ? Index(first) + 1 : 0;
  const Index stop = last < end - 1.0f ? Index(last) + 1 : job.slices;

  const Pairs pairs(job, rows, begin, stop);
  const V8 slope = fill8(taper / job.half_rows), whole = fill8(taper);
  const V8 edge = fill8(float(detail::edge_weight)), one = fill8(1.0f);
  for (Index k = begin; k < stop; ++k) {
    const V8 offset = rows.start + rows.step * counts.value[k];
    const V8 w = min8(max8(whole - slope * absolute8(offset), edge), one);
    numerator[k] = numerator[k] + w * pairs.value(line, k, offset);
    weight[k] = weight[k] + w;
  }
}

/// Add one turn of a short scan: its two half turns, each weighted for what both measure, together
/// take the weight of the one that sees a slice worse. A slice beyond the detector takes its edge.
inline void add_turn(const TileJob& job, const float* line, const Rows& direct,
                     const Rows& conjugate, V8* numerator, V8* weight) {
  constexpr float taper = float(1.0 / (1.0 - detail::flat_share));
  const Pairs from(job, direct, 0, job.slices), back(job, conjugate, 0, job.slices);
  const V8 slope = fill8(taper / job.half_rows), whole = fill8(taper), one = fill8(1.0f);
  const V8 edge = fill8(float(detail::edge_weight)), half = fill8(job.half_rows);
  for (Index k = 0; k < job.slices; ++k) {
    const V8 a = direct.start + direct.step * counts.value[k];
    const V8 b = conjugate.start + conjugate.step * counts.value[k];
    const V8 farther = max8(max8(absolute8(a), absolute8(b)), fill8(1e-3f));
    V8 beyond = half / farther;  // many turns: the nearest is what counts
    beyond = beyond * beyond;
    beyond = beyond * beyond;
    const V8 w = min8(max8(whole - slope * farther, edge * min8(beyond * beyond, one)), one);
    numerator[k] =
        numerator[k] + w * (from.value(line, k, a) + back.value(line + job.source_stride, k, b));
    weight[k] = weight[k] + w;
  }
}

/// Eight neighbouring lines at one depth, resampled from rows to slices: the weighted mean of all
/// sources that see a slice (Stierstorfer et al. 2004), summed over the slice's sub-planes.
void resample(const TileJob& job, Index angle, Index sample, float along, float* out) {
  V8 sum[max_slices], numerator[max_slices], weight[max_slices];
  const float* line = job.filtered + angle * job.angle_stride + sample / 8 * job.block_stride;
  for (Index k = 0; k < job.slices; ++k) sum[k] = fill8(0.0f);

  for (Index plane = 0; plane < job.sub_plane_count; ++plane) {
    const float z = job.z + job.sub_planes[plane];
    for (Index k = 0; k < job.slices; ++k) numerator[k] = weight[k] = fill8(0.0f);
    for (Index s = 0; job.complementary && s < job.sources; s += 2)
      add_turn(job, line + s * job.source_stride, rows_of(job, angle, s, sample, along, z),
               rows_of(job, angle, s + 1, sample, along, z), numerator, weight);
    for (Index s = 0; !job.complementary && s < job.sources; ++s)
      add_source(job, line + s * job.source_stride, rows_of(job, angle, s, sample, along, z),
                 numerator, weight);
    for (Index k = 0; k < job.slices; ++k)
      sum[k] = sum[k] + (weight[k].part[0][0] > 0.0f
                             ? numerator[k] / weight[k]
                             : nearest_row(job, line, angle, sample, along, z + float(k) * job.dz));
  }
  for (Index k = 0; k < job.slices; k += 8) {
    transpose8(sum + k);
    for (Index i = 0; i < 8; ++i) store8(out + i * job.slices + k, sum[k + i]);
  }
}

/// Ask for eight lines before they are needed: a block of angles lies in the outer cache.
inline void fetch(const TileJob& job, Index angle, Index sample) {
  const float* line = job.filtered + angle * job.angle_stride + sample / 8 * job.block_stride;
  for (Index s = 0; s < job.sources; ++s)
    for (Index row = 0; row < job.rows; row += 2)  // two rows of eight floats a cache line
      __builtin_prefetch(line + s * job.source_stride + 8 * row);
}

/// Where an angle's lines lie under the tile, as functions of the voxel's place in it.
struct Lines {
  const float* values;
  float sample, sample_x, sample_y;  // index of the line through voxel (0, 0), and its steps
  float depth, depth_x, depth_y;     // between the two planes, 0 to 1
};

/// Add up to `tile_angles` angles to all voxels of a tile: nothing but multiply and add.
template <int parts>
void accumulate(const TileJob& job, const Lines* lines, Index angles) {
  constexpr Index slices = 8 * parts;
  const Index plane_stride = job.line_capacity * slices;
  for (Index y = 0; y < job.height; ++y)
    for (Index x = job.begin[y]; x < job.end[y]; ++x) {
      float* out = job.sums + (y * job.width + x) * slices;
      V8 sum[parts];
      for (int i = 0; i < parts; ++i) sum[i] = load8(out + 8 * i);
      for (Index a = 0; a < angles; ++a) {
        const Lines& l = lines[a];
        const float sample = l.sample + float(x) * l.sample_x + float(y) * l.sample_y;
        const float depth = l.depth + float(x) * l.depth_x + float(y) * l.depth_y;
        const Index left = Index(int(sample));
        const float w = sample - float(left);
        const V8 w11 = fill8(w * depth), w01 = fill8((1.0f - w) * depth);
        const V8 w10 = fill8(w * (1.0f - depth)), w00 = fill8((1.0f - w) * (1.0f - depth));
        const float* near = l.values + left * slices;
        const float* far = near + plane_stride;
        for (int i = 0; i < parts; ++i) {
          sum[i] = sum[i] + w00 * load8(near + 8 * i);
          sum[i] = sum[i] + w10 * load8(near + slices + 8 * i);
          sum[i] = sum[i] + w01 * load8(far + 8 * i);
          sum[i] = sum[i] + w11 * load8(far + slices + 8 * i);
        }
      }
      for (int i = 0; i < parts; ++i) store8(out + 8 * i, sum[i]);
    }
}

}  // namespace

void back_project(const TileJob& job) {
  using Accumulate = void (*)(const TileJob&, const Lines*, Index);
  constexpr Accumulate accumulators[] = {accumulate<1>, accumulate<2>, accumulate<3>,
                                         accumulate<4>, accumulate<5>, accumulate<6>,
                                         accumulate<7>, accumulate<8>};
  const Accumulate add = accumulators[job.slices / 8 - 1];

  // The two planes stand where the mean square error of linear interpolation is least: at the
  // standard deviation of a square's depth, which is side / sqrt(12) from any direction.
  const float half_x = 0.5f * float(job.width - 1) * job.dx;
  const float half_y = 0.5f * float(job.height - 1) * job.dy;
  const float centre_x = job.x + half_x, centre_y = job.y + half_y;
  const float reach = 0.14433757f * (float(job.width) * job.dx + float(job.height) * job.dy);

  for (Index group = 0; group < job.angles; group += tile_angles) {
    const Index count = job.angles - group < tile_angles ? job.angles - group : tile_angles;
    Lines lines[tile_angles];
    for (Index a = 0; a < count; ++a) {
      const float c = job.cosine[group + a], s = job.sine[group + a];
      const float mid = job.first_sample + (centre_x * c + centre_y * s) * job.per_mm;
      const float extent =
          ((c < 0 ? -c : c) * half_x + (s < 0 ? -s : s) * half_y) * job.per_mm + 1.0f;
      const Index first = clamp_index(Index(mid - extent), 0, job.samples - 1) & ~Index(7);
      const Index last = clamp_index(Index(mid + extent) + 1, 0, job.samples - 1);
      const float along = -centre_x * s + centre_y * c;
      float* values = job.lines + a * tile_planes * job.line_capacity * job.slices;
      for (Index sample = first; sample <= last; sample += 8) {
        if (sample + 8 <= last) fetch(job, group + a, sample + 8);
        for (Index plane = 0; plane < tile_planes; ++plane)
          resample(job, group + a, sample, plane == 0 ? along - reach : along + reach,
                   values + (plane * job.line_capacity + sample - first) * job.slices);
      }

      lines[a] = {values,
                  job.first_sample - float(first) + (job.x * c + job.y * s) * job.per_mm,
                  job.dx * c * job.per_mm,
                  job.dy * s * job.per_mm,
                  0.5f + (half_x * s - half_y * c) / (2.0f * reach),
                  -job.dx * s / (2.0f * reach),
                  job.dy * c / (2.0f * reach)};
    }
    add(job, lines, count);
  }
}

void line_integrals(const float*, Index, const WaterCorrection::Column&, float*);
void rebin(const detail::RebinJob&);
void apply_response(const float*, Index, const float*, float*);
void store_rows(const float*, Index, Index, Index, bool, Index, Index, float*);
void smooth_row(const detail::SmoothJob&);
void deal_phases(const float*, Index, double, double, Index, Index, float*);
void add_lines(const detail::PlaneJob&);
void back_project_fan(const detail::FanJob&);
void penalty_row(const detail::PenaltyJob&);
void descend_row(const detail::DescentJob&);
void weigh(const detail::WeighJob&);
void decompose(const detail::DecomposeJob&);

const detail::HotKernels hot = {line_integrals,   rebin,       apply_response, store_rows,
                                back_project,     smooth_row,  deal_phases,    add_lines,
                                back_project_fan, penalty_row, descend_row,    weigh,
                                decompose};

}  // namespace vitrine::recon::VITRINE_ISA_LEVEL
