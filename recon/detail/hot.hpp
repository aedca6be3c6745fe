#pragma once
#include <cstdint>

#include "vitrine/core/isa.hpp"
#include "vitrine/recon/preprocess.hpp"

namespace vitrine::recon::detail {

/// Taps of the interpolators of the rebinning.
inline constexpr int rebin_taps = 6;
/// Rows are padded to whole batches of the filter: eight complex lanes carry sixteen real rows.
inline constexpr Index row_batch = 16;

/// One line: fan to parallel, first between views, then between columns.
struct RebinJob {
  const float* views;  ///< the first that may be taken
  Index view_count, view_step, columns, rays, rows, padded_rows, samples;
  const std::int32_t* column;        ///< per ray: where it is in a view
  const std::int32_t* first_view;    ///< per ray: view of the first tap, in [0, view_count)
  const float* view_weights;         ///< per ray: rebin_taps, `view_step` views apart
  const std::int32_t* first_column;  ///< per sample: ray of the first tap
  const float* column_weights;       ///< per sample: rebin_taps
  const float* row_weights;          ///< padded_rows; zero in the padding
  float* scratch;                    ///< rays * padded_rows
  float* out;                        ///< samples * padded_rows
};

/// Where the lines of one (tile, chunk of slices) come from and go to.
struct TileJob {
  // Filtered lines: [angle][source][sample / 8][row][8]: what a resampling step reads is
  // contiguous.
  const float* filtered;
  Index angles, sources, rows, block_stride, source_stride, angle_stride;
  /// The two half turns of a turn are weighted parts of one: they are added, not averaged.
  bool complementary = false;
  const float *cosine, *sine;  ///< per angle
  // A source is one half turn. `side` is +1 for the direct rays, -1 for the conjugate ones.
  const float* side;      ///< per source
  const float* source_z;  ///< [angle][source]: height of the source of the ray through the axis, mm
  /// [angle][source]: where the samples of its line start in `lead`, `depth` and `row_scale`.
  const std::int32_t* place;
  const float* lead;   ///< per sample: how far the table has moved on at the direct ray, mm
  const float* depth;  ///< per sample: source to the line's foot point, mm
  Index samples;
  float first_sample, per_mm;  ///< sample = first_sample + t * per_mm
  /// row = row_centre + row_shift + row_scale * (z - z of the source) / distance
  const float* row_scale;  ///< per sample
  const float* row_shift;  ///< [angle][source]
  float row_centre, half_rows;
  // The voxels.
  Index width, height;
  float x, y, dx, dy;               ///< mm: first voxel's centre, spacing
  const std::int32_t *begin, *end;  ///< per tile row: voxels inside the field of view
  Index slices;                     ///< a multiple of 8, at most 64
  float z, dz;                      ///< mm
  const float* sub_planes;          ///< mm from the slice's centre
  Index sub_plane_count;
  // Working memory and result: the sums over angles and sub-planes of the filtered values.
  Index line_capacity;
  float* lines;  ///< [tile_angles][tile_planes][line_capacity][slices]
  float* sums;   ///< [height][width][slices]
};
/// Angles that a voxel takes up while its sums stay in registers.
inline constexpr Index tile_angles = 4;
/// Depths of a tile at which its lines are resampled; between them is linear interpolation.
inline constexpr Index tile_planes = 2;
inline constexpr Index max_slices = 64;

/// Weight of a row: 1 up to this share of the half detector, then falling to the edge.
inline constexpr double flat_share = 0.6;
/// Weight at the very edge, so that a voxel seen by edges alone still has an average.
inline constexpr double edge_weight = 1e-6;

/// Views of a fan or a cone into a tile of voxel columns (direct.cpp).
struct FanJob {
  const float* filtered;  ///< [view][sample][stride], rows contiguous
  Index views, stride, view_stride, samples, rows;
  const float *cosine, *sine;  ///< per view
  bool curved;
  float radius;  ///< mm, source to axis
  /// sample = first_sample + samples_per_tangent * (the fan angle's tangent, or the angle)
  float first_sample, samples_per_tangent;
  float row_centre, row_scale;  ///< row = row_centre + row_scale * height / distance
  Index width, height, tile_width;
  float x, y, dx, dy;               ///< mm: first column's centre, spacing
  const std::int32_t *begin, *end;  ///< per row of the tile: columns in the field of view
  Index slices;                     ///< a multiple of 8
  float z, dz;                      ///< mm from the focal spot's height
  const float* sub_planes;          ///< mm from the slice's centre
  Index sub_plane_count;
  float* column;  ///< stride + 32: one column of the detector
  float* sums;    ///< [height][tile_width][slices]
};

/// Lines of up to four angles that are added to rows of pixels (plane.cpp).
struct PlaneJob {
  static constexpr Index angles = 4;
  Index count;
  const float* line[angles];  ///< [phase][sample]
  double base[angles];        ///< phase samples: where row 0's first pixel lies
  double slope[angles];       ///< from row to row
  Index phases[angles], length[angles];
  Index first_row, last_row;
  const std::int32_t *begin, *end;  ///< per row: its pixels
  Index pitch;
  float* sums;  ///< [row][pitch]
};

/// A row of an image that takes a step towards its neighbours (denoise.cpp).
struct SmoothJob {
  static constexpr int most = 26;
  Index count;
  int neighbours;
  const float* other[most];   ///< the neighbours' rows
  float coupling[most];       ///< of each to the row
  const float *self, *given;  ///< the row now, and as it was measured
  const float* per_scale;     ///< 1 over the difference from which on edges are kept
  float *sum, *weight, *out;
};

/// A row of an image: the gradient of its penalty (penalised_fit.cpp). All rows are read, and the
/// gradient is written, up to a multiple of eight.
struct PenaltyJob {
  static constexpr int together = 4;  ///< whose multiple the neighbours are
  static constexpr int most = (SmoothJob::most + together - 1) / together * together;
  Index count;
  int neighbours;
  const float* other[most];        ///< the neighbours' rows
  const float* kappa_other[most];  ///< and their kappa
  float coupling[most];
  const float *self, *kappa;
  float per_edge;
  float* gradient;
};
/// A row that goes down: x = at - step (data_scale x next + penalty), and from there on by
/// momentum.
struct DescentJob {
  Index count;
  const float *at, *step, *penalty;
  float data_scale, momentum;
  float *x, *next;  ///< `next`: the gradient of the data, then where to go on
};

/// Statistical weights of a view (measured_rays.cpp).
struct WeighJob {
  static constexpr Index reach = 2;  ///< of the mean of readings, cells
  const float* values;               ///< line integrals: [column][row]
  Index columns, rows;
  float least, most;                 ///< line integrals that are believed
  const float *quanta, *dark;        ///< per column: of air; and those that electronic noise is
  float *readings, *sums, *per_row;  ///< scratch: (columns + 2 reach) (rows + 2 reach) each, rows
  float* weights;
};

/// Readings of a column's cells in several energy bins that become amounts of two materials
/// (decomposition.cpp). Amounts count as line integrals at the reference energy.
struct DecomposeJob {
  static constexpr int most_bins = 8;
  Index count;  ///< cells
  int bins, nodes;
  const float* readings;  ///< relative to air, bins `stride` apart
  std::ptrdiff_t stride;
  const float* exponents;   ///< [node][material]: -log2(e) times the attenuation at the node over
                            ///< that at the reference energy
  const float* weights;     ///< [bin][node], of each bin summing to 1
  const float* air;         ///< per bin: counts of the reading behind air
  const float* electronic;  ///< its variance of the relative signal, per bin; null: none
  /// [bin][bin], lower triangular: makes the bins' errors over their square roots independent, if
  /// they are those of counts.
  const float* whitening;
  float water_per_log;          ///< first guess, of the highest bin's logarithm
  bool drawn;                   ///< counts are noisy: their mean effect is taken off
  float spread;                 ///< expected of the second material where counts are few
  float per_water, per_second;  ///< of what is written over the amounts
  float *water, *second;
};

struct HotKernels {
  void (*line_integrals)(const float* signal, Index count, const WaterCorrection::Column& column,
                         float* out);
  void (*rebin)(const RebinJob& job);
  /// y[2p], y[2p+1] = x[p] times the response at these places: the spectrum repeats itself when the
  /// samples are interleaved with zeros. `length` elements of x; response: pairs (re, im) for y.
  void (*apply_response)(const float* x, Index length, const float* response, float* y);
  /// Up to sixteen rows out of the lanes, eight samples a block: out[(m / 8) * block_stride + 8 row
  /// + m % 8] = element (first + m) or, mirrored, (first + count - 1 - m), modulo `length`, a power
  /// of two. The last block is filled up with further elements.
  void (*store_rows)(const float* y, Index length, Index first, Index count, bool mirrored,
                     Index rows, Index block_stride, float* out);
  void (*back_project)(const TileJob& job);
  void (*smooth_row)(const SmoothJob& job);
  /// A line at first + n step (in its samples; the ends go on), n = k phases + p, dealt out:
  /// out[p * length + k].
  void (*deal_phases)(const float* line, Index samples, double first, double step, Index phases,
                      Index length, float* out);
  void (*add_lines)(const PlaneJob& job);
  void (*back_project_fan)(const FanJob& job);
  void (*penalty_row)(const PenaltyJob& job);
  void (*descend_row)(const DescentJob& job);
  void (*weigh)(const WeighJob& job);
  void (*decompose)(const DecomposeJob& job);
};
const HotKernels& hot_kernels(Isa isa);

}  // namespace vitrine::recon::detail

namespace vitrine::recon::portable {
extern const detail::HotKernels hot;
}
namespace vitrine::recon::v3 {
extern const detail::HotKernels hot;
}
