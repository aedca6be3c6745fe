#pragma once
#include <deque>
#include <vector>

#include "vitrine/model/scan.hpp"
#include "vitrine/model/scene.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/detail/culling.hpp"
#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/projector.hpp"

namespace vitrine::physics::detail {

/// A scene in the terms of the hot kernel: each solid once, with the basis weights of the terms it
/// makes alone and the intersections it completes.
class CompiledScene {
 public:
  CompiledScene(const Scene& scene, const Beam& beam);

  struct Source {
    const Solid* solid;
    double reach_z;          ///< half extent along z
    std::vector<Vec3> hull;  ///< of what the cuts leave (hull.hpp)
  };
  std::vector<Source> sources;  ///< per compiled solid
  std::vector<Compiled> solids;
  std::vector<Intersection> terms;
  std::vector<std::int32_t> others;
  std::vector<float> weights;
  int slots = 0;

  std::deque<Patch> padded;  ///< those whose outermost voxels hold something
  struct Texture {
    const Patch* patch;
    std::vector<const float*> values;
    std::vector<std::vector<float>> weights;
    std::vector<const float*> weight_pointers;
  };
  std::vector<Texture> textures;
};

/// What one view of one in-plane sub-ray sees; owns the memory that a SubView points to.
class ViewPlan {
 public:
  /// Of the views whose focal spot has a shift.
  ViewPlan(const ScanGeometry& geometry, const FocalShift& shift, const Offset& offset);

  /// Fill for one of those views; memory is reused.
  void prepare(const CompiledScene& scene, Index view);
  SubView sub_view() const;
  const double* across() const { return across_.data(); }
  const double* along() const { return along_.data(); }
  const double* scales() const { return scale_.data(); }
  const RowView& rows() const { return rows_; }
  const FocalShift& shift() const { return shift_; }

 private:
  /// Null if all columns have scale 1, as on a curved detector.
  const double* scale() const {
    return rows_.least_scale == 1.0 && rows_.most_scale == 1.0 ? nullptr : scale_.data();
  }

  const ScanGeometry& geometry_;
  FocalShift shift_;
  Offset offset_;
  RowView rows_;
  std::vector<double> across_, along_, scale_;  ///< per column, padded to 8
  std::vector<Shape> shapes_;
  std::vector<Cut> cuts_;
  std::vector<std::int32_t> bin_begin_, bin_items_, bin_next_;
  std::vector<Vec3> corners_;
};

/// The patches of a scene as the centre of the focal spot of a view sees them; `central` is the
/// plan of that view's central rays.
std::vector<PatchShape> patch_shapes(const CompiledScene& scene, const ScanGeometry& geometry,
                                     const ViewPlan& central, Index view);

}  // namespace vitrine::physics::detail
