// Scatter, a grid and their correction through whole trials: scenario in, images out.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kept_images.hpp"
#include "support/roi.hpp"
#include "vitrine/physics/scatter_field.hpp"
#include "vitrine/trial/engine.hpp"
#include "vitrine/trial/plan.hpp"

using namespace vitrine;

namespace {

/// A coarse scanner about 240 mm of water: its views take milliseconds.
Value scanner(const char* name, const Value& scatter, bool grid) {
  Value out = Value()
                  .set("name", Value(name))
                  .set("source_to_iso_mm", Value(541.0))
                  .set("source_to_detector_mm", Value(949.0))
                  .set("columns", Value(110.0))
                  .set("rows", Value(16.0))
                  .set("column_pitch_mm", Value(8.4))
                  .set("row_pitch_mm", Value(4.4))
                  .set("views_per_rotation", Value(96.0))
                  .set("anode_angle_deg", Value(7.0));
  if (!scatter.empty()) out.set("scatter", scatter);
  if (grid)
    out.set("detector",
            Value().set("anti_scatter_grid",
                        Value().set("ratio", Value(8.0)).set("septa_percent", Value(10.0))));
  return out;
}

Value scatter(double strength, double correction, double histories = 1000.0) {
  return Value()
      .set("strength", Value(strength))
      .set("correction", Value(correction))
      .set("kernel_histories", Value(histories));
}

trial::Plan plan_of(const Value::List& scanners) {
  const Value protocol = Value()
                             .set("kernel", Value("soft"))
                             .set("tube_load_mas", Value(1000.0))
                             .set("centre", Value("origin"))
                             .set("slices", Value(1.0))
                             .set("slice_thickness_mm", Value(5.0))
                             .set("slice_increment_mm", Value(5.0))
                             .set("matrix", Value(64.0))
                             .set("field_of_view_mm", Value(256.0));
  const Value anatomy =
      Value().set("kind", Value("water_cylinder")).set("diameter_mm", Value(240.0));
  const Value root =
      Value()
          .set("vitrine", Value(1.0))
          .set("trial", Value().set("name", Value("scatter")).set("seed", Value(7.0)))
          .set("patients", Value().set("count", Value(1.0)).set("anatomy", anatomy))
          .set("arms", Value().set("scanners", scanners).set("protocol", protocol))
          .set("analyse", Value::List{});
  Diagnostics problems;
  auto scenario = trial::Scenario::schema().read(root, problems);
  problems.throw_if_any();
  return trial::make_plan(std::move(scenario));
}

std::map<std::string, Image> run(const Value::List& scanners) {
  test::KeptImages kept;
  trial::run(plan_of(scanners), kept, kept, kept, best_isa(), [] { return false; });
  return std::move(kept.images);
}

using test::mean_about;

}  // namespace

TEST_CASE("scatter darkens the middle of a trial's images, its correction brings it back") {
  const auto images =
      run({scanner("clean", {}, false), scanner("scattered", scatter(1.0, 0.0), true),
           scanner("corrected", scatter(1.0, 1.0), true)});
  REQUIRE(images.size() == 3);
  const auto image_of = [&](const char* name) -> const Image& {
    return images.at(std::string(name) + "_soft_1000mAs");
  };
  const auto middle = [&](const char* name) { return mean_about(image_of(name), 0.0, 30.0); };
  const auto rim = [&](const char* name) { return mean_about(image_of(name), 95.0, 12.0); };
  CAPTURE(middle("clean"), middle("scattered"), middle("corrected"));
  CAPTURE(rim("clean"), rim("scattered"), rim("corrected"));
  // A scatter-to-primary ratio S lowers line integrals by ln(1 + S): by some percent behind a grid
  // of ratio 8, where 240 mm of water have integrals of about 5.
  CHECK(middle("scattered") < middle("clean") - 15.0);
  CHECK(middle("scattered") > middle("clean") - 60.0);
  // The mean of 170 pixels has less than 1 HU of noise.
  CHECK(middle("corrected") == Approx(middle("clean")).margin(2.0));
  CHECK(rim("corrected") == Approx(rim("clean")).margin(2.0));

  // Strength 0 is no scatter at all, to the bit.
  const auto off = run({scanner("clean", scatter(0.0, 1.0), false)});
  REQUIRE(off.size() == 1);
  CHECK(std::ranges::equal(image_of("clean").values(), off.begin()->second.values()));
}

TEST_CASE("a plan counts what scatter costs: kernels by their histories, a grid, maps by views") {
  const auto seconds = [](const Value& scatter, bool grid) {
    return trial::estimate(plan_of({scanner("a", scatter, grid)}), 1).seconds;
  };
  const double without = seconds({}, false), few = seconds(scatter(1.0, 1.0, 1e4), false),
               many = seconds(scatter(1.0, 1.0, 1e6), false);
  CHECK(seconds(scatter(0.0, 0.0), false) == without);
  CHECK(few > without);
  CHECK(many - few == Approx(99.0 * 0.15).epsilon(0.01));  // 0.15 s for ten thousand
  CHECK(seconds(scatter(1.0, 1.0, 1e6), true) > 2.0 * many);
  const auto carlo = [](double percent) {
    return scatter(1.0, 1.0, 1e4)
        .set("model", Value("monte_carlo"))
        .set("precision_percent", Value(percent));
  };
  CHECK(seconds(carlo(5.0), false) - few == Approx(4.0 * (seconds(carlo(10.0), false) - few)));
}
