// The tube and what stands before the patient: bowtie shapes, focal spots, the heel effect.
#include <catch2/catch.hpp>
#include <cmath>

#include "unit/physics/fixture.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/projector.hpp"
#include "vitrine/physics/spectrum.hpp"

using namespace vitrine;
using namespace vitrine::physics;

TEST_CASE("a bowtie for a water cylinder makes every ray's attenuation the same at its energy") {
  Scanner s = test::scanner();
  s.bowtie = {};
  s.bowtie.material = "ptfe";
  s.bowtie.cylinder = CylinderBowtie{320.0, 2.0, 65.0, 1.0};
  const double water = linear_attenuation(material("water"), 65.0);
  const double ptfe = linear_attenuation(material("ptfe"), 65.0);
  for (double fan = -0.29; fan < 0.29; fan += 0.01) {
    const double beside = s.source_to_iso * std::sin(fan);
    const double chord = 2.0 * std::sqrt(160.0 * 160.0 - beside * beside);
    CHECK(water * chord + ptfe * bowtie_thickness(s, fan) ==
          Approx(water * 320.0 + ptfe * 2.0).epsilon(1e-12));
  }
  CHECK(bowtie_thickness(s, 0.45) == bowtie_thickness(s, -0.4));  // outside of the cylinder
  // With the whole spectrum the detected signal behind the cylinder is flat within 25 %, not 1:80.
  const Beam beam(s, 120.0, {});
  const auto behind = [&](Index column) {
    const double fan = hardware_geometry(s).fan_angle(double(column));
    const double beside = s.source_to_iso * std::sin(fan);
    const double chord = 2.0 * std::sqrt(160.0 * 160.0 - beside * beside);
    return beam.air_signal(column) * beam.water_signal(column, chord);
  };
  for (Index column = 200; column < 700; column += 20)
    CHECK(behind(column) == Approx(behind(445)).epsilon(0.25));
  CHECK(beam.fit_error() < 2e-4);
}

TEST_CASE("filters that leave no photons are refused with what is left and what to do") {
  Scanner s = test::scanner();
  s.filters = {{"tin", 3.0}};
  CHECK_THROWS_WITH(Beam(s, 60.0, {}),
                    Catch::Contains("quanta per mAs") && Catch::Contains("thinner filters"));
  s.filters = {{"tin", 0.6}, {"copper", 0.2}, {"titanium", 0.5}, {"pmma", 2.0}};
  CHECK_NOTHROW(Beam(s, 120.0, {}));
  s.filters = {{"unobtainium", 1.0}};
  CHECK_THROWS_WITH(Beam(s, 120.0, {}), Catch::Contains("unobtainium"));
  CHECK_THROWS_WITH(Beam(test::scanner(), 160.0, {}), Catch::Contains("40 to 150"));
}

TEST_CASE("a scanner with a material or a focal spot that cannot be is refused where it stands") {
  const auto problems_of = [](const std::function<void(Scanner&)>& change) {
    Scanner s = test::scanner();
    change(s);
    Diagnostics problems;
    Scanner::schema().read(Scanner::schema().write(s), problems);
    std::string all;
    for (const auto& entry : problems.entries()) all += entry.message;
    return all;
  };
  CHECK(problems_of([](Scanner&) {}).empty());
  CHECK_THAT(problems_of([](Scanner& s) {
               s.filters = {{"alumnium", 1.0}};
             }),
             Catch::Contains("Did you mean 'aluminium'"));
  CHECK_THAT(problems_of([](Scanner& s) { s.bowtie.material = "Unobtainium 3 g/cm3"; }),
             Catch::Contains("no chemical formula"));
  CHECK_THAT(problems_of([](Scanner& s) { s.detector.scintillator = "gold_plate"; }),
             Catch::Contains("gold_plate"));
  CHECK_THAT(problems_of([](Scanner& s) { s.focal_spot_shape = "image"; }),
             Catch::Contains("focal_spot_image"));
  CHECK_THAT(problems_of([](Scanner& s) {
               s.bowtie = {};
               s.bowtie.cylinder = CylinderBowtie{};
               s.bowtie.thickness = {3.0};
             }),
             Catch::Contains("in place of"));
}

namespace {

/// The share of a spot's emission below `at` mm across, by its definition.
double spot_below(const Scanner& s, double at) {
  if (s.focal_spot_shape == "gaussian")
    return 0.5 *
           std::erfc(-at / (s.focal_spot_width / std::sqrt(8.0 * std::log(2.0))) / std::sqrt(2.0));
  std::vector<double> parts{1.0};
  if (s.focal_spot_shape == "image") {
    parts.assign(s.focal_spot_image.front().size(), 0.0);
    for (const auto& row : s.focal_spot_image)
      for (std::size_t i = 0; i < row.size(); ++i) parts[i] += row[i];
  }
  double all = 0.0, centre = 0.0, below = 0.0;
  const double width = s.focal_spot_width / double(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    all += parts[i];
    centre += parts[i] * (double(i) + 0.5) * width;
  }
  for (std::size_t i = 0; i < parts.size(); ++i)
    below += parts[i] * std::clamp((at + centre / all) / width - double(i), 0.0, 1.0);
  return below / all;
}

}  // namespace

TEST_CASE("the blur of an edge is the convolution of the cell with the focal spot's shape") {
  // A plane through the axis along the central ray; its image at the isocentre is blurred by the
  // cell (pitch / M) and by the spot, (1 - 1/M) wide. Each of the 16 sub-rays stands for a part of
  // both: no share is off by more than two of them.
  Scanner s = test::scanner();
  s.rows = 8;
  s.column_offset = 0.0;
  s.columns = 889;  // the central channel looks along the edge
  s.bowtie = {};
  s.focal_spot_width = 2.4;
  const double demagnified = s.source_to_iso / s.source_to_detector;
  const double cell = s.column_pitch * demagnified;
  for (const char* shape : {"uniform", "gaussian", "image"}) {
    INFO(shape);
    s.focal_spot_shape = shape;
    s.focal_spot_image.clear();
    if (s.focal_spot_shape == "image")
      s.focal_spot_image = {{4, 1, 0, 1, 4, 2}, {3, 1, 0, 0, 4, 1}};
    const Beam beam(s, 120.0, test::named({"water"}));
    const ScanGeometry g = test::geometry(s, 1, 0.0);
    // Where each sub-ray passes the axis: the same places for every cell.
    double square = 0.0, mean = 0.0;
    std::vector<double> places;
    const auto offsets = sub_rays({16, 1}, g, beam);
    for (const Offset& o : offsets)
      places.push_back(cell * o.column + (1.0 - demagnified) * o.spot_across);
    for (const double x : places) {
      mean += x / 16.0;
      square += x * x / 16.0;
    }
    // The whole spread, by definition, from the joint distribution.
    const double spot = (1.0 - demagnified) * s.focal_spot_width;
    const double wanted = (cell * cell + SpotProfile::across(s).spread() * spot * spot) / 12.0;
    CHECK(square == Approx(wanted).epsilon(1e-9));
    CHECK(std::abs(mean) < 1e-6);
    double worst = 0.0;
    for (double at = -3.0; at <= 3.0; at += 0.02) {
      double sampled = 0.0, exact = 0.0;
      for (const double x : places) sampled += double(x < at) / 16.0;
      constexpr int parts = 400;
      for (int i = 0; i < parts; ++i) {
        const double in_cell = cell * ((double(i) + 0.5) / parts - 0.5);
        exact += spot_below(s, (at - in_cell) / (1.0 - demagnified)) / parts;
      }
      worst = std::max(worst, std::abs(sampled - exact));
    }
    CHECK(worst < 2.0 / 16.0);

    // And the projector does what the sub-rays say: an edge of little contrast, cell by cell.
    test::SceneBuilder b({"water"});
    const auto half = b.add(Solid::Kind::box, {50.0, 0, 0}, {50.0, 1.0, 50.0});
    b.term({half}, 0, 1e-3);
    ScanGeometry straight = g;
    straight.view_angles = {0.0};
    const Exposure e = expose(b.scene, straight, beam, {16, 1}, best_isa());
    const double through = 1.0 - beam.water_signal(444, 2.0);
    for (Index column = 440; column <= 448; ++column) {
      double inside = 0.0;
      for (const double x : places) inside += double(double(column - 444) * cell + x > 0.0) / 16.0;
      const double signal = double(e.signal.view(0)[std::size_t(column * 8 + 4)]);
      CHECK((1.0 - signal) / through == Approx(inside).margin(0.5 / 16.0));
    }
  }
}

TEST_CASE("the heel effect weakens and hardens the beam towards the anode") {
  Scanner s = test::scanner();
  s.row_pitch = 1.0964;
  s.heel_effect = true;
  const Beam beam(s, 120.0, test::named({"muscle", "cortical_bone"}));
  Scanner plain = s;
  plain.heel_effect = false;
  const Beam without(plain, 120.0, test::named({"muscle", "cortical_bone"}));
  const double middle = 31.5;
  CHECK(beam.air_signal(444, middle) == Approx(without.air_signal(444)).epsilon(1e-6));
  CHECK(beam.air_quanta(444, middle) == Approx(without.air_quanta(444)).epsilon(1e-6));
  for (double row = 0.0; row < 63.0; row += 1.0) {
    CHECK(beam.air_signal(444, row) < beam.air_signal(444, row + 1.0));
    CHECK(beam.air_quanta(444, row) < beam.air_quanta(444, row + 1.0));
    CHECK(beam.water_signal(444, row, 200.0) > beam.water_signal(444, row + 1.0, 200.0));
  }
  // Towards the cathode less changes than towards the anode: the path in the target is 1 / tan.
  const double low = beam.air_signal(444, 0.0), high = beam.air_signal(444, 63.0);
  CHECK(without.air_signal(444) - low > high - without.air_signal(444));
  // Without the effect rows are the same.
  CHECK(without.air_signal(444, 0.0) == without.air_signal(444));
  CHECK(without.heel_rows().empty());
  s.anode_angle = 2.5 * units::deg;
  CHECK_THROWS_WITH(Beam(s, 120.0, {}), Catch::Contains("anode_angle_deg of at least"));
}

TEST_CASE("with a heel effect every row has the line integrals of its own spectrum to 2e-4") {
  Scanner s = test::scanner();
  s.heel_effect = true;
  for (const double kv : {80.0, 140.0}) {
    const Beam beam(s, kv, test::named({"muscle", "cortical_bone"}));
    const ScanGeometry g = hardware_geometry(s);
    const Material &scintillator = material("gadolinium_oxysulfide"),
                   &aluminium = material("aluminium");
    for (const double row :
         {beam.heel_rows().front(), beam.heel_rows()[3], beam.heel_rows().back()})
      for (const Index column : {Index(0), Index(444)}) {
        const double plate = 4.5 + bowtie_thickness(s, g.fan_angle(double(column)));
        const Spectrum own = filtered(
            tube_spectrum(kv, s.anode_angle + std::atan(g.row_tangent(row))), aluminium, plate);
        for (const double water : {20.0, 150.0, 350.0})
          for (const double bone : {0.0, 8.0, 40.0}) {
            double before = 0.0, behind = 0.0;
            for (std::size_t e = 0; e < own.energies.size(); ++e) {
              const double kev = own.energies[e];
              const double weight =
                  own.fluence[e] * kev * -std::expm1(-1.4 * linear_attenuation(scintillator, kev));
              before += weight;
              behind +=
                  weight * std::exp(-water * linear_attenuation(material("water"), kev) -
                                    bone * linear_attenuation(material("cortical_bone"), kev));
            }
            const Path paths[] = {{"water", water}, {"cortical_bone", bone}};
            INFO(kv << " kV, row " << row << ", column " << column);
            CHECK(std::abs(std::log(beam.transmission(column, row, paths)) -
                           std::log(behind / before)) < 2e-4);
          }
      }
  }
}

TEST_CASE("the projector and the noise follow the heel effect row by row") {
  Scanner s = test::scanner();
  s.heel_effect = true;
  const Beam beam(s, 120.0, test::named({"water"}));
  test::SceneBuilder b({"water"});
  b.term({b.add(Solid::Kind::box, {0, 0, 0}, {150, 1.0, 200})}, 0, 1e-3 * 100.0);
  ScanGeometry g = test::geometry(s, 1, 0.0);
  g.view_angles = {0.0};
  const Exposure e = expose(b.scene, g, beam, {1, 1}, best_isa());
  for (const Index row : {Index(0), Index(13), Index(63)}) {
    const double slope = g.row_tangent(double(row)), fan = g.fan_angle(445.0);
    const double water = 200.0 * std::sqrt(1.0 + slope * slope) / std::cos(fan);
    const auto cell = std::size_t(445 * 64 + row);
    CHECK(double(e.signal.view(0)[cell]) ==
          Approx(beam.water_signal(445, double(row), water)).epsilon(2e-5));
    // Beside the box: air, with the row's own quanta.
    const auto air = std::size_t(5 * 64 + row);
    CHECK(e.signal.view(0)[air] == 1.0f);
    CHECK(double(e.quanta.view(0)[air]) == Approx(beam.air_quanta(5, double(row))).epsilon(1e-5));
  }
}
