#pragma once
#include <Eigen/Core>
#include <string>
#include <vector>

#include "vitrine/evaluation/detail/sparse_cholesky.hpp"
#include "vitrine/evaluation/variance_components.hpp"

namespace vitrine::evaluation::detail {

/// One random factor of the rows that are used; levels are numbered from 0.
struct Grouping {
  std::string name;
  std::vector<Index> level;
  Index levels = 0;
  std::vector<double> slope;  ///< one per row
  Index first = 0;            ///< its first unknown in the system
  double rows_per_level = 1.0;
};

/// All of a mixed model that does not depend on the feature.
///
/// The unknowns are the levels of the random factors, most levels first, then the fixed effects.
struct MixedDesign {
  /// Of the rows `used`; factors that cannot be estimated are left out and named.
  MixedDesign(const MixedModel& model, const std::vector<Index>& used);

  struct LeftOut {
    std::string factor, why;
    Index levels = 0;
  };

  Index rows = 0, random = 0, fixed = 0;  ///< unknowns: `random` levels, then `fixed` effects
  std::vector<Grouping> groups;
  std::vector<LeftOut> left_out;
  std::vector<std::string> confounded_partner;  ///< groups that stand for a factor left out, too
  bool residual_shared = false;                 ///< the residual stands for a factor left out, too
  Eigen::MatrixXd x;                            ///< fixed effects, columns of length 1
  std::vector<std::string> effect;
  Eigen::VectorXd effect_scale;  ///< what the columns were divided by

  SparsePattern pattern;
  std::vector<double> gram;     ///< [Z X]'[Z X], lower triangle in the pattern's places
  std::vector<Index> group_of;  ///< of each random unknown
  Eigen::VectorXd gram_times(const Eigen::VectorXd& v) const;
  /// [Z X]' y
  Eigen::VectorXd transposed_times(const Eigen::VectorXd& y) const;
  /// y - [Z X] u
  Eigen::VectorXd residual(const Eigen::VectorXd& y, const Eigen::VectorXd& unknowns) const;

 private:
  void add_fixed(const MixedModel& model, const std::vector<Index>& used);
  void add_random(const MixedModel& model, const std::vector<Index>& used);
  void leave_out_confounded();
  void build_system();
};

}  // namespace vitrine::evaluation::detail
