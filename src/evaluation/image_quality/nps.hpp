#pragma once
#include <span>

#include "vitrine/evaluation/image_quality/plane.hpp"

namespace vitrine::evaluation {

/// What is subtracted from a region before its spectrum is taken.
enum class Trend { mean, plane, second_order };

struct NpsOptions {
  Index size = 64;  ///< edge of the square regions, pixels
  Trend trend = Trend::second_order;
};

/// Noise power spectrum of the image plane.
struct Nps {
  Index size = 0;                ///< of the regions, pixels
  double pixel = 1.0;            ///< mm
  Index regions = 0;             ///< how many were averaged
  double mean = 0.0;             ///< of the regions, HU
  double variance = 0.0;         ///< mean square of the regions less their trend, HU^2
  std::vector<double> spectrum;  ///< size x size, row of frequency 0 first, HU^2 mm^2

  /// The radial mean: multiples of `step()` from 1 up to Nyquist's, 1/mm, and HU^2 mm^2.
  std::vector<double> frequency, value;

  double step() const { return 1.0 / (double(size) * pixel); }  ///< 1/mm
  /// Radial mean between its frequencies linear; the first below it, the last above.
  double at(double f) const;
  /// Integral over the plane of frequencies, HU^2; the variance, by Parseval's theorem.
  double integral() const;
  /// Where the radial mean, smoothed by (1 2 1) / 4, is highest; 1/mm.
  double peak_frequency() const;
  /// Integral of f NPS(f) over that of NPS(f), both of the radial mean (AAPM TG-233); 1/mm.
  double mean_frequency() const;
};

/// Ensemble mean over square regions of |DFT(region - trend)|^2 pixel^2 / size^2 (ICRU Report 87;
/// AAPM TG-233).
///
/// `centres` are the regions' middles, rounded to pixels. Every plane gets all of them. Throws
/// Error (input) if there is none or one leaves the image. For two repeats of a scan, pass
/// `noise_plane`.
Nps noise_power_spectrum(std::span<const Plane> planes, std::span<const Vec2> centres,
                         const NpsOptions& options);

/// Middles of square regions of `edge` mm in a disc, on a lattice of half their edge about its
/// centre: neighbours overlap by half.
std::vector<Vec2> regions_in_disc(const Vec2& centre, double radius, double edge);

/// The pixels of a region less their trend, rows first; `mean` gets the region's mean.
std::vector<double> detrended(const Plane& plane, const Vec2& centre, Index size, Trend trend,
                              double& mean);

}  // namespace vitrine::evaluation
