#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <set>

#include "item.hpp"
#include "trial_parts.hpp"
#include "vitrine/cli/case_store.hpp"
#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/cli/trial_directory.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/trial/engine.hpp"

namespace vitrine::bench {
namespace {

constexpr std::size_t features = 100;

/// The rows of the first so many features, of all images.
void keep_features(Table& table, std::size_t count) {
  const std::size_t feature = table.column("feature");
  std::set<std::string> kept;
  std::erase_if(table.rows, [&](const auto& row) {
    const auto& id = std::get<std::string>(row[feature]);
    if (kept.size() < count) kept.insert(id);
    return !kept.contains(id);
  });
  require(kept.size() == count, Error::Kind::input, "bench/scenarios/report.yaml measures ",
          kept.size(), " features: ", count, " needed");
}

/// The trial's first patient, simulated: its tables are those of any trial.
trial::CaseResult first_case(const trial::Plan& plan, Isa isa) {
  trial::Plan one = plan;
  one.cases.resize(1);
  std::vector<trial::CaseResult> cases;
  Nowhere nowhere(&cases);
  (void)trial::run(one, nowhere, nowhere, nowhere, isa, [] { return false; });
  keep_features(cases.front().features, features);
  return cases.front();
}

/// Another patient: 20 % between patients in every feature and volume, 2 % between images.
trial::CaseResult other_case(trial::CaseResult one, const std::string& id) {
  one.id = id;
  for (Table* table : {&one.patients, &one.lesions, &one.features, &one.profiles, &one.images})
    for (auto& row : table->rows) row.at(table->column("case")) = id;
  Rng rng(make_stream(1, id, Draw::test), 0);
  std::map<std::string, double> factors;  // of this patient's features
  const std::size_t feature = one.features.column("feature"), at = one.features.column("value");
  for (auto& row : one.features.rows) {
    const auto [factor, fresh] = factors.try_emplace(std::get<std::string>(row[feature]), 0.0);
    if (fresh) factor->second = 1.0 + 0.2 * rng.normal();
    double& value = std::get<double>(row[at]);
    value *= factor->second * (1.0 + 0.02 * rng.normal());
  }
  const std::size_t volume = one.lesions.column("volume_mm3");
  for (auto& row : one.lesions.rows) std::get<double>(row[volume]) *= 1.0 + 0.2 * rng.normal();
  return one;
}

/// Store a finished trial as `vitrine run` does, but for its files.
void store_trial(const io::Path& dir, int patients, Isa isa) {
  const trial::Plan plan = trial::make_plan(
      cli::load_valid_scenario("bench/scenarios/report.yaml", {str("patients.count=", patients)})
          .scenario);
  cli::claim(dir, plan, isa);
  cli::CaseStore store(dir);
  const trial::CaseResult first = first_case(plan, isa);
  for (const std::string& id : plan.cases) store.save(other_case(first, id));
}

}  // namespace

Item stored_report(const char* name, int patients) {
  auto parts = std::make_shared<Parts>();
  return {name,
          str("`vitrine report` of ", patients, " patients x 16 arms x ", features,
              " features (run in the repository's root)"),
          double(patients) * 16.0,
          "scans",
          [parts, patients](Isa isa) -> std::function<void()> {
            const auto trial = std::make_shared<Scratch>("report");
            store_trial(trial->path(), patients, isa);
            return [=] {
              timed(*parts, double(patients) * 16.0, [&] {
                CLI::App app;
                int code = 0;
                cli::add_report(app, code);
                app.parse(str("report --quiet --no-identity ", trial->path().string()));
                require(code == 0, Error::Kind::data, "the report ended with ", code);
              });
            };
          },
          true,
          parts};
}

}  // namespace vitrine::bench
