// Several protocols as a factor: arms, levels that follow the protocol, shared rays, messages.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "coarse_scanner.hpp"
#include "kept_images.hpp"
#include "read_plan.hpp"
#include "vitrine/trial/analysis.hpp"
#include "vitrine/trial/design_summary.hpp"
#include "vitrine/trial/draft.hpp"

using namespace vitrine;
using trial::Stage;

namespace {

Value map() { return Value(Value::Map{}); }

Value scanner(const char* name = "a") {
  Value out = test::coarse_scanner(60.0);
  const_cast<Value&>(*out.find("name")) = Value(name);
  const_cast<Value&>(*out.find("columns")) = Value(110.0);
  const_cast<Value&>(*out.find("column_pitch_mm")) = Value(8.4);
  return out;
}

/// Slices of so many mm that fill 16 mm.
Value protocol(const char* name, const char* kernel, double slice, double load = 80.0) {
  return Value()
      .set("name", Value(name))
      .set("kernel", Value(kernel))
      .set("tube_load_mas", Value(load))
      .set("slices", Value(16.0 / slice))
      .set("slice_thickness_mm", Value(slice))
      .set("slice_increment_mm", Value(slice))
      .set("matrix", Value(32.0))
      .set("field_of_view_mm", Value(128.0));
}

Value helical(const char* name) {
  return protocol(name, "soft", 4.0).set("mode", Value("helical")).set("pitch", Value(0.9));
}

struct Trial {
  Value::List scanners{scanner()}, protocols;
  Value design = Value("full_factorial"), vary = map(), reference = map(), sites;

  Value document() const {
    const Value shape = Value().set("kind", Value("sphere")).set("diameter_mm", Value(20.0));
    Value arms = Value().set("scanners", scanners).set("design", design).set("vary", vary);
    if (protocols.size() == 1)
      arms.set("protocol", protocols.front());
    else
      arms.set("protocols", protocols);
    if (!sites.empty()) arms.set("sites", sites);
    arms.set("reference", reference);
    return Value()
        .set("vitrine", Value(1.0))
        .set("trial", Value().set("name", Value("t")).set("seed", Value(7.0)))
        .set("patients",
             Value()
                 .set("count", Value(1.0))
                 .set("anatomy",
                      Value().set("kind", Value("thorax")).set("vessel_twigs", Value(1.0)))
                 .set("lesions", Value::List{Value().set("shape", shape)}))
        .set("arms", arms)
        .set("measure", Value().set("features", Value::List{Value("statistics")}));
  }
  trial::Plan plan() const { return test::plan_of(document()); }
  std::string problem() const { return test::problem_of(document()); }
};

using Names = std::vector<std::string>;

trial::TrialResult run(const trial::Plan& plan, test::KeptImages& kept) {
  return trial::run(plan, kept, kept, kept, best_isa(), [] { return false; });
}

bool same_bits(const Image& a, const Image& b) {
  return a.grid() == b.grid() && std::ranges::equal(a.values(), b.values());
}

}  // namespace

TEST_CASE("protocols are a factor, and what each says for itself goes with it") {
  Trial two;
  two.protocols = {protocol("low", "sharp", 4.0, 20.0), protocol("high", "soft", 2.0)};
  auto plan = two.plan();
  CHECK(test::arm_names(plan) == Names{"a_low", "a_high"});
  CHECK(plan.arms[0].kernel_name == "sharp");
  CHECK(plan.arms[1].kernel_name == "soft");
  CHECK(plan.arms[0].tube_load == 20.0);
  CHECK(plan.arms[1].tube_load == 80.0);
  CHECK(plan.arms[1].slice_thickness == 2.0);
  const auto summary = trial::summary_of(plan);
  REQUIRE(summary.factors.size() == 1);  // kernel, load and thickness are the protocol's
  CHECK(summary.factors.front().key == "protocol");
  CHECK(summary.factors.front().levels == Names{"low", "high"});

  two.vary = Value().set("kernel", test::words({"soft", "standard"}));
  plan = two.plan();
  CHECK(test::arm_names(plan) ==
        Names{"a_low_soft", "a_low_standard", "a_high_soft", "a_high_standard"});
  CHECK(trial::summary_of(plan).confounded.empty());

  two.reference = Value().set("protocol", Value("high"));
  CHECK(two.plan().reference == 2);
  two.vary = Value().set("protocol", test::words({"high"}));
  CHECK(two.problem().find("no arm is scanned with protocol low") != std::string::npos);
}

TEST_CASE("what a draft writes of several protocols is read as it was") {
  Trial two;
  two.protocols = {protocol("p", "soft", 4.0), protocol("q", "sharp", 2.0)};
  const_cast<Value&>(*two.protocols[1].find("matrix")) = Value(512.0);
  Value document = two.document();
  document.set("simulation", Value().set("quality", Value("draft")));
  Diagnostics problems;
  const auto scenario = trial::drafted(trial::Scenario::schema().read(document, problems));
  problems.throw_if_any();
  CHECK(scenario.arms.protocols[0].matrix == 32);
  CHECK(scenario.arms.protocols[1].matrix == 256);
  const Value written = trial::Scenario::schema().write(scenario);
  const auto again = trial::Scenario::schema().read(written, problems);
  problems.throw_if_any();
  CHECK(trial::fingerprint(again) == trial::fingerprint(scenario));
  CHECK(again.arms.protocols.size() == 2);
}

TEST_CASE("every design takes protocols") {
  Trial two;
  two.protocols = {protocol("low", "sharp", 4.0, 20.0), protocol("high", "soft", 2.0)};
  two.vary = Value().set("slice_thickness_mm", Value::List{Value(2.0), Value(4.0)});
  two.design = Value("one_at_a_time");
  CHECK(test::arm_names(two.plan()) == Names{"a_low_2mm", "a_high_2mm", "a_low_4mm"});
  two.design = Value("paired");
  CHECK(test::arm_names(two.plan()) == Names{"a_low_2mm", "a_high_4mm"});
  two.design = Value().set("kind", Value("latin_hypercube")).set("arms", Value(4.0));
  const auto plan = two.plan();
  CHECK(std::ranges::count(plan.arms, std::size_t{1}, &trial::Arm::protocol) == 2);

  Trial listed = two;
  listed.vary = map();
  listed.design =
      Value()
          .set("kind", Value("list"))
          .set(
              "arms",
              Value::List{Value().set("protocol", Value("high")), map(),
                          Value().set("protocol", Value("high")).set("kernel", Value("standard"))});
  const auto arms = listed.plan().arms;
  REQUIRE(arms.size() == 3);
  CHECK(arms[0].kernel_name == "soft");
  CHECK(arms[1].kernel_name == "sharp");
  CHECK(arms[2].kernel_name == "standard");
  CHECK(arms[1].tube_load == 20.0);
  CHECK(arms[2].tube_load == 80.0);

  Trial nested = two;
  nested.scanners = {scanner("a"), scanner("b")};
  nested.vary = map();
  nested.design =
      Value()
          .set("kind", Value("nested"))
          .set("scanners",
               Value::List{Value()
                               .set("scanner", Value("b"))
                               .set("vary", Value().set("protocol", test::words({"high"})))});
  CHECK(test::arm_names(nested.plan()) == Names{"a_low", "a_high", "b_high"});
}

TEST_CASE("nested levels of a scanner's type hold at all its sites, a machine's own before them") {
  const auto levels = [](const char* name, const char* kernel) {
    return Value()
        .set("scanner", Value(name))
        .set("vary", Value().set("kernel", test::words({"soft", kernel})));
  };
  Trial trial;
  trial.protocols = {protocol("p", "soft", 4.0)};
  trial.sites = Value::List{Value().set("count", Value(2.0))};
  trial.design =
      Value()
          .set("kind", Value("nested"))
          .set("scanners", Value::List{levels("a", "sharp"), levels("a_site2", "standard")});
  CHECK(test::arm_names(trial.plan()) == Names{"a_site1_soft_80mAs", "a_site1_sharp_80mAs",
                                               "a_site2_soft_80mAs", "a_site2_standard_80mAs"});
  trial.design =
      Value().set("kind", Value("nested")).set("scanners", Value::List{levels("a_site3", "sharp")});
  CHECK(trial.problem().find("there is no scanner 'a_site3'") != std::string::npos);
}

TEST_CASE("protocols that scan alike share rays and noise, and images are those of each alone") {
  Trial all;
  all.protocols = {protocol("thick", "soft", 4.0), protocol("thin", "sharp", 2.0),
                   helical("helix")};
  test::KeptImages together;
  const auto result = run(all.plan(), together);
  REQUIRE(together.images.size() == 3);
  for (const Stage stage : {Stage::scene, Stage::trace, Stage::read_out, Stage::rebin,
                            Stage::reconstruct, Stage::measure}) {
    INFO(trial::stage_names[std::size_t(stage)]);
    CHECK(result.stages[stage].made == result.stages[stage].different);
  }
  CHECK(result.stages[Stage::trace].made == 2);  // a rotation for two protocols, and a helix
  CHECK(result.stages[Stage::reconstruct].made == 6);
  CHECK(trial::estimate(all.plan(), 1).traced_scans == 2);

  const std::vector<std::string> arms{"a_thick_80mAs", "a_thin_80mAs", "a_helix_80mAs"};
  for (std::size_t p = 0; p < 3; ++p) {
    Trial one;
    one.protocols = {all.protocols[p]};
    test::KeptImages alone;
    run(one.plan(), alone);
    const Image &its = alone.images.begin()->second, &image = together.images.at(arms[p]);
    INFO(arms[p]);
    if (p < 2) {
      CHECK(same_bits(its, image));
      continue;
    }
    // Another way of scanning has noise of its own in a trial of several: the mean is the same.
    REQUIRE(its.grid() == image.grid());
    CHECK_FALSE(same_bits(its, image));
    const auto noiseless = [](const test::KeptImages& kept, const std::string& arm) {
      std::vector<double> values;
      const Table& features = kept.cases.front().features;
      for (const auto& row : features.rows)
        if (std::get<std::string>(row[2]) == arm && std::get<std::string>(row[3]) == "noiseless")
          values.push_back(std::get<double>(row[7]));
      return values;
    };
    const auto mine = noiseless(alone, alone.images.begin()->first);
    REQUIRE_FALSE(mine.empty());
    CHECK(mine == noiseless(together, arms[p]));
  }
  const Table& features = together.cases.front().features;
  CHECK(features.columns.back() == "protocol");
  CHECK(std::get<std::string>(features.rows.back().back()) == "helix");
}

TEST_CASE("lesions and masks are those of each protocol's slices, as in a trial of it alone") {
  const Value::List perturbations{
      Value().set("id", Value("grown")).set("volume_percent", Value(30.0)),
      Value().set("id", Value("reader")).set("contour_sd_mm", Value(1.0))};
  const auto plan_of = [&](const Value::List& protocols) {
    Trial trial;
    trial.protocols = protocols;
    Value document = trial.document();
    const_cast<Value&>(*document.find("measure")).set("perturbations", perturbations);
    return test::plan_of(document);
  };
  const auto tables = [&](const Value::List& protocols) {
    test::KeptImages kept;
    run(plan_of(protocols), kept);
    return kept.cases.front();
  };
  const Value::List all{protocol("thick", "soft", 4.0), protocol("thin", "sharp", 2.0),
                        helical("helix")};
  test::KeptImages kept;
  const trial::TrialResult result = run(plan_of(all), kept);
  const trial::CaseResult& together = kept.cases.front();
  for (const auto table : {&trial::CaseResult::lesions, &trial::CaseResult::masks}) {
    const Table& its = together.*table;
    CHECK(its.columns.back() == "protocol");
    std::vector<std::vector<Table::Cell>> rows;
    for (const Value& each : all) {
      const Table alone = tables({each}).*table;
      CHECK(alone.columns.back() != "protocol");
      REQUIRE_FALSE(alone.rows.empty());
      for (auto row : alone.rows) {
        row.emplace_back(*each.find("name")->as<std::string>());
        rows.push_back(std::move(row));
      }
    }
    CHECK(its.to_csv() == Table{its.columns, rows}.to_csv());
    CHECK(rows.front() != rows.back());
  }
  CHECK(together.patients.to_csv() == tables({all.front()}).patients.to_csv());
  // Whoever reads the rows finds one lesion, not three.
  CHECK(trial::analyse(plan_of(all), result).study.lesions.size() == 1);
}

TEST_CASE("what is wrong with one of several protocols is said with its name") {
  Trial two;
  two.protocols = {protocol("p", "soft", 4.0), protocol("p", "sharp", 4.0)};
  CHECK(two.problem().find("two protocols are called 'p'") != std::string::npos);
  two.protocols = {protocol("p", "soft", 4.0),
                   protocol("q", "sharp", 4.0).set("flying_focal_spot", Value("z"))};
  CHECK(two.problem().find("protocol q: a does not deflect its focal spot") != std::string::npos);
  two.protocols = {protocol("p", "soft", 4.0), protocol("q", "sharp", 4.0)};
  two.vary = Value().set("protocol", test::words({"p", "qq"}));
  CHECK(two.problem().find("there is no protocol 'qq'") != std::string::npos);
  two.protocols.clear();
  CHECK(two.problem().find("'protocol' is missing") != std::string::npos);
}
