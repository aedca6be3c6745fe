#include "vitrine/trial/detail/dose_book.hpp"

#include "vitrine/phantoms/voxelise.hpp"
#include "vitrine/physics/carlo/dose_indices.hpp"
#include "vitrine/trial/transport_object.hpp"

namespace vitrine::trial::detail {

DoseIndices DoseBook::indices(const Measurer& patient, std::size_t scanner,
                              const physics::Beam& beam, double tube_load) {
  const DoseOptions options;
  const auto [body, is_new] = body_.try_emplace({scanner, beam.kv()});
  if (is_new)
    body->second =
        ctdi(plan_, scanner, beam.kv(), physics::carlo::CtdiPhantom::body, options.ctdi, isa_);
  const Arms& arms = patient.plan().scenario.arms;
  const double z = patient.table_position(), half = 0.5 * arms.protocol.coverage();
  const Visit& visit = patient.visit();
  const auto [diameter, is_unknown] = diameters_.try_emplace(
      {patient.case_id(), visit.name, arms.protocol.name, beam.effective_energy()});
  if (is_unknown) {
    const Grid whole = phantoms::grid_about(patient.scene(), options.spacing);
    diameter->second = physics::carlo::water_equivalent_diameter(
        transport_object(patient.scene(),
                         physics::carlo::scanned_slices(whole, z - half, z + half).grid),
        z - half, z + half, beam.effective_energy());
  }
  const Scanner& hardware = arms.scanners[scanner];
  return dose_indices(body->second, hardware,
                      scan_geometry(hardware, arms.protocol, z, visit.start_angle), tube_load,
                      diameter->second);
}

}  // namespace vitrine::trial::detail
