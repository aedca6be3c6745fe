// Sites: what is drawn for their machines, and what they are called.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "coarse_scanner.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/incident.hpp"
#include "vitrine/recon/calibration.hpp"
#include "vitrine/recon/kernel_fit.hpp"
#include "vitrine/recon/own_kernels.hpp"
#include "vitrine/trial/plan.hpp"

using namespace vitrine;

namespace {

Value normal(double mean, double sd) {
  return Value().set("normal", Value().set("mean", Value(mean)).set("sd", Value(sd)));
}

Value named(const char* name) {
  Value scanner = test::coarse_scanner(160);
  std::get<Value::Map>(scanner.data)[0].value = Value(name);
  return scanner;
}

Value sites(double count, Value deviations = Value(Value::Map{}), const char* of = nullptr) {
  Value node = Value().set("count", Value(count)).set("deviations", std::move(deviations));
  if (of) node.set("scanner", Value(of));
  return node;
}

Value scenario(std::vector<Value> scanners, std::vector<Value> list, Value more = Value()) {
  Value arms = Value()
                   .set("scanners", Value(std::move(scanners)))
                   .set("protocol", Value().set("kernel", Value("soft")));
  if (!list.empty()) arms.set("sites", Value(std::move(list)));
  if (const auto* map = more.as<Value::Map>())
    for (const auto& member : *map) arms.set(member.key, member.value);
  return Value()
      .set("vitrine", Value(1.0))
      .set("trial", Value().set("name", Value("t")).set("seed", Value(7.0)))
      .set("patients", Value().set("count", Value(1.0)).set("anatomy", Value("thorax")))
      .set("arms", std::move(arms));
}

trial::Plan plan_of(const Value& node) {
  Diagnostics problems;
  auto read = trial::Scenario::schema().read(node, problems);
  problems.throw_if_any();
  return trial::make_plan(std::move(read));
}

std::string problem_of(const Value& node) {
  Diagnostics problems;
  trial::Scenario::schema().read(node, problems);
  std::string all;
  for (const auto& entry : problems.entries()) all += entry.message + '\n';
  return all;
}

std::vector<std::string> names_of(const trial::Plan& plan) {
  std::vector<std::string> names;
  for (const Scanner& scanner : plan.scenario.arms.scanners) names.push_back(scanner.name);
  return names;
}

std::string row_of(const trial::Plan& plan, const std::string& site) {
  const Table table = trial::site_table(plan.sites);
  for (const auto& row : table.rows)
    if (std::get<std::string>(row[0]) == site) {
      Table one;
      one.columns = table.columns;
      one.add(row);
      return one.to_csv();
    }
  return "";
}

Value all_of_them() {
  return Value()
      .set("tube_output_percent", normal(0, 5))
      .set("calibration_hu", normal(0, 2))
      .set("calibration_scale_percent", normal(0, 1))
      .set("kernel_frequency_percent", normal(0, 4))
      .set("slice_thickness_percent", normal(0, 8))
      .set("focal_spot_percent", normal(0, 10))
      .set("electronic_noise_percent", normal(0, 10));
}

}  // namespace

TEST_CASE("each site is a scanner of its own in the plan") {
  const auto plan = plan_of(scenario({named("a"), named("b"), named("c")},
                                     {sites(2, all_of_them(), "a"), sites(1, all_of_them(), "c")}));
  CHECK(names_of(plan) == std::vector<std::string>{"a_site1", "a_site2", "b", "c_site1"});
  REQUIRE(plan.arms.size() == 4);
  CHECK(plan.arms[1].name == "a_site2_soft_80mAs");
  REQUIRE(plan.sites.size() == 3);
  CHECK(plan.sites[2].scanner == "c");
  CHECK(trial::site_table(plan.sites).rows.size() == 3);
  const auto everywhere = plan_of(scenario({named("a"), named("b")}, {sites(2)}));
  CHECK(names_of(everywhere) ==
        std::vector<std::string>{"a_site1", "a_site2", "b_site1", "b_site2"});
}

TEST_CASE("a scenario without sites is what it was") {
  const auto plain = plan_of(scenario({named("a")}, {}));
  CHECK(names_of(plain) == std::vector<std::string>{"a"});
  CHECK(plain.sites.empty());
  CHECK(trial::site_table(plain.sites).columns.empty());
  CHECK(to_json(plain.written).find("sites") == std::string::npos);
  CHECK(to_json(plain.written).find("deviations") == std::string::npos);
  CHECK(to_json(plain.written) == to_json(trial::Scenario::schema().write(plain.scenario)));
}

TEST_CASE("a plan's echo is the scenario as it was written, and plans the same again") {
  const auto plan = plan_of(scenario({named("a")}, {sites(3, all_of_them())}));
  const auto again = plan_of(plan.written);
  CHECK(again.fingerprint == plan.fingerprint);
  CHECK(to_json(again.written) == to_json(plan.written));
  CHECK(trial::site_table(again.sites).to_csv() == trial::site_table(plan.sites).to_csv());
}

TEST_CASE("another site, scanner or deviation changes no site") {
  const auto few = plan_of(scenario({named("a")}, {sites(2, all_of_them())}));
  const auto more = plan_of(scenario({named("b"), named("a")}, {sites(5, all_of_them())}));
  for (const char* site : {"a_site1", "a_site2"}) CHECK(row_of(few, site) == row_of(more, site));
  CHECK(row_of(few, "a_site1") != row_of(few, "a_site2"));
  const Value one = Value().set("calibration_hu", normal(0, 2));
  const auto alone = plan_of(scenario({named("a")}, {sites(2, one)}));
  CHECK(alone.sites[1].deviations.calibration_offset == few.sites[1].deviations.calibration_offset);
  CHECK(alone.sites[1].deviations.tube_output == 0.0);
  Value other_seed = scenario({named("a")}, {sites(2, all_of_them())});
  std::get<Value::Map>(other_seed.data)[1].value.set("context_of_use", Value(Value::Map{}));
  CHECK(row_of(plan_of(other_seed), "a_site1") == row_of(few, "a_site1"));
}

TEST_CASE("deviations of many sites have the mean and spread that were asked for") {
  constexpr int n = 1000;
  const auto plan = plan_of(scenario(
      {named("a")},
      {sites(
          n,
          Value().set("tube_output_percent", normal(2, 5)).set("calibration_hu", normal(0, 2)))}));
  const Table table = trial::site_table(plan.sites);
  for (const auto& [column, mean, sd] :
       {std::tuple("tube_output_percent", 2.0, 5.0), std::tuple("calibration_hu", 0.0, 2.0)}) {
    double sum = 0.0, squares = 0.0;
    for (const auto& row : table.rows) sum += std::get<double>(row[table.column(column)]);
    for (const auto& row : table.rows) {
      const double from = std::get<double>(row[table.column(column)]) - sum / n;
      squares += from * from;
    }
    // Four standard errors: sd / sqrt(n) of the mean, sd / sqrt(2 n) of the spread.
    CHECK(sum / n == Approx(mean).margin(4.0 * sd / std::sqrt(double(n))));
    CHECK(std::sqrt(squares / (n - 1)) == Approx(sd).margin(4.0 * sd / std::sqrt(2.0 * n)));
  }
  // The two are drawn independently: correlation within 4 / sqrt(n) of 0.
  double xy = 0.0, xx = 0.0, yy = 0.0;
  for (const auto& site : plan.sites) {
    const double x = site.deviations.tube_output - 0.02, y = site.deviations.calibration_offset;
    xy += x * y, xx += x * x, yy += y * y;
  }
  CHECK(std::abs(xy / std::sqrt(xx * yy)) < 4.0 / std::sqrt(double(n)));
}

TEST_CASE("a selector names a site, or a type and means its first site") {
  const auto with = [](const char* scanner) {
    return scenario({named("a"), named("b")}, {sites(2, all_of_them(), "b")},
                    Value().set("reference", Value().set("scanner", Value(scanner))));
  };
  const auto reference = [&](const char* scanner) {
    const auto plan = plan_of(with(scanner));
    return plan.arms[plan.reference].name;
  };
  CHECK(reference("b") == "b_site1_soft_80mAs");
  CHECK(reference("b_site2") == "b_site2_soft_80mAs");
  CHECK(reference("a") == "a_soft_80mAs");
  CHECK_THAT(problem_of(with("b_site3")), Catch::Contains("reference must name an arm"));
}

TEST_CASE("a site's machine is its type but for what was drawn") {
  const auto plain = plan_of(scenario({named("a")}, {}));
  const Scanner& type = plain.scenario.arms.scanners[0];
  const auto text = [](const Scanner& scanner) {
    return to_json(Scanner::schema().write(scanner));
  };
  Scanner renamed = type;
  renamed.name = "a_site1";
  CHECK(text(trial::machine_of(type, {"a_site1", "a", {}, 0.0, 0.0, {}})) == text(renamed));
  const Scanner other =
      trial::machine_of(type, {"a_site1", "a", {.tube_output = 0.1}, 0.5, -0.25, {}});
  CHECK(other.focal_spot_width == 1.5 * type.focal_spot_width);
  CHECK(other.focal_spot_length == 1.5 * type.focal_spot_length);
  CHECK(other.detector.electronic_noise == 0.75 * type.detector.electronic_noise);
  REQUIRE(other.deviations);
  CHECK(other.deviations->tube_output == 0.1);
  // Of a type that is off already, both: an affine map after an affine map.
  Scanner off = type;
  off.deviations = Deviations{.calibration_offset = 2.0, .calibration_scale = 0.01};
  const Deviations both =
      *trial::machine_of(
           off, {"s", "a", {.calibration_offset = 3.0, .calibration_scale = 0.02}, 0.0, 0.0, {}})
           .deviations;
  const double hu = 40.0;
  CHECK((1.0 + both.calibration_scale) * hu + both.calibration_offset ==
        Approx(1.02 * (1.01 * hu + 2.0) + 3.0).epsilon(1e-12));
}

TEST_CASE("photons follow a tube's deviation at every energy") {
  Scanner scanner = plan_of(scenario({named("a")}, {})).scenario.arms.scanners[0];
  const physics::Beam plain(scanner, 120.0, {});
  for (const double deviation : {0.2, -0.15}) {
    for (const bool stated : {false, true}) {
      scanner.deviations.reset();
      if (stated) scanner.output = TubeOutput{{120.0}, {0.17}};
      const auto before = physics::incident_spectrum(scanner, 120.0);
      scanner.deviations = Deviations{.tube_output = deviation};
      const auto after = physics::incident_spectrum(scanner, 120.0);
      for (std::size_t e = 0; e < before.fluence.size(); ++e)
        REQUIRE(after.fluence[e] == Approx((1.0 + deviation) * before.fluence[e]).epsilon(1e-12));
    }
    scanner.output.reset();
    CHECK(physics::Beam(scanner, 120.0, {}).air_quanta(110) ==
          Approx((1.0 + deviation) * plain.air_quanta(110)).epsilon(1e-9));
  }
}

TEST_CASE("a calibration that is off is an affine map that spares what was not measured") {
  Grid grid;
  grid.size = {4, 1, 1};
  Image image(grid);
  const float values[] = {0.0f, 50.0f, -1000.0f, -990.0f};
  std::copy(std::begin(values), std::end(values), image.values().begin());
  Image same = image;
  recon::miscalibrate(same, 0.0, 0.0);
  CHECK(std::ranges::equal(same.values(), image.values()));
  recon::miscalibrate(image, 0.02, 3.0);
  CHECK(image.values()[0] == 3.0f);
  CHECK(image.values()[1] == 54.0f);
  CHECK(image.values()[2] == -1000.0f);
  CHECK(image.values()[3] == Approx(-1006.8).epsilon(1e-6));
}

TEST_CASE("sites that cannot be are refused with the way out") {
  CHECK_THAT(problem_of(scenario({named("abc")}, {sites(2, all_of_them(), "abd")})),
             Catch::Contains("there is no scanner 'abd'") && Catch::Contains("'abc'"));
  CHECK_THAT(problem_of(scenario({named("a")}, {sites(0)})), Catch::Contains("out of range"));
  CHECK_THAT(problem_of(scenario({named("a")}, {sites(2), sites(2, all_of_them(), "a")})),
             Catch::Contains("come after sites of every scanner"));
  CHECK_THAT(problem_of(scenario({named("a")},
                                 {sites(1, all_of_them(), "a"), sites(2, all_of_them(), "a")})),
             Catch::Contains("sites of 'a' come after sites of the same"));
  CHECK_THAT(problem_of(scenario({named("a"), named("a_site2")}, {sites(2, all_of_them(), "a")})),
             Catch::Contains("two scanners would be called 'a_site2'"));
  CHECK_THAT(problem_of(scenario({named("a")}, {sites(1, Value().set("tube_output", Value(5.0)))})),
             Catch::Contains("'tube_output_percent'"));
  CHECK_THAT(
      problem_of(scenario({named("a")}, {sites(1, Value().set("calibration_hu", Value(80.0)))})),
      Catch::Contains("out of range"));
  CHECK_THAT(
      problem_of(scenario({named("a")}, {sites(1, Value().set("calibration_hu", normal(40, 10)))})),
      Catch::Contains("at most 5 % may be cut away"));
  Value blunt = named("a");
  blunt.set("focal_spot_width_mm", Value(2.0));
  CHECK_THAT(
      problem_of(scenario({blunt}, {sites(1, Value().set("focal_spot_percent", Value(80.0)))})),
      Catch::Contains("a_site1 cannot be") && Catch::Contains("focal_spot_width_mm"));
  CHECK_THAT(problem_of(scenario({named("a_name_that_has_32_characters_in")}, {sites(1)})),
             Catch::Contains("a_name_that_has_32_characters_in_site1 cannot be") &&
                 Catch::Contains("file names"));
}

TEST_CASE("uncertain numbers are drawn from their ranges, each by itself") {
  // A machine differs from its type in what is uncertain and in nothing else; one more uncertain
  // number changes no draw; the other sites do not draw.
  const auto uncertain = [](const char* key, const char* range, double low, double high) {
    return Value()
        .set("keys", Value::List{Value(key)})
        .set("source", Value("a guess"))
        .set("uncertain", Value(true))
        .set(range, Value::List{Value(low), Value(high)});
  };
  const auto type = [&](std::vector<Value> provenance) {
    Value console =
        Value()
            .set("scan_field_mm", Value(400.0))
            .set("collimation_mm", Value(40.13))
            .set("tube_voltages_kv", Value::List{Value(120.0)})
            .set("lowest_tube_current_ma", Value(10.0))
            .set("highest_tube_current_ma", Value(500.0))
            .set("rotation_times_s", Value::List{Value(0.5)})
            .set("focal_spots",
                 Value::List{Value().set("width_mm", Value(1.0)).set("length_mm", Value(1.0))});
    return named("a").set("profile", Value()
                                         .set("vendor", Value("v"))
                                         .set("modelled_on", Value("m"))
                                         .set("year", Value(2000.0))
                                         .set("console", std::move(console))
                                         .set("provenance", Value(std::move(provenance))));
  };
  const Value noise = uncertain("detector.electronic_noise_kev", "range", 100, 500),
              views = uncertain("views_per_rotation", "range", 100, 300),
              plates = uncertain("filters", "range_percent", -20, 20);
  const auto drawing = sites(3).set("draw_uncertain", Value(true));
  auto with_plates = [&](std::vector<Value> provenance) {
    return type(std::move(provenance))
        .set("filters", Value::List{Value().set("thickness_mm", Value(4.0)),
                                    Value().set("thickness_mm", Value(2.0))});
  };
  const trial::Plan plan = plan_of(scenario({with_plates({noise, views, plates})}, {drawing}));
  REQUIRE(plan.scenario.arms.scanners.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const Scanner& machine = plan.scenario.arms.scanners[i];
    REQUIRE(plan.sites[i].uncertain.size() == 3);
    CHECK(machine.detector.electronic_noise == plan.sites[i].uncertain[0].value);
    CHECK(machine.detector.electronic_noise >= 100.0);
    CHECK(machine.detector.electronic_noise <= 500.0);
    CHECK(double(machine.views_per_rotation) == std::round(plan.sites[i].uncertain[1].value));
    const double more = plan.sites[i].uncertain[2].value;
    CHECK(std::abs(more) <= 0.2);
    CHECK(machine.filters[0].thickness == Approx(4.0 * (1.0 + more)).epsilon(1e-12));
    CHECK(machine.filters[1].thickness == Approx(2.0 * (1.0 + more)).epsilon(1e-12));
    CHECK(machine.columns == 220);
    for (std::size_t j = 0; j < i; ++j)
      CHECK(plan.scenario.arms.scanners[j].detector.electronic_noise !=
            machine.detector.electronic_noise);
  }
  const trial::Plan fewer = plan_of(scenario({with_plates({plates, noise})}, {drawing}));
  CHECK(fewer.sites[1].uncertain[1].value == plan.sites[1].uncertain[0].value);
  const trial::Plan nominal = plan_of(scenario({with_plates({noise})}, {sites(1)}));
  CHECK(nominal.sites[0].uncertain.empty());
  CHECK(nominal.scenario.arms.scanners[0].detector.electronic_noise == 300.0);
  const Table table = trial::site_table(plan.sites);
  CHECK(std::get<double>(table.rows[2][table.column("filters_percent")]) ==
        Approx(100.0 * plan.sites[2].uncertain[2].value));
}

TEST_CASE("a kernel's name means what the scanner's profile says") {
  // The image's MTF, kernel times the scanner's own blur, is the profile's at both levels
  // (fit_kernel meets them exactly); a kernel with parameters of its own, and a scanner without a
  // profile, keep theirs. A larger focal spot of one machine is not fitted away.
  Diagnostics problems;
  Scanner scanner = Scanner::schema().read(Value()
                                               .set("name", Value("s"))
                                               .set("source_to_iso_mm", Value(541.0))
                                               .set("source_to_detector_mm", Value(949.0))
                                               .set("columns", Value(888.0))
                                               .set("rows", Value(16.0))
                                               .set("column_pitch_mm", Value(1.02))
                                               .set("row_pitch_mm", Value(1.1))
                                               .set("views_per_rotation", Value(984.0))
                                               .set("anode_angle_deg", Value(7.0)),
                                           problems);
  const auto kernel = [&](Value node) { return recon::kernels().make(node, problems); };
  const auto same = [](const auto& a, const auto& b) {
    return to_json(a.canonical) == to_json(b.canonical);
  };
  const auto soft = kernel(Value("soft"));
  CHECK(same(recon::own_kernel(soft, scanner), soft));
  scanner.profile.emplace();
  scanner.profile->console.focal_spots = {{1.0, 1.0}};
  scanner.profile->kernels = {{"soft", "S", 0.33, 0.55}};
  const auto own = recon::own_kernel(soft, scanner);
  const recon::ScannerBlur blur(scanner);
  CHECK(own->gain(0.33) * blur.signal(0.33) == Approx(0.5).epsilon(1e-6));
  CHECK(own->gain(0.55) * blur.signal(0.55) == Approx(0.1).epsilon(1e-6));
  CHECK(*own.canonical.find("name")->as<std::string>() == "soft");
  const auto sharp = kernel(Value("sharp"));
  CHECK(same(recon::own_kernel(sharp, scanner), sharp));
  const auto changed = kernel(Value().set("kind", Value("soft")).set("cutoff_per_mm", Value(0.8)));
  CHECK(same(recon::own_kernel(changed, scanner), changed));
  scanner.focal_spot_width = 1.4;
  CHECK(same(recon::own_kernel(soft, scanner), own));
  CHECK(problems.ok());
}

namespace {

Value listed(Value::List arms) {
  return Value().set("design",
                     Value().set("kind", Value("list")).set("arms", Value(std::move(arms))));
}

Value at(const char* scanner, const char* kernel) {
  return Value().set("scanner", Value(scanner)).set("kernel", Value(kernel));
}

std::vector<std::string> arms_of(const trial::Plan& plan) {
  std::vector<std::string> names;
  for (const trial::Arm& arm : plan.arms) names.push_back(arm.name);
  return names;
}

}  // namespace

TEST_CASE("an arm of a list that names a scanner is made at each of its sites") {
  using Names = std::vector<std::string>;
  const std::vector<Value> scanners{named("a"), named("b")};
  // That of no name is of the first scanner, at all its sites too.
  const Value mixed =
      listed({Value(Value::Map{}), at("a", "sharp"), at("a_site2", "standard"), at("b", "soft")});
  const auto plan = plan_of(scenario(scanners, {sites(2, all_of_them(), "a")}, mixed));
  CHECK(arms_of(plan) == Names{"a_site1_soft_80mAs", "a_site2_soft_80mAs", "a_site1_sharp_80mAs",
                               "a_site2_sharp_80mAs", "a_site2_standard_80mAs", "b_soft_80mAs"});
  // Each is the arm that it is when every site is named.
  const Value each = listed({at("a_site1", "soft"), at("a_site2", "soft"), at("a_site1", "sharp"),
                             at("a_site2", "sharp"), at("a_site2", "standard"), at("b", "soft")});
  const auto spelt = plan_of(scenario(scanners, {sites(2, all_of_them(), "a")}, each));
  REQUIRE(arms_of(spelt) == arms_of(plan));
  for (std::size_t i = 0; i < plan.arms.size(); ++i) {
    CHECK(spelt.arms[i].scanner == plan.arms[i].scanner);
    CHECK(spelt.arms[i].kernel_name == plan.arms[i].kernel_name);
  }
  // Without sites a list is what it was.
  const auto plain = plan_of(scenario(scanners, {}, listed({at("b", "soft"), at("a", "sharp")})));
  CHECK(arms_of(plain) == Names{"b_soft_80mAs", "a_sharp_80mAs"});
}

TEST_CASE("a list with sites says what is wrong with an arm, and where") {
  const auto problem = [](Value::List arms) {
    return problem_of(scenario({named("a")}, {sites(2)}, listed(std::move(arms))));
  };
  CHECK(problem({at("a", "soft")}).empty());
  CHECK(problem({at("a_site1", "soft")})
            .find("no arm scans with a_site2, a site of a (an arm that names a is made at each") !=
        std::string::npos);
  CHECK(problem({at("a", "soft"), at("c", "soft")})
            .find("there is no scanner 'c' (an arm is of one of arms.scanners, at each of its "
                  "sites, or of one site)") != std::string::npos);
  Value twice = scenario({named("a")}, {sites(2)},
                         listed({at("a", "sharp"), at("a", "soft"), at("a_site2", "soft")}));
  const Value* items = twice.find("arms")->find("design")->find("arms");
  auto& third = const_cast<Value&>((*items->as<Value::List>())[2]);
  third.where = {"t.yaml", 7, 3, {}};
  Diagnostics problems;
  trial::Scenario::schema().read(twice, problems);
  REQUIRE(problems.entries().size() == 1);
  CHECK(problems.entries().front().message.find("arm 5 is arm 4 once more (both are "
                                                "a_site2_soft_80mAs)") != std::string::npos);
  CHECK(problems.entries().front().where.line == 7);
}
