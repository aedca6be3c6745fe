#pragma once
#include "vitrine/core/schema.hpp"

namespace vitrine {

/// How one machine differs from what its console says, without the console knowing.
///
/// Shares are relative: 0.05 is 5 % more. What a console knows of (focal spot, electronic noise) is
/// part of the scanner itself.
struct Deviations {
  double tube_output = 0.0;         ///< photons per mAs of every energy
  double calibration_offset = 0.0;  ///< HU, added to every CT number
  double calibration_scale = 0.0;   ///< of CT numbers, before the offset: water keeps its own
  double kernel_frequency = 0.0;    ///< gain(f) becomes gain(f / (1 + x)): above 0 is sharper
  double slice_thickness = 0.0;     ///< of the slices that are made
  static const Schema<Deviations>& schema();

  bool operator==(const Deviations&) const = default;
};

/// Both at once: those of a type of scanner, then those of one of its machines.
Deviations combined(const Deviations& first, const Deviations& second);

}  // namespace vitrine
