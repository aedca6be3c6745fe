#include "vitrine/physics/carlo/scatter_map.hpp"

#include <cmath>
#include <limits>

namespace vitrine::physics::carlo {

ScatterMap scatter_map(const Object& object, const Scanner& scanner, double kv,
                       const ScanGeometry& views, const CoarseDetector& detector,
                       const Precision& precision, const Stream& stream, Isa isa) {
  Setup setup;
  setup.object = object;
  setup.source = scanner_source(scanner, kv);
  setup.geometry = views;
  setup.detector = detector;
  Simulation run(std::move(setup), stream, isa);

  ScatterMap map;
  map.columns = detector.columns;
  map.rows = detector.rows;
  const auto cells = std::size_t(map.columns * map.rows);
  for (auto* values : {&map.primary, &map.single, &map.multiple, &map.error}) values->resize(cells);
  const auto measure = [&] {
    double scatter = 0.0, variance = 0.0;
    for (Index column = 0; column < map.columns; ++column)
      for (Index row = 0; row < map.rows; ++row) {
        const std::size_t cell = map.at(column, row);
        const Estimate compton = run.signal(Order::single_compton, column, row);
        const Estimate rayleigh = run.signal(Order::single_rayleigh, column, row);
        const Estimate multiple = run.signal(Order::multiple, column, row);
        map.primary[cell] = run.signal(Order::primary, column, row).mean;
        map.single[cell] = compton.mean + rayleigh.mean;
        map.multiple[cell] = multiple.mean;
        const double square = compton.error * compton.error + rayleigh.error * rayleigh.error +
                              multiple.error * multiple.error;
        map.error[cell] = std::sqrt(square);
        scatter += map.scatter(cell);
        variance += square;
      }
    if (scatter <= 0.0) return std::numeric_limits<double>::infinity();
    return std::sqrt(variance / double(cells)) / (scatter / double(cells));
  };
  reach(run, precision, measure, str("the scatter on ", scanner.name));
  map.histories = run.histories();
  return map;
}

}  // namespace vitrine::physics::carlo
