// Perturbed masks in whole trials: rows, masks, agreement, and arms that do not notice.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <set>

#include "two_chests.hpp"
#include "vitrine/trial/analysis.hpp"

using namespace vitrine;

namespace {

Value perturbation(const char* id, const char* key, Value value) {
  return Value().set("id", Value(id)).set(key, std::move(value));
}

Value::List some() {
  return {perturbation("turned", "rotation_deg", Value(9.0)),
          perturbation("shifted", "translation", Value::List{Value(0.5), Value(0.25), Value(0.5)}),
          perturbation("grown", "volume_percent", Value(10.0)),
          perturbation("redrawn", "contour_sd_mm", Value(0.8))};
}

Value measure_of(const Value::List& perturbations) {
  Value measure =
      Value()
          .set("features", Value::List{Value("statistics"), Value("morphology.sphericity")})
          .set("settings", Value().set("spacing_mm", Value(1.5)));
  if (!perturbations.empty()) measure.set("perturbations", perturbations);
  return measure;
}

trial::Plan plan_of(const Value::List& perturbations) {
  Diagnostics problems;
  auto scenario = test::two_chests(measure_of(perturbations), problems);
  problems.throw_if_any();
  return trial::make_plan(std::move(scenario));
}

std::string messages(const Value& measure) {
  Diagnostics problems;
  test::two_chests(measure, problems);
  std::string text;
  for (const auto& entry : problems.entries()) text += entry.message + '\n';
  return text;
}

}  // namespace

TEST_CASE("measure takes single features and perturbations, and says what it does not know") {
  CHECK(messages(measure_of(some())).empty());
  const auto with_feature = [](const char* id) {
    return messages(Value().set("features", Value::List{Value(id)}));
  };
  CHECK(with_feature("morphology.sphericity").empty());
  CHECK(with_feature("morphology.spherecity").find("Did you mean 'morphology.sphericity'") !=
        std::string::npos);
  CHECK(with_feature("statistic").find("Did you mean 'statistics'") != std::string::npos);
  CHECK(messages(measure_of({perturbation("a", "rotation", Value(3.0))}))
            .find("Did you mean 'rotation_deg'") != std::string::npos);
  CHECK(messages(measure_of({perturbation("none", "noise_hu", Value(3.0))}))
            .find("cannot be called 'none'") != std::string::npos);
  Value planar = measure_of(
      {perturbation("a", "translation", Value::List{Value(0.0), Value(0.0), Value(0.5)})});
  Value settings = Value().set("spacing_mm", Value(1.0)).set("in_plane_only", Value(true));
  Value measure =
      Value().set("settings", settings).set("perturbations", *planar.find("perturbations"));
  CHECK(messages(measure).find("leaves the slices") != std::string::npos);
  // A scenario without perturbations keeps its fingerprint: the key is not written.
  Diagnostics none;
  const auto plain = test::two_chests(measure_of({}), none);
  CHECK(to_json(trial::Scenario::schema().write(plain)).find("perturbations") == std::string::npos);
}

TEST_CASE("perturbations add rows for own scans and change no other", "[full]") {
  const trial::Plan without = plan_of({}), with = plan_of(some());
  const trial::TrialResult plain = test::run(without), perturbed = test::run(with);
  const Table before = plain.all(&trial::CaseResult::features);
  Table after = perturbed.all(&trial::CaseResult::features);
  REQUIRE(before.rows.size() > 100);
  REQUIRE(after.columns.back() == "perturbation");

  // What was measured without perturbations is there, in its order and to the last bit.
  Table kept;
  kept.columns = before.columns;
  std::map<std::string, std::size_t> rows;
  std::set<std::string> replicates;
  for (const auto& row : after.rows) {
    const std::string& id = std::get<std::string>(row.back());
    ++rows[id];
    if (id == "none")
      kept.add({row.begin(), row.end() - 1});
    else
      replicates.insert(std::get<std::string>(row[after.column("replicate")]));
  }
  CHECK(kept.to_csv() == before.to_csv());
  CHECK(replicates == std::set<std::string>{"scan"});
  const std::size_t features = 18 + 1, lesions = 2, arms = 2;
  for (const char* id : {"turned", "shifted", "grown", "redrawn"})
    CHECK(rows.at(id) == features * lesions * arms);

  // Masks: one row a lesion and perturbation; the true mask includes itself, a grown one V/(V+dV).
  const Table masks = perturbed.all(&trial::CaseResult::masks);
  CHECK(plain.all(&trial::CaseResult::masks).columns.empty());
  REQUIRE(masks.rows.size() == lesions * 5);
  std::map<std::pair<std::string, std::string>, double> voxels, inclusion;
  for (const auto& row : masks.rows) {
    const auto number = [&](const char* column) {
      return std::get<double>(row[masks.column(column)]);
    };
    const auto& lesion = std::get<std::string>(row[0]);
    const auto& id = std::get<std::string>(row[masks.column("perturbation")]);
    voxels[{lesion, id}] = number("voxels");
    inclusion[{lesion, id}] = number("inclusion_fraction");
    CHECK(number("volume_mm3") == Approx(number("voxels") * 1.5 * 1.5 * 1.5));
    CHECK(number("partial_volume_fraction") > 0.05);  // a sphere of 12 to 16 mm in 1.5 mm voxels
    CHECK(number("partial_volume_fraction") < 0.8);
  }
  for (const auto& [key, value] : inclusion) {
    const auto& [lesion, id] = key;
    INFO(lesion << ' ' << id);
    if (id == "grown") {
      const double given = voxels.at({lesion, "none"}), now = voxels.at(key);
      CHECK(value == given / now);
      CHECK(now == std::round(1.1 * given));
    } else if (id == "redrawn") {
      CHECK(voxels.at(key) != voxels.at({lesion, "none"}));
      CHECK(value > 0.5);
    } else {
      CHECK(value == 1.0);
    }
  }

  // Perturbations are no arms: the statistics of the arms are the same, to the bit.
  const trial::Analysis one = trial::analyse(without, plain), two = trial::analyse(with, perturbed);
  CHECK(one.stability.to_csv() == two.stability.to_csv());
  CHECK(one.bias.to_csv() == two.bias.to_csv());
  CHECK(one.robustness.rows.empty());
  REQUIRE(two.robust.size() == features * arms);
  for (const auto& row : two.robust) {
    CHECK(row.perturbations == 5);
    CHECK(row.values == Index(lesions) * 5);
    CHECK(row.lesions == Index(lesions));
  }
  const auto icc_of = [&](const char* id) {
    for (const auto& row : two.robust)
      if (row.feature.id == id) return row.icc.value;
    return double(NAN);
  };
  CHECK(std::isfinite(icc_of("statistics.mean")));
}
