#pragma once
#include <vector>

#include "vitrine/model/scanner.hpp"

namespace vitrine::physics::carlo {

/// Photons of a tube as they leave filters, bowtie and collimator: a point that turns with the
/// gantry. The fan's bins are equally wide; within one every direction is alike.
struct Source {
  double fan_first = 0.0, fan_width = 0.0;   ///< rad: first edge, and width of a bin
  double slope_low = 0.0, slope_high = 0.0;  ///< of the collimated rays: dz per in-plane mm
  std::vector<double> energies;              ///< keV
  std::vector<std::vector<double>> photons;  ///< [bin][energy], relative
  double photons_per_mas = 1.0;              ///< in the whole beam
};

/// A scanner's beam at a tube voltage: spectrum, filters, bowtie by fan angle, the fan of its
/// detector, and a collimation of `width` mm along z at the isocentre (0: all rows; no penumbra).
///
/// The heel effect and the focal spot's size are left out. Throws Error on a negative width.
Source scanner_source(const Scanner& scanner, double kv, double width = 0.0);

/// A pencil of photons of one energy along the central ray; photons_per_mas is 1.
Source pencil_source(double energy);

}  // namespace vitrine::physics::carlo
