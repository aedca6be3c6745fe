#include "vitrine/model/scan.hpp"

#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/model/scanner.hpp"

namespace vitrine {

double ScanGeometry::field_of_view_radius() const {
  const double left = std::abs(fan_angle(0.0));
  const double right = std::abs(fan_angle(double(columns - 1)));
  return source_to_iso * math::sin(std::min(left, right));
}

ScanGeometry hardware_geometry(const Scanner& scanner) {
  ScanGeometry g;
  g.source_to_iso = scanner.source_to_iso;
  g.source_to_detector = scanner.source_to_detector;
  g.column_angle = scanner.column_pitch / scanner.source_to_detector;
  g.row_pitch = scanner.row_pitch;
  g.column_offset = scanner.column_offset;
  g.columns = scanner.columns;
  g.rows = scanner.rows;
  g.views_per_rotation = scanner.views_per_rotation;
  return g;
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

std::vector<double> axial_view_times(Index views_per_rotation, std::size_t rotations,
                                     double rotation_time, double pause) {
  std::vector<double> times;
  times.reserve(rotations * std::size_t(views_per_rotation));
  for (std::size_t rotation = 0; rotation < rotations; ++rotation)
    for (Index view = 0; view < views_per_rotation; ++view)
      times.push_back(double(rotation) * (rotation_time + pause) +
                      rotation_time * (double(view) + 0.5) / double(views_per_rotation));
  return times;
}

}  // namespace vitrine
