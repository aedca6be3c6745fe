// Rays' counts that become amounts of two materials: exact without noise, as good as can be with
// it.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "physics/spectral_phantom.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/physics/attenuation.hpp"

using namespace vitrine;
using namespace vitrine::test;
using physics::Beam;
using physics::Path;
using recon::MaterialDecomposition;

namespace {

ScanGeometry geometry(const Scanner& s, Index views) {
  ScanGeometry g = hardware_geometry(s);
  for (Index v = 0; v < views; ++v) {
    g.view_angles.push_back(0.01 * double(v));
    g.table_positions.push_back(0.0);
  }
  return g;
}

/// Readings of every column behind the same amounts, in one view of one row.
std::vector<float> readings_behind(const Beam& beam, const char* second, double water,
                                   double amount) {
  const std::array paths{Path{"water", water, 0.0}, Path{second, amount, 1.0}};
  const std::size_t bins = beam.bins()->bins();
  std::vector<float> out;
  for (std::size_t b = 0; b < bins; ++b)
    for (Index c = 0; c < beam.columns(); ++c)
      out.push_back(float(beam.bin_signal(c, {b, b + 1}, paths)));
  return out;
}

struct Case {
  const char* second;
  std::vector<double> thresholds;
  std::vector<double> amounts;  // g/mm^2
};

}  // namespace

TEST_CASE("noiseless readings give back both materials in every column to 2e-5 line integrals") {
  const Case cases[] = {{"iodine", {25, 65}, {-20, 0, 10, 100, 300}},
                        {"iodine", {20, 45, 65, 85}, {-20, 0, 10, 100, 300}},
                        {"calcium", {25, 65}, {-100, 0, 100, 1000, 2000}},
                        {"cortical_bone", {25, 50, 75}, {0, 1000, 5000}}};
  for (const Case& each : cases) {
    const Scanner s = counting_scanner(1, each.thresholds);
    const Material second = material(each.second);
    const Beam beam(s, 120.0, std::span(&second, 1));
    const MaterialDecomposition calibration(beam, second);
    const ScanGeometry g = geometry(s, 1);
    const double load = 1000.0;  // no bin starves
    const double mu_water = physics::linear_attenuation(material("water"), recon::basis_energy);
    const double mu_second = physics::mass_attenuation(second, recon::basis_energy);
    double worst_water = 0.0, worst_second = 0.0;
    for (const double water : {0.0, 20.0, 100.0, 200.0, 320.0, 400.0})
      for (const double amount : each.amounts) {
        std::vector<float> a(std::size_t(s.columns)), b(a.size());
        calibration(g, std::span(&load, 1),
                    readings_behind(beam, each.second, water, amount * mg_per_cm2),
                    recon::Readings::expected, isa(), a, b);
        for (std::size_t c = 0; c < a.size(); ++c) {
          worst_water = std::max(worst_water, mu_water * std::abs(double(a[c]) - water));
          worst_second =
              std::max(worst_second, mu_second * std::abs(double(b[c]) - amount * mg_per_cm2));
        }
      }
    CAPTURE(each.second, each.thresholds.size(), worst_water, worst_second);
    // The same model forward and back: what is left is that of 32-bit numbers, times what parting
    // two spectra multiplies errors by (about 20).
    CHECK(worst_water < 2e-5);
    CHECK(worst_second < 2e-5);
  }
}

namespace {

/// A detector that is evenly lit behind some water and iodine, drawn many times.
struct Sample {
  double mean_water = 0.0, mean_second = 0.0;
  double water = 0.0, both = 0.0, second = 0.0;  // variances and covariance
  double n = 0.0;
};
Sample draw(const Beam& beam, const Scanner& s, const MaterialDecomposition& calibration,
            double load, double water, double second, Index views) {
  const ScanGeometry g = geometry(s, views);
  const std::array paths{Path{"water", water, 0.0}, Path{"iodine", second, 1.0}};
  const auto cells = std::size_t(s.columns * s.rows);
  const std::size_t size = std::size_t(views) * cells, bins = beam.bins()->bins();
  std::vector<float> signal(size), quanta(size), higher((bins - 1) * size), counts(bins * size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto column = Index(i % cells) / s.rows;
    signal[i] = float(beam.transmission(column, paths));
    quanta[i] = float(beam.quanta(column, paths));
    for (std::size_t b = 1; b < bins; ++b)
      higher[(b - 1) * size + i] = float(beam.bin_signal(column, {b, b + 1}, paths));
  }
  const physics::Counting counting(g, beam, load * double(g.views_per_rotation),
                                   Stream{77, Draw::quantum}, isa());
  counting.read(0, views, signal, quanta, higher, counts);
  const Amounts found = part(calibration, counting, g, load, counts, isa());
  Sample out;
  out.n = double(size);
  for (std::size_t i = 0; i < size; ++i) {
    out.mean_water += double(found.water[i]) / out.n;
    out.mean_second += double(found.second[i]) / out.n;
  }
  for (std::size_t i = 0; i < size; ++i) {
    const double a = double(found.water[i]) - out.mean_water;
    const double b = double(found.second[i]) - out.mean_second;
    out.water += a * a / out.n;
    out.both += a * b / out.n;
    out.second += b * b / out.n;
  }
  return out;
}

Scanner small(std::vector<double> thresholds) {
  Scanner s = counting_scanner(16, std::move(thresholds));
  s.columns = 24;
  s.column_offset = 0.0;
  s.bowtie = {};
  return s;
}

}  // namespace

TEST_CASE("noise is that of Cramer and Rao's bound, and the mean is the truth", "[full]") {
  const Material iodine = material("iodine");
  for (const std::vector<double>& thresholds :
       {std::vector{25.0, 65.0}, std::vector{20.0, 45.0, 65.0, 85.0}}) {
    const Scanner s = small(thresholds);
    const Beam beam(s, 120.0, std::span(&iodine, 1));
    const MaterialDecomposition calibration(beam, iodine);
    // Behind 200 mm of water a reading of 80 mAs has a thousand counts, behind 320 about a hundred.
    for (const auto& [water, second, load, tolerance] :
         {std::array{200.0, 0.0, 80.0 / 984, 0.02},
          {200.0, 100.0 * mg_per_cm2, 80.0 / 984, 0.02},
          {320.0, 0.0, 320.0 / 984, 0.02},
          {320.0, 0.0, 80.0 / 984, 0.04}}) {
      const Sample found = draw(beam, s, calibration, load, water, second, 400);
      const auto bound = calibration.bound(beam, 12, load, water, second);
      CAPTURE(thresholds.size(), water, second, load, std::sqrt(bound.second) / mg_per_cm2,
              (found.mean_second - second) / mg_per_cm2, found.mean_water - water,
              found.water / bound.water, found.second / bound.second, found.both / bound.both);
      // A variance of 150,000 samples has a standard error of 0.4 %; the rest is what the bound
      // leaves out: terms of the second order in 1 / counts.
      CHECK(std::abs(found.water / bound.water - 1.0) < tolerance);
      CHECK(std::abs(found.second / bound.second - 1.0) < tolerance);
      CHECK(std::abs(found.both / bound.both - 1.0) < tolerance);
      // Unbiased to a hundredth of the noise, and four standard errors.
      const double bias = 0.01 + 4.0 / std::sqrt(found.n);
      CHECK(std::abs(found.mean_second - second) < bias * std::sqrt(bound.second));
      CHECK(std::abs(found.mean_water - water) < bias * std::sqrt(bound.water));
    }
  }
}

TEST_CASE("more bins bring the bound down, a higher load in proportion") {
  const Material iodine = material("iodine");
  const auto bound = [&](std::vector<double> thresholds, double load) {
    const Scanner s = small(std::move(thresholds));
    const Beam beam(s, 120.0, std::span(&iodine, 1));
    return MaterialDecomposition(beam, iodine).bound(beam, 12, load, 250.0, 0.0);
  };
  const auto two = bound({25, 65}, 0.1), three = bound({25, 45, 65}, 0.1);
  CHECK(three.second < two.second);
  CHECK(three.water < two.water);
  CHECK(two.both < 0.0);  // more of the one is less of the other
  CHECK(bound({25, 65}, 0.4).second == Approx(0.25 * two.second));
}

TEST_CASE("the covariance of a cell's bins is that of the whole spectrum's response within 1 %") {
  const Scanner s = small({25, 65});
  const Beam beam(s, 120.0, {});
  const auto& spectrum = beam.incident();
  const physics::CountingResponse r(*s.detector.sensor, s.column_pitch, s.row_pitch,
                                    spectrum.energies);
  for (const double water : {0.0, 100.0, 300.0}) {
    double counts[2] = {}, variance = 0.0, exact[2][2] = {};
    for (std::size_t e = 0; e < spectrum.energies.size(); ++e) {
      const double photons =
          spectrum.fluence[e] *
          math::exp(-physics::linear_attenuation(material("water"), spectrum.energies[e]) * water);
      variance += photons * r.variance(e);
      for (std::size_t b = 0; b < 2; ++b) {
        counts[b] += photons * r.counts(e, b);
        exact[b][b] += photons * (r.counts(e, b) + 2.0 * r.pairs(e, physics::PairOf::cell, b, b));
      }
      exact[0][1] += photons * r.pairs(e, physics::PairOf::cell, 0, 1);
    }
    const auto found = beam.bins()->covariance(counts, variance);
    const double scale = counts[0] + counts[1];
    CHECK(std::abs(found[0] - exact[0][0]) < 0.01 * exact[0][0]);
    CHECK(std::abs(found[3] - exact[1][1]) < 0.01 * exact[1][1]);
    CHECK(std::abs(found[1] - exact[0][1]) < 0.01 * scale);
    CHECK(found[1] == found[2]);
    CHECK(found[1] > 0.0);  // one photon counts in both
  }
}

TEST_CASE("readings without photons, or without a number, give amounts that are finite") {
  const Material iodine = material("iodine");
  const Scanner s = small({25, 65});
  const Beam beam(s, 120.0, std::span(&iodine, 1));
  const MaterialDecomposition calibration(beam, iodine);
  ScanGeometry g = geometry(s, 1);
  const std::size_t cells = std::size_t(s.columns * s.rows);
  const double load = 80.0 / 984;
  const auto parted = [&](float low, float high) {
    std::vector<float> in(cells, low), a(cells), b(cells);
    in.resize(2 * cells, high);
    calibration(g, std::span(&load, 1), in, recon::Readings::drawn, isa(), a, b);
    return std::pair(double(a[5]), double(b[5]));
  };
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinite = std::numeric_limits<float>::infinity();
  for (const float low : {0.0f, 1e-7f, 1.0f, 50.0f, nan, infinite, -1.0f})
    for (const float high : {0.0f, 1e-7f, 1.0f, 50.0f, nan, infinite, -1.0f}) {
      const auto [a, b] = parted(low, high);
      CAPTURE(low, high, a, b);
      CHECK(std::isfinite(a));
      CHECK(std::isfinite(b));
    }
  // Nothing counted: much water, and of iodine no more than the spread it is held in.
  const auto [water, second] = parted(0.0f, 0.0f);
  CHECK(water > 300.0);
  CHECK(std::abs(second) < 60.0 * mg_per_cm2);
  // A held ray has less iodine than it would have at a load that gives it counts.
  const double more = 1000.0 * load;
  std::vector<float> dim(2 * cells, 1e-4f), a(cells), free(cells), held(cells);
  std::fill(dim.begin(), dim.begin() + Index(cells), 2e-5f);
  calibration(g, std::span(&more, 1), dim, recon::Readings::drawn, isa(), a, free);
  calibration(g, std::span(&load, 1), dim, recon::Readings::drawn, isa(), a, held);
  CHECK(std::abs(held[5]) < std::abs(free[5]));
}

TEST_CASE("amounts depend on neither blocks nor lanes, and levels of instructions agree") {
  const Material iodine = material("iodine");
  const Scanner s = small({25, 50, 75});
  const Beam beam(s, 120.0, std::span(&iodine, 1));
  const MaterialDecomposition calibration(beam, iodine);
  const Index views = 6;
  const ScanGeometry g = geometry(s, views);
  const std::size_t cells = std::size_t(s.columns * s.rows), size = std::size_t(views) * cells;
  std::vector<float> in(3 * size), a(size), b(size);
  Rng rng(Stream{3, Draw::test}, 0);
  for (float& each : in) each = float(math::exp(-rng.uniform(0.0, 6.0)));
  const std::vector<double> loads(std::size_t(views), 0.1);
  calibration(g, loads, in, recon::Readings::drawn, isa(), a, b);
  for (Index v = 0; v < views; ++v) {
    std::vector<float> one(3 * cells), x(cells), y(cells);
    for (std::size_t bin = 0; bin < 3; ++bin)
      std::copy_n(in.begin() + Index(bin * size) + v * Index(cells), cells,
                  one.begin() + Index(bin * cells));
    calibration(g, std::span(loads).first(1), one, recon::Readings::drawn, isa(), x, y);
    REQUIRE(std::equal(x.begin(), x.end(), a.begin() + v * Index(cells)));
    REQUIRE(std::equal(y.begin(), y.end(), b.begin() + v * Index(cells)));
  }
  std::vector<float> x(size), y(size);
  // Readings that are in no spectrum's reach have no such agreement: those of materials have.
  for (std::size_t i = 0; i < cells; ++i) {
    const std::array paths{Path{"water", rng.uniform(0.0, 350.0), 0.0},
                           Path{"iodine", rng.uniform(0.0, 200.0) * mg_per_cm2, 1.0}};
    for (std::size_t bin = 0; bin < 3; ++bin)
      in[bin * size + i] = float(beam.bin_signal(Index(i) / s.rows, {bin, bin + 1}, paths));
  }
  calibration(g, loads, in, recon::Readings::drawn, isa(), a, b);
  calibration(g, loads, in, recon::Readings::drawn, Isa::portable, x, y);
  for (std::size_t i = 0; i < cells; ++i) {
    REQUIRE(std::abs(x[i] - a[i]) < 0.01f);
    REQUIRE(std::abs(y[i] - b[i]) < 0.05f * float(mg_per_cm2));
  }
}

TEST_CASE("one bin, or a material that the beam does not know, is an error") {
  const Material iodine = material("iodine");
  const Scanner one = small({25});
  const Beam beam(one, 120.0, std::span(&iodine, 1));
  CHECK_THROWS_WITH(MaterialDecomposition(beam, iodine), Catch::Contains("two thresholds"));
  const Beam plain(small({25, 65}), 120.0, {});
  CHECK_THROWS_WITH(MaterialDecomposition(plain, iodine), Catch::Contains("iodine"));
}
