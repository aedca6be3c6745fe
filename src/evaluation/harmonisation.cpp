#include "vitrine/evaluation/harmonisation.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/evaluation/detail/row_writer.hpp"
#include "vitrine/evaluation/folds.hpp"
#include "vitrine/evaluation/random_arms.hpp"

namespace vitrine::evaluation {
namespace {

using Names = std::vector<std::string>;

void check(const HarmonisationCases& all) {
  const auto rows = std::size_t(all.cases.values.rows());
  const auto features = std::size_t(all.cases.values.cols());
  const auto one_per_row = [&](const char* what, std::size_t size, bool optional) {
    require(size == rows || (optional && size == 0), Error::Kind::data, "harmonisation of ", rows,
            " rows with ", size, " ", what);
  };
  one_per_row("batches", all.cases.batch.size(), false);
  one_per_row("patients", all.patient.size(), false);
  one_per_row("lesions", all.lesion.size(), true);
  one_per_row("arms", all.arm.size(), true);
  one_per_row("labels", all.label.size(), true);
  one_per_row("training marks", all.training.size(), true);
  require(all.features.size() == features, Error::Kind::data, "harmonisation of ", features,
          " features with ", all.features.size(), " names");
  require(all.truth.size() == 0 ||
              (std::size_t(all.truth.rows()) == rows && std::size_t(all.truth.cols()) == features),
          Error::Kind::data, "harmonisation of ", rows, " x ", features, " values with ",
          all.truth.rows(), " x ", all.truth.cols(), " true ones");
}

/// The cases of some rows.
CombatCases part(const CombatCases& all, const std::vector<Index>& rows) {
  CombatCases cases{all.values(rows, Eigen::all), {}, all.covariates, all.groups};
  const auto take = [&](const auto& from) {
    std::remove_cvref_t<decltype(from)> to;
    for (const Index row : rows) to.push_back(from[std::size_t(row)]);
    return to;
  };
  cases.batch = take(all.batch);
  for (Covariate& c : cases.covariates) c.value = take(c.value);
  for (Factor& g : cases.groups) g.level = take(g.level);
  return cases;
}

/// Harmonised values and the folds that they are from.
class Fits {
 public:
  Fits(const HarmonisationCases& all, const HarmonisationOptions& options)
      : all_(all), options_(options) {}

  void operator()(Harmonisation& result, Names& left_alone) const {
    result.values = all_.cases.values;
    left_alone.assign(all_.features.size(), "");
    const std::set<std::string> patients(all_.patient.begin(), all_.patient.end());
    if (!all_.training.empty()) {
      check_apart();
      for (const bool training : all_.training) result.fold.push_back(training ? -1 : 0);
      transform(0, options_.combat, result, left_alone);
      return;
    }
    require(patients.size() > 1, Error::Kind::data,
            "one patient: nobody is left whom the fit has not seen");
    // What is refused in the whole is said of the whole.
    (void)Combat(all_.cases, options_.combat);
    const Index folds = std::clamp<Index>(options_.folds, 2, std::ssize(patients));
    result.fold = deal_folds(all_.patient, all_.cases.batch, folds,
                             Rng(make_stream(options_.seed, "folds", Draw::bootstrap), 0));
    CombatOptions combat = options_.combat;
    combat.smallest_batch = std::max<Index>(2, combat.smallest_batch * (folds - 1) / folds);
    for (Index fold = 0; fold < folds; ++fold) {
      try {
        transform(fold, combat, result, left_alone);
      } catch (Error& error) {
        error.during(str("fitting without the patients of fold ", fold + 1, " of ", folds));
        throw;
      }
    }
  }

 private:
  void check_apart() const {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < all_.patient.size(); ++i)
      if (all_.training[i]) seen.insert(all_.patient[i]);
    for (std::size_t i = 0; i < all_.patient.size(); ++i)
      require(all_.training[i] || !seen.contains(all_.patient[i]), Error::Kind::data, "patient '",
              all_.patient[i],
              "' has rows to learn from and rows to judge: a judgement takes patients whom the fit "
              "has not seen");
  }

  void transform(Index fold, const CombatOptions& combat, Harmonisation& result,
                 Names& left_alone) const {
    std::vector<Index> train, test;
    for (std::size_t i = 0; i < result.fold.size(); ++i)
      (result.fold[i] == fold ? test : train).push_back(Index(i));
    require(!train.empty() && !test.empty(), Error::Kind::data,
            train.empty() ? "no rows to learn from" : "no rows to judge");
    const Combat fitted(part(all_.cases, train), combat);
    result.values(test, Eigen::all) = fitted.transform(part(all_.cases, test));
    for (std::size_t f = 0; f < left_alone.size(); ++f)
      if (left_alone[f].empty()) left_alone[f] = fitted.left_alone()[f];
  }

  const HarmonisationCases& all_;
  const HarmonisationOptions& options_;
};

std::vector<double> errors(std::span<const double> values, std::span<const double> truth) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < truth.size(); ++i) differences.push_back(values[i] - truth[i]);
  return differences;
}

/// Judges features; holds what they share.
class Judge {
 public:
  /// `remeasured`: what `harmonised` holds was measured anew; null: made of the values.
  Judge(const HarmonisationCases& all, const HarmonisationOptions& options,
        const Harmonisation& harmonised, const Remeasured* remeasured = nullptr)
      : all_(all),
        harmonised_(harmonised),
        remeasured_(remeasured),
        options_(options),
        stream_(make_stream(options.seed, "patients", Draw::bootstrap)),
        drawn_(stream_, options.replicates) {
    Names patients, lesion_patients;
    std::map<std::pair<std::string, std::string>, Index> lesions;
    std::map<std::string, Index> arms;
    const Names& arm = all.arm.empty() ? all.cases.batch : all.arm;
    for (std::size_t i = 0; i < all.patient.size(); ++i) {
      if (harmonised.fold[i] < 0) continue;
      rows_.push_back(Index(i));
      patients.push_back(all.patient[i]);
      const std::string lesion = all.lesion.empty() ? "" : all.lesion[i];
      const auto [at, fresh] = lesions.try_emplace({all.patient[i], lesion}, std::ssize(lesions));
      if (fresh) lesion_patients.push_back(all.patient[i]);
      const Index of_arm = arms.try_emplace(arm[i], std::ssize(arms)).first->second;
      cells_.try_emplace({at->second, of_arm}, Index(i));  // of repeats, the first
      if (!all.label.empty()) label_.push_back(all.label[i]);
    }
    patients_ = Clusters::by_label(patients);
    lesion_patients_ = Clusters::by_label(lesion_patients);
    lesions_ = std::ssize(lesions);
    arms_ = std::ssize(arms);
  }

  HarmonisedFeature operator()(Index f) const {
    HarmonisedFeature result;
    result.feature = all_.features[std::size_t(f)];
    const Resampling resampling{stream_, options_.replicates, options_.confidence, &drawn_};
    result.icc_before = icc(all_.cases.values.col(f), resampling);
    result.icc_after = icc(harmonised_.values.col(f), resampling);
    const std::vector<double> before = judged(all_.cases.values, f);
    const std::vector<double> after = judged(harmonised_.values, f);
    result.error = error(before, after, f, resampling);
    result.auc = auc(before, after);
    return result;
  }

 private:
  std::vector<double> judged(const Eigen::MatrixXd& values, Index f) const {
    std::vector<double> result;
    for (const Index row : rows_) result.push_back(values(row, f));
    return result;
  }

  Estimate icc(const Eigen::VectorXd& values, const Resampling& resampling) const {
    Ratings ratings = Ratings::Constant(lesions_, arms_, NAN);
    for (const auto& [cell, row] : cells_) ratings(cell.first, cell.second) = values[row];
    return agreement_of(options_.arms, ratings, lesion_patients_, resampling);
  }

  ErrorToTruth error(const std::vector<double>& before, const std::vector<double>& after, Index f,
                     const Resampling& resampling) const {
    const auto without = [](const std::string& why) -> ErrorToTruth {
      const Estimate none = Estimate::withheld(why);
      return {none, none, none};
    };
    if (all_.truth.size() == 0) return without("no truth is given");
    if (remeasured_)
      if (const std::string& why = remeasured_->no_error[std::size_t(f)]; !why.empty())
        return without(why);
    const Eigen::MatrixXd& truth_after = remeasured_ ? remeasured_->truth : all_.truth;
    return compare_errors(errors(before, judged(all_.truth, f)),
                          errors(after, judged(truth_after, f)), patients_, resampling);
  }

  Discrimination auc(const std::vector<double>& before, const std::vector<double>& after) const {
    if (!label_.empty() && (remeasured_ || !told_label()))
      return discrimination(before, after, label_, patients_, options_.confidence);
    Discrimination none;
    none.before = none.after = none.change = Estimate::withheld(
        label_.empty() ? "no label is given"
                       : "ComBat is told the label, which new patients do not have");
    return none;
  }

  /// Whether an effect that ComBat keeps determines the label.
  bool told_label() const {
    const auto determines = [&](const auto& kept) {
      std::map<std::remove_cvref_t<decltype(kept.front())>, std::set<bool>> classes;
      std::set<bool> both;
      for (std::size_t i = 0; i < rows_.size(); ++i)
        if (label_[i]) {
          classes[kept[std::size_t(rows_[i])]].insert(*label_[i]);
          both.insert(*label_[i]);
        }
      // A number that differs from row to row says nothing by having been seen once.
      return both.size() == 2 && classes.size() <= most_classes &&
             std::all_of(classes.begin(), classes.end(),
                         [](const auto& c) { return c.second.size() == 1; });
    };
    const CombatCases& cases = all_.cases;
    return std::any_of(cases.groups.begin(), cases.groups.end(),
                       [&](const Factor& g) { return determines(g.level); }) ||
           std::any_of(cases.covariates.begin(), cases.covariates.end(),
                       [&](const Covariate& c) { return determines(c.value); });
  }

  static constexpr std::size_t most_classes = 10;
  const HarmonisationCases& all_;
  const Harmonisation& harmonised_;
  const Remeasured* remeasured_;
  const HarmonisationOptions& options_;
  Stream stream_;
  Resamples drawn_;
  std::vector<Index> rows_;                         ///< that are judged
  std::map<std::pair<Index, Index>, Index> cells_;  ///< row of a lesion and arm
  std::vector<std::optional<bool>> label_;
  Clusters patients_;         ///< of the rows that are judged
  Clusters lesion_patients_;  ///< of the lesions
  Index lesions_ = 0, arms_ = 0;
};

}  // namespace

ErrorToTruth error_to_truth(std::span<const double> before, std::span<const double> after,
                            std::span<const double> truth, const Clusters& patients,
                            const Resampling& resampling) {
  VITRINE_EXPECT(before.size() == truth.size() && after.size() == truth.size());
  return compare_errors(errors(before, truth), errors(after, truth), patients, resampling);
}

ErrorToTruth compare_errors(std::span<const double> before, std::span<const double> after,
                            const Clusters& patients, const Resampling& resampling) {
  VITRINE_EXPECT(before.size() == after.size());
  ErrorToTruth result;
  std::vector<Index> kept;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (std::isfinite(before[i]) && std::isfinite(after[i])) kept.push_back(Index(i));
  result.rows = std::ssize(kept);
  if (kept.empty()) {
    result.before = result.after = result.ratio =
        Estimate::withheld("no row has a value and a truth");
    return result;
  }
  const PatientSums sums =
      sum_by_patient(patients.only(kept), 3, [&](Index row, std::span<double> total) {
        const auto at = std::size_t(kept[std::size_t(row)]);
        total[0] += 1.0;
        total[1] += before[at] * before[at];
        total[2] += after[at] * after[at];
      });
  result.patients = sums.cols();
  // On logarithms, which make a ratio a difference.
  constexpr std::size_t count = 3;
  const std::vector<Scale> scales(count, Scale::plain());
  const auto half_log = [](double above, double below) {
    return above > 0.0 && below > 0.0 ? 0.5 * math::log(above / below) : double(NAN);
  };
  std::vector<Estimate> logs = patient_bootstrap(
      {sums}, resampling, scales, [&](const Eigen::ArrayXXd& totals, Eigen::ArrayXXd& values) {
        for (Index i = 0; i < totals.rows(); ++i) {
          values(i, 0) = half_log(totals(i, 1), totals(i, 0));
          values(i, 1) = half_log(totals(i, 2), totals(i, 0));
          values(i, 2) = half_log(totals(i, 2), totals(i, 1));
        }
      });
  for (Estimate& e : logs)
    for (double* x : {&e.value, &e.low, &e.high}) *x = std::isnan(*x) ? *x : math::exp(*x);
  const auto exact = [&](Estimate& e, Index term) {
    if (sums.row(term).sum() > 0.0) return;
    e.value = 0.0;
    e.reason = "no interval: every value is the truth";
  };
  exact(logs[0], 1);
  exact(logs[1], 2);
  result.before = std::move(logs[0]);
  result.after = std::move(logs[1]);
  result.ratio = std::move(logs[2]);
  return result;
}

std::string confounded_label(const HarmonisationCases& all) {
  std::map<std::string, std::set<bool>> classes;
  std::set<bool> both;
  for (std::size_t i = 0; i < all.label.size(); ++i) {
    if (!all.label[i]) continue;
    classes[all.cases.batch[i]].insert(*all.label[i]);
    both.insert(*all.label[i]);
  }
  if (both.size() < 2) return "";
  for (const auto& [batch, found] : classes)
    if (found.size() == 2) return "";
  return "the label is confounded with the batches: each batch holds cases with it or cases "
         "without "
         "it, never both, so that harmonising would take its effect away, too. Add cases";
}

Harmonisation refused_harmonisation(const HarmonisationCases& cases, const std::string& why) {
  Harmonisation result;
  result.refused = why;
  result.values = cases.cases.values;
  result.fold.assign(cases.patient.size(), -1);
  const Estimate none = Estimate::withheld(why);
  for (const std::string& feature : cases.features)
    result.features.push_back({.feature = feature,
                               .icc_before = none,
                               .icc_after = none,
                               .error = {none, none, none},
                               .auc = {none, none, none},
                               .left_alone = ""});
  return result;
}

namespace {

void judge_features(const HarmonisationCases& cases, const Judge& judge, Harmonisation& result) {
  result.features.resize(cases.features.size());
  parallel_for(std::ssize(cases.features),
               [&](Index f) { result.features[std::size_t(f)] = judge(f); });
}

}  // namespace

Harmonisation judge_remeasured(const HarmonisationCases& before, const Remeasured& after,
                               const HarmonisationOptions& options) {
  check(before);
  const auto same_size = [&](const Eigen::MatrixXd& m) {
    return m.rows() == before.cases.values.rows() && m.cols() == before.cases.values.cols();
  };
  VITRINE_EXPECT(same_size(after.values) && after.no_error.size() == before.features.size());
  VITRINE_EXPECT(before.truth.size() == 0 || same_size(after.truth));
  Harmonisation result;
  result.values = after.values;
  result.fold.assign(before.patient.size(), 0);
  judge_features(before, Judge(before, options, result, &after), result);
  return result;
}

Harmonisation harmonise(const HarmonisationCases& cases, const HarmonisationOptions& options) {
  check(cases);
  Harmonisation result;
  Names left_alone;
  result.refused = confounded_label(cases);
  if (result.refused.empty()) try {
      Fits(cases, options)(result, left_alone);
    } catch (const Error& error) {
      result.refused = error.what();
    }
  if (!result.refused.empty()) return refused_harmonisation(cases, result.refused);
  judge_features(cases, Judge(cases, options, result), result);
  for (std::size_t f = 0; f < left_alone.size(); ++f) result.features[f].left_alone = left_alone[f];
  return result;
}

Table harmonisation_table(const Harmonisation& result) {
  Table table;
  for (const HarmonisedFeature& f : result.features) {
    detail::RowWriter out(table);
    out.cell("feature", f.feature);
    out.interval("icc_a1_before", f.icc_before);
    out.interval("icc_a1_after", f.icc_after);
    out.cell("rows_with_truth", double(f.error.rows));
    out.interval("rms_error_before", f.error.before);
    out.interval("rms_error_after", f.error.after);
    out.interval("rms_error_ratio", f.error.ratio);
    out.cell("rows_with_label", double(f.auc.positive));
    out.cell("rows_without_label", double(f.auc.negative));
    out.interval("auc_before", f.auc.before);
    out.interval("auc_after", f.auc.after);
    out.interval("auc_change", f.auc.change);
    out.finish(f.left_alone);
  }
  return table;
}

}  // namespace vitrine::evaluation
