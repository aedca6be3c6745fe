// Photon-counting scanners in a trial: what they take, and the arms that their bins make.
#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "vitrine/trial/arm.hpp"
#include "vitrine/trial/bin_levels.hpp"
#include "vitrine/trial/detail/streaming.hpp"
#include "vitrine/trial/plan.hpp"

using namespace vitrine;

namespace {

Value scanner(const char* name, const Value& sensor) {
  Value out = Value()
                  .set("name", Value(name))
                  .set("source_to_iso_mm", Value(541.0))
                  .set("source_to_detector_mm", Value(949.0))
                  .set("columns", Value(888.0))
                  .set("rows", Value(64.0))
                  .set("column_pitch_mm", Value(0.9))
                  .set("row_pitch_mm", Value(0.9))
                  .set("views_per_rotation", Value(984.0))
                  .set("anode_angle_deg", Value(7.0));
  if (!sensor.empty())
    out.set("detector", Value().set("kind", Value("photon_counting")).set("sensor", sensor));
  return out;
}

Value sensor(Value::List thresholds) {
  return Value().set("thresholds_kev", Value(std::move(thresholds)));
}

trial::Scenario read(const Value& counting, Value vary) {
  const Value all =
      Value()
          .set("vitrine", Value(1.0))
          .set("trial", Value().set("name", Value("t")).set("seed", Value(7.0)))
          .set("patients", Value().set("count", Value(1.0)).set("anatomy", Value("thorax")))
          .set("arms",
               Value()
                   .set("scanners", Value::List{scanner("keV", Value()), scanner("n", counting)})
                   .set("protocol", Value().set("kernel", Value("soft")))
                   .set("vary", std::move(vary)));
  Diagnostics problems;
  auto result = trial::Scenario::schema().read(all, problems);
  problems.throw_if_any();
  return result;
}
trial::Scenario read(const Value& counting) {
  return read(counting, Value().set("tube_load_mas", Value::List{Value(80.0)}));
}

}  // namespace

TEST_CASE("bins multiply the arms of scanners that count photons, and of no others") {
  const auto plan = trial::make_plan(
      read(sensor({Value(25.0), Value(65.0)}),
           Value().set("bins", Value::List{Value("total"), Value("bin2"), Value("threshold2")})));
  REQUIRE(plan.arms.size() == 4);
  CHECK(plan.arms[0].name == "keV_soft_80mAs");
  CHECK(plan.arms[1].name == "n_soft_80mAs");
  CHECK(plan.arms[2].name == "n_soft_80mAs_bin2");
  CHECK(plan.arms[3].name == "n_soft_80mAs_threshold2");
  CHECK(plan.arms[1].scan == plan.arms[2].scan);
  CHECK_FALSE(plan.arms[1].same_but_dose(plan.arms[2]));
}

TEST_CASE("a plan counts the time of every bin that is drawn, and of every series") {
  const auto seconds = [](Value::List thresholds, Value::List bins) {
    const auto plan =
        trial::make_plan(read(sensor(std::move(thresholds)), Value().set("bins", std::move(bins))));
    return trial::estimate(plan, 1).seconds;
  };
  const double one = seconds({Value(25.0)}, {Value("total")});
  const double two = seconds({Value(25.0), Value(65.0)}, {Value("total")});
  const double three = seconds({Value(25.0), Value(45.0), Value(65.0)}, {Value("total")});
  CHECK(two > one);
  CHECK(three - two == Approx(two - one));
  CHECK(seconds({Value(25.0), Value(65.0)}, {Value("total"), Value("bin2")}) > two);
}

TEST_CASE("names stand for bins and thresholds") {
  CHECK(bin_window("total", 3) == BinWindow{0, 3});
  CHECK(bin_window("bin1", 3) == BinWindow{0, 1});
  CHECK(bin_window("threshold2", 3) == BinWindow{1, 3});
  CHECK_FALSE(bin_window("bin4", 3));
  CHECK_FALSE(bin_window("bin0", 3));
}

TEST_CASE("a sensor that cannot be is refused with its numbers and a way out") {
  const auto refused = [](const Value& what, const char* words) {
    CHECK_THROWS_WITH(read(what), Catch::Contains(words));
  };
  refused(sensor({Value(65.0), Value(25.0)}), "65 before 25");
  refused(sensor({Value(25.0), Value(25.0)}), "25 before 25");
  refused(sensor({}), "lists 0 thresholds");
  refused(sensor({Value(25.0), Value(125.0)}), "no photon exceeds 120 keV");
  refused(sensor({Value(std::numeric_limits<double>::quiet_NaN())}), "thresholds_kev");
  refused(sensor({Value(-5.0)}), "thresholds_kev");
  Value noisy = sensor({Value(10.0)});
  noisy.set("electronic_noise_kev", Value(3.0));
  refused(noisy, "Use at least 12");
  Value unknown = sensor({Value(25.0)});
  unknown.set("material", Value("unobtainium"));
  refused(unknown, "unobtainium");
  Value wide = sensor({Value(25.0)});
  wide.set("columns", Value(4.0)).set("charge_cloud_mm", Value(0.1));
  refused(wide, "third of a pixel");
  for (const char* key : {"charge_cloud_mm", "fluorescence_percent", "scatter_percent",
                          "electronic_noise_kev", "fano_factor", "thickness_mm"})
    for (const double value : {-1.0, std::numeric_limits<double>::quiet_NaN()}) {
      Value bad = sensor({Value(25.0)});
      bad.set(key, Value(value));
      refused(bad, key);
    }
  CHECK_THROWS_WITH(read(sensor({Value(25.0)}), Value().set("bins", Value::List{Value("bin2")})),
                    Catch::Contains("n has no bins 'bin2'"));
}

namespace {

/// A scenario with levels of bins, without what maps do not go with.
trial::Scenario read_levels(const Value& counting, Value::List levels, Value protocol,
                            Value features = Value::List{Value("statistics")},
                            Value analyse = Value::List{}) {
  protocol.set("kernel", Value("soft"));
  const Value all =
      Value()
          .set("vitrine", Value(1.0))
          .set("trial", Value().set("name", Value("t")).set("seed", Value(7.0)))
          .set("patients", Value().set("count", Value(1.0)).set("anatomy", Value("thorax")))
          .set("arms", Value()
                           .set("scanners", Value::List{scanner("n", counting)})
                           .set("protocol", std::move(protocol))
                           .set("vary", Value().set("bins", std::move(levels))))
          .set("measure", Value().set("features", std::move(features)))
          .set("analyse", std::move(analyse));
  Diagnostics problems;
  auto result = trial::Scenario::schema().read(all, problems);
  problems.throw_if_any();
  return result;
}

const Value::List thresholds{Value(25.0), Value(65.0)};

}  // namespace

TEST_CASE("spectral images are arms of their own, made of one scan") {
  const auto scenario =
      read_levels(sensor(thresholds),
                  {Value("total"), Value("vmi_70kev"), Value("iodine_map"), Value("vnc")}, Value());
  const auto plan = trial::make_plan(scenario);
  REQUIRE(plan.arms.size() == 4);
  CHECK(plan.arms[1].name == "n_soft_80mAs_vmi_70kev");
  CHECK(plan.arms[2].name == "n_soft_80mAs_iodine_map");
  CHECK(plan.arms[0].scan == plan.arms[3].scan);
  CHECK(trial::voxel_unit(scenario.arms, "iodine_map") == recon::VoxelUnit::mg_per_ml);
  CHECK(trial::voxel_unit(scenario.arms, "vnc") == recon::VoxelUnit::hounsfield);
  CHECK(trial::voxel_unit(scenario.arms, "bin1") == recon::VoxelUnit::hounsfield);
  CHECK(trial::has_maps(scenario.arms));
  CHECK_FALSE(trial::has_maps(read_levels(sensor(thresholds), {Value("vmi_70kev")}, Value()).arms));
  // The beam is calibrated for the basis, and for the basis alone where images are spectral.
  const Scanner& scanner = scenario.arms.scanners.front();
  CHECK(trial::beam_materials(scenario.arms, scanner, {}).size() == 1);
  CHECK(trial::beam_materials(scenario.arms, scanner, {material("iodine")}).size() == 1);
  CHECK(trial::beam_materials(read_levels(sensor(thresholds), {Value("bin1")}, Value()).arms,
                              scanner, {})
            .empty());
}

TEST_CASE("spectral images that cannot be are refused with a way out") {
  const auto refused = [](const Value& counting, const char* level, Value protocol,
                          const char* words) {
    CAPTURE(level, words);
    CHECK_THROWS_WITH(read_levels(counting, {Value(level)}, std::move(protocol)),
                      Catch::Contains(words));
  };
  refused(sensor(thresholds), "vmi_30kev", Value(), "40 to 190 keV");
  refused(sensor(thresholds), "vmi_200kev", Value(), "40 to 190 keV");
  refused(sensor(thresholds), "calcium_map", Value(), "it has water_map and iodine_map");
  refused(sensor(thresholds), "vmi70", Value(), "vmi_70kev, iodine_map, water_map, vnc");
  refused(sensor({Value(25.0)}), "vmi_70kev", Value(), "two materials need two energy bins");
  refused(sensor(thresholds), "vnc", Value().set("algorithm", Value("iterative")),
          "Use algorithm: fbp");
  refused(sensor(thresholds), "vnc",
          Value().set("corrections", Value().set("metal", Value(Value::Map{}))),
          "Remove corrections");
  const auto basis = [](const char* name) {
    return Value().set("spectral", Value().set("material", Value(name)));
  };
  refused(sensor(thresholds), "vnc", basis("unobtainium"), "unobtainium");
  refused(sensor(thresholds), "vnc", basis("water"), "spectral.material is water");
  refused(sensor(thresholds), "vnc", basis("iodine 10 mg/ml"), "images are named after it");
  refused(sensor(thresholds), "bin1", basis("calcium"), "there is none");
  CHECK_NOTHROW(read_levels(sensor(thresholds), {Value("calcium_map")}, basis("calcium")));
  // Of scanners that integrate energy there are none.
  CHECK_THROWS_WITH(read_levels(Value(), {Value("vmi_70kev")}, Value()),
                    Catch::Contains("need a photon-counting scanner"));
}

TEST_CASE("what counts in HU does not go with maps, and does with monoenergetic images") {
  CHECK_THROWS_WITH(read_levels(sensor(thresholds), {Value("iodine_map")}, Value(),
                                Value::List{Value("statistics"), Value("glcm")}),
                    Catch::Contains("glcm goes with images in HU"));
  CHECK_THROWS_WITH(read_levels(sensor(thresholds), {Value("iodine_map")}, Value(),
                                Value::List{Value("statistics")}, Value::List{Value("icc")}),
                    Catch::Contains("analyse: []"));
  CHECK_NOTHROW(read_levels(sensor(thresholds), {Value("vmi_70kev")}, Value(),
                            Value::List{Value("statistics"), Value("glcm")},
                            Value::List{Value("icc")}));
}

TEST_CASE("a scan is streamed where that takes no more memory than keeping what its rays bring") {
  using trial::detail::ScanSize;
  const double small = 1e6, large = 1024.0 * 1024.0 * 1024.0;
  // One image: signal and quanta, and the output that is made of them, against all outputs.
  for (std::size_t read_outs = 1; read_outs <= 5; ++read_outs)
    CHECK(ScanSize{read_outs, 1, 2, small}.streams() == (read_outs <= 3));
  // Two bins keep three, and six series of a read-out are made of that at once.
  CHECK(ScanSize{2, 6, 3, small}.series_at_once() == 6);
  CHECK_FALSE(ScanSize{2, 6, 3, small}.streams());
  CHECK(ScanSize{2, 3, 3, small}.streams());
  // 6 GiB hold three kept readings and three series of 1 GiB; one is made in any case.
  CHECK(ScanSize{2, 6, 3, large}.series_at_once() == 3);
  CHECK(ScanSize{2, 6, 3, 10.0 * large}.series_at_once() == 1);
}
