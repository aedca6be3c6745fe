#pragma once
#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <span>

namespace vitrine::evaluation::detail {

/// A statistic of a set of patients and its standard error, both on the scale of the interval.
struct Studentised {
  double value = NAN, error = NAN;
};

/// How often each patient was drawn.
inline Eigen::VectorXd as_numbers(std::span<const std::uint16_t> counts) {
  using Counts = Eigen::Matrix<std::uint16_t, Eigen::Dynamic, 1>;
  return Eigen::Map<const Counts>(counts.data(), Eigen::Index(counts.size())).cast<double>();
}

}  // namespace vitrine::evaluation::detail
