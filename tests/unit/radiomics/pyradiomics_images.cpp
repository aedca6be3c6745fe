#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "support.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/radiomics/pyradiomics/detail/image_types.hpp"
#include "vitrine/radiomics/pyradiomics/detail/preprocess.hpp"
#include "vitrine/radiomics/pyradiomics/wavelet.hpp"

using namespace vitrine;
using namespace vitrine::radiomics::pyradiomics;
using vitrine::radiomics::test::make_case;
using Case = vitrine::radiomics::test::Case;

namespace {

Grid grid_of(std::array<Index, 3> size, const Vec3& spacing = Vec3::Ones()) {
  Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  return grid;
}

Image noise(const Grid& grid, std::uint64_t seed) {
  Image image(grid);
  Rng draw(make_stream(seed, "noise", Draw::test), 0);
  for (float& x : image.values()) x = float(std::floor(2000 * draw.uniform()) - 1000);
  return image;
}

double square_sum(const std::vector<double>& values) {
  double sum = 0;
  for (const double x : values) sum += x * x;
  return sum;
}

}  // namespace

TEST_CASE("wavelet bands keep the energy of a periodic image") {
  // Both filters of an orthogonal wavelet together double the energy along each axis (Parseval).
  const Image image = noise(grid_of({8, 6, 10}), 1);
  const Raster raster(image);
  double energy = 0;
  for (const float x : image.values()) energy += double(x) * x;
  for (const std::string& name : wavelet_names()) {
    INFO(name);
    Settings settings;
    settings.wavelet = name;
    double bands = 0;
    const auto all = wavelet_bands(raster, raster.box(), settings);
    REQUIRE(all.size() == 8);
    for (const Band& band : all) bands += square_sum(band.values);
    CHECK(bands == Approx(8 * energy).epsilon(1e-12));
  }
}

TEST_CASE("wavelet bands are named by axis and see edges across it") {
  // A step along x only: bands that are high along y or z are zero.
  const Case c = make_case(
      grid_of({8, 8, 8}), [](const Vec3& p) { return p[0] < 4 ? 0 : 100; },
      [](const Vec3&) { return true; });
  const Raster raster(c.image);
  const auto bands = wavelet_bands(raster, raster.box(), {});
  std::vector<std::string> names;
  for (const Band& band : bands) {
    names.push_back(band.name);
    const bool seen = band.name == "wavelet-HLL" || band.name == "wavelet-LLL";
    CHECK((square_sum(band.values) > 1) == seen);
  }
  CHECK(names == std::vector<std::string>{"wavelet-LLH", "wavelet-LHL", "wavelet-LHH",
                                          "wavelet-HLL", "wavelet-HLH", "wavelet-HHL",
                                          "wavelet-HHH", "wavelet-LLL"});
}

TEST_CASE("haar bands are sums and differences of a voxel and the next one, the image periodic") {
  const Image image = noise(grid_of({5, 4, 4}), 2);
  const Raster raster(image);
  Settings settings;
  settings.wavelet = "haar";
  settings.force_2d = true;  // slices across z: letters for x and y
  const auto bands = wavelet_bands(raster, raster.box(), settings);
  REQUIRE(bands.size() == 4);
  CHECK(bands[1].name == "wavelet-HL");
  // Along x, of odd size, the first voxel is repeated at the end.
  const auto at = [&](Index i, Index j) { return double(image(i % 6 < 5 ? i % 6 : 0, j % 4, 1)); };
  for (Index j = 0; j < 4; ++j)
    for (Index i = 0; i < 5; ++i) {
      const double expected = 0.5 * (at(i, j) + at(i, j + 1) - at(i + 1, j) - at(i + 1, j + 1));
      CHECK(bands[1].values[std::size_t((1 * 4 + j) * 5 + i)] == Approx(expected).margin(1e-9));
    }
}

TEST_CASE(
    "an odd image has the wavelets of the even one that repeats its first voxels at the end") {
  const Image odd = noise(grid_of({7, 5, 9}), 8);
  Image even(grid_of({8, 6, 10}));
  for (Index k = 0; k < 10; ++k)
    for (Index j = 0; j < 6; ++j)
      for (Index i = 0; i < 8; ++i)
        even(i, j, k) = odd(i < 7 ? i : 0, j < 5 ? j : 0, k < 9 ? k : 0);
  const Box all = Raster(odd).box();
  const auto of_odd = wavelet_bands(Raster(odd), all, {});
  const auto of_even = wavelet_bands(Raster(even), all, {});
  for (std::size_t b = 0; b < of_odd.size(); ++b) CHECK(of_odd[b].values == of_even[b].values);
}

TEST_CASE("a part of a wavelet image is that part of the whole") {
  const Image image = noise(grid_of({9, 12, 7}), 3);
  const Raster raster(image);
  Settings settings;
  settings.level = 2;
  settings.start_level = 1;
  const Box part{{2, 5, 1}, {6, 9, 4}};
  const auto whole = wavelet_bands(raster, raster.box(), settings);
  const auto parts = wavelet_bands(raster, part, settings);
  REQUIRE(parts.size() == 15);
  CHECK(parts[7].name == "wavelet2-LLH");
  for (std::size_t b = 0; b < parts.size(); ++b)
    part.for_each([&](Index i, Index j, Index k) {
      CHECK(parts[b].values[part.offset(i, j, k)] ==
            Approx(whole[b].values[raster.box().offset(i, j, k)]).margin(1e-8));
    });
}

TEST_CASE("the Laplacian of Gaussian answers a parabola with its second derivative") {
  // Normalised across scale: sigma^2 (2 a + 2 b); far from the edges, where the image stays what it
  // is. The series approximates the Gaussian to a part in a thousand or so.
  const Vec3 spacing(0.8, 1, 2);
  const Case c = make_case(
      grid_of({81, 65, 41}, spacing),
      [](const Vec3& p) {
        const double x = p[0] - 32, y = p[1] - 32;
        return 0.3 * x * x + 0.1 * y * y;
      },
      [](const Vec3&) { return true; });
  const Box middle{{40, 32, 20}, {40, 32, 20}};
  const double sigma = 2;
  CHECK(laplacian_of_gaussian(Raster(c.image), middle, sigma)[0] ==
        Approx(sigma * sigma * (0.6 + 0.2)).epsilon(0.01));
}

TEST_CASE("the Laplacian of Gaussian of a Gaussian is known") {
  // s^2 Laplacian of a Gaussian of variance t^2 smoothed by s: at the centre
  // -3 s^2 t^3 / (s^2 + t^2)^(5/2) for a peak of 1.
  const double t = 3, s = 2;
  const Case c = make_case(
      grid_of({61, 61, 61}),
      [&](const Vec3& p) {
        return 1000 * std::exp(-(p - Vec3::Constant(30)).squaredNorm() / (2 * t * t));
      },
      [](const Vec3&) { return true; });
  const double expected = -3000 * s * s * t * t * t / std::pow(s * s + t * t, 2.5);
  CHECK(laplacian_of_gaussian(Raster(c.image), {{30, 30, 30}, {30, 30, 30}}, s)[0] ==
        Approx(expected).epsilon(0.01));
}

TEST_CASE("the Laplacian of Gaussian of a flat image is zero up to its edges, and linear") {
  Image flat(grid_of({12, 10, 9}, Vec3(1, 1.5, 2)), 700.0f);
  const Raster raster(flat);
  for (const double x : laplacian_of_gaussian(raster, raster.box(), 1.7))
    CHECK(x == Approx(0).margin(1e-3));  // single precision between its passes
  const Image image = noise(flat.grid(), 4);
  Image twice = image;
  for (float& x : twice.values()) x *= 2;
  const auto once = laplacian_of_gaussian(Raster(image), raster.box(), 1.7);
  const auto doubled = laplacian_of_gaussian(Raster(twice), raster.box(), 1.7);
  for (std::size_t v = 0; v < once.size(); ++v) CHECK(doubled[v] == 2 * once[v]);
}

TEST_CASE("filters of intensities keep the largest magnitude") {
  const Image image = noise(grid_of({10, 9, 8}), 5);
  const Raster raster(image);
  double most = 0;
  for (const float x : image.values()) most = std::max(most, double(std::abs(x)));
  for (const std::string kind : {"Square", "SquareRoot", "Logarithm"}) {
    INFO(kind);
    std::vector<std::string> notes;
    int images = 0;
    for_each_image(raster, {kind, {}, {}}, raster.box(), notes,
                   [&](const std::string&, const Raster& derived) {
                     ++images;
                     const Summary s = summary_of(derived);
                     CHECK(std::max(std::abs(s.minimum), s.maximum) == Approx(most));
                     // The square has lost its sign, the others have not.
                     for (Index i = 0; i < 10; ++i)
                       CHECK((derived(i, 0, 0) < 0) == (kind != "Square" && image(i, 0, 0) < 0));
                   });
    CHECK(images == 1);
  }
  std::vector<std::string> notes;
  for_each_image(
      raster, {"Exponential", {}, {}}, raster.box(), notes,
      [&](const std::string& name, const Raster& derived) {
        CHECK(name == "exponential");
        for (Index i = 0; i < 10; ++i)
          CHECK(derived(i, 3, 3) == Approx(std::pow(most, image(i, 3, 3) / most)).epsilon(1e-12));
      });
}

TEST_CASE("the gradient of a ramp is its slope, half of it at the image's edge") {
  const Case c = make_case(
      grid_of({6, 6, 6}, Vec3(2, 1, 0.5)), [](const Vec3& p) { return 3 * p[0] + 4 * p[2]; },
      [](const Vec3&) { return true; });
  const Raster raster(c.image);
  std::vector<std::string> notes;
  ImageType type{"Gradient", {}, {}};
  for_each_image(raster, type, raster.box(), notes, [&](const std::string&, const Raster& g) {
    CHECK(g(2, 2, 2) == Approx(5));
    CHECK(g(0, 2, 2) == Approx(std::sqrt(1.5 * 1.5 + 16)));
  });
  type.settings.gradient_use_spacing = false;
  for_each_image(raster, type, raster.box(), notes, [&](const std::string&, const Raster& g) {
    CHECK(g(2, 2, 2) == Approx(std::sqrt(36.0 + 4)));
  });
}

TEST_CASE("normalising gives mean 0 and deviation 1 of the whole image") {
  const Image image = noise(grid_of({10, 9, 8}), 6);
  Raster raster(image);
  Settings settings;
  settings.normalize_scale = 100;
  raster.normalise(settings);
  double squares = 0;
  raster.box().for_each(
      [&](Index i, Index j, Index k) { squares += raster(i, j, k) * raster(i, j, k); });
  CHECK(summary_of(raster).mean == Approx(0).margin(1e-10));
  CHECK(std::sqrt(squares / double(image.grid().count() - 1)) == Approx(100));
  Raster cut(image);
  settings.remove_outliers = 1.5;
  cut.normalise(settings);
  CHECK(summary_of(cut).maximum == Approx(150));
  CHECK(summary_of(cut).minimum == Approx(-150));
}

TEST_CASE("the resampled grid begins at the corner of the mask's first voxel") {
  // A ramp keeps its values wherever it is sampled (B-splines reproduce straight lines; the
  // mirrored edges are far away).
  const Vec3 spacing(0.8, 0.8, 2.5);
  const Case c = make_case(
      grid_of({90, 70, 40}, spacing),
      [](const Vec3& p) { return 100 + 3 * p[0] - 2 * p[1] + p[2]; },
      [](const Vec3& p) { return (p - Vec3(36, 28, 50)).norm() < 6; });
  for (const std::string kind : {"sitkBSpline", "sitkLinear"}) {
    Settings settings;
    settings.resampled_pixel_spacing = {1.0, 2.0, 1.5};
    settings.interpolator = kind;
    const Pair pair = resample(Raster(c.image), roi_of(c.mask), settings, Stored::real_numbers);
    const Grid& grid = pair.image.grid();
    CHECK(grid.spacing == Vec3(1, 2, 1.5));
    for (Index a = 0; a < 3; ++a) {  // corners: whole steps apart
      const double corner = grid.origin[a] - 0.5 * grid.spacing[a] + 0.5 * spacing[a];
      CHECK(corner / grid.spacing[a] == Approx(std::round(corner / grid.spacing[a])).margin(1e-9));
    }
    pair.roi.box.for_each([&](Index i, Index j, Index k) {
      const Vec3 p = grid.centre(i, j, k);
      CHECK(pair.image(i, j, k) == Approx(100 + 3 * p[0] - 2 * p[1] + p[2]).epsilon(1e-6));
    });
    CHECK(double(pair.roi.voxels) * grid.voxel_volume() ==
          Approx(4.0 / 3 * std::numbers::pi * 216).epsilon(0.1));
  }
}

TEST_CASE("resampling keeps whole numbers whole by cutting them off") {
  const Case c = make_case(
      grid_of({30, 30, 30}), [](const Vec3& p) { return p[0] - 15; },
      [](const Vec3& p) { return (p - Vec3::Constant(15)).norm() < 5; });
  Settings settings;
  settings.resampled_pixel_spacing = {0.6, 0.6, 0.6};
  const Pair real = resample(Raster(c.image), roi_of(c.mask), settings, Stored::real_numbers);
  const Pair whole = resample(Raster(c.image), roi_of(c.mask), settings, Stored::whole_numbers);
  whole.roi.box.for_each([&](Index i, Index j, Index k) {
    CHECK(whole.image(i, j, k) == std::trunc(whole.image(i, j, k)));
    CHECK(std::abs(whole.image(i, j, k) - real.image(i, j, k)) < 1);
  });
}

TEST_CASE("resampling to the image's own spacing crops it and changes nothing") {
  const Image image = noise(grid_of({20, 18, 16}), 7);
  Case c = make_case(
      image.grid(), [](const Vec3&) { return 0; },
      [](const Vec3& p) { return (p - Vec3(10, 9, 8)).norm() < 3; });
  Settings settings;
  settings.resampled_pixel_spacing = {1.0, 1.0, 0.0};
  settings.pad_distance = 2;
  const Pair pair = resample(Raster(image), roi_of(c.mask), settings, Stored::whole_numbers);
  CHECK(pair.image.grid().size == std::array<Index, 3>{9, 9, 9});
  CHECK(pair.roi.voxels == roi_of(c.mask).voxels);
  CHECK(pair.image(0, 0, 0) == image(6, 5, 4));
}

TEST_CASE("a mask of another grid comes to the image's by its nearest voxels") {
  const Grid grid = grid_of({20, 20, 20});
  Grid fine = grid_of({40, 40, 40}, Vec3::Constant(0.5));
  fine.origin = Vec3::Constant(-0.25);
  Case c = make_case(
      fine, [](const Vec3&) { return 0; },
      [](const Vec3& p) { return (p - Vec3::Constant(9.4)).norm() < 4; });
  const Roi roi = on_grid_of(grid, roi_of(c.mask));
  CHECK(roi.grid == grid);
  CHECK(double(roi.voxels) == Approx(4.0 / 3 * std::numbers::pi * 64).epsilon(0.05));
  Settings settings;
  CHECK_FALSE(same_grid(grid, fine, settings));
  fine.origin = Vec3::Constant(-30);
  Case outside = make_case(
      fine, [](const Vec3&) { return 0; }, [](const Vec3&) { return true; });
  CHECK_THROWS_WITH(on_grid_of(grid, roi_of(outside.mask)), Catch::Contains("beyond the image"));
}

TEST_CASE("re-segmentation keeps what lies within its thresholds") {
  const Case c = make_case(
      grid_of({10, 10, 1}), [](const Vec3& p) { return p[0] + 10 * p[1]; },
      [](const Vec3&) { return true; });
  const Raster raster(c.image);
  const Roi roi = roi_of(c.mask);
  const auto kept = [&](std::vector<double> range, const std::string& mode) {
    Settings settings;
    settings.resegment_range = std::move(range);
    settings.resegment_mode = mode;
    return resegment(raster, roi, settings).voxels;
  };
  CHECK(kept({20, 40}, "absolute") == 21);
  CHECK(kept({40, 20}, "absolute") == 21);
  CHECK(kept({90}, "absolute") == 10);
  CHECK(kept({0.5}, "relative") == 50);  // from 49.5 on
  // 0 ... 99 has mean 49.5 and deviation 28.866.
  CHECK(kept({-1, 1}, "sigma") == 58);
}

TEST_CASE("shape is measured before re-segmentation, within the box of what it leaves") {
  const Case c = make_case(
      grid_of({12, 6, 6}), [](const Vec3& p) { return p[0]; },
      [](const Vec3& p) { return p[0] > 0.5 && p[0] < 10.5; });
  Parameters parameters;
  parameters.settings.resegment_range = {3, 8};
  parameters.classes = {{"shape", {"VoxelVolume"}}, {"firstorder", {"Minimum"}}};
  parameters.image_types.front().settings = parameters.settings;
  const auto values = [&] {
    return extract(c.image, c.mask, parameters, Stored::whole_numbers).features;
  };
  CHECK(values()[0].value == 6 * 36);
  CHECK(values()[1].value == 3);
  parameters.settings.resegment_range = {3};
  CHECK(values()[0].value == 8 * 36);
}
