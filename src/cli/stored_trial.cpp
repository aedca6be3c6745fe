#include "vitrine/cli/stored_trial.hpp"

#include <algorithm>

#include "vitrine/cli/trial_directory.hpp"
#include "vitrine/io/csv.hpp"

namespace vitrine::cli {
namespace {

std::string text_of(const Value& value, const char* key, const std::string& where) {
  const Value* found = value.find(key);
  const auto* text = found ? found->as<std::string>() : nullptr;
  require(text != nullptr, Error::Kind::data, "'", where, "' does not say '", key,
          "'. It is damaged, or of another version: run the same `vitrine run` again");
  return *text;
}

/// The scenario as the run wrote it down. That its fingerprint is the one beside it shows that
/// nothing was lost or changed.
trial::Plan plan_of(const Value& marker, const std::string& where) {
  const Value* canonical = marker.find("scenario");
  require(canonical != nullptr, Error::Kind::data, "'", where,
          "' holds no scenario (an older version wrote it). Run the same `vitrine run` in a new "
          "directory");
  Diagnostics problems;
  trial::Scenario scenario = trial::Scenario::schema().read(*canonical, problems);
  require(problems.ok(), Error::Kind::data, "the scenario in '", where,
          "' is damaged: ", problems.ok() ? "" : problems.entries().front().message);
  if (const Value* inputs = marker.find("inputs"); inputs && inputs->as<Value::List>())
    for (const Value& file : *inputs->as<Value::List>())
      scenario.files.push_back({text_of(file, "path", where), text_of(file, "sha256", where), 0});
  trial::Plan plan = trial::make_plan(std::move(scenario));
  const std::string stated = text_of(marker, "fingerprint", where);
  require(plan.fingerprint == stated, Error::Kind::data, "the scenario in '", where,
          "' has the fingerprint ", plan.fingerprint, " (", stated,
          " is stated). The file is damaged, or another version wrote it");
  return plan;
}

Isa level_of(const std::string& name, const std::string& where) {
  for (const Isa isa : {Isa::portable, Isa::v3})
    if (to_string(isa) == name) return isa;
  throw Error(Error::Kind::data,
              str("'", where, "' names the instruction-set level '", name, "', which is unknown"));
}

/// Reads cases, and holds their tables to the columns of the first: rows are joined.
class AlikeCases final : public trial::Store {
 public:
  explicit AlikeCases(const io::Path& dir) : cases_(dir) {}
  /// Stored cases, sorted.
  std::vector<std::string> ids() const { return cases_.ids(); }
  /// The case whose columns all others have.
  void set_first(const std::string& id) { first_ = load(id); }

  std::optional<trial::CaseResult> load(const std::string& id) override {
    auto one = cases_.load(id);
    if (one) check(*one);
    return one;
  }
  void save(const trial::CaseResult& one) override { cases_.save(one); }
  bool keeps() const override { return true; }

 private:
  void check(const trial::CaseResult& one) const {
    struct Part {
      Table trial::CaseResult::*table;
      std::size_t fewest = 3;  // columns that readers take by their place
    };
    constexpr Part parts[] = {
        {&trial::CaseResult::patients},      {&trial::CaseResult::lesions},
        {&trial::CaseResult::features},      {&trial::CaseResult::masks},
        {&trial::CaseResult::profiles},      {&trial::CaseResult::images},
        {&trial::CaseResult::visits},        {&trial::CaseResult::contrast, 4},
        {&trial::CaseResult::visit_lesions}, {&trial::CaseResult::quality},
        {&trial::CaseResult::quality_curves}};
    for (const Part& part : parts) {
      const auto& columns = (one.*part.table).columns;
      const auto& others = first_ ? (*first_.*part.table).columns : columns;
      require(columns.empty() ||
                  (columns.size() >= part.fewest && (others.empty() || columns == others)),
              Error::Kind::data, "the stored case ", one.id, " has a table with ", columns.size(),
              " columns, not those of ", first_ ? first_->id : "any version",
              ". Run the same `vitrine run` again: it makes damaged cases anew");
    }
  }

  CaseStore cases_;
  std::optional<trial::CaseResult> first_;
};

std::vector<trial::Failure> failures_of(const io::Path& path) {
  std::vector<trial::Failure> failures;
  if (!std::filesystem::exists(path)) return failures;
  const Table table = io::read_csv(path);
  const std::size_t id = table.column("case"), message = table.column("message");
  for (const auto& row : table.rows) {
    const auto* name = std::get_if<std::string>(&row[id]);
    const auto* why = std::get_if<std::string>(&row[message]);
    require(name && why, Error::Kind::data, "'", path.string(), "' is no list of failed cases");
    failures.push_back({*name, *why});
  }
  return failures;
}

}  // namespace

StoredTrial read_stored_trial(const io::Path& dir) {
  const Value marker = read_marker(dir);
  const std::string where = (dir / ".state" / "trial.json").string();
  StoredTrial stored;
  stored.plan = plan_of(marker, where);
  stored.version = text_of(marker, "version", where);
  stored.isa = level_of(text_of(marker, "isa", where), where);
  if (const io::Path sums = dir / "SHA256SUMS"; std::filesystem::exists(sums)) {
    stored.files = io::parse_checksums(io::read_text(sums), sums.string());
    stored.result.failures = failures_of(dir / "failures.csv");
  }
  auto store = std::make_unique<AlikeCases>(dir);
  const std::vector<std::string> there = store->ids();
  for (const std::string& id : stored.plan.cases) {
    const bool failed =
        std::ranges::any_of(stored.result.failures, [&](const auto& f) { return f.case_id == id; });
    if (std::ranges::binary_search(there, id))
      stored.result.cases.add_stored(*store, id);
    else if (!failed)
      stored.missing.push_back(id);
  }
  if (!stored.result.cases.empty()) store->set_first(stored.result.cases.id(0));
  stored.store = std::move(store);
  return stored;
}

}  // namespace vitrine::cli
