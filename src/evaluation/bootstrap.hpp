#pragma once
#include <Eigen/Core>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
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

/// How often each patient is drawn in every resample. Statistics of the same number of patients
/// share them, so they are drawn once; safe to use from several threads.
class Resamples {
 public:
  /// Patients down, resamples across; each column sums to the number of patients.
  using Counts = Eigen::Matrix<std::uint16_t, Eigen::Dynamic, Eigen::Dynamic>;

  Resamples(Stream stream, int replicates) : stream_(stream), replicates_(replicates) {}
  /// Replicate b draws from Rng(stream, b).
  const Counts& of(Index patients) const;

 private:
  Stream stream_;
  int replicates_;
  mutable std::mutex mutex_;
  mutable std::map<Index, std::unique_ptr<const Counts>> drawn_;
};

/// How to resample.
struct Resampling {
  Stream stream;  ///< replicate b draws from Rng(stream, b)
  int replicates = 2000;
  double confidence = 0.95;
  const Resamples* drawn = nullptr;  ///< of that stream, kept for the next; none: drawn when needed
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
  /// to(x) - to(y), in a fraction of the time where they are near.
  double difference(double x, double y) const;
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

/// Sums of which statistics are functions of the total, and of which of the length of the total.
struct PatientTerms {
  PatientSums sums;
  PatientSums vectors = {};  ///< 0 x 0: none
};

/// Several statistics of many sets of patients: `totals` has a row per set and a column per term,
/// and where there are vectors one more with the square of the length of their total. `values` has
/// a column per statistic, NaN where it has no value.
using Statistics = FunctionRef<void(const Eigen::ArrayXXd& totals, Eigen::ArrayXXd& values)>;

/// Statistics of all patients, with intervals from resampling patients with replacement.
///
/// Studentised bootstrap on each one's scale, the standard error of each resample by leaving out
/// one patient at a time (Efron & Tibshirani 1993, 12.5; coverage in docs/methods/statistics.md).
/// More than one resample in five without a value withholds the interval.
std::vector<Estimate> patient_bootstrap(const PatientTerms& terms, const Resampling& resampling,
                                        std::span<const Scale> scales, Statistics statistics);

/// The same of ratios, each the total of the first of a set's sums over that of another, in order,
/// one set after the other; as `patient_bootstrap` would, in a fraction of the time. All sets have
/// the same number of patients, 1 at least.
std::vector<Estimate> patient_ratios(std::span<const PatientSums> sets,
                                     const Resampling& resampling);

/// The same of one statistic, which gets the total sums of one set of patients.
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
