#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>

#include "vitrine/cli/case_store.hpp"
#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/kept_stages.hpp"
#include "vitrine/cli/output_sink.hpp"
#include "vitrine/cli/overrides.hpp"
#include "vitrine/cli/publish.hpp"
#include "vitrine/cli/run_journal.hpp"
#include "vitrine/cli/style.hpp"
#include "vitrine/cli/terminal.hpp"
#include "vitrine/cli/trial_directory.hpp"
#include "vitrine/cli/version.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/parallel_start.hpp"
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
  std::string cache, cache_limit;
  std::string log;
  Verbosity verbosity = Verbosity::normal;
  bool quiet = false, verbose = false, no_identity = false;
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

/// Where what stages made is kept, if anywhere.
std::unique_ptr<KeptStages> kept_stages(const Options& options, const io::Path& dir,
                                        const trial::Estimate& need) {
  if (options.cache.empty() && options.cache_limit.empty()) return nullptr;
  constexpr const char* enough = "20GB";
  const std::uint64_t limit = bytes_of(options.cache_limit.empty() ? enough : options.cache_limit);
  if (limit == 0) return nullptr;
  // Lines must not drive out rays, of which more can be made.
  const bool lines_fit = need.cache_bytes <= double(limit);
  return std::make_unique<KeptStages>(
      options.cache.empty() ? dir / ".cache" : io::Path(options.cache), limit, lines_fit);
}

Value as_json(const trial::StageCounts& counts) {
  Value all;
  for (std::size_t i = 0; i < trial::stage_names.size(); ++i) {
    const trial::StageCount& count = counts.of[i];
    all.set(std::string(trial::stage_names[i]), Value()
                                                    .set("wanted", Value(double(count.wanted)))
                                                    .set("made", Value(double(count.made)))
                                                    .set("shared", Value(double(count.shared())))
                                                    .set("loaded", Value(double(count.loaded))));
  }
  return all;
}

/// Opens the run's logs: run.jsonl, and the file that was asked for with every stage.
void open_logs(JsonlLog& log, const io::Path& dir, const Options& options) {
  const bool verbose = options.verbosity == Verbosity::verbose;
  log.open(dir / "run.jsonl", verbose ? LogLevel::debug : LogLevel::info);
  if (!options.log.empty()) log.open(options.log, LogLevel::debug);
}

/// The last line of a run's log.
void log_end(JsonlLog& log, const trial::TrialResult& result) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  log.write(LogLevel::info, "finished",
            Value()
                .set("ended_unix_s", Value(std::floor(std::chrono::duration<double>(now).count())))
                .set("threads", Value(double(thread_count())))
                .set("peak_memory_bytes", Value(peak_memory()))
                .set("cases", Value(double(result.cases.size())))
                .set("failed_cases", Value(double(result.failures.size())))
                .set("stages", as_json(result.stages)));
}

int run(const Options& options) {
  start_threads();
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
  JsonlLog log;
  open_logs(log, dir, options);
  Terminal terminal(options.verbosity);
  const std::size_t kept = CaseStore(dir).ids().size();
  RunJournal journal(dir, plan, kept, options.no_identity ? Identity::left_out : Identity::named,
                     isa, log, terminal);
  if (options.verbosity == Verbosity::verbose)
    std::fprintf(stderr, "%s, level %s, %d threads, %zu of %zu cases are there\n", VITRINE_VERSION,
                 std::string(to_string(isa)).c_str(), int(thread_count()), kept, plan.cases.size());
  if (journal.problems_before() > 0)
    std::fprintf(stderr,
                 "%snote: audit.log was changed since the last run (%zu problems; `vitrine audit "
                 "verify` shows them). That is recorded in it.\n",
                 error_prefix().c_str(), journal.problems_before());
  trial::TrialResult result;
  try {
    OutputSink sink(plan, dir);
    CaseStore store(dir, [&](const trial::CaseResult& done, const Digest& record) {
      journal.case_finished(done, record);
    });
    const auto kept_before = kept_stages(options, dir, need);
    result = trial::run(
        plan, sink, store, journal, isa, [] { return stop_requested.load(); }, kept_before.get());
    publish(dir, plan, loaded, result, isa,
            [&](const Digest& sums) { journal.finished(result, sums); });
  } catch (const Error& error) {
    journal.ended_by(error);
    throw;
  }
  terminal.end();
  log_end(log, result);
  if (options.verbosity != Verbosity::quiet) {
    const trial::StageCount& rays = result.stages[trial::Stage::trace];
    const trial::StageCount& images = result.stages[trial::Stage::reconstruct];
    if (rays.wanted > 0)
      std::printf("rays traced %llu times (%llu loaded) for %llu images, %llu reconstructions\n",
                  static_cast<unsigned long long>(rays.made),
                  static_cast<unsigned long long>(rays.loaded),
                  static_cast<unsigned long long>(rays.wanted),
                  static_cast<unsigned long long>(images.made));
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
  command
      ->add_option("--cache-limit", options->cache_limit,
                   "keep rays and what is made of them in OUT/.cache up to this size, 2GB say "
                   "(default: none)")
      ->check(CLI::Validator(
          [](std::string& text) {
            try {
              bytes_of(text);
              return std::string();
            } catch (const Error& error) {
              return std::string(error.what());
            }
          },
          "SIZE"));
  command->add_option("--cache", options->cache,
                      "keep them there, and take from there what a trial before kept "
                      "(limit: 20GB if nothing is said)");
  auto* quiet = command->add_flag("--quiet,-q", options->quiet, "no progress, only what failed");
  command->add_flag("--verbose,-v", options->verbose, "a line for every stage")->excludes(quiet);
  command->add_option("--log", options->log,
                      "write the log of the run, with every stage, also to this file (JSON lines)");
  command->add_flag("--no-identity", options->no_identity,
                    "leave user, host, process and command line out of the audit log");
  command->callback([options, &code] {
    options->verbosity = options->quiet     ? Verbosity::quiet
                         : options->verbose ? Verbosity::verbose
                                            : Verbosity::normal;
    code = run(*options);
  });
}

}  // namespace vitrine::cli
