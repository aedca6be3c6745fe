#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/model/volume.hpp"
#include "vitrine/recon/rebin.hpp"

namespace vitrine::recon::detail {

/// A plane of voxels across one axis, and where it is not empty along the other.
struct VoxelPlane {
  std::int32_t index, first, last;
};

/// The rows of one sample of a parallel line through voxels: plain data for the hot kernel.
struct VoxelLineJob {
  const float* volume;  ///< z contiguous
  std::ptrdiff_t plane_stride, cross_stride;
  std::int32_t crosses, heights;
  const VoxelPlane* planes;
  std::int32_t plane_count, planes_together;  ///< the latter share one look-up along z
  float cross, cross_step;        ///< voxel index where the ray meets plane 0, per plane
  float distance, distance_step;  ///< mm in the plane, from the source to plane 0
  float source_z;                 ///< voxel index
  float first_row, rise;  ///< row r lies (first_row + r) x rise x distance above the source, voxels
  std::int32_t rows;
  float step;   ///< mm in the plane per plane
  float* line;  ///< scratch of `heights`, which are a multiple of eight
  float* out;   ///< `rows` sums are added here
};

struct VoxelLineKernels {
  void (*add)(const VoxelLineJob&);
};
const VoxelLineKernels& voxel_line_kernels(Isa isa);

/// Voxels that are projected into the parallel lines of a scan, sample by sample.
///
/// Joseph's rays (IEEE Trans Med Imaging 1 (1982) 192) through the lines' own geometry: heights of
/// the focal spot, table advance and axes of a tilted gantry included. What comes out is the
/// integral over the length in the plane, which is what lines hold: the cosine of the cone angle is
/// in them. Beyond the first and the last slice the voxels go on as there.
class VoxelLines {
 public:
  /// `values` on an upright grid in the gantry's frame (see `upright`). What is 0 costs no time.
  VoxelLines(const Grid& grid, std::span<const float> values, Isa isa);

  bool empty() const { return planes_[0].empty(); }
  std::size_t scratch_size() const { return std::size_t(heights_); }

  /// One line, ready to be looked at.
  class Line {
   public:
    Line(const VoxelLines& voxels, const Rebinned& scan, Index half_turn, Index i);
    /// The rows of sample j: `rows` floats.
    void operator()(Index j, std::span<float> scratch, std::span<float> out) const;
    /// Tangent of a row's cone angle at sample j.
    double tangent(Index j, Index row) const;

   private:
    const VoxelLines* voxels_;
    const Rebinned* scan_;
    double cosine_, sine_, source_z_, axis_y_;
    Index height_;
  };

 private:
  Grid grid_;
  Index heights_;
  Buffer<float> volume_;               ///< [y][x][z]
  std::vector<VoxelPlane> planes_[2];  ///< across y, across x
  const VoxelLineKernels& kernels_;
};

}  // namespace vitrine::recon::detail

#define VITRINE_VOXEL_LINE_KERNELS(level)       \
  namespace vitrine::recon::level {             \
  void add_voxels(const detail::VoxelLineJob&); \
  }
VITRINE_VOXEL_LINE_KERNELS(portable)
VITRINE_VOXEL_LINE_KERNELS(v3)
#undef VITRINE_VOXEL_LINE_KERNELS
