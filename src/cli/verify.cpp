#include <algorithm>
#include <cstdio>
#include <memory>

#include "vitrine/cli/audit_check.hpp"
#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/trial_directory.hpp"
#include "vitrine/io/json.hpp"

namespace vitrine::cli {
namespace {

/// Files of a trial's directory that no checksum covers, whoever put them there.
std::vector<std::string> strangers(const io::Path& dir, const std::vector<io::Checksum>& known) {
  std::vector<std::string> names, found;
  for (const auto& file : known) names.push_back(file.path);
  std::sort(names.begin(), names.end());
  for (auto entry = std::filesystem::recursive_directory_iterator(dir);
       entry != std::filesystem::recursive_directory_iterator(); ++entry) {
    const std::string path = entry->path().lexically_relative(dir).generic_string();
    if (path == ".state" || path == ".cache") {
      entry.disable_recursion_pending();
      continue;
    }
    if (entry->is_directory() && !entry->is_symlink()) continue;
    const bool ours = path == ".lock" || path == "run.jsonl" || path == "SHA256SUMS" ||
                      path == io::AuditLog::file_name;
    if (!ours && !std::binary_search(names.begin(), names.end(), path)) found.push_back(path);
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Lines that somebody took out of SHA256SUMS, or put in: the manifest lists the same files.
std::vector<std::string> against_manifest(const io::Path& dir,
                                          const std::vector<io::Checksum>& sums) {
  const std::string path = (dir / "manifest.json").string();
  const Value manifest = io::parse_json(io::read_text(path), path);
  std::vector<std::string> listed, summed, problems;
  const Value* files = manifest.find("files");
  const auto* list = files ? files->as<Value::List>() : nullptr;
  if (!list) return {"'manifest.json' lists no files."};
  for (const Value& file : *list) {
    const Value* name = file.find("path");
    if (const auto* text = name ? name->as<std::string>() : nullptr) listed.push_back(*text);
  }
  for (const auto& file : sums)
    if (file.path != "manifest.json") summed.push_back(file.path);
  std::sort(listed.begin(), listed.end());
  std::sort(summed.begin(), summed.end());
  std::vector<std::string> only;
  std::set_difference(listed.begin(), listed.end(), summed.begin(), summed.end(),
                      std::back_inserter(only));
  for (const auto& name : only)
    problems.push_back(str("'", name, "' is in manifest.json but not in SHA256SUMS."));
  only.clear();
  std::set_difference(summed.begin(), summed.end(), listed.begin(), listed.end(),
                      std::back_inserter(only));
  for (const auto& name : only)
    problems.push_back(str("'", name, "' is in SHA256SUMS but not in manifest.json."));
  return problems;
}

Value::List list_of(const std::vector<std::string>& texts) {
  return Value::List(texts.begin(), texts.end());
}

int verify(const io::Path& dir, bool json) {
  const TrialRecord trial = read_trial(dir);
  std::vector<std::string> problems = io::verify(dir, trial.files);
  if (trial.ended && std::filesystem::exists(dir / "manifest.json")) {
    const auto more = against_manifest(dir, trial.files);
    problems.insert(problems.end(), more.begin(), more.end());
  }
  for (const std::string& id : trial.damaged)
    problems.push_back(
        str("case '", id, "' lacks files that it wrote. `vitrine run` makes it again."));
  for (const io::AuditProblem& problem : check_audit(dir).problems)
    problems.push_back(to_sentence(problem));
  const auto others = trial.ended ? strangers(dir, trial.files) : std::vector<std::string>();
  if (json) {
    const Value value = Value()
                            .set("ended", Value(trial.ended))
                            .set("files", Value(double(trial.files.size())))
                            .set("passed", Value(problems.empty()))
                            .set("problems", Value(list_of(problems)))
                            .set("not_of_the_trial", Value(list_of(others)));
    std::printf("%s\n", to_json(value, 2).c_str());
    return problems.empty() ? ok : check_failed;
  }
  for (const auto& problem : problems) std::fprintf(stderr, "vitrine: %s\n", problem.c_str());
  for (const auto& name : others) std::printf("note: '%s' is not of this trial\n", name.c_str());
  if (!trial.ended)
    std::printf("the trial has not ended: only the files of its %zu finished cases are checked\n",
                trial.finished.size());
  if (problems.empty())
    std::printf("%zu files are as they were written\n", trial.files.size());
  else
    std::fprintf(stderr, "vitrine: %zu %s in %zu files\n", problems.size(),
                 problems.size() == 1 ? "problem" : "problems", trial.files.size());
  return problems.empty() ? ok : check_failed;
}

}  // namespace

void add_verify(CLI::App& app, int& code) {
  struct Options {
    std::string dir;
    bool json = false;
  };
  auto* command = app.add_subcommand("verify", "Check every byte of a trial's output directory");
  auto options = std::make_shared<Options>();
  command->add_option("dir", options->dir, "output directory of `vitrine run`")->required();
  command->add_flag("--json", options->json, "machine-readable");
  command->callback([options, &code] { code = verify(options->dir, options->json); });
}

}  // namespace vitrine::cli
