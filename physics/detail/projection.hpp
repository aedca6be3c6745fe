#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/model/scene.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/detail/view_plan.hpp"
#include "vitrine/physics/detail/voxel_maps.hpp"
#include "vitrine/physics/projector.hpp"

/// One view after the other, by the hot kernels; for projector.cpp only.
namespace vitrine::physics::detail {

/// Everything of a projection that does not change from view to view; the scene is in the gantry's
/// frame.
class Projection {
 public:
  /// The first beam decides what is traced; others must share its rays.
  Projection(const Scene& scene, const ScanGeometry& geometry, std::span<const Beam* const> beams,
             std::vector<Offset> offsets, int row_sub_rays, Isa isa);

  /// Outputs beside signal and quanta of the first beam: its bins, or mean and variance of others.
  static Index further_outputs(std::span<const Beam* const> beams);

  /// Working memory of one thread.
  struct Work {
    std::vector<ViewPlan> plans;  ///< [place of the focal spot][in-plane sub-ray]
    std::vector<SubView> sub_views;
    Buffer<float> scratch;
    VoxelMaps::Work voxels;
  };
  Work work() const;

  /// Views that are projected one after the other with the same working memory, which touching
  /// first costs more than a view's arithmetic.
  static constexpr Index block = VoxelMaps::views_at_once;

  /// Trace the voxel maps of `count` views from `first` on, at most a block: before `view` of them.
  void trace_maps(Index first, Index count, Work& w) const;

  bool has_maps() const { return !maps_.empty(); }

  /// What a view becomes: signal and quanta, further outputs, or `integrals` in their place.
  struct Outputs {
    float *signal = nullptr, *quanta = nullptr, *integrals = nullptr;
    float* higher = nullptr;
    std::ptrdiff_t stride = 0;  ///< floats from one of those to the next
  };

  /// Project view v, the n-th of its block.
  void view(Index v, Index n, Work& w, const Outputs& to) const;
  /// Whether further outputs are signal and quanta of other beams.
  bool has_others() const { return !others_.empty(); }

 private:
  /// Makes quanta of the variances of one view's other beams.
  void weigh_others(const Outputs& to) const;
  /// What depends on where the focal spot is.
  struct Spot {
    ViewPlan centre;  ///< directions of the cells' central rays
    std::vector<float> tangent, height, stretch, patch_tangent;
  };
  Spot spot(const FocalShift& shift) const;
  std::size_t spot_of(Index view) const;
  TraceJob job(const Spot& spot, const Work& w) const;

  CompiledScene scene_;
  VoxelMaps maps_;
  const ScanGeometry& geometry_;
  const Beam& beam_;
  std::vector<Offset> offsets_;
  int row_sub_rays_, row_groups_;
  const Kernels& kernels_;
  std::vector<Spot> spots_;  ///< each place of the focal spot
  Index further_ = 0;
  std::vector<float> air_quanta_, node_weights_, row_weights_, further_weights_;
  std::vector<OtherBeam> others_;
  std::vector<float> other_air_quanta_;             ///< [other beam][column]
  std::vector<double> sub_tangents_, sub_heights_;  ///< per row sub-ray
  std::vector<float> photon_share_;                 ///< per cell; none: 1
};

}  // namespace vitrine::physics::detail
