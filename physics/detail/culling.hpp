#pragma once
#include <cstdint>
#include <limits>
#include <span>

#include "vitrine/model/scan.hpp"
#include "vitrine/model/scene.hpp"
#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/projector.hpp"

/// Which rows and columns of a view may meet something: the projector looks at no others.
namespace vitrine::physics::detail {

/// A view's frame: across, along, z of a direction or point of the gantry's frame, which is the
/// patient's where the gantry is not tilted.
struct Gantry {
  double sine, cosine;
  Vec3 focus;  ///< focal point

  Vec3 turned(const Vec3& v) const {
    return {v.x() * cosine + v.y() * sine, -v.x() * sine + v.y() * cosine, v.z()};
  }
  Vec3 seen(const Vec3& p) const { return turned(p - focus); }
  /// The gantry's direction of one in the view's frame.
  Vec3 back(const Vec3& v) const {
    return {v.x() * cosine - v.y() * sine, v.x() * sine + v.y() * cosine, v.z()};
  }
};
Gantry gantry(const ScanGeometry& g, Index view, double spot_across);

/// Half extent of a solid's cross-section along a unit direction.
double extent(const Solid& solid, const Vec3& direction);
/// The box of a grid's voxel centres.
Solid box_of(const Grid& grid);
/// No point of a solid is farther from its centre in any plane across z.
double reach_in_plane(const Solid& solid);

/// The rows of a view: a ray's dz per in-plane mm is the tangent of its row times the scale of its
/// column.
struct RowView {
  double first, last, step;  ///< tangents of the first and the last row, and between rows
  Index rows;
  double least_scale = 1.0, most_scale = 1.0;  ///< of all columns

  double tangent(double row) const { return first + step * row; }
};

/// Where something is, as the focal spot sees it: heights over it, and distances from it in the
/// plane.
struct Outline {
  double low, high, near, far;
};
/// Of something about `centre` (view's frame).
Outline outline_of(const Vec3& centre, double reach, double half_z);
/// Of the convex hull of some points (view's frame).
Outline outline_of(std::span<const Vec3> points);

/// dz per in-plane mm of the rays that may meet something.
struct Slopes {
  double low, high;
};
Slopes slopes_of(const Outline& outline);

/// Heights over the focal spot that the rays of a view have within an outline.
struct Heights {
  double low, high;
};
Heights heights_of(const Outline& outline, const RowView& rows);

/// Whether a row of the view may see a range of slopes; a row and a half more for the sub-rays.
bool sees(const RowView& rows, const Slopes& slopes);

/// The fan angles, as tangents across/along, that may meet something; all of them if it is too
/// near.
struct Fan {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  bool everything = false;

  void point(double across, double along) {
    if (along <= 1.0) {
      everything = true;
      return;
    }
    low = std::min(low, across / along);
    high = std::max(high, across / along);
  }
  /// An ellipse about (x, y) with half extent sqrt(n^T S n) along n, S = (sxx, sxy, syy).
  void ellipse(double x, double y, double sxx, double sxy, double syy);
};
Fan fan_of(const Shape& shape, const Solid& solid);

/// Columns whose ray may lie in a fan; the offset says where on the focal spot the rays start.
struct ColumnRange {
  std::int32_t first, last;
};
ColumnRange columns_of(const Fan& fan, const ScanGeometry& g, const FocalShift& shift,
                       const Offset& offset);

}  // namespace vitrine::physics::detail
