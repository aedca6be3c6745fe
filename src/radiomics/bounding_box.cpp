#include "vitrine/radiomics/detail/bounding_box.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vitrine::radiomics {
namespace {

using Vec2 = Eigen::Vector2d;

double turn(const Vec2& a, const Vec2& b, const Vec2& c) {
  return (b.x() - a.x()) * (c.y() - a.y()) - (b.y() - a.y()) * (c.x() - a.x());
}

/// Corners of the convex polygon around points with whole coordinates, anticlockwise (Andrew 1979).
void convex_polygon(std::vector<Vec2>& points, std::vector<Vec2>& polygon) {
  std::sort(points.begin(), points.end(), [](const Vec2& a, const Vec2& b) {
    return a.x() != b.x() ? a.x() < b.x() : a.y() < b.y();
  });
  polygon.clear();
  const auto chain = [&](auto begin, auto end) {
    const std::size_t base = polygon.size();
    for (auto p = begin; p != end; ++p) {
      while (polygon.size() >= base + 2 &&
             turn(polygon[polygon.size() - 2], polygon.back(), *p) <= 0)
        polygon.pop_back();
      polygon.push_back(*p);
    }
    polygon.pop_back();
  };
  chain(points.begin(), points.end());
  chain(points.rbegin(), points.rend());
}

/// Sides of the smallest rectangle around a convex polygon: one of its edges lies on a side
/// (Freeman and Shapira 1975). Shorter edges than `least_edge` have no direction to speak of.
Vec2 smallest_rectangle(const std::vector<Vec2>& polygon, double least_edge) {
  Vec2 best(0, 0);
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t edge = 0; edge < polygon.size(); ++edge) {
    const Vec2 along = polygon[(edge + 1) % polygon.size()] - polygon[edge];
    const double length = along.norm();
    if (length < least_edge) continue;
    const Vec2 u = along / length, v(-u.y(), u.x());
    Vec2 low(0, 0), high(0, 0);
    for (const Vec2& p : polygon) {
      const Vec2 q((p - polygon[edge]).dot(u), (p - polygon[edge]).dot(v));
      low = low.cwiseMin(q);
      high = high.cwiseMax(q);
    }
    const Vec2 sides = high - low;
    if (sides.prod() < least) {
      least = sides.prod();
      best = sides;
    }
  }
  return best;
}

}  // namespace

BoxSize oriented_bounding_box(const ConvexHull& hull, std::span<const Vec3> points,
                              const Vec3& spacing) {
  // Seen along a face many vertices fall on one point or line, but for rounding. On whole numbers
  // below 2^25 the polygon's test for turns is exact, and such vertices are no trouble.
  double reach = 0;
  for (const Vec3& p : points) reach = std::max(reach, (p - points[0]).norm());
  const double quantum = reach / double(1 << 25);
  const double least_edge = 1e-3 * spacing.minCoeff() / quantum;
  BoxSize best;
  double least = std::numeric_limits<double>::infinity();
  std::vector<Vec2> shadow(points.size()), polygon;
  for (const auto& direction : hull.facet_directions) {
    const Vec3 normal = Vec3(double(direction[0]), double(direction[1]), double(direction[2]))
                            .cwiseQuotient(spacing)
                            .normalized();
    const Vec3 u = normal.unitOrthogonal(), v = normal.cross(u);
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Vec3 d = (points[i] - points[0]) / quantum;
      shadow[i] = {std::round(d.dot(u)), std::round(d.dot(v))};
      const double along = points[i].dot(normal);
      low = std::min(low, along);
      high = std::max(high, along);
    }
    convex_polygon(shadow, polygon);
    const Vec2 sides = quantum * smallest_rectangle(polygon, least_edge);
    const double volume = sides.prod() * (high - low);
    if (volume < least) {
      least = volume;
      best.edges = {sides.x(), sides.y(), high - low};
    }
  }
  return best;
}

}  // namespace vitrine::radiomics
