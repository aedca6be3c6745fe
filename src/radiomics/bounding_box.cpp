#include "vitrine/radiomics/detail/bounding_box.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <unordered_set>

namespace vitrine::radiomics {
namespace {

/// An edge between two facets that do not lie in a plane. The directions it supports are the arc
/// between their normals.
struct Edge {
  std::array<int, 2> vertex{};
  Vec3 direction;              ///< unit
  std::array<Vec3, 2> normal;  ///< of the facets, unit, outwards
};

/// A polyhedron as the search sees it.
struct Body {
  Body(const ConvexHull& hull, const Vec3& spacing);
  std::vector<Vec3> points;
  std::vector<Edge> edges;
  std::vector<std::vector<int>> edges_of;  ///< a vertex, those that go to a later vertex
  std::vector<std::vector<int>> next_to;   ///< a corner, those an edge leads to; others, nothing

  const Vec3& point(int i) const { return points[static_cast<std::size_t>(i)]; }
  /// The corner farthest in a direction, climbing from another: where none next to it is farther,
  /// none at all is.
  int farthest(const Vec3& direction, int from) const;

 private:
  void keep_corners();
};

int Body::farthest(const Vec3& direction, int from) const {
  double most = point(from).dot(direction);
  for (bool climbed = true; climbed;) {
    climbed = false;
    for (const int i : next_to[static_cast<std::size_t>(from)])
      if (const double along = point(i).dot(direction); along > most) {
        most = along;
        from = i;
        climbed = true;
        break;
      }
  }
  return from;
}

Body::Body(const ConvexHull& hull, const Vec3& spacing)
    : edges_of(hull.vertices.size()), next_to(hull.vertices.size()) {
  for (const HalfVoxel& p : hull.vertices)
    points.push_back(0.5 * spacing.cwiseProduct(Vec3(p[0], p[1], p[2])));
  const Vec3 middle = points[0];  // what is far from the origin loses digits
  for (Vec3& p : points) p -= middle;

  using Normal = std::array<std::int64_t, 3>;
  struct Side {
    Normal whole;
    Vec3 unit;
  };
  std::map<std::array<int, 2>, Side> open;  // sides of facets whose neighbour has not come yet
  for (const auto& triangle : hull.triangles) {
    const auto corner = [&](std::size_t v) {
      const HalfVoxel& p = hull.vertices[static_cast<std::size_t>(triangle[v])];
      return Eigen::Matrix<std::int64_t, 3, 1>(p[0], p[1], p[2]);
    };
    Eigen::Matrix<std::int64_t, 3, 1> n =
        (corner(1) - corner(0)).cross(corner(2) - corner(0)).eval();
    n /= std::gcd(std::gcd(n[0], n[1]), n[2]);
    const Side side{{n[0], n[1], n[2]}, n.cast<double>().cwiseQuotient(spacing).normalized()};
    for (std::size_t e = 0; e < 3; ++e) {
      const int a = triangle[e], b = triangle[(e + 1) % 3];
      const std::array<int, 2> key{std::min(a, b), std::max(a, b)};
      const auto [other, is_new] = open.try_emplace(key, side);
      if (is_new) continue;
      if (other->second.whole != side.whole) {
        const auto [from, to] = key;
        next_to[static_cast<std::size_t>(from)].push_back(to);
        next_to[static_cast<std::size_t>(to)].push_back(from);
        edges_of[static_cast<std::size_t>(from)].push_back(int(edges.size()));
        edges.push_back(
            {key,
             (points[static_cast<std::size_t>(to)] - points[static_cast<std::size_t>(from)])
                 .normalized(),
             {other->second.unit, side.unit}});
      }
      open.erase(other);
    }
  }
  keep_corners();
}

/// A hull has points within its faces and edges too: no edge leads to the ones, two to the others.
void Body::keep_corners() {
  const std::vector<std::vector<int>> all = next_to;
  const auto is_corner = [&](std::size_t i) { return all[i].size() > 2; };
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!is_corner(i)) next_to[i].clear();
    for (int& to : next_to[i])
      for (std::size_t before = i; !is_corner(static_cast<std::size_t>(to));) {
        const auto at = static_cast<std::size_t>(to);
        to = all[at][0] == int(before) ? all[at][1] : all[at][0];
        before = at;
      }
  }
}

/// Bernstein coefficients of polynomials on an interval, of degree 1, 2 and 4.
using Linear = std::array<double, 2>;
using Quadratic = std::array<double, 3>;
using Quartic = std::array<double, 5>;

Quadratic product(const Linear& a, const Linear& b) {
  return {a[0] * b[0], (a[0] * b[1] + a[1] * b[0]) / 2, a[1] * b[1]};
}
Quartic product(const Quadratic& a, const Quadratic& b) {
  return {a[0] * b[0], (a[0] * b[1] + a[1] * b[0]) / 2,
          (a[0] * b[2] + 4 * a[1] * b[1] + a[2] * b[0]) / 6, (a[1] * b[2] + a[2] * b[1]) / 2,
          a[2] * b[2]};
}
template <std::size_t n>
bool nowhere_negative(const std::array<double, n>& coefficients) {
  return *std::min_element(coefficients.begin(), coefficients.end()) >= 0;
}

/// Differences of two points, one for each axis of a box.
using Differences = std::array<Vec3, 3>;

/// Vertices that may be the farthest along an axis (0 to 2) or against it (3 to 5).
using Lists = std::array<std::vector<int>, 6>;

class Search {
 public:
  Search(const Body& body, SmallestBox& best)
      : body_(body), best_(best), mark_(body.points.size()) {}
  void run();

 private:
  /// A cube of rotations by their Rodrigues vectors, axis * tan(angle / 2).
  struct Cell {
    Vec3 middle = Vec3::Zero();
    double half = 0;
    int depth = 0;
    double bound = 0, volume = 0;  ///< of all its boxes; in its middle
    Mat3 axes;
    double sine = 1;  ///< of the largest rotation from the middle
    Lists lists;
  };
  bool measure(Cell& cell, const Lists& of_parent) const;
  void divide(const Cell& cell);
  bool try_pairs(const Cell& cell);
  std::vector<int> edges_in(const Cell& cell, std::size_t axis);
  void try_pair(const Edge& one, const Edge& other);
  void try_arc(const Edge& a, const Edge& b, const Vec3& from, const Vec3& to);
  bool try_box(const Edge& a, const Edge& b, const Vec3& normal, Differences& differences);

  const Body& body_;
  SmallestBox& best_;
  double least_ = std::numeric_limits<double>::infinity();
  double area_ = std::numeric_limits<double>::infinity();
  std::array<int, 6> corner_{};  ///< that the last boxes rested on
  std::vector<int> mark_;
  int stamp_ = 0;
  std::unordered_set<std::uint64_t> tried_;
};

constexpr double same_volume = 1e-10;

/// The point that is farthest in a direction, among those listed.
const Vec3& farthest(const Body& body, const std::vector<int>& list, const Vec3& direction) {
  std::size_t far = static_cast<std::size_t>(list[0]);
  double most = body.points[far].dot(direction);
  for (const int i : list)
    if (const double along = body.points[static_cast<std::size_t>(i)].dot(direction);
        along > most) {
      most = along;
      far = static_cast<std::size_t>(i);
    }
  return body.points[far];
}

/// The axes of the box with that face normal (of any length) whose second face holds an edge.
Mat3 axes_of(const Vec3& normal, const Edge& second) {
  Mat3 axes;
  axes.col(0) = normal.normalized();
  axes.col(1) = axes.col(0).cross(second.direction).normalized();
  axes.col(2) = axes.col(0).cross(axes.col(1));
  return axes;
}

/// Whether no box is smaller than `than` of those whose first face's normal lies between two, and
/// whose second face holds an edge along e.
///
/// With m = (1 - t) from + t to the axes are m, m x e and m x (m x e), and the volume is at least
/// (m . d1) (m x e . d2) (m x (m x e) . d3) / (|m|^2 |m x e|^2) for differences d of points: N / D,
/// of degree 4 in t. If no Bernstein coefficient of N - than D is negative, it is nowhere.
bool none_smaller(const Vec3& e, const Vec3& from, const Vec3& to, const Differences& d,
                  double than) {
  const Vec3 c0 = from.cross(e), c1 = to.cross(e);
  const Linear first{from.dot(d[0]), to.dot(d[0])}, second{c0.dot(d[1]), c1.dot(d[1])};
  const Quadratic third{from.cross(c0).dot(d[2]), (from.cross(c1) + to.cross(c0)).dot(d[2]) / 2,
                        to.cross(c1).dot(d[2])};
  const Quadratic square{from.squaredNorm(), from.dot(to), to.squaredNorm()};
  const Quadratic sine{c0.squaredNorm(), c0.dot(c1), c1.squaredNorm()};
  if (!nowhere_negative(first) || !nowhere_negative(second) || !nowhere_negative(third))
    return false;
  const Quartic above = product(product(first, second), third), below = product(square, sine);
  for (std::size_t c = 0; c < 5; ++c)
    if (above[c] < than * below[c]) return false;
  return true;
}

/// Bounds a cell's boxes from below and lists the vertices they may rest on; false if the cell has
/// no rotation that the box's symmetry does not repeat elsewhere.
///
/// Whatever the rotation, a box is no narrower along an axis u than u . (p - q) for any points p
/// and q; and a point is the farthest in no direction up to an angle t away if another is farther
/// by more than the sine of t times their distance.
bool Search::measure(Cell& cell, const Lists& of_parent) const {
  if ((cell.middle.cwiseAbs().array() - cell.half).cwiseMax(0.0).sum() > 1) return false;
  const double norm = cell.middle.norm(), reach = std::sqrt(3.0) * cell.half;
  const double divisor = 1 + norm * norm - norm * reach;
  const double tangent = divisor > 0 ? reach * std::sqrt(1 + norm * norm) / divisor : 1;
  const bool wide = tangent >= 0.99;  // of half the angle: a right angle
  const double cosine = wide ? 0 : (1 - tangent * tangent) / (1 + tangent * tangent);
  cell.sine = wide ? 1 : 2 * tangent / (1 + tangent * tangent);
  cell.axes = Eigen::Quaterniond(1, cell.middle.x(), cell.middle.y(), cell.middle.z())
                  .normalized()
                  .toRotationMatrix();
  cell.bound = cell.volume = 1;
  std::array<const Vec3*, 6> far{};
  for (std::size_t a = 0; a < 3; ++a) {
    const Vec3 u = cell.axes.col(Index(a));
    far[a] = &farthest(body_, of_parent[a], u);
    far[a + 3] = &farthest(body_, of_parent[a + 3], -u);
    const Vec3 difference = *far[a] - *far[a + 3];
    const double along = difference.dot(u);
    const double aside = std::sqrt(std::max(difference.squaredNorm() - along * along, 0.0));
    cell.volume *= along;
    cell.bound *= std::max(along * cosine - aside * cell.sine, 0.0);
  }
  if (cell.bound > least_ * (1 + same_volume)) return false;
  for (std::size_t side = 0; side < 6; ++side) {
    const Vec3 u = (side < 3 ? 1.0 : -1.0) * cell.axes.col(Index(side % 3));
    for (const int i : of_parent[side]) {
      const Vec3 behind = *far[side] - body_.points[static_cast<std::size_t>(i)];
      const double depth = behind.dot(u) * (1 - 1e-9);
      if (wide || depth * depth <= behind.squaredNorm() * cell.sine * cell.sine)
        cell.lists[side].push_back(i);
    }
  }
  return true;
}

void Search::run() {
  Lists all;
  all[0].resize(body_.points.size());
  std::iota(all[0].begin(), all[0].end(), 0);
  all.fill(std::vector(all[0]));
  const auto corner = std::find_if(body_.next_to.begin(), body_.next_to.end(),
                                   [](const auto& v) { return !v.empty(); });
  corner_.fill(int(corner - body_.next_to.begin()));
  // A box looks the same in 24 orientations: those nearest to no rotation will do.
  Cell whole;
  whole.half = std::sqrt(2.0) - 1;
  if (measure(whole, all)) divide(whole);
}

void Search::divide(const Cell& cell) {
  std::vector<Cell> parts;
  for (int octant = 0; octant < 8; ++octant) {
    Cell part;
    part.half = cell.half / 2;
    part.depth = cell.depth + 1;
    for (Index a = 0; a < 3; ++a)
      part.middle[a] = cell.middle[a] + (octant >> a & 1 ? part.half : -part.half);
    ++best_.orientations;
    if (measure(part, cell.lists)) parts.push_back(std::move(part));
  }
  std::sort(parts.begin(), parts.end(),
            [](const Cell& a, const Cell& b) { return a.volume < b.volume; });
  for (const Cell& part : parts)
    if (part.bound <= least_ * (1 + same_volume) && !try_pairs(part)) divide(part);
}

/// The edges that a face of the box across an axis may hold.
std::vector<int> Search::edges_in(const Cell& cell, std::size_t axis) {
  std::vector<int> found;
  for (const std::size_t side : {axis, axis + 3}) {
    ++stamp_;
    for (const int i : cell.lists[side]) mark_[static_cast<std::size_t>(i)] = stamp_;
    for (const int i : cell.lists[side])
      for (const int e : body_.edges_of[static_cast<std::size_t>(i)]) {
        const Edge& edge = body_.edges[static_cast<std::size_t>(e)];
        const double along = std::abs(edge.direction.dot(cell.axes.col(Index(axis))));
        if (mark_[static_cast<std::size_t>(edge.vertex[1])] == stamp_ && along <= cell.sine + 1e-9)
          found.push_back(e);
      }
  }
  return found;
}

/// Tries the pairs of edges in a cell if they are few, or the cell is small.
bool Search::try_pairs(const Cell& cell) {
  constexpr std::size_t few_vertices = 40, few_pairs = 24;
  constexpr int deepest = 10;
  std::size_t listed = 0;
  for (const auto& list : cell.lists) listed += list.size();
  if (listed > few_vertices && cell.depth < deepest) return false;
  std::array<std::vector<int>, 3> edges;
  for (std::size_t a = 0; a < 3; ++a) edges[a] = edges_in(cell, a);
  std::size_t pairs = 0;
  for (std::size_t a = 0; a < 3; ++a) pairs += edges[a].size() * edges[(a + 1) % 3].size();
  if (pairs > few_pairs && cell.depth < deepest) return false;
  for (std::size_t a = 0; a < 3; ++a)
    for (const int e : edges[a])
      for (const int f : edges[(a + 1) % 3]) {
        const auto [low, high] = std::minmax(e, f);
        if (tried_.insert(std::uint64_t(low) << 32 | std::uint64_t(high)).second)
          try_pair(body_.edges[static_cast<std::size_t>(e)],
                   body_.edges[static_cast<std::size_t>(f)]);
      }
  return true;
}

/// The smaller sine between an arc's ends and a direction.
double sine_between(const Edge& arc, const Edge& along) {
  return std::min(arc.normal[0].cross(along.direction).norm(),
                  arc.normal[1].cross(along.direction).norm());
}

/// Tries all boxes with the first edge in a face and the second in an adjacent one. They form a
/// curve: the first normal n runs along its edge's arc, the second is n x e for the other edge's
/// direction e, which lies in its own arc while the normals of that arc's ends are to either side
/// of n.
void Search::try_pair(const Edge& one, const Edge& other) {
  constexpr double touching = 1e-12;
  ++best_.pairs;
  // An edge along the normal does not say how the box is turned; then the other one is first.
  const bool swap = sine_between(one, other) < sine_between(other, one);
  const Edge &a = swap ? other : one, &b = swap ? one : other;
  const Vec3 &from = a.normal[0], &to = a.normal[1];
  std::array<double, 4> at{0, 0, 1, 1};
  for (std::size_t s = 0; s < 2; ++s) {
    const double begin = from.dot(b.normal[s]), end = to.dot(b.normal[s]);
    if (begin != end) at[1 + s] = std::clamp(begin / (begin - end), 0.0, 1.0);
  }
  std::sort(at.begin(), at.end());
  const auto normal = [&](double t) { return ((1 - t) * from + t * to).normalized().eval(); };
  const auto meets = [&](double t) {
    const Vec3 n = normal(t);
    return n.dot(b.normal[0]) * n.dot(b.normal[1]) <= touching;
  };
  Differences unused;
  for (std::size_t i = 0; i < 4; ++i)
    if (meets(at[i])) try_box(a, b, normal(at[i]), unused);
  for (std::size_t i = 0; i + 1 < 4; ++i)
    if (at[i] < at[i + 1] && meets((at[i] + at[i + 1]) / 2))
      try_arc(a, b, normal(at[i]), normal(at[i + 1]));
}

void Search::try_arc(const Edge& a, const Edge& b, const Vec3& from, const Vec3& to) {
  constexpr double rounding = 1e-13;
  struct Piece {
    Vec3 from, to;
  };
  std::vector<Piece> pieces{{from, to}};
  Differences differences;
  while (!pieces.empty()) {
    const Piece piece = pieces.back();
    pieces.pop_back();
    const Vec3 middle = (piece.from + piece.to).normalized();
    if (!try_box(a, b, middle, differences)) continue;
    if (none_smaller(b.direction, piece.from, piece.to, differences, least_ * (1 - box_gap)))
      continue;
    if ((piece.from - piece.to).norm() < rounding) continue;
    pieces.push_back({piece.from, middle});
    pieces.push_back({middle, piece.to});
  }
}

/// Measures a box and keeps it if it is the smallest; says which points it rests on. False if the
/// second edge is along the normal, where it does not say how the box is turned.
bool Search::try_box(const Edge& a, const Edge& b, const Vec3& normal, Differences& differences) {
  constexpr double least_sine = 1e-7;
  if (normal.cross(b.direction).norm() < least_sine) return false;
  ++best_.boxes;
  const Mat3 axes = axes_of(normal, b);
  BoxSize size;
  for (std::size_t k = 0; k < 3; ++k) {
    const Vec3 u = axes.col(Index(k));
    corner_[k] = body_.farthest(u, corner_[k]);
    corner_[k + 3] = body_.farthest(-u, corner_[k + 3]);
    differences[k] = body_.point(corner_[k]) - body_.point(corner_[k + 3]);
    size.edges[Index(k)] = differences[k].dot(u);
  }
  const double volume = size.volume(), area = size.area();
  const bool same = volume <= least_ * (1 + same_volume) && area < area_ * (1 - same_volume);
  if (same || volume < least_ * (1 - same_volume)) {
    best_.size = size;
    best_.axes = axes;
    area_ = area;
    for (std::size_t v = 0; v < 2; ++v) {
      best_.flush[v] = a.vertex[v];
      best_.flush[2 + v] = b.vertex[v];
    }
  }
  least_ = std::min(least_, volume);
  return true;
}

}  // namespace

SmallestBox smallest_box(const ConvexHull& hull, const Vec3& spacing) {
  SmallestBox best;
  if (!hull.triangles.empty()) {
    const Body body(hull, spacing);
    Search(body, best).run();
  }
  return best;
}

}  // namespace vitrine::radiomics
