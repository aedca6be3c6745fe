// Scans of a photon-counting detector: bins along rays, drawn counts, pile-up.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <vector>

#include "fixture.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/physics/counting/acquire.hpp"
#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/projector.hpp"

using namespace vitrine;
using namespace vitrine::physics;

namespace {

Isa isa() { return best_isa(); }

Scanner counting_scanner(Index columns = 24, Index rows = 16) {
  Scanner s = test::scanner();
  s.columns = columns;
  s.rows = rows;
  s.column_pitch = 0.3;
  s.row_pitch = 0.35;
  s.column_offset = 0.0;
  s.bowtie = {};
  s.detector.kind = "photon_counting";
  CountingSensor sensor;
  sensor.thresholds = {25.0, 60.0};
  sensor.charge_cloud = 0.03;
  sensor.electronic_noise = 2.0;
  s.detector.sensor = sensor;
  return s;
}

/// What the whole spectrum makes behind some water, per mAs and cell: an independent sum.
struct Truth {
  std::vector<double> counts;
  double variance = 0.0;  // of a large area
  /// Covariance of the counts of 1 mAs: bins b and c, of cells so many columns and rows apart.
  std::array<std::array<double, 4>, 4> covariance{};  // [same, column, row, diagonal][b * 2 + c]
};
Truth truth(const Scanner& s, const Beam& beam, double water) {
  const auto& spectrum = beam.incident();
  const CountingResponse r(*s.detector.sensor, s.column_pitch, s.row_pitch, spectrum.energies);
  const double metre = 1000.0 / s.source_to_detector;
  const double area = metre * metre * s.column_pitch * s.row_pitch * s.detector.fill_factor;
  Truth t;
  t.counts.assign(r.bins(), 0.0);
  for (std::size_t e = 0; e < spectrum.energies.size(); ++e) {
    const double photons =
        spectrum.fluence[e] * Spectrum::bin_width * area *
        math::exp(-linear_attenuation(material("water"), spectrum.energies[e]) * water);
    for (std::size_t b = 0; b < r.bins(); ++b) t.counts[b] += photons * r.counts(e, b);
    t.variance += photons * r.variance(e);
    if (r.bins() != 2) continue;
    for (std::size_t b = 0; b < 2; ++b)
      for (std::size_t c = 0; c < 2; ++c) {
        // Sum over photons of E[n_b n_c]: unordered pairs count for both orders.
        const double same = r.pairs(e, PairOf::cell, std::min(b, c), std::max(b, c));
        t.covariance[0][b * 2 + c] += photons * (b == c ? r.counts(e, b) + 2.0 * same : same);
        t.covariance[1][b * 2 + c] += photons * r.pairs(e, PairOf::columns, b, c);
        t.covariance[2][b * 2 + c] += photons * r.pairs(e, PairOf::rows, b, c);
        t.covariance[3][b * 2 + c] += photons * r.pairs(e, PairOf::diagonal, b, c);
      }
  }
  return t;
}

/// Views of an evenly lit detector behind some water.
struct Even {
  ScanGeometry geometry;
  std::vector<float> signal, quanta, higher, counts;
};
Even even(const Scanner& s, const Truth& air, const Truth& here, Index views) {
  Even e{test::geometry(s, views), {}, {}, {}, {}};
  const auto size = std::size_t(views * s.columns * s.rows);
  const auto sum = [](const Truth& t) {
    double all = 0.0;
    for (const double c : t.counts) all += c;
    return all;
  };
  e.signal.assign(size, float(sum(here) / sum(air)));
  e.quanta.assign(size, float(sum(here) * sum(here) / here.variance));
  for (std::size_t b = 1; b < here.counts.size(); ++b)
    e.higher.insert(e.higher.end(), size, float(here.counts[b] / air.counts[b]));
  e.counts.resize(size * here.counts.size());
  return e;
}

}  // namespace

TEST_CASE("bins behind water are those of the whole spectrum, and sum to the signal") {
  Scanner s = counting_scanner(16, 8);
  s.detector.sensor->thresholds = {20.0, 45.0, 60.0, 75.0};
  const Beam beam(s, 120.0, {});
  REQUIRE(beam.bins());
  const Truth air = truth(s, beam, 0.0);
  for (std::size_t b = 0; b < 4; ++b)
    CHECK(std::abs(beam.bins()->air(8, {b, b + 1}) / air.counts[b] - 1.0) < 1e-9);
  for (const double water : {10.0, 100.0, 200.0, 350.0}) {
    const Truth here = truth(s, beam, water);
    for (std::size_t b = 0; b < 4; ++b) {
      CAPTURE(water, b);
      // Line integrals within 3e-4: 0.3 HU in 100 mm of water.
      CHECK(std::abs(math::log(beam.water_signal(8, {b, b + 1}, water) /
                               (here.counts[b] / air.counts[b]))) < 3e-4);
    }
    CHECK(std::abs(beam.water_signal(8, {0, 4}, water) - beam.water_signal(8, water)) < 1e-9);
  }
}

TEST_CASE("low bins have lower reference energies, and counts lower ones than keV") {
  const Scanner s = counting_scanner(16, 8);
  const Beam counting(s, 120.0, {});
  Scanner integrating = s;
  integrating.detector = {};
  const Beam keV(integrating, 120.0, {});
  const double low = counting.reference({0, 1}).energy, high = counting.reference({1, 2}).energy;
  const double total = counting.reference({0, 2}).energy;
  CHECK(low < total);
  CHECK(total < high);
  CHECK(total < keV.effective_energy());
  CHECK(std::abs(total - counting.effective_energy()) < 1e-6);
}

TEST_CASE("the projector's bins are those of the beam, and leave the total as it is") {
  const Scanner s = counting_scanner(24, 16);
  test::SceneBuilder b({"water"});
  b.term({b.add(Solid::Kind::cylinder, {0, 0, 0}, {60, 60, 400})}, 0, 1e-3);
  const Beam beam(s, 120.0, b.scene.materials);
  const ScanGeometry g = test::geometry(s, 3);
  for (const Sampling sampling : {Sampling{1, 1, 1}, Sampling{2, 2, 1}, Sampling{1, 1, 2}}) {
    const Exposure e = expose(b.scene, g, beam, sampling, isa());
    REQUIRE(e.higher.size() == e.signal.values().size());
    const auto middle = std::size_t(12 * 16 + 8);
    CHECK(std::abs(double(e.signal.values()[middle]) / beam.water_signal(12, 120.0) - 1.0) < 2e-4);
    CHECK(std::abs(double(e.higher[middle]) / beam.water_signal(12, {1, 2}, 120.0) - 1.0) < 2e-4);
  }
}

TEST_CASE("drawn counts have the response's means and covariances within 1 %", "[full]") {
  const Scanner s = counting_scanner(24, 16);
  const Beam beam(s, 120.0, {});
  const Truth air = truth(s, beam, 0.0);
  struct Case {
    double water, counts;  // of the lower bin
  };
  for (const Case& c : {Case{0.0, 4000.0}, Case{250.0, 200.0}, Case{250.0, 2.0}}) {
    CAPTURE(c.water, c.counts);
    const Truth here = truth(s, beam, c.water);
    const double mas = c.counts / here.counts[0];
    const Index views = 3000;
    Even e = even(s, air, here, views);
    const Counting counting(e.geometry, beam, mas * double(e.geometry.views_per_rotation),
                            Stream{11, Draw::quantum}, isa());
    counting.read(0, views, e.signal, e.quanta, e.higher, e.counts);
    const auto size = e.signal.size();
    std::array<double, 2> mean{};
    for (std::size_t b = 0; b < 2; ++b) {
      for (std::size_t i = 0; i < size; ++i) mean[b] += double(e.counts[b * size + i]);
      mean[b] /= double(size);
      CHECK(std::abs(mean[b] / (here.counts[b] * mas) - 1.0) < 0.002);
    }
    if (c.counts < 10.0)  // few counts are whole numbers
      for (std::size_t i = 0; i < 1000; ++i) REQUIRE(e.counts[i] == std::floor(e.counts[i]));
    const Index apart[4][2] = {{0, 0}, {1, 0}, {0, 1}, {1, 1}};
    for (int k = 0; k < 4; ++k)
      for (std::size_t b = 0; b < 2; ++b)
        for (std::size_t d = 0; d < 2; ++d) {
          double sum = 0.0;
          Index n = 0;
          for (Index v = 0; v < views; ++v)
            for (Index col = 0; col + apart[k][0] < 24; ++col)
              for (Index row = 0; row + apart[k][1] < 16; ++row, ++n) {
                const auto at = std::size_t((v * 24 + col) * 16 + row);
                const auto to = std::size_t((v * 24 + col + apart[k][0]) * 16 + row + apart[k][1]);
                sum += (double(e.counts[b * size + at]) - mean[b]) *
                       (double(e.counts[d * size + to]) - mean[d]);
              }
          const double expected = here.covariance[std::size_t(k)][b * 2 + d] * mas;
          const double scale =
              std::sqrt(here.covariance[0][b * 2 + b] * here.covariance[0][d * 2 + d]) * mas;
          CAPTURE(k, b, d, expected / scale, sum / double(n) / scale);
          // 1 % of the covariance, and four standard errors of a million samples.
          CHECK(std::abs(sum / double(n) - expected) <
                0.01 * expected + 4.0 * 1.5 * scale / std::sqrt(double(n)));
        }
  }
}

TEST_CASE("rates of pairs behind mixtures are those of the whole spectrum within 1 %", "[full]") {
  for (const std::vector<double>& thresholds :
       {std::vector{25.0}, std::vector{25.0, 60.0}, std::vector{20.0, 45.0, 60.0, 75.0}}) {
    Scanner s = counting_scanner(16, 8);
    s.detector.sensor->thresholds = thresholds;
    s.detector.sensor->fluorescence = s.detector.sensor->scatter = 1.0;
    s.detector.sensor->columns = 2;
    s.column_pitch = 0.6;
    const auto bone = material("cortical_bone"), iodine = material("iodine 20 mg/ml");
    const Beam beam(s, 120.0, std::vector{bone, iodine});
    const CountingBins& bins = *beam.bins();
    const auto& spectrum = beam.incident();
    const CountingResponse r(*s.detector.sensor, s.column_pitch, s.row_pitch, spectrum.energies);
    struct Path {
      double water, bone, iodine;
    };
    for (const Path& path : {Path{0, 0, 0}, Path{100, 0, 0}, Path{350, 0, 0}, Path{200, 30, 0},
                             Path{200, 0, 20}, Path{250, 20, 10}}) {
      std::vector<double> left;
      for (std::size_t e = 0; e < spectrum.energies.size(); ++e) {
        const double energy = spectrum.energies[e];
        left.push_back(spectrum.fluence[e] *
                       math::exp(-linear_attenuation(material("water"), energy) * path.water -
                                 linear_attenuation(bone, energy) * path.bone -
                                 linear_attenuation(iodine, energy) * path.iodine));
      }
      const auto sum = [&](const auto& of_photon) {
        double all = 0.0;
        for (std::size_t e = 0; e < left.size(); ++e) all += left[e] * of_photon(e);
        return all;
      };
      const double total = sum([&](std::size_t e) { return r.total(e); });
      std::vector<double> known{total, sum([&](std::size_t e) { return r.variance(e); }) - total};
      for (std::size_t b = 1; b < bins.bins(); ++b)
        known.push_back(sum([&](std::size_t e) { return r.counts(e, b); }));
      for (std::size_t k = 1; k <= bins.bins(); ++k) known.push_back(known[k] * known[k] / total);
      const float* factor = bins.coefficients().data();
      for (const BinPair& pair : bins.pairs()) {
        const PairOf kind = pair.columns == 0 ? (pair.rows == 0 ? PairOf::cell : PairOf::rows)
                            : pair.rows == 0  ? PairOf::columns
                            : pair.rows == 1  ? PairOf::diagonal
                                              : PairOf::antidiagonal;
        const double exact =
            sum([&](std::size_t e) { return r.pairs(e, kind, pair.first, pair.second); });
        double rate = 0.0;
        for (const double k : known) rate += double(*factor++) * k;
        CAPTURE(thresholds.size(), path.water, path.bone, path.iodine, pair.columns, pair.rows,
                pair.first, pair.second, rate / total, exact / total);
        CHECK(std::abs(rate - exact) < 0.01 * exact + 2e-4 * total);
      }
    }
  }
}

TEST_CASE("counts depend on neither threads nor blocks, and differ from scan to scan") {
  const Scanner s = counting_scanner(24, 13);
  const Beam beam(s, 120.0, {});
  const Truth air = truth(s, beam, 0.0), here = truth(s, beam, 150.0);
  Even e = even(s, air, here, 12);
  const double load = 50.0 / here.counts[0] * double(e.geometry.views_per_rotation);
  const Counting counting(e.geometry, beam, load, Stream{3, Draw::quantum}, isa());
  counting.read(0, 12, e.signal, e.quanta, e.higher, e.counts);
  const auto cells = std::size_t(24 * 13);
  std::vector<float> part(2 * 5 * cells);
  counting.read(4, 5, std::span(e.signal).subspan(0, 5 * cells),
                std::span(e.quanta).subspan(0, 5 * cells),
                std::span(e.higher).subspan(0, 5 * cells), part);
  for (std::size_t b = 0; b < 2; ++b)
    for (std::size_t i = 0; i < 5 * cells; ++i)
      REQUIRE(part[b * 5 * cells + i] == e.counts[b * 12 * cells + 4 * cells + i]);
  std::vector<float> other(e.counts.size());
  Counting(e.geometry, beam, load, Stream{4, Draw::quantum}, isa())
      .read(0, 12, e.signal, e.quanta, e.higher, other);
  CHECK(other != e.counts);
}

TEST_CASE("counts have the same bits eight and sixteen rows at a time") {
  for (const std::vector<double>& thresholds :
       {std::vector{25.0}, std::vector{25.0, 60.0}, std::vector{20.0, 45.0, 60.0, 75.0}})
    for (const Index rows : {64, 20}) {
      Scanner s = counting_scanner(24, rows);
      s.detector.sensor->thresholds = thresholds;
      const Beam beam(s, 120.0, {});
      const Truth air = truth(s, beam, 0.0), here = truth(s, beam, 150.0);
      Even e = even(s, air, here, 3);
      // From none to thousands of counts, so that both ways to draw them meet in one vector.
      for (std::size_t i = 0; i < e.signal.size(); ++i) {
        const auto lit = float((i * 7919) % 1000) * 0.003f;
        e.signal[i] *= lit;
        e.quanta[i] *= lit;
        for (std::size_t b = 1; b < thresholds.size(); ++b)
          e.higher[(b - 1) * e.signal.size() + i] *= lit;
      }
      const double load = 1000.0 / here.counts[0] * double(e.geometry.views_per_rotation);
      const Counting counting(e.geometry, beam, load, Stream{3, Draw::quantum}, isa());
      physics::detail::most_lanes_at_once() = 8;
      counting.read(0, 3, e.signal, e.quanta, e.higher, e.counts);
      const std::vector<float> narrow = e.counts;
      physics::detail::most_lanes_at_once() = 16;
      counting.read(0, 3, e.signal, e.quanta, e.higher, e.counts);
      CAPTURE(thresholds.size(), rows);
      CHECK(std::ranges::equal(narrow, e.counts));
    }
}

TEST_CASE("few counts are never many: inversion ends where sums of probabilities do") {
  // 20 counts and more of a mean of 1.2 have a probability of 1e-17; these are 3 million numbers,
  // of which one in 10 million or so used to run on to 99.
  const Scanner s = counting_scanner(256, 64);
  const Beam beam(s, 120.0, {});
  const Truth air = truth(s, beam, 0.0), here = truth(s, beam, 200.0);
  Even e = even(s, air, here, 100);
  const double load = 0.5 / here.counts[0] * double(e.geometry.views_per_rotation);
  for (const std::uint64_t seed : {1u, 2u}) {
    const Counting counting(e.geometry, beam, load, Stream{seed, Draw::quantum}, isa());
    counting.read(0, 100, e.signal, e.quanta, e.higher, e.counts);
    CAPTURE(seed);
    CHECK(*std::ranges::max_element(e.counts) < 20.0f);
  }
}

TEST_CASE("pile-up's means and variances are those of pulses drawn one by one") {
  for (const char* kind : {"paralysable", "non_paralysable"})
    for (const double x : {0.02, 0.15, 0.4}) {
      PileUp how;
      how.kind = kind;
      const PileUpCurve curve(how);
      // Arrivals at rate x per dead time, counted over many windows of 2000 dead times.
      Rng rng(Stream{21, Draw::test}, std::uint64_t(x * 1000));
      constexpr int windows = 4000;
      constexpr double length = 1000.0;
      double sum = 0.0, square = 0.0;
      for (int w = 0; w < windows; ++w) {
        double counted = 0.0, dead_until = -1.0;
        for (double t = -10.0;;) {
          t -= math::log(1.0 - rng.uniform()) / x;
          if (t > length) break;
          const bool alive = t >= dead_until;
          if (alive || how.kind == "paralysable") dead_until = t + 1.0;
          counted += alive && t >= 0.0;
        }
        sum += counted;
        square += counted * counted;
      }
      const double mean = sum / windows, variance = square / windows - mean * mean;
      const double slope =
          how.kind == "paralysable" ? (1.0 - x) * math::exp(-x) : 1.0 / ((1.0 + x) * (1.0 + x));
      const double expected = x * length * (slope * slope + curve.further_variance(x));
      CAPTURE(kind, x, mean, variance, expected);
      CHECK(std::abs(mean / (x * length * curve.kept(x)) - 1.0) < 0.01);
      CHECK(std::abs(variance / expected - 1.0) < 0.1);  // 4 standard errors of 4000 windows
      CHECK(std::abs(curve.true_rate(x * curve.kept(x)) - x) < 1e-9);
    }
}

TEST_CASE("corrected pile-up leaves the mean, none leaves the counts") {
  Scanner s = counting_scanner(16, 8);
  s.detector.sensor->charge_cloud = 0.0;  // no pairs
  ScanGeometry g = test::geometry(s, 40);
  for (Index v = 0; v < 40; ++v) g.view_times.push_back(500e-6 * double(v));
  const Stream noise{5, Draw::quantum};
  const Beam clean(s, 120.0, {});
  const Truth air = truth(s, clean, 0.0), here = truth(s, clean, 50.0);
  Even e = even(s, air, here, 40);
  const double counts_per_mas = air.counts[0] + air.counts[1];
  // 10 million counts a second and pixel in air.
  const double load = 10e6 * 500e-6 / counts_per_mas * double(g.views_per_rotation);
  const auto mean = [&](const Beam& beam, bool noiseless) {
    const Counting counting(g, beam, load, noise, isa(), {.noiseless = noiseless});
    counting.read(0, 40, e.signal, e.quanta, e.higher, e.counts);
    std::vector<float> out(e.signal.size());
    counting.air().relative(0, 40, e.counts, {0, 2}, out);
    double sum = 0.0;
    for (const float value : out) sum += double(value);
    return sum / double(out.size());
  };
  const double truth_mean = double(e.signal.front());
  CHECK(std::abs(mean(clean, true) / truth_mean - 1.0) < 1e-5);
  s.detector.sensor->pile_up = PileUp{30e-9, "paralysable", 1.0};
  const Beam corrected(s, 120.0, {});
  CHECK(std::abs(mean(corrected, true) / truth_mean - 1.0) < 1e-5);
  CHECK(std::abs(mean(corrected, false) / truth_mean - 1.0) < 2e-3);
  s.detector.sensor->pile_up->correction = 0.0;
  const Beam left(s, 120.0, {});
  // exp(-x T) / exp(-x) with x = 0.3 in air.
  CHECK(std::abs(mean(left, true) / (truth_mean * math::exp(0.3 * (1.0 - truth_mean))) - 1.0) <
        1e-4);
  s.detector.sensor->pile_up->dead_time = 0.0;
  CHECK(mean(Beam(s, 120.0, {}), false) == mean(clean, false));
  s.detector.sensor->pile_up->dead_time = 120e-9;
  CHECK_THROWS_WITH(mean(Beam(s, 120.0, {}), false), Catch::Contains("million counts per second") &&
                                                         Catch::Contains("Lower the tube load to"));
}

TEST_CASE("thresholds beyond the tube voltage are an error") {
  Scanner s = counting_scanner(16, 8);
  s.detector.sensor->thresholds = {25.0, 85.0};
  CHECK_THROWS_WITH(Beam(s, 80.0, {}), Catch::Contains("85 keV"));
}
