#pragma once
#include <vector>

#include "vitrine/core/units.hpp"
#include "vitrine/model/scanner.hpp"
#include "vitrine/model/scene.hpp"

/// A clinical scanner and water with rods in it, for the tests of whole chains.
namespace vitrine::test {

/// A 64-row scanner cut down to some rows; bowtie and filters as in scenarios/scanners/generic_a64.
inline Scanner few_rows(Index rows) {
  Scanner s;
  s.name = "test";
  s.source_to_iso = 541.0;
  s.source_to_detector = 949.075;
  s.columns = 888;
  s.rows = rows;
  s.column_pitch = 1.0239;
  s.row_pitch = 1.0964;
  s.column_offset = 1.25;
  s.views_per_rotation = 984;
  s.anode_angle = 7.0 * units::deg;
  s.output = TubeOutput{{120.0}, {0.171}};
  s.filters = {{"aluminium", 4.5}};
  s.bowtie.angles = {0.0, 8.0 * units::deg, 16.0 * units::deg, 24.0 * units::deg,
                     28.0 * units::deg};
  s.bowtie.thickness = {0.5, 2.6, 9.4, 18.6, 21.0};
  return s;
}

struct Rod {
  const char* material;
  double density;        // g/cm3
  double x, y;           // mm
  double radius = 12.0;  // mm
};

/// A water cylinder with rods, each replacing the water.
inline Scene water_phantom(double diameter, const std::vector<Rod>& rods) {
  const auto rod = [](double x, double y, double radius) {
    Solid solid;
    solid.kind = Solid::Kind::cylinder;
    solid.centre = Vec3(x, y, 0.0);
    solid.half_axes = Vec3(radius, radius, 100.0);
    return solid;
  };
  Scene scene;
  scene.materials.push_back(material("water"));
  scene.solids.push_back(rod(0.0, 0.0, 0.5 * diameter));
  scene.terms.push_back({{0}, {{0, units::g_per_cm3}}});
  for (const Rod& each : rods) {
    scene.materials.push_back(material(each.material));
    scene.solids.push_back(rod(each.x, each.y, each.radius));
    const auto index = static_cast<std::uint32_t>(scene.materials.size() - 1);
    scene.terms.push_back(
        {{index}, {{index, each.density * units::g_per_cm3}, {0, -units::g_per_cm3}}});
  }
  return scene;
}

}  // namespace vitrine::test
