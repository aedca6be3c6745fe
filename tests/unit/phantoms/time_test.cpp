#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "support.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/growth.hpp"
#include "vitrine/phantoms/patient.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;
using namespace vitrine::test;

namespace {

Rng numbers() { return Rng(make_stream(7, "growth", Draw::test), 0); }

Pick<Growth> growth(const Value& node) { return pick(growths(), node); }

/// A thorax with few vessels and one ball of 12 mm, changed by `lesion` as a user writes it.
Cohort cohort(Value lesion, double count = 1.0, const char* design = "independent") {
  lesion.set("shape", kind("sphere").set("diameter_mm", Value(12.0)));
  Diagnostics problems;
  auto all =
      Cohort::schema().read(Value()
                                .set("count", Value(count))
                                .set("design", Value(design))
                                .set("anatomy", kind("thorax").set("vessel_twigs", Value(2.0)))
                                .set("lesions", Value::List{std::move(lesion)}),
                            problems);
  problems.throw_if_any();
  return all;
}

PatientState on_day(double day) {
  PatientState state;
  state.day = day;
  return state;
}

double parameter(const Patient& patient, const std::string& name) {
  for (const auto& [key, value] : patient.parameters)
    if (key == name) return value;
  FAIL("no parameter " << name);
  return 0.0;
}

}  // namespace

TEST_CASE("every growth starts at 1, stays positive, and follows one curve for one lesion") {
  for (const std::string& name : growths().kinds()) {
    INFO(name);
    const auto model = growth(Value(name));
    CHECK(model->volume_ratio(0.0, numbers()) == Approx(1.0).margin(1e-12));
    for (const double day : {10.0, 100.0, 1000.0}) {
      const double ratio = model->volume_ratio(day, numbers());
      CHECK(ratio > 0.0);
      CHECK(model->volume_ratio(day, numbers()) == ratio);
    }
  }
}

TEST_CASE("growths follow their closed forms") {
  const auto at = [](const Value& node, double day) {
    return growth(node)->volume_ratio(day, numbers());
  };
  const Value doubling = kind("exponential").set("doubling_time_days", Value(60.0));
  CHECK(at(doubling, 60.0) == Approx(2.0).epsilon(1e-12));
  CHECK(at(doubling, 180.0) == Approx(8.0).epsilon(1e-12));

  const Value gompertz =
      kind("gompertz").set("doubling_time_days", Value(60.0)).set("plateau", Value(20.0));
  CHECK(at(gompertz, 1e5) == Approx(20.0).epsilon(1e-9));
  CHECK(std::log(at(gompertz, 1e-3)) == Approx(std::numbers::ln2 * 1e-3 / 60.0).epsilon(1e-4));
  CHECK(at(gompertz, 60.0) < 2.0);

  const Value response = kind("response")
                             .set("half_life_days", Value(30.0))
                             .set("resistant", Value(0.25))
                             .set("doubling_time_days", Value(90.0));
  CHECK(at(response, 90.0) == Approx(0.75 / 8.0 + 0.25 * 2.0).epsilon(1e-12));
}

TEST_CASE("a growing lesion keeps its place, and its volume follows its growth") {
  const auto grows =
      cohort(Value().set("growth", kind("exponential").set("doubling_time_days", Value(60.0))));
  const auto first = build_patient(grows, 5, "case001", on_day(0)).scene;
  const auto later = build_patient(grows, 5, "case001", on_day(60)).scene;
  REQUIRE(later.lesions.size() == 1);
  CHECK(later.lesions[0].centre == first.lesions[0].centre);
  CHECK(later.lesions[0].volume / first.lesions[0].volume == Approx(2.0).epsilon(1e-3));
  CHECK(later.lesions[0].longest_axial_diameter == Approx(12.0 * std::cbrt(2.0)).epsilon(3e-3));
  CHECK(later.solids.size() == first.solids.size());
}

TEST_CASE("a lesion appears on its day, and is gone when nothing is left") {
  const auto late = cohort(Value().set("appears_day", Value(40.0)));
  CHECK(build_patient(late, 5, "case001", on_day(39)).scene.lesions.empty());
  CHECK(build_patient(late, 5, "case001", on_day(40)).scene.lesions.size() == 1);

  const Value cured =
      kind("response").set("half_life_days", Value(5.0)).set("resistant", Value(0.0));
  const auto shrinks = cohort(Value().set("growth", cured));
  CHECK(build_patient(shrinks, 5, "case001", on_day(20)).scene.lesions.size() == 1);
  CHECK(build_patient(shrinks, 5, "case001", on_day(80)).scene.lesions.empty());
}

TEST_CASE("patients of a Latin hypercube share out every parameter evenly", "[full]") {
  constexpr int count = 8;
  const auto all = cohort(Value(), count, "latin_hypercube");
  int women = 0;
  std::vector<int> eighth(count);
  for (int i = 0; i < count; ++i) {
    const Patient p = build_patient(all, 5, str("case00", i + 1), {});
    women += p.sex == "female";
    // Truncation to 18..95 years leaves the normal distribution's eighths within 1 %.
    const double z = (parameter(p, "age_years") - 58.0) / 15.0;
    ++eighth[std::size_t(math::normal_cdf(z) * count)];
  }
  CHECK(women == count / 2);
  CHECK(eighth == std::vector<int>(count, 1));
  CHECK_THROWS_AS(build_patient(all, 5, "case009", {}), Error);
}
