#pragma once
#include <Eigen/Core>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/evaluation/estimate.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::evaluation {

/// Rows that belong together: the lesions of one patient are not independent of each other.
struct Clusters {
  std::vector<std::vector<Index>> rows;  ///< of each patient, ascending

  Index count() const { return std::ssize(rows); }
  /// Rows 0, 1, ... grouped by equal labels, in the order of first appearance.
  static Clusters by_label(std::span<const std::string> labels);
  /// The same clusters with rows renumbered to those `kept`, empty clusters gone.
  Clusters only(std::span<const Index> kept) const;
};

/// How to resample.
struct Resampling {
  Stream stream;  ///< replicate b draws from Rng(stream, b)
  int replicates = 2000;
  double confidence = 0.95;
};

/// Fewest patients for which an interval is given: with three, intervals called 95 % cover 70 %.
inline constexpr Index fewest_patients = 4;

/// A scale on which a statistic is roughly normal; intervals are made there and mapped back.
class Scale {
 public:
  static Scale plain() { return {Kind::plain, 0.0, 0.0}; }
  /// For correlations: log((x - low) / (high - x)), Fisher's z for -1 and 1.
  static Scale between(double low, double high) { return {Kind::between, low, high}; }

  double to(double x) const;
  double from(double z) const;

 private:
  enum class Kind { plain, between };
  Scale(Kind kind, double low, double high) : kind_(kind), low_(low), high_(high) {}
  Kind kind_;
  double low_, high_;
};

/// Sums over the rows of each patient, one column per patient: every statistic here is a function
/// of the total of such sums, which makes resampling and leaving one out cheap.
using PatientSums = Eigen::MatrixXd;

/// `add(row, sums)` adds a row's terms to its patient's sums.
PatientSums sum_by_patient(const Clusters& patients, Index terms,
                           FunctionRef<void(Index row, std::span<double> sums)> add);

/// The statistic of all patients, with an interval from resampling patients with replacement.
///
/// Studentised bootstrap on `scale`, the standard error of each resample by leaving out one patient
/// at a time (Efron & Tibshirani 1993, 12.5; coverage in docs/methods/statistics.md). `statistic`
/// gets the total sums and answers NaN where it has no value; more than one such resample in five
/// withholds the interval.
Estimate patient_bootstrap(const PatientSums& sums, const Resampling& resampling,
                           const Scale& scale,
                           FunctionRef<double(std::span<const double> total)> statistic);

/// The same with an interval from leaving out one patient at a time and Student's t: for
/// correlations, whose studentised bootstrap is unsteady with few patients.
Estimate patient_jackknife(const PatientSums& sums, double confidence, const Scale& scale,
                           FunctionRef<double(std::span<const double> total)> statistic);

/// Standard error of the statistic by leaving out one patient at a time; NaN below two patients.
double patient_standard_error(const PatientSums& sums,
                              FunctionRef<double(std::span<const double> total)> statistic);

}  // namespace vitrine::evaluation
