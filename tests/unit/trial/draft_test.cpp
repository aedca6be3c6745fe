#include "vitrine/trial/draft.hpp"

#include <catch2/catch.hpp>

using namespace vitrine;
using namespace vitrine::trial;

namespace {

Scenario whole() {
  Scenario scenario;
  scenario.patients.count = 12;
  Scanner scanner;
  scanner.name = "a";
  scanner.views_per_rotation = 984;
  scanner.flying_focal_spot =
      FlyingFocalSpot{.in_plane = 1.0, .z = 1.0, .views_per_position = 1152};
  scenario.arms.scanners = {scanner};
  scenario.simulation = {.sub_columns = 4, .sub_rows = 3, .sub_views = 2};
  return scenario;
}

}  // namespace

TEST_CASE("a draft has fewer patients, views, rays and voxels, and the same arms") {
  Scenario scenario = whole();
  scenario.arms.vary.tube_load = {20.0, 80.0};
  scenario.simulation.quality = "draft";
  const Scenario draft = drafted(scenario);
  CHECK(draft.patients.count == 2);
  CHECK(draft.arms.protocol.matrix == 256);
  CHECK(draft.arms.scanners[0].views_per_rotation == 246);
  CHECK(draft.arms.scanners[0].flying_focal_spot->views_per_position == 288);
  CHECK(draft.simulation.sub_columns * draft.simulation.sub_rows * draft.simulation.sub_views == 1);
  CHECK(draft.arms.vary.tube_load == scenario.arms.vary.tube_load);
  CHECK(draft.arms.protocol.slices == scenario.arms.protocol.slices);
  // The canonical echo of a draft means the same draft.
  CHECK(fingerprint(drafted(draft)) == fingerprint(draft));
}

TEST_CASE("a draft adds nothing to what is small already") {
  Scenario scenario = whole();
  scenario.patients.count = 1;
  scenario.arms.protocol.matrix = 64;
  // An odd number of views cannot be halved between the places of a focal spot.
  scenario.arms.scanners[0].views_per_rotation = 721;
  scenario.simulation = {.quality = "draft", .sub_columns = 1};
  const Scenario draft = drafted(scenario);
  CHECK(draft.patients.count == 1);
  CHECK(draft.arms.protocol.matrix == 64);
  CHECK(draft.arms.scanners[0].views_per_rotation == 721);
}

TEST_CASE("full quality is left alone") {
  const Scenario scenario = whole();
  CHECK(fingerprint(drafted(scenario)) == fingerprint(scenario));
}
