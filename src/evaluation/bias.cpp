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
  const Clusters clusters = patients.only(kept);
  result.difference = patient_bootstrap(clusters, resampling, [&](std::span<const Index> rows) {
    double sum = 0.0;
    for (const Index row : rows) sum += differences[std::size_t(row)];
    return sum / double(rows.size());
  });
  if (positive != kept.size() && negative != kept.size()) {
    result.relative =
        Estimate::withheld("true values are zero or of both signs, so a ratio has no meaning");
    return result;
  }
  result.relative = patient_bootstrap(clusters, resampling, [&](std::span<const Index> rows) {
    double sum = 0.0, whole = 0.0;
    for (const Index row : rows) {
      sum += differences[std::size_t(row)];
      whole += truths[std::size_t(row)];
    }
    return sum / whole;
  });
  return result;
}

}  // namespace vitrine::evaluation
