// Photons to HU and back: what the whole chain makes of objects that are known.
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "physics/water_phantom.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/physics/carlo/ctdi.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/projector.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/preprocess.hpp"

using namespace vitrine;

namespace {

using test::water_phantom;
using Insert = test::Rod;

Scanner scanner() { return test::few_rows(16); }

struct Chain {
  Scene scene;
  physics::Beam beam;
  recon::WaterCorrection water;
  physics::Exposure exposure;
  Grid grid = recon::image_grid({400.0, 256, Vec3::Zero(), 1, 1.25});

  Chain(Scene s, double kv)
      : scene(std::move(s)),
        beam(scanner(), kv, scene.materials),
        water(recon::water_correction(beam)),
        exposure(physics::expose(scene, geometry(), beam, {2, 1}, best_isa())) {}

  static ScanGeometry geometry() {
    const Scanner s = scanner();
    ScanGeometry g = hardware_geometry(s);
    g.view_angles = axial_view_angles(g.views_per_rotation, 1, 0.0);
    g.table_positions.assign(g.view_angles.size(), 0.0);
    return g;
  }
  Image image(const Sinogram<quantity::Signal>& signal, const char* kernel) const {
    Diagnostics problems;
    const auto pick = recon::kernels().make(Value(kernel), problems);
    const auto data = recon::rebin(recon::line_integrals(signal, water, best_isa()), best_isa());
    return recon::reconstruct(data, *pick, grid, 1.25, beam.mu_water(), beam.mu_air(), best_isa());
  }
};

struct Roi {
  double mean = 0.0, sd = 0.0;
};
Roi measure(const Image& image, double x, double y, double radius) {
  double sum = 0.0, squares = 0.0;
  int n = 0;
  for (Index j = 0; j < image.grid().size[1]; ++j)
    for (Index i = 0; i < image.grid().size[0]; ++i) {
      const Vec3 p = image.grid().centre(i, j, 0);
      if ((p.x() - x) * (p.x() - x) + (p.y() - y) * (p.y() - y) > radius * radius) continue;
      sum += double(image(i, j, 0));
      squares += double(image(i, j, 0)) * double(image(i, j, 0));
      ++n;
    }
  const double mean = sum / n;
  return {mean, std::sqrt(std::max(0.0, squares / n - mean * mean))};
}

}  // namespace

TEST_CASE("water is within 1 HU of 0 in the centre and the rim, for 20 and 32 cm at 80 to 140 kV",
          "[full]") {
  for (const double kv : {80.0, 120.0, 140.0})
    for (const double diameter : {200.0, 320.0}) {
      const Chain chain(water_phantom(diameter, {}), kv);
      const Image image = chain.image(chain.exposure.signal, "soft");
      INFO(kv << " kV, " << diameter << " mm");
      CHECK(std::abs(measure(image, 0.0, 0.0, 15.0).mean) < 1.0);
      for (const double side : {-1.0, 1.0}) {
        CHECK(std::abs(measure(image, side * (0.5 * diameter - 25.0), 0.0, 10.0).mean) < 1.0);
        CHECK(std::abs(measure(image, 0.0, side * (0.5 * diameter - 25.0), 10.0).mean) < 1.0);
      }
    }
}

TEST_CASE("uncorrected water cups by the slope of its log signal, averaged over chords") {
  // The inverse Abel transform of p(s) = P(2 sqrt(R^2 - s^2)) is the mean of P' over
  // 2 sqrt(R^2 - r^2) cos(theta), theta from 0 to pi / 2.
  Scanner bare = scanner();
  bare.bowtie = {};
  bare.rows = 4;
  const Scene scene = water_phantom(320.0, {});
  const physics::Beam beam(bare, 120.0, scene.materials);
  ScanGeometry g = Chain::geometry();
  g.rows = 4;
  const auto seen = physics::expose(scene, g, beam, {2, 1}, best_isa());
  const auto none = recon::WaterCorrection::none(g.columns);
  const auto data = recon::rebin(recon::line_integrals(seen.signal, none, best_isa()), best_isa());
  Diagnostics problems;
  const auto kernel = recon::kernels().make(Value("soft"), problems);
  const Grid grid = recon::image_grid({400.0, 256, Vec3::Zero(), 1, 1.25});
  const Image image =
      recon::reconstruct(data, *kernel, grid, 1.25, beam.mu_water(), beam.mu_air(), best_isa());
  const auto expected = [&](double r) {
    constexpr int steps = 400;
    double mean = 0.0;
    for (int i = 0; i < steps; ++i) {
      const double theta = 0.5 * std::numbers::pi * (i + 0.5) / steps;
      const double length = 2.0 * std::sqrt(160.0 * 160.0 - r * r) * std::cos(theta);
      const double low = std::max(0.0, length - 0.5);
      mean += std::log(beam.water_signal(0, low) / beam.water_signal(0, low + 1.0)) / steps;
    }
    return 1000.0 * (mean - beam.mu_water()) / (beam.mu_water() - beam.mu_air());
  };
  CHECK(expected(0.0) < -20.0);
  CHECK(expected(148.0) > 5.0);
  CHECK(measure(image, 0.0, 0.0, 8.0).mean == Approx(expected(0.0)).margin(1.5));
  for (const double r : {60.0, 100.0, 130.0, 148.0}) {
    CAPTURE(r);
    CHECK(measure(image, r, 0.0, 3.0).mean == Approx(expected(r)).margin(1.5));
    CHECK(measure(image, 0.0, -r, 3.0).mean == Approx(expected(r)).margin(1.5));
  }
}

TEST_CASE("water is water in every row in spite of the heel effect, within 0.5 HU") {
  // Corrected line integrals are mu_water x length; without the rows' own correction they would be
  // off by as much as the second check says.
  Scanner wide = scanner();
  wide.row_pitch = 4.0;  // 16 rows of 4 mm: 3.4 degrees
  wide.heel_effect = true;
  const physics::Beam beam(wide, 120.0, {});
  const auto own = recon::water_correction(beam);
  const recon::WaterCorrection central(
      beam.columns(), beam.mu_water(),
      [&](Index c, double length) { return beam.water_signal(c, length); });
  ScanGeometry g = hardware_geometry(wide);
  g.view_angles = {0.0};
  g.table_positions = {0.0};
  double worst = 0.0, uncorrected = 0.0;
  for (const double length : {50.0, 200.0, 350.0}) {
    Sinogram<quantity::Signal> signal(g);
    for (Index c = 0, i = 0; c < g.columns; ++c)
      for (Index r = 0; r < g.rows; ++r, ++i)
        signal.values()[std::size_t(i)] = float(beam.water_signal(c, double(r), length));
    const auto difference = [&](const recon::WaterCorrection& correction) {
      const auto line = recon::line_integrals(signal, correction, best_isa());
      double largest = 0.0;
      for (const float value : line.values())
        largest = std::max(largest, std::abs(double(value) / (beam.mu_water() * length) - 1.0));
      return 1000.0 * largest;  // HU
    };
    worst = std::max(worst, difference(own));
    uncorrected = std::max(uncorrected, difference(central));
  }
  WARN("heel effect of 3.4 degrees: " << worst << " HU, with one correction for all rows "
                                      << uncorrected << " HU");
  CHECK(worst < 0.5);
  CHECK(uncorrected > 2.0);
}

TEST_CASE("tissues in 20 cm of water have their CT numbers at the effective energy", "[full]") {
  // HU from attenuation at the beam's effective energy; soft tissue within 5 HU.
  const std::vector<Insert> inserts{{"adipose", 0.95, 60, 0},
                                    {"muscle", 1.05, -60, 0},
                                    {"lung", 0.26, 0, 60},
                                    {"cortical_bone", 1.92, 0, -60}};
  const Chain chain(water_phantom(200.0, inserts), 120.0);
  const Image image = chain.image(chain.exposure.signal, "soft");
  for (const Insert& insert : inserts) {
    const auto hu_at = [&](double kev) {
      const auto mu = [&](const char* name, double density) {
        return physics::mass_attenuation(material(name), kev) * density;
      };
      const double water = mu("water", material("water").density);
      const double air = mu("air", material("air").density);
      const double own = mu(insert.material, insert.density * units::g_per_cm3);
      return 1000.0 * (own - water) / (water - air);
    };
    const double energy = chain.beam.effective_energy();
    const double got = measure(image, insert.x, insert.y, 7.0).mean;
    WARN(insert.material << ": " << got << " HU (" << hu_at(energy) << " at " << energy << " keV)");
    if (hu_at(energy) < 500.0) {
      CHECK(std::abs(got - hu_at(energy)) < 5.0);
    } else {
      // Bone hardens the beam beyond what a water correction undoes: HU of a somewhat higher
      // energy.
      CHECK(got < hu_at(energy));
      CHECK(got > hu_at(energy + 10.0));
    }
  }
}

TEST_CASE("noise falls with the square root of the dose, and is printed for a CTDIvol of 10 mGy",
          "[full]") {
  const double ctdi = physics::carlo::ctdi(scanner(), 120.0, 320.0, {.relative = 0.01},
                                           make_stream(1, "ctdi", Draw::transport), best_isa())
                          .weighted.mean;
  for (const double diameter : {200.0, 320.0}) {
    const Chain chain(water_phantom(diameter, {}), 120.0);
    const Image clean = chain.image(chain.exposure.signal, "soft");
    const auto noise = [&](double mas, std::uint64_t key) {
      const Image noisy = chain.image(
          physics::acquire(chain.exposure, chain.beam, mas, Stream{key, Draw::quantum}, best_isa()),
          "soft");
      Image difference = noisy;
      for (std::size_t i = 0; i < difference.values().size(); ++i)
        difference.values()[i] -= clean.values()[i];
      return measure(difference, 0.0, 0.0, 40.0).sd;
    };
    const double mas = 10.0 / ctdi;
    const double at_10 = noise(mas, 1);
    const double at_40 = noise(4.0 * mas, 2);
    WARN(diameter << " mm water, soft kernel, 1.25 mm, CTDIvol (32 cm) 10 mGy = " << mas
                  << " mAs: noise " << at_10 << " HU; "
                  << chain.beam.air_quanta(chain.beam.columns() / 2) * mas / 984.0
                  << " equivalent quanta per reading in air");
    CHECK(at_10 / at_40 == Approx(2.0).epsilon(0.10));
  }
}

TEST_CASE("the noise of two scans is uncorrelated") {
  const Chain chain(water_phantom(200.0, {}), 120.0);
  const auto a = physics::acquire(chain.exposure, chain.beam, 50.0,
                                  make_stream(1, "scan a", Draw::quantum), best_isa());
  const auto b = physics::acquire(chain.exposure, chain.beam, 50.0,
                                  make_stream(1, "scan b", Draw::quantum), best_isa());
  double ab = 0.0, aa = 0.0, bb = 0.0;
  double n = 0.0;
  for (std::size_t i = 0; i < a.values().size(); i += 7) {
    const double mean = double(chain.exposure.signal.values()[i]);
    const double x = (double(a.values()[i]) - mean) / std::sqrt(mean),
                 y = (double(b.values()[i]) - mean) / std::sqrt(mean);
    ab += x * y;
    aa += x * x;
    bb += y * y;
    n += 1.0;
  }
  CHECK(std::abs(ab / std::sqrt(aa * bb)) < 4.0 / std::sqrt(n));
}
