#include <algorithm>
#include <utility>

#include "vitrine/core/math.hpp"
#include "vitrine/model/material.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/physics/detail/beam_spectra.hpp"
#include "vitrine/physics/incident.hpp"

namespace vitrine::physics::detail {

Taken taken_up(const Detector& detector, const Spectrum& incident) {
  const Material& scintillator = material(detector.scintillator);
  Taken out;
  for (std::size_t e = 0; e < incident.energies.size(); ++e) {
    const double energy = incident.energies[e];
    out.absorbed.push_back(
        1.0 - math::exp(-linear_attenuation(scintillator, energy) * detector.thickness));
    out.mean.push_back(incident.fluence[e] * out.absorbed[e] * energy);
    out.variance.push_back(out.mean[e] * energy);
  }
  return out;
}

std::vector<FitTask> tasks_of_voltages(const Scanner& scanner, double kv, const FitTask& own,
                                       std::span<const double> other_voltages) {
  std::vector<double> voltages(other_voltages.begin(), other_voltages.end());
  voltages.push_back(kv);
  std::ranges::sort(voltages);
  voltages.erase(std::unique(voltages.begin(), voltages.end()), voltages.end());
  std::vector<FitTask> tasks;
  for (const double voltage : voltages) {
    tasks.push_back(own);
    if (voltage == kv) continue;
    const Spectrum incident = incident_spectrum(scanner, voltage);
    Taken taken = taken_up(scanner.detector, incident);
    tasks.back().energies = incident.energies;
    tasks.back().mean = std::move(taken.mean);
    tasks.back().variance = std::move(taken.variance);
    tasks.back().shaper = mass_attenuation(material(scanner.bowtie.material), incident.energies);
  }
  return tasks;
}

}  // namespace vitrine::physics::detail
