// Small cases side by side: the same results, recorded in the plan's order.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <span>

#include "coarse_scanner.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/trial/detail/case_order.hpp"
#include "vitrine/trial/engine.hpp"

using namespace vitrine;

namespace {

trial::Plan tiny_trial(double patients) {
  const Value protocol = Value()
                             .set("kernel", Value("soft"))
                             .set("slices", Value(2.0))
                             .set("slice_thickness_mm", Value(5.0))
                             .set("slice_increment_mm", Value(5.0))
                             .set("matrix", Value(24.0))
                             .set("field_of_view_mm", Value(128.0));
  const Value shape = Value().set("kind", Value("sphere")).set("diameter_mm", Value(20.0));
  const Value anatomy = Value().set("kind", Value("thorax")).set("vessel_twigs", Value(1.0));
  const Value root =
      Value()
          .set("vitrine", Value(1.0))
          .set("trial", Value().set("name", Value("tiny")).set("seed", Value(11.0)))
          .set("patients", Value()
                               .set("count", Value(patients))
                               .set("anatomy", anatomy)
                               .set("lesions", Value::List{Value().set("shape", shape)}))
          .set("arms", Value()
                           .set("scanners", Value::List{test::coarse_scanner(60.0)})
                           .set("protocol", protocol))
          .set("measure", Value().set("features", Value::List{Value("statistics")}))
          .set("simulation", Value().set("sub_columns", Value(1.0)));
  Diagnostics problems;
  auto scenario = trial::Scenario::schema().read(root, problems);
  problems.throw_if_any();
  return trial::make_plan(std::move(scenario));
}

/// Holds nothing of images, so that several cases may come at once.
class Rows : public trial::Sink, public trial::Store, public trial::Progress {
 public:
  explicit Rows(bool several) : several_(several) {}
  bool takes_several_cases() const override { return several_; }
  std::vector<trial::FileRecord> image(const trial::ImageContext& context, const Image&) override {
    if (context.case_id == broken) throw Error(Error::Kind::data, "this one fails");
    if (context.case_id == full) throw Error(Error::Kind::io, "the disk is full");
    return {};
  }
  std::vector<trial::FileRecord> mask(const trial::ImageContext&, const std::string&,
                                      const Mask&) override {
    return {};
  }
  std::vector<trial::FileRecord> finish_case(const std::string&) override { return {}; }
  std::optional<trial::CaseResult> load(const std::string& id) override {
    const auto at = there.find(id);
    return at == there.end() ? std::nullopt : std::optional(at->second);
  }
  void save(const trial::CaseResult& result) override {
    saved.push_back(result.id);
    if (keeping) there[result.id] = result;
  }
  bool keeps() const override { return keeping; }
  void step(double done, double total, const std::string&) override {
    CHECK(done <= total);
    CHECK(done >= last_);
    last_ = done;
  }
  void case_failed(const std::string& id, const Error&) override { failed.push_back(id); }

  std::string broken, full;
  bool keeping = false;
  std::map<std::string, trial::CaseResult> there;
  std::vector<std::string> saved, failed;

 private:
  bool several_;
  double last_ = 0.0;
};

trial::TrialResult run(const trial::Plan& plan, Rows& rows, bool stop = false) {
  return trial::run(plan, rows, rows, rows, Isa::portable, [stop] { return stop; });
}

std::string text(const trial::TrialResult& result) {
  return result.all(&trial::CaseResult::features).to_csv() +
         result.all(&trial::CaseResult::images).to_csv() +
         result.all(&trial::CaseResult::lesions).to_csv();
}

}  // namespace

TEST_CASE("small cases side by side give what they give one after the other, in their order",
          "[full]") {
  const trial::Plan plan = tiny_trial(21.0);  // more than one batch of two threads
  Rows one(false), several(true);
  const auto expected = run(plan, one), result = run(plan, several);
  CHECK(several.saved == plan.cases);
  CHECK(text(result) == text(expected));
  CHECK(result.stages.of == expected.stages.of);
  // Finished cases are left alone, wherever they lie.
  Rows resumed(true);
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < expected.cases.size(); ++i) {
    if (i == 0 || i == 5 || i == 6 || i == 20)
      resumed.there[expected.cases[i].id] = expected.cases[i];
    else
      missing.push_back(expected.cases[i].id);
  }
  CHECK(text(run(plan, resumed)) == text(expected));
  CHECK(resumed.saved == missing);
  // A result that the store keeps is read back from there, and nowhere else.
  Rows kept(true);
  kept.keeping = true;
  const auto stored = run(plan, kept);
  CHECK(text(stored) == text(expected));
  kept.there.at("case007").images.rows.clear();
  CHECK(text(stored) != text(expected));
  CHECK(stored.cases[6].images.rows.empty());
  kept.there.erase("case007");
  CHECK_THROWS_WITH(text(stored), Catch::Contains("'case007' is no longer stored"));
}

TEST_CASE("a case that fails beside others is alone in that, and a full disk ends the run") {
  const trial::Plan plan = tiny_trial(8.0);
  Rows rows(true);
  rows.broken = "case004";
  const auto result = run(plan, rows);
  CHECK(result.cases.size() == 7);
  REQUIRE(result.failures.size() == 1);
  CHECK(result.failures.front().case_id == "case004");
  CHECK_THAT(result.failures.front().message, Catch::Contains("this one fails"));
  CHECK(rows.failed == std::vector<std::string>{"case004"});
  // What was finished before it in the plan is recorded, so nothing of that is lost.
  Rows disk(true);
  disk.full = "case004";
  CHECK_THROWS_WITH(run(plan, disk), Catch::Contains("the disk is full"));
  CHECK(disk.saved == std::vector<std::string>{"case001", "case002", "case003"});
  Rows stopped(true);
  CHECK_THROWS_WITH(run(plan, stopped, true), Catch::Contains("stopped on request"));
  CHECK(stopped.saved.empty());
}

namespace {

/// When the last of two lanes ends that each take the next case when they have ended one, and which
/// cases were taken, in their order.
double last_end(const std::vector<double>& seconds, std::size_t window,
                std::vector<std::size_t>& taken) {
  trial::detail::CaseOrder order(seconds);
  double ends[2] = {0.0, 0.0};
  std::size_t first = 0;
  while (order.left() > 0) {
    while (!order.has(first, first + 1)) ++first;
    const std::size_t i = order.take(first, std::min(first + window, seconds.size()));
    taken.push_back(i);
    *std::min_element(ends, ends + 2) += seconds[i];
  }
  return std::max(ends[0], ends[1]);
}

}  // namespace

TEST_CASE("the longest of the cases that may come next comes first, and the tail is short") {
  const std::vector<double> seconds{1, 1, 1, 1, 1, 1, 1, 1, 1, 7};  // 16 in all, 8 for each of two
  std::vector<std::size_t> taken, in_order;
  CHECK(last_end(seconds, 10, taken) == 8.0);     // the optimum
  CHECK(last_end(seconds, 1, in_order) == 11.0);  // the plan's order: the long case is left
  CHECK(taken.front() == 9);
  CHECK(std::ranges::is_sorted(in_order));
  std::ranges::sort(taken);
  CHECK(taken == in_order);  // each once
  // A window keeps results from waiting for many before them.
  std::vector<std::size_t> few;
  CHECK(last_end(seconds, 4, few) == 10.0);
  CHECK(few.front() == 0);
}

TEST_CASE("a case is expected to take longer the more lesions its stratum has") {
  trial::Plan plan = tiny_trial(4.0);
  const auto alike = trial::detail::case_seconds(plan);
  CHECK(std::ranges::count(alike, alike.front()) == 4);
  // By the model 13 ms a lesion and image, with noise and without.
  plan.scenario.patients.lesions.push_back(plan.scenario.patients.lesions.front());
  const auto more = trial::detail::case_seconds(plan);
  CHECK(more.front() - alike.front() == Approx(2 * 13e-3).epsilon(1e-9));
  plan.scenario.patients.count.reset();
  plan.scenario.patients.strata.resize(2);
  plan.scenario.patients.strata[0].name = "few";
  plan.scenario.patients.strata[1].name = "many";
  for (auto& stratum : plan.scenario.patients.strata) stratum.count = 2;
  plan.scenario.patients.strata[0].lesions.emplace();
  plan.cases = phantoms::patient_ids(plan.scenario.patients);
  const auto strata = trial::detail::case_seconds(plan);
  CHECK(strata[0] == strata[1]);
  CHECK(strata[2] - strata[0] == Approx(2 * 2 * 13e-3).epsilon(1e-9));
}

TEST_CASE("cases come in order, each once, held ones and stored ones, until one is lost") {
  class Numbered final : public trial::Store {
   public:
    std::string lost;
    std::optional<trial::CaseResult> load(const std::string& id) override {
      if (id == lost) return {};
      trial::CaseResult one;
      one.id = id;
      return one;
    }
    void save(const trial::CaseResult&) override {}
  };
  Numbered store;
  trial::CaseResults cases;
  std::vector<std::string> expected;
  for (int i = 0; i < 100; ++i) {
    expected.push_back(str("case", i));
    if (i % 7 != 3) {
      cases.add_stored(store, expected.back());
      continue;
    }
    trial::CaseResult held;
    held.id = expected.back();
    cases.add(std::move(held));
  }
  std::vector<std::string> taken;
  const auto take = [&](const trial::CaseResult& one) { taken.push_back(one.id); };
  cases.each(take);
  CHECK(taken == expected);
  trial::CaseResults().each(take);
  CHECK(taken.size() == expected.size());

  taken.clear();
  store.lost = "case55";
  CHECK_THROWS_WITH(cases.each(take), Catch::Contains("case55' is no longer stored"));
  CHECK(taken.size() <= 55);
  CHECK(std::ranges::equal(taken, std::span(expected).first(taken.size())));
}
