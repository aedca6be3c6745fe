#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/cohort.hpp"
#include "vitrine/phantoms/population.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;

namespace {

Value list(std::vector<Value> items) { return Value(std::move(items)); }

Value correlation(const char* a, const char* b, double r) {
  return Value().set("between", list({Value(a), Value(b)})).set("coefficient", Value(r));
}

Value stratum(double share, Value anatomy, const char* name = "all") {
  return Value()
      .set("name", Value(name))
      .set("share", Value(share))
      .set("anatomy", std::move(anatomy));
}

Value patients(double count, Value anatomy) {
  return Value().set("count", Value(count)).set("anatomy", std::move(anatomy));
}

Cohort read(const Value& node) {
  Diagnostics problems;
  Cohort cohort = Cohort::schema().read(node, problems);
  problems.throw_if_any();
  return cohort;
}

std::string problem_of(const Value& node) {
  Diagnostics problems;
  Cohort::schema().read(node, problems);
  std::string all;
  for (const auto& entry : problems.entries()) all += entry.message;
  return all;
}

Value settings(const Cohort& cohort, int subject) {
  const auto ids = patient_ids(cohort);
  return anatomy_of(cohort, 7, ids[std::size_t(subject)]).canonical;
}

double number(const Value& settings, const std::string& key) {
  return *settings.find(key)->as<double>();
}

std::string word(const Value& settings, const char* key) {
  return *settings.find(key)->as<std::string>();
}

/// Parameters of the patient of one seed with these settings.
std::map<std::string, double> parameters(const Value& anatomy, std::uint64_t seed = 3) {
  Diagnostics problems;
  const auto made = anatomies().make(anatomy, problems);
  problems.throw_if_any();
  SceneBuilder scene;
  const auto record = made->build(scene, Rng(make_stream(seed, "case001", Draw::anatomy), 0), {});
  return {record.parameters.begin(), record.parameters.end()};
}

double mean_of(const std::vector<double>& x) {
  double sum = 0.0;
  for (const double each : x) sum += each;
  return sum / double(x.size());
}

double correlation_of(const std::vector<double>& x, const std::vector<double>& y) {
  const double mx = mean_of(x), my = mean_of(y);
  double xx = 0.0, yy = 0.0, xy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xy / std::sqrt(xx * yy);
}

}  // namespace

TEST_CASE("correlated parameters keep their distributions and go together as asked") {
  Value node = patients(1000, Value("thorax"));
  node.set("correlations", list({correlation("height_mm", "lung_density_g_per_cm3", -0.6),
                                 correlation("height_mm", "heart_scale", 0.4)}));
  const Cohort cohort = read(node);
  constexpr int n = 1000;
  std::vector<double> height, density, heart;  // normal scores
  for (int i = 0; i < n; ++i) {
    const Value s = settings(cohort, i);
    const bool woman = word(s, "sex") == "female";
    height.push_back(woman ? (number(s, "height_female_mm") - 1617.0) / 71.0
                           : (number(s, "height_male_mm") - 1754.0) / 76.0);
    density.push_back((number(s, "lung_density_g_per_cm3") - 0.185) / 0.02);
    heart.push_back((number(s, "heart_scale") - 1.0) / 0.05);
  }
  for (const auto& [x, y, r] : {std::tuple(height, density, -0.6), std::tuple(height, heart, 0.4),
                                std::tuple(density, heart, 0.0)}) {
    const double error = (1.0 - r * r) / std::sqrt(double(n));
    INFO(r);
    CHECK(correlation_of(x, y) == Approx(r).margin(4.0 * error));
  }
  for (const auto& scores : {height, density, heart}) {
    double squares = 0.0;
    int below = 0;
    for (const double z : scores) squares += z * z, below += z < -1.0;
    CHECK(mean_of(scores) == Approx(0.0).margin(4.0 / std::sqrt(double(n))));
    CHECK(squares / n == Approx(1.0).margin(4.0 * std::sqrt(2.0 / n)));
    CHECK(below / double(n) == Approx(0.1587).margin(4.0 * std::sqrt(0.1587 * 0.8413 / n)));
  }
}

TEST_CASE("a correlated patient does not depend on how many others there are") {
  Value node = patients(5, Value("thorax"));
  node.set("correlations", list({correlation("age_years", "heart_scale", 0.5)}));
  Cohort cohort = read(node);
  const std::string five = to_json(settings(cohort, 2));
  cohort.count = 500;
  CHECK(to_json(settings(cohort, 2)) == five);
}

TEST_CASE("strata have exactly their sizes and keep what they ask for") {
  Value node = patients(40, Value("thorax"));
  Value young, old, large;
  young.set("sex", "female").set("age_years", list({Value(20.0), Value(45.0)}));
  old.set("sex", "male").set("age_years", list({Value(60.0), Value(80.0)}));
  large.set("bmi_kg_per_m2", list({Value(30.0), Value(40.0)})).set("fat_mm", Value(22.0));
  node.set("strata", list({stratum(0.5, young, "young"), stratum(0.3, old, "old"),
                           stratum(0.2, large, "large")}));
  for (const char* design : {"independent", "latin_hypercube"}) {
    Value with = node;
    const Cohort cohort = read(with.set("design", design));
    CHECK(stratum_sizes(cohort) == std::vector<std::uint32_t>{20, 12, 8});
    int of_young = 0, of_old = 0, of_large = 0;
    for (int i = 0; i < 40; ++i) {
      const Value s = settings(cohort, i);
      const std::string sex = word(s, "sex");
      const double* age = s.find("age_years")->as<double>();
      if (s.find("fat_mm")) {
        ++of_large;
        const double bmi = number(s, "bmi_" + sex + "_kg_per_m2");
        CHECK((bmi >= 30.0 && bmi <= 40.0));
      } else if (sex == "female") {
        ++of_young;
        CHECK((age && *age >= 20.0 && *age <= 45.0));
      } else {
        ++of_old;
        CHECK((age && *age >= 60.0 && *age <= 80.0));
      }
    }
    CHECK(of_young == 20);
    CHECK(of_old == 12);
    CHECK(of_large == 8);
  }
}

TEST_CASE("strata that do not divide the cohort differ from their shares by less than one") {
  for (const int count : {3, 5, 7, 10, 23}) {
    Value node = patients(count, Value("thorax"));
    node.set("strata", list({stratum(0.45, Value().set("sex", "female"), "women"),
                             stratum(0.3, Value().set("sex", "male"), "men"),
                             stratum(0.25, Value().set("age_years", Value(40.0)), "aged_40")}));
    const Cohort cohort = read(node);
    const auto sizes = stratum_sizes(cohort);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      sum += sizes[i];
      CHECK(std::abs(sizes[i] - *cohort.strata[i].share * count) < 1.0);
    }
    CHECK(int(sum) == count);
  }
}

TEST_CASE("impossible designs are refused with the way out") {
  Value contradiction = patients(4, Value("thorax"));
  contradiction.set("correlations", list({correlation("age_years", "heart_scale", 0.9),
                                          correlation("heart_scale", "depth_ratio", 0.9),
                                          correlation("age_years", "depth_ratio", -0.9)}));
  CHECK_THAT(problem_of(contradiction), Catch::Contains("Multiply all coefficients by less than"));
  const auto with = [](Value item) {
    return patients(4, Value("thorax")).set("correlations", list({std::move(item)}));
  };
  CHECK_THAT(problem_of(with(correlation("age_years", "hart_scale", 0.5))),
             Catch::Contains("Did you mean 'heart_scale'"));
  CHECK_THAT(problem_of(with(correlation("age_years", "fat_mm", 0.5))),
             Catch::Contains("follows from"));
  CHECK_THAT(problem_of(with(correlation("age_years", "age_years", 0.5))),
             Catch::Contains("two different"));
  Value fixed = patients(4, Value().set("kind", "thorax").set("age_years", Value(50.0)));
  fixed.set("correlations", list({correlation("age_years", "heart_scale", 0.5)}));
  CHECK_THAT(problem_of(fixed), Catch::Contains("fixed number"));
  const auto stratified = [](double share, Value anatomy) {
    return patients(4, Value("thorax")).set("strata", list({stratum(share, std::move(anatomy))}));
  };
  CHECK_THAT(problem_of(stratified(0.9, Value().set("sex", "male"))),
             Catch::Contains("must make 1"));
  CHECK_THAT(problem_of(stratified(1.0, Value().set("sax", "male"))), Catch::Contains("'sex'"));
  CHECK_THAT(problem_of(stratified(1.0, Value().set("age_years", list({Value(96.0), Value(99.0)}))))
                 .append(problem_of(stratified(1.0, Value().set("sex", "neither")))),
             Catch::Contains("neither"));
}

TEST_CASE("sizes of the body follow from height, BMI and age") {
  struct Law {
    const char *kind, *key, *size;
    double low, high, least;  // settings, and by how much the size grows at least
  };
  const Law laws[] = {{"thorax", "height_male_mm", "lung_height_mm", 1650, 1850, 1.10},
                      {"thorax", "height_male_mm", "chest_width_mm", 1650, 1850, 1.02},
                      {"thorax", "bmi_male_kg_per_m2", "chest_width_mm", 22, 35, 1.08},
                      {"thorax", "bmi_male_kg_per_m2", "fat_mm", 22, 35, 2.0},
                      {"abdomen", "height_male_mm", "trunk_height_mm", 1650, 1850, 1.10},
                      {"abdomen", "bmi_male_kg_per_m2", "width_mm", 22, 35, 1.2},
                      {"abdomen", "bmi_male_kg_per_m2", "fat_mm", 22, 35, 2.0},
                      {"abdomen", "bmi_male_kg_per_m2", "visceral_fat", 22, 35, 1.3},
                      {"abdomen", "bmi_male_kg_per_m2", "liver_mass_g", 22, 35, 1.2},
                      {"abdomen", "height_male_mm", "spleen_mass_g", 1650, 1850, 1.1},
                      {"abdomen", "height_male_mm", "pancreas_mass_g", 1650, 1850, 1.1},
                      {"abdomen", "age_years", "kidney_mass_g", 80, 45, 1.1}};
  for (const Law& law : laws) {
    const auto sized = [&](double value) {
      Value anatomy;
      anatomy.set("kind", law.kind).set("sex", "male");
      return parameters(anatomy.set(law.key, Value(value))).at(law.size);
    };
    INFO(law.kind << ": " << law.size << " with " << law.key);
    CHECK(sized(law.high) > law.least * sized(law.low));
  }
}

TEST_CASE("a size that the scenario says is that size and changes no other") {
  const auto free = parameters(Value().set("kind", "abdomen").set("sex", "female"));
  const auto said = parameters(Value()
                                   .set("kind", "abdomen")
                                   .set("sex", "female")
                                   .set("liver_mass_g", Value(1234.0))
                                   .set("width_mm", Value(360.0)));
  CHECK(said.at("liver_mass_g") == 1234.0);
  CHECK(said.at("width_mm") == 360.0);
  for (const auto& [key, value] : free)
    if (key != "liver_mass_g" && key != "width_mm" && key != "depth_mm" && key != "fat_mm") {
      INFO(key);
      CHECK(said.at(key) == value);
    }
}

TEST_CASE("the reference adults of ICRP 89 have about its organ masses") {
  for (const bool woman : {false, true}) {
    const Person p{woman ? "female" : "male", 35.0, woman ? 1630.0 : 1760.0, woman ? 22.58 : 23.57};
    CHECK(p.weight() == Approx(woman ? 60.0 : 73.0).epsilon(0.002));
    CHECK(p.surface() == Approx(woman ? 1.64 : 1.89).epsilon(0.01));
    CHECK(p.liver_mass() == Approx(woman ? 1400.0 : 1800.0).epsilon(0.07));
    CHECK(p.spleen_mass() == Approx(woman ? 130.0 : 150.0).epsilon(0.01));
    CHECK(p.kidney_mass() == Approx(woman ? 275.0 : 310.0).epsilon(0.02));
    CHECK(p.pancreas_mass() == Approx(woman ? 120.0 : 140.0).epsilon(0.01));
    // Fat of the reference adults: 19 and 14.5 kg.
    CHECK(p.fat_index() * 1e-6 * p.height * p.height == Approx(woman ? 19.0 : 14.5).epsilon(0.12));
  }
}
