#pragma once
#include <Eigen/Core>
#include <optional>
#include <vector>

#include "vitrine/evaluation/detail/mixed_design.hpp"

namespace vitrine::evaluation::detail {

/// What a profile of the likelihood holds fixed.
struct Held {
  enum class What {
    nothing,
    variance,  ///< of one component, `value` in the unit of y
    share,     ///< of the components of `set` together, `value` in (0, 1)
  };
  What what = What::nothing;
  std::vector<bool> set;  ///< by random factor, then the residual
  double value = 0.0;
};

/// Where the likelihood was looked at: -2 log L with the residual variance at its best, or at what
/// is held.
struct LikelihoodPoint {
  Eigen::VectorXd ratio;  ///< variance of each random factor over the residual's
  double residual = 0.0;  ///< variance
  double deviance = 0.0;
  double quadratic = 0.0;       ///< y'Py: the deviance holds quadratic / residual
  Eigen::VectorXd squares;      ///< its derivative by each ratio, less the sign
  Eigen::VectorXd gradient;     ///< by ratio; 0 where the ratio is 0
  Eigen::MatrixXd information;  ///< average of observed and expected, by ratio
  Eigen::VectorXd effects;      ///< fixed, and the covariance of their errors
  Eigen::MatrixXd effect_covariance;
};

/// The (restricted) likelihood of one feature's values under one design.
class ProfiledLikelihood {
 public:
  ProfiledLikelihood(const MixedDesign& design, Likelihood kind, Eigen::VectorXd y);

  /// -2 log L alone; infinite where the system is singular.
  double deviance(const Eigen::VectorXd& ratio, const Held& held) const;
  /// The same with all derivatives.
  LikelihoodPoint at(const Eigen::VectorXd& ratio, const Held& held) const;

  /// The same, or nothing where the system is singular.
  std::optional<LikelihoodPoint> if_regular(const Eigen::VectorXd& ratio, const Held& held) const;

  /// Where the likelihood is largest, from `start`; ratios that are 0 there stay 0. A free ratio
  /// from which the likelihood falls becomes 0. `tolerance` is that of the deviance.
  LikelihoodPoint maximise(const Eigen::VectorXd& start, const Held& held, double tolerance) const;

  const MixedDesign& design() const { return design_; }
  double degrees() const { return degrees_; }
  /// A ratio that is nothing beside the residual: below it a factor's effect is 1e-6 of a row's.
  double negligible(Index group) const {
    return 1e-6 / design_.groups[std::size_t(group)].rows_per_level;
  }

 private:
  struct Solution;
  std::optional<Solution> solve(const Eigen::VectorXd& ratio, const Held& held) const;
  LikelihoodPoint at(const Eigen::VectorXd& ratio, const Held& held,
                     const std::optional<Solution>& solved) const;
  /// The derivative of the log-determinants by each ratio that is not 0.
  Eigen::VectorXd traces(const Solution& s, const Eigen::VectorXd& ratio) const;

  const MixedDesign& design_;
  Likelihood kind_;
  Eigen::VectorXd y_, right_;
  double degrees_ = 0.0, length_ = 0.0;  ///< y'y
};

}  // namespace vitrine::evaluation::detail
