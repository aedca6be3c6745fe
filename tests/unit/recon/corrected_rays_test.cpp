// What corrections do to lines, in the rays that the lines were made of.
#include "vitrine/recon/corrected_rays.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "iterative_fixture.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/recon/corrections.hpp"

using namespace vitrine;
using namespace vitrine::recon;

namespace {

ScanGeometry flat(ScanGeometry g) {
  g.shape = DetectorShape::flat;
  return g;
}

std::vector<ScanGeometry> scans() {
  return {small_scan(4, 240, {-1.0, 1.0}), flat(small_scan(4, 240)), helix(0.9, 2.0, 4, 240),
          first_part(small_scan(4, 240), 210.0)};
}

const std::vector<Part> water{{cylinder({5, 0, 0}, 60), mu_70kev}};

MeasuredRays rays_of(const ScanGeometry& g, const std::vector<Part>& parts) {
  return {project(g, parts), quanta(g, 1e5)};
}

/// Two rods in water that harden, as metal_test.cpp has them.
MeasuredRays rods_in_water(const ScanGeometry& g) {
  LineIntegrals line = project(g, water);
  const LineIntegrals behind = project(g, {{cylinder({-20, 5, 0}, 3), 10.0 * mu_70kev},
                                           {cylinder({25, -5, 0}, 3), 10.0 * mu_70kev}});
  for (std::size_t i = 0; i < line.values().size(); ++i)
    line.values()[i] += behind.values()[i] * (1.0f - 0.04f * behind.values()[i]);
  return {std::move(line), quanta(g, 1e5)};
}

/// Root mean square difference from 0 HU, 6 to 15 mm from the rods' axes.
double around_rods(const Image& image) {
  double square = 0.0, n = 0.0;
  for (Index j = 0; j < image.grid().size[1]; ++j)
    for (Index i = 0; i < image.grid().size[0]; ++i) {
      const Vec3 p = image.grid().centre(i, j, 0);
      const double nearest =
          std::min((p - Vec3(-20, 5, p.z())).norm(), (p - Vec3(25, -5, p.z())).norm());
      if (nearest < 6.0 || nearest > 15.0) continue;
      square += std::pow(double(image(i, j, 0)), 2);
      n += 1.0;
    }
  return std::sqrt(square / n);
}

/// Standard deviation within 50 mm of the axis.
double unevenness(const Image& image) {
  double sum = 0.0, square = 0.0, n = 0.0;
  for (Index j = 0; j < image.grid().size[1]; ++j)
    for (Index i = 0; i < image.grid().size[0]; ++i) {
      if (image.grid().centre(i, j, 0).head<2>().norm() > 50.0) continue;
      const auto hu = double(image(i, j, 0));
      sum += hu;
      square += hu * hu;
      n += 1.0;
    }
  return std::sqrt(square / n - std::pow(sum / n, 2));
}

Pick<Algorithm> algorithm(const Value& node) {
  Diagnostics problems;
  auto pick = algorithms().make(node, problems);
  problems.throw_if_any();
  return pick;
}

Corrections of_metal() {
  Corrections made;
  made.metal.emplace();
  return made;
}

/// An image of a scan whose lines are corrected.
Image corrected_image(const MeasuredRays& read, const Corrections& corrections,
                      const Algorithm& how, const Grid& grid) {
  CorrectedScan scan(rebin(read.values, isa()), corrections, water_scale, nullptr, isa());
  const MeasuredRays rays = scan.rays(read, isa());
  const auto standard = kernel(Value("standard"));
  return scan.reconstruct(how, &rays, {*standard, grid, 1.25, water_scale}, isa());
}

Pick<Algorithm> four_iterations() {
  return algorithm(Value().set("kind", Value("iterative")).set("iterations", Value(4.0)));
}

}  // namespace

TEST_CASE("rays whose lines nothing corrected keep their bits") {
  for (const ScanGeometry& g : scans()) {
    const MeasuredRays read = rays_of(g, water);
    const MeasuredRays rays = corrected_rays(read, rebin(read.values, isa()), {}, isa());
    const ScanGeometry& part = rays.values.geometry();
    // A helix leaves the views of a fan's width at either end out.
    Index first = 0;
    while (g.table_positions[std::size_t(first)] != part.table_positions[0] ||
           g.view_angles[std::size_t(first)] != part.view_angles[0])
      ++first;
    CHECK(part.views() > g.views() - g.views_per_rotation / 4);
    for (Index v = 0; v < part.views(); ++v)
      REQUIRE(std::ranges::equal(rays.values.view(v), read.values.view(first + v)));
  }
}

TEST_CASE("a ray gains what its lines gained") {
  // Lines of a ball more: rays gain its line integrals, 0.6 at most, within 0.2 % of that (rms: the
  // blur of the way to lines and back).
  const std::vector<Part> more{{ball({12, -20, 0.3}, 30), 0.01}};
  for (const ScanGeometry& g : scans()) {
    const MeasuredRays read = rays_of(g, water);
    std::vector<Part> both = water;
    both.insert(both.end(), more.begin(), more.end());
    const MeasuredRays rays = corrected_rays(read, rebin(project(g, both), isa()), {}, isa());
    const ScanGeometry& part = rays.values.geometry();
    const LineIntegrals expected = project(part, more), was = project(part, water);
    double square = 0.0, largest = 0.0;
    for (std::size_t i = 0; i < expected.values().size(); ++i) {
      const double gain = double(rays.values.values()[i]) - double(was.values()[i]);
      largest = std::max(largest, std::abs(gain - double(expected.values()[i])));
      square += std::pow(gain - double(expected.values()[i]), 2);
    }
    CAPTURE(part.views(), g.views(), int(g.shape), largest);
    // At the ball's edge, where chords rise without bound; at the ends of an arc lines go on beyond
    // what was measured.
    CHECK(largest < (turned_share(part) < 1.0 ? 0.15 : 0.06) * 0.6);
    CHECK(std::sqrt(square / double(expected.values().size())) < 0.002 * 0.6);
  }
}

TEST_CASE("corrected rays have the same bits on one thread as on all", "[bits]") {
  const MeasuredRays read = rods_in_water(small_scan(4, 120));
  const CorrectedScan scan(rebin(read.values, isa()), of_metal(), water_scale, nullptr, isa());
  const auto digest = [&] {
    const MeasuredRays rays = scan.rays(read, isa());
    return sha256(std::as_bytes(rays.values.values()));
  };
  const Digest on_all = digest();
  Digest alone[2];
  parallel_for(2, [&](Index i) { alone[i] = digest(); });
  CHECK(on_all == alone[0]);
  CHECK(on_all == alone[1]);
}

TEST_CASE("weights of corrected rays are those of their readings") {
  const MeasuredRays read = rods_in_water(small_scan(4, 120));
  const CorrectedScan scan(rebin(read.values, isa()), of_metal(), water_scale, nullptr, isa());
  const MeasuredRays rays = scan.rays(read, isa());
  std::vector<float> before(read.values.view(0).size()), now(before.size());
  std::size_t changed = 0;
  for (Index v = 0; v < 120; v += 30) {
    ray_weights(read, v, isa(), before);
    ray_weights(rays, v, isa(), now);
    CHECK(before == now);
    for (std::size_t i = 0; i < before.size(); ++i)
      changed += rays.values.view(v)[i] != read.values.view(v)[i];
  }
  CHECK(changed > 100);
}

TEST_CASE("metal artefacts fall in iterative and direct images too, and the metal stays",
          "[full]") {
  const auto iterative = four_iterations(), direct = algorithm(Value("direct"));
  const Grid grid = box(140, 140);
  for (const ScanGeometry& g :
       {small_scan(2, 240), helix(0.9, 1.0, 4, 240), first_part(small_scan(2, 240), 210.0)}) {
    const bool is_helix = g.table_positions.front() != g.table_positions.back();
    const MeasuredRays read = rods_in_water(g);
    for (const Algorithm* const how : {&*iterative, &*direct}) {
      if (is_helix && !how->takes().helical) continue;
      const Image before = corrected_image(read, {}, *how, grid);
      const Image after = corrected_image(read, of_metal(), *how, grid);
      CAPTURE(g.views(), how == &*direct, around_rods(before), around_rods(after));
      CHECK(around_rods(before) > 3.0 * around_rods(after));
      CHECK(roi_mean(after, {-20, 5, 0}, 1.5) > 3000.0);
    }
  }
}

TEST_CASE("rings fall in iterative images too", "[full]") {
  const ScanGeometry g = small_scan(2, 240);
  MeasuredRays read = rays_of(g, water);
  Rng cells(Stream{1, Draw::test}, 0);
  for (Index c = 0; c < g.columns; c += 23) {
    const auto drift = float(0.02 * cells.normal());
    for (Index v = 0; v < g.views(); ++v)
      for (Index r = 0; r < g.rows; ++r) read.values.view(v)[std::size_t(c * g.rows + r)] += drift;
  }
  const auto how = four_iterations();
  const Grid grid = box(140, 140);
  Corrections rings;
  rings.rings.emplace();
  const double before = unevenness(corrected_image(read, {}, *how, grid));
  const double after = unevenness(corrected_image(read, rings, *how, grid));
  CAPTURE(before, after);
  CHECK(before > 2.0 * after);
}
