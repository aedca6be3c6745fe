#include "vitrine/physics/carlo/ctdi.hpp"

#include <array>
#include <cmath>

namespace vitrine::physics::carlo {

Ctdi ctdi(const Scanner& scanner, double kv, double diameter, const Precision& precision,
          const Stream& stream, Isa isa) {
  constexpr double phantom_length = 150.0, chamber_length = 100.0;  // mm, IEC 60601-2-44
  constexpr double below_surface = 10.0, chamber_radius = 5.0;
  constexpr double widest = 40.0, reference = 20.0;
  Ctdi out;
  Setup setup;
  setup.geometry = hardware_geometry(scanner);
  ScanGeometry& geometry = setup.geometry;
  out.collimation = double(geometry.rows) * geometry.row_pitch_at_iso();
  if (out.collimation > widest) out.collimation = reference;
  geometry.view_angles = axial_view_angles(geometry.views_per_rotation, 1, 0.0);
  geometry.table_positions.assign(geometry.view_angles.size(), 0.0);
  setup.object = cylinder(material("pmma"), diameter, phantom_length);
  setup.source = scanner_source(scanner, kv, out.collimation);
  const double at = 0.5 * diameter - below_surface;
  const double places[5][2] = {{0.0, 0.0}, {at, 0.0}, {0.0, at}, {-at, 0.0}, {0.0, -at}};
  for (const auto& place : places)
    setup.chambers.push_back(
        {place[0], place[1], chamber_radius, -0.5 * chamber_length, 0.5 * chamber_length});

  Simulation simulation(std::move(setup), stream, isa);
  constexpr std::array<std::size_t, 4> rim{1, 2, 3, 4};
  const double scale = chamber_length / out.collimation;
  const auto measure = [&] {
    const Estimate centre = simulation.kerma(0), periphery = simulation.kerma(rim);
    out.centre = {scale * centre.mean, scale * centre.error};
    out.periphery = {scale * periphery.mean, scale * periphery.error};
    const double a = out.centre.error / 3.0, b = 2.0 * out.periphery.error / 3.0;
    out.weighted = {(out.centre.mean + 2.0 * out.periphery.mean) / 3.0, std::sqrt(a * a + b * b)};
    return out.weighted.relative();
  };
  reach(simulation, precision, measure,
        str("CTDIw of ", scanner.name, " at ", kv, " kV in ", diameter, " mm"));
  out.histories = simulation.histories();
  return out;
}

}  // namespace vitrine::physics::carlo
