#include "vitrine/cli/trial_directory.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/cli/case_store.hpp"
#include "vitrine/io/json.hpp"
#include "vitrine/io/run_lock.hpp"

namespace vitrine::cli {
namespace {

io::Path marker_of(const io::Path& dir) { return dir / ".state" / "trial.json"; }

std::string text_of(const Value& marker, const char* key) {
  const Value* found = marker.find(key);
  const auto* text = found ? found->as<std::string>() : nullptr;
  return text ? *text : "unknown";
}

}  // namespace

Value read_marker(const io::Path& dir) {
  const io::Path marker = marker_of(dir);
  require(std::filesystem::exists(marker), Error::Kind::input, "'", dir.string(),
          "' holds no trial (there is no .state/trial.json). Give the directory that `vitrine run "
          "--out` was given.");
  return io::parse_json(io::read_text(marker), marker.string());
}

void claim(const io::Path& dir, const trial::Plan& plan, Isa isa) {
  Value::List inputs;
  for (const trial::FileRecord& file : plan.scenario.files)
    inputs.push_back(Value().set("path", Value(file.path)).set("sha256", Value(file.sha256)));
  const Value mine = Value()
                         .set("name", Value(plan.scenario.trial.name))
                         .set("fingerprint", Value(plan.fingerprint))
                         .set("version", Value(VITRINE_VERSION))
                         .set("isa", Value(std::string(to_string(isa))))
                         .set("cases", Value(double(plan.cases.size())))
                         .set("scenario", plan.written)
                         .set("inputs", Value(std::move(inputs)));
  if (std::filesystem::exists(marker_of(dir))) {
    const Value theirs = read_marker(dir);
    for (const char* what : {"fingerprint", "version", "isa"})
      require(text_of(theirs, what) == text_of(mine, what), Error::Kind::input, "'", dir.string(),
              "' holds another trial (its ", what, " is ", text_of(theirs, what),
              ", this one's is ", text_of(mine, what),
              "). Choose another --out, or remove that directory.");
    return;
  }
  for (const auto& entry : std::filesystem::directory_iterator(dir))
    require(entry.path().filename() == ".lock" || entry.path().filename() == ".state",
            Error::Kind::input, "'", dir.string(), "' is not empty and holds no trial (it has '",
            entry.path().filename().string(), "'). Choose another --out.");
  io::make_directories(marker_of(dir).parent_path());
  io::write_file(marker_of(dir), to_json(mine, 2) + "\n");
}

TrialRecord read_trial(const io::Path& dir) {
  const Value marker = read_marker(dir);
  TrialRecord record;
  record.name = text_of(marker, "name");
  record.fingerprint = text_of(marker, "fingerprint");
  record.version = text_of(marker, "version");
  record.isa = text_of(marker, "isa");
  const Value* cases = marker.find("cases");
  if (const double* count = cases ? cases->as<double>() : nullptr; count && *count > 0)
    record.cases = static_cast<std::size_t>(std::llround(*count));
  record.running = io::lock_holder(dir);

  const io::Path sums = dir / "SHA256SUMS";
  record.ended = std::filesystem::exists(sums);
  std::string so_far;
  CaseStore store(dir);
  for (const std::string& id : store.ids()) {
    const auto result = store.whole(id);
    (result ? record.finished : record.damaged).push_back(id);
    if (!result) continue;
    for (const auto& file : result->files) so_far += str(file.sha256, "  ", file.path, '\n');
  }
  record.files = record.ended ? io::parse_checksums(io::read_text(sums), sums.string())
                              : io::parse_checksums(so_far, (dir / ".state").string());
  return record;
}

}  // namespace vitrine::cli
