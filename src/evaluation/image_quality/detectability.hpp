#pragma once
#include <functional>
#include <string>
#include <vector>

#include "vitrine/evaluation/image_quality/nps.hpp"

/// How well a model observer sees a disc of low contrast whose place and size it knows.
///
/// With the disc's transform W(f) = contrast area jinc(pi f diameter), the image's MTF T and noise
/// power spectrum N, integrals over all frequencies of the plane up to `Imaging::highest`:
///
///   NPW   d'^2 = (int W^2 T^2)^2 / int W^2 T^2 N                   (Wagner, Brown 1985; ICRU 54)
///   NPWE  d'^2 = (int W^2 T^2 E^2)^2 / int W^2 T^2 E^4 N, E the eye's   (Burgess 1994; TG-233)
///   CHO   d'^2 = s' K^-1 s, s_m = int C_m W T, K_mn = int C_m C_n N   (Myers, Barrett 1987)
namespace vitrine::evaluation {

/// The disc that is looked for.
struct DiscTask {
  double diameter = 5.0;             ///< mm
  double contrast = 10.0;            ///< HU
  double transform(double f) const;  ///< HU mm^2
};

/// The image it is looked for in: functions of radial frequency [1/mm].
struct Imaging {
  std::function<double(double)> mtf;
  std::function<double(double)> nps;  ///< HU^2 mm^2
  double highest = 1.0;               ///< Nyquist's, 1/mm
};

/// E(f) = rho^1.3 exp(-c rho^2), rho in cycles per degree of the visual field, c so that the peak
/// is at 4 (Burgess 1994, J Opt Soc Am A 11, 1237).
struct EyeFilter {
  double peak = 4.0;                ///< cycles per degree
  double viewing_distance = 500.0;  ///< mm
  double magnification = 1.0;       ///< mm on the display per mm in the image
  double at(double f) const;
};

/// Detectability index d' of the non-prewhitening observer.
double npw_detectability(const DiscTask& task, const Imaging& imaging);
/// The same through the eye's contrast sensitivity.
double npwe_detectability(const DiscTask& task, const Imaging& imaging, const EyeFilter& eye);

/// A channel that is real and even in frequency and space.
struct Channel {
  std::function<double(double, double)> frequency;  ///< of (fx, fy) in 1/mm
  std::function<double(double, double)> space;  ///< of (x, y) in mm: the transform of it, 1/mm^2
};

/// Ten dense differences of Gaussians, exp(-(f/Q s)^2/2) - exp(-(f/s)^2/2), s = 0.005 1.4^j per
/// pixel, Q = 1.67 (Abbey and Barrett, J Opt Soc Am A 18 (2001) 473).
std::vector<Channel> dense_dog_channels(double pixel);

/// Gabor channels: centres 3/128, 3/64, 3/32 and 3/16 per pixel, an octave wide, five orientations,
/// even phase, since the odd ones see nothing of a centred disc (Wunderlich and Noo 2008).
std::vector<Channel> gabor_channels(double pixel);

/// K of a spectrum, and the disc's response s in every channel.
Eigen::MatrixXd channel_covariance(const std::vector<Channel>& channels, const Imaging& imaging);
Eigen::VectorXd channel_signal(const std::vector<Channel>& channels, const DiscTask& task,
                               const Imaging& imaging);

/// d' of the Hotelling observer on channels. Internal noise is `internal` times each channel's own
/// variance, added to it (Brankov 2013). `samples`: how many regions K was estimated from, whose
/// inverse is too large by (n - 1)/(n - p - 2) for p channels; 0: K is exact. Throws Error (input)
/// if there are too few, Error (data) if K has no inverse.
double cho_detectability(const Eigen::VectorXd& signal, const Eigen::MatrixXd& covariance,
                         double internal, Index samples);

/// K from regions of noise: their channel responses' sample covariance. `regions` are rows of
/// `size` x `size` pixels of `pixel` mm, as `detrended` gives them.
Eigen::MatrixXd sampled_covariance(const std::vector<Channel>& channels,
                                   const std::vector<std::vector<double>>& regions, Index size,
                                   double pixel);

/// The disc as it is imaged, in the middle of a region: `size` x `size` pixels, HU.
std::vector<double> imaged_disc(const DiscTask& task, const Imaging& imaging, Index size,
                                double pixel);

/// What the channels say to one region: to the disc after what the regions of noise went through.
Eigen::VectorXd region_response(const std::vector<Channel>& channels,
                                const std::vector<double>& region, Index size, double pixel);

}  // namespace vitrine::evaluation
