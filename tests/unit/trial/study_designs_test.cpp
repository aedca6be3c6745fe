// Study designs: what arms each makes of the factors, what can be told apart, and what is refused.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coarse_scanner.hpp"
#include "read_plan.hpp"
#include "vitrine/trial/design_summary.hpp"
#include "vitrine/trial/designs/latin_hypercube.hpp"

using namespace vitrine;

namespace {

Value map() { return Value(Value::Map{}); }

Value numbers(std::initializer_list<double> all) {
  Value::List list;
  for (const double number : all) list.push_back(Value(number));
  return Value(std::move(list));
}

Value scanner(const char* name) {
  Value out = test::coarse_scanner(160.0);
  const_cast<Value&>(*out.find("name")) = Value(name);
  return out;
}

struct Study {
  Value design = Value("full_factorial"), vary = map(), reference = map();
  std::vector<const char*> scanners{"a"};
  double seed = 7.0, patients = 2.0;

  Value document() const {
    Value::List hardware;
    for (const char* name : scanners) hardware.push_back(scanner(name));
    return Value()
        .set("vitrine", Value(1.0))
        .set("trial", Value().set("name", Value("t")).set("seed", Value(seed)))
        .set("patients", Value().set("count", Value(patients)).set("anatomy", Value("thorax")))
        .set("arms", Value()
                         .set("scanners", Value(std::move(hardware)))
                         .set("protocol", Value().set("kernel", Value("soft")))
                         .set("design", design)
                         .set("vary", vary)
                         .set("reference", reference));
  }
  trial::Plan plan() const { return test::plan_of(document()); }
  std::string problem() const { return test::problem_of(document()); }
};

/// In how many factors two arms differ.
std::size_t differences(const trial::Arm& a, const trial::Arm& b) {
  std::size_t count = 0;
  for (std::size_t f = 0; f < a.levels.size(); ++f) count += a.levels[f] != b.levels[f];
  return count;
}

bool mentions(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

Study three_factors() {
  Study study;
  study.scanners = {"a", "b"};
  study.vary = Value()
                   .set("kernel", test::words({"soft", "standard", "sharp"}))
                   .set("tube_load_mas", numbers({80.0, 40.0, 20.0, 10.0}));
  return study;
}

Study hypercube(double arms) {
  Study study;
  study.design = Value()
                     .set("kind", Value("latin_hypercube"))
                     .set("arms", Value(arms))
                     .set("between", Value()
                                         .set("tube_load_mas", numbers({20.0, 200.0}))
                                         .set("slice_thickness_mm", numbers({0.5, 5.0})));
  study.vary = Value().set("kernel", test::words({"soft", "standard", "sharp"}));
  return study;
}

}  // namespace

TEST_CASE("a full factorial design nests its factors in a fixed order, the last changing fastest") {
  Study study = three_factors();
  study.vary = Value()
                   .set("kernel", test::words({"soft", "sharp"}))
                   .set("tube_load_mas", numbers({80.0, 20.0}))
                   .set("slice_thickness_mm", numbers({1.25, 5.0}));
  study.scanners = {"a"};
  CHECK(test::arm_names(study.plan()) ==
        std::vector<std::string>{"a_soft_80mAs_1.25mm", "a_soft_80mAs_5mm", "a_sharp_80mAs_1.25mm",
                                 "a_sharp_80mAs_5mm", "a_soft_20mAs_1.25mm", "a_soft_20mAs_5mm",
                                 "a_sharp_20mAs_1.25mm", "a_sharp_20mAs_5mm"});
  const auto summary = trial::summary_of(study.plan());
  CHECK(summary.factors.size() == 3);
  CHECK(summary.confounded.empty());
  CHECK(summary.notes.back() == "the interactions of any two factors can be seen");
}

TEST_CASE("a design's kind alone is written as before, and designs change the fingerprint") {
  Study study = three_factors();
  const auto plan = study.plan();
  const Value written = trial::Scenario::schema().write(plan.scenario);
  CHECK(*written.find("arms")->find("design")->as<std::string>() == "full_factorial");
  study.design = Value().set("kind", Value("full_factorial"));
  CHECK(study.plan().fingerprint == plan.fingerprint);
  study.design = Value("one_at_a_time");
  CHECK(study.plan().fingerprint != plan.fingerprint);
}

TEST_CASE("one at a time makes 1 + sum of (levels - 1) arms, each one factor from the reference") {
  Study study = three_factors();
  study.design = Value("one_at_a_time");
  study.reference = Value()
                        .set("scanner", Value("b"))
                        .set("kernel", Value("standard"))
                        .set("tube_load_mas", Value(20.0));
  const auto plan = study.plan();
  REQUIRE(plan.arms.size() == 1 + (2 - 1) + (3 - 1) + (4 - 1));
  REQUIRE(plan.reference == 0);
  CHECK(plan.arms.front().name == "b_standard_20mAs");
  std::set<std::string> names;
  for (std::size_t i = 1; i < plan.arms.size(); ++i) {
    CHECK(differences(plan.arms[0], plan.arms[i]) == 1);
    names.insert(plan.arms[i].name);
  }
  CHECK(names.size() == plan.arms.size() - 1);
  const auto summary = trial::summary_of(plan);
  CHECK(summary.confounded.empty());
  CHECK(mentions(summary.notes.back(), "no interaction of factors can be seen"));
}

TEST_CASE("nested levels belong to their scanner, and scanner and factor cannot be separated") {
  Study study = three_factors();
  const auto its = [](const char* name, std::initializer_list<const char*> kernels) {
    return Value()
        .set("scanner", Value(name))
        .set("vary", Value().set("kernel", test::words(kernels)));
  };
  study.design = Value()
                     .set("kind", Value("nested"))
                     .set("scanners",
                          Value::List{its("a", {"soft", "sharp"}), its("b", {"smooth", "detail"})});
  const auto plan = study.plan();
  REQUIRE(plan.arms.size() == 2 * 4 * 2);
  for (const trial::Arm& arm : plan.arms) {
    const bool of_a = arm.kernel_name == "soft" || arm.kernel_name == "sharp";
    CHECK(of_a == (arm.scanner == 0));
  }
  const auto summary = trial::summary_of(plan);
  REQUIRE(summary.confounded.size() == 1);
  CHECK(summary.confounded.front() ==
        "scanner and kernel cannot be separated (kernel is nested in scanner)");

  study.design =
      Value().set("kind", Value("nested")).set("scanners", Value::List{its("c", {"soft"})});
  CHECK(mentions(study.problem(), "there is no scanner 'c'"));
  study.design = Value()
                     .set("kind", Value("nested"))
                     .set("scanners", Value::List{its("a", {"soft"}), its("a", {"sharp"})});
  CHECK(mentions(study.problem(), "given twice"));
}

TEST_CASE("paired factors vary together, beside those that are crossed") {
  Study study;
  study.design = Value("paired");
  study.vary = Value()
                   .set("kernel", test::words({"soft", "standard", "sharp"}))
                   .set("tube_load_mas", numbers({20.0, 40.0, 80.0}));
  CHECK(test::arm_names(study.plan()) ==
        std::vector<std::string>{"a_soft_20mAs", "a_standard_40mAs", "a_sharp_80mAs"});
  const auto summary = trial::summary_of(study.plan());
  REQUIRE(summary.confounded.size() == 1);
  CHECK(summary.confounded.front() ==
        "tube_load_mas and kernel cannot be separated (they vary together)");

  study.scanners = {"a", "b"};
  CHECK(mentions(study.problem(), "has 3 levels, and scanner has 2"));
  study.design = Value().set("kind", Value("paired")).set("crossed", test::words({"scanner"}));
  CHECK(test::arm_names(study.plan()) ==
        std::vector<std::string>{"a_soft_20mAs", "a_standard_40mAs", "a_sharp_80mAs",
                                 "b_soft_20mAs", "b_standard_40mAs", "b_sharp_80mAs"});
  study.design = Value().set("kind", Value("paired")).set("crossed", test::words({"scaner"}));
  CHECK(mentions(study.problem(), "Did you mean 'scanner'?"));
  study.design = Value("paired");
  study.scanners = {"a"};
  study.vary = map();
  CHECK(mentions(study.problem(), "nothing to pair"));
}

TEST_CASE("paired scanners scan one arm each") {
  Study study;
  study.scanners = {"a", "b"};
  study.design = Value("paired");
  study.vary = Value().set("tube_load_mas", numbers({20.0, 40.0}));
  CHECK(test::arm_names(study.plan()) == std::vector<std::string>{"a_soft_20mAs", "b_soft_40mAs"});
}

TEST_CASE(
    "listed arms are those of the list, in its order; what they leave out is the protocol's") {
  Study study;
  study.scanners = {"a", "b"};
  const Value first = Value().set("tube_load_mas", Value(20.0));
  const Value second = Value().set("scanner", Value("b")).set("kernel", Value("sharp"));
  const auto list = [](Value::List arms) {
    return Value().set("kind", Value("list")).set("arms", Value(std::move(arms)));
  };
  study.design = list({second, first, map()});
  const auto plan = study.plan();
  CHECK(test::arm_names(plan) ==
        std::vector<std::string>{"b_sharp_80mAs", "a_soft_20mAs", "a_soft_80mAs"});
  CHECK(trial::estimate(plan, 1).scans == 2 * 3);
  CHECK(trial::summary_of(plan).confounded.size() == 1);

  study.design = list({first, second, first});
  CHECK(mentions(study.problem(), "arm 3 is arm 1 once more"));
  study.design = list({first});
  CHECK(mentions(study.problem(), "no arm scans with b"));
  study.design = list({first, second, Value().set("scanner", Value("d"))});
  CHECK(mentions(study.problem(), "there is no scanner 'd'"));
  study.design = list({first, second, Value().set("bins", Value("bin1"))});
  CHECK(mentions(study.problem(), "a has no energy bins"));
  study.design = list({first, second, Value().set("contrast_delay_s", Value(70.0))});
  CHECK(mentions(study.problem(), "needs contrast medium"));
  study.design = list({first, second});
  study.vary = Value().set("tube_load_mas", numbers({20.0, 40.0}));
  CHECK(mentions(study.problem(), "arms.vary does not go with a list of arms"));
}

TEST_CASE("a Latin hypercube has every part of every interval once, and levels equally often") {
  for (const double arms : {6.0, 12.0, 30.0}) {
    const auto plan = hypercube(arms).plan();
    REQUIRE(plan.arms.size() == std::size_t(arms));
    std::set<int> loads, thicknesses;
    std::map<std::string, int> kernels;
    for (const trial::Arm& arm : plan.arms) {
      loads.insert(int((arm.tube_load - 20.0) / 180.0 * arms));
      thicknesses.insert(int((arm.slice_thickness - 0.5) / 4.5 * arms));
      ++kernels[arm.kernel_name];
    }
    CHECK(loads.size() == plan.arms.size());
    CHECK(*loads.rbegin() == int(arms) - 1);
    CHECK(thicknesses.size() == plan.arms.size());
    CHECK(*thicknesses.rbegin() == int(arms) - 1);
    REQUIRE(kernels.size() == 3);
    for (const auto& [kernel, count] : kernels) CHECK(count == int(arms) / 3);
  }
  const auto summary = trial::summary_of(hypercube(12.0).plan());
  CHECK(summary.confounded.empty());
  CHECK(summary.factors.size() == 3);
}

TEST_CASE("the seed decides a Latin hypercube, patients and other factors do not") {
  const Study study = hypercube(12.0);
  Study same = study, other = study;
  same.patients = 5.0;
  other.seed = 8.0;
  CHECK(test::arm_names(same.plan()) == test::arm_names(study.plan()));
  CHECK(test::arm_names(other.plan()) != test::arm_names(study.plan()));
}

TEST_CASE("middles of an interval's parts lie in their parts and have few digits") {
  CHECK(trial::middles(20.0, 200.0, 12)[0] == Approx(27.0).margin(1.0));
  CHECK(trial::middles(0.0, 1.0, 2) == std::vector<double>{0.25, 0.75});
  CHECK(trial::middles(1000.0, 2000.0, 2) == std::vector<double>{1250.0, 1750.0});
  for (const std::size_t count : {2u, 7u, 64u, 1000u}) {
    const auto all = trial::middles(0.3, 4.7, count);
    for (std::size_t i = 0; i < count; ++i) {
      const double width = 4.4 / double(count), middle = 0.3 + (double(i) + 0.5) * width;
      CHECK(std::abs(all[i] - middle) <= 0.05 * width * (1.0 + 1e-9));
    }
  }
}

TEST_CASE("a Latin hypercube that cannot be is refused") {
  CHECK(mentions(hypercube(1.0).problem(), "arms"));
  Study twice = hypercube(4.0);
  twice.vary = Value().set("tube_load_mas", numbers({20.0, 40.0}));
  CHECK(mentions(twice.problem(), "has an interval here and levels in arms.vary"));
  Study alike;
  alike.design = Value().set("kind", Value("latin_hypercube")).set("arms", Value(8.0));
  alike.vary = Value().set("kernel", test::words({"soft", "sharp"}));
  CHECK(mentions(alike.problem(), "some that are alike"));
  alike.vary = map();
  CHECK(mentions(alike.problem(), "nothing to spread"));
  Study backwards = hypercube(4.0);
  backwards.design = Value()
                         .set("kind", Value("latin_hypercube"))
                         .set("arms", Value(4.0))
                         .set("between", Value().set("tube_load_mas", numbers({200.0, 20.0})));
  CHECK(mentions(backwards.problem(), "must be less than the second"));
}

TEST_CASE("a selector that names no arm says which level no arm has, or that none has them all") {
  Study study = three_factors();
  study.reference = Value().set("kernel", Value("sharpp"));
  CHECK(mentions(study.problem(), "no arm has kernel 'sharpp'"));
  CHECK(mentions(study.problem(), "Did you mean 'sharp'?"));
  study.scanners = {"a"};
  study.vary = Value()
                   .set("kernel", test::words({"soft", "sharp"}))
                   .set("tube_load_mas", numbers({20.0, 40.0}));
  study.design = Value("paired");
  study.reference = Value().set("kernel", Value("soft")).set("tube_load_mas", Value(40.0));
  CHECK(mentions(study.problem(), "but no arm has them all"));
}

TEST_CASE("a kernel's own name is that of its arms, and may not be another's") {
  Study study;
  const auto hann = [](const char* name, double cutoff) {
    return Value()
        .set("kind", Value("hann"))
        .set("cutoff_per_mm", Value(cutoff))
        .set("name", Value(name));
  };
  study.vary =
      Value().set("kernel", Value::List{hann("lung_a", 0.6), hann("lung_b", 0.8), Value("soft")});
  study.reference = Value().set("kernel", Value("lung_b"));
  const auto plan = study.plan();
  CHECK(test::arm_names(plan) ==
        std::vector<std::string>{"a_lung_a_80mAs", "a_lung_b_80mAs", "a_soft_80mAs"});
  CHECK(plan.reference == 1);
  study.reference = map();
  study.vary = Value().set("kernel", Value::List{hann("soft", 0.6), Value("soft")});
  CHECK(mentions(study.problem(), "would both be called a_soft_80mAs"));
}
