#include <catch2/catch.hpp>
#include <cmath>

#include "unit/phantoms/support.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/motion.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/phantoms/voxelise.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;

namespace {

Pick<Motion> motion(const Value& node) { return test::pick(motions(), node); }

const Stream stream = make_stream(5, "case001", Draw::motion);

bool same(const Stance& a, const Stance& b) {
  return a.state.inspiration == b.state.inspiration && a.state.systole == b.state.systole &&
         a.pose.translation == b.pose.translation && a.pose.rotation == b.pose.rotation;
}

}  // namespace

TEST_CASE("every motion leaves the patient still at strength 0, and is continuous in time") {
  for (const std::string& kind : motions().kinds()) {
    const std::vector<Pick<Motion>> all{motion(test::kind(kind))};
    CAPTURE(kind);
    bool moves = false;
    for (double t = 0.0; t < 6.0; t += 0.01) {
      CHECK(same(stance_at({}, all, t, 0.0, stream), {}));
      const Stance a = stance_at({}, all, t, 1.0, stream);
      const Stance b = stance_at({}, all, t + 1e-4, 1.0, stream);
      moves = moves || !same(a, {});
      // Nothing here is faster than a volume or a contraction in 50 ms, or 50 mm in a second.
      CHECK(std::abs(a.state.inspiration - b.state.inspiration) < 2e-3);
      CHECK(std::abs(a.state.systole - b.state.systole) < 2e-3);
      CHECK((a.pose.translation - b.pose.translation).norm() < 5e-3);
    }
    CHECK(moves);
  }
}

TEST_CASE("breathing repeats, between the usual volume and that less its amplitude") {
  const auto breathing = motion(
      test::kind("breathing").set("amplitude_percent", Value(8.0)).set("period_s", Value(3.0)));
  double low = 2.0, high = 0.0;
  for (double t = 0.0; t < 3.0; t += 0.01) {
    const Stance a = stance_at({}, {breathing}, t, 1.0, stream);
    const Stance b = stance_at({}, {breathing}, t + 6.0, 1.0, stream);
    CHECK(a.state.inspiration == Approx(b.state.inspiration).epsilon(1e-9));
    low = std::min(low, a.state.inspiration);
    high = std::max(high, a.state.inspiration);
  }
  CHECK(low == Approx(0.92).margin(1e-4));
  CHECK(high == Approx(1.0).margin(1e-4));
}

TEST_CASE("the ventricles eject some 58 % and the heart as a whole loses 8 %") {
  Cohort cohort;
  cohort.anatomy = test::pick(anatomies(), test::kind("thorax"));
  const auto volumes = [&](double systole) {
    PatientState state;
    state.systole = systole;
    const Scene scene = build_patient(cohort, 7, "case001", state).scene;
    double chambers = 0.0, heart = 0.0;
    for (const Organ& organ : scene.organs) {
      if (organ.name != "heart_chambers" && organ.name != "heart") continue;
      for (std::size_t s = 0; s < organ.solids.size(); ++s) {
        const double volume = scene.solids[organ.solids[s]].half_axes.prod();
        if (organ.name == "heart")
          heart += volume;
        else if (s < 2)
          chambers += volume;
      }
    }
    return std::pair(chambers, heart);
  };
  const auto filled = volumes(0.0), emptied = volumes(1.0), half = volumes(0.5);
  CHECK(emptied.first / filled.first == Approx(0.42).margin(0.005));
  CHECK(emptied.second / filled.second == Approx(0.92).margin(0.005));
  CHECK(half.first < filled.first);
  CHECK(half.first > emptied.first);
}
