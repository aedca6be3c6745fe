#include "vitrine/evaluation/classifier.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "vitrine/core/error.hpp"
#include "vitrine/evaluation/folds.hpp"

namespace vitrine::evaluation {
namespace {

template <class T>
std::vector<T> some(const std::vector<T>& all, const std::vector<Index>& rows) {
  std::vector<T> part;
  for (const Index row : rows) part.push_back(all[std::size_t(row)]);
  return part;
}

ClassifierCases some(const ClassifierCases& all, const std::vector<Index>& rows) {
  return {all.values(rows, Eigen::all), some(all.label, rows), some(all.patient, rows),
          all.batch.empty() ? all.batch : some(all.batch, rows)};
}

/// Rows outside and inside a fold.
struct Split {
  std::vector<Index> learn, judge;

  Split(const std::vector<Index>& fold, Index which) {
    for (std::size_t i = 0; i < fold.size(); ++i)
      (fold[i] == which ? judge : learn).push_back(Index(i));
  }
};

/// Patients of the class that has fewer.
Index rarer_class(const ClassifierCases& cases) {
  std::set<std::string> with, without;
  for (std::size_t i = 0; i < cases.label.size(); ++i)
    (cases.label[i] ? with : without).insert(cases.patient[i]);
  return std::min(std::ssize(with), std::ssize(without));
}

void check(const ClassifierCases& cases, const std::vector<Index>& outer) {
  const auto rows = std::size_t(cases.values.rows());
  VITRINE_EXPECT(cases.label.size() == rows && cases.patient.size() == rows &&
                 outer.size() == rows && (cases.batch.empty() || cases.batch.size() == rows));
  std::map<std::string, Index> fold_of;
  for (std::size_t i = 0; i < rows; ++i)
    require(fold_of.try_emplace(cases.patient[i], outer[i]).first->second == outer[i],
            Error::Kind::data, "patient '", cases.patient[i],
            "' is in two folds: a model would be tried on whom it has seen");
}

/// The strength with the least log-loss in patients that the inner models have not seen; of equals
/// the largest.
double chosen_strength(const ClassifierCases& cases, const ClassifierOptions& options,
                       const std::vector<double>& strengths, const Rng& rng) {
  const Index rarer = rarer_class(cases);
  require(rarer >= 2, Error::Kind::data, "too few patients to choose a penalty by: ", rarer,
          " of one class among those that a model learns from");
  const Index folds = std::clamp<Index>(options.inner_folds, 2, rarer);
  std::vector<std::string> group;
  for (const bool label : cases.label) group.push_back(label ? "with" : "without");
  const std::vector<Index> fold = deal_folds(cases.patient, group, folds, rng);
  std::vector<double> loss(strengths.size(), 0.0);
  for (Index which = 0; which < folds; ++which) {
    const Split split(fold, which);
    const ClassifierCases judged = some(cases, split.judge);
    const auto models = logistic_path(cases.values(split.learn, Eigen::all),
                                      some(cases.label, split.learn), strengths, options.mixing);
    for (std::size_t s = 0; s < models.size(); ++s) {
      const Eigen::VectorXd score = models[s].scores(judged.values);
      for (Index i = 0; i < score.size(); ++i)
        loss[s] += log_loss(score[i], judged.label[std::size_t(i)]);
    }
  }
  return strengths[std::size_t(std::ranges::min_element(loss) - loss.begin())];
}

/// Both parts without their batch effects, by a fit to the first.
void harmonise(ClassifierCases& learnt, ClassifierCases& judged, const CombatOptions& options) {
  const CombatCases known{learnt.values, learnt.batch};
  const Combat fitted(known, options);
  learnt.values = fitted.transform(known);
  judged.values = fitted.transform({judged.values, judged.batch});
}

}  // namespace

CrossValidated cross_validate(const ClassifierCases& cases, const std::vector<Index>& outer,
                              const ClassifierOptions& options, const Stream& stream) {
  check(cases, outer);
  const Index folds = *std::ranges::max_element(outer) + 1;
  CrossValidated result;
  result.score.assign(outer.size(), std::numeric_limits<double>::quiet_NaN());
  for (Index which = 0; which < folds; ++which) {
    const Split split(outer, which);
    if (split.judge.empty()) continue;
    try {
      ClassifierCases learnt = some(cases, split.learn), judged = some(cases, split.judge);
      if (options.harmonise) harmonise(learnt, judged, *options.harmonise);
      const auto strengths =
          penalty_strengths(learnt.values, learnt.label, options.mixing, options.strengths);
      const double strength =
          chosen_strength(learnt, options, strengths, Rng(stream, std::uint64_t(which)));
      const LogisticModel model =
          logistic_regression(learnt.values, learnt.label, {strength, options.mixing});
      const Eigen::VectorXd score = model.scores(judged.values);
      for (std::size_t i = 0; i < split.judge.size(); ++i)
        result.score[std::size_t(split.judge[i])] = score[Index(i)];
      result.strength.push_back(strength);
    } catch (Error& error) {
      error.during(str("learning without fold ", which + 1, " of ", folds));
      throw;
    }
  }
  return result;
}

}  // namespace vitrine::evaluation
