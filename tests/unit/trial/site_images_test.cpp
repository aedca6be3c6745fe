// What the deviations of a site do to its images of water.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "coarse_scanner.hpp"
#include "kept_images.hpp"

using namespace vitrine;

namespace {

/// Images, and what was said of the dose on the way.
class Site : public test::KeptImages {
 public:
  std::vector<trial::FileRecord> image(const trial::ImageContext& context,
                                       const Image& made) override {
    displayed = context.ctdi_vol;
    tube_load = context.arm.tube_load;
    thickness = context.arm.slice_thickness;
    return KeptImages::image(context, made);
  }
  double displayed = 0.0, tube_load = 0.0, thickness = 0.0;

  const Image& only() const {
    REQUIRE(images.size() == 1);
    return images.begin()->second;
  }
  double of_table(const char* column) const {
    const Table& table = cases.at(0).images;
    return std::get<double>(table.rows.at(0).at(table.column(column)));
  }
};

/// 20 cm of water on one scanner without electronic noise; without `deviations` the scanner is
/// called so itself, with them it is the first site of `water`.
Site images_of(const char* name, const Value* deviations, double tube_load,
               const std::optional<Profile>& profile = {}) {
  Value scanner = test::coarse_scanner(240);
  std::get<Value::Map>(scanner.data)[0].value = Value(name);
  scanner.set("detector", Value().set("electronic_noise_kev", Value(0.0)));
  Value arms = Value().set("scanners", Value::List{std::move(scanner)});
  if (deviations)
    arms.set("sites", Value::List{Value().set("count", Value(1.0)).set("deviations", *deviations)});
  arms.set("protocol", Value()
                           .set("kernel", Value("standard"))
                           .set("tube_load_mas", Value(tube_load))
                           .set("slices", Value(12.0))
                           .set("slice_thickness_mm", Value(2.5))
                           .set("slice_increment_mm", Value(2.5))
                           .set("matrix", Value(160.0))
                           .set("field_of_view_mm", Value(220.0)));
  const Value all =
      Value()
          .set("vitrine", Value(1.0))
          .set("trial", Value().set("name", Value("t")).set("seed", Value(7.0)))
          .set("patients",
               Value()
                   .set("count", Value(1.0))
                   .set("anatomy",
                        Value().set("kind", "water_cylinder").set("length_mm", Value(300.0))))
          .set("arms", std::move(arms))
          .set("outputs", Value().set("report", Value("none")));
  Diagnostics problems;
  auto scenario = trial::Scenario::schema().read(all, problems);
  problems.throw_if_any();
  scenario.arms.scanners.front().profile = profile;
  Site kept;
  trial::run(trial::make_plan(std::move(scenario)), kept, kept, kept, best_isa(),
             [] { return false; });
  REQUIRE(kept.cases.size() == 1);
  return kept;
}

Site site_of(const Value& deviations, double tube_load) {
  return images_of("water", &deviations, tube_load);
}

template <class Take>
void within(const Image& image, double radius, Take&& take) {
  const Grid& grid = image.grid();
  for (Index k = 0; k + 1 < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        if (grid.centre(i, j, k).head<2>().norm() < radius) take(i, j, k);
}

double mean_of(const Image& image) {
  double sum = 0.0, n = 0.0;
  within(image, 60.0, [&](Index i, Index j, Index k) { sum += double(image(i, j, k)), n += 1.0; });
  return sum / n;
}

/// Of the noise: what differs from an image of the same machine at 250 times the dose.
double variance_of(const Site& noisy, const Site& clear) {
  double sum = 0.0, squares = 0.0, n = 0.0;
  within(noisy.only(), 80.0, [&](Index i, Index j, Index k) {
    const double d = double(noisy.only()(i, j, k)) - double(clear.only()(i, j, k));
    sum += d, squares += d * d, n += 1.0;
  });
  return squares / n - (sum / n) * (sum / n);
}

}  // namespace

TEST_CASE("a site without deviations makes the bytes of the plain scanner of its name", "[full]") {
  const Site plain = images_of("water_site1", nullptr, 80);
  const Site site = site_of(Value(Value::Map{}), 80);
  CHECK(std::ranges::equal(site.only().values(), plain.only().values()));
  CHECK(site.cases[0].images.to_csv() == plain.cases[0].images.to_csv());
  CHECK(site.displayed == plain.displayed);
}

TEST_CASE("water at a site that is 3 HU off measures 3 HU more", "[full]") {
  // Noise of the mean of 8,000 voxels a slice at this load: below 0.02 HU.
  const double plain = mean_of(images_of("water_site1", nullptr, 2000).only());
  const double shifted = mean_of(site_of(Value().set("calibration_hu", Value(3.0)), 2000).only());
  CHECK(shifted - plain == Approx(3.0).margin(0.1));
  const double scaled =
      mean_of(site_of(Value().set("calibration_scale_percent", Value(5.0)), 2000).only());
  CHECK(scaled == Approx(1.05 * plain).margin(0.1));
}

TEST_CASE("an output 20 % higher makes 1 / 1.2 of the noise's variance, and no console knows",
          "[full]") {
  const Value brighter = Value().set("tube_output_percent", Value(20.0));
  const Site plain = images_of("water_site1", nullptr, 8);
  const Site bright = site_of(brighter, 8);
  // Two estimates of a variance from some 5,000 independent values: 2 % each.
  const double ratio = variance_of(bright, site_of(brighter, 2000)) /
                       variance_of(plain, images_of("water_site1", nullptr, 2000));
  CHECK(ratio == Approx(1.0 / 1.2).epsilon(0.08));
  CHECK(bright.tube_load == plain.tube_load);
  CHECK(bright.of_table("tube_load_mas") == plain.of_table("tube_load_mas"));
  CHECK(bright.of_table("photons_per_reading") ==
        Approx(1.2 * plain.of_table("photons_per_reading")).epsilon(1e-9));
  CHECK(bright.of_table("ctdi_vol_mgy") ==
        Approx(1.2 * plain.of_table("ctdi_vol_mgy")).epsilon(1e-9));
  CHECK(bright.displayed == Approx(plain.displayed).epsilon(1e-9));
}

TEST_CASE("a site's kernel and slices are others than its headers say", "[full]") {
  const auto variance = [](const Value& deviations) {
    return variance_of(site_of(deviations, 8), site_of(deviations, 2000));
  };
  const double plain = variance(Value(Value::Map{}));
  // Noise power is f gain^2: on an axis stretched by s its integral goes with s^3 where nothing
  // but the gain limits it; cells and their interpolation do, too.
  const double sharp = variance(Value().set("kernel_frequency_percent", Value(10.0))) / plain;
  CHECK(sharp > 1.05);
  CHECK(sharp < 1.331 * 1.08);
  const Value thick = Value().set("slice_thickness_percent", Value(50.0));
  CHECK(variance(thick) < 0.85 * plain);
  CHECK(site_of(thick, 8).thickness == 2.5);
}

TEST_CASE("a profile without kernels changes no bit of an image") {
  Profile profile;
  profile.vendor = profile.modelled_on = "nobody";
  profile.console.focal_spots = {{0.4, 0.4}};
  const Site plain = images_of("water", nullptr, 50.0);
  const Site known = images_of("water", nullptr, 50.0, profile);
  CHECK(std::ranges::equal(plain.only().values(), known.only().values()));
  profile.kernels = {{"standard", "S", 0.1, 0.2}};
  const Site own = images_of("water", nullptr, 50.0, profile);
  CHECK(own.of_table("noise_hu") < 0.8 * plain.of_table("noise_hu"));
}
