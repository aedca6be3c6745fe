#include "vitrine/trial/detail/lesion_work.hpp"

#include <algorithm>
#include <map>

#include "vitrine/trial/plan.hpp"

namespace vitrine::trial::detail {
namespace {

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

std::vector<double> expected_lesions(const Plan& plan) {
  const auto lesions = lesions_by_stratum(plan.scenario.patients);
  std::vector<double> each;
  for (const std::string& id : plan.cases)
    each.push_back(lesions.at(phantoms::stratum_name(plan.scenario.patients, id)));
  return each;
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

}  // namespace vitrine::trial::detail
