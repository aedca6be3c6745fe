#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "unit/physics/fixture.hpp"
#include "vitrine/physics/detect.hpp"

using namespace vitrine;
using namespace vitrine::physics;

namespace {

constexpr Stream noise{0x123456789abcdef0, Draw::quantum};

/// A small detector without a bowtie, so that air reads the same in all cells.
struct Bench {
  explicit Bench(Index views, const Detector& detector = {}, Index columns = 64, Index rows = 16)
      : scanner(even(detector, columns, rows)),
        geometry(test::geometry(scanner, views)),
        beam(scanner, 120.0, test::named({"water"})) {
    for (Index v = 0; v < views; ++v) geometry.view_times.push_back(0.5e-3 * (double(v) + 0.5));
  }
  static Scanner even(const Detector& detector, Index columns, Index rows) {
    Scanner s = test::scanner();
    s.columns = columns;
    s.rows = rows;
    s.bowtie = {};
    s.detector = detector;
    return s;
  }

  /// The same signal and quanta (per reading of 1 mAs per rotation) in all cells of all views.
  Exposure flat(float signal, double quanta) const {
    Exposure e{Sinogram<quantity::Signal>(geometry), Sinogram<quantity::Quanta>(geometry)};
    std::ranges::fill(e.signal.values(), signal);
    std::ranges::fill(e.quanta.values(), float(quanta * double(geometry.views_per_rotation)));
    return e;
  }
  Sinogram<quantity::Signal> read(const Exposure& e, const Conditions& conditions = {},
                                  Index block = 1000000, const Stream& chance = noise) const {
    Sinogram<quantity::Signal> out(geometry);
    Acquisition scan(geometry, beam, 1.0, chance, best_isa(), conditions);
    const Index cells = geometry.columns * geometry.rows;
    for (Index first = 0; first < geometry.views(); first += block) {
      const Index count = std::min(block, geometry.views() - first);
      const auto at = std::size_t(first * cells), size = std::size_t(count * cells);
      scan.read(first, count, e.signal.values().subspan(at, size),
                e.quanta.values().subspan(at, size), out.values().subspan(at, size));
    }
    return out;
  }
  Sinogram<quantity::Signal> mean(const Exposure& e) const {
    Conditions conditions;
    conditions.noiseless = true;
    return read(e, conditions);
  }
  /// keV that a cell reads of air in one reading.
  double air() const { return beam.air_signal(0) / double(geometry.views_per_rotation); }

  Scanner scanner;
  ScanGeometry geometry;
  Beam beam;
};

Detector quiet() {
  Detector d;
  d.electronic_noise = 0.0;
  return d;
}

double mean_of(std::span<const float> x) {
  double sum = 0.0;
  for (const float v : x) sum += double(v);
  return sum / double(x.size());
}

/// Mean of (x[i] - m)(x[i + lag] - m) over the cells of one view, along columns or rows.
double covariance(const Sinogram<quantity::Signal>& s, double mean, Index columns, Index rows) {
  const ScanGeometry& g = s.geometry();
  double sum = 0.0, count = 0.0;
  for (Index v = 0; v < g.views(); ++v) {
    const auto view = s.view(v);
    for (Index c = 2; c + 4 < g.columns; ++c)  // the edges keep what would leave
      for (Index r = 2; r + 4 < g.rows; ++r, count += 1.0)
        sum += (double(view[std::size_t(c * g.rows + r)]) - mean) *
               (double(view[std::size_t((c + columns) * g.rows + r + rows)]) - mean);
  }
  return sum / count;
}

bool equal(const Sinogram<quantity::Signal>& a, const Sinogram<quantity::Signal>& b) {
  return std::memcmp(a.values().data(), b.values().data(), a.values().size_bytes()) == 0;
}

}  // namespace

TEST_CASE("effects of strength 0 leave every bit of a scan") {
  Detector none;
  none.x_ray_crosstalk = none.optical_crosstalk = Crosstalk{};
  none.lag = Lag{{0.0, 0.0}, {1e-3, 0.1}};
  none.gain_drift = GainDrift{.spread = 0.0};
  none.dead_cells = DeadCells{};
  none.low_signal = LowSignal{0.0, 3};
  none.gain_spread = 0.1;  // which the calibration takes out
  const Bench with(5, none), without(5);
  const Exposure e = without.flat(0.3f, 200.0);
  Conditions constant;
  CHECK(equal(with.read(e, constant), without.read(e)));
  CHECK(equal(without.mean(e), e.signal));
}

TEST_CASE("effects do not depend on how the views are cut into blocks") {
  Detector all;
  all.x_ray_crosstalk = all.optical_crosstalk = Crosstalk{0.03, 0.02};
  all.lag = Lag{{0.05, 0.01}, {1e-3, 0.03}};
  all.gain_drift = GainDrift{};
  all.dead_cells = DeadCells{.share = 0.01};
  all.gain_spread = 0.1;
  all.converter = Converter{14, 2e6};
  all.air_scan = AirScan{};
  all.low_signal = LowSignal{1e7, 2};
  const Bench bench(12, all, 37, 9);
  const Exposure e = bench.flat(0.3f, 40.0);
  const auto whole = bench.read(e);
  CHECK(equal(whole, bench.read(e, {}, 5)));
  CHECK(equal(whole, bench.read(e, {}, 1)));
  CHECK_FALSE(equal(whole, bench.read(e, {}, 1, Stream{noise.key + 1, noise.draw})));
}

TEST_CASE("a Swank factor divides the quanta: variance = 1 / (factor N)") {
  Detector detector = quiet();
  detector.swank_factor = 0.8;
  const Bench bench(40, detector, 128, 32);
  for (const double quanta : {12.0, 400.0}) {
    const auto reading = bench.read(bench.flat(1.0f, quanta));
    const double n = double(reading.values().size());
    const double mean = mean_of(reading.values());
    CHECK(mean == Approx(1.0).margin(5.0 / std::sqrt(0.8 * quanta * n)));
    CHECK(covariance(reading, mean, 0, 0) * 0.8 * quanta == Approx(1.0).epsilon(0.03));
  }
}

TEST_CASE("crosstalk keeps the sum, and what is even") {
  Detector detector = quiet();
  detector.x_ray_crosstalk = Crosstalk{0.04, 0.02};
  detector.optical_crosstalk = Crosstalk{0.01, 0.03};
  const Bench bench(1, detector, 19, 7);
  Exposure e = bench.flat(0.5f, 1.0);
  const auto even = bench.mean(e);
  for (const float x : even.values()) REQUIRE(x == Approx(0.5).epsilon(1e-6));
  Rng rng(Stream{3, Draw::test}, 0);
  for (float& x : e.signal.values()) x = float(rng.uniform());
  CHECK(mean_of(bench.mean(e).values()) == Approx(mean_of(e.signal.values())).epsilon(1e-6));
  // A bright cell: k of it in either neighbour, k of those of the other direction.
  detector.optical_crosstalk.reset();
  const Bench one(1, detector, 19, 7);
  std::ranges::fill(e.signal.values(), 0.0f);
  e.signal.view(0)[9 * 7 + 3] = 1.0f;
  const auto seen = one.mean(e);
  const auto at = [&](Index c, Index r) { return double(seen.view(0)[std::size_t(c * 7 + r)]); };
  CHECK(at(9, 3) == Approx(0.92 * 0.96).epsilon(1e-6));
  CHECK(at(10, 3) == Approx(0.04 * 0.96).epsilon(1e-6));
  CHECK(at(9, 2) == Approx(0.92 * 0.02).epsilon(1e-6));
  CHECK(at(8, 4) == Approx(0.04 * 0.02).epsilon(1e-6));
  CHECK(at(11, 3) == 0.0);
}

TEST_CASE("crosstalk's noise has the covariance of its kernel, within 3 %") {
  constexpr double k = 0.06, l = 0.04, quanta = 500.0;
  Detector detector = quiet();
  detector.x_ray_crosstalk = Crosstalk{k, l};
  const Bench bench(60, detector, 200, 64);
  const auto reading = bench.read(bench.flat(1.0f, quanta));
  const double mean = mean_of(reading.values()), one = 1.0 / quanta;
  // Autocorrelation of (k, 1 - 2k, k): zero, one and two cells on.
  const auto own = [](double x) { return (1 - 2 * x) * (1 - 2 * x) + 2 * x * x; };
  const auto next = [](double x) { return 2 * x * (1 - 2 * x); };
  const double error = 4.0 * one / std::sqrt(60.0 * 194 * 58);  // of the estimate
  CHECK(covariance(reading, mean, 0, 0) == Approx(own(k) * own(l) * one).epsilon(0.03));
  CHECK(covariance(reading, mean, 1, 0) ==
        Approx(next(k) * own(l) * one).epsilon(0.03).margin(error));
  CHECK(covariance(reading, mean, 0, 1) ==
        Approx(own(k) * next(l) * one).epsilon(0.03).margin(error));
  CHECK(covariance(reading, mean, 1, 1) == Approx(next(k) * next(l) * one).margin(error));
  CHECK(covariance(reading, mean, 2, 0) == Approx(k * k * own(l) * one).margin(error));
  CHECK(covariance(reading, mean, 3, 0) == Approx(0.0).margin(error));
}

TEST_CASE("the response of lag to a step is the sum of its exponentials") {
  Detector detector = quiet();
  detector.lag = Lag{{0.06, 0.02}, {1.3e-3, 20e-3}};
  const Bench bench(200, detector, 16, 2);
  const Exposure e = bench.flat(1.0f, 1.0);
  const auto from_dark = bench.mean(e);
  detector.lag->before = "air";
  const Bench settled(200, detector, 16, 2);
  const auto from_air = settled.mean(e);
  const double reading = 0.5e-3;
  for (const Index v : {0, 1, 2, 7, 50, 199}) {
    // Late light of component b, tau in the reading after n others:
    // b (1 - mean of exp(-t / tau) over the reading).
    double expected = 1.0;
    for (std::size_t k = 0; k < 2; ++k) {
      const double tau = detector.lag->time_constants[k], a = reading / tau;
      expected -= detector.lag->fractions[k] * (1 - std::exp(-a)) / a * std::exp(-double(v) * a);
    }
    CHECK(double(from_dark.view(v)[5]) == Approx(expected).epsilon(2e-6));
    CHECK(double(from_air.view(v)[5]) == Approx(1.0).epsilon(2e-6));
  }
}

TEST_CASE("lag gives off all light, at the times of the views") {
  Detector detector = quiet();
  detector.lag = Lag{{0.3, 0.1}, {0.4e-3, 2e-3}};
  Bench bench(400, detector, 16, 2);
  Exposure e = bench.flat(0.0f, 1.0);
  std::ranges::fill(e.signal.view(3), 1.0f);
  const auto seen = bench.mean(e);
  double sum = 0.0;
  for (Index v = 0; v < 400; ++v) sum += double(seen.view(v)[7]);
  CHECK(sum == Approx(1.0).epsilon(1e-6));
  // A pause of 5 ms after view 10 leaves exp(-5 ms / tau) of each component.
  Bench paused = bench;
  for (std::size_t v = 11; v < 400; ++v) paused.geometry.view_times[v] += 5e-3;
  const auto later = paused.mean(e);
  double expected = 0.0;
  for (std::size_t k = 0; k < 2; ++k) {
    const double tau = detector.lag->time_constants[k], a = 0.5e-3 / tau;
    const double rise = (1 - std::exp(-a)) / a;
    expected += detector.lag->fractions[k] * rise * std::exp(-7 * a) * std::exp(-5e-3 / tau) *
                (1 - std::exp(-a));
  }
  CHECK(double(later.view(11)[7]) == Approx(expected).epsilon(1e-4));
  bench.geometry.view_times.clear();
  CHECK_THROWS_WITH(bench.mean(e), Catch::Contains("lag needs the times"));
}

TEST_CASE("electronic noise comes after crosstalk, which leaves it uncorrelated") {
  Detector detector;
  detector.optical_crosstalk = Crosstalk{0.1, 0.1};
  const Bench bench(30, detector, 128, 32);
  const auto reading = bench.read(bench.flat(0.0f, 1e7));
  const double expected = detector.electronic_noise / bench.air();
  CHECK(std::sqrt(covariance(reading, 0.0, 0, 0)) == Approx(expected).epsilon(0.02));
  const double margin = 4.0 * expected * expected / std::sqrt(30.0 * 122 * 26);
  CHECK(covariance(reading, 0.0, 1, 0) == Approx(0.0).margin(margin));
  CHECK(covariance(reading, 0.0, 0, 1) == Approx(0.0).margin(margin));
}

TEST_CASE("gains that the calibration knows cancel, those that drifted stay") {
  Detector detector = quiet();
  detector.gain_spread = 0.2;
  detector.converter = Converter{31, 1e9};
  const Bench known(1, detector);
  const Exposure e = known.flat(0.25f, 1.0);
  const auto even = known.mean(e);
  for (const float x : even.values()) REQUIRE(x == Approx(0.25).epsilon(1e-6));

  detector.converter.reset();
  detector.gain_drift = GainDrift{.spread = 0.02, .share = 1.0, .columns = {3, 40}};
  const Bench drifted(1, detector, 64, 512);
  const auto seen = drifted.mean(drifted.flat(0.25f, 1.0));
  double square = 0.0;
  for (Index c = 0; c < 64; ++c)
    for (Index r = 0; r < 512; ++r) {
      const double change = double(seen.view(0)[std::size_t(c * 512 + r)]) / 0.25 - 1.0;
      if (c != 3 && c != 40) REQUIRE(std::abs(change) < 1e-6);
      square += change * change / 1024.0;
    }
  CHECK(std::sqrt(square) == Approx(0.02).epsilon(0.1));
  detector.gain_drift->columns = {64};
  CHECK_THROWS_WITH(Bench(1, detector).mean(e), Catch::Contains("gain_drift.columns"));
}

TEST_CASE("dead cells read nothing, or what lies between their neighbours") {
  Detector detector = quiet();
  detector.dead_cells = DeadCells{0.0, {0, 10, 11}, false};
  const Bench dead(1, detector, 32, 4);
  Exposure e = dead.flat(0.0f, 1.0);
  for (Index c = 0; c < 32; ++c)
    for (Index r = 0; r < 4; ++r)
      e.signal.view(0)[std::size_t(c * 4 + r)] = float(0.01 * double(c) + 0.1 * double(r));
  const auto nothing = dead.mean(e);
  CHECK(nothing.view(0)[10 * 4 + 1] == 0.0f);
  CHECK(nothing.view(0)[9 * 4 + 1] == Approx(0.19));
  detector.dead_cells->interpolated = true;
  const auto bridged = Bench(1, detector, 32, 4).mean(e);
  CHECK(bridged.view(0)[10 * 4 + 1] == Approx(0.20));
  CHECK(bridged.view(0)[11 * 4 + 3] == Approx(0.41));
  CHECK(bridged.view(0)[0 * 4 + 2] == Approx(0.21));  // beyond the last that lives
}

TEST_CASE("a converter's steps add q^2 / 12, and it saturates at full scale") {
  Detector detector = quiet();
  const Bench plain(10, detector, 64, 32);
  const double air = plain.air(), step = 0.01 * air;
  detector.converter = Converter{16, step * 65535.0};
  const Bench stepped(10, detector, 64, 32);
  const Exposure e = plain.flat(0.5f, 1000.0);  // noise of 1.6 steps
  const auto a = plain.read(e), b = stepped.read(e);
  double square = 0.0;
  for (std::size_t i = 0; i < a.values().size(); ++i) {
    const double error = double(b.values()[i]) - double(a.values()[i]);
    square += error * error / double(a.values().size());
    REQUIRE(std::abs(error) < 0.00501);
  }
  CHECK(square * air * air == Approx(step * step / 12.0).epsilon(0.03));

  detector.converter = Converter{16, 0.6 * air};
  const Bench low(10, detector, 64, 32);
  Exposure bright = plain.flat(0.5f, 1e6);
  bright.signal.view(0)[100] = 0.9f;
  CHECK(low.mean(bright).view(0)[100] == Approx(0.6).epsilon(1e-5));
  CHECK(low.mean(bright).view(0)[101] == Approx(0.5).epsilon(1e-5));
  CHECK_THROWS_WITH(low.read(plain.flat(0.9f, 1e6)),
                    Catch::Contains("saturates") && Catch::Contains("full_scale_kev"));
}

TEST_CASE("the noise of a finite air scan is one over the root of its quanta, in all views alike") {
  Detector detector = quiet();
  detector.air_scan = AirScan{10, 2.0};
  const Bench bench(2, detector, 128, 64);
  const auto seen = bench.mean(bench.flat(1.0f, 1.0));
  const double quanta = bench.beam.air_quanta(0) * 10 * 2.0 / 984.0;
  const double mean = mean_of(seen.values());
  CHECK(mean == Approx(1.0).margin(4.0 / std::sqrt(quanta * 8192)));
  CHECK(covariance(seen, mean, 0, 0) * quanta == Approx(1.0).epsilon(0.06));
  CHECK(std::memcmp(seen.view(0).data(), seen.view(1).data(), seen.view(0).size_bytes()) == 0);
}

TEST_CASE("a view's share of the tube load is its share of the quanta") {
  const Bench bench(2, quiet(), 256, 64);
  Conditions conditions;
  conditions.modulation = {0.25, 1.75};
  const auto seen = bench.read(bench.flat(0.5f, 1000.0), conditions);
  for (const Index v : {0, 1}) {
    const auto view = seen.view(v);
    double square = 0.0;
    for (const float x : view) square += (double(x) / 0.5 - 1.0) * (double(x) / 0.5 - 1.0);
    const double expected = 1.0 / (1000.0 * conditions.modulation[std::size_t(v)]);
    CHECK(square / double(view.size()) == Approx(expected).epsilon(0.05));
  }
  conditions.modulation = {1.0};
  CHECK_THROWS_WITH(bench.read(bench.flat(0.5f, 1.0), conditions), Catch::Contains("for 1 views"));
}

TEST_CASE("averaging where signals are low keeps the mean and takes bias from the logarithm") {
  Detector detector;
  const Bench plain(30, detector, 64, 16);
  const auto at = [&](double quanta) {
    const double signal = quanta * 60.0 / plain.air();  // keV a quantum
    return plain.flat(float(signal), quanta);
  };
  const auto log_error = [](const Sinogram<quantity::Signal>& s, double truth) {
    double sum = 0.0;
    for (const float x : s.values()) sum -= std::log(std::max(double(x), 0x1p-20) / truth);
    return sum / double(s.values().size());
  };
  detector.low_signal = LowSignal{3000.0, 2};
  const Bench treated(30, detector, 64, 16);
  const Exposure few = at(15.0), many = at(200.0);  // 900 and 12000 keV
  const double truth = double(few.signal.values()[0]);
  const auto before = plain.read(few), after = treated.read(few);
  CHECK(mean_of(after.values()) == Approx(mean_of(before.values())).epsilon(0.01));
  CHECK(mean_of(after.values()) == Approx(truth).epsilon(0.01));
  CAPTURE(log_error(before, truth), log_error(after, truth));
  CHECK(log_error(before, truth) > 0.08);
  CHECK(std::abs(log_error(after, truth)) < 0.25 * log_error(before, truth));
  const float left_alone = many.signal.values()[0];
  const auto seen = treated.mean(many);
  for (const float x : seen.values()) REQUIRE(x == Approx(left_alone).epsilon(1e-6));
}

TEST_CASE("over 1000 seeds readings have their mean, dispersion and distribution, and no memory") {
  Detector detector;
  detector.swank_factor = 0.9;
  detector.optical_crosstalk = Crosstalk{0.02, 0.02};
  const Bench bench(1, detector, 24, 8);
  constexpr double quanta = 400.0;
  const Exposure e = bench.flat(0.02f, quanta);
  const double electronic = detector.electronic_noise / bench.air();
  const double own = (0.96 * 0.96 + 2 * 0.02 * 0.02) * (0.96 * 0.96 + 2 * 0.02 * 0.02);
  const double variance = own * 0.02 * 0.02 / (quanta * 0.9) + electronic * electronic;
  double sum = 0.0, square = 0.0, lagged = 0.0, before = 0.0;
  std::vector<double> all;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const auto reading = bench.read(e, {}, 10, Stream{seed * 0x9E3779B97F4A7C15u, Draw::quantum});
    const double x = (double(reading.view(0)[77]) - 0.02) / std::sqrt(variance);
    sum += x;
    square += x * x;
    lagged += x * before;
    before = x;
    all.push_back(x);
  }
  CHECK(sum / 1000.0 == Approx(0.0).margin(4.0 / std::sqrt(1000.0)));
  CHECK(square / 1000.0 == Approx(1.0).margin(4.0 * std::sqrt(2.0 / 1000.0)));
  CHECK(lagged / 1000.0 == Approx(0.0).margin(4.0 / std::sqrt(1000.0)));
  // Kolmogorov and Smirnov against the normal distribution; 1.95 / sqrt(n) is passed by 0.1 %.
  std::ranges::sort(all);
  double distance = 0.0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double normal = 0.5 * std::erfc(-all[i] / std::sqrt(2.0));
    distance = std::max({distance, std::abs(normal - double(i) / 1000.0),
                         std::abs(normal - double(i + 1) / 1000.0)});
  }
  CHECK(distance < 1.95 / std::sqrt(1000.0));
}
