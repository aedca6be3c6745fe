#pragma once
#include <optional>

#include "vitrine/core/random.hpp"
#include "vitrine/physics/scatter_field.hpp"
#include "vitrine/trial/detail/calibrated_beam.hpp"

namespace vitrine::trial::detail {

/// How far beyond a scan's rays photons wander in a patient before they come back, mm.
inline constexpr double scatter_margin = 100.0;

/// What a scanner's scans contain of scatter; none where there is nothing to add.
const Scatter* active_scatter(const Scanner& scanner);

/// Scatter of what is there in a scan, as the scanner's model has it: computed before its views.
/// The Monte Carlo draws from `stream`. Throws Error where it does not reach its precision.
physics::ScatterField patient_scatter(const Scene& scene, const ScanGeometry& geometry,
                                      const Scanner& scanner, const CalibratedBeam& calibrated,
                                      const Stream& stream, Isa isa);

}  // namespace vitrine::trial::detail
