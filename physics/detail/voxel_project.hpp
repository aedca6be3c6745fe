#pragma once
#include <cstddef>

#include "vitrine/core/isa.hpp"

/// The boundary to the hot kernels of the voxel projector: plain data in, arrays out.
namespace vitrine::physics::detail {

/// Zeros on either side of a line of voxels or rows that is looked up.
inline constexpr int line_margin = 32;
/// Planes whose voxels should stay in a cache while views pass.
inline constexpr int slab_planes = 16;
/// Voxels that a cell may be wide.
inline constexpr int widest_cell = 24;

/// A view; voxel indices count along x and y.
struct ProjectorView {
  double origin[2];            ///< of the gantry frame: the focal spot, or the axis
  double across[2], along[2];  ///< voxel indices per mm
  double height;               ///< of the middle of the rows at the origin, voxel index along z
};

/// Rays in the gantry frame: column c starts at (offset, 0) and runs along (across, along), which
/// has length 1. Edges of columns are between them: one more, edge c before column c.
struct ProjectorColumns {
  const double *offset, *across, *along;
};

struct ProjectorJob {
  bool distance_driven;
  bool parallel;  ///< all columns of a view run alike, at equal distances
  int size[3];
  std::ptrdiff_t stride[2];  ///< floats between voxels along x and y; z is contiguous
  int padded_heights;        ///< size[2] rounded up to 8: that many may be read and written
  int columns, rows;
  std::ptrdiff_t row_stride;  ///< rows rounded up to 8
  ProjectorColumns centre, edge;
  double rise, rise_per_mm;  ///< of a row, voxels: `rise` + `rise_per_mm` x scale x in-plane mm
  const double* row_scale;   ///< per column
  /// Per column and row (padded, there zero): length of a ray over that in the plane.
  const float* stretch;
  int planes_together;  ///< that share one look-up along z
};

/// In the plane: lines of voxels along y of each x (axis 0), and along x of each y (axis 1), with
/// `line_margin` zeros on either side.
struct SliceLines {
  float* values;          ///< first voxel of line 0
  std::ptrdiff_t stride;  ///< from line to line
};

struct ProjectorKernels {
  /// Adds `views` views to `out`, which is zero at first; `line` is scratch of `line_floats`.
  void (*forward)(const ProjectorJob&, const ProjectorView*, int views, const float* volume,
                  float* line, float* out);
  /// Adds what all views see in planes [first, first + count) of an axis to the volume; the planes
  /// belong to the caller alone.
  void (*back)(const ProjectorJob&, const ProjectorView*, int views, int axis, int first, int count,
               const float* projections, float* line, float* volume);
  /// The same for one row and one slice. `lines`: of axis 0, then of axis 1. Projections that are
  /// put back have `line_margin` zeros on either side of a view's columns (padded to eight).
  void (*forward_slice)(const ProjectorJob&, const ProjectorView&, const SliceLines* lines,
                        float* out);
  void (*back_slice)(const ProjectorJob&, const ProjectorView*, int views, int axis, int first,
                     int count, const float* projections, const SliceLines& lines);
  /// Whether `back_slice` takes the columns of a view in descending order.
  bool (*reversed)(const ProjectorJob&, const ProjectorView&);
};
const ProjectorKernels& projector_kernels(Isa isa);
/// Scratch that `forward` and `back` need.
inline std::size_t line_floats(const ProjectorJob& job) {
  return std::size_t(job.padded_heights) + std::size_t(job.row_stride) + 6 * line_margin;
}

}  // namespace vitrine::physics::detail

#define VITRINE_PROJECTOR_KERNELS(level)                                                           \
  namespace vitrine::physics::level {                                                              \
  void project(const detail::ProjectorJob&, const detail::ProjectorView*, int, const float*,       \
               float*, float*);                                                                    \
  void back_project(const detail::ProjectorJob&, const detail::ProjectorView*, int, int, int, int, \
                    const float*, float*, float*);                                                 \
  void project_slice(const detail::ProjectorJob&, const detail::ProjectorView&,                    \
                     const detail::SliceLines*, float*);                                           \
  void back_project_slice(const detail::ProjectorJob&, const detail::ProjectorView*, int, int,     \
                          int, int, const float*, const detail::SliceLines&);                      \
  bool is_reversed(const detail::ProjectorJob&, const detail::ProjectorView&);                     \
  }
VITRINE_PROJECTOR_KERNELS(portable)
VITRINE_PROJECTOR_KERNELS(v3)
#undef VITRINE_PROJECTOR_KERNELS
