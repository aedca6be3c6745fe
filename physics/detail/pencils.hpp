#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/model/scanner.hpp"
#include "vitrine/physics/scatter_field.hpp"

namespace vitrine::physics::detail {

/// Pencils of one width, by the fan angles of their middles, rad.
struct Pencils {
  std::vector<double> middles;
  double width = 0.0;
};

/// What scattered photons have met: one Compton event, one Rayleigh event, or more of either.
enum Events : std::size_t { compton, rayleigh, multiple, events };

/// What a pencil of a coarse row spreads over the detector.
struct Spread {
  /// Scatter in a cell over what the pencil's own cells read of air, per coarse column of its
  /// width: [events][columns apart, from 1 - columns][rows apart].
  std::array<std::vector<float>, events> kernels;
  double energy = 0.0;  ///< second moment of the energy over the first, keV
};

/// An elliptic cylinder of water, 600 mm long: mm.
struct WaterBody {
  double thickness = 0.0;  ///< along the central ray
  double radius = 0.0;     ///< half its width
  double depth = 0.0;      ///< of its middle behind the axis
};

/// By the Monte Carlo.
std::vector<Spread> carry_pencils(const Scanner& scanner, double kv, const WaterBody& body,
                                  const Pencils& fan, const CoarseCells& cells,
                                  std::int64_t histories, Isa isa);

}  // namespace vitrine::physics::detail
