#include "vitrine/radiomics/detail/convex_hull.hpp"

#include <algorithm>
#include <numeric>

namespace vitrine::radiomics {
namespace {

using Integer3 = std::array<std::int64_t, 3>;

Integer3 difference(const HalfVoxel& a, const HalfVoxel& b) {
  return {std::int64_t{a[0]} - b[0], std::int64_t{a[1]} - b[1], std::int64_t{a[2]} - b[2]};
}
Integer3 cross(const Integer3& a, const Integer3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
std::int64_t dot(const Integer3& a, const Integer3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/// Grows a tetrahedron by the point farthest outside one of its facets until none is outside.
///
/// A point in the plane of a facet counts as below it, which is the same as moving it inwards by an
/// infinitesimal step: what a point sees is then always one patch with one closed rim.
class QuickHull {
 public:
  explicit QuickHull(std::span<const HalfVoxel> points)
      : points_(points), facet_starting_at_(points.size(), -1) {}
  ConvexHull build();

 private:
  struct Facet {
    std::array<int, 3> vertex{};
    std::array<int, 3> neighbour{};  ///< across the edge from vertex[e] to vertex[e + 1]
    Integer3 normal{};
    std::int64_t offset = 0;
    std::vector<int> outside;  ///< points above it that no earlier facet has taken
    bool alive = true, seen = false;
  };
  struct RimEdge {
    int from, to, beyond;  ///< `beyond` is the facet that stays
  };

  const HalfVoxel& point(int i) const { return points_[static_cast<std::size_t>(i)]; }
  Facet& facet(int f) { return facets_[static_cast<std::size_t>(f)]; }
  std::int64_t height(const Facet& f, int i) const {
    const HalfVoxel& p = point(i);
    return dot(f.normal, {p[0], p[1], p[2]}) - f.offset;
  }
  int add_facet(int a, int b, int c);
  void start();
  void distribute(const std::vector<int>& candidates, int first_facet);
  void add_point(int start, int apex);
  ConvexHull result() const;

  std::span<const HalfVoxel> points_;
  std::vector<Facet> facets_;
  std::vector<int> facet_starting_at_;  ///< scratch: new facet of the rim edge from a vertex
};

int QuickHull::add_facet(int a, int b, int c) {
  Facet f;
  f.vertex = {a, b, c};
  f.normal = cross(difference(point(b), point(a)), difference(point(c), point(a)));
  f.offset = dot(f.normal, {point(a)[0], point(a)[1], point(a)[2]});
  facets_.push_back(std::move(f));
  return int(facets_.size()) - 1;
}

/// A tetrahedron of points that lie far apart, unless there is none.
void QuickHull::start() {
  if (points_.empty()) return;
  const int n = int(points_.size());
  const auto farthest = [n](auto distance) {
    int best = 0;
    auto most = distance(0);
    for (int i = 1; i < n; ++i)
      if (const auto d = distance(i); d > most) {
        most = d;
        best = i;
      }
    return best;
  };
  int a = farthest([&](int i) { return -point(i)[0]; });
  int b = farthest([&](int i) { return point(i)[0]; });
  const Integer3 along = difference(point(b), point(a));
  const int c = farthest([&](int i) {
    const Integer3 normal = cross(along, difference(point(i), point(a)));
    return double(normal[0]) * double(normal[0]) + double(normal[1]) * double(normal[1]) +
           double(normal[2]) * double(normal[2]);
  });
  const Integer3 normal = cross(along, difference(point(c), point(a)));
  const auto above = [&](int i) { return dot(normal, difference(point(i), point(a))); };
  const int d = farthest([&](int i) { return std::abs(above(i)); });
  if (above(d) == 0) return;          // all in a plane
  if (above(d) > 0) std::swap(a, b);  // now d is below the facet a b c

  add_facet(a, b, c);
  add_facet(a, d, b);
  add_facet(b, d, c);
  add_facet(c, d, a);
  facet(0).neighbour = {1, 2, 3};
  facet(1).neighbour = {3, 2, 0};
  facet(2).neighbour = {1, 3, 0};
  facet(3).neighbour = {2, 1, 0};
  std::vector<int> all(points_.size());
  std::iota(all.begin(), all.end(), 0);
  distribute(all, 0);
}

/// Gives each point to the first facet from `first_facet` on that it is outside of.
void QuickHull::distribute(const std::vector<int>& candidates, int first_facet) {
  for (const int i : candidates)
    for (int f = first_facet; f < int(facets_.size()); ++f)
      if (height(facet(f), i) > 0) {
        facet(f).outside.push_back(i);
        break;
      }
}

/// Replaces the facets that `apex` sees, of which `start` is one, by a cone over their rim.
void QuickHull::add_point(int start, int apex) {
  std::vector<int> visible{start}, orphans;
  std::vector<RimEdge> rim;
  facet(start).seen = true;
  for (std::size_t v = 0; v < visible.size(); ++v) {
    const Facet& f = facet(visible[v]);
    for (std::size_t e = 0; e < 3; ++e) {
      Facet& other = facet(f.neighbour[e]);
      if (other.seen) continue;
      if (height(other, apex) > 0) {
        other.seen = true;
        visible.push_back(f.neighbour[e]);
      } else {
        rim.push_back({f.vertex[e], f.vertex[(e + 1) % 3], f.neighbour[e]});
      }
    }
  }
  for (const int f : visible) {
    facet(f).alive = false;
    for (const int i : facet(f).outside)
      if (i != apex) orphans.push_back(i);
    facet(f).outside = {};
  }

  const int first_new = int(facets_.size());
  for (const RimEdge& edge : rim) {
    const int f = add_facet(edge.from, edge.to, apex);
    facet_starting_at_[static_cast<std::size_t>(edge.from)] = f;
    Facet& beyond = facet(edge.beyond);
    for (std::size_t e = 0; e < 3; ++e)
      if (beyond.vertex[e] == edge.to && beyond.vertex[(e + 1) % 3] == edge.from)
        beyond.neighbour[e] = f;
    facet(f).neighbour[0] = edge.beyond;
  }
  for (const RimEdge& edge : rim) {
    const int left = facet_starting_at_[static_cast<std::size_t>(edge.from)];
    const int right = facet_starting_at_[static_cast<std::size_t>(edge.to)];
    facet(left).neighbour[1] = right;
    facet(right).neighbour[2] = left;
  }
  distribute(orphans, first_new);
}

ConvexHull QuickHull::build() {
  start();
  for (int f = 0; f < int(facets_.size()); ++f) {  // grows as facets are added
    if (!facet(f).alive || facet(f).outside.empty()) continue;
    const auto& outside = facet(f).outside;
    const int apex = *std::max_element(outside.begin(), outside.end(), [&](int a, int b) {
      return height(facet(f), a) < height(facet(f), b);
    });
    add_point(f, apex);
  }
  return result();
}

ConvexHull QuickHull::result() const {
  ConvexHull hull;
  std::vector<std::int32_t> renamed(points_.size(), -1);
  for (const Facet& f : facets_) {
    if (!f.alive) continue;
    std::array<std::int32_t, 3> triangle{};
    for (std::size_t v = 0; v < 3; ++v) {
      std::int32_t& name = renamed[static_cast<std::size_t>(f.vertex[v])];
      if (name < 0) {
        name = std::int32_t(hull.vertices.size());
        hull.vertices.push_back(point(f.vertex[v]));
      }
      triangle[v] = name;
    }
    hull.triangles.push_back(triangle);
  }
  return hull;
}

}  // namespace

ConvexHull convex_hull(std::span<const HalfVoxel> points) { return QuickHull(points).build(); }

}  // namespace vitrine::radiomics
