#include "vitrine/radiomics/detail/bounding_box.hpp"

#include <algorithm>
#include <limits>

namespace vitrine::radiomics {
namespace {

using Vec2 = Eigen::Vector2d;

double turn(const Vec2& a, const Vec2& b, const Vec2& c) {
  return (b.x() - a.x()) * (c.y() - a.y()) - (b.y() - a.y()) * (c.x() - a.x());
}

/// Convex polygon around points, anticlockwise (Andrew 1979).
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
/// (Freeman and Shapira 1975). The three other sides turn with the edge (rotating calipers).
Vec2 smallest_rectangle(const std::vector<Vec2>& polygon) {
  const std::size_t n = polygon.size();
  Vec2 best(0, 0);
  double least = std::numeric_limits<double>::infinity();
  std::size_t right = 1, top = 1, left = 1;
  for (std::size_t edge = 0; edge < n; ++edge) {
    const Vec2 u = (polygon[(edge + 1) % n] - polygon[edge]).normalized();
    const Vec2 v(-u.y(), u.x());
    const auto climb = [&](std::size_t& at, std::size_t from, const Vec2& direction) {
      at = std::max(at, from);
      while (polygon[(at + 1) % n].dot(direction) > polygon[at % n].dot(direction)) ++at;
      return polygon[at % n].dot(direction);
    };
    const double rightmost = climb(right, edge + 1, u);
    const double height = climb(top, right, v) - polygon[edge].dot(v);
    const double width = rightmost + climb(left, top, -u);
    if (width * height < least) {
      least = width * height;
      best = {width, height};
    }
  }
  return best;
}

}  // namespace

BoxSize oriented_bounding_box(const ConvexHull& hull, std::span<const Vec3> points,
                              const Vec3& spacing) {
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
      shadow[i] = {points[i].dot(u), points[i].dot(v)};
      const double along = points[i].dot(normal);
      low = std::min(low, along);
      high = std::max(high, along);
    }
    convex_polygon(shadow, polygon);
    const Vec2 sides = smallest_rectangle(polygon);
    const double volume = sides.prod() * (high - low);
    if (volume < least) {
      least = volume;
      best.edges = {sides.x(), sides.y(), high - low};
    }
  }
  return best;
}

}  // namespace vitrine::radiomics
