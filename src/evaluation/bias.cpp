#include "vitrine/evaluation/bias.hpp"

#include <cmath>

#include "vitrine/core/error.hpp"

namespace vitrine::evaluation {

Bias bias(std::span<const double> measured, std::span<const double> truth, const Clusters& patients,
          const Resampling& resampling) {
  VITRINE_EXPECT(measured.size() == truth.size());
  std::vector<Index> kept;
  std::vector<double> differences, truths;
  std::size_t positive = 0, negative = 0;
  for (std::size_t i = 0; i < measured.size(); ++i) {
    if (std::isnan(measured[i]) || std::isnan(truth[i])) continue;
    kept.push_back(Index(i));
    differences.push_back(measured[i] - truth[i]);
    truths.push_back(std::fabs(truth[i]));
    positive += truth[i] > 0.0;
    negative += truth[i] < 0.0;
  }
  Bias result;
  result.lesions = std::ssize(kept);
  if (kept.empty()) {
    result.difference = result.relative = Estimate::withheld("no lesion has both values");
    return result;
  }
  const auto add = [&](Index row, std::span<double> sums) {
    sums[0] += differences[std::size_t(row)];
    sums[1] += 1.0;
    if (sums.size() > 2) sums[2] += truths[std::size_t(row)];
  };
  const bool one_sign = positive == kept.size() || negative == kept.size();
  const PatientSums sums = sum_by_patient(patients.only(kept), one_sign ? 3 : 2, add);
  result.patients = sums.cols();
  auto estimates = patient_ratios(sums, resampling);
  result.difference = std::move(estimates[0]);
  if (!one_sign) {
    result.relative =
        Estimate::withheld("true values are zero or of both signs, so a ratio has no meaning");
    return result;
  }
  result.relative = std::move(estimates[1]);
  result.relative_error =
      patient_standard_error(sums, [](std::span<const double> s) { return s[0] / s[2]; });
  return result;
}

}  // namespace vitrine::evaluation
