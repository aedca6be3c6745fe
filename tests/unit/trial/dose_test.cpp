#include <catch2/catch.hpp>
#include <numbers>

#include "vitrine/core/units.hpp"
#include "vitrine/trial/dose.hpp"
#include "vitrine/trial/transport_object.hpp"

using namespace vitrine;

namespace {

/// A water cylinder in a scanner of 64 rows, as the YAML reader hands the scenario over.
trial::Plan plan(const char* mode, double slices) {
  const Value scanner = Value()
                            .set("name", Value("a"))
                            .set("source_to_iso_mm", Value(541.0))
                            .set("source_to_detector_mm", Value(949.0))
                            .set("columns", Value(888.0))
                            .set("rows", Value(64.0))
                            .set("column_pitch_mm", Value(1.0239))
                            .set("row_pitch_mm", Value(1.0964))
                            .set("views_per_rotation", Value(984.0))
                            .set("anode_angle_deg", Value(7.0));
  Value protocol = Value()
                       .set("kernel", Value("soft"))
                       .set("slices", Value(slices))
                       .set("slice_increment_mm", Value(1.25))
                       .set("mode", Value(mode));
  if (std::string(mode) == "helical") protocol.set("pitch", Value(0.8));
  const Value anatomy =
      Value().set("kind", Value("water_cylinder")).set("diameter_mm", Value(300.0));
  const Value root =
      Value()
          .set("vitrine", Value(1.0))
          .set("trial", Value().set("name", Value("t")).set("seed", Value(7.0)))
          .set("patients", Value().set("count", Value(1.0)).set("anatomy", anatomy))
          .set("arms", Value()
                           .set("scanners", Value::List{scanner})
                           .set("protocol", protocol)
                           .set("vary", Value().set("tube_load_mas",
                                                    Value::List{Value(80.0), Value(20.0)})))
          .set("measure", Value().set("features", Value::List{Value("statistics")}));
  Diagnostics problems;
  auto scenario = trial::Scenario::schema().read(root, problems);
  problems.throw_if_any();
  return trial::make_plan(std::move(scenario));
}

trial::Output output() {
  trial::Output o;
  o.tube_voltage = 120.0;
  o.collimation = 64.0 * 1.0964 * 541.0 / 949.0;
  o.energy = 70.0;
  o.body.weighted = {0.05, 0.0005};
  return o;
}

}  // namespace

TEST_CASE("CTDIvol, DLP and SSDE follow from CTDIw, the table's travel and the water cylinder") {
  trial::DoseOptions options;
  options.organs = false;
  const auto axial =
      trial::scan_doses(plan("axial", 16.0), "case001", {output()}, options, best_isa());
  REQUIRE(axial.size() == 2);  // one scan a tube load, whatever the kernels
  CHECK(axial[0].indices.ctdi_vol == Approx(0.05 * 80.0));
  CHECK(axial[1].indices.ctdi_vol == Approx(0.05 * 20.0));
  CHECK(axial[0].indices.dlp == Approx(0.05 * 80.0 * output().collimation));
  // Voxels of 4 mm follow the circle to 0.5 %.
  CHECK(axial[0].indices.water_equivalent_diameter == Approx(300.0).epsilon(0.005));
  // AAPM report 204: f(30 cm) = 1.23.
  CHECK(*axial[0].indices.ssde / axial[0].indices.ctdi_vol == Approx(1.23).epsilon(0.01));

  const auto helical =
      trial::scan_doses(plan("helical", 80.0), "case001", {output()}, options, best_isa());
  CHECK(helical[0].indices.ctdi_vol == Approx(0.05 * 80.0 / 0.8).epsilon(1e-6));
  // The tube is on for the slices and a lead-in and a lead-out of about a collimation each.
  const double length = helical[0].indices.dlp / helical[0].indices.ctdi_vol;
  CHECK(length > 100.0);
  CHECK(length < 100.0 + 3.0 * output().collimation);
}

TEST_CASE("contrast medium becomes part of the material that holds it") {
  // 10 mg/ml of iodine in water: 1e-5 g/mm^3 of 1.01e-3.
  Scene scene;
  scene.materials = {material("water"), material("iodine")};
  Solid cylinder;
  cylinder.kind = Solid::Kind::cylinder;
  cylinder.half_axes = Vec3(40.0, 40.0, 40.0);
  scene.solids = {cylinder};
  scene.terms = {{{0}, {{0, material("water").density}, {1, 1e-5}}}};
  const auto object = trial::transport_object(scene, 4.0);
  const auto& middle = object.voxels[std::size_t(object.grid.offset(10, 10, 10))];
  REQUIRE(middle.material >= 2);
  CHECK(double(middle.density) == Approx(material("water").density + 1e-5).epsilon(1e-5));
  const auto& parts = object.materials[middle.material].parts;
  CHECK(parts.back().atomic_number == 53);
  CHECK(parts.back().mass_fraction == Approx(1e-5 / double(middle.density)).margin(2.5e-4));
  double all = 0.0;
  for (const auto& part : parts) all += part.mass_fraction;
  CHECK(all == Approx(1.0).epsilon(1e-12));
}

TEST_CASE("a phantom's voxels keep its mass, and organ doses scale with the tube load") {
  const trial::Plan p = plan("axial", 16.0);
  trial::DoseOptions options;
  options.organ.relative = 0.02;
  const auto doses = trial::scan_doses(p, "case001", {output()}, options, best_isa());
  REQUIRE(doses[0].organs.size() == 1);
  const trial::OrganDose& water = doses[0].organs[0];
  CHECK(water.organ == "water");
  const double volume = std::numbers::pi * 150.0 * 150.0 * 200.0;
  CHECK(water.mass == Approx(volume * 1e-3).epsilon(0.01));
  CHECK(water.dose.mean > 0.0);
  CHECK(water.dose.relative() < 0.02);
  CHECK(doses[1].organs[0].dose.mean == Approx(water.dose.mean / 4.0).epsilon(1e-12));
}
