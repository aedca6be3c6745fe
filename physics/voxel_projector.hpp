#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::physics {

/// Parallel rays. In view b they run along (-sin b, cos b) in the plane, and column c passes the
/// axis at t = x cos b + y sin b = (c - (columns - 1) / 2 - column_offset) x column_pitch; rows are
/// equidistant in z about `height`.
struct ParallelGeometry {
  Index columns = 0, rows = 1;
  double column_pitch = 1.0, row_pitch = 1.0;  ///< mm
  double column_offset = 0.0;                  ///< columns
  double height = 0.0;                         ///< mm
  std::vector<double> view_angles;             ///< rad
};

/// How a ray meets voxels.
enum class Footprint {
  joseph,           ///< a line, linear between the voxel centres of a plane (Joseph 1982)
  distance_driven,  ///< a cell's whole width and height against the voxels' (De Man & Basu 2004)
};

/// The line integrals of a volume of voxels, and the exact transpose of that sum: a matched pair
/// for iterative reconstruction.
///
/// A volume is in its grid's order (i fastest); projections are view-major, then column, rows
/// contiguous, as in a Sinogram: the volume's unit times mm. Outside the grid is nothing. With one
/// row and one slice the work is done in the plane, and heights do not count.
///
/// Equal bits for any number of threads.
class VoxelProjector {
 public:
  /// Throws Error (unsupported) on a grid that is not axial, a focal spot within it, or voxels far
  /// finer than the detector.
  VoxelProjector(const Grid& grid, const ScanGeometry& rays, Footprint footprint, Isa isa);
  VoxelProjector(const Grid& grid, const ParallelGeometry& rays, Footprint footprint, Isa isa);
  ~VoxelProjector();
  VoxelProjector(VoxelProjector&&) noexcept;
  VoxelProjector& operator=(VoxelProjector&&) noexcept;

  std::size_t voxels() const;
  std::size_t rays() const;
  void forward(std::span<const float> volume, std::span<float> projections) const;
  void back(std::span<const float> projections, std::span<float> volume) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vitrine::physics
