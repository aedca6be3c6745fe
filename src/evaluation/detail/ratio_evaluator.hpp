#pragma once
#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/detail/studentised.hpp"

namespace vitrine::evaluation::detail {

/// Ratios of totals over multisets of patients, with their jackknife errors: of every set of sums,
/// the first to each of the others, in order.
///
/// Without patient p a ratio v = N/D changes by (v d - n) / (D - d), where n and d are that
/// patient's terms. Where all patients have the same d, as many lesions, sums of squares tell the
/// error; elsewhere each D - d is inverted once for all ratios that share it.
class RatioEvaluator {
 public:
  /// All sets have the same number of patients.
  explicit RatioEvaluator(std::span<const PatientSums> sets);

  Index patients() const { return above_.rows(); }
  Index count() const { return std::ssize(ratios_); }
  /// The ratios that `operator()` is asked for from now on: one flag each.
  void only(const std::vector<bool>& wanted);

  /// One row: the ratios of patients that were drawn so often.
  const Eigen::ArrayXXd& values(std::span<const std::uint16_t> counts);
  /// The same with their errors; NaN where nobody asks.
  std::span<const Studentised> operator()(std::span<const std::uint16_t> counts);

 private:
  struct Ratio {
    Index above, below;  ///< columns
    bool wanted = true;
  };
  /// Patients' terms of one denominator.
  struct Below {
    double total = 0.0;  ///< of all patients
    bool equal = true;   ///< the same for all
    bool wanted = true;
  };

  Index column_of(const Eigen::VectorXd& below);
  void invert_gaps(Index below);
  double error_of_equal(std::size_t ratio) const;
  double error(const Ratio& ratio, double value) const;
  double careful_error(const Ratio& ratio, double value) const;

  std::vector<Ratio> ratios_;
  std::vector<Below> belows_;
  Eigen::MatrixXd above_, below_;  ///< patients down, different denominators across
  Eigen::MatrixXd squares_;        ///< a column a ratio: (n - v d)^2, v that of all patients
  Eigen::RowVectorXd all_;         ///< ratios of all patients
  Eigen::VectorXd times_, totals_above_, totals_below_, totals_squares_;
  Eigen::ArrayXd gap_;
  Eigen::ArrayXXd inverse_;  ///< 1 / (D - d), of the denominators that differ
  Eigen::ArrayXXd value_;
  std::vector<Studentised> results_;
};

}  // namespace vitrine::evaluation::detail
