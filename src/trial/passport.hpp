#pragma once
#include <optional>
#include <string>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/model/scanner.hpp"

namespace vitrine::trial {

/// How much a passport costs: draft has fewer views, rays per cell and histories.
enum class PassportQuality { draft, full };

/// A number that was measured, beside what it should be.
struct PassportRow {
  std::string measure, target, unit;  ///< `mtf50`, `standard`, `1/mm`
  double value = 0.0;
  std::optional<double> low, high;  ///< that a machine of the type may have; none: for information
  std::string limits;               ///< where these come from

  bool judged() const { return low || high; }
  /// False where it is out of limits, or judged and not a number.
  bool passed() const;
};

/// Points of a curve: `mtf` and `nps` of a kernel, `ssp` of a slice thickness, `noise` of doses.
struct PassportCurve {
  std::string measure, target, x_unit, y_unit;
  std::vector<double> x, y;
};

/// What a type of scanner does, measured on simulated test phantoms.
struct Passport {
  std::vector<PassportRow> rows;
  std::vector<PassportCurve> curves;

  bool passed() const;
};

/// Scans of test phantoms at the voltage of the profile's targets, with the first focal spot of its
/// console; without a profile at 120 kV, with the targets' own defaults and generic kernels.
///
/// - CT numbers of five inserts (ACR 464, module 1), middle and uniformity of 20 cm of water.
/// - MTF of every kernel that the profile knows (without: `standard`), of a wire.
/// - Noise power of 20 cm of water with each of them: height, area, peak and mean frequency, and
///   noise as a power of dose.
/// - Slice sensitivity of a bead in slices of 1.25, 2.5 and 5 mm.
/// - CTDIw in 16 and 32 cm of PMMA, and noise at a CTDIvol of 10 mGy in 32 cm.
///
/// Rows beyond what the phantoms need are left out of the images' scans. Throws Error where a scan
/// cannot be simulated.
Passport make_passport(const Scanner& scanner, PassportQuality quality, Isa isa);

}  // namespace vitrine::trial
