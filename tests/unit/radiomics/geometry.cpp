#include <algorithm>
#include <catch2/catch.hpp>
#include <numbers>

#include "support.hpp"
#include "vitrine/radiomics/detail/convex_hull.hpp"
#include "vitrine/radiomics/detail/ellipsoid.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

namespace {

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
