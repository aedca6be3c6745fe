#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "vitrine/core/buffer.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/model/scene.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/detail/kernels.hpp"

namespace vitrine::physics::detail {

class ViewPlan;

/// Whether a patch is one for `VoxelMaps`: large, and of voxels no finer than a detector cell
/// resolves. Smaller and finer ones (lesions) are traced point by point.
bool is_large(const Patch& patch);

/// The large patches and the indexed maps of a scene, cut to the heights that a scan sees, with
/// columns along z contiguous: what VoxelJob wants.
///
/// A map is carried as the densities of its materials, or as the beam's basis where those are
/// fewer; an indexed one as its indices and a table. One whose axes are not those of the patient (a
/// patient who lies askew) is resampled by cubic convolution (Keys, IEEE Trans Acoust Speech Signal
/// Process 29 (1981) 1153) at its own spacing.
class VoxelMaps {
 public:
  VoxelMaps(const Scene& scene, const Beam& beam, const ScanGeometry& geometry);

  static constexpr Index views_at_once =
      most_voxel_views;  ///< neighbours that share a pass through the memory

  bool empty() const { return maps_.empty(); }

  /// Basis integrals of some views, and what one thread needs to find them.
  struct Work {
    Buffer<float> memory, integrals;
    std::vector<unsigned char> met;
  };
  Work work(const Kernels& kernels) const;

  /// Integrals of the views from `first` on along the cells' central rays, a plan for each.
  void trace(Index first, std::span<const ViewPlan* const> central, const Kernels& kernels,
             Work& work) const;
  /// Of the n-th of the views traced last: [column][rank][row], rows padded to 8.
  const float* integrals(const Work& work, Index n) const;
  const unsigned char* met(const Work& work, Index n) const;

 private:
  /// Some numbers per voxel and the basis integrals that each stands for.
  struct Maps {
    Grid grid;  ///< third axis +z
    std::int32_t components = 0;
    Buffer<std::uint16_t> labels;  ///< none: values
    std::vector<float> table;      ///< [component][entry]
    Buffer<float> values;          ///< [component][voxel]
    std::array<std::vector<std::int32_t>, 2> hull;
    std::vector<float> weights;  ///< [component][rank]

    Index voxels() const { return grid.count(); }
    void find_hull(std::span<const unsigned char> holds);
  };
  void add(const Patch& patch, const Scene& scene, const Beam& beam);
  void add(const IndexedMap& map, const Scene& scene, const Beam& beam);
  VoxelJob job(const Maps& maps) const;

  const ScanGeometry& geometry_;
  std::int32_t rank_, row_groups_, column_groups_;
  std::vector<Maps> maps_;
};

}  // namespace vitrine::physics::detail
