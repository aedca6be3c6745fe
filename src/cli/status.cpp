#include <cstdio>
#include <memory>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/trial_directory.hpp"
#include "vitrine/io/csv.hpp"

namespace vitrine::cli {
namespace {

/// Rows of failures.csv, which is there once the trial has ended.
std::size_t failed_cases(const io::Path& dir) {
  const io::Path path = dir / "failures.csv";
  return std::filesystem::exists(path) ? io::read_csv(path.string()).rows.size() : 0;
}

std::uint64_t bytes_below(const io::Path& dir) {
  std::uint64_t sum = 0;
  std::error_code gone;  // a file of a run that goes on may vanish under our eyes
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir))
    if (const auto size = entry.file_size(gone); !gone) sum += size;
  return sum;
}

int status(const io::Path& dir, bool json) {
  const TrialRecord trial = read_trial(dir);
  const std::size_t failed = trial.ended ? failed_cases(dir) : 0;
  const char* state = trial.running ? "running" : trial.ended ? "ended" : "interrupted";
  const auto bytes = double(bytes_below(dir));
  if (json) {
    Value value = Value()
                      .set("trial", Value(trial.name))
                      .set("state", Value(state))
                      .set("finished_cases", Value(double(trial.finished.size())))
                      .set("cases", trial.cases > 0 ? Value(double(trial.cases)) : Value())
                      .set("failed_cases", Value(double(failed)))
                      .set("held_by", trial.running ? Value(*trial.running) : Value())
                      .set("bytes", Value(bytes))
                      .set("fingerprint", Value(trial.fingerprint))
                      .set("version", Value(trial.version))
                      .set("isa", Value(trial.isa));
    std::printf("%s\n", to_json(value, 2).c_str());
    return ok;
  }
  std::printf("trial        %s\nfingerprint  %s\nmade by      vitrine %s, level %s\n",
              trial.name.c_str(), trial.fingerprint.c_str(), trial.version.c_str(),
              trial.isa.c_str());
  const std::string of = trial.cases > 0 ? str(" of ", trial.cases) : "";
  std::printf("cases        %zu%s finished", trial.finished.size(), of.c_str());
  if (failed > 0) std::printf(", %zu failed (failures.csv says why)", failed);
  std::printf("\ndisk         %.1f MB\nstate        %s", bytes / 1e6, state);
  if (trial.running) std::printf(" (%s)", trial.running->c_str());
  std::printf("\n");
  if (!trial.running && !trial.ended) std::printf("The same `vitrine run` command continues it.\n");
  return ok;
}

}  // namespace

void add_status(CLI::App& app, int& code) {
  struct Options {
    std::string dir;
    bool json = false;
  };
  auto* command =
      app.add_subcommand("status", "How far the trial of an output directory is, and who runs it");
  auto options = std::make_shared<Options>();
  command->add_option("dir", options->dir, "output directory of `vitrine run`")->required();
  command->add_flag("--json", options->json, "machine-readable");
  command->callback([options, &code] { code = status(options->dir, options->json); });
}

}  // namespace vitrine::cli
