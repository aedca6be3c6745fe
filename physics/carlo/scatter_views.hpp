#pragma once
#include "vitrine/physics/carlo/simulation.hpp"
#include "vitrine/physics/scatter_field.hpp"

namespace vitrine::physics::carlo {

/// Scatter of an object on coarse cells in some views of a scan, each by histories of its own.
///
/// `guide` is a fast model's result for the same views and cells. A cell's scatter is the guide's
/// times the ratio of Monte Carlo to guide over the neighbouring cells (three columns, two rows and
/// one view to either side): the ratio varies little, so that this takes noise alone away.
///
/// Done when the root mean square of the standard errors of all views' cells is
/// `precision.relative` of the mean scatter; throws Error where the histories do not suffice.
ScatterMaps scatter_views(const Object& object, const Scanner& scanner, double kv,
                          const ScanGeometry& scan, const ScatterMaps& guide,
                          const CoarseDetector& detector, const Precision& precision,
                          const Stream& stream, Isa isa);

}  // namespace vitrine::physics::carlo
