#include "vitrine/evaluation/robustness.hpp"

#include <set>

#include "vitrine/core/error.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/evaluation/agreement.hpp"

namespace vitrine::evaluation {

std::vector<RobustnessRow> robustness(const Study& perturbed, const std::string& arm,
                                      const StabilityOptions& options) {
  const Index lesions = std::ssize(perturbed.lesions), levels = std::ssize(perturbed.arms);
  std::vector<std::string> patients;
  for (const Lesion& lesion : perturbed.lesions) patients.push_back(lesion.patient);
  const Clusters clusters = Clusters::by_label(patients);
  for (const Sample& sample : perturbed.samples)
    require(sample.lesion >= 0 && sample.lesion < lesions && sample.arm >= 0 &&
                sample.arm < levels && sample.values.size() == perturbed.features.size(),
            Error::Kind::data, "a sample of a perturbed mask names lesion ", sample.lesion,
            " and perturbation ", sample.arm, " (the study has ", lesions, " and ", levels, ")");

  const Stream stream = make_stream(options.seed, "patients", Draw::bootstrap);
  const Resamples drawn(stream, options.replicates);
  std::vector<RobustnessRow> rows(perturbed.features.size());
  parallel_for(std::ssize(rows), [&](Index f) {
    RobustnessRow& row = rows[std::size_t(f)];
    row.feature = perturbed.features[std::size_t(f)];
    row.arm = arm;
    row.perturbations = levels;
    Ratings ratings = Ratings::Constant(lesions, levels, NAN);
    for (const Sample& sample : perturbed.samples) {
      const double value = sample.values[std::size_t(f)];
      ratings(sample.lesion, sample.arm) = value;
      ++row.values;
      row.excluded += std::isnan(value);
    }
    std::set<std::string> measured;
    for (const Index lesion : complete_rows(ratings)) {
      ++row.lesions;
      measured.insert(patients[std::size_t(lesion)]);
    }
    row.patients = std::ssize(measured);
    row.icc = agreement_by_patients(ratings, clusters,
                                    {stream, options.replicates, options.confidence, &drawn});
  });
  return rows;
}

}  // namespace vitrine::evaluation
