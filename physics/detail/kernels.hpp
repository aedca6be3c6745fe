#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "vitrine/core/isa.hpp"

/// The boundary to the hot kernels: plain data in, arrays out.
///
/// Gantry frame of a view: `across` grows with the fan angle, `along` points from the focal spot to
/// the axis, z is the patient's, from the table position. Rays start at (0, 0, height) of their
/// sub-ray's focal point; a lane is one ray of a column: rows padded to 8, each with its row
/// sub-rays.
namespace vitrine::physics::detail {

inline constexpr int lane_width = 8;  ///< columns of a bin; rows are padded to a multiple of it
/// How many lanes `trace` takes at once: 16 where the processor has AVX-512 and they divide a
/// column's rows, else 8. The bits do not depend on it. Fewer are for tests and the bench.
std::atomic<int>& most_lanes_at_once();
inline constexpr int max_rank = 8;
inline constexpr int max_nodes = 32;
/// Solids that an intersection may have beside its last.
inline constexpr int most_others = 128;

enum class ShapeKind : std::int32_t { ellipsoid, cylinder, capsule, box, cone };

/// A solid as one sub-ray's focal point sees it.
struct Shape {
  ShapeKind kind;
  std::int32_t first_column, last_column;  ///< columns that may meet it
  std::int32_t solid;                      ///< index of the compiled solid
  std::int32_t cut_begin, cut_end;
  double centre[3];    ///< across, along, z
  double start[3];     ///< the focal point in local coordinates, at the height that slope has there
  double slope;        ///< dz per in-plane mm of a ray through the middle of the rows that see it
  double frame[3][3];  ///< rows: local axes; over the half axes, except those of a capsule (mm)
  double reach;        ///< no point of it is farther from the centre in the plane
  double low, high;    ///< heights over the focal point that it lies between
  double near, far;    ///< and distances from it in the plane
  float radius_square, half_length;  ///< of a capsule
  float taper;                       ///< of a cone: growth of its section over the half length
  float mm;  ///< square of the frame's z column (its first two rows, but three for an ellipsoid)
};

/// Half space across*x + along*y + z*z <= offset, seen from the focal point.
struct Cut {
  double across, along, z, offset;
};

/// A solid of the scene, the same for all views.
struct Compiled {
  std::int32_t slot;    ///< where its intervals are kept for intersections, -1: nowhere
  std::int32_t single;  ///< position in `weights` of the terms it makes alone, -1: none
  std::int32_t term_begin, term_end;  ///< intersections whose last solid it is
};

/// Where several solids are; `others` lists them without the last.
struct Intersection {
  std::int32_t other_begin, other_end;
  std::int32_t weights;
};

/// All shapes of one in-plane sub-ray, binned by groups of 8 columns in ascending order.
struct SubView {
  const Shape* shapes;
  const Cut* cuts;
  const std::int32_t* bin_begin;  ///< per group, one more than groups
  const std::int32_t* bin_items;
  const double* across;  ///< direction of each column's ray, length 1 in the plane
  const double* along;
  const double* scale;  ///< of the rows' tangents in each column; null: 1 in all
};

/// A voxel map as the nominal focal point sees it.
struct PatchShape {
  std::int32_t first_column, last_column;
  std::int32_t size[3];
  std::int32_t channels;
  const float* const* values;        ///< per channel, i fastest
  const float* const* weights;       ///< per channel, `rank` of them
  double start[3];                   ///< the focal point in voxel indices
  double across[3], along[3], z[3];  ///< voxel indices per mm
  double centre[3];                  ///< of the box of voxel centres: across, along, z
  double reach, half_z;
  double step;  ///< mm
};

/// A view of a voxel map; indices count its voxels along x and y, whatever their directions.
struct VoxelView {
  double focus[2];             ///< the focal point, voxel indices
  double across[2], along[2];  ///< voxel indices per mm of the gantry's directions
  double height;               ///< of the focal point, voxel index along z
  const double *columns_across, *columns_along;  ///< direction of each column's central ray
  const double* scale;                           ///< of the rows' tangents in each column
  double first_tangent;                          ///< of row 0, where the scale is 1
};

/// Voxel maps on one grid whose third axis is z, and the neighbouring views that see them.
struct VoxelJob {
  std::int32_t columns, rows, row_groups, rank;
  std::int32_t size[3];
  std::ptrdiff_t stride[2];  ///< voxels from neighbour to neighbour along x, y; along z it is 1
  std::int32_t components;   ///< maps
  /// Each voxel's entry of the tables, or null and then `values`: those of a component begin
  /// `apart` behind those of the one before.
  const std::uint16_t* labels;
  const float* table;    ///< [component][entry], `entries` of them
  std::int32_t entries;  ///< at least 32
  const float* values;
  std::ptrdiff_t apart;
  const std::int32_t* hull[2];  ///< per x: first and last y that holds something; per y: x
  const float* weights;         ///< [component][rank]: basis integrals per value and mm
  double z_step;                ///< mm
  std::int32_t planes;          ///< that share a height
  double tangent_step;
  std::int32_t views;
  const VoxelView* view;
  float* work;         ///< Kernels::voxel_floats of them
  unsigned char* met;  ///< [view][column group]: set where something was added to `out`
  float* out;          ///< [view][column][rank][row], rows padded to 8; added to
};
inline constexpr int most_voxel_views = 16;

/// A beam that the same rays serve.
struct OtherBeam {
  std::int32_t nodes;
  const float* exponents;     ///< [node][rank]
  const float* node_weights;  ///< [column][mean, variance][node]
};

struct TraceJob {
  std::int32_t columns, rows, rank, nodes;
  std::int32_t row_groups;  ///< rows padded to 8, over 8
  std::int32_t row_sub_rays;
  std::int32_t in_plane;  ///< sub-rays in the plane of the fan
  const SubView* sub_views;
  const Compiled* solids;
  std::int32_t solid_count, slot_count;
  const Intersection* terms;
  const std::int32_t* others;
  const float* weights;  ///< basis weights, `rank` per entry
  const PatchShape* patches;
  std::int32_t patch_count;
  const float* voxels;              ///< what VoxelJob wrote for this view, or null
  const unsigned char* voxels_met;  ///< per column group
  const double* patch_across;       ///< direction of each column's central ray
  const double* patch_along;
  const double* patch_scale;           ///< of the rows' tangents in each column
  const float* tangent;                ///< per lane: dz per in-plane mm, where the scale is 1
  const double* sub_tangent;           ///< per row sub-ray: its tangent over that of its row
  const double* sub_height;            ///< and its height
  const float* height;                 ///< per lane: z of the focal point
  const float* patch_tangent;          ///< per row: central ray
  const float* stretch;                ///< per lane: length of the ray per in-plane mm, likewise
  double first_tangent, tangent_step;  ///< of the row centres
  double reference;        ///< in-plane mm from the focal point to where intervals are counted from
  const float* exponents;  ///< [node][rank]
  const float* node_weights;  ///< [column][mean, variance][node]
  const float* row_weights;   ///< null, or factors of those: [mean, variance][node][lane]
  const float* air_quanta;    ///< per column
  float* scratch;             ///< Kernels::scratch_floats of them
  float* signal;              ///< [column][row]
  float* quanta;
  std::int32_t further;          ///< outputs beside the signal: energy bins, or two of each other
                                 ///< beam, mean and variance of its signal
  const float* further_weights;  ///< of energy bins: [column][output][node]
  std::int32_t beams;            ///< other beams
  const OtherBeam* beam;
  std::ptrdiff_t further_stride;  ///< floats from one output's view to the next's
  float* further_signal;          ///< [output], each as signal
  float* integrals;  ///< instead of signal and quanta, if not null: [column][row][rank]
};

struct DetectJob {
  std::int64_t cells;
  const float* signal;
  const float* quanta;      ///< per mAs
  const float* electronic;  ///< per cell: standard deviation of the relative signal
  float tube_load;          ///< mAs of one reading
  float exact_below;        ///< quanta below which the caller draws exactly
  std::uint32_t key[2], view, draw;
  float* out;
  std::uint8_t* low;  ///< per 16 cells: 1 if one has fewer quanta than `exact_below`
};

/// Gaussian noise on the cells of a view, from addresses of its own.
struct NormalJob {
  std::int64_t cells;
  float deviation;
  std::uint32_t key[2], view, draw;
  float* values;
};

struct Kernels {
  std::size_t (*scratch_floats)(const TraceJob&);  ///< working memory that a job needs
  void (*trace)(const TraceJob&);
  std::size_t (*voxel_floats)(const VoxelJob&);  ///< working memory that a job needs
  void (*trace_voxels)(const VoxelJob&);
  void (*detect)(const DetectJob&);
  void (*add_normals)(const NormalJob&);
};
const Kernels& kernels(Isa isa);
/// Those for views of so many groups of rows.
const Kernels& kernels(Isa isa, int row_groups);

}  // namespace vitrine::physics::detail

namespace vitrine::physics::portable {
std::size_t scratch_floats(const detail::TraceJob& job);
void trace(const detail::TraceJob& job);
std::size_t voxel_floats(const detail::VoxelJob& job);
void trace_voxels(const detail::VoxelJob& job);
void detect(const detail::DetectJob& job);
void add_normals(const detail::NormalJob& job);
}  // namespace vitrine::physics::portable
namespace vitrine::physics::v4 {
std::size_t scratch_floats(const detail::TraceJob& job);
void trace(const detail::TraceJob& job);
std::size_t voxel_floats(const detail::VoxelJob& job);
void trace_voxels(const detail::VoxelJob& job);
}  // namespace vitrine::physics::v4
namespace vitrine::physics::v3 {
std::size_t scratch_floats(const detail::TraceJob& job);
void trace(const detail::TraceJob& job);
std::size_t voxel_floats(const detail::VoxelJob& job);
void trace_voxels(const detail::VoxelJob& job);
void detect(const detail::DetectJob& job);
void add_normals(const detail::NormalJob& job);
}  // namespace vitrine::physics::v3
