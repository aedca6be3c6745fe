#include "vitrine/recon/denoise.hpp"

#include <catch2/catch.hpp>

#include "fixture.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/core/random.hpp"

using namespace vitrine;
using namespace vitrine::recon;

namespace {

constexpr Index side = 160, slices = 5;
constexpr double sigma = 20.0;

/// HU by place, plus noise whose grain is that of a smoothing kernel (three voxels).
template <class F>
Image scene(F&& hu, double noise, std::uint64_t key = 1) {
  Grid grid;
  grid.size = {side, side, slices};
  grid.spacing = Vec3(0.7, 0.7, 1.25);
  Image white(grid), out(grid);
  Rng rng(Stream{key, Draw::test}, 0);
  for (float& v : white.values()) v = float(rng.normal());
  const auto at = [&](Index i, Index j, Index k) {
    return double(white((i + side) % side, (j + side) % side, k));
  };
  for (Index k = 0; k < slices; ++k)
    for (Index j = 0; j < side; ++j)
      for (Index i = 0; i < side; ++i) {
        double grain = 0.0;
        for (Index b = -1; b <= 1; ++b)
          for (Index a = -1; a <= 1; ++a)
            grain += at(i + a, j + b, k) / double((1 + std::abs(a)) * (1 + std::abs(b)));
        // Sum of squares of the nine weights: (1 + 2 / 4)^2.
        out(i, j, k) = float(hu(i, j) + noise * grain / 1.5);
      }
  return out;
}

double deviation(const Image& a, const Image& b, Index low, Index high) {
  double sum = 0.0, squares = 0.0, n = 0.0;
  for (Index j = low; j < high; ++j)
    for (Index i = low; i < high; ++i) {
      const double d = double(a(i, j, 2)) - double(b(i, j, 2));
      sum += d;
      squares += d * d;
      n += 1.0;
    }
  return std::sqrt(squares / n - sum / n * (sum / n));
}

}  // namespace

TEST_CASE("the noise of even regions falls by what was asked for, and their mean stays") {
  const auto even = [](Index, Index) { return 40.0; };
  const Image truth = scene(even, 0.0), noisy = scene(even, sigma);
  CHECK(noise_level(noisy) == Approx(sigma).epsilon(0.1));
  for (const double reduction : {0.1, 0.3, 0.5, 0.7}) {
    const Image quiet = denoised(noisy, {.reduction = reduction}, isa());
    CAPTURE(reduction);
    CHECK(deviation(quiet, truth, 20, 140) / deviation(noisy, truth, 20, 140) ==
          Approx(1.0 - reduction).margin(0.05));
    double mean = 0.0, was = 0.0;
    for (std::size_t i = 0; i < noisy.values().size(); ++i) {
      mean += double(quiet.values()[i]) / double(noisy.values().size());
      was += double(noisy.values()[i]) / double(noisy.values().size());
    }
    CHECK(mean == Approx(was).margin(0.1));
  }
}

TEST_CASE("a reduction of 0 and an image without noise change nothing") {
  const auto even = [](Index, Index) { return 40.0; };
  const Image noisy = scene(even, sigma), clean = scene(even, 0.0);
  CHECK(std::ranges::equal(denoised(noisy, {.reduction = 0.0}, isa()).values(), noisy.values()));
  CHECK(std::ranges::equal(denoised(clean, {.reduction = 0.5}, isa()).values(), clean.values()));
}

TEST_CASE("an edge of many noise levels stays as steep, one of two is blurred") {
  // Transfer over an edge: the difference of the voxels next to it, over that without noise
  // reduction, mean over the edge's length.
  const auto kept = [](double height) {
    const auto step = [&](Index i, Index) { return i < side / 2 ? 0.0 : height; };
    const Image noisy = scene(step, sigma, 3);
    const Image quiet = denoised(noisy, {.reduction = 0.5}, isa());
    double rise = 0.0;
    for (Index k = 0; k < slices; ++k)
      for (Index j = 0; j < side; ++j)
        rise += double(quiet(side / 2, j, k) - quiet(side / 2 - 1, j, k)) / double(side * slices);
    return rise / height;
  };
  const double high = kept(100.0 * sigma), low = kept(2.0 * sigma);
  CHECK(high > 0.95);
  CHECK(low < 0.8);
  CHECK(low > 0.1);
}

TEST_CASE("voxels outside the field of view stay, and do not count as noise") {
  const auto disc = [](Index i, Index j) {
    const double x = double(i - side / 2), y = double(j - side / 2);
    return x * x + y * y < 4900.0 ? 0.0 : 1.0;
  };
  Image noisy = scene([](Index, Index) { return 0.0; }, sigma);
  for (Index k = 0; k < slices; ++k)
    for (Index j = 0; j < side; ++j)
      for (Index i = 0; i < side; ++i)
        if (disc(i, j) != 0.0) noisy(i, j, k) = outside_field_of_view;
  CHECK(noise_level(noisy) == Approx(sigma).epsilon(0.15));
  const Image quiet = denoised(noisy, {.reduction = 0.5}, isa());
  for (Index j = 0; j < side; ++j)
    for (Index i = 0; i < side; ++i)
      if (disc(i, j) != 0.0) REQUIRE(quiet(i, j, 2) == outside_field_of_view);
}

TEST_CASE("noise reduction has the same bits on one thread as on all", "[bits]") {
  const auto step = [](Index i, Index) { return i < side / 2 ? 0.0 : 300.0; };
  const auto digest = [&] {
    const Image quiet = denoised(scene(step, sigma), {.reduction = 0.4}, isa());
    return sha256(std::as_bytes(quiet.values()));
  };
  const Digest on_all = digest();
  Digest alone[2];
  parallel_for(2, [&](Index i) { alone[i] = digest(); });
  CHECK(on_all == alone[0]);
  CHECK(on_all == alone[1]);
}
