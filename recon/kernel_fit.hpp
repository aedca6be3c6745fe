#pragma once
#include <optional>
#include <vector>

#include "vitrine/model/scanner.hpp"
#include "vitrine/recon/measured_kernels.hpp"

namespace vitrine::recon {

/// What a scanner blurs without its kernel, in the image plane near the isocentre, and how it
/// colours white noise. Frequencies in 1/mm.
class ScannerBlur {
 public:
  explicit ScannerBlur(const Scanner& scanner);
  /// Transfer of cell, interpolation and focal spot: 1 at 0.
  double signal(double f) const;
  /// Amplitude of the noise of the filtered rays over that before interpolation.
  double noise(double f) const;

 private:
  double cell_;               ///< mm at the isocentre
  std::vector<double> spot_;  ///< mm at the isocentre, places of equal emission
};

/// What a measured MTF says of itself.
struct MtfTarget {
  struct Peak {
    double height, frequency;  ///< MTF above 1, and where, 1/mm
  };
  double mtf50 = 0.0, mtf10 = 0.0;  ///< 1/mm, where it falls through 0.5 and 0.1
  std::optional<Peak> peak;         ///< of an edge-enhancing kernel
};

/// A noise power spectrum, radial average, in any unit.
struct NpsTarget {
  std::vector<double> frequencies, power;  ///< 1/mm, ascending; at least 4
};

/// The kernel that gives a scanner the MTF: exactly without a peak; with one, the nearest in least
/// squares of both levels, the peak's height and the slope there.
/// Throws Error (input) where there is none: frequencies out of order or beyond what the scanner's
/// cells and focal spot pass.
RollOff::Params fit_kernel(const MtfTarget& target, const ScannerBlur& blur);

/// The kernel whose noise has the form of the spectrum: f gain^2 noise^2, least squares of the
/// powers, each over their sum. `boost` lets it enhance edges.
RollOff::Params fit_kernel(const NpsTarget& target, const ScannerBlur& blur, bool boost);

/// What a kernel does on a scanner.
struct KernelFigures {
  double mtf50, mtf10;                            ///< 1/mm
  double mtf_peak, mtf_peak_frequency;            ///< 1 and 0 without enhancement
  double nps_peak_frequency, nps_mean_frequency;  ///< 1/mm
};
KernelFigures figures(const Kernel& kernel, const ScannerBlur& blur);

/// Form of the noise power spectrum at f: of white noise in the rays, integral over f not scaled.
double noise_power(const Kernel& kernel, const ScannerBlur& blur, double f);

}  // namespace vitrine::recon
