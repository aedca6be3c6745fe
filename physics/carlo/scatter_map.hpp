#pragma once
#include <vector>

#include "vitrine/physics/carlo/simulation.hpp"

namespace vitrine::physics::carlo {

/// What a detector's cells take up on average over coarse cells, keV/mAs (the unit of
/// Beam::air_signal), [column][row], rows contiguous.
struct ScatterMap {
  Index columns = 0, rows = 0;
  std::vector<double> primary;
  std::vector<double> single;    ///< after one Compton or Rayleigh event
  std::vector<double> multiple;  ///< after more
  std::vector<double> error;     ///< standard error of single + multiple
  std::int64_t histories = 0;

  std::size_t at(Index column, Index row) const { return std::size_t(column * rows + row); }
  double scatter(std::size_t cell) const { return single[cell] + multiple[cell]; }
};

/// Scatter of an object in the views of a geometry (one, or the mean over several) of a scanner at
/// a tube voltage, on `detector.columns` x `detector.rows` coarse cells.
///
/// Done when the root mean square of the cells' errors is `precision.relative` of their mean
/// scatter; throws Error where the histories do not suffice.
ScatterMap scatter_map(const Object& object, const Scanner& scanner, double kv,
                       const ScanGeometry& views, const CoarseDetector& detector,
                       const Precision& precision, const Stream& stream, Isa isa);

}  // namespace vitrine::physics::carlo
