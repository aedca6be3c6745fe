#include "vitrine/trial/beams.hpp"

#include <algorithm>

#include "vitrine/phantoms/patient.hpp"
#include "vitrine/trial/bin_levels.hpp"

namespace vitrine::trial {

Outlook outlook(const Plan& plan) {
  const Scenario& scenario = plan.scenario;
  // The phase that comes last has contrast medium wherever it goes.
  const auto latest = std::max_element(
      plan.arms.begin(), plan.arms.end(),
      [](const Arm& a, const Arm& b) { return a.contrast_delay < b.contrast_delay; });
  phantoms::PatientState state;
  state.injection = injection(protocol_of(scenario.arms, *latest), *latest);
  const auto nowhere = [](auto) { return phantoms::Slab{0.0, 0.0}; };
  const phantoms::Patient patient = phantoms::build_patient(
      scenario.patients, std::uint64_t(scenario.trial.seed), plan.cases.front(), state, nowhere);
  Outlook out;
  for (const IndexedMap& map : patient.scene.maps) out.maps.push_back(map.grid);
  std::vector<PlannedBeam>& all = out.beams;
  for (const Arm& arm : plan.arms) {
    const Scanner& scanner = scenario.arms.scanners[arm.scanner];
    for (const Tube& tube : tubes(protocol_of(scenario.arms, arm), arm.tube_voltage, arm.tube_load))
      if (std::none_of(all.begin(), all.end(), [&](const PlannedBeam& known) {
            return known.scanner == arm.scanner && known.beam.kv() == tube.voltage;
          }))
        all.push_back(
            {arm.scanner,
             physics::Beam(scanner, tube.voltage,
                           beam_materials(scenario.arms, scanner, patient.scene.materials),
                           beam_voltages(scenario.arms, plan.arms, arm.scanner))});
  }
  return out;
}

}  // namespace vitrine::trial
