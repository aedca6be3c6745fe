#include "vitrine/trial/detail/case_order.hpp"

#include <algorithm>
#include <map>

namespace vitrine::trial::detail {
namespace {

/// Of a lesion in one image, all features: W6a of docs/developers/performance.md.
constexpr double measure_lesion = 13e-3;

double expected_lesions(const std::vector<phantoms::LesionSpec>& kinds) {
  double sum = 0.0;
  for (const phantoms::LesionSpec& kind : kinds)
    sum += std::clamp(kind.count.mean(), kind.count.lowest(), kind.count.highest());
  return sum;
}

/// Of each stratum by its name; "": patients without any.
std::map<std::string, double> lesions_by_stratum(const phantoms::Cohort& patients) {
  std::map<std::string, double> lesions{{"", expected_lesions(patients.lesions)}};
  for (const phantoms::CohortStratum& stratum : patients.strata)
    lesions[stratum.name] = expected_lesions(stratum.lesions.value_or(patients.lesions));
  return lesions;
}

}  // namespace

double expected_lesions(const Plan& plan) {
  const auto lesions = lesions_by_stratum(plan.scenario.patients);
  double sum = 0.0;
  for (const std::string& id : plan.cases)
    sum += lesions.at(phantoms::stratum_name(plan.scenario.patients, id));
  return sum;
}

double preprocessing_seconds(const Measure& measure, const Grid& grid) {
  constexpr double lesion = 15.0;  // mm, an edge of its box
  double seconds = 0.0;
  for (const radiomics::Preprocessing& how : measure.preprocessing) {
    Vec3 spacing = grid.spacing;
    const Vec3 edges = (2.0 * how.margin(spacing)).array() + lesion;
    double volume = 1.0;
    for (std::size_t a = 0; a < 3; ++a)
      volume *= std::min(edges[Index(a)], double(grid.size[a]) * spacing[Index(a)]);
    for (const auto& step : how.steps) {
      seconds += volume / spacing.prod() * step->seconds_per_voxel(spacing);
      spacing = step->spacing_after(spacing);
    }
  }
  return seconds;
}

std::vector<double> case_seconds(const Plan& plan) {
  const phantoms::Cohort& patients = plan.scenario.patients;
  const Estimate all = estimate(plan, 1);
  const auto cases = double(std::max<std::size_t>(1, plan.cases.size()));
  const double of_lesion =
      measure_lesion * (double(all.reconstructions) / cases *
                            double(1 + plan.scenario.measure.preprocessing.size()) +
                        double(plan.arms.size() * plan.scenario.measure.perturbations.size()));
  const auto lesions = lesions_by_stratum(patients);
  std::vector<double> seconds;
  for (const std::string& id : plan.cases)
    seconds.push_back(all.seconds / cases +
                      of_lesion * lesions.at(phantoms::stratum_name(patients, id)));
  return seconds;
}

CaseOrder::CaseOrder(std::vector<double> seconds)
    : seconds_(std::move(seconds)), taken_(seconds_.size(), 0), left_(seconds_.size()) {}

std::size_t CaseOrder::take(std::size_t first, std::size_t last) {
  std::size_t longest = last;
  for (std::size_t i = first; i < last; ++i)
    if (!taken_[i] && (longest == last || seconds_[i] > seconds_[longest])) longest = i;
  if (longest == last) return last;
  taken_[longest] = 1;
  --left_;
  return longest;
}

bool CaseOrder::has(std::size_t first, std::size_t last) const {
  return std::any_of(taken_.begin() + std::ptrdiff_t(first), taken_.begin() + std::ptrdiff_t(last),
                     [](char taken) { return !taken; });
}

}  // namespace vitrine::trial::detail
