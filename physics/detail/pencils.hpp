#pragma once
#include <cstdint>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/model/scanner.hpp"
#include "vitrine/physics/scatter_field.hpp"

namespace vitrine::physics::detail {

/// Rays of a fan between two angles, rad.
struct Pencil {
  double low = 0.0, high = 0.0;
};

/// What a pencil of a coarse column and row spreads over the detector.
struct Spread {
  /// Scatter in a cell over what the pencil's own cells read of air: [columns apart, from
  /// 1 - columns][rows apart].
  std::vector<float> kernel;
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
                                  const std::vector<Pencil>& fan, const CoarseCells& cells,
                                  std::int64_t histories, Isa isa);

}  // namespace vitrine::physics::detail
