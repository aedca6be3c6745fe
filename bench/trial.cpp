#include <memory>

#include "item.hpp"
#include "trial_parts.hpp"
#include "vitrine/cli/case_store.hpp"
#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/cli/output_sink.hpp"
#include "vitrine/cli/publish.hpp"
#include "vitrine/trial/engine.hpp"

namespace vitrine::bench {
namespace {

Item one_patient() {
  auto parts = std::make_shared<Parts>();
  return {"TRIAL",
          "one patient of scenario 01 through all arms, nothing written (run in the repository's "
          "root)",
          1.0,
          "patients",
          [parts](Isa isa) -> std::function<void()> {
            auto loaded = cli::load_valid_scenario("scenarios/01_lung_nodule_stability.yaml",
                                                   {"patients.count=1"});
            auto plan = std::make_shared<trial::Plan>(trial::make_plan(loaded.scenario));
            return [=] {
              timed(*parts, 1.0, [&] {
                Nowhere nowhere;
                (void)trial::run(*plan, nowhere, nowhere, nowhere, isa, [] { return false; });
              });
            };
          },
          true,
          parts};
}

constexpr int tiny_cases = 200;

/// What `vitrine run` does for many tiny cases, without its logs.
Item many_cases() {
  auto parts = std::make_shared<Parts>();
  return {"TINY",
          str(tiny_cases,
              " cases of bench/scenarios/tiny.yaml, all files and tables written (run "
              "in the repository's root)"),
          double(tiny_cases),
          "cases",
          [parts](Isa isa) -> std::function<void()> {
            auto loaded = std::make_shared<cli::LoadedScenario>(cli::load_valid_scenario(
                "bench/scenarios/tiny.yaml", {str("patients.count=", tiny_cases)}));
            auto plan = std::make_shared<trial::Plan>(trial::make_plan(loaded->scenario));
            return [=] {
              timed(*parts, double(tiny_cases), [&] {
                const Scratch scratch("tiny");
                Nowhere nowhere;
                cli::OutputSink sink(*plan, scratch.path());
                cli::CaseStore store(scratch.path());
                const auto result =
                    trial::run(*plan, sink, store, nowhere, isa, [] { return false; });
                cli::publish(scratch.path(), *plan, *loaded, result, isa, [](const Digest&) {});
              });
            };
          },
          true,
          parts};
}

}  // namespace

std::vector<Item> trial_items() {
  return {one_patient(), many_cases(), stored_report("REPORT", 625), stored_report("REPORT20", 20)};
}

}  // namespace vitrine::bench
