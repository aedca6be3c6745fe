#pragma once
#include <optional>
#include <string>
#include <vector>

#include "vitrine/core/schema.hpp"
#include "vitrine/evaluation/verdict.hpp"

namespace vitrine::trial {

/// The question that a trial answers, as a regulator would read it, and what its decision
/// tolerates.
struct ContextOfUse {
  std::string question, decision, population;
  double acceptable_bias = 0.1;          ///< fraction of the truth
  std::string bias_against = "object";   ///< object (T0), reference (T1)
  std::optional<double> acceptable_icc;  ///< least ICC(A,1); none: not judged
  std::optional<double> acceptable_wcv;  ///< largest wCV, a fraction; none: not judged
  std::vector<std::string> features;     ///< families or single ones; none: all that is measured
  static const Schema<ContextOfUse>& schema();

  evaluation::Tolerance tolerance() const;
  /// If the decision is about this feature.
  bool concerns(const evaluation::Feature& feature) const;
};

}  // namespace vitrine::trial
