#include "vitrine/trial/detail/patient_scatter.hpp"

#include <utility>

#include "vitrine/physics/carlo/scatter_views.hpp"
#include "vitrine/trial/transport_object.hpp"

namespace vitrine::trial::detail {

const Scatter* active_scatter(const Scanner& scanner) {
  return scanner.scatter && scanner.scatter->strength > 0.0 ? &*scanner.scatter : nullptr;
}

physics::ScatterField patient_scatter(const Scene& scene, const ScanGeometry& geometry,
                                      const Scanner& scanner, const CalibratedBeam& calibrated,
                                      const Stream& stream, Isa isa) {
  const Scatter& how = *active_scatter(scanner);
  const std::vector<Index> views = physics::scatter_views(geometry);
  VITRINE_EXPECT(calibrated.scatter != nullptr);
  physics::ScatterMaps maps = calibrated.scatter->maps(scene, geometry, calibrated.beam, views);
  if (how.model == "monte_carlo") {
    constexpr double voxel = 5.0;  // mm: a tenth of a mean free path
    maps = physics::carlo::scatter_views(
        transport_object(scene, voxel), scanner, calibrated.beam.kv(), geometry, maps,
        physics::carlo::coarse_detector(scanner, maps.columns, maps.rows),
        {.relative = how.precision, .most = how.most_histories}, stream, isa);
  }
  return {geometry, calibrated.beam, std::move(maps), how.strength, isa};
}

}  // namespace vitrine::trial::detail
