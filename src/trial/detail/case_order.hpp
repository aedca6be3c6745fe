#pragma once
#include <cstddef>
#include <vector>

#include "vitrine/trial/plan.hpp"

namespace vitrine::trial::detail {

/// Core-seconds of each case by the plan's model: what its scans and images take, which is the same
/// for all, and what its stratum's lesions can be expected to take, measured in every image.
std::vector<double> case_seconds(const Plan& plan);

/// Which case comes next where several run side by side: the longest of those that may, so that no
/// long one is left for the end.
class CaseOrder {
 public:
  explicit CaseOrder(std::vector<double> seconds);
  /// The longest case of [first, last) that was not taken, of equal ones the first; `last` if there
  /// is none. It is taken then.
  std::size_t take(std::size_t first, std::size_t last);
  bool has(std::size_t first, std::size_t last) const;
  std::size_t left() const { return left_; }

 private:
  std::vector<double> seconds_;
  std::vector<char> taken_;
  std::size_t left_ = 0;
};

}  // namespace vitrine::trial::detail
