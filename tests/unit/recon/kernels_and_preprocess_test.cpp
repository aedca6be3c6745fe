#include <catch2/catch.hpp>

#include "fixture.hpp"
#include "vitrine/recon/preprocess.hpp"

using namespace vitrine;
using namespace vitrine::recon;

TEST_CASE("every kernel has gain 1 at frequency 0, is finite and never negative") {
  for (const auto& kind : kernels().kinds()) {
    const auto k = kernel(Value(kind));
    CAPTURE(kind);
    CHECK(k->gain(0.0) == Approx(1.0).epsilon(1e-12));
    double peak = 0.0;
    bool falling = false;
    for (double f = 0.0; f < 3.0; f += 0.001) {
      const double g = k->gain(f);
      REQUIRE(std::isfinite(g));
      REQUIRE(g >= 0.0);
      if (falling) REQUIRE(g <= peak + 1e-12);
      falling = falling || g < peak - 1e-9;
      peak = falling ? g : std::max(peak, g);
    }
  }
}

TEST_CASE("windows reach half and a tenth where the textbook says") {
  // Fractions of the cutoff: Hann .500/.795, Hamming .528/.906, cosine .667/.936.
  const auto check = [](const char* kind, double half, double tenth) {
    CHECK(frequency_at(*kernel(kind, 0.8), 0.5) / 0.8 == Approx(half).margin(2e-3));
    CHECK(frequency_at(*kernel(kind, 0.8), 0.1) / 0.8 == Approx(tenth).margin(2e-3));
  };
  check("hann", 0.500, 0.795);
  check("hamming", 0.528, 0.906);
  check("cosine", 0.667, 0.936);
}

TEST_CASE("soft, standard and sharp resolve more in this order, as documented") {
  const auto limits = [](const char* kind) {
    return std::pair(frequency_at(*kernel(Value(kind)), 0.5),
                     frequency_at(*kernel(Value(kind)), 0.1));
  };
  CHECK(limits("soft").first == Approx(0.380).margin(0.002));
  CHECK(limits("soft").second == Approx(0.604).margin(0.002));
  CHECK(limits("standard").first == Approx(0.475).margin(0.002));
  CHECK(limits("standard").second == Approx(0.703).margin(0.002));
  CHECK(limits("sharp").first == Approx(0.947).margin(0.002));
  CHECK(limits("sharp").second == Approx(1.102).margin(0.002));
}

namespace {

/// Water hardens a beam of three energies; a bowtie of aluminium does so beforehand.
double three_energies(Index column, double length) {
  const double weight[] = {0.35, 0.45, 0.20}, water[] = {0.0268, 0.0206, 0.0171},
               aluminium[] = {0.153, 0.075, 0.046};
  double open = 0.0, behind = 0.0;
  for (int e = 0; e < 3; ++e) {
    const double w = weight[e] * std::exp(-aluminium[e] * 0.1 * double(column));
    open += w;
    behind += w * std::exp(-water[e] * length);
  }
  return behind / open;
}

}  // namespace

TEST_CASE("water of any thickness becomes its line integral to 0.2 HU") {
  const double mu = 0.0193;
  const WaterCorrection correction(200, mu, three_energies);
  CHECK(correction.residual() < 2e-5);
  for (Index column = 0; column < 200; column += 33)
    for (double length = 0.5; length <= 500.0; length += 7.0) {
      const double p = -std::log(three_energies(column, length));
      CAPTURE(column, length);
      REQUIRE(correction.apply(column, p) == Approx(mu * length).epsilon(2e-4));
    }
}

TEST_CASE("the correction goes on smoothly beyond what it was fitted to") {
  const WaterCorrection correction(1, 0.0193, three_energies, 300.0);
  const double end = double(correction.column(0).limit), step = 1e-3;
  const double before = correction.apply(0, end) - correction.apply(0, end - step);
  const double after = correction.apply(0, end + step) - correction.apply(0, end);
  CHECK(after == Approx(before).epsilon(0.01));
  CHECK(correction.apply(0, -0.01) == Approx(-correction.apply(0, 0.01)).epsilon(0.01));
}

TEST_CASE("line integrals are the logarithm to 1e-6, whatever the level") {
  ScanGeometry g = small_scan(13, 12);  // rows that fill no vector
  Sinogram<quantity::Signal> signal(g);
  const auto cells = signal.values().size();
  for (std::size_t i = 0; i < cells; ++i)
    signal.values()[i] = float(std::exp(-14.0 * double(i) / double(cells)) * (1.0 + 1e-3));
  for (const Isa level : {Isa::portable, best_isa()}) {
    const auto out = line_integrals(signal, WaterCorrection::none(g.columns), level);
    for (std::size_t i = 0; i < cells; ++i) {
      const double expected = -std::log(std::max(double(signal.values()[i]), double(signal_floor)));
      REQUIRE(double(out.values()[i]) == Approx(expected).epsilon(1e-6).margin(1e-9));
    }
  }
}

TEST_CASE("a dead, negative or missing signal counts as the floor") {
  ScanGeometry g = small_scan(1, 12);
  Sinogram<quantity::Signal> signal(g);
  for (float& s : signal.values()) s = 1.0f;
  signal.values()[0] = 0.0f;
  signal.values()[1] = -3.0f;
  signal.values()[2] = std::nanf("");
  const auto out = line_integrals(std::move(signal), WaterCorrection::none(g.columns), isa());
  for (int i = 0; i < 3; ++i) CHECK(out.values()[std::size_t(i)] == Approx(20.0 * std::log(2.0)));
  CHECK(out.values()[3] == 0.0f);
}

TEST_CASE("an image grid is centred, axial and as large as ordered") {
  const Grid grid = image_grid({350.0, 512, Vec3(10, -20, 30), 41, 1.5});
  CHECK(grid.spacing.x() == Approx(350.0 / 512));
  CHECK((grid.centre(0, 0, 0) + grid.centre(511, 511, 40)).isApprox(2.0 * Vec3(10, -20, 30)));
  CHECK(grid.axes == Mat3::Identity());
  CHECK(sub_planes(2.5, 0.625).size() == 4);
  CHECK(sub_planes(0.3, 0.625) == std::vector<double>{0.0});
  CHECK_THROWS_AS(image_grid({0.0, 512}), Error);
}
