#pragma once
#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"

namespace vitrine::physics::detail {

/// An elliptic cylinder as a focal spot sees it.
struct SeenEllipse {
  double thickness = 0.0;  ///< along the ray through its middle, mm
  double half = 0.0;       ///< what is seen of half its width, at its middle, mm
  double distance = 0.0;   ///< of its middle from the focal spot, mm

  /// Half its width: half axes a and b reach to x^2 = a^2 cos^2 g + b^2 sin^2 g, x = distance sin
  /// g.
  double radius() const {
    const double along = 0.5 * thickness / distance, across = half / distance;
    return half * std::sqrt((1.0 - along * along) / (1.0 - across * across));
  }
  /// Of the ray that passes the middle x mm away: x 2 a b sqrt(q - x^2) / q.
  double chord(double x) const {
    const double sine = std::clamp(x / distance, -1.0, 1.0), along = 0.5 * thickness;
    const double a = radius(), q = a * a * (1.0 - sine * sine) + along * along * sine * sine;
    return 2.0 * a * along * std::sqrt(std::max(0.0, q - x * x)) / q;
  }
};

/// The one whose chords have an area, mm^2, and a standard deviation about the middle, mm: from
/// afar pi T W / 4 and W / 4, which serve as a first guess.
inline SeenEllipse seen_ellipse(double area, double deviation, double distance) {
  constexpr double quarter_pi = 0.78539816339744831;
  constexpr int steps = 100, repeats = 3;
  const double most = 0.95 * distance;
  SeenEllipse e{0.0, std::min(2.0 * deviation, most), distance};
  e.thickness = std::min(area / (2.0 * quarter_pi * e.half), 2.0 * most);
  for (int i = 0; i < repeats; ++i) {
    double sum = 0.0, second = 0.0;
    for (int k = 0; k < steps; ++k) {
      const double x = (double(k) + 0.5) / double(steps) * e.half, there = e.chord(x);
      sum += there;
      second += there * x * x;
    }
    e.thickness *= area * double(steps) / (2.0 * e.half * sum);
    e.half = std::min(e.half * deviation / std::sqrt(second / sum), most);
    e.thickness = std::min(e.thickness, 2.0 * most);
  }
  return e;
}

}  // namespace vitrine::physics::detail
