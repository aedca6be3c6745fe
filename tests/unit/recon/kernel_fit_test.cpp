#include "vitrine/recon/kernel_fit.hpp"

#include <catch2/catch.hpp>

#include "fixture.hpp"

using namespace vitrine;
using namespace vitrine::recon;

namespace {

/// Cells of 0.584 mm at the isocentre and a focal spot of 0.9 mm.
Scanner scanner() {
  Scanner s;
  s.source_to_iso = 541.0;
  s.source_to_detector = 949.075;
  s.column_pitch = 1.0239;
  s.focal_spot_width = s.focal_spot_length = 0.9;
  return s;
}

const ScannerBlur& blur() {
  static const ScannerBlur b(scanner());
  return b;
}

}  // namespace

TEST_CASE("a scanner's blur is that of its cell, its interpolation and its focal spot") {
  const double cell = 1.0239 * 541.0 / 949.075, spot = 0.9 * (1.0 - 541.0 / 949.075);
  for (const double f : {0.0, 0.2, 0.5, 0.8}) {
    const double line = math::sinc(0.5 * f * cell);
    CHECK(blur().signal(f) ==
          Approx(math::sinc(f * cell) * line * line * math::sinc(f * spot)).epsilon(1e-3));
    CHECK(blur().noise(f) == Approx(line * line).epsilon(1e-12));
  }
}

TEST_CASE("a fitted kernel's MTF falls to 50 and 10 % where it is to") {
  for (const auto& [half, tenth] :
       {std::pair(0.28, 0.52), std::pair(0.36, 0.62), std::pair(0.43, 0.68), std::pair(0.55, 0.9),
        std::pair(0.72, 1.05)}) {
    CAPTURE(half, tenth);
    const KernelFigures f =
        figures(RollOff(fit_kernel(MtfTarget{half, tenth, {}}, blur())), blur());
    CHECK(f.mtf50 == Approx(half).epsilon(1e-6));
    CHECK(f.mtf10 == Approx(tenth).epsilon(1e-6));
    CHECK(f.mtf_peak == Approx(1.0).epsilon(1e-6));
  }
}

TEST_CASE("a fitted edge-enhancing kernel meets its MTF's peak, too") {
  for (const auto& [half, tenth, height, place] :
       {std::tuple(0.75, 1.0, 1.15, 0.35), std::tuple(0.9, 1.15, 1.3, 0.5),
        std::tuple(0.6, 0.8, 1.05, 0.25)}) {
    CAPTURE(half, tenth, height, place);
    const KernelFigures f =
        figures(RollOff(fit_kernel(MtfTarget{half, tenth, {{height, place}}}, blur())), blur());
    CHECK(f.mtf50 == Approx(half).epsilon(0.01));
    CHECK(f.mtf10 == Approx(tenth).epsilon(0.01));
    CHECK(f.mtf_peak == Approx(height).epsilon(0.01));
    CHECK(f.mtf_peak_frequency == Approx(place).epsilon(0.05));
  }
}

TEST_CASE("the kernel of a noise power spectrum is found again, whatever the unit") {
  for (const RollOff::Params& truth :
       {RollOff::Params{0.45, 2.2, 0.0, 0.4}, RollOff::Params{0.8, 4.0, 0.6, 0.5}}) {
    const RollOff kernel(truth);
    NpsTarget target;
    for (double f = 0.02; f < 1.2; f += 0.02) {
      target.frequencies.push_back(f);
      target.power.push_back(123.0 * noise_power(kernel, blur(), f));
    }
    const RollOff found(fit_kernel(target, blur(), truth.boost > 0.0));
    for (double f = 0.05; f < 1.0; f += 0.05)
      CHECK(found.gain(f) == Approx(kernel.gain(f)).margin(0.01));
  }
}

TEST_CASE("an MTF that the scanner cannot have is refused with what it leaves") {
  CHECK_THROWS_WITH(fit_kernel(MtfTarget{0.5, 0.4, {}}, blur()), Catch::Contains("units"));
  CHECK_THROWS_WITH(fit_kernel(MtfTarget{3.0, 4.5, {}}, blur()),
                    Catch::Contains("cannot be had without edge enhancement"));
  CHECK_THROWS_WITH(fit_kernel(MtfTarget{0.5, 0.8, {{0.9, 0.2}}}, blur()),
                    Catch::Contains("above 1"));
  CHECK_THROWS_WITH(fit_kernel(MtfTarget{0.5, 0.50001, {}}, blur()), Catch::Contains("exponent"));
  CHECK_THROWS_WITH(fit_kernel(NpsTarget{{0.1, 0.2}, {1.0, 2.0}}, blur(), false),
                    Catch::Contains("at least 4"));
}

TEST_CASE("a table of a window's points is that window") {
  const auto hann = kernel("hann", 0.8);
  Value::List frequencies, gains;
  for (int i = 0; i <= 40; ++i) {
    frequencies.push_back(Value(0.02 * i));
    gains.push_back(Value(i == 40 ? 0.0 : hann->gain(0.02 * i)));
  }
  const auto table = kernel(Value()
                                .set("kind", Value("table"))
                                .set("frequencies_per_mm", Value(frequencies))
                                .set("gains", Value(gains)));
  for (double f = 0.0; f < 1.0; f += 0.013)
    CHECK(table->gain(f) == Approx(hann->gain(f)).margin(1e-3));
}
