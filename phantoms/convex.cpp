#include "vitrine/phantoms/convex.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace vitrine::phantoms {
namespace {

constexpr double tolerance = 1e-10;  // mm, or mm per mm: a tenth of what chords are held to

/// max of direction . (p - centre) over the solid without its cuts; `d`: the direction in its
/// frame.
double local_width(const Solid& solid, const Vec3& d) {
  const Vec3& h = solid.half_axes;
  switch (solid.kind) {
    case Solid::Kind::ellipsoid:
      return d.cwiseProduct(h).norm();
    case Solid::Kind::cylinder: {
      const double x = d.x() * h.x(), y = d.y() * h.y();
      return std::sqrt(x * x + y * y) + std::abs(d.z()) * h.z();
    }
    case Solid::Kind::cone: {
      const double x = d.x() * h.x(), y = d.y() * h.y(), flat = std::sqrt(x * x + y * y);
      return std::max((1.0 + solid.taper) * flat + d.z() * h.z(),
                      (1.0 - solid.taper) * flat - d.z() * h.z());
    }
    case Solid::Kind::capsule:
      return d.norm() * h.x() + std::abs(d.z()) * h.z();
    case Solid::Kind::box:
      break;
  }
  return d.cwiseAbs().dot(h);
}

double uncut_reach(const Solid& solid, const Vec3& direction) {
  return direction.dot(solid.centre) + local_width(solid, solid.axes.transpose() * direction);
}

/// A point of the uncut solid that lies farthest along `direction`.
Vec3 farthest(const Solid& solid, const Vec3& direction) {
  const Vec3 d = solid.axes.transpose() * direction;
  const Vec3& h = solid.half_axes;
  Vec3 p = Vec3::Zero();
  switch (solid.kind) {
    case Solid::Kind::ellipsoid:
      if (const double n = d.cwiseProduct(h).norm(); n > 0.0)
        p = d.cwiseProduct(h).cwiseProduct(h) / n;
      break;
    case Solid::Kind::cylinder: {
      const double x = d.x() * h.x(), y = d.y() * h.y(), n = std::sqrt(x * x + y * y);
      if (n > 0.0) p = Vec3(x * h.x() / n, y * h.y() / n, 0.0);
      p.z() = std::copysign(h.z(), d.z());
      break;
    }
    case Solid::Kind::cone: {
      const double x = d.x() * h.x(), y = d.y() * h.y(), n = std::sqrt(x * x + y * y);
      const double side = solid.taper * n + d.z() * h.z() >= 0.0 ? 1.0 : -1.0;
      const double grown = 1.0 + side * solid.taper;
      if (n > 0.0) p = Vec3(grown * x * h.x() / n, grown * y * h.y() / n, 0.0);
      p.z() = side * h.z();
      break;
    }
    case Solid::Kind::capsule:
      if (const double n = d.norm(); n > 0.0) p = d * (h.x() / n);
      p.z() += std::copysign(h.z(), d.z());
      break;
    case Solid::Kind::box:
      for (int i = 0; i < 3; ++i) p[i] = std::copysign(h[i], d[i]);
      break;
  }
  return solid.centre + solid.axes * p;
}

/// Largest direction . p of an ellipsoid's points within a cut that leaves its farthest point out:
/// in the frame where it is the unit ball, on the rim of the disc that the cut makes.
double ellipsoid_reach_under_cut(const Solid& solid, const Vec3& direction,
                                 const Solid::Plane& cut) {
  const Vec3 d = (solid.axes.transpose() * direction).cwiseProduct(solid.half_axes);
  const Vec3 n = (solid.axes.transpose() * cut.normal).cwiseProduct(solid.half_axes);
  const double size = n.norm();
  const double height = std::max((cut.offset - cut.normal.dot(solid.centre)) / size, -1.0);
  const double along = d.dot(n) / size;
  const double across = std::sqrt(std::max(d.squaredNorm() - along * along, 0.0));
  return direction.dot(solid.centre) + along * height +
         across * std::sqrt(std::max(1.0 - height * height, 0.0));
}

/// Where k x + |a - x b| is least, if it is anywhere: a and b of two or three components.
template <class Vector>
std::optional<double> lowest(double k, const Vector& a, const Vector& b) {
  const double bb = b.squaredNorm(), steep = bb - k * k;
  if (steep <= 0.0) return std::nullopt;
  const double nearest = a.dot(b) / bb;
  const double off = (a - nearest * b).norm();
  return nearest - k * off / std::sqrt(bb * steep);
}

/// min over x >= 0 of g(x) = reach(direction - x normal) + x offset: convex, and an upper bound of
/// what lies inside the cut at every x.
///
/// g is a sum of norms and absolute values of linear functions, for a cone the greater of two: it
/// is least where one of its smooth pieces is, at a kink, or at 0.
double reach_under_cut(const Solid& solid, const Vec3& direction, const Solid::Plane& cut) {
  if (solid.kind == Solid::Kind::ellipsoid) return ellipsoid_reach_under_cut(solid, direction, cut);
  const Vec3 d = solid.axes.transpose() * direction, n = solid.axes.transpose() * cut.normal;
  const Vec3& h = solid.half_axes;
  const double k = cut.offset - cut.normal.dot(solid.centre);
  double best = local_width(solid, d);
  const auto consider = [&](std::optional<double> x) {
    if (x && *x > 0.0) best = std::min(best, local_width(solid, d - *x * n) + *x * k);
  };
  const Vec3 wide = d.cwiseProduct(h), turned = n.cwiseProduct(h);
  // A solid that the cut takes away altogether has no least value.
  consider(4.0 * direction.norm());
  for (int i = 0; i < 3; ++i)
    if (n[i] != 0.0) consider(d[i] / n[i]);
  for (const double side : {-1.0, 1.0}) {
    const double slope = k + side * turned.z();
    if (solid.kind == Solid::Kind::capsule) consider(lowest<Vec3>(slope, h.x() * d, h.x() * n));
    if (solid.kind == Solid::Kind::cylinder)
      consider(lowest<Eigen::Vector2d>(slope, wide.head<2>(), turned.head<2>()));
    if (solid.kind == Solid::Kind::cone) {
      const double grown = 1.0 - side * solid.taper;
      consider(lowest<Eigen::Vector2d>(slope, grown * wide.head<2>(), grown * turned.head<2>()));
    }
  }
  if (solid.kind == Solid::Kind::cone) {  // both ends reach equally far: taper |a - x b| = x n - d
    const double t = solid.taper * solid.taper;
    const Eigen::Vector2d a = wide.head<2>(), b = turned.head<2>();
    const double square = t * b.squaredNorm() - turned.z() * turned.z();
    const double half = t * a.dot(b) - wide.z() * turned.z();
    const double rest = t * a.squaredNorm() - wide.z() * wide.z();
    if (const double root = half * half - square * rest; root >= 0.0 && square != 0.0)
      for (const double side : {-1.0, 1.0}) consider((half + side * std::sqrt(root)) / square);
  }
  return direction.dot(solid.centre) + best;
}

/// An ellipsoid c + axes diag(h) u, |u| <= 1; some h may be zero: a disc, a point.
struct Blob {
  Vec3 centre;
  Mat3 axes;
  Vec3 half_axes;
};

/// Blobs whose convex hull is the uncut solid.
struct Blobs {
  Blob all[8];
  int count = 0;
  void add(const Solid& solid, const Vec3& shift, const Vec3& half_axes) {
    all[count++] = {solid.centre + solid.axes * shift, solid.axes, half_axes};
  }
  explicit Blobs(const Solid& solid) {
    const Vec3& h = solid.half_axes;
    const Vec3 end(0.0, 0.0, h.z());
    switch (solid.kind) {
      case Solid::Kind::ellipsoid:
        add(solid, Vec3::Zero(), h);
        break;
      case Solid::Kind::cylinder:
        for (const double side : {-1.0, 1.0}) add(solid, side * end, Vec3(h.x(), h.y(), 0.0));
        break;
      case Solid::Kind::cone:
        for (const double side : {-1.0, 1.0})
          add(solid, side * end, (1.0 + side * solid.taper) * Vec3(h.x(), h.y(), 0.0));
        break;
      case Solid::Kind::capsule:
        for (const double side : {-1.0, 1.0}) add(solid, side * end, Vec3::Constant(h.x()));
        break;
      case Solid::Kind::box:
        for (int corner = 0; corner < 8; ++corner)
          add(solid,
              Vec3(corner & 1 ? h.x() : -h.x(), corner & 2 ? h.y() : -h.y(),
                   corner & 4 ? h.z() : -h.z()),
              Vec3::Zero());
        break;
    }
  }
};

/// Is |w (p - centre)|^2 <= 1 for all p of the blob?
///
/// The maximum of a convex quadratic over a ball equals its dual (S-lemma): the least
/// g(x) = x + |c|^2 + sum b_i^2 / (x - s_i) over x above all eigenvalues s_i of M^T M, and any such
/// x is an upper bound.
bool within_quadric(const Blob& blob, const Mat3& w, const Vec3& centre) {
  const Vec3 c = w * (blob.centre - centre);
  const double cc = c.squaredNorm();
  if (cc > 1.0 + tolerance) return false;
  const Mat3 m = w * blob.axes * blob.half_axes.asDiagonal();
  const double largest = m.squaredNorm();  // >= the greatest eigenvalue
  if (const double far = std::sqrt(cc) + std::sqrt(largest); far <= 1.0) return true;
  const Eigen::SelfAdjointEigenSolver<Mat3> eigen(m.transpose() * m);
  const Vec3 s = eigen.eigenvalues();
  const Vec3 b = eigen.eigenvectors().transpose() * (m.transpose() * c);
  const double top = std::max(s.maxCoeff(), 0.0);
  double low = top, high = top + b.norm() + 1e-12;
  for (int step = 0; step < 50; ++step) {
    const double x = 0.5 * (low + high);
    double slope = 1.0;
    for (int i = 0; i < 3; ++i)
      if (b[i] != 0.0) slope -= b[i] * b[i] / ((x - s[i]) * (x - s[i]));
    (slope < 0.0 ? low : high) = x;
  }
  double bound = high + cc;
  for (int i = 0; i < 3; ++i)
    if (b[i] != 0.0) bound += b[i] * b[i] / (high - s[i]);
  return bound <= 1.0 + tolerance;
}

/// Rows that map the outer solid's frame to a unit ball; a zero last half axis leaves z free.
Mat3 to_unit(const Solid& outer, double x, double y, double z) {
  Mat3 w = outer.axes.transpose();
  w.row(0) /= x;
  w.row(1) /= y;
  w.row(2) *= z > 0.0 ? 1.0 / z : 0.0;
  return w;
}

bool all_within(const Blobs& blobs, const Mat3& w, const Vec3& centre) {
  for (int i = 0; i < blobs.count; ++i)
    if (!within_quadric(blobs.all[i], w, centre)) return false;
  return true;
}

/// Is `inner` between the planes axis . (p - centre) = +- half?
bool within_slab(const Solid& inner, const Vec3& centre, const Vec3& axis, double half) {
  return reach(inner, axis) - axis.dot(centre) <= half + tolerance &&
         reach(inner, -axis) + axis.dot(centre) <= half + tolerance;
}

/// A blob lies in a capsule if it lies in one of its end balls, or in its barrel, or if its
/// bounding ball keeps near the segment.
bool within_capsule(const Blob& blob, const Solid& outer) {
  const double r = outer.half_axes.x(), half = outer.half_axes.z();
  const Vec3 axis = outer.axes.col(2);
  const Vec3 p = blob.centre - outer.centre;
  const double z = std::clamp(p.dot(axis), -half, half);
  if ((p - z * axis).norm() + blob.half_axes.maxCoeff() <= r + tolerance) return true;
  const double extent =
      blob.half_axes.cwiseProduct(blob.axes.transpose() * axis).norm() + std::abs(p.dot(axis));
  if (extent <= half && within_quadric(blob, to_unit(outer, r, r, 0.0), outer.centre)) return true;
  const Mat3 w = to_unit(outer, r, r, r);
  return within_quadric(blob, w, outer.centre + half * axis) ||
         within_quadric(blob, w, outer.centre - half * axis);
}

/// Is x^2 + y^2 <= s^2 with s >= 0 for all points of the blob, s = 1 + taper z in units of the half
/// axes? By the S-lemma it is if s^2 - x^2 - y^2 - l (1 - |u|^2) is nowhere negative for one l >=
/// 0; any l is a proof, and the least eigenvalue is concave in l.
bool within_cone(const Blob& blob, const Solid& outer) {
  const Vec3& h = outer.half_axes;
  const Mat3 w = to_unit(outer, h.x(), h.y(), h.z());
  const Vec3 c = w * (blob.centre - outer.centre);
  const Mat3 m = w * blob.axes * blob.half_axes.asDiagonal();
  const double s = 1.0 + outer.taper * c.z();
  const Vec3 grows = outer.taper * m.row(2).transpose();
  if (s < grows.norm()) return false;
  const auto across = m.topRows<2>();
  Eigen::Matrix4d form;
  form.topLeftCorner<3, 3>() = grows * grows.transpose() - across.transpose() * across;
  form.topRightCorner<3, 1>() = s * grows - across.transpose() * c.head<2>();
  form.bottomLeftCorner<1, 3>() = form.topRightCorner<3, 1>().transpose();
  form(3, 3) = s * s - c.head<2>().squaredNorm();
  const auto least = [&](double l) {
    Eigen::Matrix4d shifted = form;
    shifted.diagonal() += Eigen::Vector4d(l, l, l, -l);
    return Eigen::SelfAdjointEigenSolver<Eigen::Matrix4d>(shifted, Eigen::EigenvaluesOnly)
        .eigenvalues()[0];
  };
  if (form(3, 3) < 0.0) return false;
  constexpr double golden = 0.6180339887498949;
  double low = 0.0, high = form(3, 3);
  for (int step = 0; step < 30; ++step) {
    const double l = high - golden * (high - low), r = low + golden * (high - low);
    const double at_l = least(l), at_r = least(r);
    if (std::max(at_l, at_r) >= 0.0) return true;
    (at_l > at_r ? high : low) = at_l > at_r ? r : l;
  }
  return false;
}

}  // namespace

Bounds overlap(const Bounds& a, const Bounds& b) {
  return {a.low.cwiseMax(b.low), a.high.cwiseMin(b.high)};
}

Bounds hull(const Bounds& a, const Bounds& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {a.low.cwiseMin(b.low), a.high.cwiseMax(b.high)};
}

double reach(const Solid& solid, const Vec3& direction) {
  double best = uncut_reach(solid, direction);
  if (solid.cuts.empty()) return best;
  const Vec3 tip = farthest(solid, direction);
  for (const Solid::Plane& cut : solid.cuts)
    if (cut.normal.dot(tip) > cut.offset)
      best = std::min(best, reach_under_cut(solid, direction, cut));
  return best;
}

Bounds bounds(const Solid& solid) {
  Bounds box;
  for (int i = 0; i < 3; ++i) {
    box.high[i] = reach(solid, Vec3::Unit(i));
    box.low[i] = -reach(solid, -Vec3::Unit(i));
  }
  return box;
}

bool proven_apart(const Solid& a, const Solid& b) {
  const double between = (a.centre - b.centre).norm();
  if (between >= bounding_radius(a) + bounding_radius(b)) return true;
  const auto separates = [&](const Vec3& n) {
    return uncut_reach(a, n) + uncut_reach(b, -n) <= tolerance ||
           ((!a.cuts.empty() || !b.cuts.empty()) && reach(a, n) + reach(b, -n) <= tolerance);
  };
  for (const Solid::Plane& cut : a.cuts)
    if (-reach(b, -cut.normal) >= cut.offset - tolerance) return true;
  for (const Solid::Plane& cut : b.cuts)
    if (-reach(a, -cut.normal) >= cut.offset - tolerance) return true;
  if (between == 0.0) return false;
  // Nearest point v of {p - q : p in a, q in b} to the origin; v separates once all of the set lies
  // beyond it. Steps towards the extreme point along -v; slow only where the solids nearly touch.
  Vec3 v = a.centre - b.centre;
  for (int step = 0; step < 32; ++step) {
    const double n = v.norm();
    if (n < 1e-9) return false;
    if (separates(-v / n)) return true;
    const Vec3 s = farthest(a, -v) - farthest(b, v);
    const Vec3 back = v - s;
    const double t = back.squaredNorm() > 0.0 ? v.dot(back) / back.squaredNorm() : 0.0;
    if (t <= 1e-9) return false;
    v -= std::min(t, 1.0) * back;
  }
  return false;
}

bool proven_inside(const Solid& inner, const Solid& outer) {
  for (const Solid::Plane& cut : outer.cuts)
    if (reach(inner, cut.normal) > cut.offset + tolerance) return false;
  const Blobs blobs(inner);
  const Vec3& h = outer.half_axes;
  switch (outer.kind) {
    case Solid::Kind::ellipsoid:
      return all_within(blobs, to_unit(outer, h.x(), h.y(), h.z()), outer.centre);
    case Solid::Kind::cylinder:
      return within_slab(inner, outer.centre, outer.axes.col(2), h.z()) &&
             all_within(blobs, to_unit(outer, h.x(), h.y(), 0.0), outer.centre);
    case Solid::Kind::cone:
      return within_slab(inner, outer.centre, outer.axes.col(2), h.z()) &&
             std::all_of(blobs.all, blobs.all + blobs.count,
                         [&](const Blob& blob) { return within_cone(blob, outer); });
    case Solid::Kind::capsule:
      return std::all_of(blobs.all, blobs.all + blobs.count,
                         [&](const Blob& blob) { return within_capsule(blob, outer); });
    case Solid::Kind::box:
      break;
  }
  for (int i = 0; i < 3; ++i)
    if (!within_slab(inner, outer.centre, outer.axes.col(i), h[i])) return false;
  return true;
}

}  // namespace vitrine::phantoms
