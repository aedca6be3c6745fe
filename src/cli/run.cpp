#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>

#include "vitrine/cli/case_store.hpp"
#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/output_sink.hpp"
#include "vitrine/cli/overrides.hpp"
#include "vitrine/cli/publish.hpp"
#include "vitrine/cli/terminal.hpp"
#include "vitrine/cli/trial_directory.hpp"
#include "vitrine/cli/version.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/io/memory.hpp"
#include "vitrine/io/run_lock.hpp"
#include "vitrine/trial/engine.hpp"

namespace vitrine::cli {
namespace {

// Signal handlers can reach nothing else. NOLINTNEXTLINE(*-avoid-non-const-global-variables)
std::atomic<bool> stop_requested = false;

// What is on disk is whole at every instant, so a run may end anywhere; the stage in hand, which
// would be run again in any case, is given a moment to end in good order.
constexpr unsigned patience_s = 1;

extern "C" void end_now(int) {
  constexpr std::string_view note =
      "\nvitrine: stopped on request. Run the same command to continue.\n";
  static_cast<void>(::write(STDERR_FILENO, note.data(), note.size()) == 0);
  _exit(interrupted);
}

extern "C" void request_stop(int) {
  if (stop_requested.exchange(true)) end_now(0);
  alarm(patience_s);
}

struct Options {
  std::string scenario, out;
  std::vector<std::string> overrides;
  std::optional<double> memory;  // GB
  bool quiet = false;
};

constexpr double gigabyte = 1e9;

/// Better no run than one that the kernel ends half-way.
void require_memory(const trial::Estimate& need, const std::optional<double>& allowed) {
  const double there = allowed ? *allowed * gigabyte : double(io::available_memory());
  require(need.memory_bytes <= there, Error::Kind::input, "the trial needs about ",
          to_text(std::round(need.memory_bytes / gigabyte * 10.0) / 10.0), " GB of memory (",
          allowed ? "--memory-gb allows " : "this machine has ",
          to_text(std::floor(there / gigabyte * 10.0) / 10.0), allowed ? "" : " left",
          "). Scan a shorter range or fewer doses and tube voltages, close other programs, or say "
          "with --memory-gb how much it may take.");
}

/// The most that this process has had, bytes.
double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * double(usage.ru_maxrss);
}

/// One line of JSON per run, with the only clock readings that a trial leaves.
void log_run(const io::Path& dir, double seconds, std::size_t failures) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const Value line =
      Value()
          .set("ended_unix_s", Value(std::floor(std::chrono::duration<double>(now).count())))
          .set("seconds", Value(seconds))
          .set("threads", Value(double(thread_count())))
          .set("peak_memory_bytes", Value(peak_memory()))
          .set("failed_cases", Value(double(failures)));
  std::ofstream(dir / "run.jsonl", std::ios::app) << to_json(line) << '\n';
}

int run(const Options& options) {
  const LoadedScenario loaded = load_valid_scenario(options.scenario, options.overrides);
  const trial::Plan plan = trial::make_plan(loaded.scenario);
  const trial::Estimate need = trial::estimate(plan, thread_count());
  require_memory(need, options.memory);
  const Isa isa = chosen_isa();
  const io::Path dir = options.out;
  io::make_directories(dir);
  const io::RunLock lock(dir);
  claim(dir, plan, isa);
  io::remove_partials(dir);
  std::error_code ignored;
  const bool finished = std::filesystem::exists(dir / "SHA256SUMS", ignored);
  require(finished || std::filesystem::exists(dir / "images", ignored) ||
              double(io::free_space(dir)) > need.disk_bytes,
          Error::Kind::io, "the trial needs about ", std::llround(need.disk_bytes / 1e6), " MB ('",
          dir.string(), "' has ", io::free_space(dir) / 1'000'000,
          " MB left). Free some space or choose another --out.");

  std::signal(SIGALRM, end_now);
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
  const auto start = std::chrono::steady_clock::now();
  OutputSink sink(plan, dir);
  CaseStore store(dir);
  trial::TrialResult result;
  {
    Terminal terminal(options.quiet);
    result = trial::run(plan, sink, store, terminal, isa, [] { return stop_requested.load(); });
  }
  publish(dir, plan, loaded, result, isa);
  log_run(dir, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          result.failures.size());
  if (!options.quiet) {
    if (peak_memory() > 1.2 * need.memory_bytes)
      std::printf("the run took %.1f GB of memory (the plan said %.1f GB)\n",
                  peak_memory() / gigabyte, need.memory_bytes / gigabyte);
    std::printf("%zu of %zu cases in %s\n", result.cases.size(), plan.cases.size(),
                dir.string().c_str());
    if (plan.scenario.outputs.report == "html")
      std::printf("report: %s\n", (dir / "report.html").string().c_str());
  }
  return result.failures.empty() ? ok : cases_failed;
}

}  // namespace

void add_run(CLI::App& app, int& code) {
  auto* command =
      app.add_subcommand("run", "Run a trial; run the same command again to continue one");
  auto options = std::make_shared<Options>();
  command->add_option("scenario", options->scenario, "scenario file (YAML)")->required();
  command->add_option("--out,-o", options->out, "output directory, new or of the same trial")
      ->required();
  add_overrides(*command, options->overrides);
  command
      ->add_option("--memory-gb", options->memory,
                   "memory that it may take, GB (default: what the machine has left)")
      ->check(CLI::PositiveNumber);
  command->add_flag("--quiet,-q", options->quiet, "no progress");
  command->callback([options, &code] { code = run(*options); });
}

}  // namespace vitrine::cli
