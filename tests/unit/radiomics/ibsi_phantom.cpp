#include <catch2/catch.hpp>
#include <set>

#include "ibsi_reference.hpp"
#include "support.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

TEST_CASE("every IBSI reference value of the digital phantom is met") {
  const Case phantom = digital_phantom();
  const Settings settings = phantom_settings();
  std::set<std::string> codes;
  for (const Aggregation aggregation : aggregations) codes.emplace(describe(aggregation).ibsi_code);
  std::map<ibsi::Key, FeatureValue> found;
  const Region region = prepare(phantom.image, phantom.mask, settings, Keep::surroundings);
  for (const ibsi::Value& v : ibsi::measure(region, settings, codes))
    CHECK(found.emplace(v.key, v.feature).second);
  for (const Reference& reference : digital_phantom_reference) {
    INFO(reference.feature << ' ' << reference.aggregation);
    const auto value = found.find({reference.feature, reference.aggregation, reference.percent});
    REQUIRE(value != found.end());
    INFO(value->second.info->id << " is " << value->second.value << ", IBSI: " << reference.value
                                << " +- " << reference.tolerance);
    CHECK(agrees(value->second.value, reference.value, reference.tolerance));
  }
}

TEST_CASE("IBSI gives 224 values for the families whose values are typed") {
  STATIC_REQUIRE(digital_phantom_reference.size() == 25 + 2 + 18 + 23 + 6 + 25 * 6);
}

TEST_CASE("IBSI's comparison rounds to three digits and never takes not-a-number") {
  CHECK(ibsi::agrees(2.1486, 2.15, 0));
  CHECK_FALSE(ibsi::agrees(2.1449, 2.15, 0));
  CHECK(ibsi::agrees(0.03975, 0.0397, 0.0003));
  CHECK(ibsi::agrees(125256, 125256, 0));  // counts are not rounded
  CHECK_FALSE(ibsi::agrees(125257, 125256, 0));
  CHECK_FALSE(ibsi::agrees(std::nan(""), 1, 1e9));
}

TEST_CASE("an aggregation's id gives its IBSI code") {
  for (const Aggregation aggregation : aggregations)
    CHECK(aggregation_code(describe(aggregation).id) == describe(aggregation).ibsi_code);
  CHECK(aggregation_code("4d") == "");
}
