#pragma once
#include <span>
#include <vector>

#include "vitrine/model/scanner.hpp"
#include "vitrine/physics/detail/beam_fit.hpp"
#include "vitrine/physics/spectrum.hpp"

/// What a detector makes of a spectrum; for beam.cpp only.
namespace vitrine::physics::detail {

/// Per energy of a spectrum.
struct Taken {
  std::vector<double> absorbed;  ///< share of the energy taken up; of a sensor: counts per keV
  std::vector<double> mean, variance;  ///< of the signal, with nothing in the beam but its filters
};

/// By an energy-integrating detector: quanta count by their energy.
Taken taken_up(const Detector& detector, const Spectrum& incident);

/// What beams of several voltages are fitted to, by rising voltage: `own`, of `kv`, and others that
/// differ in their spectrum alone.
std::vector<FitTask> tasks_of_voltages(const Scanner& scanner, double kv, const FitTask& own,
                                       std::span<const double> other_voltages);

}  // namespace vitrine::physics::detail
