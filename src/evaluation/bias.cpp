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
    sums[0] += 1.0;
    sums[1] += differences[std::size_t(row)];
    sums[2] += truths[std::size_t(row)];
  };
  const PatientSums sums = sum_by_patient(patients.only(kept), 3, add);
  result.patients = sums.cols();
  result.difference = patient_bootstrap(sums, resampling, Scale::plain(),
                                        [](std::span<const double> s) { return s[1] / s[0]; });
  if (positive != kept.size() && negative != kept.size()) {
    result.relative =
        Estimate::withheld("true values are zero or of both signs, so a ratio has no meaning");
    return result;
  }
  const auto ratio = [](std::span<const double> s) { return s[1] / s[2]; };
  result.relative = patient_bootstrap(sums, resampling, Scale::plain(), ratio);
  result.relative_error = patient_standard_error(sums, ratio);
  return result;
}

}  // namespace vitrine::evaluation
