#include "vitrine/trial/detail/quality_probe.hpp"

#include <algorithm>

namespace vitrine::trial::detail {
namespace {

/// The phantom's own solids, where it is scanned as voxels too.
Scene solids_of(const Scenario& scenario, const Measurer& patient) {
  if (!scenario.patients.voxels) return patient.scene();
  phantoms::Cohort analytic = scenario.patients;
  analytic.voxels.reset();
  return phantoms::build_patient(analytic, std::uint64_t(scenario.trial.seed), patient.case_id(),
                                 patient.visit().state)
      .scene;
}

}  // namespace

QualityProbe::QualityProbe(const Plan& plan, const Measurer& patient) {
  const Scenario& scenario = plan.scenario;
  if (!wants_image_quality(scenario)) return;
  parts_.emplace(solids_of(scenario, patient), scenario.measure.truth_energy);
  require(std::ranges::any_of(plan.arms,
                              [&](const Arm& arm) {
                                return shows_parts(patient.grid(), *parts_, arm.slice_thickness);
                              }),
          Error::Kind::input,
          "analyse: image_quality finds nothing to measure in these slices (a wire, a bead, an "
          "insert of 4 mm radius or a uniform region has to lie in the field of view, 2 mm within "
          "its own ends). Move or enlarge the field of view and the slices, or leave image_quality "
          "out.");
}

void QualityProbe::measure(const Image& image, const Arm& arm, const Visit& visit,
                           CaseResult& result) const {
  if (!parts_ || visit.replicate() != Visit{}.name) return;
  QualityTables tables = QualityTables::empty();
  std::swap(tables.numbers.rows, result.quality.rows);
  std::swap(tables.curves.rows, result.quality_curves.rows);
  measure_image_quality(image, *parts_, {result.id, arm.name, arm.slice_thickness}, tables);
  result.quality = std::move(tables.numbers);
  result.quality_curves = std::move(tables.curves);
}

}  // namespace vitrine::trial::detail
