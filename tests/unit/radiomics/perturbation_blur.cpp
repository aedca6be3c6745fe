#include <catch2/catch.hpp>
#include <cmath>

#include "vitrine/radiomics/perturbation.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;

namespace {

/// An image with voxels of 1 x 1.5 x 2 mm, and a mask of its middle.
struct Case {
  Image image{Grid{}};
  Mask mask{Grid{}};
};

template <class Hu>
Case made(Hu&& hu) {
  Grid grid;
  grid.size = {60, 40, 30};
  grid.spacing = Vec3(1, 1.5, 2);
  Case c{Image(grid), Mask(grid)};
  for (Index k = 0; k < 30; ++k)
    for (Index j = 0; j < 40; ++j)
      for (Index i = 0; i < 60; ++i) {
        c.image(i, j, k) = float(hu(grid.centre(i, j, k)));
        c.mask(i, j, k) = i >= 20 && i < 40 && j >= 12 && j < 28 && k >= 10 && k < 20;
      }
  return c;
}

Settings as_they_are() {
  Settings settings;
  settings.round_intensities = false;
  return settings;
}

Perturbation blurring(const std::array<double, 3>& fwhm) {
  Perturbation p;
  p.id = "blurred";
  p.blur = fwhm;
  return p;
}

std::vector<float> measured(const Case& c, const Perturbation& p, Keep keep = Keep::region) {
  return prepare(c.image, perturb(c.mask, as_they_are(), p, {1, "a"}), as_they_are(), keep).hu;
}

}  // namespace

TEST_CASE("blur damps a wave as the transfer function of its Gaussian") {
  // exp(-2 pi^2 s^2 f^2), s = FWHM / 2.3548; the kernel is cut at 4 s: 1e-4.
  const std::array<double, 3> fwhm{4, 6, 8};
  for (int axis = 0; axis < 3; ++axis) {
    const double period = 5.0 * fwhm[std::size_t(axis)], f = 1.0 / period;
    const Case c = made([&](const Vec3& p) { return 100 * std::cos(2 * M_PI * f * p[axis]); });
    const double s = fwhm[std::size_t(axis)] / (2 * std::sqrt(2 * std::log(2)));
    const double damped = std::exp(-2 * M_PI * M_PI * s * s * f * f);
    std::array<double, 3> one{};
    one[std::size_t(axis)] = fwhm[std::size_t(axis)];
    const auto before = measured(c, {}), after = measured(c, blurring(one));
    REQUIRE(before.size() == after.size());
    for (std::size_t v = 0; v < before.size(); ++v)
      REQUIRE(after[v] == Approx(damped * before[v]).margin(0.02));
  }
}

TEST_CASE("blur keeps constants, and along one axis what varies along others") {
  const Case flat = made([](const Vec3&) { return -37.0; });
  for (const float hu : measured(flat, blurring({50, 50, 50}))) CHECK(hu == Approx(-37.0));
  const Case steep = made([](const Vec3& p) { return 3 * p.x() + p.z() * p.z(); });
  const auto before = measured(steep, {}), after = measured(steep, blurring({0, 9, 0}));
  for (std::size_t v = 0; v < before.size(); ++v) REQUIRE(after[v] == Approx(before[v]));
}

TEST_CASE("blur is the same in a larger box, and comes before the noise") {
  const Case c = made([](const Vec3& p) { return p.x() > 30 ? 100.0 : 0.0; });
  Perturbation p = blurring({3, 3, 3});
  p.noise = 10;
  CHECK(measured(c, p) == measured(c, p, Keep::surroundings));
  Perturbation noise_alone = p;
  noise_alone.blur = {};
  Perturbation blur_alone = p;
  blur_alone.noise = 0;
  const auto both = measured(c, p), noisy = measured(c, noise_alone),
             smooth = measured(c, blur_alone), plain = measured(c, {});
  for (std::size_t v = 0; v < both.size(); ++v)
    REQUIRE(both[v] - smooth[v] == Approx(noisy[v] - plain[v]).margin(1e-3));
}
