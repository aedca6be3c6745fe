#include <algorithm>
#include <catch2/catch.hpp>
#include <numbers>

#include "support.hpp"
#include "vitrine/radiomics/detail/autocorrelation.hpp"
#include "vitrine/radiomics/detail/bounding_box.hpp"
#include "vitrine/radiomics/detail/convex_hull.hpp"
#include "vitrine/radiomics/detail/ellipsoid.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

namespace {

using Size = std::array<Index, 3>;

/// Whole numbers that look random and are the same everywhere (Knuth's 64-bit generator).
struct Sequence {
  std::uint64_t state = 1;
  std::uint32_t operator()() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return std::uint32_t(state >> 33);
  }
};

/// A mask of size 8 x 7 x 6 with a border of zeros and about the given share of ones.
std::vector<std::uint8_t> random_mask(std::uint64_t seed, std::uint32_t percent) {
  Sequence next{seed};
  std::vector<std::uint8_t> mask(8 * 7 * 6, 0);
  for (std::size_t k = 1; k < 5; ++k)
    for (std::size_t j = 1; j < 6; ++j)
      for (std::size_t i = 1; i < 7; ++i) mask[(k * 7 + j) * 8 + i] = next() % 100 < percent;
  mask[(2 * 7 + 2) * 8 + 2] = 1;  // never empty
  return mask;
}

Case box_of(Size voxels, const Vec3& spacing) {
  const Grid grid{
      {voxels[0] + 4, voxels[1] + 4, voxels[2] + 4}, spacing, Vec3(0, 0, 0), Mat3::Identity()};
  Case c{Image(grid), Mask(grid)};
  for (Index k = 0; k < voxels[2]; ++k)
    for (Index j = 0; j < voxels[1]; ++j)
      for (Index i = 0; i < voxels[0]; ++i) c.mask(i + 2, j + 2, k + 2) = 1;
  return c;
}

std::vector<Vec3> to_points(const ConvexHull& hull) {
  std::vector<Vec3> points;
  for (const HalfVoxel& p : hull.vertices) points.push_back(0.5 * Vec3(p[0], p[1], p[2]));
  return points;
}

}  // namespace

TEST_CASE("the mesh of a box is the box with bevelled edges") {
  const Surface voxel = marching_cubes(std::vector<std::uint8_t>{0, 0, 0, 0, 0, 0, 0, 0, 0,  //
                                                                 0, 0, 0, 0, 1, 0, 0, 0, 0,  //
                                                                 0, 0, 0, 0, 0, 0, 0, 0, 0},
                                       {3, 3, 3}, Vec3(1, 1, 1));
  CHECK(voxel.volume == Approx(1.0 / 6));  // an octahedron
  CHECK(voxel.area == Approx(std::sqrt(3.0)));

  const Vec3 spacing(0.5, 0.8, 2);
  const auto values = measure(box_of({6, 5, 4}, spacing), Settings{}, {"morphology"});
  // Cubes between voxel centres: whole inside, half at a face, an eighth at an edge, 1/48 at a
  // corner.
  const double cubes = 5 * 4 * 3 + (5 * 4 + 4 * 3 + 3 * 5) + 4 * (5 + 4 + 3) / 8.0 + 8 / 48.0;
  CHECK(values.at("morphology.volume_mesh").value == Approx(cubes * spacing.prod()));
  CHECK(values.at("morphology.volume_voxels").value == Approx(120 * spacing.prod()));
  CHECK(values.at("morphology.volume_density_convex_hull").value == Approx(1));
  CHECK(values.at("morphology.area_density_convex_hull").value == Approx(1));
  CHECK(values.at("morphology.volume_density_axis_aligned_box").value == Approx(cubes / 120));
}

TEST_CASE("mirrored and turned masks have meshes of the same volume and area") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto mask = random_mask(seed, 30 + 2 * std::uint32_t(seed));
    const Surface original = marching_cubes(mask, {8, 7, 6}, Vec3(1, 1, 1));
    std::array<std::size_t, 3> order{0, 1, 2};
    do {
      for (std::size_t flips = 0; flips < 8; ++flips) {
        const std::array<std::size_t, 3> size{8, 7, 6};
        const std::array<std::size_t, 3> turned{size[order[0]], size[order[1]], size[order[2]]};
        std::vector<std::uint8_t> other(mask.size());
        for (std::size_t v = 0; v < mask.size(); ++v) {
          const std::array<std::size_t, 3> p{v % 8, v / 8 % 7, v / 56};
          std::array<std::size_t, 3> q{};
          for (std::size_t a = 0; a < 3; ++a)
            q[a] = flips >> a & 1 ? turned[a] - 1 - p[order[a]] : p[order[a]];
          other[(q[2] * turned[1] + q[1]) * turned[0] + q[0]] = mask[v];
        }
        const Surface s = marching_cubes(
            other, {Index(turned[0]), Index(turned[1]), Index(turned[2])}, Vec3(1, 1, 1));
        INFO("seed " << seed << ", flips " << flips);
        CHECK(s.volume == Approx(original.volume).epsilon(1e-12));
        CHECK(s.area == Approx(original.area).epsilon(1e-12));
      }
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST_CASE("a digitised ball has the size and shape of a ball") {
  const double radius = 10;
  for (const double spacing : {1.0, 0.5}) {
    const auto n = Index(24 / spacing);
    const Grid grid{{n, n, n}, Vec3::Constant(spacing), Vec3::Zero(), Mat3::Identity()};
    const Vec3 middle(12.03, 11.91, 12.07);
    const auto values =
        measure(make_case(
                    grid, [](const Vec3& p) { return std::round(10 * std::sin(p.sum())); },
                    [&](const Vec3& p) { return (p - middle).norm() < radius; }),
                Settings{}, {"morphology"});
    const double ball = 4.0 / 3 * std::numbers::pi * radius * radius * radius;
    CHECK(values.at("morphology.volume_mesh").value == Approx(ball).epsilon(0.01 * spacing));
    CHECK(values.at("morphology.volume_voxels").value == Approx(ball).epsilon(0.01 * spacing));
    CHECK(values.at("morphology.maximum_3d_diameter").value == Approx(20).margin(spacing));
    CHECK(values.at("morphology.least_axis_length").value ==
          Approx(2 * radius * 2 / std::sqrt(5.0)).epsilon(0.01 * spacing));
    CHECK(values.at("morphology.flatness").value == Approx(1).epsilon(0.01 * spacing));
    // Mesh vertices reach half a voxel beyond the outermost voxel centres.
    CHECK(values.at("morphology.volume_density_smallest_ellipsoid").value >
          std::pow(radius / (radius + spacing), 3));
    CHECK(values.at("morphology.volume_density_oriented_box").value <=
          values.at("morphology.volume_density_inertia_ellipsoid").value);
    // Facets of voxel meshes do not flatten as voxels shrink: the area stays about 8 % too large.
    CHECK(values.at("morphology.sphericity").value == Approx(0.92).margin(0.02));
  }
}

TEST_CASE("the convex hull is convex, closed and around all points") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    const Surface surface =
        marching_cubes(random_mask(seed, 3 * std::uint32_t(seed)), {8, 7, 6}, Vec3(1, 1, 1));
    const ConvexHull hull = convex_hull(surface.outline);
    CHECK(hull.triangles.size() == 2 * hull.vertices.size() - 4);  // Euler
    const auto corner = [&](std::int32_t v) -> Eigen::Matrix<std::int64_t, 3, 1> {
      const HalfVoxel& p = hull.vertices[std::size_t(v)];
      return {p[0], p[1], p[2]};
    };
    for (const auto& [a, b, c] : hull.triangles) {
      const auto normal = (corner(b) - corner(a)).cross(corner(c) - corner(a)).eval();
      CHECK(!normal.isZero());
      for (const HalfVoxel& p : surface.outline)
        CHECK(normal.dot(Eigen::Matrix<std::int64_t, 3, 1>(p[0], p[1], p[2]) - corner(a)) <= 0);
    }
  }
}

TEST_CASE("the oriented box of a tilted box is the box") {
  const Eigen::Matrix3d turn =
      Eigen::AngleAxisd(0.5, Vec3(1, 0.3, 0.2).normalized()).toRotationMatrix();
  const Grid grid{{60, 60, 60}, Vec3(0.5, 0.5, 0.5), Vec3::Constant(-15), Mat3::Identity()};
  const Case c = make_case(
      grid, [](const Vec3&) { return 0.0; },
      [&](const Vec3& p) {
        const Vec3 q = turn * p;
        return std::abs(q.x()) < 9 && std::abs(q.y()) < 6 && std::abs(q.z()) < 3;
      });
  const auto values = measure(c, Settings{}, {"morphology"});
  CHECK(values.at("morphology.volume_density_oriented_box").value == Approx(0.9).margin(0.08));
  CHECK(values.at("morphology.volume_density_axis_aligned_box").value < 0.6);

  const Surface surface = marching_cubes(random_mask(7, 50), {8, 7, 6}, Vec3(1, 1, 1));
  const ConvexHull hull = convex_hull(surface.outline);
  const auto points = to_points(hull);
  const BoxSize box = oriented_bounding_box(hull, points, Vec3(1, 1, 1));
  double longest = 0;
  for (const Vec3& p : points)
    for (const Vec3& q : points) longest = std::max(longest, (p - q).norm());
  CHECK(box.edges.norm() >= longest);  // the diagonal holds every pair of points
}

TEST_CASE("the smallest ellipsoid of a cube and of an ellipsoid's surface are known") {
  std::vector<Vec3> cube;
  for (int c = 0; c < 8; ++c) cube.emplace_back(c & 1 ? 1 : -1, c & 2 ? 1 : -1, c & 4 ? 1 : -1);
  const Ellipsoid around_cube = minimum_volume_ellipsoid(cube);
  for (Index a = 0; a < 3; ++a)
    CHECK(around_cube.semi_axes[a] == Approx(std::sqrt(3.0)).epsilon(1e-5));

  std::vector<Vec3> surface;
  for (int i = 0; i < 400; ++i) {  // spiral over the sphere
    const double z = 1 - (2 * i + 1) / 400.0, r = std::sqrt(1 - z * z), angle = 2.4 * i;
    surface.emplace_back(5 + 4 * r * std::cos(angle), 3 * r * std::sin(angle) - 2, 2 * z);
  }
  const Ellipsoid e = minimum_volume_ellipsoid(surface);
  CHECK(e.semi_axes.isApprox(Vec3(4, 3, 2), 5e-3));
  CHECK(e.volume() <= 4.0 / 3 * std::numbers::pi * 24 * (1 + 1e-4));
}

TEST_CASE("IBSI's ellipsoid area is exact for spheres and what its formula says elsewhere") {
  CHECK(Ellipsoid{Vec3(3, 3, 3)}.ibsi_area() == Approx(36 * std::numbers::pi));
  CHECK(Ellipsoid{Vec3(3, 3, 3)}.volume() == Approx(36 * std::numbers::pi));
  // For axes a, c, c all polynomials are 1 and the series has a closed form.
  const double a = 2, c = 1, e = std::sqrt(1 - c * c / (a * a));
  const double closed = 2 * std::numbers::pi * a * c * (1 + (1 - e * e) / e * std::atanh(e));
  CHECK(Ellipsoid{Vec3(a, c, c)}.ibsi_area() == Approx(closed).epsilon(1e-5));
  const double true_area = 2 * std::numbers::pi * c * c * (1 + a / (c * e) * std::asin(e));
  CHECK(closed / true_area == Approx(0.8075).epsilon(1e-4));
}

TEST_CASE("pair sums by rows and by transforms are those of the plain double loop") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Sequence next{seed + 100};
    const Grid grid{{13, 9, 7}, Vec3(0.7, 0.9, 1.25), Vec3::Zero(), Mat3::Identity()};
    const Case c = make_case(
        grid, [&](const Vec3&) { return double(next() % 200); },
        [&](const Vec3&) { return next() % 100 < 20 * seed; });
    const Region region = prepare(c.image, c.mask, Settings{});
    const double mean = 97;
    PairSums plain;
    for (std::size_t a = 0; a < region.voxels.size(); ++a)
      for (std::size_t b = 0; b < region.voxels.size(); ++b) {
        if (a == b) continue;
        const auto p = region.position(region.voxels[a]), q = region.position(region.voxels[b]);
        const double w =
            1 /
            (region.grid.centre(p[0], p[1], p[2]) - region.grid.centre(q[0], q[1], q[2])).norm();
        const double x = region.hu[a], y = region.hu[b];
        plain.weights += w;
        plain.products += w * (x - mean) * (y - mean);
        plain.square_differences += w * (x - y) * (x - y);
      }
    for (const PairSums& sums :
         {paired_distance_sums(region, mean), spectral_distance_sums(region, mean)}) {
      CHECK(sums.weights == Approx(plain.weights).epsilon(1e-12));
      // Products of deviations cancel: their rounding goes with the squares.
      CHECK(sums.products ==
            Approx(plain.products).epsilon(1e-10).margin(1e-12 * plain.square_differences));
      CHECK(sums.square_differences == Approx(plain.square_differences).epsilon(1e-12));
    }
  }
}

TEST_CASE("pair sums of a large region go by transforms, and agree with those by rows") {
  const Case c = make_case(
      Grid{{46, 38, 31}, Vec3(0.8, 1, 1.5), Vec3::Zero(), Mat3::Identity()},
      [](const Vec3& p) { return std::round(50 * std::sin(p.x()) + 30 * std::cos(p.y() * p.z())); },
      [](const Vec3& p) { return (p - Vec3(18, 18, 22)).norm() < 17; });
  const Region region = prepare(c.image, c.mask, Settings{});
  REQUIRE(region.voxels.size() > 10000);
  const double mean = 3;
  const PairSums rows = paired_distance_sums(region, mean);
  const PairSums chosen = inverse_distance_sums(region, mean).value();
  CHECK(chosen.weights == spectral_distance_sums(region, mean).weights);  // which way it went
  CHECK(chosen.weights == Approx(rows.weights).epsilon(1e-12));
  CHECK(chosen.products == Approx(rows.products).margin(1e-12 * rows.square_differences));
  CHECK(chosen.square_differences == Approx(rows.square_differences).epsilon(1e-12));
}

TEST_CASE("a region too large for pair sums says so and has everything else", "[full]") {
  // Two million voxels: 12 minutes by rows, 550 MB by transforms.
  Case c = box_of({300, 300, 22}, Vec3(1, 1, 1));
  c.image(10, 10, 10) = 5;
  const auto values = measure(c, Settings{}, {"morphology"});
  CHECK(values.at("morphology.moran_i").reason == reason::too_large);
  CHECK(values.at("morphology.geary_c").reason == reason::too_large);
  CHECK(values.at("morphology.centre_of_mass_shift").reason.empty());
}
