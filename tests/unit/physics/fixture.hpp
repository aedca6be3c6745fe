#pragma once
#include <initializer_list>
#include <numbers>
#include <string_view>
#include <vector>

#include "vitrine/core/random.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/model/scanner.hpp"
#include "vitrine/model/scene.hpp"

/// A scanner, its geometry and a scene with everything a term can be, for the tests of physics.
namespace vitrine::test {

inline Scanner scanner() {
  Scanner s;
  s.name = "test";
  s.source_to_iso = 541;
  s.source_to_detector = 949.075;
  s.columns = 888;
  s.rows = 64;
  s.column_pitch = 1.0239;
  s.row_pitch = 1.0964;
  s.column_offset = 1.25;
  s.views_per_rotation = 984;
  s.anode_angle = 7 * units::deg;
  s.focal_spot_width = s.focal_spot_length = 0.9;
  s.filters = {{"aluminium", 4.5}};
  s.bowtie.angles = {0, 4, 8, 12, 16, 20, 24, 28};
  for (double& angle : s.bowtie.angles) angle *= units::deg;
  s.bowtie.thickness = {0.5, 1.0, 2.6, 5.4, 9.4, 14.2, 18.6, 21.0};
  return s;
}

/// `views` spread over a turn, all with the detector's centre at `table`.
inline ScanGeometry geometry(const Scanner& s, Index views, double table = 3.0) {
  ScanGeometry g = hardware_geometry(s);
  for (Index v = 0; v < views; ++v) {
    g.view_angles.push_back(0.13 + 2.0 * std::numbers::pi * double(v) / double(views));
    g.table_positions.push_back(table);
  }
  return g;
}

inline std::vector<Material> named(std::initializer_list<std::string_view> names) {
  std::vector<Material> out;
  for (const auto name : names) out.push_back(material(name));
  return out;
}

inline Mat3 random_axes(Rng& rng) {
  return Eigen::Quaterniond(rng.normal(), rng.normal(), rng.normal(), rng.normal())
      .normalized()
      .toRotationMatrix();
}

class SceneBuilder {
 public:
  explicit SceneBuilder(std::initializer_list<std::string_view> names) {
    scene.materials = named(names);
  }
  std::uint32_t add(Solid::Kind kind, const Vec3& centre, const Vec3& half_axes,
                    const Mat3& axes = Mat3::Identity()) {
    Solid solid;
    solid.kind = kind;
    solid.centre = centre;
    solid.half_axes = half_axes;
    solid.axes = axes;
    scene.solids.push_back(solid);
    return std::uint32_t(scene.solids.size() - 1);
  }
  void term(std::vector<std::uint32_t> solids, std::uint32_t material, double density) {
    scene.terms.push_back({std::move(solids), {{material, density}}});
  }
  Scene scene;
};

/// A body with lungs, a cut spine, a box, `nodules` ellipsoids and `vessels` capsules that leave
/// the lungs and overlap in pairs.
inline Scene body(int nodules, int vessels) {
  using Kind = Solid::Kind;
  SceneBuilder b({"muscle", "lung", "cortical_bone", "blood"});
  Rng rng(Stream{5, Draw::test}, 0);
  b.term({b.add(Kind::cylinder, {0, 0, 0}, {160, 110, 400})}, 0, 1.05e-3);
  const auto right = b.add(Kind::ellipsoid, {-75, 5, 0}, {60, 80, 120});
  const auto left = b.add(Kind::ellipsoid, {75, 5, 0}, {60, 80, 120});
  b.term({right}, 0, -0.8e-3);
  b.term({left}, 0, -0.8e-3);
  const auto spine = b.add(Kind::capsule, {0, 75, 0}, {18, 18, 300});
  b.scene.solids[spine].cuts.push_back({Vec3(0.1, 0.2, 1.0).normalized(), 20.0});
  b.term({spine}, 2, 0.6e-3);
  b.term({b.add(Kind::box, {0, -95, 0}, {18, 6, 80})}, 2, 0.6e-3);
  for (const double taper : {-1.0, -0.3, 0.6}) {
    const auto cone = b.add(Kind::cone, {90 * taper, -20, 10}, {14, 9, 30}, random_axes(rng));
    b.scene.solids[cone].taper = taper;
    b.term({cone}, 2, 0.3e-3);
  }
  for (int i = 0; i < nodules; ++i) {
    const double side = rng.uniform() < 0.5 ? -1.0 : 1.0, r = rng.uniform(2, 12);
    const Vec3 centre(side * 75 + rng.uniform(-45, 45), rng.uniform(-55, 65), rng.uniform(-40, 40));
    b.term({b.add(Kind::ellipsoid, centre, {r, r * rng.uniform(0.7, 1.3), r}, random_axes(rng))}, 0,
           0.8e-3);
  }
  for (int i = 0; i < vessels; ++i) {
    const bool at_right = rng.uniform() < 0.5;
    Vec3 centre((at_right ? -75 : 75) + rng.uniform(-55, 55), rng.uniform(-65, 75),
                rng.uniform(-40, 40));
    const auto lung = at_right ? right : left;
    const double radius = 0.5 + 1.5 * rng.uniform() * rng.uniform(), half = rng.uniform(3, 12);
    const Mat3 axes = random_axes(rng);
    const auto trunk = b.add(Kind::capsule, centre, {radius, radius, half}, axes);
    const auto branch = b.add(Kind::capsule, centre + half * axes.col(2),
                              {0.8 * radius, 0.8 * radius, half}, random_axes(rng));
    b.term({trunk}, 3, 1.06e-3);
    b.term({branch}, 3, 1.06e-3);
    b.term({trunk, branch}, 3, -1.06e-3);
    b.term({lung, trunk}, 0, -0.25e-3);
    b.term({lung, branch}, 0, -0.25e-3);
    b.term({lung, trunk, branch}, 0, 0.25e-3);
  }
  return b.scene;
}

}  // namespace vitrine::test
