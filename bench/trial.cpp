#include <memory>

#include "item.hpp"
#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/trial/engine.hpp"

namespace vitrine::bench {
namespace {

/// Takes everything and keeps nothing.
class Nowhere final : public trial::Sink, public trial::Store, public trial::Progress {
 public:
  std::vector<trial::FileRecord> image(const trial::ImageContext&, const Image&) override {
    return {};
  }
  std::vector<trial::FileRecord> mask(const trial::ImageContext&, const std::string&,
                                      const Mask&) override {
    return {};
  }
  std::vector<trial::FileRecord> finish_case(const std::string&) override { return {}; }
  std::optional<trial::CaseResult> load(const std::string&) override { return {}; }
  void save(const trial::CaseResult&) override {}
  void step(double, double, const std::string&) override {}
  void case_failed(const std::string&, const Error& error) override { throw error; }
};

}  // namespace

std::vector<Item> trial_items() {
  return {{"TRIAL",
           "one patient of scenario 01 through all arms, nothing written (run in the repository's "
           "root)",
           1.0, "patients", [](Isa isa) -> std::function<void()> {
             auto loaded = cli::load_valid_scenario("scenarios/01_lung_nodule_stability.yaml",
                                                    {"patients.count=1"});
             auto plan = std::make_shared<trial::Plan>(trial::make_plan(loaded.scenario));
             return [=] {
               Nowhere nowhere;
               (void)trial::run(*plan, nowhere, nowhere, nowhere, isa, [] { return false; });
             };
           }}};
}

}  // namespace vitrine::bench
