#include "vitrine/phantoms/anatomy/vessel_tree.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/convex.hpp"
#include "vitrine/phantoms/solids.hpp"

namespace vitrine::phantoms {
namespace {

Vec3 middle(std::span<const Vec3> points) {
  Vec3 sum = Vec3::Zero();
  for (const Vec3& p : points) sum += p;
  return sum / double(points.size());
}

class Grower {
 public:
  Grower(const VesselGrowth& growth, std::size_t twigs, Rng& rng)
      : growth_(growth), twigs_(double(twigs)), rng_(rng) {}

  void grow(const Vec3& from, const Vec3& heading, std::span<Vec3> share, int parent,
            bool continues) {
    const Vec3 target = middle(share);
    Vec3 course = target - from;
    const double distance = course.norm();
    if (distance < 1.0) return;
    // Bend by at most about 60 degrees; a straighter way looks like a vessel,
    // not like a root.
    course /= distance;
    if (heading.dot(course) < 0.5) course = (course + 0.7 * heading).normalized();
    const bool twig = share.size() == 1;
    const double fraction = twig ? 0.9 : 0.4 * rng_.uniform(0.85, 1.15);
    const double share_radius =
        growth_.root_radius * math::pow(double(share.size()) / twigs_, 1.0 / growth_.exponent);
    const double radius = std::max(share_radius, growth_.min_radius);
    const int self = int(tree.segments.size());
    const Vec3 to = from + std::max(fraction * distance, 1.5 * radius) * course;
    tree.segments.push_back({from, to, radius, double(share.size()) / twigs_, parent, continues});
    if (twig) return;
    const std::size_t half = split(share, course);
    const std::span<Vec3> a = share.first(half), b = share.subspan(half);
    const bool a_is_thicker = a.size() >= b.size();
    grow(to, course, a, self, a_is_thicker);
    grow(to, course, b, self, !a_is_thicker);
  }

  VesselTree tree;

 private:
  /// Sort the share along the direction across `course` in which it spreads
  /// most; the size of its first part, an uneven one as in real trees.
  std::size_t split(std::span<Vec3> share, const Vec3& course) {
    const Vec3 centre = middle(share);
    Mat3 spread = Mat3::Zero();
    for (const Vec3& p : share) {
      const Vec3 d = p - centre;
      const Vec3 across = d - d.dot(course) * course;
      spread += across * across.transpose();
    }
    const Eigen::SelfAdjointEigenSolver<Mat3> eigen(spread);
    const Vec3 widest = eigen.eigenvectors().col(2);
    std::sort(share.begin(), share.end(), [&](const Vec3& p, const Vec3& q) {
      return widest.dot(p - centre) < widest.dot(q - centre);
    });
    const double part = rng_.uniform(0.3, 0.7) * double(share.size());
    return std::clamp<std::size_t>(std::size_t(part + 0.5), 1, share.size() - 1);
  }

  VesselGrowth growth_;
  double twigs_;
  Rng& rng_;
};

}  // namespace

VesselTree grow_vessels(const Vec3& root, const Vec3& heading, std::vector<Vec3> cloud,
                        const VesselGrowth& growth, Rng& rng) {
  if (cloud.empty()) return {};
  Grower grower(growth, cloud.size(), rng);
  grower.grow(root, heading.normalized(), cloud, -1, true);
  return std::move(grower.tree);
}

std::vector<Solid> VesselTree::solids(Branching branching) const {
  std::vector<Solid> out;
  for (const Segment& s : segments) out.push_back(capsule(s.from, s.to, s.radius));
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& s = segments[i];
    if (s.parent < 0 || !s.continues) continue;
    const Segment& parent = segments[std::size_t(s.parent)];
    mitre(out[std::size_t(s.parent)], out[i], s.from, (parent.to - parent.from).normalized(),
          (s.to - s.from).normalized());
  }
  if (branching == Branching::axis) return out;
  // Side branches start where their parent and the thicker child end: nothing
  // overlaps.
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& s = segments[i];
    if (s.parent < 0 || s.continues) continue;
    for (std::size_t k = 0; k < segments.size(); ++k) {
      if (segments[k].parent != s.parent || !segments[k].continues) continue;
      const Vec3 on = (segments[k].to - segments[k].from).normalized();
      const Vec3 course = s.to - s.from;
      const Vec3 aside = course - course.dot(on) * on;
      if (aside.norm() < 0.2 * course.norm()) break;
      const Vec3 normal = aside.normalized();
      const double edge =
          std::max(reach(out[k], normal), reach(out[std::size_t(s.parent)], normal));
      if (edge < normal.dot(s.to)) out[i].cuts.push_back({-normal, -edge});
      break;
    }
  }
  return out;
}

VesselTree VesselTree::thicker_than(double min_radius) const {
  VesselTree out;
  std::vector<int> at(segments.size(), -1);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    Segment s = segments[i];
    const int parent = s.parent < 0 ? -1 : at[std::size_t(s.parent)];
    if (s.parent >= 0 && (parent < 0 || s.radius < min_radius)) continue;
    s.parent = parent;
    at[i] = int(out.segments.size());
    out.segments.push_back(s);
  }
  return out;
}

std::vector<int> VesselTree::orders() const {
  std::vector<int> order(segments.size(), 0), meeting(segments.size(), 0);
  for (std::size_t i = segments.size(); i-- > 0;) {  // daughters come after their parents
    int& own = order[i];
    if (own == 0)
      own = 1;
    else if (meeting[i] > 1)
      ++own;
    if (segments[i].parent < 0) continue;
    const auto parent = std::size_t(segments[i].parent);
    if (own > order[parent]) {
      order[parent] = own;
      meeting[parent] = 1;
    } else if (own == order[parent]) {
      ++meeting[parent];
    }
  }
  return order;
}

void set_radii(VesselTree& tree, double root_radius, double exponent, double min_radius) {
  for (VesselTree::Segment& s : tree.segments)
    s.radius = std::max(root_radius * math::pow(s.share, 1.0 / exponent), min_radius);
}

VesselTree beside(const VesselTree& other, const VesselTree& like, const Vec3& root, double gap) {
  VITRINE_EXPECT(other.segments.size() == like.segments.size());
  const std::size_t n = other.segments.size();
  // Normals of the planes in which the daughters of each segment leave it.
  std::vector<Vec3> first(n, Vec3::Zero()), aside(n, Vec3::Zero());
  const auto course = [&](std::size_t i) {
    return Vec3((other.segments[i].to - other.segments[i].from).normalized());
  };
  for (std::size_t i = 0; i < n; ++i) {
    if (other.segments[i].parent < 0) continue;
    const auto parent = std::size_t(other.segments[i].parent);
    if (first[parent].isZero())
      first[parent] = course(i);
    else
      aside[parent] = first[parent].cross(course(i));
  }
  VesselTree out = like;
  for (std::size_t i = 0; i < n; ++i) {
    VesselTree::Segment& s = out.segments[i];
    const auto parent = std::size_t(std::max(s.parent, 0));
    Vec3 normal = aside[i];
    const Vec3 before = s.parent < 0 ? Vec3(root - other.segments[i].from) : aside[parent];
    // A twig, or daughters that go straight on, keep to the side on which the parent was.
    if (normal.norm() < 0.1) normal = before - before.dot(course(i)) * course(i);
    if (normal.norm() < 1e-6) normal = frame(course(i)).col(0);
    normal.normalize();
    if (normal.dot(before) < 0.0) normal = -normal;
    aside[i] = normal;
    s.from = s.parent < 0 ? root : out.segments[parent].to;
    s.to = other.segments[i].to + gap * (other.segments[i].radius + s.radius) * normal;
  }
  return out;
}

}  // namespace vitrine::phantoms
