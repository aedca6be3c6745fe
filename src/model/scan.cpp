#include "vitrine/model/scan.hpp"

#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/model/scanner.hpp"

namespace vitrine {

double ScanGeometry::fan_angle(double column) const {
  const double x = (column - 0.5 * double(columns - 1) - column_offset) * column_angle;
  return shape == DetectorShape::flat ? math::atan(x) : x;
}

double ScanGeometry::column_at(double angle) const {
  const double first = (0.0 - 0.5 * double(columns - 1) - column_offset) * column_angle;
  return ((shape == DetectorShape::flat ? math::tan(angle) : angle) - first) / column_angle;
}

std::array<double, 2> ScanGeometry::column_place(double column) const {
  const double fan = fan_angle(column), sdd = source_to_detector;
  if (shape == DetectorShape::flat) return {sdd * math::tan(fan), sdd};
  return {sdd * math::sin(fan), sdd * math::cos(fan)};
}

double ScanGeometry::row_scale(double column, const FocalShift& shift) const {
  if (shape == DetectorShape::curved && shift.across == 0.0 && shift.along == 0.0) return 1.0;
  const auto [across, along] = column_place(column);
  const double x = across - shift.across, y = along - shift.along;
  return source_to_detector / std::sqrt(x * x + y * y);
}

double ScanGeometry::photon_share(double column, double row) const {
  const auto cube = [](double tangent_square) {
    const double square = 1.0 + tangent_square;
    return 1.0 / (square * std::sqrt(square));
  };
  const double up = row_tangent(row), rim = row_tangent(0.0);
  if (shape == DetectorShape::curved) return cube(rim * rim) > 0.99 ? 1.0 : cube(up * up);
  const double across = math::tan(fan_angle(column));
  return cube(across * across + up * up);
}

Mat3 ScanGeometry::gantry_axes() const {
  if (tilt == 0.0) return Mat3::Identity();
  const double s = math::sin(tilt), c = math::cos(tilt);
  Mat3 axes;
  axes << 1.0, 0.0, 0.0, 0.0, c, -s, 0.0, s, c;
  return axes;
}

Vec3 ScanGeometry::isocentre(Index view) const {
  const double z = table_positions[std::size_t(view)];
  return {0.0, math::sin(tilt) * z, math::cos(tilt) * z};
}

double ScanGeometry::field_of_view_radius() const {
  const double left = std::abs(fan_angle(0.0));
  const double right = std::abs(fan_angle(double(columns - 1)));
  return source_to_iso * math::sin(std::min(left, right));
}

double largest_pitch(const ScanGeometry& geometry) {
  // A ray and its conjugate are half a turn and twice the fan angle apart; their beams are together
  // two collimations wide at any point.
  const double fan =
      std::max(std::abs(geometry.fan_angle(0.0)), geometry.fan_angle(double(geometry.columns - 1)));
  return 1.0 / (0.5 + fan / std::numbers::pi);
}

double least_arc(const ScanGeometry& geometry) {
  const double fan =
      std::max(std::abs(geometry.fan_angle(0.0)), geometry.fan_angle(double(geometry.columns - 1)));
  return std::numbers::pi + 2.0 * fan;
}

Index views_per_turn(const ScanGeometry& geometry) {
  const auto& table = geometry.table_positions;
  if (table.size() < 2 || table[0] != table[1]) return geometry.views();
  const Index most = std::min(geometry.views_per_rotation, geometry.views());
  constexpr double turn = 2.0 * std::numbers::pi;
  for (Index v = 1; v < most; ++v) {  // a next turn begins elsewhere, or from the first angle again
    const double step = geometry.view_angles[std::size_t(v)] - geometry.view_angles[0] -
                        turn * double(v) / double(geometry.views_per_rotation);
    if (table[std::size_t(v)] != table[0] || std::abs(step - turn * std::round(step / turn)) > 1e-9)
      return v;
  }
  return most;
}

double turned_share(const ScanGeometry& geometry) {
  return std::min(1.0, double(views_per_turn(geometry)) / double(geometry.views_per_rotation));
}

ScanGeometry hardware_geometry(const Scanner& scanner) {
  ScanGeometry g;
  g.shape = scanner.detector.shape == "flat" ? DetectorShape::flat : DetectorShape::curved;
  g.source_to_iso = scanner.source_to_iso;
  g.source_to_detector = scanner.source_to_detector;
  g.column_angle = scanner.column_pitch / scanner.source_to_detector;
  g.row_pitch = scanner.row_pitch;
  g.column_offset = scanner.column_offset;
  g.axis_offset = scanner.axis_offset;
  g.columns = scanner.columns;
  g.rows = scanner.rows;
  g.views_per_rotation = scanner.views_per_rotation;
  return g;
}

double interleave(const ScanGeometry& geometry, double deflection, double pitch) {
  return deflection * (geometry.source_to_detector - geometry.source_to_iso) /
         (geometry.source_to_iso * pitch);
}

std::vector<FocalShift> focal_positions(const Scanner& scanner, bool in_plane, bool along_z) {
  const FlyingFocalSpot spot = scanner.flying_focal_spot.value_or(FlyingFocalSpot{});
  in_plane = in_plane && spot.in_plane != 0.0;
  along_z = along_z && spot.z != 0.0;
  const double slope = math::tan(scanner.anode_angle);
  std::vector<FocalShift> positions;
  for (const double z : {-0.5, 0.5})
    for (const double across : {-0.5, 0.5}) {
      if ((!in_plane && across > 0.0) || (!along_z && z > 0.0)) continue;
      FocalShift shift;
      if (in_plane) shift.across = across * spot.in_plane;
      if (along_z) {
        shift.z = z * spot.z;
        shift.along = -shift.z / slope;
      }
      positions.push_back(shift);
    }
  return positions;
}

void fly(ScanGeometry& geometry, const std::vector<FocalShift>& positions) {
  geometry.focal_shifts.clear();
  if (positions.empty() || positions == std::vector<FocalShift>{{}}) return;
  for (Index v = 0; v < geometry.views(); ++v)
    geometry.focal_shifts.push_back(positions[std::size_t(v) % positions.size()]);
}

std::vector<double> axial_view_angles(Index views_per_rotation, std::size_t rotations,
                                      double start_angle, Index views) {
  if (views == 0) views = views_per_rotation;
  std::vector<double> angles;
  angles.reserve(rotations * std::size_t(views));
  for (std::size_t rotation = 0; rotation < rotations; ++rotation)
    for (Index view = 0; view < views; ++view)
      angles.push_back(start_angle +
                       2.0 * std::numbers::pi * double(view) / double(views_per_rotation));
  return angles;
}

std::vector<double> axial_view_times(Index views_per_rotation, std::size_t rotations,
                                     double rotation_time, double pause, Index views) {
  if (views == 0) views = views_per_rotation;
  const double turning = rotation_time * (double(views) / double(views_per_rotation));
  std::vector<double> times;
  times.reserve(rotations * std::size_t(views));
  for (std::size_t rotation = 0; rotation < rotations; ++rotation)
    for (Index view = 0; view < views; ++view)
      times.push_back(double(rotation) * (turning + pause) +
                      rotation_time * (double(view) + 0.5) / double(views_per_rotation));
  return times;
}

}  // namespace vitrine
