// Cells that add the same to all views, and objects that they must be told from.
#include "vitrine/recon/rings.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "fixture.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/recon/corrections.hpp"

using namespace vitrine;
using namespace vitrine::recon;

namespace {

/// Water about the axis, which is the worst place, with a ball, a bone and a bar of edges.
std::vector<Part> object(bool centred = true) {
  if (!centred)
    return {{cylinder({5, -3, 0}, 68), mu_70kev}, {cylinder({30, 10, 0}, 6), 1.5 * mu_70kev}};
  Solid bar;
  bar.kind = Solid::Kind::box;
  bar.centre = Vec3(-20, 30, 0);
  bar.half_axes = Vec3(12, 4, 100);
  return {{cylinder({0, 0, 0}, 70), mu_70kev},
          {cylinder({0, 0, 0}, 4), 0.3 * mu_70kev},
          {cylinder({30, 10, 0}, 6), 1.5 * mu_70kev},
          {ball({-25, -25, 0}, 8), 0.1 * mu_70kev},
          {bar, 0.2 * mu_70kev}};
}

/// Every `step`th cell of all adds a number of its own, of standard deviation `size`.
Rebinned drifted(const ScanGeometry& g, double size, Index step, bool centred = true) {
  LineIntegrals line = project(g, object(centred));
  std::vector<float> offset(std::size_t(g.columns * g.rows), 0.0f);
  Rng cells(Stream{1, Draw::test}, 0);
  for (std::size_t i = 0; i < offset.size(); i += std::size_t(step))
    offset[i] = float(size * cells.normal());
  for (Index v = 0; v < g.views(); ++v)
    for (std::size_t i = 0; i < offset.size(); ++i) line.view(v)[i] += offset[i];
  return rebin(line, isa());
}

Image image_of(const Rebinned& scan, const char* kind = "standard") {
  return reconstruct(scan, *kernel(Value(kind)), box(150, 220), 0.625, water_scale, isa());
}

/// Root mean square of a difference within 65 mm.
double rms(const Image& a, const Image& b) {
  double square = 0.0, n = 0.0;
  for (Index j = 0; j < a.grid().size[1]; ++j)
    for (Index i = 0; i < a.grid().size[0]; ++i) {
      if (a.grid().centre(i, j, 0).head<2>().norm() > 65.0) continue;
      square += std::pow(double(a(i, j, 0)) - double(b(i, j, 0)), 2);
      n += 1.0;
    }
  return std::sqrt(square / n);
}

}  // namespace

TEST_CASE(
    "rings of few drifted cells fall fivefold, of all twofold; less about an object on the axis",
    "[full]") {
  for (const ScanGeometry& g : {small_scan(2, 240), helix(0.9, 1.0, 4, 240)}) {
    for (const bool centred : {false, true}) {
      const Image truth = image_of(drifted(g, 0.0, 1, centred));
      for (const auto& [size, step, factor] : {std::tuple{0.02, Index(23), centred ? 2.8 : 5.0},
                                               std::tuple{0.005, Index(1), centred ? 1.15 : 2.2}}) {
        Rebinned scan = drifted(g, size, step, centred);
        const double before = rms(image_of(scan), truth);
        correct_rings(scan, {});
        const double after = rms(image_of(scan), truth);
        CAPTURE(size, step, before, after);
        CHECK(before > factor * after);
      }
    }
  }
}

TEST_CASE("water, a ball, bone and edges stay within 1 HU where no cell has drifted") {
  for (const ScanGeometry& g : {small_scan(2, 240), helix(0.9, 1.0, 4, 240)}) {
    Rebinned scan = drifted(g, 0.0, 1);
    const Image before = image_of(scan, "sharp");
    correct_rings(scan, {});
    const Image after = image_of(scan, "sharp");
    double worst = 0.0;
    for (const auto& [x, y, radius] :
         {std::tuple{0.0, 0.0, 3.0}, std::tuple{0.0, 40.0, 5.0}, std::tuple{30.0, 10.0, 4.0},
          std::tuple{-25.0, -25.0, 5.0}, std::tuple{-20.0, 30.0, 3.0}})
      worst = std::max(worst, std::abs(roi_mean(after, {x, y, 0}, radius) -
                                       roi_mean(before, {x, y, 0}, radius)));
    CHECK(worst < 0.5);
    CHECK(rms(after, before) < 0.7);
  }
}

TEST_CASE("a strength of 0 leaves the bits, half takes half") {
  Rebinned none = drifted(small_scan(2, 180), 0.01, 5), half = copy(none), all = copy(none);
  const Image before = image_of(none);
  correct_rings(none, {.strength = 0.0});
  CHECK(std::ranges::equal(image_of(none).values(), before.values()));
  correct_rings(half, {.strength = 0.5});
  correct_rings(all, {});
  CHECK(rms(image_of(half), before) == Approx(0.5 * rms(image_of(all), before)).epsilon(1e-3));
}

TEST_CASE("corrections refuse a scan that has no lines") {
  const Corrections rings{.rings = RingCorrection{}, .metal = {}, .bone = {}};
  CHECK_THROWS_WITH(CorrectedScan(Rebinned(small_scan(2, 180), Views::direct), rings, water_scale,
                                  nullptr, isa()),
                    Catch::Matchers::Contains("algorithm: fbp"));
}
