#pragma once
#include <Eigen/Core>
#include <vector>

namespace vitrine::evaluation::detail {

/// Tells columns of a design that are combinations of those before them (Gram-Schmidt, twice).
class IndependentColumns {
 public:
  /// False if the column is a combination of those before, which leaves it out.
  bool add(Eigen::VectorXd column) {
    const double length = column.norm();
    if (!(length > 0.0)) return false;
    for (int twice = 0; twice < 2; ++twice)
      for (const auto& axis : axes_) column -= axis.dot(column) * axis;
    const double left = column.norm();
    constexpr double rounding = 1e-9;  // of a column of n <= 1e9 numbers, generously
    if (left < rounding * length) return false;
    axes_.push_back(column / left);
    return true;
  }

 private:
  std::vector<Eigen::VectorXd> axes_;
};

}  // namespace vitrine::evaluation::detail
