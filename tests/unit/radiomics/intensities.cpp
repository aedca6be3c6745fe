#include <catch2/catch.hpp>

#include "support.hpp"
#include "vitrine/core/random.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

namespace {

/// Whole HU between 0 and 99 from a fixed seed, and every third voxel of a box as the region.
Case noisy(const Vec3& spacing) {
  const Grid grid{{17, 13, 9}, spacing, Vec3(0, 0, 0), Mat3::Identity()};
  Rng rng(make_stream(7, "noisy", Draw::test), 0);
  Case c{Image(grid), Mask(grid)};
  for (float& hu : c.image.values()) hu = std::floor(100 * float(rng.uniform()));
  for (std::size_t v = 0; v < c.mask.values().size(); v += 3) c.mask.values()[v] = 1;
  return c;
}

/// The mean of all voxels of the image whose centre is within the sphere of 1 cm^3 around a voxel.
double sphere_mean(const Image& image, std::array<Index, 3> p) {
  const double radius = 10 * std::cbrt(3 / (4 * M_PI));
  const auto [nx, ny, nz] = image.grid().size;
  double sum = 0, n = 0;
  for (Index k = 0; k < nz; ++k)
    for (Index j = 0; j < ny; ++j)
      for (Index i = 0; i < nx; ++i)
        if ((image.grid().centre(i, j, k) - image.grid().centre(p[0], p[1], p[2])).norm() <=
            radius) {
          sum += image(i, j, k);
          ++n;
        }
  return sum / n;
}

/// One row of voxels with these intensities.
Case row(const std::vector<float>& hu) {
  const Grid grid{{Index(hu.size()), 1, 1}, Vec3(1, 1, 1), Vec3(0, 0, 0), Mat3::Identity()};
  Case c{Image(grid), Mask(grid, 1)};
  std::copy(hu.begin(), hu.end(), c.image.values().begin());
  return c;
}

double value(const Case& c, const Settings& settings, const char* id) {
  const std::string family(id, std::string_view(id).find('.'));
  const auto values = measure(c, settings, {family});
  INFO(id);
  CHECK(values.at(id).reason.empty());
  return values.at(id).value;
}

}  // namespace

TEST_CASE("local peaks are means over the voxels of a sphere, those outside the region included") {
  for (const Vec3& spacing : {Vec3(1, 1, 1), Vec3(0.977, 0.977, 3), Vec3(2.5, 1.2, 0.7)}) {
    INFO("spacing " << spacing.transpose());
    const Case c = noisy(spacing);
    double global = -1e9, local = -1e9, highest = -1e9;
    const auto [nx, ny, nz] = c.image.grid().size;
    for (Index k = 0; k < nz; ++k)
      for (Index j = 0; j < ny; ++j)
        for (Index i = 0; i < nx; ++i) {
          if (!c.mask(i, j, k)) continue;
          const double mean = sphere_mean(c.image, {i, j, k});
          global = std::max(global, mean);
          if (c.image(i, j, k) > highest) local = -1e9;
          highest = std::max(highest, double(c.image(i, j, k)));
          if (c.image(i, j, k) == highest) local = std::max(local, mean);
        }
    // Sums of whole HU are exact in double: equal to the rounding of one division.
    CHECK(value(c, Settings{}, "local_intensity.global_peak") == Approx(global).epsilon(1e-15));
    CHECK(value(c, Settings{}, "local_intensity.local_peak") == Approx(local).epsilon(1e-15));
  }
}

TEST_CASE("the local peak follows the voxels around the region, which others ignore") {
  const Grid grid{{21, 21, 21}, Vec3(1, 1, 1), Vec3(0, 0, 0), Mat3::Identity()};
  Case c{Image(grid, 10), Mask(grid)};
  c.mask(10, 10, 10) = c.mask(11, 10, 10) = 1;
  CHECK(value(c, Settings{}, "local_intensity.local_peak") == 10);
  c.image(10, 10, 16) = 1015;  // 6 mm away, in a sphere of 1021 voxels of 1 mm
  const double reached = value(c, Settings{}, "local_intensity.local_peak");
  CHECK(reached == Approx(10 + 1005.0 / 1021).epsilon(1e-12));
  c.image(10, 10, 17) = 5000;  // 7 mm away: outside
  CHECK(value(c, Settings{}, "local_intensity.local_peak") == reached);
  c.image(10, 10, 15) = std::numeric_limits<float>::quiet_NaN();
  const auto lost = measure(c, Settings{}, {"local_intensity", "statistics"});
  CHECK(lost.at("local_intensity.global_peak").reason == reason::not_finite);
  CHECK(lost.at("statistics.mean").value == 10);
}

TEST_CASE("surroundings are interpolated as the region is") {
  const Case c = noisy(Vec3(1.3, 1.1, 1.7));
  for (const Interpolation kind :
       {Interpolation::nearest, Interpolation::linear, Interpolation::cubic}) {
    Settings settings;
    settings.spacing_mm = 0.9;
    settings.interpolation = kind;
    const Region region = prepare(c.image, c.mask, settings, Keep::surroundings);
    const Surroundings& around = *region.surroundings;
    for (std::size_t v = 0; v < region.voxels.size(); ++v) {
      const auto p = region.position(region.voxels[v]);
      const Index offset =
          ((p[2] - around.low[2]) * around.size[1] + p[1] - around.low[1]) * around.size[0] + p[0] -
          around.low[0];
      REQUIRE(around.hu[std::size_t(offset)] == region.hu[v]);
    }
  }
}

TEST_CASE("a region without surroundings cannot give local peaks and says so") {
  const Case c = noisy(Vec3(1, 1, 1));
  const Region region = prepare(c.image, c.mask, Settings{});
  const std::vector<std::string> family{"local_intensity"};
  CHECK_THROWS_WITH(extract(region, Settings{}, family),
                    Catch::Matchers::Contains("Keep::surroundings"));
}

TEST_CASE("with levels of 1 HU from 1 HU the histogram has the statistics of the intensities") {
  Case c = noisy(Vec3(1, 1, 1));
  for (float& hu : c.image.values()) hu += 1;
  Settings settings;
  settings.bin_width_hu = 1;
  settings.range_hu = {1.0, 200.0};
  const auto values = measure(c, settings, {"statistics", "histogram"});
  for (const char* name :
       {"mean", "variance", "skewness", "kurtosis", "median", "minimum", "percentile_10",
        "percentile_90", "maximum", "interquartile_range", "range", "mean_absolute_deviation",
        "robust_mean_absolute_deviation", "median_absolute_deviation", "coefficient_of_variation",
        "quartile_coefficient_of_dispersion"}) {
    INFO(name);
    CHECK(values.at(std::string("histogram.") + name).value ==
          Approx(values.at(std::string("statistics.") + name).value).epsilon(1e-12));
  }
}

TEST_CASE("a histogram's mode, slopes, entropy and uniformity are those of its counts") {
  // Levels 1, 3, 3, 4, 4, 6: counts 1, 0, 2, 2, 0, 1 about the mean 3.5.
  const Case c = row({0, 2, 2, 3, 3, 5});
  Settings settings;
  settings.bin_width_hu = 1;
  const auto values = measure(c, settings, {"histogram"});
  const auto is = [&](const char* id, double expected) {
    INFO(id);
    CHECK(values.at(id).value == Approx(expected).epsilon(1e-14));
  };
  is("histogram.mode", 3);  // both are half a level from the mean: the lower one
  is("histogram.maximum_gradient", 1);
  is("histogram.maximum_gradient_level", 3);  // (2 - 0) / 2; level 6 ends as steeply
  is("histogram.minimum_gradient", -1);
  is("histogram.minimum_gradient_level", 1);
  is("histogram.uniformity", (1 + 4 + 4 + 1) / 36.0);
  is("histogram.entropy", 2 * (1 / 6.0) * std::log2(6.0) + 2 * (1 / 3.0) * std::log2(3.0));
}

TEST_CASE("the intensity-volume histogram of a uniform distribution is a straight line") {
  std::vector<float> hu(1001);  // 0, 1, ... 1000
  for (std::size_t i = 0; i < hu.size(); ++i) hu[i] = float(i);
  const Case c = row(hu);
  const auto check = [&](const Settings& settings, double start, double step, double levels) {
    const auto values = measure(c, settings, {"ivh"});
    const double voxel = 1 / 1001.0, level = 1 / (levels - 1);
    CHECK(values.at("ivh.volume_at_intensity_10").value == Approx(0.9).margin(level + voxel));
    CHECK(values.at("ivh.volume_at_intensity_90").value == Approx(0.1).margin(level + voxel));
    CHECK(values.at("ivh.area_under_curve").value == Approx(0.5).margin(level + voxel));
    CHECK(values.at("ivh.intensity_at_volume_10").value ==
          Approx(start + 0.9 * levels * step).margin(1.5 * step));
    CHECK(values.at("ivh.volume_difference").value ==
          values.at("ivh.volume_at_intensity_10").value -
              values.at("ivh.volume_at_intensity_90").value);
    CHECK(values.at("ivh.intensity_difference").value ==
          values.at("ivh.intensity_at_volume_10").value -
              values.at("ivh.intensity_at_volume_90").value);
  };
  Settings whole, fixed_size, fixed_number;
  fixed_size.ivh_bin_width_hu = 2.5;
  fixed_number.ivh_bin_count = 100;
  check(whole, 0, 1, 1001);
  check(fixed_size, 1.25, 2.5, 401);
  check(fixed_number, 1, 1, 100);
}

TEST_CASE("intensity fractions refer to the re-segmentation range where there is one") {
  const Case c = row({100, 200, 300, 400});
  Settings settings;
  settings.range_hu = {0.0, 1000.0};
  CHECK(value(c, settings, "ivh.volume_at_intensity_10") == 1);       // 100 HU: all
  CHECK(value(c, settings, "ivh.volume_at_intensity_90") == 0);       // 900 HU: none
  CHECK(value(c, settings, "ivh.intensity_at_volume_10") == 401);     // none is left above 400
  CHECK(value(c, settings, "ivh.intensity_at_volume_90") == 101);     // three quarters
  CHECK(value(c, Settings{}, "ivh.volume_at_intensity_10") == 0.75);  // of 100 to 400: 130 HU
  CHECK(value(c, Settings{}, "ivh.volume_at_intensity_90") == 0.25);
}

TEST_CASE("histograms with more levels than fit, and curves of a flat region, say why") {
  Settings fine;
  fine.bin_width_hu = 0.001;
  fine.ivh_bin_width_hu = 0.001;
  const Case c = row({-1000, 20000});
  const auto values = measure(c, fine, {"histogram", "ivh"});
  CHECK(values.at("histogram.mean").reason == reason::too_many_levels);
  CHECK(values.at("ivh.volume_at_intensity_10").reason == reason::too_many_levels);
  const auto flat = measure(row({5, 5, 5}), Settings{}, {"histogram", "ivh"});
  CHECK(flat.at("ivh.area_under_curve").reason == reason::flat_region);
  CHECK(flat.at("histogram.maximum_gradient").reason == reason::flat_region);
  CHECK(flat.at("histogram.skewness").reason == reason::flat_region);
  CHECK(flat.at("histogram.entropy").value == 0);
}

TEST_CASE("diagnostics tell dimensions, voxel counts and intensities of every stage") {
  const Case c = row({10, 20, 30, 40});
  Settings settings;
  settings.range_hu = {15.0, 35.0};
  const Region region = prepare(c.image, c.mask, settings);
  std::map<std::string, double> found;
  for (const Diagnostic& d : diagnostics(c.image, settings, region)) found[d.id] = d.value;
  CHECK(found.size() == 60);
  CHECK(found.at("diagnostics.initial_image.mean") == 25);
  CHECK(found.at("diagnostics.interpolated_image.maximum") == 40);
  CHECK(found.at("diagnostics.initial_roi.dimension_x") == 4);
  CHECK(found.at("diagnostics.interpolated_roi.intensity_voxels") == 4);
  CHECK(found.at("diagnostics.resegmented_roi.intensity_voxels") == 2);
  CHECK(found.at("diagnostics.resegmented_roi.intensity_box_x") == 2);
  CHECK(found.at("diagnostics.resegmented_roi.morphological_box_x") == 4);
  CHECK(found.at("diagnostics.resegmented_roi.minimum") == 20);

  settings.range_hu = {500.0, 600.0};
  const Region lost = prepare(c.image, c.mask, settings);
  for (const Diagnostic& d : diagnostics(c.image, settings, lost))
    if (d.id == "diagnostics.resegmented_roi.mean") CHECK(std::isnan(d.value));
}
