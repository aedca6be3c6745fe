#include "vitrine/cli/feature_study.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "vitrine/core/error.hpp"
#include "vitrine/core/value.hpp"

namespace vitrine::cli {
namespace {

using Names = std::vector<std::string>;

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

/// What names a lesion and an arm in every row.
struct Cells {
  Names subject, lesion, arm;
};

Cells cells_of(const FeatureRows& rows) {
  Cells cells{rows.column(rows.roles.subject), Names(rows.key.size(), "lesion"), {}};
  if (!rows.roles.lesion.empty()) cells.lesion = rows.column(rows.roles.lesion);
  cells.arm.resize(rows.key.size());
  for (const auto& factor : rows.roles.factors) {
    const Names levels = rows.column(factor.name);
    const bool several = rows.roles.factors.size() > 1;
    for (std::size_t i = 0; i < levels.size(); ++i)
      cells.arm[i] +=
          (cells.arm[i].empty() ? "" : " ") + (several ? factor.name + "=" : "") + levels[i];
  }
  return cells;
}

}  // namespace

evaluation::Study study_of(const FeatureRows& rows) {
  const Cells cells = cells_of(rows);
  evaluation::Study study;
  study.features = rows.features;
  Names repeat(rows.key.size());
  const bool repeats = !rows.roles.repeat.empty();
  if (repeats) repeat = rows.column(rows.roles.repeat);
  std::vector<Names> factor_levels;
  for (const auto& factor : rows.roles.factors) {
    factor_levels.push_back(rows.column(factor.name));
    study.factors.push_back({factor.name, {}, factor.kind});
  }
  std::map<std::pair<std::string, std::string>, Index> lesion_of;
  std::map<std::string, Index> arm_of;
  std::map<std::pair<Index, Index>, std::vector<std::size_t>> rows_of;
  for (std::size_t i = 0; i < rows.key.size(); ++i) {
    const auto [lesion, new_lesion] =
        lesion_of.try_emplace({cells.subject[i], cells.lesion[i]}, std::ssize(study.lesions));
    if (new_lesion) study.lesions.push_back({cells.subject[i], cells.lesion[i], no_value});
    const auto [arm, new_arm] = arm_of.try_emplace(cells.arm[i], std::ssize(study.arms));
    if (new_arm) {
      study.arms.push_back(cells.arm[i].empty() ? "all" : cells.arm[i]);
      for (std::size_t f = 0; f < factor_levels.size(); ++f)
        study.factors[f].level.push_back(factor_levels[f][i]);
    }
    auto& same = rows_of[{lesion->second, arm->second}];
    for (const std::size_t other : same)
      if (repeat[other] == repeat[i])
        throw Error(Error::Kind::data,
                    str("patient '", cells.subject[i], "', lesion '", cells.lesion[i], "', arm '",
                        cells.arm[i], "' is on line ", rows.line[other], " already. ",
                        repeats ? "Both are the same repeat: take one out"
                                : "If they are repeats, name the column that counts them: --repeat "
                                  "COLUMN; if they differ in something, --factor COLUMN"),
                    Location{rows.file, rows.line[i], 1, {}});
    same.push_back(i);
  }
  for (const auto& entry : rows_of) {
    const std::vector<std::size_t>& members = entry.second;
    const auto add = [&](evaluation::Source source, std::size_t i) {
      const Eigen::RowVectorXd values = rows.values.row(Index(i));
      study.samples.push_back({source,
                               entry.first.first,
                               entry.first.second,
                               {values.data(), values.data() + values.size()},
                               {}});
      if (values.hasNaN()) {
        auto& reasons = study.samples.back().reasons;
        for (const double v : values)
          reasons.emplace_back(std::isnan(v) ? "no number in the table" : "");
      }
    };
    // The first row is the scan; where a trial marks it, its repositions are the repeats.
    std::size_t first = members.front();
    for (const std::size_t i : members)
      if (repeat[i] == "scan") first = i;
    add(evaluation::Source::scan, first);
    if (members.size() < 2) continue;
    for (const std::size_t i : members)
      if (repeat[i] != "scan") add(evaluation::Source::reposition, i);
  }
  const auto volume = std::find_if(rows.features.begin(), rows.features.end(),
                                   [&](const auto& f) { return f.id == rows.roles.volume; });
  if (volume == rows.features.end()) return study;
  std::vector<double> sum(study.lesions.size(), 0.0), count(study.lesions.size(), 0.0);
  for (std::size_t i = 0; i < rows.key.size(); ++i) {
    const double v = rows.values(Index(i), volume - rows.features.begin());
    if (!std::isfinite(v)) continue;
    const auto lesion = std::size_t(lesion_of.at({cells.subject[i], cells.lesion[i]}));
    sum[lesion] += v;
    count[lesion] += 1.0;
  }
  for (std::size_t i = 0; i < sum.size(); ++i)
    if (count[i] > 0.0) study.lesions[i].volume = sum[i] / count[i];
  return study;
}

evaluation::MixedModel model_of(const FeatureRows& rows) {
  const Cells cells = cells_of(rows);
  evaluation::MixedModel model;
  model.factors.push_back({rows.roles.subject, cells.subject});
  model.subjects.push_back(rows.roles.subject);
  const evaluation::Factor lesion{"within", cells.lesion};
  evaluation::Factor nested = evaluation::combined(
      model.factors.front(), lesion, rows.roles.lesion.empty() ? "lesion" : rows.roles.lesion);
  const auto count = [](const Names& names) {
    return std::set<std::string>(names.begin(), names.end()).size();
  };
  if (count(nested.level) > count(cells.subject)) {
    model.subjects.push_back(nested.name);
    model.factors.push_back(std::move(nested));
  }
  for (const auto& factor : rows.roles.factors)
    model.factors.push_back({factor.name, rows.column(factor.name), factor.kind});
  return model;
}

evaluation::CombatCases cases_of(const FeatureRows& rows, const std::string& batch,
                                 const Names& covariates) {
  evaluation::CombatCases cases{rows.values, rows.column(batch), {}, {}};
  for (const std::string& name : covariates) {
    const Names texts = rows.column(name);
    evaluation::Covariate covariate{name, {}};
    for (const std::string& text : texts) {
      double value = 0.0;
      const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error == std::errc() && stop == text.data() + text.size())
        covariate.value.push_back(value);
    }
    if (covariate.value.size() == texts.size())
      cases.covariates.push_back(std::move(covariate));
    else
      cases.groups.push_back({name, texts});
  }
  return cases;
}

Table wide_rows(const FeatureRows& rows, const Eigen::MatrixXd& values) {
  Table table;
  table.columns = rows.keys;
  for (const auto& feature : rows.features) table.columns.push_back(feature.id);
  for (std::size_t i = 0; i < rows.key.size(); ++i) {
    std::vector<Table::Cell> cells(rows.key[i].begin(), rows.key[i].end());
    for (Index f = 0; f < values.cols(); ++f) cells.emplace_back(values(Index(i), f));
    table.add(std::move(cells));
  }
  return table;
}

Names arms_of(const FeatureRows& rows) { return cells_of(rows).arm; }

evaluation::Effect arms_effect(const FeatureRows& rows) {
  const auto& factors = rows.roles.factors;
  const bool random =
      !factors.empty() && std::all_of(factors.begin(), factors.end(), [](const auto& f) {
        return f.kind == evaluation::Effect::random;
      });
  return random ? evaluation::Effect::random : evaluation::Effect::fixed;
}

void add_truth(const FeatureRows& rows, const std::string& feature, const std::string& column,
               Eigen::MatrixXd& truth) {
  const auto at = std::find_if(rows.features.begin(), rows.features.end(),
                               [&](const auto& f) { return f.id == feature; });
  Names ids;
  for (const auto& f : rows.features) ids.push_back(f.id);
  require(at != rows.features.end(), Error::Kind::data, rows.file, ": --truth ", feature, "=",
          column, ": there is no feature '", feature, "'.", suggestion(feature, ids));
  if (truth.size() == 0) truth.setConstant(rows.values.rows(), rows.values.cols(), no_value);
  const Names texts = rows.column(column);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].empty()) continue;
    double value = 0.0;
    const auto [stop, error] =
        std::from_chars(texts[i].data(), texts[i].data() + texts[i].size(), value);
    if (error != std::errc() || stop != texts[i].data() + texts[i].size())
      throw Error(Error::Kind::data,
                  str("the truth '", column, "' is '", texts[i],
                      "' (not a number). Leave the cell empty where it is unknown"),
                  Location{rows.file, rows.line[i], 1, {}});
    truth(Index(i), at - rows.features.begin()) = value;
  }
}

}  // namespace vitrine::cli
