#pragma once
#include <optional>
#include <vector>

#include "vitrine/evaluation/image_quality/plane.hpp"

namespace vitrine::evaluation {

/// Modulation transfer function of the image plane.
struct Mtf {
  std::vector<double> frequency;  ///< from 0 to Nyquist's, evenly, 1/mm
  std::vector<double> value;      ///< 1 at frequency 0

  /// Between the frequencies linear; 0 above the last.
  double at(double f) const;
  /// Lowest frequency beyond the peak where the value falls to `level`; NaN if it never does.
  double frequency_at(double level) const;
  double peak() const;
  double peak_frequency() const;
};

/// What the point or line is, whose own size is divided out.
enum class PointObject {
  wire,  ///< a thin rod across the slice: its transform is that of a disc
  bead,  ///< a ball inside the slice
};

struct PointOptions {
  std::optional<Vec2>
      near;               ///< search within `search` of it; else the brightest point of the image
  double search = 5.0;    ///< mm
  double radius = 8.0;    ///< of the spot's region, mm; the background is the ring around it
  double diameter = 0.0;  ///< of the object, mm; 0: not divided out
  PointObject object = PointObject::wire;
};

/// The MTF of a wire or bead, and how it was seen.
struct PointMtf {
  Mtf mtf;
  Vec2 centre{0.0, 0.0};    ///< mm
  double contrast = 0.0;    ///< highest pixel over the background, HU
  double background = 0.0;  ///< HU
  double noise = 0.0;       ///< standard deviation about the background's plane, HU
};

/// MTF from the spread of a point: a plane fitted to the ring around it is subtracted, the centre
/// is the spot's centre of mass, and the radial mean of the two-dimensional transform is sum p J0(2
/// pi f r) / sum p over the region (Nickoloff 1985; AAPM TG-233 2019).
///
/// Throws Error (data) if nothing stands five standard deviations out of the ring, Error (input) if
/// the region leaves the image.
PointMtf point_mtf(const Plane& plane, const PointOptions& options);

struct EdgeOptions {
  double reach =
      0.0;           ///< how far from the edge it is looked at, mm; 0: 0.8 of the radius, at most 8
  double bin = 0.1;  ///< width of the radial bins, in pixels
};

/// The MTF at the edge of a disc, and how it was seen.
struct EdgeMtf {
  Mtf mtf;
  Vec2 centre{0.0, 0.0};              ///< mm
  double radius = 0.0;                ///< where the edge is half way, mm
  double contrast = 0.0;              ///< inside minus outside, HU
  double noise = 0.0;                 ///< standard deviation outside, HU
  std::vector<double> distance, esf;  ///< from the centre, mm; edge-spread function, HU
};

/// Task transfer function from a circular edge (Richard et al., Med Phys 39 (2012) 4115; AAPM
/// TG-233): pixels binned by their distance from the disc's centre of mass give an oversampled
/// edge-spread function; its derivative, tapered in the
/// outer half of the reach, is transformed. Bin and difference are divided out (sinc^2).
///
/// `centre` and `radius` are those of the disc to within a few mm. Throws Error (data) if the disc
/// stands out by less than three standard deviations, Error (input) if the reach leaves the image.
EdgeMtf edge_mtf(const Plane& plane, const Vec2& centre, double radius, const EdgeOptions& options);

}  // namespace vitrine::evaluation
