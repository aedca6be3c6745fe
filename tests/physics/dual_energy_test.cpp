// Two scans at different tube voltages that become amounts of two materials: exact without noise,
// as good as can be with it.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>

#include "physics/spectral_phantom.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/physics/detect.hpp"

using namespace vitrine;
using namespace vitrine::test;
using physics::Beam;
using physics::Path;
using recon::MaterialDecomposition;

namespace {

constexpr std::array voltages{80.0, 140.0};

Scanner integrating(Index rows) {
  Scanner s = counting_scanner(rows, {25});
  s.detector.sensor.reset();
  return s;
}

/// Both beams, which share their rays.
struct Pair {
  Pair(const Scanner& s, const Material& second)
      : first(s, voltages[0], std::span(&second, 1), voltages),
        other(s, voltages[1], std::span(&second, 1), voltages) {}
  Beam first, other;
};

ScanGeometry geometry(const Scanner& s, Index views) {
  ScanGeometry g = hardware_geometry(s);
  for (Index v = 0; v < views; ++v) {
    g.view_angles.push_back(0.01 * double(v));
    g.table_positions.push_back(0.0);
  }
  return g;
}

}  // namespace

TEST_CASE("noiseless scans at 80 and 140 kV give back both materials to 2e-5 line integrals") {
  for (const char* name : {"iodine", "calcium"}) {
    const Material second = material(name);
    const Scanner s = integrating(1);
    const Pair beams(s, second);
    CHECK(beams.first.shares_rays_with(beams.other));
    const MaterialDecomposition calibration(beams.first, beams.other, 0.25, second);
    const ScanGeometry g = geometry(s, 1);
    const double load = 1000.0;
    const double mu_water = physics::linear_attenuation(material("water"), recon::basis_energy);
    const double mu_second = physics::mass_attenuation(second, recon::basis_energy);
    double worst_water = 0.0, worst_second = 0.0;
    for (const double water : {0.0, 20.0, 100.0, 200.0, 320.0, 400.0})
      for (const double amount : {-20.0, 0.0, 10.0, 100.0, 300.0}) {
        const std::array paths{Path{"water", water, 0.0}, Path{name, amount * mg_per_cm2, 1.0}};
        std::vector<float> in, a(std::size_t(s.columns)), b(a.size());
        for (const Beam* beam : {&beams.first, &beams.other})
          for (Index c = 0; c < s.columns; ++c) in.push_back(float(beam->transmission(c, paths)));
        calibration(g, std::span(&load, 1), in, recon::Readings::expected, isa(), a, b);
        for (std::size_t c = 0; c < a.size(); ++c) {
          worst_water = std::max(worst_water, mu_water * std::abs(double(a[c]) - water));
          worst_second =
              std::max(worst_second, mu_second * std::abs(double(b[c]) - amount * mg_per_cm2));
        }
      }
    CAPTURE(name, worst_water, worst_second);
    // The same model forward and back, as with bins: 32-bit numbers, times about 20.
    CHECK(worst_water < 2e-5);
    CHECK(worst_second < 2e-5);
  }
}

TEST_CASE("noise of two scans is that of Cramer and Rao's bound, and the mean the truth",
          "[full]") {
  const Material iodine = material("iodine");
  Scanner s = integrating(16);
  s.columns = 24;
  s.column_offset = 0.0;
  s.bowtie = {};
  const Pair beams(s, iodine);
  constexpr double share = 0.25;
  const MaterialDecomposition calibration(beams.first, beams.other, share, iodine);
  const Index views = 400;
  const ScanGeometry g = geometry(s, views);
  const auto cells = std::size_t(s.columns * s.rows), size = std::size_t(views) * cells;
  for (const auto& [water, second, load, tolerance] :
       {std::array{200.0, 0.0, 135.0 / 984, 0.02},
        {200.0, 100.0 * mg_per_cm2, 135.0 / 984, 0.02},
        {320.0, 0.0, 540.0 / 984, 0.02},
        {320.0, 0.0, 135.0 / 984, 0.05}}) {
    const std::array paths{Path{"water", water, 0.0}, Path{"iodine", second, 1.0}};
    std::vector<float> readings(2 * size), a(size), b(size);
    for (std::size_t scan = 0; scan < 2; ++scan) {
      const Beam& beam = scan == 0 ? beams.first : beams.other;
      std::vector<float> signal(size), quanta(size);
      for (std::size_t i = 0; i < size; ++i) {
        const auto column = Index(i % cells) / s.rows;
        signal[i] = float(beam.transmission(column, paths));
        quanta[i] = float(beam.quanta(column, paths));
      }
      physics::Acquisition acquisition(
          g, beam, load * (scan == 0 ? 1.0 : share) * double(g.views_per_rotation),
          Stream{91 + scan, Draw::quantum}, isa());
      acquisition.read(0, views, signal, quanta, std::span(readings).subspan(scan * size, size));
    }
    const std::vector<double> loads(std::size_t(views), load);
    calibration(g, loads, readings, recon::Readings::drawn, isa(), a, b);
    const auto moments = [&](const std::vector<float>& values) {
      double mean = 0.0, variance = 0.0;
      for (const float x : values) mean += double(x) / double(size);
      for (const float x : values)
        variance += (double(x) - mean) * (double(x) - mean) / double(size);
      return std::pair(mean, variance);
    };
    const auto [mean_water, var_water] = moments(a);
    const auto [mean_second, var_second] = moments(b);
    const auto bound = calibration.bound(beams.first, beams.other, share, 12, load, water, second);
    CAPTURE(water, second, load, std::sqrt(bound.second) / mg_per_cm2, var_water / bound.water,
            var_second / bound.second, (mean_second - second) / std::sqrt(bound.second),
            (mean_water - water) / std::sqrt(bound.water));
    // A variance of 150,000 samples has a standard error of 0.4 %; the rest is what the bound
    // leaves out: terms of the second order in 1 / quanta.
    CHECK(std::abs(var_water / bound.water - 1.0) < tolerance);
    CHECK(std::abs(var_second / bound.second - 1.0) < tolerance);
    // Unbiased to a hundredth of the noise, and four standard errors.
    const double bias = 0.01 + 4.0 / std::sqrt(double(size));
    CHECK(std::abs(mean_second - second) < bias * std::sqrt(bound.second));
    CHECK(std::abs(mean_water - water) < bias * std::sqrt(bound.water));
  }
}

TEST_CASE("voltages that lie farther apart bring the bound of two scans down") {
  const Material iodine = material("iodine");
  const Scanner s = integrating(1);
  const auto bound = [&](double low, double high, double load, double share) {
    const Beam first(s, low, std::span(&iodine, 1)), other(s, high, std::span(&iodine, 1));
    return MaterialDecomposition(first, other, share, iodine)
        .bound(first, other, share, s.columns / 2, load, 200.0, 0.0);
  };
  const auto far = bound(80.0, 140.0, 0.1, 0.25);
  CHECK(far.second < bound(100.0, 140.0, 0.1, 0.25).second);
  CHECK(far.both < 0.0);
  // By the load, but for the electronic noise, which goes by its square.
  const auto fourfold = bound(80.0, 140.0, 0.4, 0.25);
  CHECK(fourfold.second < 0.25 * far.second);
  CHECK(fourfold.second > 0.2 * far.second);
  CHECK(bound(80.0, 140.0, 0.1, 0.5).second < far.second);
}
