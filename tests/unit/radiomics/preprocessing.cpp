// Preprocessing under test: the laws that each step keeps.
#include "vitrine/radiomics/preprocessing/preprocessing.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <numeric>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/random.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;

namespace {

Grid grid_of(std::array<Index, 3> size, const Vec3& spacing) {
  Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  grid.origin = Vec3(-7.3, 11.1, 3.7);
  return grid;
}

template <class Function>
Image image_of(const Grid& grid, Function&& hu) {
  Image image(grid);
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) image(i, j, k) = float(hu(i, j, k));
  return image;
}

Image noise_on(const Grid& grid, double sd, double mean = 0) {
  Rng rng(make_stream(7, "preprocessing", Draw::test), 0);
  return image_of(grid, [&](Index, Index, Index) { return mean + sd * rng.normal(); });
}

/// A ball in the middle of the grid.
Mask ball_on(const Grid& grid, double radius) {
  Mask mask(grid);
  const Vec3 middle = grid.centre(grid.size[0] / 2, grid.size[1] / 2, grid.size[2] / 2);
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        mask(i, j, k) = (grid.centre(i, j, k) - middle).norm() <= radius;
  return mask;
}

Preprocessing of(const Value::List& steps, const char* name = "test") {
  Diagnostics problems;
  auto made =
      Preprocessing::schema().read(Value().set("name", Value(name)).set("steps", steps), problems);
  problems.throw_if_any();
  return made;
}

Value step(const char* kind) { return Value().set("kind", Value(kind)); }

/// The whole image after the steps.
Piece done(const Preprocessing& how, const Image& image, Isa isa = best_isa()) {
  Mask mask = ball_on(image.grid(), 5);
  return preprocessed({image, std::move(mask), {{}, image.grid().size}}, how, isa);
}

/// The image less `rim` voxels on every side.
Image inner(const Image& image, Index rim) {
  Grid grid = image.grid();
  for (Index& n : grid.size) n -= 2 * rim;
  Image inside(grid);
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) inside(i, j, k) = image(i + rim, j + rim, k + rim);
  return inside;
}

double mean_of(const Image& image) {
  double sum = 0;
  for (const float x : image.values()) sum += x;
  return sum / double(image.values().size());
}

double variance_of(const Image& image) {
  const double mean = mean_of(image);
  double sum = 0;
  for (const float x : image.values()) sum += (x - mean) * (x - mean);
  return sum / double(image.values().size());
}

double largest_difference(const Image& a, const Image& b) {
  REQUIRE(a.grid().size == b.grid().size);
  double most = 0;
  for (std::size_t v = 0; v < a.values().size(); ++v)
    most = std::max(most, std::abs(double(a.values()[v]) - double(b.values()[v])));
  return most;
}

Value gaussian(double sd) { return step("gaussian").set("sd_mm", Value(sd)); }
Value diffusion(double sd, double gradient) {
  return step("anisotropic_diffusion")
      .set("sd_mm", Value(sd))
      .set("gradient_hu_per_mm", Value(gradient));
}
Value resample(double x, double y, double z) {
  return step("resample").set("spacing_mm", Value::List{Value(x), Value(y), Value(z)});
}
Value wavelet(const char* rule = "bayes_shrink") {
  return step("wavelet_denoising").set("rule", Value(rule));
}

const Vec3 oblong(0.7, 0.8, 1.5);

}  // namespace

TEST_CASE("no smoothing changes a constant image") {
  const Image even = image_of(grid_of({20, 22, 12}, oblong), [](auto...) { return -731.0; });
  for (const Value& one :
       {gaussian(1.3), diffusion(1, 30), wavelet(), wavelet("universal"), resample(1, 1, 1),
        resample(0.5, 2, 3).set("interpolation", Value("cubic"))}) {
    INFO(to_json(one));
    const Piece after = done(of({one}), even);
    for (const float x : after.image.values()) CHECK(x == Approx(-731.0).epsilon(1e-6));
  }
}

TEST_CASE("a Gaussian leaves of white noise what its squared weights sum to") {
  // Sampled finely, sum of w^2 along an axis is h / (2 sqrt(pi) sd).
  const double sd = 2.1;
  const Image noise = noise_on(grid_of({80, 76, 50}, oblong), 50);  // its edges repeat
  const double expected = 2500 * oblong.prod() / std::pow(2 * std::sqrt(std::numbers::pi) * sd, 3);
  CHECK(variance_of(inner(done(of({gaussian(sd)}), noise).image, 13)) ==
        Approx(expected).epsilon(0.06));
}

TEST_CASE("lengths are in mm: a Gaussian widens a wave's damping alike on any grid") {
  // cos(q x) is damped by exp(-(q sd)^2 / 2), whatever the voxels.
  const double q = 2 * std::numbers::pi / 12, sd = 1.5;
  for (const double h : {0.25, 0.5, 1.0}) {
    const Grid grid = grid_of({Index(48 / h), 3, 3}, Vec3(h, h, h));
    const auto wave = [&](Index i, Index, Index) { return 100 * std::cos(q * h * double(i)); };
    const Image smooth = done(of({gaussian(sd)}), image_of(grid, wave)).image;
    const Index crest = Index(24 / h);
    CHECK(smooth(crest, 1, 1) == Approx(100 * std::exp(-0.5 * q * q * sd * sd)).epsilon(2e-4));
  }
}

TEST_CASE("diffusion keeps the mean and makes no new extremes") {
  const Image noise = noise_on(grid_of({24, 20, 14}, oblong), 80, -500);
  const auto [low, high] = std::ranges::minmax(noise.values());
  for (const char* edges : {"exponential", "rational"}) {
    const Image smooth = done(of({diffusion(1.5, 300).set("edges", Value(edges))}), noise).image;
    const auto [least, most] = std::ranges::minmax(smooth.values());
    CHECK(least >= low);
    CHECK(most <= high);
    CHECK(mean_of(smooth) == Approx(mean_of(noise)).epsilon(1e-6));
    CHECK(variance_of(smooth) < 0.5 * variance_of(noise));
  }
  // At the longest stable step too.
  const double longest = 0.5 / oblong.cwiseAbs2().cwiseInverse().sum();
  const auto steps = std::int64_t(std::ceil(0.5 * 1.5 * 1.5 / longest));
  const Image smooth =
      done(of({diffusion(1.5, 1e8).set("steps", Value(double(steps)))}), noise).image;
  CHECK(*std::ranges::min_element(smooth.values()) >= low);
  CHECK(*std::ranges::max_element(smooth.values()) <= high);
}

TEST_CASE("diffusion without edges is the heat equation") {
  // The eigenmode cos(pi m (i + 1/2) / n) of closed ends decays by 1 - dt lambda each step, and
  // with small ones as under a Gaussian.
  const Grid grid = grid_of({32, 3, 3}, oblong);
  const double turn = std::numbers::pi * 4 / 32, sd = 1.2;
  const auto mode = [&](Index i, Index, Index) { return 100 * std::cos(turn * (double(i) + 0.5)); };
  const Image before = image_of(grid, mode);
  const double h = oblong.x(), lambda = 4 / (h * h) * std::pow(std::sin(turn / 2), 2);
  for (const double steps : {12.0, 40.0}) {
    const double decay = std::pow(1 - 0.5 * sd * sd / steps * lambda, steps);
    Image expected = before;
    for (float& x : expected.values()) x = float(double(x) * decay);
    const Image after = done(of({diffusion(sd, 1e9).set("steps", Value(steps))}), before).image;
    CHECK(largest_difference(after, expected) < 1e-3);
    CHECK(decay == Approx(std::exp(-0.5 * sd * sd * lambda)).epsilon(0.02));
  }
}

TEST_CASE("diffusion keeps an edge that a Gaussian of the same width blurs") {
  const Image edge = image_of(grid_of({40, 6, 6}, Vec3(0.7, 0.7, 0.7)),
                              [](Index i, Index, Index) { return i < 20 ? -800.0 : 40.0; });
  for (const char* edges : {"exponential", "rational"}) {
    const auto how = of({diffusion(2, 60).set("edges", Value(edges))});
    CHECK(largest_difference(done(how, edge).image, edge) < 100);
  }
  CHECK(largest_difference(done(of({gaussian(2)}), edge).image, edge) > 300);
}

TEST_CASE("a time step that is unstable on a grid is refused with the number that is not") {
  const auto how = of({diffusion(2, 30).set("steps", Value(5.0))});
  const std::string why = how.steps.front()->refusal(Vec3(0.6, 0.6, 1.25));
  // 1 / (2 (2 / 0.36 + 1 / 1.5625)) = 0.0807 mm2, and 2 mm2 take 25 such steps.
  CHECK(why.find("a step may last 0.0807 mm2") != std::string::npos);
  CHECK(why.find("Use at least 25 steps") != std::string::npos);
  const Image image = noise_on(grid_of({8, 8, 8}, Vec3(0.6, 0.6, 1.25)), 10);
  CHECK_THROWS_WITH(done(how, image), Catch::Contains("unstable on voxels of 0.6 x 0.6 x 1.25 mm"));
  CHECK(of({diffusion(2, 30).set("steps", Value(25.0))})
            .steps.front()
            ->refusal(Vec3(0.6, 0.6, 1.25))
            .empty());
  CHECK(of({diffusion(2, 30)}).steps.front()->refusal(Vec3(0.6, 0.6, 1.25)).empty());
}

TEST_CASE("a wavelet threshold of 0 gives the image back") {
  const Image noise = noise_on(grid_of({21, 18, 7}, oblong), 100, -300);
  for (const char* family : {"haar", "db3"})
    for (const double levels : {1.0, 2.0}) {
      const auto how = of({step("wavelet_denoising")
                               .set("family", Value(family))
                               .set("levels", Value(levels))
                               .set("threshold_hu", Value(0.0))});
      INFO(family << ' ' << levels);
      CHECK(largest_difference(done(how, noise).image, noise) < 2e-3);
    }
}

TEST_CASE("wavelet denoising takes most of white noise and leaves an object without noise") {
  const Grid grid = grid_of({40, 36, 32}, Vec3(1, 1, 1));
  const Image noise = noise_on(grid, 20, 40);
  CHECK(std::sqrt(variance_of(done(of({wavelet("universal")}), noise).image)) < 0.25 * 20);
  CHECK(std::sqrt(variance_of(done(of({wavelet()}), noise).image)) < 0.35 * 20);
  // A ball on an even background: most details are 0, hence no noise and no threshold.
  const Mask ball = ball_on(grid, 8);
  const Image object =
      image_of(grid, [&](Index i, Index j, Index k) { return ball(i, j, k) != 0 ? 40.0 : -800.0; });
  CHECK(largest_difference(done(of({wavelet()}), object).image, object) < 0.01);
  // With noise it comes nearer to the object.
  Image noisy = noise;
  for (std::size_t v = 0; v < noisy.values().size(); ++v)
    noisy.values()[v] += object.values()[v] - 40.0f;
  const auto error = [&](Image image) {
    for (std::size_t v = 0; v < image.values().size(); ++v) image.values()[v] -= object.values()[v];
    return variance_of(image);
  };
  CHECK(error(done(of({wavelet()}), noisy).image) < 0.45 * error(noisy));
}

TEST_CASE("a linear image survives resampling to any spacing") {
  const Grid grid = grid_of({40, 36, 20}, oblong);
  const auto plane = [](const Vec3& p) { return 3 * p.x() - 5 * p.y() + 2 * p.z() + 7; };
  const Image image =
      image_of(grid, [&](Index i, Index j, Index k) { return plane(grid.centre(i, j, k)); });
  for (const char* how : {"linear", "cubic"}) {
    const Image after =
        done(of({resample(1.1, 0.9, 2).set("interpolation", Value(how))}), image).image;
    const Grid& to = after.grid();
    CHECK(to.spacing == Vec3(1.1, 0.9, 2));
    double most = 0;
    // A spline's edge repeats, and is felt some voxels deep.
    const Index rim = how == std::string("cubic") ? 6 : 1;
    for (Index k = rim; k < to.size[2] - rim; ++k)
      for (Index j = rim; j < to.size[1] - rim; ++j)
        for (Index i = rim; i < to.size[0] - rim; ++i)
          most = std::max(most, std::abs(double(after(i, j, k)) - plane(to.centre(i, j, k))));
    CHECK(most < (how == std::string("cubic") ? 0.05 : 1e-3));
  }
}

TEST_CASE(
    "images of different grids share their samples after resampling, and nothing is outside") {
  const auto how = of({resample(1, 1.25, 2)});
  const auto to = [&](std::array<Index, 3> size, const Vec3& spacing) {
    return done(how, noise_on(grid_of(size, spacing), 1)).image.grid();
  };
  const Grid a = to({40, 36, 20}, oblong), b = to({61, 50, 10}, Vec3(0.51, 0.6, 3));
  for (const Grid& grid : {a, b})
    for (Index axis = 0; axis < 3; ++axis) {
      const double at = grid.origin[axis] / grid.spacing[axis];
      CHECK(at == Approx(std::round(at)).margin(1e-9));
    }
  // From the first voxel's outer face to the last one's.
  CHECK(a.origin.x() >= -7.3 - 0.35);
  CHECK(a.centre(a.size[0] - 1, 0, 0).x() <= -7.3 + 39.5 * 0.7);
  CHECK(a.size[0] == 28);
  // The grid that an image already has is left alone, to the bit.
  Grid own = grid_of({12, 13, 9}, Vec3(1, 1.25, 2));
  own.origin = Vec3(-4, 2.5, 6);
  const Image same = noise_on(own, 30);
  const Piece after = done(how, same);
  CHECK(after.image.grid().size == own.size);
  CHECK(largest_difference(after.image, same) == 0);
  CHECK(std::ranges::equal(after.mask.values(), ball_on(own, 5).values()));
}

TEST_CASE("normalisation: mean 0 and standard deviation 1, or a window as 0 to 1") {
  const Grid grid = grid_of({30, 30, 20}, oblong);
  const Image image = noise_on(grid, 35, 60);
  const Mask mask = ball_on(grid, 5);
  const Piece lesion = done(of({step("z_score")}), image);
  double sum = 0, squares = 0, n = 0;
  for (std::size_t v = 0; v < mask.values().size(); ++v)
    if (mask.values()[v] != 0) {
      const double x = lesion.image.values()[v];
      sum += x, squares += x * x, n += 1;
    }
  CHECK(sum / n == Approx(0).margin(1e-6));
  CHECK(squares / n == Approx(1).epsilon(1e-6));
  const Image all = done(of({step("z_score").set("region", Value("neighbourhood"))}), image).image;
  CHECK(mean_of(all) == Approx(0).margin(1e-6));
  CHECK(variance_of(all) == Approx(1).epsilon(1e-6));
  // Twice the contrast and another offset: the same intensities.
  Image scaled = image;
  for (float& x : scaled.values()) x = 2 * x - 900;
  CHECK(largest_difference(done(of({step("z_score")}), scaled).image, lesion.image) < 1e-4);
  const Image even = image_of(grid, [](auto...) { return 12.3; });
  const Piece flat = done(of({step("z_score")}), even);
  for (const float x : flat.image.values()) CHECK(std::abs(x) < 1e-5);

  const auto window = step("rescale").set("window_hu", Value::List{Value(-160.0), Value(240.0)});
  const Image ramp = image_of(grid, [](Index i, Index, Index) { return -260 + 100 * double(i); });
  const Image cut = done(of({window}), ramp).image;
  for (const auto& [i, expected] :
       {std::pair<Index, double>(0, 0), {1, 0}, {2, 0.25}, {3, 0.5}, {5, 1}, {9, 1}})
    CHECK(cut(i, 4, 4) == Approx(expected));
}

TEST_CASE("a piece gives what the whole image gives, to the bit") {
  // Steps that estimate nothing: a lesion in a corner of a large image, and the settings' own grid.
  const Grid grid = grid_of({110, 90, 34}, Vec3(0.7, 0.7, 1.2));
  const Image image = noise_on(grid, 60, -100);
  Mask mask(grid);
  for (Index k = 15; k < 22; ++k)
    for (Index j = 40; j < 51; ++j)
      for (Index i = 40; i < 53; ++i) mask(i, j, k) = (i + j + k) % 7 != 0;
  const std::vector<std::string> wanted{"statistics", "local_intensity", "glcm"};
  Settings settings;
  settings.spacing_mm = 0.9;
  const auto same = [](const std::vector<FeatureValue>& a, const std::vector<FeatureValue>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      INFO(a[i].info->id);
      CHECK(a[i].value == b[i].value);
    }
  };
  for (const Interpolation kind : {Interpolation::linear, Interpolation::nearest}) {
    settings.interpolation = kind;
    const Piece piece = piece_about(image, mask, Vec3::Constant(neighbourhood));
    CHECK(piece.image.grid().size[0] < 70);
    same(extract(prepare(piece.image, piece.mask, settings, Keep::surroundings, piece.part),
                 settings, wanted),
         extract(image, mask, settings, wanted));
  }
  for (const Value& one : {gaussian(1.1), diffusion(0.8, 50), resample(1, 1, 1.5)}) {
    INFO(to_json(one));
    const auto how = of({one});
    const Piece whole = preprocessed({image, mask, {{}, grid.size}}, how, best_isa());
    const Settings after = settings_after(how, settings);
    same(extract(image, mask, settings, how, wanted, best_isa()),
         extract(whole.image, whole.mask, after, wanted));
  }
}

TEST_CASE("a piece that is resampled knows its place in the whole") {
  const Grid grid = grid_of({60, 50, 30}, oblong);
  const Image image = noise_on(grid, 60);
  Mask mask(grid);
  mask(8, 30, 16) = 1;
  const auto how = of({resample(1.1, 0.9, 2)});
  const Piece whole = preprocessed({image, mask, {{}, grid.size}}, how, best_isa());
  const Piece part = preprocessed(piece_about(image, mask, Vec3(8, 8, 8)), how, best_isa());
  CHECK(part.part.whole == whole.image.grid().size);
  CHECK(part.part.first[0] == 0);  // at the image's edge
  CHECK(part.part.first[1] > 0);
  const auto [i0, j0, k0] = part.part.first;
  const auto& size = part.image.grid().size;
  CHECK((part.image.grid().origin - whole.image.grid().centre(i0, j0, k0)).norm() < 1e-9);
  Index others = 0;
  for (Index k = 0; k < size[2]; ++k)
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i)
        others += std::abs(part.image(i, j, k) - whole.image(i + i0, j + j0, k + k0)) > 1e-3f;
  CHECK(others == 0);
}

TEST_CASE("steps give the same bits on one thread and on many") {
  const Image noise = noise_on(grid_of({33, 29, 17}, oblong), 40, -200);
  for (const Value& one : {gaussian(1.1), diffusion(0.8, 50), wavelet(), resample(1, 1, 2),
                           step("z_score").set("region", Value("neighbourhood"))}) {
    INFO(to_json(one));
    const auto how = of({one});
    const Image alone = done(how, noise).image;
    std::vector<Image> nested(2, Image(Grid{}));  // loops within a loop run on its thread
    parallel_for(2, [&](Index i) { nested[std::size_t(i)] = done(how, noise).image; });
    for (const Image& each : nested) CHECK(std::ranges::equal(each.values(), alone.values()));
  }
}

TEST_CASE("what is measured after preprocessing") {
  const Grid grid = grid_of({60, 60, 24}, oblong);
  const Image image = noise_on(grid, 25, 50);
  const Mask mask = ball_on(grid, 7);
  const std::vector<std::string> mean{"statistics.mean"};
  Settings settings;
  settings.spacing_mm = 1;
  settings.range_hu = std::array{0.0, 100.0};
  // A scale of its own: no range in HU, no rounding, bins by their number.
  const auto normal = of({step("z_score")});
  CHECK(normal.unit() == "SD");
  const Settings after = settings_after(normal, settings);
  CHECK(!after.range_hu);
  CHECK(!after.round_intensities);
  CHECK(after.bin_count == settings.response_bin_count);
  CHECK(after.spacing_mm == 1);
  // A grid of its own: not interpolated twice.
  CHECK(settings_after(of({resample(2, 2, 2), gaussian(1)}), settings).spacing_mm == 0);
  CHECK(settings_after(of({gaussian(1)}), settings).range_hu == settings.range_hu);
  // Steps are done in their order: a window in HU after z_score would cut all but one SD.
  const auto window = step("rescale").set("window_hu", Value::List{Value(0.0), Value(100.0)});
  CHECK(extract(image, mask, settings, of({window}), mean, best_isa()).front().value ==
        Approx(0.5).margin(0.02));
  CHECK(extract(image, mask, settings, of({step("z_score"), window}), mean, best_isa())
            .front()
            .value < 0.02);
  // A mask that the common grid loses is a reason.
  const Mask dot = ball_on(grid, 0.1);
  const auto lost = extract(image, dot, settings, of({resample(6, 6, 6)}), mean, best_isa());
  CHECK(std::isnan(lost.front().value));
  CHECK(lost.front().reason == "lost_in_resampling");
  CHECK(extract(image, Mask(grid), settings, of({gaussian(1)}), mean, best_isa()).front().reason ==
        "empty_mask");
}

TEST_CASE("preprocessing is read with its units and checked") {
  const auto problems_of = [](const Value& node) {
    Diagnostics problems;
    Preprocessing::schema().read(node, problems);
    std::string text;
    for (const auto& entry : problems.entries()) text += entry.message + '\n';
    return text;
  };
  const auto with = [](Value one) {
    return Value().set("name", Value("a")).set("steps", Value::List{std::move(one)});
  };
  CHECK(problems_of(with(gaussian(1))).empty());
  CHECK(problems_of(with(step("gausian"))).find("Did you mean 'gaussian'") != std::string::npos);
  CHECK(problems_of(with(step("gaussian").set("sd", Value(1.0)))).find("unknown key 'sd'") !=
        std::string::npos);
  CHECK(problems_of(with(resample(1, 0, 1))).find("spacing_mm") != std::string::npos);
  CHECK(problems_of(with(resample(1, -1, 1))).find("spacing_mm") != std::string::npos);
  CHECK(problems_of(with(step("rescale").set("window_hu", Value::List{Value(5.0), Value(5.0)})))
            .find("two different numbers") != std::string::npos);
  CHECK(problems_of(Value().set("name", Value("a")).set("steps", Value(Value::List{})))
            .find("at least one") != std::string::npos);
  Diagnostics names;
  check_preprocessing({of({gaussian(1)}, "a"), of({gaussian(2)}, "a"), of({gaussian(2)}, "none")},
                      Value(), names);
  REQUIRE(names.entries().size() == 2);
  CHECK(names.entries()[0].message.find("two preprocessings are called 'a'") != std::string::npos);
  CHECK(names.entries()[1].message.find("cannot be called 'none'") != std::string::npos);
  // Steps see the spacing that those before left.
  Diagnostics spacing;
  const Value few = diffusion(2, 30).set("steps", Value(5.0));
  check_spacing({of({few}), of({resample(3, 3, 3), few})}, Vec3(0.6, 0.6, 1.25), "", Value(),
                spacing);
  REQUIRE(spacing.entries().size() == 1);
  CHECK(spacing.entries()[0].message.find("preprocessing 'test': anisotropic_diffusion") == 0);
}
