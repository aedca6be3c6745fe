#include "vitrine/phantoms/anatomy/vessel_tree.hpp"

#include <algorithm>
#include <cmath>
#include <span>

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
    tree.segments.push_back({from, to, radius, parent, continues});
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

std::vector<Solid> VesselTree::solids() const {
  std::vector<Solid> out;
  for (const Segment& s : segments) out.push_back(capsule(s.from, s.to, s.radius));
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& s = segments[i];
    if (s.parent < 0 || !s.continues) continue;
    const Segment& parent = segments[std::size_t(s.parent)];
    mitre(out[std::size_t(s.parent)], out[i], s.from, (parent.to - parent.from).normalized(),
          (s.to - s.from).normalized());
  }
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

}  // namespace vitrine::phantoms
