#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <vector>

#include "support.hpp"
#include "vitrine/core/fft.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/patch_value.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/phantoms/random_field.hpp"
#include "vitrine/phantoms/solids.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;
using namespace vitrine::test;

namespace {

Rng numbers(std::uint64_t seed) { return Rng(make_stream(seed, "field", Draw::test), 0); }

/// The number of a wave, -15 to 16.
double signed_wave(std::size_t i) { return i <= 16 ? double(i) : double(i) - 32.0; }

/// The transform of a cube of n points along each side.
std::vector<std::complex<double>> transformed(const std::vector<std::complex<float>>& cube,
                                              std::size_t n) {
  std::vector<std::complex<double>> out(cube.begin(), cube.end()), line(n);
  for (const std::size_t stride : {std::size_t(1), n, n * n})
    for (std::size_t v = 0; v < cube.size(); ++v) {
      if (v / stride % n != 0) continue;
      for (std::size_t i = 0; i < n; ++i) line[i] = out[v + i * stride];
      fft(line, FftDirection::forward);
      for (std::size_t i = 0; i < n; ++i) out[v + i * stride] = line[i];
    }
  return out;
}

double slope(const std::vector<double>& x, const std::vector<double>& y) {
  double sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
  const double n = double(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    sx += x[i], sy += y[i], sxx += x[i] * x[i], sxy += x[i] * y[i];
  }
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

/// A box of lung with a vessel and a ball of muscle in it.
SceneBuilder specimen(double density = 0.26e-3, double stretch = 1.0) {
  SceneBuilder scene;
  scene.begin_organ("lung");
  scene.place({Solid::Kind::box, Vec3(1, 2, 3), Vec3(20, 16, 18 * stretch), Mat3::Identity(), {}},
              "lung", density);
  scene.begin_organ("lung_vessels");
  scene.place(capsule(Vec3(-10, 0, -8), Vec3(12, 3, 10), 1.5), "blood");
  scene.begin_organ("ball");
  scene.place(ellipsoid(Vec3(5, -4, 6), Vec3::Constant(5.0)), "muscle");
  return scene;
}

TissueTexture lung_texture(double deviation) {
  TissueTexture t;
  t.deviation = Distribution(deviation);
  t.finest = 2.0, t.coarsest = 10.0, t.spacing = 1.0;
  return t;
}

Patch textured(const TissueTexture& texture, std::uint64_t seed, const Slab& slab = {}) {
  SceneBuilder scene = specimen();
  add_textures(scene, std::vector{texture}, {}, make_stream(seed, "case001", Draw::texture), slab);
  return scene.patches().at(0);
}

}  // namespace

TEST_CASE("a periodic field has the mean, variance and slope of its spectrum") {
  const std::array<Index, 3> size{32, 32, 32};
  for (const double exponent : {2.0, 3.0, 4.0}) {
    std::vector<double> logs, powers;
    double mean = 0.0, variance = 0.0, together = 0.0;
    std::vector<double> power(14), radius(14), count(14);
    constexpr int seeds = 3;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      const PeriodicField field(Spectrum::power_law(exponent, 2.2, 20.0), size, Vec3::Ones(),
                                numbers(seed));
      const auto tile = field.planes(0, 32);
      for (const auto& v : tile) {
        mean += double(v.real()) / double(seeds * tile.size());
        variance += double(std::norm(v)) / double(2 * seeds * tile.size());
        together += double(v.real()) * double(v.imag()) / double(seeds * tile.size());
      }
      const auto waves = transformed(tile, 32);
      for (std::size_t v = 0; v < waves.size(); ++v) {
        const Vec3 wave(signed_wave(v % 32), signed_wave(v / 32 % 32), signed_wave(v / 1024));
        const auto shell = std::size_t(std::lround(wave.norm()));
        if (shell >= power.size()) continue;
        power[shell] += std::norm(waves[v]);
        radius[shell] += wave.norm();
        ++count[shell];
      }
    }
    for (std::size_t w = 3; w < power.size(); ++w) {
      logs.push_back(math::log(radius[w] / count[w]));
      powers.push_back(math::log(power[w] / count[w]));
    }
    INFO("exponent " << exponent << ": mean " << mean << ", variance " << variance << ", slope "
                     << slope(logs, powers));
    CHECK(std::abs(mean) < 1e-6);  // no wave of length infinity
    CHECK(variance == Approx(1.0).margin(0.15));
    CHECK(std::abs(together) < 0.15);
    CHECK(slope(logs, powers) == Approx(-exponent).margin(0.1));
  }
}

TEST_CASE("any planes of a periodic field are the same as all of them") {
  const PeriodicField field(Spectrum::gaussian(Vec3(2, 3, 1.5)), {16, 32, 16}, Vec3::Ones(),
                            numbers(1));
  const auto all = field.planes(0, 16), some = field.planes(-3, 5);
  for (Index k = 0; k < 5; ++k)
    for (Index v = 0; v < 16 * 32; ++v)
      REQUIRE(some[std::size_t(k * 512 + v)] == all[std::size_t((k + 13) % 16 * 512 + v)]);
}

TEST_CASE(
    "a tissue's texture has mean 0, its deviation between the voxels, and leaves others alone") {
  const SceneBuilder scene = specimen();
  double sum = 0.0, squares = 0.0;
  int points = 0;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const Patch patch = textured(lung_texture(0.2), seed);
    REQUIRE(patch.channels.size() == 1);
    Rng rng = numbers(seed);
    for (int i = 0; i < 30000; ++i) {
      const double x = rng.uniform(-22, 24), y = rng.uniform(-16, 20);
      const Vec3 p(x, y, rng.uniform(-18, 24));
      const double value = patch_value(patch.grid, patch.channels[0].density, p) / 0.26e-3;
      if (scene.organ_at(p) != "lung") {
        REQUIRE(value == 0.0);
        continue;
      }
      // Away from all edges.
      bool deep = true;
      for (int c = 0; c < 8; ++c)
        deep = deep && scene.organ_at(p + 2.1 * Vec3(c & 1 ? 1 : -1, c & 2 ? 1 : -1,
                                                     c & 4 ? 1 : -1)) == "lung";
      if (!deep) continue;
      sum += value;
      squares += value * value;
      ++points;
    }
  }
  INFO(points << " points: mean " << sum / points << ", deviation " << std::sqrt(squares / points));
  CHECK(std::abs(sum / points) < 0.01);
  CHECK(std::sqrt(squares / points) == Approx(0.2).epsilon(0.07));
}

TEST_CASE("the texture of a slab is that of the whole, and another patient's is another") {
  const Patch whole = textured(lung_texture(0.2), 1);
  const Patch slab = textured(lung_texture(0.2), 1, {-4.0, 9.0});
  const Patch other = textured(lung_texture(0.2), 2);
  CHECK(slab.grid.size[2] < 24);
  Rng rng = numbers(2);
  int differ = 0;
  for (int i = 0; i < 2000; ++i) {
    const double x = rng.uniform(-18, 20), y = rng.uniform(-13, 17);
    const Vec3 p(x, y, rng.uniform(-2, 7));
    const double a = patch_value(whole.grid, whole.channels[0].density, p);
    REQUIRE(patch_value(slab.grid, slab.channels[0].density, p) == Approx(a).margin(1e-9));
    differ += a != patch_value(other.grid, other.channels[0].density, p);
  }
  CHECK(differ > 1000);
}

TEST_CASE("a gradient raises the CT number towards the back by what is asked for") {
  TissueTexture texture = lung_texture(0.0);
  texture.gradient = Distribution(3.0);
  const Patch patch = textured(texture, 1);
  const double front = patch_value(patch.grid, patch.channels[0].density, Vec3(15, -10, 12));
  const double back = patch_value(patch.grid, patch.channels[0].density, Vec3(15, 10, 12));
  // 2 cm of 3 HU: 6e-6 g/mm^3, as lung attenuates like water.
  CHECK(back - front == Approx(6e-6).epsilon(0.01));
}

TEST_CASE("a breath carries a tissue's texture along and thins it as it thins the tissue") {
  constexpr double breath = 1.05;
  AnatomyRecord body;
  Host host;
  host.background_material = "lung";
  host.stretch(2, 2) = breath;
  host.shift = Vec3(0, 0, 3.0 * (1.0 - breath));
  host.background = 0.26e-3 / breath;
  body.hosts.push_back(host);
  SceneBuilder deep = specimen(host.background, breath);
  const Stream stream = make_stream(1, "case001", Draw::texture);
  add_textures(deep, std::vector{lung_texture(0.2)}, body, stream, {});
  const Patch rest = textured(lung_texture(0.2), 1), now = deep.patches().at(0);
  Rng rng = numbers(3);
  for (int i = 0; i < 500; ++i) {
    const double x = rng.uniform(-17, -12), y = rng.uniform(-12, 16);
    const Vec3 p(x, y, rng.uniform(2, 18));
    const Vec3 moved = host.stretch * p + host.shift;
    CHECK(patch_value(now.grid, now.channels[0].density, moved) * breath ==
          Approx(patch_value(rest.grid, rest.channels[0].density, p)).margin(1e-9));
  }
}

TEST_CASE("every tissue with a texture gets a patch, and lesions keep their densities", "[full]") {
  Cohort cohort;
  cohort.anatomy = pick(anatomies(), Value("abdomen"));
  for (const char* tissue : {"liver", "muscle", "fat", "marrow", "lung"}) {
    TissueTexture texture = lung_texture(0.05);
    texture.tissue = tissue;
    cohort.textures.push_back(texture);
  }
  LesionSpec lesion;
  lesion.organ = "liver";
  lesion.shape = pick(lesion_shapes(), Value("irregular"));
  cohort.lesions.push_back(lesion);
  const Scene scene = build_patient(cohort, 3, "case001", {}, [](auto lesions) {
                        return Slab{lesions[0].centre.z() - 20.0, lesions[0].centre.z() + 20.0};
                      }).scene;
  const LesionTruth& truth = scene.lesions.at(0);
  int textures = 0;
  for (const Patch& patch : scene.patches) {
    if (patch.grid.spacing.x() < 0.9) continue;  // the lesion's own map
    ++textures;
    CHECK(double(patch.grid.size[2]) * patch.grid.spacing.z() < 46.0);
    for (int axis = 0; axis < 3; ++axis)
      for (const double step : {-2.0, 0.0, 2.0})
        CHECK(patch_value(patch.grid, patch.channels[0].density,
                          truth.centre + step * Vec3::Unit(axis)) == 0.0);
  }
  CHECK(textures >= 4);  // not all tissues are in the slab
}

TEST_CASE("who builds a patient is told of the lesions, whether or not tissues have textures") {
  Cohort cohort;
  cohort.anatomy = pick(anatomies(), Value("thorax"));
  LesionSpec lesion;
  lesion.shape = pick(lesion_shapes(), Value("sphere"));
  cohort.lesions.push_back(lesion);
  double told = 0.0;
  const Scene scene = build_patient(cohort, 3, "case001", {}, [&](auto lesions) {
                        told = lesions[0].centre.z();
                        return Slab{};
                      }).scene;
  CHECK(told == scene.lesions.at(0).centre.z());
}
