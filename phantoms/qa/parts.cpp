#include <algorithm>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/qa/detail/parts.hpp"

namespace vitrine::phantoms::detail {

Vec3 polar(double distance, double degrees, double z) {
  const double angle = degrees * units::deg;
  return {distance * math::cos(angle), distance * math::sin(angle), z};
}

Solid rod(const Vec3& axis, double radius, double low, double high) {
  return cylinder(Vec3(axis.x(), axis.y(), 0.5 * (low + high)),
                  Vec3(radius, radius, 0.5 * (high - low)));
}

Solid plate(const Vec3& centre, const Vec3& half_axes, double degrees) {
  Mat3 axes = Mat3::Identity();
  axes.col(0) = polar(1.0, degrees, 0.0);
  axes.col(1) = Vec3(-axes(1, 0), axes(0, 0), 0.0);
  return {Solid::Kind::box, centre, half_axes, axes, {}};
}

void Assembly::place(std::string_view name, const Solid& solid, std::string_view material,
                     double density) {
  scene_.begin_organ(name);
  scene_.place(solid, material, density);
  const double used = density < 0.0 ? vitrine::material(material).density : density;
  std::string key = str(name, "_density_g_per_cm3");
  const auto same = [&](const auto& parameter) { return parameter.first == key; };
  if (std::none_of(record_.parameters.begin(), record_.parameters.end(), same))
    note(std::move(key), used / units::g_per_cm3);
}

void Assembly::note(std::string name, double value) {
  record_.parameters.emplace_back(std::move(name), value);
}

std::vector<Solid> bar_pattern(const Vec3& centre, double degrees, int bars, double width,
                               double length, double depth) {
  std::vector<Solid> out;
  for (int i = 0; i < bars; ++i) {
    const double across = (2.0 * i - (bars - 1)) * width;
    out.push_back(plate(centre + polar(across, degrees, 0.0),
                        Vec3(0.5 * width, 0.5 * length, 0.5 * depth), degrees));
  }
  return out;
}

}  // namespace vitrine::phantoms::detail
