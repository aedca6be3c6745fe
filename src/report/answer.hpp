#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "vitrine/evaluation/stability.hpp"
#include "vitrine/evaluation/verdict.hpp"

namespace vitrine::report {

/// Reliability in words, by where the whole interval lies (Koo & Li 2016: limits 0.5, 0.75, 0.9).
enum class Grade { withheld, poor, moderate, good, excellent };

/// By the lower limit of the interval: what can be claimed. Withheld without an interval.
Grade grade(const evaluation::Estimate& icc);
std::string_view to_string(Grade grade);

/// The short answer of a trial, counted from its rows.
struct Answer {
  std::size_t features = 0;
  std::size_t good = 0, excellent = 0;  ///< lower limit of the ICC at least 0.75, 0.9
  std::size_t poor = 0;                 ///< upper limit below 0.5
  std::size_t unmoved = 0;              ///< the same in every arm by construction
  std::size_t withheld = 0;             ///< no interval
  /// The features of each verdict on the context of use, in the page's order; all empty where it
  /// was not judged.
  std::vector<const evaluation::FeatureVerdict*> fit, undecided, unfit, not_judged;
  /// Rows whose ICC has an interval and that some arm changes, best lower limit first.
  std::vector<const evaluation::StabilityRow*> ranking;
};

Answer summarise(std::span<const evaluation::StabilityRow> rows,
                 std::span<const evaluation::FeatureVerdict> verdicts);

}  // namespace vitrine::report
