#include "vitrine/evaluation/bias.hpp"

#include <cmath>
#include <map>

#include "vitrine/core/error.hpp"

namespace vitrine::evaluation {
namespace {

/// What there is of pairs before intervals.
struct Counted {
  Bias result;
  PatientSums sums;       ///< differences, lesions, and |truths| where they have one sign
  bool one_sign = false;  ///< of the truths
};

Counted count(const Pairs& pairs, const Clusters& patients) {
  const auto& [measured, truth] = pairs;
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
  Counted counted;
  counted.result.lesions = std::ssize(kept);
  counted.one_sign = positive == kept.size() || negative == kept.size();
  const auto add = [&](Index row, std::span<double> sums) {
    sums[0] += differences[std::size_t(row)];
    sums[1] += 1.0;
    if (sums.size() > 2) sums[2] += truths[std::size_t(row)];
  };
  counted.sums = sum_by_patient(patients.only(kept), counted.one_sign ? 3 : 2, add);
  counted.result.patients = counted.sums.cols();
  return counted;
}

/// Estimates of the pairs `which`, whose patients are as many.
void estimate(std::vector<Counted>& all, std::span<const std::size_t> which,
              const Resampling& resampling) {
  std::vector<PatientSums> sums;
  for (const std::size_t i : which) sums.push_back(std::move(all[i].sums));
  std::vector<Estimate> estimates = patient_ratios(sums, resampling);
  auto next = estimates.begin();
  for (std::size_t i = 0; i < which.size(); ++i) {
    Bias& result = all[which[i]].result;
    result.difference = std::move(*next++);
    if (!all[which[i]].one_sign) {
      result.relative =
          Estimate::withheld("true values are zero or of both signs, so a ratio has no meaning");
      continue;
    }
    result.relative = std::move(*next++);
    result.relative_error =
        patient_standard_error(sums[i], [](std::span<const double> s) { return s[0] / s[2]; });
  }
}

}  // namespace

std::vector<Bias> biases(std::span<const Pairs> all, const Clusters& patients,
                         const Resampling& resampling) {
  std::vector<Counted> counted;
  std::map<Index, std::vector<std::size_t>> of_patients;
  for (const Pairs& pairs : all) {
    Bias& result = counted.emplace_back(count(pairs, patients)).result;
    if (result.patients > 0)
      of_patients[result.patients].push_back(counted.size() - 1);
    else
      result.difference = result.relative = Estimate::withheld("no lesion has both values");
  }
  for (const auto& [number, which] : of_patients) estimate(counted, which, resampling);
  std::vector<Bias> results;
  for (Counted& one : counted) results.push_back(std::move(one.result));
  return results;
}

Bias bias(std::span<const double> measured, std::span<const double> truth, const Clusters& patients,
          const Resampling& resampling) {
  const Pairs one{measured, truth};
  return biases({&one, 1}, patients, resampling).front();
}

}  // namespace vitrine::evaluation
