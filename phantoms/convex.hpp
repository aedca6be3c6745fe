#pragma once
#include "vitrine/model/scene.hpp"

namespace vitrine::phantoms {

/// An axis-aligned box in patient space, mm; empty where low > high.
struct Bounds {
  Vec3 low = Vec3::Constant(1.0);
  Vec3 high = Vec3::Constant(-1.0);

  bool empty() const { return (low.array() > high.array()).any(); }
  bool meets(const Bounds& other) const {
    return (low.array() <= other.high.array()).all() && (other.low.array() <= high.array()).all();
  }
  bool holds(const Vec3& p) const {
    return (low.array() <= p.array()).all() && (p.array() <= high.array()).all();
  }
};

Bounds overlap(const Bounds& a, const Bounds& b);
Bounds hull(const Bounds& a, const Bounds& b);

/// An upper bound of direction . p over the points p of a solid, mm for a direction of length 1.
///
/// Exact for solids without cuts; each cut tightens it through its Lagrange dual.
double reach(const Solid& solid, const Vec3& direction);

/// A box that holds the solid.
Bounds bounds(const Solid& solid);

/// True only if no ball, however small, fits into both solids: they miss or only touch each other.
///
/// Looks for a plane between them: their cuts, then Gilbert's algorithm (SIAM J Control 4 (1966)
/// 61) on their supports. False means "not proven".
bool proven_apart(const Solid& a, const Solid& b);

/// True only if every point of `inner` is in `outer` (to 1e-10 mm). False means "not proven".
///
/// Exact for solids without cuts in an ellipsoid (trust-region dual), a box or a half space, and in
/// a cylinder whose axis `inner`'s own quadric respects; in a capsule and a cone sufficient
/// conditions only.
bool proven_inside(const Solid& inner, const Solid& outer);

}  // namespace vitrine::phantoms
