// What a trial makes once: counted stages, noise repeats of the same rays, rays kept between
// trials.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "coarse_scanner.hpp"
#include "kept_images.hpp"
#include "stages_in_memory.hpp"
#include "vitrine/trial/plan.hpp"

using namespace vitrine;
using test::check_once, test::StagesInMemory;
using trial::Stage;

namespace {

Value numbers(std::initializer_list<double> values) {
  Value::List list;
  for (const double value : values) list.emplace_back(value);
  return Value(std::move(list));
}

/// In place of what the key has, if it is there.
void put(Value& node, const std::string& key, const Value& value) {
  if (const Value* there = node.find(key))
    const_cast<Value&>(*there) = value;
  else
    node.set(key, value);
}

Value scanner(const char* name, double views = 60.0) {
  Value out = test::coarse_scanner(views);
  put(out, "name", Value(name));
  put(out, "columns", Value(110.0));
  put(out, "column_pitch_mm", Value(8.4));
  return out;
}

/// One chest with a nodule: small images, one feature family.
trial::Plan plan_of(Value::List scanners, Value vary, const Value& repeat = {},
                    const Value& more = {}) {
  Value protocol;
  protocol.set("kernel", Value("soft"))
      .set("slices", Value(4.0))
      .set("slice_thickness_mm", Value(4.0))
      .set("slice_increment_mm", Value(4.0))
      .set("matrix", Value(32.0))
      .set("field_of_view_mm", Value(128.0));
  if (const auto* extra = std::get_if<Value::Map>(&more.data))
    for (const Value::Member& member : *extra) put(protocol, member.key, member.value);
  Value arms;
  arms.set("scanners", std::move(scanners))
      .set("protocol", std::move(protocol))
      .set("vary", std::move(vary));
  if (!repeat.empty()) arms.set("repeat", repeat);
  const Value shape = Value().set("kind", Value("sphere")).set("diameter_mm", Value(20.0));
  const Value root =
      Value()
          .set("vitrine", Value(1.0))
          .set("trial", Value().set("name", Value("shared")).set("seed", Value(7.0)))
          .set("patients",
               Value()
                   .set("count", Value(1.0))
                   .set("anatomy",
                        Value().set("kind", Value("thorax")).set("vessel_twigs", Value(1.0)))
                   .set("lesions", Value::List{Value().set("shape", shape)}))
          .set("arms", std::move(arms))
          .set("measure", Value().set("features", Value::List{Value("statistics")}))
          .set("outputs", Value().set("raw", Value("signal")))
          .set("simulation", Value().set("motion_step_s", Value(0.5)));
  Diagnostics problems;
  auto scenario = trial::Scenario::schema().read(root, problems);
  problems.throw_if_any();
  return trial::make_plan(std::move(scenario));
}

Value noise(double count, const Value& of = {}) {
  Value repeat = Value().set("kind", Value("noise")).set("count", Value(count));
  if (!of.empty()) repeat.set("of", of);
  return repeat;
}

/// Keeps all read-outs and images, by `scan_replicate` and `arm_replicate`.
class KeptScans final : public test::KeptImages {
 public:
  std::vector<trial::FileRecord> image(const trial::ImageContext& context,
                                       const Image& image) override {
    const auto values = image.values();
    const auto [at, is_new] = scans.try_emplace(
        str(context.arm.name, '/', context.visit.replicate()), values.begin(), values.end());
    CHECK(is_new);
    return {};
  }
  std::unique_ptr<trial::RawData> raw(const RawScan& scan) override {
    class Keep final : public trial::RawData {
     public:
      explicit Keep(std::vector<float>& into) : into_(into) {}
      void views(std::span<const float> values) override {
        into_.insert(into_.end(), values.begin(), values.end());
      }
      std::vector<trial::FileRecord> finish() override { return {}; }

     private:
      std::vector<float>& into_;
    };
    CHECK(readings.count(scan.origin.scan) == 0);
    return std::make_unique<Keep>(readings[scan.origin.scan]);
  }
  std::map<std::string, std::vector<float>> scans, readings;
};

trial::TrialResult run(const trial::Plan& plan, KeptScans& kept,
                       trial::StageStore* store = nullptr) {
  return trial::run(
      plan, kept, kept, kept, best_isa(), [] { return false; }, store);
}

/// What a trial measured, in noisy images and in those without noise.
std::string features_of(const trial::TrialResult& result) {
  return result.all(&trial::CaseResult::features).to_csv();
}

}  // namespace

TEST_CASE("read-outs of one scan share no noise, and the first is what it was without repeats") {
  const Value loads = Value().set("tube_load_mas", numbers({40.0, 80.0}));
  KeptScans alone, repeated;
  run(plan_of({scanner("a")}, loads), alone);
  const auto result = run(plan_of({scanner("a")}, loads, noise(3.0)), repeated);
  REQUIRE(alone.readings.size() == 2);
  REQUIRE(repeated.readings.size() == 8);
  REQUIRE(repeated.scans.size() == 8);
  for (const auto& [name, values] : alone.readings) CHECK(repeated.readings.at(name) == values);
  for (const auto& [name, values] : alone.scans) CHECK(repeated.scans.at(name) == values);
  check_once(result.stages);
  CHECK(result.stages[Stage::trace].made == 1);

  // With s = sign(a - b) and t = sign(c - d) of read-outs of one mean, E[st] = 0 if all four are
  // independent, and its standard error is 1 / sqrt(n), whatever the noise of each reading; if a
  // and c (or others) were the same it would be 1/2.
  std::vector<const std::vector<float>*> r;
  for (const auto& [name, values] : repeated.readings)
    if (name.find("80mAs") != std::string::npos) r.push_back(&values);
  REQUIRE(r.size() == 4);
  const auto correlation = [&](int a, int b, int c, int d) {
    const auto sign = [](float x) { return x > 0.0f ? 1.0 : x < 0.0f ? -1.0 : 0.0; };
    double sum = 0.0, count = 0.0;
    for (std::size_t i = 0; i < r[0]->size(); ++i) {
      const double product = sign((*r[std::size_t(a)])[i] - (*r[std::size_t(b)])[i]) *
                             sign((*r[std::size_t(c)])[i] - (*r[std::size_t(d)])[i]);
      sum += product;
      count += product != 0.0;
    }
    CHECK(count > 0.9 * double(r[0]->size()));
    CHECK(std::abs(sum / count) < 4.0 / std::sqrt(count));
  };
  correlation(0, 1, 2, 3);
  correlation(0, 2, 1, 3);
  correlation(0, 3, 1, 2);

  // More repeats change none that were there.
  KeptScans more;
  run(plan_of({scanner("a")}, loads, noise(5.0)), more);
  for (const auto& [name, values] : repeated.readings) CHECK(more.readings.at(name) == values);
}

TEST_CASE("noise repeats may be those of some arms alone, and their rows say so") {
  const Value vary = Value()
                         .set("tube_load_mas", numbers({40.0, 80.0}))
                         .set("kernel", Value::List{Value("soft"), Value("sharp")});
  const auto plan =
      plan_of({scanner("a")}, vary, noise(2.0, Value().set("kernel", Value("sharp"))));
  KeptScans kept;
  const auto result = run(plan, kept);
  const auto e = trial::estimate(plan, 1);
  CHECK(e.images == 4 + 2 * 2);
  CHECK(kept.scans.size() == e.images);
  CHECK(kept.scans.count("a_sharp_40mAs/noise2") == 1);
  CHECK(kept.scans.count("a_soft_40mAs/noise1") == 0);
  const Table& images = result.cases.front().images;
  REQUIRE(images.rows.size() == e.images);
  std::map<std::string, int> rows;
  for (const auto& row : images.rows)
    ++rows[std::get<std::string>(row[images.column("replicate")])];
  CHECK(rows == std::map<std::string, int>{{"scan", 4}, {"noise1", 2}, {"noise2", 2}});
  CHECK(trial::repeated_arms(plan) == "2 arms");
}

TEST_CASE("one noise repeat is a repeat, one reposition is not") {
  CHECK_NOTHROW(plan_of({scanner("a")}, Value(), noise(1.0)));
  CHECK_THROWS_WITH(plan_of({scanner("a")}, Value(), Value().set("count", Value(1.0))),
                    Catch::Matchers::Contains("at least 2"));
  CHECK_THROWS_WITH(plan_of({scanner("a")}, Value(), noise(-1.0)),
                    Catch::Matchers::Contains("out of range"));
  CHECK_THROWS_WITH(plan_of({scanner("a")}, Value(),
                            Value().set("kind", Value("nosie")).set("count", Value(2.0))),
                    Catch::Matchers::Contains("noise"));
  CHECK_THROWS_WITH(
      plan_of({scanner("a")}, Value(), noise(2.0, Value().set("kernel", Value("sharp")))),
      Catch::Matchers::Contains("must name an arm"));
}

TEST_CASE("visits in every arm take one trace each, and are those that an arm has alone") {
  const Value vary = Value()
                         .set("tube_load_mas", numbers({40.0, 80.0}))
                         .set("kernel", Value::List{Value("soft"), Value("sharp")});
  const auto visited = [&](const char* scans) {
    trial::Scenario scenario = plan_of({scanner("a")}, vary, noise(1.0)).scenario;
    scenario.arms.follow_up.days = {40, 80};
    scenario.arms.follow_up.scans = scans;
    return trial::make_plan(std::move(scenario));
  };
  KeptScans one, every;
  StagesInMemory store;
  const auto alone = run(visited("one_arm"), one);
  const trial::Plan plan = visited("every_arm");
  const auto result = run(plan, every, &store);
  const auto e = trial::estimate(plan, 1);
  CHECK(e.images == 4 * (2 + 2));  // with a noise repeat of each arm's own scan
  CHECK(every.scans.size() == e.images);
  CHECK(e.traced_scans == 3);
  CHECK(e.scans == 2 * (2 + 2));
  check_once(result.stages);
  CHECK(result.stages[Stage::trace].made == e.traced_scans);
  CHECK(result.stages[Stage::scene].made == 3);
  CHECK(result.stages[Stage::read_out].made == e.scans + 1);  // and without noise
  CHECK(result.stages[Stage::reconstruct].made == e.reconstructions);
  CHECK(e.cache_bytes == store.bytes());
  CHECK(one.scans.size() == 4 * 2 + 2);
  for (const auto& [name, values] : one.scans) {
    INFO(name);
    CHECK(every.scans.at(name) == values);
  }
  // What is true of a visit does not depend on who scans it.
  const auto& its = result.cases.front();
  CHECK(its.visits.to_csv() == alone.cases.front().visits.to_csv());
  CHECK(its.visit_lesions.to_csv() == alone.cases.front().visit_lesions.to_csv());
  std::map<std::string, int> rows;
  for (const auto& row : its.images.rows)
    ++rows[std::get<std::string>(row[its.images.column("replicate")])];
  CHECK(rows ==
        std::map<std::string, int>{{"scan", 4}, {"noise1", 4}, {"visit2", 4}, {"visit3", 4}});
}

TEST_CASE("432 images of a patient take two traces") {
  Value::List kernels;
  for (const char* kind : {"smooth", "soft", "standard", "detail", "sharp", "ultra_sharp"})
    kernels.emplace_back(kind);
  const Value vary = Value()
                         .set("tube_voltage_kv", numbers({80.0, 100.0, 120.0}))
                         .set("tube_load_mas", numbers({20.0, 40.0, 80.0, 160.0}))
                         .set("kernel", std::move(kernels));
  const auto plan = plan_of({scanner("a"), scanner("b", 72.0)}, vary, noise(2.0));
  const auto e = trial::estimate(plan, 1);
  CHECK(e.images == 432);
  CHECK(e.traced_scans == 2);
  CHECK(e.scans == 2 * 3 * 4 * 3);
  CHECK(e.reconstructions == 432 + 36);
  KeptScans kept;
  const auto result = run(plan, kept);
  CHECK(kept.scans.size() == 432);
  check_once(result.stages);
  const trial::StageCounts& n = result.stages;
  // Every arm wants its images and, to compare them with, the one without noise.
  CHECK(n[Stage::trace].wanted == 432 + 144);
  CHECK(n[Stage::trace].made == e.traced_scans);
  CHECK(n[Stage::scene].made == 1);
  CHECK(n[Stage::read_out].made == e.scans + 2 * 3);  // and without noise
  CHECK(n[Stage::rebin].made == n[Stage::read_out].made);
  CHECK(n[Stage::reconstruct].made == e.reconstructions);
  CHECK(n[Stage::measure].made == e.reconstructions);
  CHECK(n[Stage::measure].shared() == 144 - 36);
}

TEST_CASE("rays that were kept give the bits of rays that are traced", "[full]") {
  const Value voltages = Value().set("tube_voltage_kv", numbers({80.0, 120.0}));
  Value counting = scanner("n");
  counting.set("detector",
               Value()
                   .set("kind", Value("photon_counting"))
                   .set("sensor", Value().set("thresholds_kev", numbers({25.0, 65.0}))));
  const Value breathing =
      Value().set("motion", Value::List{Value("breathing")}).set("rotation_time_s", Value(1.0));
  // Streamed and kept in memory, several voltages, several bins, in motion.
  const trial::Plan plans[] = {
      plan_of({scanner("a")}, voltages), plan_of({scanner("a")}, voltages, noise(4.0)),
      plan_of({counting}, Value(), noise(2.0)), plan_of({scanner("a")}, Value(), {}, breathing)};
  for (const trial::Plan& plan : plans) {
    KeptScans traced, filling, loaded;
    StagesInMemory store;
    const auto anew = run(plan, traced);
    const auto first = run(plan, filling, &store);
    const auto second = run(plan, loaded, &store);
    CHECK(features_of(first) == features_of(anew));
    CHECK(features_of(second) == features_of(anew));
    CHECK(filling.readings == traced.readings);
    CHECK(loaded.readings == traced.readings);
    CHECK(loaded.scans == traced.scans);
    check_once(first.stages);
    check_once(second.stages);
    CHECK(first.stages[Stage::trace].made == 1);
    CHECK(second.stages[Stage::trace].made == 0);
    CHECK(second.stages[Stage::trace].loaded == 1);
    // All images without noise are there, and no scan is read out for them.
    const auto without_noise =
        trial::estimate(plan, 1).reconstructions - trial::estimate(plan, 1).images;
    CHECK(second.stages[Stage::reconstruct].loaded == without_noise);
    CHECK(second.stages[Stage::read_out].made == trial::estimate(plan, 1).scans);
    // The disk that it would take, which plan says.
    CHECK(trial::estimate(plan, 1).cache_bytes == store.bytes());
  }
}

TEST_CASE("another dose, kernel or box, and more repeats, trace no ray again; another patient does",
          "[full]") {
  StagesInMemory store;
  KeptScans first;
  const Value one = Value().set("tube_load_mas", numbers({80.0}));
  run(plan_of({scanner("a")}, one), first, &store);
  const auto traces = [&](const trial::Plan& plan) {
    KeptScans kept, anew;
    const auto counts = run(plan, kept, &store).stages[Stage::trace];
    run(plan, anew);
    CHECK(kept.scans == anew.scans);
    return counts.made;
  };
  CHECK(traces(plan_of({scanner("a")}, Value().set("tube_load_mas", numbers({80.0, 20.0})))) == 0);
  CHECK(traces(plan_of({scanner("a")}, Value().set("kernel", Value::List{Value("sharp")}),
                       noise(2.0))) == 0);
  CHECK(traces(plan_of({scanner("a")}, one, {},
                       Value().set("matrix", Value(24.0)).set("field_of_view_mm", Value(60.0)))) ==
        0);
  CHECK(traces(plan_of({scanner("renamed")}, one)) == 0);
  auto other = plan_of({scanner("a")}, one);
  other.scenario.trial.seed = 8;
  CHECK(traces(other) == 1);
  CHECK(traces(plan_of({scanner("a", 66.0)}, one)) == 1);
  CHECK(traces(plan_of({scanner("a")}, one, {}, Value().set("tube_voltage_kv", Value(100.0)))) ==
        1);
  CHECK(traces(plan_of({scanner("a")}, one, {}, Value().set("slices", Value(12.0)))) == 1);
}

TEST_CASE("an image without noise is found again if nothing that it depends on has changed",
          "[full]") {
  StagesInMemory store;
  KeptScans first;
  const Value loads = Value().set("tube_load_mas", numbers({80.0}));
  run(plan_of({scanner("a")}, loads), first, &store);
  /// Images that were found; what is measured is what it is without a store.
  const auto found = [&](const trial::Plan& plan) {
    KeptScans kept, anew;
    const auto with = run(plan, kept, &store);
    CHECK(features_of(with) == features_of(run(plan, anew)));
    CHECK(kept.scans == anew.scans);
    check_once(with.stages);
    return with.stages[Stage::reconstruct].loaded;
  };
  const auto protocol = [&](const char* key, const Value& value) {
    return plan_of({scanner("a")}, loads, {}, Value().set(key, value));
  };
  CHECK(found(plan_of({scanner("a")}, Value().set("tube_load_mas", numbers({20.0, 80.0})))) == 1);
  CHECK(found(plan_of({scanner("a")}, loads, noise(2.0))) == 1);
  CHECK(found(protocol("tube_load_mas", Value(30.0))) == 1);
  CHECK(found(protocol("tube_voltage_kv", Value(100.0))) == 0);
  CHECK(found(protocol("kernel", Value("sharp"))) == 0);
  CHECK(found(protocol("slice_thickness_mm", Value(3.0))) == 0);
  CHECK(found(protocol("slice_increment_mm", Value(3.0))) == 0);
  CHECK(found(protocol("matrix", Value(24.0))) == 0);
  CHECK(found(protocol("field_of_view_mm", Value(100.0))) == 0);
  CHECK(found(protocol("water_correction", Value(false))) == 0);
  CHECK(found(protocol("truncation_extension", Value(false))) == 0);
  CHECK(found(protocol("kernel", Value("sharp"))) == 1);  // by now
  // One of two is not there: the scan is read out for it.
  CHECK(found(plan_of({scanner("a")},
                      Value().set("kernel", Value::List{Value("soft"), Value("smooth")}))) == 1);
  // Where a detector's full scale is that of a load, the image is too.
  Value crosstalk = scanner("c");
  crosstalk.set("detector",
                Value().set("x_ray_crosstalk", Value().set("columns_percent", Value(2.0))));
  const auto at_load = [&](double load) {
    return plan_of({crosstalk}, Value(), {}, Value().set("tube_load_mas", Value(load)));
  };
  CHECK(found(at_load(80.0)) == 0);
  CHECK(found(at_load(80.0)) == 1);
  CHECK(found(at_load(30.0)) == 0);
}

TEST_CASE("a damaged image without noise is thrown away and made again") {
  const auto plan = plan_of({scanner("a")}, Value());
  KeptScans fresh, mended;
  StagesInMemory store;
  const auto made = run(plan, fresh, &store);
  const auto image = std::ranges::find_if(store.all, [](const auto& each) {
    return each.second.size() == 1 && each.second.front().values.size() == 32 * 32 * 4;
  });
  REQUIRE(image != store.all.end());
  image->second.clear();
  const auto again = run(plan, mended, &store);
  CHECK(store.discarded == 1);
  CHECK(again.stages[Stage::reconstruct].loaded == 0);
  CHECK(again.stages[Stage::trace].loaded == 1);
  CHECK(features_of(again) == features_of(made));
  KeptScans once_more;
  CHECK(run(plan, once_more, &store).stages[Stage::reconstruct].loaded == 1);
}

TEST_CASE("lines that were kept make another kernel or box, with the bits of lines that are made",
          "[full]") {
  Value counting = scanner("n");
  counting.set("detector",
               Value()
                   .set("kind", Value("photon_counting"))
                   .set("sensor", Value().set("thresholds_kev", numbers({25.0, 65.0}))));
  const Value axial, helix = Value().set("mode", Value("helical")).set("pitch", Value(0.9));
  for (const auto& [its, way] : {std::pair(scanner("a"), axial), std::pair(scanner("a"), helix),
                                 std::pair(counting, axial)}) {
    const auto plan = [&](const char* key, const Value& value, const Value& vary = {}) {
      Value more = way;
      more.set(key, value);
      auto made = plan_of({its}, vary, {}, more);
      made.scenario.outputs.raw = "none";
      return made;
    };
    const auto base = plan("kernel", Value("soft"));
    StagesInMemory store;
    store.lines = true;
    KeptScans first;
    run(base, first, &store);
    const auto e = trial::estimate(base, 1);
    CHECK(store.bytes() == Approx(e.cache_bytes).epsilon(0.05));
    const auto stages = [&](const trial::Plan& changed) {
      KeptScans kept, anew;
      const auto with = run(changed, kept, &store);
      CHECK(features_of(with) == features_of(run(changed, anew)));
      CHECK(kept.scans == anew.scans);
      check_once(with.stages);
      return with.stages;
    };
    const auto all_of_lines = [](const trial::StageCounts& n) {
      CHECK(n[Stage::trace].made == 0);
      CHECK(n[Stage::read_out].made == 0);
      CHECK(n[Stage::rebin].made == 0);
      CHECK(n[Stage::reconstruct].loaded == 0);
    };
    // Where some are damaged, rays are read out for all.
    for (auto& [key, blocks] : store.all)
      if (store.shapes.at(key).values == 1 && store.shapes.at(key).steps > 4) {
        blocks.clear();
        break;
      }
    const auto mended = stages(plan("kernel", Value("smooth")));
    CHECK(store.discarded == 1);
    CHECK(mended[Stage::trace].loaded == 1);
    CHECK(mended[Stage::rebin].made == 2);
    all_of_lines(stages(plan("kernel", Value("sharp"))));
    all_of_lines(stages(plan("matrix", Value(24.0))));
    all_of_lines(stages(plan("slice_thickness_mm", Value(3.0))));
    // Of another dose there are none: rays are read out, with noise alone.
    const auto dose = stages(plan("kernel", Value("soft"),
                                  Value().set("tube_load_mas", numbers({37.0}))))[Stage::read_out];
    CHECK(dose.made == 1);
    CHECK(dose.loaded == 1);
    // Lines without the correction are others.
    CHECK(stages(plan("water_correction", Value(false)))[Stage::rebin].made == 2);
  }
}

TEST_CASE("damaged rays are thrown away where they are found, and the rest is traced") {
  const auto plan = plan_of({scanner("a")}, Value());
  KeptScans traced;
  StagesInMemory store;
  run(plan, traced, &store);
  REQUIRE(store.all.size() == 2);  // and the image without noise
  const auto longest = std::ranges::max_element(
      store.all, {}, [](const auto& each) { return each.second.front().values.size(); });
  auto& blocks = longest->second;
  // Cut in three, of which the last is damaged: no end of a block of the tracer's.
  std::vector<StagesInMemory::Block> whole = blocks;
  const Index cells = 110 * 16;
  Index views = 0;
  std::vector<float> signal, quanta;
  for (const auto& block : whole) {
    const auto size = std::ptrdiff_t(block.count * cells);
    signal.insert(signal.end(), block.values.begin(), block.values.begin() + size);
    quanta.insert(quanta.end(), block.values.begin() + size, block.values.end());
    views += block.count;
  }
  const auto cut = [&](Index from, Index to) {
    StagesInMemory::Block block{to - from, {}};
    for (const auto* all : {&signal, &quanta})
      block.values.insert(block.values.end(), all->begin() + from * cells,
                          all->begin() + to * cells);
    return block;
  };
  blocks = {cut(0, 7), cut(7, views / 2 + 1)};
  KeptScans mended;
  const auto counts = run(plan, mended, &store).stages;
  CHECK(store.discarded == 1);
  CHECK(counts[Stage::trace].made == 1);
  CHECK(mended.readings == traced.readings);
  CHECK(mended.scans == traced.scans);
  KeptScans again;  // and they are kept anew, whole
  CHECK(run(plan, again, &store).stages[Stage::trace].loaded == 1);
  CHECK(again.readings == traced.readings);
}
