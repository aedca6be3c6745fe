#include <algorithm>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/detail/heel.hpp"

namespace vitrine::physics::detail {

Heel heel_of(const Scanner& scanner, double kv) {
  Heel out;
  if (!scanner.heel_effect) return out;
  constexpr double smallest = 1.0 * units::deg;  // roughness of a worn target matters below
  const ScanGeometry geometry = hardware_geometry(scanner);
  const auto take_off = [&](double row) {
    return scanner.anode_angle + math::atan(geometry.row_tangent(row));
  };
  require(take_off(0.0) >= smallest, Error::Kind::input, "heel_effect: the first row sees the ",
          "target under ", take_off(0.0) / units::deg, " deg (less than ", smallest / units::deg,
          " deg is behind its face). Use an anode_angle_deg of at least ",
          (scanner.anode_angle - take_off(0.0) + smallest) / units::deg, " for this cone.");
  constexpr int most = 9;
  const int count = int(std::min<std::int64_t>(most, scanner.rows));
  const Spectrum central = tube_spectrum(kv, scanner.anode_angle);
  for (int i = 0; i < count; ++i) {
    const double row = count == 1 ? 0.0 : double(i) * double(scanner.rows - 1) / double(count - 1);
    const Spectrum there = tube_spectrum(kv, take_off(row));
    std::vector<double> ratio(there.fluence.size(), 1.0);
    for (std::size_t e = 0; e < ratio.size(); ++e)
      if (central.fluence[e] > 0.0) ratio[e] = there.fluence[e] / central.fluence[e];
    out.rows.push_back(row);
    out.ratio.push_back(std::move(ratio));
  }
  return out;
}

}  // namespace vitrine::physics::detail
