#include <catch2/catch.hpp>
#include <numbers>

#include "support.hpp"
#include "vitrine/radiomics/detail/bounding_box.hpp"
#include "vitrine/radiomics/detail/convex_hull.hpp"
#include "vitrine/radiomics/detail/ellipsoid.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

namespace {

/// Lattice points of many kinds, by number, and the size of a voxel.
struct PointSet {
  explicit PointSet(std::uint64_t seed);
  std::vector<Vec3> in_mm() const {
    std::vector<Vec3> points;
    for (const HalfVoxel& p : lattice)
      points.push_back(0.5 * spacing.cwiseProduct(Vec3(p[0], p[1], p[2])));
    return points;
  }
  std::vector<HalfVoxel> lattice;
  Vec3 spacing;
};

PointSet::PointSet(std::uint64_t seed) {
  Sequence next{seed};
  const auto within = [&](std::int32_t n) { return std::int32_t(next() % std::uint32_t(n)); };
  const std::uint64_t kind = seed % 8;
  const std::int32_t count = 4 + within(9);
  for (std::int32_t i = 0; i < count; ++i) {
    HalfVoxel p{within(1000), within(1000), within(1000)};
    if (kind == 1) p = {within(3), within(3), within(3)};                 // many in a plane
    if (kind == 2) p = {i & 1 ? 90 : 0, i & 2 ? 70 : 0, i & 4 ? 20 : 0};  // a box, repeated
    if (kind == 3) p = {within(30000), within(30000), within(2)};         // almost flat
    if (kind == 4) p = {within(30000), within(3), within(3)};             // almost a line
    if (kind == 5) p = {within(40), within(40), i < 3 ? 0 : 20};          // a wedge or prism
    if (kind == 6) p = {1000 + within(4), 1000 + within(4), i == 0 ? 0 : 1000 + within(4)};
    lattice.push_back(p);
  }
  if (kind == 7)  // an octahedron with its middle and some of its points again
    lattice = {{9, 0, 0},  {-9, 0, 0}, {0, 9, 0}, {0, -9, 0}, {0, 0, 5 + within(9)},
               {0, 0, -9}, {0, 0, 0},  {9, 0, 0}, {0, 9, 0}};
  const std::int32_t away = seed % 3 == 0 ? 1000000 : 0;  // far from the origin
  for (HalfVoxel& p : lattice)
    for (std::int32_t& x : p) x += away;
  const double scale = std::pow(10.0, double(seed % 13) - 6);
  spacing = scale * Vec3(1, 0.3 + 0.1 * within(20), 0.5 + 0.1 * within(20));
}

/// An edge of the hull by its direction and the normals of its two faces.
struct Arc {
  Vec3 direction, from, to;
};

/// The edges of the hull, found by trying every plane through three points.
std::vector<Arc> edges_of(const PointSet& set) {
  const auto points = set.in_mm();
  using Whole = Eigen::Matrix<std::int64_t, 3, 1>;
  std::vector<Whole> whole;
  for (const HalfVoxel& p : set.lattice) whole.emplace_back(p[0], p[1], p[2]);
  const std::size_t n = points.size();
  struct Face {
    Vec3 normal;
    std::vector<std::size_t> on;
  };
  std::vector<Face> faces;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b)
      for (std::size_t c = 0; c < n; ++c) {
        const Whole normal = (whole[b] - whole[a]).cross(whole[c] - whole[a]);
        if (normal.isZero()) continue;
        Face face{normal.cast<double>().cwiseQuotient(set.spacing).normalized(), {}};
        bool outermost = true;
        for (std::size_t i = 0; i < n; ++i) {
          const std::int64_t height = normal.dot(whole[i] - whole[a]);
          outermost = outermost && height <= 0;
          if (height == 0) face.on.push_back(i);
        }
        const auto same = [&](const Face& f) { return f.on == face.on; };
        if (outermost && std::none_of(faces.begin(), faces.end(), same)) faces.push_back(face);
      }
  std::vector<Arc> arcs;
  for (std::size_t f = 0; f < faces.size(); ++f)
    for (std::size_t g = 0; g < f; ++g) {
      std::vector<std::size_t> shared;
      std::set_intersection(faces[f].on.begin(), faces[f].on.end(), faces[g].on.begin(),
                            faces[g].on.end(), std::back_inserter(shared));
      for (std::size_t i = 1; i < shared.size(); ++i)
        if (whole[shared[i]] != whole[shared[0]]) {
          arcs.push_back({(points[shared[i]] - points[shared[0]]).normalized(), faces[f].normal,
                          faces[g].normal});
          break;
        }
    }
  return arcs;
}

/// Volume of the box with these axes (columns).
double box_volume(const std::vector<Vec3>& points, const Mat3& axes) {
  double volume = 1;
  for (Index k = 0; k < 3; ++k) {
    double low = 0, high = 0;
    for (const Vec3& p : points) {
      const double along = (p - points[0]).dot(axes.col(k));
      low = std::min(low, along);
      high = std::max(high, along);
    }
    volume *= high - low;
  }
  return volume;
}

/// Smallest volume of the boxes that have one face flush with the first edge and the next flush
/// with the second: samples of the one angle that is left, and a golden section around each that
/// lies lowest among its neighbours.
double smallest_of(const std::vector<Vec3>& points, const Arc& first, const Arc& second) {
  constexpr int samples = 48;
  constexpr double golden = 0.6180339887498949;
  const Vec3 aside = (first.to - first.to.dot(first.from) * first.from).normalized();
  const double whole = std::atan2(first.to.cross(first.from).norm(), first.to.dot(first.from));
  const auto volume = [&](double angle) {
    Mat3 axes;
    axes.col(0) = std::cos(angle) * first.from + std::sin(angle) * aside;
    axes.col(1) = axes.col(0).cross(second.direction);
    if (axes.col(1).norm() < 1e-6) return std::numeric_limits<double>::infinity();
    axes.col(1).normalize();
    axes.col(2) = axes.col(0).cross(axes.col(1));
    return box_volume(points, axes);
  };
  std::vector<double> at(samples + 1);
  for (int i = 0; i <= samples; ++i) at[std::size_t(i)] = volume(whole * i / samples);
  double least = std::min(at.front(), at.back());
  for (std::size_t i = 0; i <= samples; ++i) {
    if ((i > 0 && at[i - 1] < at[i]) || (i < samples && at[i + 1] < at[i])) continue;
    double low = whole * double(i > 0 ? i - 1 : i) / samples;
    double high = whole * double(i < samples ? i + 1 : i) / samples;
    double x = high - golden * (high - low), y = low + golden * (high - low);
    double at_x = volume(x), at_y = volume(y);
    for (int step = 0; step < 64; ++step) {
      if (at_x < at_y) {
        high = y, y = x, at_y = at_x;
        at_x = volume(x = high - golden * (high - low));
      } else {
        low = x, x = y, at_x = at_y;
        at_y = volume(y = low + golden * (high - low));
      }
    }
    least = std::min({least, at_x, at_y});
  }
  return least;
}

double smallest_box_by_all_pairs(const PointSet& set) {
  const auto points = set.in_mm();
  const auto arcs = edges_of(set);
  double least = std::numeric_limits<double>::infinity();
  for (const Arc& first : arcs)
    for (const Arc& second : arcs) least = std::min(least, smallest_of(points, first, second));
  return least;
}

void check_box(std::uint64_t seed) {
  const PointSet set(seed);
  INFO("set " << seed << ", spacing " << set.spacing.transpose());
  const ConvexHull hull = convex_hull(set.lattice);
  const SmallestBox box = smallest_box(hull, set.spacing);
  if (hull.triangles.empty()) {
    CHECK(edges_of(set).size() < 6);  // no body has fewer
    CHECK(box.size.volume() == 0);
    return;
  }
  CHECK((box.axes.transpose() * box.axes - Mat3::Identity()).norm() < 1e-9);
  CHECK(box_volume(set.in_mm(), box.axes) == Approx(box.size.volume()).epsilon(1e-9));
  CHECK(box.size.volume() == Approx(smallest_box_by_all_pairs(set)).epsilon(1e-9));
  for (std::size_t face = 0; face < 2; ++face) {
    const auto end = [&](std::size_t e) -> Vec3 {
      const HalfVoxel& p = hull.vertices[std::size_t(box.flush[2 * face + e])];
      return 0.5 * set.spacing.cwiseProduct(Vec3(p[0], p[1], p[2]));
    };
    CHECK(std::abs((end(1) - end(0)).normalized().dot(box.axes.col(Index(face)))) < 1e-9);
  }
}

using Real = long double;
using Matrix = Eigen::Matrix<Real, 3, 3>;
using Vector = Eigen::Matrix<Real, 3, 1>;
using Parameters = Eigen::Matrix<Real, 9, 1>;

/// Volume of the smallest ellipsoid |B x + b| <= 1 by Newton's method on
/// -log det B - mu sum log(1 - |B x + b|^2), mu to 1e-13, in 80-bit numbers. It works on B and b,
/// where the code under test works on weights of the points.
Real barrier_volume(const std::vector<Vec3>& points) {
  Vector middle = Vector::Zero(), extent = Vector::Zero();
  for (const Vec3& p : points) middle += p.cast<Real>() / Real(points.size());
  for (const Vec3& p : points) extent = extent.cwiseMax((p.cast<Real>() - middle).cwiseAbs());
  std::vector<Eigen::Matrix<Real, 3, 9>> rows;  // y = B x + b as a function of the parameters
  for (const Vec3& p : points) {
    const Vector x = (p.cast<Real>() - middle).cwiseQuotient(extent);
    Eigen::Matrix<Real, 3, 9>& row = rows.emplace_back();
    row << x[0], 0, 0, x[1], x[2], 0, 1, 0, 0,  //
        0, x[1], 0, x[0], 0, x[2], 0, 1, 0,     //
        0, 0, x[2], 0, x[0], x[1], 0, 0, 1;
  }
  const auto shape = [](const Parameters& t) {
    Matrix b;
    b << t[0], t[3], t[4], t[3], t[1], t[5], t[4], t[5], t[2];
    return b;
  };
  std::array<Matrix, 6> basis;
  for (int k = 0; k < 6; ++k) basis[std::size_t(k)] = shape(Parameters::Unit(k));
  const auto value = [&](const Parameters& t, Real mu) -> Real {
    const Eigen::LLT<Matrix> root(shape(t));
    if (root.info() != Eigen::Success) return std::numeric_limits<Real>::infinity();
    Real sum = -2 * Matrix(root.matrixL()).diagonal().array().log().sum();
    for (const auto& row : rows) {
      const Real room = 1 - (row * t).squaredNorm();
      if (room <= 0) return std::numeric_limits<Real>::infinity();
      sum -= mu * std::log(room);
    }
    return sum;
  };
  Parameters t = Parameters::Zero();
  t.head<3>().setConstant(Real(0.5));
  for (Real mu = 1; mu > 1e-14L; mu /= 4)
    for (int step = 0; step < 100; ++step) {
      const Matrix inverse = shape(t).inverse();
      Parameters slope = Parameters::Zero();
      Eigen::Matrix<Real, 9, 9> curve = Eigen::Matrix<Real, 9, 9>::Zero();
      for (Index k = 0; k < 6; ++k) {
        const Matrix a = inverse * basis[std::size_t(k)];
        slope[k] = -a.trace();
        for (Index l = 0; l < 6; ++l) curve(k, l) = (a * inverse * basis[std::size_t(l)]).trace();
      }
      for (const auto& row : rows) {
        const Vector y = row * t;
        const Real room = 1 - y.squaredNorm();
        const Parameters push = row.transpose() * y * (2 / room);
        slope += mu * push;
        curve += mu * (row.transpose() * row * (2 / room) + push * push.transpose());
      }
      const Parameters move = -curve.ldlt().solve(slope);
      const Real gain = -slope.dot(move);
      if (!(gain > 1e-22L)) break;
      Real length = 1;
      const Real now = value(t, mu);
      while (length > 1e-12L && !(value(t + length * move, mu) <= now - length * gain / 4))
        length /= 2;
      if (length <= 1e-12L) break;
      t += length * move;
    }
  return 4 * std::numbers::pi_v<Real> / 3 * extent.prod() / shape(t).determinant();
}

void check_ellipsoid(std::uint64_t seed) {
  const PointSet set(seed);
  INFO("set " << seed << ", spacing " << set.spacing.transpose());
  const auto points = set.in_mm();
  const SmallestEllipsoid found = smallest_ellipsoid(points);
  if (convex_hull(set.lattice).triangles.empty()) {
    CHECK(found.size.volume() == 0);
    CHECK(found.support.empty());
    return;
  }
  // It is an ellipsoid of that size, around all points.
  const double volume = found.size.volume();
  const double ball = 4.0 / 3 * std::numbers::pi;
  CHECK(ball / std::abs(found.map.determinant()) == Approx(volume).epsilon(1e-9));
  for (const Vec3& p : points) CHECK((found.map * (p - found.centre)).squaredNorm() <= 1 + 1e-8);
  // No ellipsoid is smaller than the weights allow.
  Real sum = 0;
  Vector mean = Vector::Zero();
  for (const Support& s : found.support) {
    CHECK(s.weight > 0);
    sum += Real(s.weight);
    mean += Real(s.weight) * (points[s.point] - points[0]).cast<Real>();
  }
  CHECK(double(sum) == Approx(1).epsilon(1e-12));
  Matrix covariance = Matrix::Zero();
  for (const Support& s : found.support) {
    const Vector d = (points[s.point] - points[0]).cast<Real>() - mean;
    covariance += Real(s.weight) * d * d.transpose();
  }
  const double bound = double(Real(ball) * std::sqrt(27 * covariance.determinant()));
  CHECK(bound == Approx(volume).epsilon(1e-9));
  // What it says of itself.
  CHECK(found.duality_gap < 1e-10);
  CHECK(found.infeasibility < 1e-8);  // of thin sets far from the origin, by rounding
  CHECK(found.slackness < 1e-10);
  CHECK(found.support.size() >= 4);
  // And another way to find it.
  CHECK(double(barrier_volume(points)) == Approx(volume).epsilon(1e-9));
}

/// Hull and box of a mask of voxels.
SmallestBox box_of_mask(const Case& c) {
  const Region region = prepare(c.image, c.mask, Settings{});
  const Vec3& spacing = region.grid.spacing;
  return smallest_box(
      convex_hull(marching_cubes(region.morphological, region.grid.size, spacing).outline),
      spacing);
}

}  // namespace

TEST_CASE("the smallest box is that of all pairs of edges") {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) check_box(seed);
}
TEST_CASE("the smallest box is that of all pairs of edges, for a thousand sets", "[full]") {
  for (std::uint64_t seed = 121; seed <= 1120; ++seed) check_box(seed);
}

TEST_CASE("the smallest ellipsoid is certified, and that of an interior point method") {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) check_ellipsoid(seed);
}
TEST_CASE("the smallest ellipsoid is certified for a thousand sets", "[full]") {
  for (std::uint64_t seed = 121; seed <= 1120; ++seed) check_ellipsoid(seed);
}

TEST_CASE("the smallest ellipsoid of many points is certified by those it rests on") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    Sequence next{seed};
    std::vector<Vec3> points;
    for (int i = 0; i < 400; ++i) {
      const Vec3 p(double(next() % 2001) - 1000, double(next() % 2001) - 1000,
                   double(next() % 2001) - 1000);
      points.push_back(p.normalized().cwiseProduct(Vec3(30, 20, 9)) * (1 + 1e-4 * (next() % 10)));
    }
    const SmallestEllipsoid found = smallest_ellipsoid(points);
    CHECK(found.duality_gap < 1e-11);
    CHECK(found.infeasibility < 1e-12);
    CHECK(found.slackness < 1e-11);
    CHECK(double(barrier_volume(points)) == Approx(found.size.volume()).epsilon(1e-9));
  }
}

TEST_CASE("points in a plane, on a line, or alone have a box and an ellipsoid of volume 0") {
  const std::vector<std::vector<HalfVoxel>> sets{
      {},
      {{5, 6, 7}},
      {{5, 6, 7}, {5, 6, 7}, {5, 6, 7}},
      {{0, 0, 0}, {3, 3, 3}},
      {{0, 0, 0}, {1, 2, 3}, {2, 4, 6}, {5, 10, 15}},
      {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}},
      {{0, 0, 9}, {4, 0, 9}, {4, 4, 9}, {0, 4, 9}, {2, 2, 9}},
      {{0, 0, 0}, {3, 0, 1}, {0, 3, 1}, {3, 3, 2}, {6, 3, 3}}};
  for (const auto& lattice : sets) {
    INFO(lattice.size() << " points");
    const ConvexHull hull = convex_hull(lattice);
    CHECK(hull.triangles.empty());
    CHECK(smallest_box(hull, Vec3(0.7, 0.8, 1.25)).size.volume() == 0);
    std::vector<Vec3> points;
    for (const HalfVoxel& p : lattice) points.emplace_back(0.7 * p[0], 0.8 * p[1], 1.25 * p[2]);
    CHECK(smallest_ellipsoid(points).size.volume() == 0);
  }
}

TEST_CASE("the smallest box of a regular tetrahedron is a cube, and no face of it is flush") {
  // Edges of length sqrt(8): flush with a face, the box has volume 4 / sqrt(3) * 2 sqrt(2) *
  // sqrt(6) = 16, with two opposite edges 2 * 2 * 2.
  const std::vector<HalfVoxel> corners{{0, 0, 0}, {4, 4, 0}, {4, 0, 4}, {0, 4, 4}};
  CHECK(smallest_box(convex_hull(corners), Vec3(1, 1, 1)).size.volume() == Approx(8));
}

TEST_CASE("the smallest box of a mask has the volume of all its mirrored and turned masks") {
  const Grid grid{{16, 15, 14}, Vec3(0.8, 0.8, 0.8), Vec3::Zero(), Mat3::Identity()};
  const Case c = make_case(
      grid, [](const Vec3&) { return 0.0; },
      [](const Vec3& p) {
        const Vec3 d = p - Vec3(6, 5.5, 5.2);
        return d.norm() < 3.9 + 0.7 * std::sin(1.9 * d.x() + d.y()) * std::cos(1.4 * d.z());
      });
  const SmallestBox expected = box_of_mask(c);
  for (int turn = 1; turn < 16; ++turn) {
    Grid turned = grid;
    if (turn & 8) std::swap(turned.size[0], turned.size[2]);
    Case other{Image(turned), Mask(turned)};
    for (Index k = 0; k < grid.size[2]; ++k)
      for (Index j = 0; j < grid.size[1]; ++j)
        for (Index i = 0; i < grid.size[0]; ++i) {
          std::array<Index, 3> to{turn & 1 ? grid.size[0] - 1 - i : i,
                                  turn & 2 ? grid.size[1] - 1 - j : j,
                                  turn & 4 ? grid.size[2] - 1 - k : k};
          if (turn & 8) std::swap(to[0], to[2]);
          other.mask(to[0], to[1], to[2]) = c.mask(i, j, k);
        }
    const SmallestBox box = box_of_mask(other);
    CHECK(box.size.volume() == Approx(expected.size.volume()).epsilon(1e-10));
    CHECK(box.size.area() == Approx(expected.size.area()).epsilon(1e-9));
  }
}

TEST_CASE("the smallest ellipsoid of a cube and of an ellipsoid's surface are known") {
  std::vector<Vec3> cube;
  for (int c = 0; c < 8; ++c) cube.emplace_back(c & 1 ? 1 : -1, c & 2 ? 1 : -1, c & 4 ? 1 : -1);
  const Ellipsoid around_cube = smallest_ellipsoid(cube).size;
  for (Index a = 0; a < 3; ++a)
    CHECK(around_cube.semi_axes[a] == Approx(std::sqrt(3.0)).epsilon(1e-12));

  std::vector<Vec3> surface;
  for (int i = 0; i < 400; ++i) {  // spiral over the sphere
    const double z = 1 - (2 * i + 1) / 400.0, r = std::sqrt(1 - z * z), angle = 2.4 * i;
    surface.emplace_back(5 + 4 * r * std::cos(angle), 3 * r * std::sin(angle) - 2, 2 * z);
  }
  const Ellipsoid e = smallest_ellipsoid(surface).size;
  CHECK(e.semi_axes.isApprox(Vec3(4, 3, 2), 5e-3));
  CHECK(e.volume() <= 4.0 / 3 * std::numbers::pi * 24 * (1 + 1e-4));
}
