#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "unit/physics/fixture.hpp"
#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/projector.hpp"

// Maps large enough for the voxel kernel, against the trilinear integral of `path_masses`.

using namespace vitrine;
using namespace vitrine::physics;

namespace {

Scanner coarse_scanner() {
  Scanner s = test::scanner();
  s.columns = 203;  // not a multiple of 8
  s.rows = 21;
  s.column_pitch = 4.4;
  s.row_pitch = 3.3;
  return s;
}

/// Waves of some voxels' length, and a rim that does not end at zero.
double wave(const Vec3& p) {
  return 1e-3 *
         (1.0 + 0.5 * std::sin(0.31 * p.x()) * std::cos(0.27 * p.y()) * std::sin(0.35 * p.z()));
}

Grid grid_of(const std::array<Index, 3>& size, const Vec3& spacing, const Vec3& middle,
             const Mat3& axes) {
  Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  grid.axes = axes;
  const Vec3 half = 0.5 * spacing.cwiseProduct(
                              Vec3(double(size[0] - 1), double(size[1] - 1), double(size[2] - 1)));
  grid.origin = middle - axes * half;
  return grid;
}

Patch waves(const Grid& grid, std::uint32_t material) {
  Patch patch;
  patch.grid = grid;
  Patch::Channel channel{material, {}};
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        channel.density.push_back(float(wave(grid.centre(i, j, k))));
  patch.channels.push_back(std::move(channel));
  return patch;
}

/// Let a map end smoothly over its outermost `width` voxels, as a body in air does.
void fade(Patch& patch, int width) {
  const Grid& grid = patch.grid;
  const auto share = [&](Index i, Index n) {
    return std::min(1.0, double(std::min(i, n - 1 - i)) / double(width));
  };
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        patch.channels[0].density[std::size_t(grid.offset(i, j, k))] *=
            float(share(i, grid.size[0]) * share(j, grid.size[1]) * share(k, grid.size[2]));
}

/// Largest and root mean square error of the hot path, over the largest integral.
struct Difference {
  double rms = 0.0, max = 0.0;
};
Difference compare(const Scene& scene, const ScanGeometry& geometry, const Beam& beam, Isa isa) {
  Rng rng(Stream{21, Draw::test}, 0);
  double largest = 0.0, square = 0.0, worst = 0.0;
  constexpr int rays = 300;
  for (Index v = 0; v < geometry.views(); ++v) {
    const auto hot = basis_integrals(scene, geometry, beam, v, {}, isa);
    for (int i = 0; i < rays; ++i) {
      const auto column = Index(rng.below(std::uint64_t(geometry.columns)));
      const auto row = Index(rng.below(std::uint64_t(geometry.rows)));
      const auto masses = path_masses(scene, ray_of(geometry, v, double(column), double(row)), 0.1);
      double wanted = 0.0;
      for (std::size_t m = 0; m < masses.size(); ++m)
        wanted += masses[m] * beam.coefficients(scene.materials[m])[0];
      const double got = double(hot[std::size_t(column * geometry.rows + row) * beam.rank()]);
      largest = std::max(largest, std::abs(wanted));
      worst = std::max(worst, std::abs(got - wanted));
      square += (got - wanted) * (got - wanted);
    }
  }
  return {std::sqrt(square / double(rays * geometry.views())) / largest, worst / largest};
}

std::vector<Isa> levels() {
  return best_isa() == Isa::v3 ? std::vector<Isa>{Isa::portable, Isa::v3}
                               : std::vector<Isa>{Isa::portable};
}

Mat3 about_z(double angle) { return Eigen::AngleAxisd(angle, Vec3::UnitZ()).toRotationMatrix(); }

}  // namespace

TEST_CASE("planes through a large patch find its trilinear integral, whichever way it is turned") {
  const Scanner scanner = coarse_scanner();
  const ScanGeometry geometry = test::geometry(scanner, 5, -4.0);
  const Beam beam(scanner, 100.0, test::named({"water"}));
  for (const double angle : {0.0, 0.4, 1.9}) {
    Scene scene;
    scene.materials = test::named({"water"});
    scene.patches.push_back(
        waves(grid_of({100, 80, 60}, {1.0, 1.2, 0.9}, {20, -15, -8}, about_z(angle)), 0));
    for (const Isa isa : levels()) {
      const Difference d = compare(scene, geometry, beam, isa);
      CAPTURE(angle, to_string(isa), d.rms, d.max);
      CHECK(d.rms < 1.5e-3);
      CHECK(d.max < 2e-2);  // at the rim of the map, where it falls to zero over a voxel
    }
  }
}

TEST_CASE("a map whose voxels run along other axes has the same integrals, to the bit") {
  const Scanner scanner = coarse_scanner();
  const ScanGeometry geometry = test::geometry(scanner, 3);
  const Beam beam(scanner, 100.0, test::named({"water"}));
  Scene upright, sagittal;
  upright.materials = sagittal.materials = test::named({"water"});
  const Grid grid = grid_of({90, 70, 50}, {1.0, 1.2, 0.9}, {0, 0, 0}, Mat3::Identity());
  upright.patches.push_back(waves(grid, 0));
  // First axis along -z, second along x, third along y.
  Grid turned;
  turned.size = {50, 90, 70};
  turned.spacing = {0.9, 1.0, 1.2};
  turned.axes.col(0) = -Vec3::UnitZ();
  turned.axes.col(1) = Vec3::UnitX();
  turned.axes.col(2) = Vec3::UnitY();
  turned.origin = grid.centre(0, 0, 49);
  Patch patch;
  patch.grid = turned;
  patch.channels.push_back({0, std::vector<float>(std::size_t(turned.count()))});
  for (Index k = 0; k < 50; ++k)
    for (Index j = 0; j < 70; ++j)
      for (Index i = 0; i < 90; ++i)
        patch.channels[0].density[std::size_t(turned.offset(49 - k, i, j))] =
            upright.patches[0].channels[0].density[std::size_t(grid.offset(i, j, k))];
  sagittal.patches.push_back(std::move(patch));
  for (Index v = 0; v < 3; ++v) {
    const auto a = basis_integrals(upright, geometry, beam, v, {}, levels().back());
    const auto b = basis_integrals(sagittal, geometry, beam, v, {}, levels().back());
    double worst = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
      worst = std::max(worst, std::abs(double(a[i]) - double(b[i])));
    CHECK(worst < 1e-6 * double(*std::max_element(a.begin(), a.end())));
  }
}

TEST_CASE("a patient who lies askew keeps the integrals of a map within its resampling") {
  const Scanner scanner = coarse_scanner();
  const ScanGeometry geometry = test::geometry(scanner, 4);
  const Beam beam(scanner, 100.0, test::named({"water"}));
  Scene scene;
  scene.materials = test::named({"water"});
  const Mat3 askew =
      about_z(0.03) * Eigen::AngleAxisd(0.05, Vec3(1, 0.5, 0).normalized()).toRotationMatrix();
  scene.patches.push_back(waves(grid_of({100, 80, 60}, {1.0, 1.2, 0.9}, {10, 5, 0}, askew), 0));
  fade(scene.patches[0], 8);
  const Difference d = compare(scene, geometry, beam, levels().back());
  CAPTURE(d.rms, d.max);
  CHECK(d.rms < 1.5e-3);
  CHECK(d.max < 1e-2);
}

TEST_CASE("a label map of a sphere projects to its chords as voxels shrink") {
  const Scanner scanner = coarse_scanner();
  const ScanGeometry geometry = test::geometry(scanner, 3);
  Scene scene;
  scene.materials = test::named({"muscle", "cortical_bone", "lung", "adipose"});
  const Beam beam(scanner, 120.0, scene.materials);
  constexpr double radius = 40.0;
  std::vector<double> errors;
  for (const double spacing : {2.0, 1.0}) {
    IndexedMap map;
    const auto n = Index(2.0 * radius / spacing) + 5;
    map.grid = grid_of({n, n, n}, Vec3::Constant(spacing), {7, -3, 1}, Mat3::Identity());
    map.entries = {{"", {}},
                   {"shell", {{0, 1.05e-3}}},
                   {"core", {{1, 1.0e-3}, {2, 0.1e-3}, {3, 0.2e-3}, {0, 0.1e-3}}}};
    std::vector<std::uint16_t> index;
    for (Index k = 0; k < n; ++k)
      for (Index j = 0; j < n; ++j)
        for (Index i = 0; i < n; ++i) {
          const double r = (map.grid.centre(i, j, k) - Vec3(7, -3, 1)).norm();
          index.push_back(std::uint16_t(r < 20.0 ? 2 : r < radius ? 1 : 0));
        }
    map.index = std::move(index);
    scene.maps = {map};
    double square = 0.0;
    int count = 0;
    const Vec3 centre(7, -3, 1);
    const auto chord = [&](const Ray& ray, double r) {
      Solid ball;
      ball.centre = centre;
      ball.half_axes = Vec3::Constant(r);
      return intersect(ball, ray.origin, ray.direction).length() * ray.direction.norm();
    };
    for (Index v = 0; v < geometry.views(); ++v) {
      const auto hot = basis_integrals(scene, geometry, beam, v, {}, levels().back());
      for (Index c = 0; c < geometry.columns; ++c)
        for (Index r = 0; r < geometry.rows; ++r) {
          const Ray ray = ray_of(geometry, v, double(c), double(r));
          const double core = chord(ray, 20.0), shell = chord(ray, radius) - core;
          const auto basis = [&](std::size_t m) {
            return beam.coefficients(scene.materials[m])[0];
          };
          const double wanted =
              shell * 1.05e-3 * basis(0) + core * (1.0e-3 * basis(1) + 0.1e-3 * basis(2) +
                                                   0.2e-3 * basis(3) + 0.1e-3 * basis(0));
          const double got = double(hot[std::size_t(c * geometry.rows + r) * beam.rank()]);
          square += (got - wanted) * (got - wanted);
          ++count;
        }
    }
    errors.push_back(std::sqrt(square / count));
  }
  CAPTURE(errors[0], errors[1]);
  CHECK(errors[1] < 0.6 * errors[0]);
}

TEST_CASE("the voxels of a map weigh what they hold, wherever the rays end") {
  // Far, thin fans see parallel rays: the sum over a view's cells is the mass over the cell's area.
  Scanner scanner = coarse_scanner();
  scanner.source_to_iso = 20000.0;
  scanner.source_to_detector = 20400.0;
  scanner.column_pitch = 1.0;
  scanner.row_pitch = 1.0;
  scanner.columns = 160;
  scanner.rows = 96;
  const ScanGeometry geometry = test::geometry(scanner, 3, 0.0);
  Scene scene;
  scene.materials = test::named({"water"});
  const Beam beam(scanner, 100.0, scene.materials);
  scene.patches.push_back(
      waves(grid_of({80, 70, 60}, {1.0, 1.0, 1.0}, {0, 0, 0}, about_z(0.3)), 0));
  double mass = 0.0;
  for (const float d : scene.patches[0].channels[0].density) mass += double(d);
  for (Index v = 0; v < 3; ++v) {
    const auto hot = basis_integrals(scene, geometry, beam, v, {}, levels().back());
    double sum = 0.0;
    for (Index c = 0; c < geometry.columns * geometry.rows; ++c)
      sum += double(hot[std::size_t(c) * beam.rank()]);
    const double cell =
        scanner.column_pitch * scanner.row_pitch * (20000.0 / 20400.0) * (20000.0 / 20400.0);
    const double seen = sum * cell / beam.coefficients(scene.materials[0])[0];
    CHECK(seen == Approx(mass).epsilon(2e-3));
  }
}

TEST_CASE("views are traced alike alone and beside their neighbours") {
  const Scanner scanner = coarse_scanner();
  Scene scene;
  scene.materials = test::named({"water"});
  scene.patches.push_back(waves(grid_of({90, 70, 50}, {1, 1, 1}, {5, 5, 0}, about_z(0.2)), 0));
  const Beam beam(scanner, 100.0, scene.materials);
  const ScanGeometry all = test::geometry(scanner, 40);
  const Exposure whole = expose(scene, all, beam, {1, 1}, levels().back());
  ScanGeometry some = all;
  some.view_angles.erase(some.view_angles.begin(), some.view_angles.begin() + 7);
  some.table_positions.resize(some.view_angles.size());
  const Exposure part = expose(scene, some, beam, {1, 1}, levels().back());
  for (Index v = 0; v < some.views(); ++v) {
    const auto a = whole.signal.view(v + 7), b = part.signal.view(v);
    CHECK(std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
  }
}

namespace {

/// `waves` in `count` steps of two materials that a voxel holds equal masses of.
IndexedMap stepped_waves(const Grid& grid, int count) {
  IndexedMap map;
  map.grid = grid;
  for (int n = 0; n < count; ++n) {
    const double density = 2e-3 * double(n) / double(count);
    map.entries.push_back({"", {{0, density}, {1, density}}});
  }
  std::vector<std::uint16_t> index;
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        index.push_back(std::uint16_t(std::clamp(wave(grid.centre(i, j, k)) / 2e-3, 0.0, 0.999) *
                                      double(count)));
  map.index = std::move(index);
  return map;
}

}  // namespace

TEST_CASE("a map of few or many labels has the integrals of patches with its densities") {
  const Scanner scanner = coarse_scanner();
  const ScanGeometry geometry = test::geometry(scanner, 3);
  const auto materials = test::named({"water", "cortical_bone"});
  const Beam beam(scanner, 100.0, materials);
  const Grid grid = grid_of({90, 70, 50}, {1.0, 1.2, 0.9}, {3, 2, 1}, Mat3::Identity());
  for (const int labels : {5, 32, 300}) {
    Scene labelled, dense;
    labelled.materials = dense.materials = materials;
    labelled.maps.push_back(stepped_waves(grid, labels));
    const IndexedMap& map = labelled.maps[0];
    Patch patch;
    patch.grid = grid;
    for (const std::uint32_t m : {0u, 1u}) {
      patch.channels.push_back({m, {}});
      for (std::size_t v = 0; v < std::size_t(grid.count()); ++v)
        patch.channels[m].density.push_back(float(map.entries[map.index[v]].deltas[m].density));
    }
    dense.patches.push_back(std::move(patch));
    CAPTURE(labels);
    for (Index v = 0; v < 3; ++v)
      CHECK(basis_integrals(labelled, geometry, beam, v, {}, levels().back()) ==
            basis_integrals(dense, geometry, beam, v, {}, levels().back()));
  }
}

TEST_CASE("voxels far finer than a detector cell are traced in smaller parts, to the same bits") {
  Scanner scanner = coarse_scanner();
  scanner.rows = 80;
  Scene scene;
  scene.materials = test::named({"water", "cortical_bone"});
  const Beam beam(scanner, 100.0, scene.materials);
  scene.maps.push_back(
      stepped_waves(grid_of({500, 400, 100}, {0.12, 0.12, 0.2}, {1, 2, 0}, Mat3::Identity()), 20));
  const ScanGeometry geometry = test::geometry(scanner, 16);
  const Exposure together = expose(scene, geometry, beam, {1, 1}, levels().back());
  const float least = *std::ranges::min_element(together.signal.values());
  CHECK(least < 0.99f);
  for (const Index v : {Index{3}, Index{8}}) {
    ScanGeometry one = geometry;
    one.view_angles = {geometry.view_angles[std::size_t(v)]};
    one.table_positions.resize(1);
    const Exposure alone = expose(scene, one, beam, {1, 1}, levels().back());
    const auto a = together.signal.view(v), b = alone.signal.view(0);
    CHECK(std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
  }
}

TEST_CASE("sixteen rows at once find the bits of eight in maps") {
  Scanner scanner = coarse_scanner();
  Scene scene;
  scene.materials = test::named({"water", "cortical_bone"});
  scene.maps.push_back(
      stepped_waves(grid_of({90, 70, 50}, {1.0, 1.2, 0.9}, {3, 2, 1}, Mat3::Identity()), 300));
  scene.maps.push_back(
      stepped_waves(grid_of({60, 50, 90}, {1.0, 1.2, 0.2}, {0, 0, 9}, Mat3::Identity()), 12));
  for (const Index rows : {64, 24, 20}) {
    scanner.rows = rows;
    const Beam beam(scanner, 100.0, scene.materials);
    const ScanGeometry geometry = test::geometry(scanner, 5);
    CAPTURE(rows);
    physics::detail::most_lanes_at_once() = 8;
    const Exposure narrow = expose(scene, geometry, beam, {1, 1}, levels().back());
    physics::detail::most_lanes_at_once() = 16;
    const Exposure wide = expose(scene, geometry, beam, {1, 1}, levels().back());
    CHECK(std::ranges::equal(narrow.signal.values(), wide.signal.values()));
  }
}
