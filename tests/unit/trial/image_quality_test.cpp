// Image quality as a part of a trial: scenario in, numbers and curves out.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "kept_images.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/image_quality/inserts.hpp"
#include "vitrine/evaluation/image_quality/mtf.hpp"
#include "vitrine/evaluation/image_quality/nps.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/trial/image_quality.hpp"
#include "vitrine/trial/plan.hpp"

using namespace vitrine;

namespace {

/// Cells of 1.2 mm at the isocentre: seconds a scan.
Value scanner(double rows = 16.0, double row_pitch = 2.2) {
  return Value()
      .set("name", Value("s"))
      .set("source_to_iso_mm", Value(541.0))
      .set("source_to_detector_mm", Value(949.0))
      .set("columns", Value(220.0))
      .set("rows", Value(rows))
      .set("column_pitch_mm", Value(2.1))
      .set("row_pitch_mm", Value(row_pitch))
      .set("column_offset", Value(1.25))
      .set("views_per_rotation", Value(360.0))
      .set("anode_angle_deg", Value(7.0));
}

Value protocol(double slices, double increment, double field_of_view, double radius = 60.0) {
  return Value()
      .set("kernel", Value("smooth"))
      .set("tube_load_mas", Value(400.0))
      .set("centre", Value("origin"))
      .set("slices", Value(slices))
      .set("slice_thickness_mm", Value(2.5))
      .set("slice_increment_mm", Value(increment))
      .set("full_coverage_radius_mm", Value(radius))
      .set("matrix", Value(256.0))
      .set("field_of_view_mm", Value(field_of_view));
}

Value scenario_of(const Value& anatomy, const Value& protocol, Value vary,
                  Value hardware = scanner()) {
  return Value()
      .set("vitrine", Value(1.0))
      .set("trial", Value().set("name", Value("quality")).set("seed", Value(7.0)))
      .set("patients", Value().set("count", Value(1.0)).set("anatomy", anatomy))
      .set("arms", Value()
                       .set("scanners", Value::List{std::move(hardware)})
                       .set("protocol", protocol)
                       .set("vary", std::move(vary)))
      .set("analyse", Value::List{Value("image_quality")});
}

trial::Scenario read(const Value& node) {
  Diagnostics problems;
  auto scenario = trial::Scenario::schema().read(node, problems);
  problems.throw_if_any();
  return scenario;
}

/// A trial that has run.
struct Run {
  test::KeptImages kept;

  explicit Run(const Value& node) {
    trial::run(trial::make_plan(read(node)), kept, kept, kept, best_isa(), [] { return false; });
    REQUIRE(kept.cases.size() == 1);
  }
  const Table& numbers() const { return kept.cases.front().quality; }
  const Table& curves() const { return kept.cases.front().quality_curves; }

  double value(const std::string& arm, const std::string& measure, const std::string& target,
               const std::string& quantity) const {
    for (const auto& row : numbers().rows)
      if (row[1] == Table::Cell(arm) && row[2] == Table::Cell(measure) &&
          row[3] == Table::Cell(target) && row[4] == Table::Cell(quantity))
        return std::get<double>(row[5]);
    FAIL(arm << ' ' << measure << ' ' << target << ' ' << quantity << " is not in the table");
    return 0.0;
  }
  std::size_t rows(const std::string& measure) const {
    return std::size_t(std::ranges::count_if(
        numbers().rows, [&](const auto& row) { return row[2] == Table::Cell(measure); }));
  }
};

Scene scene_of(const Value& anatomy) {
  Diagnostics problems;
  phantoms::Cohort cohort;
  cohort.anatomy = phantoms::anatomies().make(anatomy, problems);
  problems.throw_if_any();
  return phantoms::build_patient(cohort, 1, "case001", {}).scene;
}

constexpr double energy = 70.0;

Value kernels(std::initializer_list<const char*> names) {
  Value::List list;
  for (const char* name : names) list.emplace_back(name);
  return Value().set("kernel", std::move(list));
}

}  // namespace

TEST_CASE("the inserts of our ACR and Catphan phantoms are where `vitrine qa hu` looks for them") {
  for (const char* name : {"acr464", "catphan_ctp404"}) {
    const trial::PhantomParts parts(scene_of(Value(name)), energy);
    const evaluation::InsertLayout layout = evaluation::insert_layout(name);
    for (const evaluation::Insert& known : layout.inserts) {
      const auto found = std::ranges::find(parts.inserts, known.name, &trial::Rod::name);
      CAPTURE(name, known.name);
      REQUIRE(found != parts.inserts.end());
      const evaluation::Vec2 at =
          known.distance * evaluation::Vec2(math::cos(known.angle), math::sin(known.angle));
      CHECK((found->at(0.0) - at).norm() < 1e-9);
      CHECK(found->radius == known.radius);
      // PTFE is 0.4 HU below its range at 70 keV; the range holds at the energies of 120 kV.
      CHECK(found->attenuation > known.low - 1.0);
      CHECK(found->attenuation < known.high + 1.0);
    }
    const auto body = parts.outline(0.0, 2.0);
    REQUIRE(body);
    CHECK(body->radius == layout.phantom_radius);
  }
}

TEST_CASE("parts are found by their shape, and whatever else is near disturbs") {
  const trial::PhantomParts acr(scene_of(Value("acr464")), energy);
  CHECK(acr.wires.empty());
  CHECK(acr.ramps.empty());  // its ramps are made of plates
  const double module = 40.0;
  CHECK(acr.undisturbed({0, 0}, 20.0, 0.0, 3.0));
  CHECK_FALSE(acr.undisturbed({0, 0}, 60.0, 0.0, 3.0));           // inserts
  CHECK_FALSE(acr.undisturbed({0, 0}, 20.0, 0.5 * module, 3.0));  // another module begins
  CHECK(acr.undisturbed({0, 0}, 45.0, 2.0 * module, 3.0));
  CHECK_FALSE(acr.undisturbed({0, 0}, 55.0, 2.0 * module, 3.0));  // the beads at 50 mm
  CHECK_FALSE(acr.undisturbed({95, 0}, 10.0, 2.0 * module, 3.0));
  CHECK_FALSE(acr.outline(200.0, 3.0));

  const trial::PhantomParts catphan(scene_of(Value("catphan_ctp404")), energy);
  CHECK(catphan.ramps.size() == 4);
  for (const trial::Rod& ramp : catphan.ramps) {
    CHECK(math::asin(ramp.along.z()) == Approx(23.0 * units::deg).epsilon(1e-9));
    CHECK((ramp.at(5.0) - ramp.at(0.0)).norm() ==
          Approx(5.0 / math::tan(23.0 * units::deg)).epsilon(1e-9));
  }
  CHECK(catphan.outline(0.0, 2.0)->radius == 100.0);
  CHECK(catphan.vessel(0.0, 2.0)->radius == 75.0);

  const trial::PhantomParts bead(
      scene_of(Value().set("kind", Value("wire")).set("shape", Value("bead"))), energy);
  REQUIRE(bead.beads.size() == 1);
  CHECK(bead.wires.empty());
  const trial::PhantomParts leaning(
      scene_of(Value().set("kind", Value("wire")).set("tilt_deg", Value(2.0))), energy);
  CHECK(leaning.wires.empty());  // neither upright nor a ramp: it would look wider than it is
  CHECK(leaning.ramps.empty());
}

TEST_CASE("a trial's wire has the MTF that its image has, and a sharper kernel a higher one",
          "[full]") {
  const Value wire = Value()
                         .set("kind", Value("wire"))
                         .set("material", Value("copper"))
                         .set("offset_mm", Value(8.0))
                         .set("length_mm", Value(40.0));
  Value node = scenario_of(wire, protocol(4.0, 2.5, 61.44), kernels({"smooth", "standard"}));
  const Run run(node.set("simulation", Value().set("sub_columns", Value(6.0))));
  // What `vitrine qa mtf IMAGE --diameter 0.2` does.
  double before = 0.0;
  for (const char* arm : {"s_smooth_400mAs", "s_standard_400mAs"}) {
    const Image& image = run.kept.images.at(arm);
    evaluation::PointOptions options;
    options.diameter = 0.2;
    const evaluation::Mtf mtf =
        evaluation::point_mtf(evaluation::mean_plane(image, {0, 3}), options).mtf;
    CHECK(run.value(arm, "mtf", "wire", "mtf50") == mtf.frequency_at(0.5));
    CHECK(run.value(arm, "mtf", "wire", "mtf10") == mtf.frequency_at(0.1));
    CHECK(mtf.frequency_at(0.5) > 1.2 * before);
    before = mtf.frequency_at(0.5);
    std::size_t points = 0;
    for (const auto& row : run.curves().rows)
      if (row[1] == Table::Cell(std::string(arm)) && row[2] == Table::Cell("mtf"))
        CHECK(std::get<double>(row[6]) == mtf.value[points++]);
    CHECK(points == mtf.value.size());
  }
  CHECK(run.rows("ct_number") == 0);
  CHECK(run.rows("uniformity") == 0);  // its regions do not lie in this field of view
}

TEST_CASE("a trial's noise has a spectrum whose integral is its variance, by dose and kernel",
          "[full]") {
  const Value water = Value().set("kind", Value("water_cylinder")).set("length_mm", Value(80.0));
  Value vary = kernels({"smooth", "standard"});
  const Run run(scenario_of(water, protocol(3.0, 2.5, 220.0),
                            vary.set("tube_load_mas", Value::List{Value(400.0), Value(100.0)})));
  for (const char* arm : {"s_smooth_400mAs", "s_smooth_100mAs", "s_standard_400mAs"}) {
    const double noise = run.value(arm, "nps", "uniform", "noise");
    CHECK(run.value(arm, "nps", "uniform", "integral") == Approx(noise * noise).epsilon(1e-12));
    // What `vitrine qa nps IMAGE --centre 0 0 --phantom-radius 100` does.
    std::vector<evaluation::Plane> planes;
    for (Index k = 0; k < 3; ++k)
      planes.push_back(evaluation::mean_plane(run.kept.images.at(arm), {k, k}));
    const evaluation::Nps nps = evaluation::noise_power_spectrum(
        planes, evaluation::regions_in_disc({0, 0}, 80.0, 64.0 * planes[0].pixel), {});
    CHECK(run.value(arm, "nps", "uniform", "regions") == double(nps.regions));
    CHECK(noise * noise == Approx(nps.variance).epsilon(1e-12));
    CHECK(run.value(arm, "nps", "uniform", "peak_frequency") == nps.peak_frequency());
    CHECK(std::abs(run.value(arm, "uniformity", "uniform", "middle")) < 0.3 * noise);
  }
  // Quanta: a quarter of the load has twice the noise.
  CHECK(run.value("s_smooth_100mAs", "nps", "uniform", "noise") ==
        Approx(2.0 * run.value("s_smooth_400mAs", "nps", "uniform", "noise")).epsilon(0.06));
  CHECK(run.value("s_standard_400mAs", "nps", "uniform", "mean_frequency") >
        run.value("s_smooth_400mAs", "nps", "uniform", "mean_frequency"));
}

TEST_CASE("inserts have CT numbers beside their truth, ramps a slice profile", "[full]") {
  Value node = scenario_of(Value("catphan_ctp404"), protocol(1.0, 2.5, 215.0),
                           Value().set("slice_thickness_mm", Value::List{Value(2.5), Value(5.0)}));
  // Rays enough for wires of 0.25 mm, which fewer would cut into pieces.
  const Run run(
      node.set("simulation", Value().set("sub_columns", Value(4.0)).set("sub_rows", Value(6.0))));
  const std::string thin = "s_smooth_400mAs_2.5mm", thick = "s_smooth_400mAs_5mm";
  CHECK(run.rows("ct_number") == 2 * 8 * 4);
  for (const char* plastic : {"ldpe", "polystyrene", "pmp"}) {
    // Monochromatic at 70 keV against 120 kV behind the water correction.
    CHECK(run.value(thin, "ct_number", plastic, "mean") ==
          Approx(run.value(thin, "ct_number", plastic, "truth")).margin(25.0));
  }
  CHECK(run.value(thin, "ct_number", "air", "truth") < -990.0);
  CHECK(run.rows("mtf") > 0);
  for (const char* ramp : {"wire_ramp_1", "wire_ramp_3"}) {
    const double width = run.value(thick, "ssp", ramp, "fwhm");
    CHECK(width == Approx(5.0).epsilon(0.1));
    CHECK(run.value(thin, "ssp", ramp, "fwhm") < 0.75 * width);
  }
}

TEST_CASE("a wide cone reads inserts 60 mm below its middle as it does in the middle", "[full]") {
  // One rotation of 160 mm: 40 rows of 4 mm at the isocentre, curved and flat.
  for (const char* shape : {"curved", "flat"}) {
    const Value wide = scanner(40.0, 7.0).set("detector", Value().set("shape", Value(shape)));
    const auto seen = [&](const char* at_origin, double slices) {
      const Value acr = Value().set("kind", Value("acr464")).set("at_origin", Value(at_origin));
      const Value how = protocol(slices, 20.0, 215.0, 90.0);
      return Run(scenario_of(acr, how, Value(), wide));
    };
    const Run below = seen("middle", 7.0), middle = seen("ct_numbers", 1.0);
    const std::string arm = "s_smooth_400mAs";
    for (const char* insert : {"air", "acrylic", "water", "polyethylene", "bone"}) {
      const double there = below.value(arm, "ct_number", insert, "mean");
      const double here = middle.value(arm, "ct_number", insert, "mean");
      CAPTURE(shape, insert, there, here);
      // Noise of a mean of 450 pixels: below 1 HU. Cells of 4 mm and other paths through them.
      CHECK(there == Approx(here).epsilon(0.01).margin(4.0));
    }
    // The uniform module, 20 mm above the middle.
    CHECK(below.value(arm, "uniformity", "uniform", "middle") == Approx(0.0).margin(4.0));
    CHECK(below.value(arm, "uniformity", "uniform", "largest_difference") ==
          Approx(0.0).margin(6.0));
  }
}

TEST_CASE("image quality is refused where there is no phantom, and where no slice shows it") {
  const Value plain = protocol(3.0, 2.5, 220.0);
  CHECK_THROWS_WITH(read(scenario_of(Value("thorax"), plain, Value())),
                    Catch::Contains("image_quality needs a test phantom"));
  Value tilted = plain;
  tilted.set("gantry_tilt_deg", Value(10.0));
  CHECK_THROWS_WITH(read(scenario_of(Value("acr464"), tilted, Value())),
                    Catch::Contains("an upright gantry"));
  CHECK_NOTHROW(read(scenario_of(Value("acr464"), plain, Value())));
  // Slices of the Shepp-Logan head: ellipsoids.
  test::KeptImages kept;
  std::string message;
  struct Listening final : trial::Progress {
    explicit Listening(std::string& to) : text(to) {}
    void step(double, double, const std::string&) override {}
    void case_failed(const std::string&, const Error& error) override { text = explain(error); }
    std::string& text;
  } progress(message);
  const auto plan = trial::make_plan(read(scenario_of(Value("shepp_logan"), plain, Value())));
  const auto result = trial::run(plan, kept, kept, progress, best_isa(), [] { return false; });
  CHECK(result.failures.size() == 1);
  CHECK(message.find("finds nothing to measure") != std::string::npos);
  CHECK(kept.images.empty());
}
