#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/evaluation/stability.hpp"

namespace vitrine::evaluation {

/// What an interval says about a limit.
enum class Verdict {
  fit,        ///< the whole interval is inside the limits
  undecided,  ///< a limit lies within the interval
  unfit,      ///< the whole interval is outside them
  withheld,   ///< there is no interval to judge
};
std::string_view to_string(Verdict verdict);

/// What a decision tolerates.
struct Tolerance {
  enum class Against { object, reference };  ///< T0, T1

  double bias = 0.1;  ///< largest relative bias of an arm, a fraction of |truth|
  Against against = Against::object;
  std::optional<double> icc{};        ///< least ICC(A,1) over the arms; none: not judged
  std::optional<double> within_cv{};  ///< largest wCV of repeats, a fraction; none: not judged
};

/// A verdict and what follows from it.
struct Judgement {
  Verdict verdict = Verdict::withheld;
  /// How many more patients an undecided one is likely to take to be fit; none: it is not
  /// undecided, or no number is enough and `reason` says why.
  std::optional<Index> further_patients;
  std::string reason;
};

/// One criterion, judged.
struct Finding {
  std::string criterion;   ///< bias, icc or wcv
  std::string arm;         ///< of a bias; empty for what all arms share
  Estimate estimate;       ///< a fraction, or a coefficient
  double low = -INFINITY;  ///< limits that the interval is held against
  double high = INFINITY;
  Index patients = 0, lesions = 0;  ///< behind the estimate
  Judgement judgement;
};

/// A feature is fit for the context if every finding is: the intersection-union test (Berger 1982),
/// which needs no correction for the number of arms and criteria.
struct FeatureVerdict {
  Feature feature;
  std::vector<Finding> findings;  ///< the bias of each arm, then what else is asked for
  Judgement overall;              ///< unfit, withheld, undecided, fit: the first that a finding has
  std::size_t deciding = 0;       ///< the finding that decides it, the one nearest to a limit
  bool same_in_all_arms = false;
};

/// One verdict per row, in order; `arms` are the names of StabilityRow::arm_bias.
///
/// The rule: fit if the whole 95 % interval lies inside the limits, limits included. That is two
/// one-sided tests at 2.5 % each (Schuirmann 1987), so a bias at the limit is called fit in one
/// study in forty at most, as far as the interval covers (docs/methods/statistics.md).
std::vector<FeatureVerdict> judge(std::span<const StabilityRow> rows,
                                  std::span<const std::string> arms, const Tolerance& tolerance);

/// `verdict.csv`: for each feature a row that sums up (criterion `all`) and one per finding.
Table verdict_table(std::span<const FeatureVerdict> verdicts);

}  // namespace vitrine::evaluation
