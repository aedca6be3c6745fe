#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>

#include "chest.hpp"
#include "item.hpp"
#include "vitrine/cli/case_store.hpp"
#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/cli/output_sink.hpp"
#include "vitrine/cli/publish.hpp"
#include "vitrine/core/parallel.hpp"
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

/// A run of `work` on so many units: their rate, the processor time, and how much of the threads'
/// time that is.
void timed(Parts& parts, double units, const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  const double before = processor_time();
  const auto start = Clock::now();
  work();
  const double wall = std::chrono::duration<double>(Clock::now() - start).count();
  const double cpu = processor_time() - before;
  parts = {{"rate_per_s", units / wall},
           {"cpu_s", cpu},
           {"busy_percent", 100.0 * cpu / (wall * double(thread_count()))}};
}

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

/// A directory below that for temporary files, gone with this.
class Scratch {
 public:
  Scratch()
      : dir_(std::filesystem::temp_directory_path() / str("vitrine-bench-tiny-", ::getpid())) {
    std::filesystem::create_directories(dir_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  const io::Path& path() const { return dir_; }

 private:
  io::Path dir_;
};

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
                const Scratch scratch;
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

std::vector<Item> trial_items() { return {one_patient(), many_cases()}; }

}  // namespace vitrine::bench
