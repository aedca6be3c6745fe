#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/feature_study.hpp"
#include "vitrine/cli/feature_tables.hpp"
#include "vitrine/core/error.hpp"
#include "vitrine/core/listing.hpp"
#include "vitrine/evaluation/harmonisation.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::cli {
namespace {

struct Options {
  std::string file, output, harmonise, reference, prior = "parametric", fit_where;
  std::vector<std::string> factors, covariates, truths;
  std::string label;
  ColumnRoles roles;
  std::uint64_t seed = 0;
  Index smallest_batch = 10;
  bool mean_only = false, json = false;
};

using Results = std::vector<std::pair<std::string, Table>>;

ColumnRoles::FactorColumn factor_of(const std::string& text) {
  const auto colon = text.rfind(':');
  const std::string kind = colon == std::string::npos ? "fixed" : text.substr(colon + 1);
  require(kind == "fixed" || kind == "random", Error::Kind::input, "--factor ", text, ": '", kind,
          "' is neither fixed (levels that were chosen) nor random (a sample of many)");
  return {text.substr(0, colon),
          kind == "random" ? evaluation::Effect::random : evaluation::Effect::fixed};
}

/// The two sides of an option that is written `form`, with a `=` between them.
std::pair<std::string, std::string> sides(const char* option, const std::string& text,
                                          const char* form) {
  const auto equals = text.find('=');
  require(equals != std::string::npos && equals > 0 && equals + 1 < text.size(), Error::Kind::input,
          option, ' ', text, ": write ", form);
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::pair<std::string, std::string> condition(const char* option, const std::string& text) {
  return sides(option, text, "COLUMN=LEVEL");
}

std::pair<std::string, std::string> truth_of(const std::string& text) {
  return sides("--truth", text, "FEATURE=COLUMN");
}

/// Whether a column of `stability.csv` compares with a truth that only a trial knows.
bool needs_truth(const std::string& name) {
  return name.find("bias_") != std::string::npos || name.starts_with("ccc_t0") ||
         name.starts_with("linearity_");
}

/// Notes ("names: reason; names: reason") without the names of columns that need a truth.
std::string notes_without_truth(const std::string& notes) {
  std::string kept;
  for (const std::string& note : split(notes, "; ")) {
    const auto colon = note.find(": ");
    std::string names;
    for (const std::string& name : split(note.substr(0, colon), ", "))
      if (!needs_truth(name)) names += (names.empty() ? "" : ", ") + name;
    if (names.empty()) continue;
    kept += (kept.empty() ? "" : "; ") + names +
            (colon == std::string::npos ? std::string() : note.substr(colon));
  }
  return kept;
}

/// The table without columns that nothing can fill here.
Table without_truth(const Table& table) {
  Table kept;
  std::vector<std::size_t> from;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (needs_truth(table.columns[c])) continue;
    kept.columns.push_back(table.columns[c]);
    from.push_back(c);
  }
  for (const auto& row : table.rows) {
    std::vector<Table::Cell> cells;
    for (const std::size_t c : from) cells.push_back(row[c]);
    if (kept.columns.back() == "notes")
      cells.back() = notes_without_truth(std::get<std::string>(cells.back()));
    kept.add(std::move(cells));
  }
  return kept;
}

Table effects_table(const FeatureRows& rows,
                    const std::vector<evaluation::VarianceComponents>& variances) {
  Table table;
  table.columns = {"feature", "effect", "value", "standard_error", "notes"};
  for (std::size_t f = 0; f < variances.size(); ++f) {
    std::string notes;
    for (const auto& note : variances[f].notes) notes += (notes.empty() ? "" : "; ") + note;
    for (const auto& effect : variances[f].effects)
      table.add({rows.features[f].id, effect.name, effect.value, effect.standard_error, notes});
  }
  return table;
}

/// ComBat of the rows, and how near it brings values to each other and to the truth.
struct Harmonised {
  FeatureRows rows;
  evaluation::Harmonisation judged;
};

/// Rows of the level that ComBat learns from; all where nothing is said.
std::vector<bool> training_rows(const FeatureRows& rows, const std::string& fit_where) {
  std::vector<bool> training;
  if (fit_where.empty()) return training;
  const auto [name, level] = condition("--fit-where", fit_where);
  for (const std::string& text : rows.column(name)) training.push_back(text == level);
  require(std::find(training.begin(), training.end(), true) != training.end(), Error::Kind::input,
          "--fit-where ", fit_where, ": no row has that level");
  return training;
}

evaluation::CombatOptions combat_of(const Options& options) {
  evaluation::CombatOptions combat{.mean_only = options.mean_only,
                                   .smallest_batch = options.smallest_batch};
  combat.prior = options.prior == "none"            ? evaluation::CombatPrior::none
                 : options.prior == "nonparametric" ? evaluation::CombatPrior::nonparametric
                                                    : evaluation::CombatPrior::parametric;
  if (!options.reference.empty()) combat.reference = options.reference;
  return combat;
}

evaluation::HarmonisationCases harmonisation_cases(const FeatureRows& rows,
                                                   const Options& options) {
  evaluation::HarmonisationCases all;
  all.cases = cases_of(rows, options.harmonise, options.covariates);
  for (const auto& feature : rows.features) all.features.push_back(feature.id);
  all.patient = rows.column(rows.roles.subject);
  if (!rows.roles.lesion.empty()) all.lesion = rows.column(rows.roles.lesion);
  all.arm = arms_of(rows);
  all.truth = rows.truth;
  for (const std::string& text : options.truths) {
    const auto [feature, column] = truth_of(text);
    add_truth(rows, feature, column, all.truth);
  }
  if (!options.label.empty()) {
    const auto [name, level] = condition("--label", options.label);
    for (const std::string& text : rows.column(name))
      all.label.push_back(text.empty() ? std::nullopt : std::optional<bool>(text == level));
    require(std::find(all.label.begin(), all.label.end(), true) != all.label.end(),
            Error::Kind::input, "--label ", options.label, ": no row has that level");
  }
  all.training = training_rows(rows, options.fit_where);
  return all;
}

Harmonised harmonise(const FeatureRows& rows, const Options& options) {
  const evaluation::HarmonisationCases all = harmonisation_cases(rows, options);
  const std::string confounded = evaluation::confounded_label(all);
  require(confounded.empty(), Error::Kind::data, rows.file, ": ", confounded);
  FeatureRows training = rows;
  if (!all.training.empty()) {
    std::vector<Index> kept;
    training.key.clear();
    for (std::size_t i = 0; i < all.training.size(); ++i)
      if (all.training[i]) {
        kept.push_back(Index(i));
        training.key.push_back(rows.key[i]);
      }
    training.values = rows.values(kept, Eigen::all);
  }
  try {
    const evaluation::Combat fitted(cases_of(training, options.harmonise, options.covariates),
                                    combat_of(options));
    Harmonised result{rows, evaluation::harmonise(all, {.combat = combat_of(options),
                                                        .arms = arms_effect(rows),
                                                        .seed = options.seed})};
    result.rows.values = fitted.transform(all.cases);
    return result;
  } catch (Error& error) {
    error.during(str("harmonising ", rows.file, " by '", options.harmonise, "'"));
    throw;
  }
}

void print_harmonisation(const evaluation::Harmonisation& judged) {
  if (!judged.refused.empty()) {
    std::printf("harmonisation is not judged: %s\n", judged.refused.c_str());
    return;
  }
  int nearer = 0, farther = 0, undecided = 0;
  for (const auto& f : judged.features) {
    if (!f.error.ratio.has_interval()) continue;
    ++(f.error.ratio.high < 1.0 ? nearer : f.error.ratio.low > 1.0 ? farther : undecided);
  }
  if (nearer + farther + undecided > 0)
    std::printf(
        "harmonisation, in patients that ComBat has not seen: %d feature(s) nearer to the truth, "
        "%d "
        "farther from it, %d undecided\n",
        nearer, farther, undecided);
  else
    std::printf(
        "harmonisation, in patients that ComBat has not seen: without --truth, a larger ICC does "
        "not say that values are nearer to the truth\n");
}

std::size_t distinct(const std::vector<std::string>& names) {
  return std::set<std::string>(names.begin(), names.end()).size();
}

void print_agreement(const std::vector<evaluation::StabilityRow>& rows) {
  // Koo & Li (2016), applied to what can be claimed: the lower end.
  std::array<int, 4> grades{};
  std::map<std::string, int> reasons;
  for (const auto& row : rows) {
    if (!row.icc.has_interval()) {
      ++reasons[row.icc.reason];
      continue;
    }
    const double low = row.icc.low;
    ++grades[low < 0.5 ? 0 : low < 0.75 ? 1 : low < 0.9 ? 2 : 3];
  }
  std::printf(
      "agreement over the arms, ICC(A,1), by the lower end of its interval:\n"
      "  excellent %d, good %d, moderate %d, poor %d\n",
      grades[3], grades[2], grades[1], grades[0]);
  for (const auto& [why, count] : reasons)
    std::printf("  %d feature(s) without an interval: %s\n", count, why.c_str());
}

void print_variances(const std::vector<evaluation::VarianceComponents>& variances) {
  if (variances.empty()) return;
  std::printf("variance components (REML), median share over the features:\n");
  for (std::size_t k = 0; k < variances.front().components.size(); ++k) {
    std::vector<double> shares;
    std::string why;
    for (const auto& v : variances) {
      if (v.components[k].share.has_value()) shares.push_back(v.components[k].share.value);
      if (why.empty()) why = v.components[k].share.reason;
    }
    std::sort(shares.begin(), shares.end());
    const auto& component = variances.front().components[k];
    if (shares.empty())
      std::printf("  %-16s withheld: %s\n", component.factor.c_str(), why.c_str());
    else
      std::printf("  %-16s %5.1f %%  %s\n", component.factor.c_str(),
                  100.0 * shares[shares.size() / 2],
                  component.share.has_interval() ? "" : why.c_str());
  }
  for (const auto& note : variances.front().notes) std::printf("  left out: %s\n", note.c_str());
}

void print_summary(const FeatureRows& rows, const evaluation::Study& study) {
  std::vector<std::string> patients;
  for (const auto& lesion : study.lesions) patients.push_back(lesion.patient);
  std::printf("%s: %zu features, %zu rows, %zu patients (%s), %zu lesions%s%s%s, %zu arms",
              rows.file.c_str(), study.features.size(), rows.key.size(), distinct(patients),
              rows.roles.subject.c_str(), study.lesions.size(),
              rows.roles.lesion.empty() ? "" : " (", rows.roles.lesion.c_str(),
              rows.roles.lesion.empty() ? "" : ")", study.arms.size());
  std::string factors;
  for (const auto& f : rows.roles.factors)
    factors += (factors.empty() ? "" : ", ") + f.name +
               (f.kind == evaluation::Effect::random ? ", random" : ", fixed");
  std::printf("%s\n", factors.empty() ? " (no factor)" : (" (" + factors + ")").c_str());
  if (!rows.roles.volume.empty()) std::printf("volume: %s\n", rows.roles.volume.c_str());
  for (const auto& note : rows.notes) std::printf("%s\n", note.c_str());
}

std::string as_json(const Results& results) {
  std::string text = "{\n";
  for (std::size_t i = 0; i < results.size(); ++i) {
    std::string rows = rows_as_json(results[i].second);
    while (!rows.empty() && rows.back() == '\n') rows.pop_back();
    text += str("\"", results[i].first, "\": ", rows, i + 1 < results.size() ? ",\n" : "\n");
  }
  return text + "}\n";
}

void write(const Results& results, const std::string& directory) {
  std::vector<io::NamedBytes> files;
  for (const auto& [name, table] : results) {
    const std::string text = table.to_csv();
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    files.push_back({name + ".csv", {bytes, bytes + text.size()}});
  }
  io::make_directories(directory);
  io::write_files(directory, files);
}

int run(Options options) {
  for (const std::string& text : options.factors) options.roles.factors.push_back(factor_of(text));
  const bool harmonises = !options.harmonise.empty();
  require(harmonises || (options.reference.empty() && options.covariates.empty() &&
                         options.fit_where.empty() && options.truths.empty() &&
                         options.label.empty() && !options.mean_only),
          Error::Kind::input,
          "--reference, --covariate, --fit-where, --truth, --label and --mean-only go with "
          "--harmonise COLUMN");
  options.roles.extra = options.covariates;
  if (harmonises) options.roles.extra.push_back(options.harmonise);
  auto& extra = options.roles.extra;
  if (!options.fit_where.empty())
    extra.push_back(condition("--fit-where", options.fit_where).first);
  if (!options.label.empty()) extra.push_back(condition("--label", options.label).first);
  for (const std::string& text : options.truths) extra.push_back(truth_of(text).second);

  const FeatureRows rows = read_feature_rows(options.file, options.roles);
  const evaluation::Study study = study_of(rows);
  const evaluation::StabilityOptions stability{.seed = options.seed};
  const auto agreement = evaluation::stability(study, stability);
  const auto variances = evaluation::variance_components(model_of(rows), rows.values);
  std::vector<std::string> names;
  for (const auto& feature : rows.features) names.push_back(feature.id);
  Results results{{"stability", without_truth(evaluation::stability_table(agreement))},
                  {"variance", evaluation::variance_table(names, variances)},
                  {"effects", effects_table(rows, variances)}};
  std::optional<Harmonised> harmonised;
  if (harmonises) {
    harmonised = harmonise(rows, options);
    results.emplace_back("harmonisation", evaluation::harmonisation_table(harmonised->judged));
    results.emplace_back("harmonised", wide_rows(harmonised->rows, harmonised->rows.values));
  }
  if (!options.output.empty()) write(results, options.output);
  if (options.json) {
    std::fputs(as_json(results).c_str(), stdout);
    return ok;
  }
  print_summary(rows, study);
  print_agreement(agreement);
  print_variances(variances);
  if (harmonised) print_harmonisation(harmonised->judged);
  if (!options.output.empty())
    for (const auto& [name, table] : results)
      std::printf("%s/%s.csv: %zu rows\n", options.output.c_str(), name.c_str(), table.rows.size());
  return ok;
}

}  // namespace

void add_stability(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "stability", "Agreement, variance components and ComBat of any tool's features");
  auto options = std::make_shared<Options>();
  command
      ->add_option("features", options->file,
                   "CSV with a row a value (Vitrine) or a column a feature (PyRadiomics, "
                   "spreadsheets)")
      ->required();
  command->add_option("--subject", options->roles.subject, "column that names the patient");
  command->add_option("--lesion", options->roles.lesion, "column that names the lesion within it");
  command->add_option("--repeat", options->roles.repeat,
                      "column that counts repositioned scans of one lesion in one arm");
  command->add_option("--factor", options->factors,
                      "NAME[:fixed|random]: a column whose levels are compared; may be repeated");
  command->add_option("--volume", options->roles.volume, "column with the lesion's volume");
  command->add_option("--ignore", options->roles.ignore, "columns to leave out, comma-separated")
      ->delimiter(',');
  command->add_option("--harmonise", options->harmonise,
                      "ComBat: column whose levels (scanners, sites) are harmonised");
  command->add_option("--reference", options->reference, "level that the others are brought to");
  command->add_option("--covariate", options->covariates,
                      "column whose effect ComBat keeps; may be repeated");
  command->add_option("--fit-where", options->fit_where,
                      "COLUMN=LEVEL: rows that ComBat learns from (training fold, phantom)");
  command->add_option("--truth", options->truths,
                      "FEATURE=COLUMN: true values of a feature, which ComBat is judged by; may be "
                      "repeated");
  command->add_option("--label", options->label,
                      "COLUMN=LEVEL: what a feature is to tell from the rest, before and after "
                      "(area under the ROC curve)");
  command->add_option("--prior", options->prior, "ComBat's: parametric, nonparametric, none")
      ->check(CLI::IsMember({"parametric", "nonparametric", "none"}));
  command->add_flag("--mean-only", options->mean_only, "ComBat changes offsets, not spreads");
  command->add_option("--smallest-batch", options->smallest_batch,
                      "fewest cases of a batch (10; fewer only to repeat published examples)");
  command->add_option("--seed", options->seed, "of the resamples (0)");
  command->add_option("--output,-o", options->output, "directory for the tables");
  command->add_flag("--json", options->json, "print the tables as JSON");
  command->callback([options, &code] { code = run(*options); });
}

}  // namespace vitrine::cli
