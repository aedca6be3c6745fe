// From photons to the MTF that `vitrine qa` measures.
#include <catch2/catch.hpp>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/evaluation/image_quality/mtf.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/preprocess.hpp"

using namespace vitrine;

TEST_CASE("the MTF of a simulated wire is kernel x cell x interpolation x focal spot within 0.02",
          "[full]") {
  Scanner s;
  s.name = "test";
  s.source_to_iso = 541.0;
  s.source_to_detector = 949.075;
  s.columns = 160;  // the wire's surroundings are air: a narrow fan sees all of it
  s.rows = 4;
  s.column_pitch = 1.0239;
  s.row_pitch = 1.0964;
  s.column_offset = 1.25;
  s.views_per_rotation = 984;
  s.focal_spot_width = 0.9;
  s.anode_angle = 7.0 * units::deg;
  s.filters = {{"aluminium", 4.5}};
  Scene scene;
  scene.materials.push_back(material("aluminium"));
  Solid wire;
  wire.kind = Solid::Kind::cylinder;
  const double diameter = 0.2;
  wire.centre = Vec3(4.0, -2.5, 0.0);
  wire.half_axes = Vec3(0.5 * diameter, 0.5 * diameter, 100.0);
  scene.solids.push_back(wire);
  scene.terms.push_back({{0}, {{0, 2.7 * units::g_per_cm3}}});
  ScanGeometry g = hardware_geometry(s);
  g.view_angles = axial_view_angles(g.views_per_rotation, 1, 0.0);
  g.table_positions.assign(g.view_angles.size(), 0.0);
  const physics::Beam beam(s, 120.0, scene.materials);
  const physics::Exposure exposure = physics::expose(scene, g, beam, {8, 1}, best_isa());
  const auto water = recon::water_correction(beam);
  const auto data =
      recon::rebin(recon::line_integrals(exposure.signal, water, best_isa()), best_isa());
  const Grid grid = recon::image_grid({40.0, 200, Vec3::Zero(), 1, 0.625});
  const double cell = s.column_pitch * s.source_to_iso / s.source_to_detector;
  const double spot = s.focal_spot_width * (1.0 - s.source_to_iso / s.source_to_detector);
  for (const char* name : {"soft", "standard", "sharp"}) {
    Diagnostics problems;
    const auto kernel = recon::kernels().make(Value(name), problems);
    const Image image =
        recon::reconstruct(data, *kernel, grid, 0.625, beam.mu_water(), beam.mu_air(), best_isa());
    evaluation::PointOptions options;
    options.diameter = diameter;
    const auto seen = evaluation::point_mtf(evaluation::mean_plane(image, {0, 0}), options);
    CHECK((seen.centre - evaluation::Vec2(4.0, -2.5)).norm() < 0.02);
    const double last = seen.mtf.frequency_at(0.1);
    for (double f = 0.05; f <= last; f += 0.05) {
      const double expected = kernel->gain(f) * math::sinc(f * cell) * math::sinc(0.5 * f * cell) *
                              math::sinc(0.5 * f * cell) * math::sinc(f * spot);
      CAPTURE(name, f);
      CHECK(seen.mtf.at(f) == Approx(expected).margin(0.02));
    }
  }
}
