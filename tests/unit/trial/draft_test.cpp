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
  scenario.arms.protocol.flying_focal_spot = "both";  // 246 is no multiple of its four places
  CHECK(drafted(scenario).arms.scanners[0].views_per_rotation == 492);
  // The canonical echo of a draft means the same draft.
  CHECK(fingerprint(drafted(draft)) == fingerprint(draft));
}

TEST_CASE("a draft of a scanner with a profile can be read back") {
  Scenario scenario = whole();
  scenario.simulation.quality = "draft";
  Scanner& scanner = scenario.arms.scanners[0];
  scanner.profile = Profile{};
  scanner.profile->provenance = {{{"views_per_rotation"}, "a guess", true, {900, 1100}, {}},
                                 {{"views_per_rotation", "columns"}, "a paper", false, {}, {}}};
  const Scenario draft = drafted(scenario);
  // 246 views are out of the range of the profile, and from no paper.
  REQUIRE(draft.arms.scanners[0].profile->provenance.size() == 1);
  CHECK(draft.arms.scanners[0].profile->provenance[0].keys == std::vector<std::string>{"columns"});
  CHECK(scanner.profile->provenance.size() == 2);
}

TEST_CASE("a draft adds nothing to what is small already") {
  Scenario scenario = whole();
  scenario.patients.count = 1;
  scenario.arms.protocol.matrix = 64;
  // An odd number of views cannot be halved.
  scenario.arms.scanners[0].views_per_rotation = 721;
  scenario.simulation = {.quality = "draft", .sub_columns = 1};
  const Scenario draft = drafted(scenario);
  CHECK(draft.patients.count == 1);
  CHECK(draft.arms.protocol.matrix == 64);
  CHECK(draft.arms.scanners[0].views_per_rotation == 721);
}

TEST_CASE("a draft keeps every stratum") {
  Scenario scenario = whole();
  scenario.simulation.quality = "draft";
  phantoms::CohortStratum most, few;
  most.name = "most", most.share = 0.9;
  few.name = "few", few.share = 0.1;
  scenario.patients.strata = {most, few};
  const Scenario draft = drafted(scenario);
  CHECK(phantoms::patient_ids(draft.patients) ==
        std::vector<std::string>{"most_001", "most_002", "few_001"});
  CHECK_FALSE(draft.patients.count);
  CHECK(fingerprint(drafted(draft)) == fingerprint(draft));
}

TEST_CASE("full quality is left alone") {
  const Scenario scenario = whole();
  CHECK(fingerprint(drafted(scenario)) == fingerprint(scenario));
}
