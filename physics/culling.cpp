#include "vitrine/physics/detail/culling.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/core/math.hpp"

namespace vitrine::physics::detail {
namespace {

/// atan for culling only: error 2e-8 on [-1, 1] (Abramowitz and Stegun 4.4.49).
double quick_atan(double x) {
  if (std::abs(x) > 1.0) return math::atan(x);
  const double s = x * x;
  return x *
         (1.0 +
          s * (-0.3333314528 +
               s * (0.1999355085 +
                    s * (-0.1420889944 +
                         s * (0.1065626393 + s * (-0.0752896400 +
                                                  s * (0.0429096138 + s * (-0.0161657367 +
                                                                           s * 0.0028662257))))))));
}

}  // namespace

Gantry gantry(const ScanGeometry& g, Index view, double spot_across) {
  const double angle = g.view_angles[std::size_t(view)];
  const double s = math::sin(angle), c = math::cos(angle);
  const FocalShift shift = g.focal_shift(view);
  const double across = spot_across + shift.across + g.axis_offset;
  const double radius = g.source_to_iso - shift.along;
  const Vec3 iso = g.isocentre(view);
  const Vec3 focus(radius * s + across * c, -radius * c + across * s + iso.y(), iso.z() + shift.z);
  return {s, c, focus};
}

double extent(const Solid& solid, const Vec3& direction) {
  const Vec3 d = solid.axes.transpose() * direction;
  const Vec3& h = solid.half_axes;
  switch (solid.kind) {
    case Solid::Kind::ellipsoid:
      return d.cwiseProduct(h).norm();
    case Solid::Kind::cylinder:
      return std::sqrt(d.x() * d.x() * h.x() * h.x() + d.y() * d.y() * h.y() * h.y()) +
             std::abs(d.z()) * h.z();
    case Solid::Kind::cone:
      return (1.0 + std::abs(solid.taper)) *
                 std::sqrt(d.x() * d.x() * h.x() * h.x() + d.y() * d.y() * h.y() * h.y()) +
             std::abs(d.z()) * h.z();
    case Solid::Kind::capsule:
      return h.x() + std::abs(d.z()) * h.z();
    case Solid::Kind::box:
      break;
  }
  return d.cwiseAbs().dot(h);
}

Solid box_of(const Grid& grid) {
  Solid box;
  box.kind = Solid::Kind::box;
  box.axes = grid.axes;
  for (int a = 0; a < 3; ++a)
    box.half_axes[a] = 0.5 * grid.spacing[a] * double(grid.size[std::size_t(a)] - 1);
  box.centre = grid.origin + grid.axes * box.half_axes;
  return box;
}

double reach_in_plane(const Solid& solid) {
  const Vec3& h = solid.half_axes;
  const double sideways = solid.axes.col(2).head<2>().norm() * h.z();
  switch (solid.kind) {
    case Solid::Kind::cylinder:
      return std::max(h.x(), h.y()) + sideways;
    case Solid::Kind::cone:
      return std::max(h.x(), h.y()) * (1.0 + std::abs(solid.taper)) + sideways;
    case Solid::Kind::capsule:
      return h.x() + sideways;
    default:
      return bounding_radius(solid);
  }
}

Outline outline_of(const Vec3& centre, double reach, double half_z) {
  const double distance = centre.head<2>().norm();
  return {centre.z() - half_z, centre.z() + half_z, distance - reach, distance + reach};
}

Outline outline_of(std::span<const Vec3> points) {
  constexpr double huge = std::numeric_limits<double>::infinity();
  Eigen::Vector2d towards = Eigen::Vector2d::Zero();
  for (const Vec3& p : points) towards += p.head<2>();
  towards.normalize();
  Outline out{huge, -huge, huge, 0.0};
  for (const Vec3& p : points) {
    out.low = std::min(out.low, p.z());
    out.high = std::max(out.high, p.z());
    out.near = std::min(out.near, towards.dot(p.head<2>()));
    out.far = std::max(out.far, p.head<2>().norm());
  }
  return out;
}

Slopes slopes_of(const Outline& o) {
  const double near = std::max(o.near, 1.0), far = std::max(o.far, 1.0);
  return {o.low / (o.low < 0.0 ? near : far), o.high / (o.high > 0.0 ? near : far)};
}

Heights heights_of(const Outline& o, const RowView& rows) {
  constexpr double slack = 2.0;  // mm: sub-rays start off the spot's middle
  const double near = std::max(o.near, 0.0);
  const double first = rows.most_scale * rows.tangent(-1.5);
  const double last = rows.most_scale * rows.tangent(double(rows.rows) + 0.5);
  return {std::max(first * (first < 0.0 ? o.far : near) - slack, o.low),
          std::min(last * (last > 0.0 ? o.far : near) + slack, o.high)};
}

bool sees(const RowView& rows, const Slopes& slopes) {
  const double low = slopes.low / (slopes.low < 0.0 ? rows.least_scale : rows.most_scale);
  const double high = slopes.high / (slopes.high > 0.0 ? rows.least_scale : rows.most_scale);
  return high >= rows.tangent(-1.5) && low <= rows.tangent(double(rows.rows) + 0.5);
}

void Fan::ellipse(double x, double y, double sxx, double sxy, double syy) {
  const double distance = std::sqrt(x * x + y * y);
  const double c = y / distance, s = x / distance;  // towards the centre: (s, c)
  const double s11 = sxx * s * s + 2.0 * sxy * s * c + syy * c * c;
  const double s12 = (sxx - syy) * s * c + sxy * (c * c - s * s);
  const double s22 = sxx * c * c - 2.0 * sxy * s * c + syy * s * s;
  const double room = distance * distance - s11;
  if (room <= 0.01 * distance * distance) {
    everything = true;
    return;
  }
  // Tangent of the angle from the centre's direction: room t^2 + 2 s12 t - s22 = 0.
  const double root = std::sqrt(std::max(s12 * s12 + room * s22, 0.0));
  for (const double t : {(-s12 - root) / room, (root - s12) / room}) point(x + t * y, y - t * x);
}

Fan fan_of(const Shape& shape, const Solid& solid) {
  Fan fan;
  const auto& c = shape.centre;
  const Vec3& h = solid.half_axes;
  // Local axes in the gantry's plane: the frame's rows without their scale.
  std::array<double, 3> x{}, y{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double scale = shape.kind == ShapeKind::capsule ? 1.0 : h[Eigen::Index(i)];
    x[i] = shape.frame[i][0] * scale;
    y[i] = shape.frame[i][1] * scale;
  }
  switch (shape.kind) {
    case ShapeKind::ellipsoid: {
      double sxx = 0.0, sxy = 0.0, syy = 0.0;
      for (std::size_t i = 0; i < 3; ++i) {
        const double square = h[Eigen::Index(i)] * h[Eigen::Index(i)];
        sxx += square * x[i] * x[i];
        sxy += square * x[i] * y[i];
        syy += square * y[i] * y[i];
      }
      fan.ellipse(c[0], c[1], sxx, sxy, syy);
      break;
    }
    case ShapeKind::cylinder:
    case ShapeKind::cone:
    case ShapeKind::capsule: {
      double sxx = 0.0, sxy = 0.0, syy = 0.0;
      if (shape.kind == ShapeKind::capsule) {
        sxx = syy = h.x() * h.x();
      } else {
        for (std::size_t i = 0; i < 2; ++i) {
          const double square = h[Eigen::Index(i)] * h[Eigen::Index(i)];
          sxx += square * x[i] * x[i];
          sxy += square * x[i] * y[i];
          syy += square * y[i] * y[i];
        }
      }
      for (const double side : {-1.0, 1.0}) {
        const double end = side * h.z(), grown = 1.0 + side * double(shape.taper),
                     k = grown * grown;
        fan.ellipse(c[0] + end * x[2], c[1] + end * y[2], k * sxx, k * sxy, k * syy);
      }
      break;
    }
    case ShapeKind::box:
      for (int corner = 0; corner < 8; ++corner) {
        double px = c[0], py = c[1];
        for (std::size_t i = 0; i < 3; ++i) {
          const double side = corner >> i & 1 ? h[Eigen::Index(i)] : -h[Eigen::Index(i)];
          px += side * x[i];
          py += side * y[i];
        }
        fan.point(px, py);
      }
      break;
  }
  return fan;
}

ColumnRange columns_of(const Fan& fan, const ScanGeometry& g, const FocalShift& shift,
                       const Offset& offset) {
  if (fan.everything) return {0, std::int32_t(g.columns - 1)};
  const double across = offset.spot_across + shift.across;
  const auto column = [&](double tangent) {
    const double aside = (across - shift.along * tangent) / g.source_to_detector;
    const double at_detector =
        g.shape == DetectorShape::flat
            ? tangent + aside
            : quick_atan(tangent) + aside / std::sqrt(1.0 + tangent * tangent);
    return at_detector / g.column_angle + g.column_offset + 0.5 * double(g.columns - 1) -
           offset.column;
  };
  const double first = std::ceil(column(fan.low) - 0.02),
               last = std::floor(column(fan.high) + 0.02);
  if (last < 0.0 || first > double(g.columns - 1)) return {0, -1};
  return {std::int32_t(std::max(first, 0.0)), std::int32_t(std::min(last, double(g.columns - 1)))};
}

}  // namespace vitrine::physics::detail
