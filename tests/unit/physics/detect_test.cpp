#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <numbers>

#include "unit/physics/compare.hpp"
#include "unit/physics/fixture.hpp"
#include "vitrine/physics/detect.hpp"

using namespace vitrine;
using namespace vitrine::physics;

namespace {

struct Setup {
  Scanner scanner = test::scanner();
  ScanGeometry geometry = test::geometry(scanner, 6);
  Beam beam{scanner, 120.0, test::named({"water"})};

  /// An exposure with the same signal and quanta (per reading of 1 mAs per rotation) everywhere.
  Exposure flat(float signal, double quanta) const {
    Exposure e{Sinogram<quantity::Signal>(geometry), Sinogram<quantity::Quanta>(geometry)};
    std::ranges::fill(e.signal.values(), signal);
    std::ranges::fill(e.quanta.values(), float(quanta * double(geometry.views_per_rotation)));
    return e;
  }
};

/// A beam without electronic noise.
Setup quiet() {
  Scanner scanner = test::scanner();
  scanner.detector.electronic_noise = 0.0;
  return {scanner, test::geometry(scanner, 6), Beam(scanner, 120.0, test::named({"water"}))};
}

struct Moments {
  double mean = 0.0, variance = 0.0, skewness = 0.0;
  explicit Moments(std::span<const float> x) {
    for (const float v : x) mean += double(v);
    mean /= double(x.size());
    double third = 0.0;
    for (const float v : x) {
      const double d = double(v) - mean;
      variance += d * d;
      third += d * d * d;
    }
    variance /= double(x.size());
    skewness = third / double(x.size()) / std::pow(variance, 1.5);
  }
};

constexpr Stream noise{0x123456789abcdef0, Draw::quantum};

}  // namespace

TEST_CASE("readings have the mean, variance and skewness of scaled Poisson numbers") {
  const Setup setup = quiet();
  for (const Isa isa : {Isa::portable, best_isa()})
    for (const double quanta : {0.2, 3.0, 29.0, 31.0, 100.0, 5000.0}) {
      const float signal = 0.37f;
      const auto reading = acquire(setup.flat(signal, quanta), setup.beam, 1.0, noise, isa);
      const Moments m(reading.values());
      const double n = double(reading.values().size()), s = double(signal);
      CAPTURE(quanta, to_string(isa));
      CHECK(m.mean / s == Approx(1.0).margin(5.0 / std::sqrt(quanta * n)));
      CHECK(m.variance / (s * s / quanta) ==
            Approx(1.0).margin(5.0 * std::sqrt((2.0 + 1.0 / quanta) / n)));
      CHECK(m.skewness ==
            Approx(1.0 / std::sqrt(quanta)).margin(0.05 * (1.0 + 1.0 / std::sqrt(quanta))));
    }
}

TEST_CASE("the variance falls with the tube load") {
  const Setup setup = quiet();
  const Exposure e = setup.flat(0.5f, 200.0);
  const Moments low(acquire(e, setup.beam, 1.0, noise, best_isa()).values());
  const Moments high(acquire(e, setup.beam, 16.0, noise, best_isa()).values());
  CHECK(low.variance / high.variance == Approx(16.0).epsilon(0.03));
}

TEST_CASE("electronic noise adds its variance, relative to the unattenuated signal of the column") {
  const Setup setup;
  const auto reading = acquire(setup.flat(0.0f, 1e7), setup.beam, 1.0, noise, best_isa());
  for (const Index column : {Index(3), Index(444)}) {
    double square = 0.0;
    for (Index v = 0; v < 6; ++v)
      for (Index r = 0; r < 64; ++r) {
        const double x = double(reading.view(v)[std::size_t(column * 64 + r)]);
        square += x * x / (6.0 * 64.0);
      }
    const double reading_mas = 1.0 / 984.0;
    CHECK(std::sqrt(square) ==
          Approx(300.0 / (setup.beam.air_signal(column) * reading_mas)).epsilon(0.15));
  }
}

TEST_CASE("a reading is made of the stream's own Philox block") {
  const Setup setup = quiet();
  const double quanta = 400.0;
  const auto reading = acquire(setup.flat(1.0f, quanta), setup.beam, 1.0, noise, best_isa());
  const auto normal = [](std::uint32_t first, std::uint32_t second) {
    const double u = (double(first >> 8) + 0.5) * 0x1p-24;
    return std::sqrt(-2.0 * std::log(u)) *
           std::sin(2 * std::numbers::pi * double(second) * 0x1p-32);
  };
  for (const std::uint32_t view : {0u, 4u})
    for (const std::uint32_t cell : {0u, 5u, 13u, 4000u, 56831u}) {
      const std::uint32_t block = 8 * (cell / 16) + cell % 8;
      const auto x = Rng::philox({block, view, 0, std::uint32_t(noise.draw)},
                                 {std::uint32_t(noise.key), std::uint32_t(noise.key >> 32)});
      const std::size_t half = cell / 8 % 2;
      const double z = normal(x[2 * half], x[2 * half + 1]);
      const double n = quanta + std::sqrt(quanta - 1.0 / 18) * z + (z * z - 1) / 6;
      CHECK(double(reading.view(view)[cell]) == Approx(n / quanta).epsilon(2e-6));
    }
}

TEST_CASE("the noise of any two scans, views or neighbouring cells is uncorrelated") {
  const Setup setup = quiet();
  const auto correlation = [](std::span<const float> a, std::span<const float> b) {
    const Moments ma(a), mb(b);
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
      sum += (double(a[i]) - ma.mean) * (double(b[i]) - mb.mean);
    return sum / double(a.size()) / std::sqrt(ma.variance * mb.variance);
  };
  for (const double quanta : {8.0, 500.0}) {
    const Exposure e = setup.flat(1.0f, quanta);
    const auto first = acquire(e, setup.beam, 1.0, noise, best_isa());
    const auto second = acquire(e, setup.beam, 1.0, Stream{noise.key + 1, noise.draw}, best_isa());
    const auto a = first.values(), b = second.values();
    CHECK(std::abs(correlation(a, b)) < 4.0 / std::sqrt(double(a.size())));
    CHECK(std::abs(correlation(first.view(0), first.view(1))) <
          4.0 / std::sqrt(double(first.view(0).size())));
    for (const std::size_t lag : {1u, 8u, 16u, 64u})
      CHECK(std::abs(correlation(a.first(a.size() - lag), a.subspan(lag))) <
            4.0 / std::sqrt(double(a.size())));
  }
}

TEST_CASE("a scan repeated is the same scan, with cells that fill no whole chunk too") {
  Scanner scanner = test::scanner();
  scanner.columns = 19;
  scanner.rows = 5;
  const ScanGeometry geometry = test::geometry(scanner, 3);
  const Beam beam(scanner, 120.0, test::named({"water"}));
  Exposure e{Sinogram<quantity::Signal>(geometry), Sinogram<quantity::Quanta>(geometry)};
  std::ranges::fill(e.signal.values(), 0.1f);
  std::ranges::fill(e.quanta.values(), 5e4f);
  const auto a = acquire(e, beam, 2.0, noise, best_isa());
  const auto b = acquire(e, beam, 2.0, noise, best_isa());
  CHECK(std::memcmp(a.values().data(), b.values().data(), a.values().size_bytes()) == 0);
  for (const float x : a.values()) CHECK((x > 0.0f && x < 1.0f));
}

TEST_CASE("no quanta at all read nothing but electronic noise") {
  const Setup setup = quiet();
  const auto reading = acquire(setup.flat(0.0f, 0.0), setup.beam, 1.0, noise, best_isa());
  for (const float x : reading.values()) REQUIRE(x == 0.0f);
  CHECK_THROWS_WITH(acquire(setup.flat(1.0f, 1.0), setup.beam, 0.0, noise, best_isa()),
                    Catch::Contains("tube_load_mas"));
}

TEST_CASE("a scan that is read out in blocks has the readings of one that is read out at once") {
  const Setup setup;
  const Exposure e = setup.flat(0.3f, 40.0);
  const Index cells = setup.geometry.columns * setup.geometry.rows;
  for (const Isa isa : {Isa::portable, best_isa()}) {
    const auto whole = acquire(e, setup.beam, 1.0, noise, isa);
    Sinogram<quantity::Signal> parts(setup.geometry);
    Acquisition scan(setup.geometry, setup.beam, 1.0, noise, isa);
    Index first = 0;
    for (const Index count : {1, 3, 2}) {
      const auto part = [&](auto all) {
        return all.subspan(std::size_t(first * cells), std::size_t(count * cells));
      };
      scan.read(first, count, part(e.signal.values()), part(e.quanta.values()),
                part(parts.values()));
      first += count;
    }
    REQUIRE(first == setup.geometry.views());
    CHECK(test::same_bits(parts.values(), whole.values()));
  }
}
