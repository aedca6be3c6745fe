#include "vitrine/model/scan.hpp"

#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"

namespace vitrine {

double ScanGeometry::field_of_view_radius() const {
  const double left = std::abs(fan_angle(0.0));
  const double right = std::abs(fan_angle(double(columns - 1)));
  return source_to_iso * math::sin(std::min(left, right));
}

std::vector<double> axial_view_angles(Index views_per_rotation, std::size_t rotations,
                                      double start_angle) {
  std::vector<double> angles;
  angles.reserve(rotations * std::size_t(views_per_rotation));
  for (std::size_t rotation = 0; rotation < rotations; ++rotation)
    for (Index view = 0; view < views_per_rotation; ++view)
      angles.push_back(start_angle +
                       2.0 * std::numbers::pi * double(view) / double(views_per_rotation));
  return angles;
}

}  // namespace vitrine
