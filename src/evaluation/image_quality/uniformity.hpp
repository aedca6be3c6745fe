#pragma once
#include <array>

#include "vitrine/evaluation/image_quality/plane.hpp"

namespace vitrine::evaluation {

/// A round object in a slice.
struct Outline {
  Vec2 centre{0.0, 0.0};  ///< mm
  double radius = 0.0;    ///< mm
};

/// The round phantom of a slice: a circle fitted to where the largest connected part above `level`
/// HU ends, seen along 360 rays from its centre of mass; rays that end elsewhere (the table) are
/// left out. Throws Error (data) if there is none, it leaves the image, or is not round.
Outline phantom_outline(const Plane& plane, double level = -500.0);

/// Five regions of a uniform phantom: the middle, then +x, +y, -x, -y.
struct Uniformity {
  std::array<Vec2, 5> centre;
  std::array<RoiStatistics, 5> region;
  /// Largest difference of a peripheral mean from the middle's, with its sign; HU.
  double largest_difference = 0.0;
};

/// `radius`: of the regions; `gap`: between a peripheral region and the phantom's edge; mm.
Uniformity uniformity(const Plane& plane, const Outline& phantom, double radius, double gap);

/// Contrast-to-noise ratio: (a - b) over b's standard deviation.
double contrast_to_noise(const RoiStatistics& a, const RoiStatistics& b);

}  // namespace vitrine::evaluation
