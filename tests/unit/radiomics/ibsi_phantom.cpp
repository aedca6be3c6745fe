#include <catch2/catch.hpp>

#include "ibsi_reference.hpp"
#include "ibsi_texture_reference.hpp"
#include "support.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

TEST_CASE("every IBSI reference value of the digital phantom is met") {
  const Case phantom = digital_phantom();
  const Settings settings = phantom_settings();
  std::map<ibsi::Key, FeatureValue> found;
  const Region region = prepare(phantom.image, phantom.mask, settings, Keep::surroundings);
  for (const ibsi::Value& v : ibsi::measure(region, settings, all_aggregation_codes()))
    CHECK(found.emplace(v.key, v.feature).second);
  const auto check = [&](const char* feature, std::string_view aggregation, double reference,
                         double tolerance, int percent = 0) {
    INFO(feature << ' ' << aggregation);
    const auto value = found.find({feature, std::string(aggregation), percent});
    REQUIRE(value != found.end());
    INFO(value->second.info->id << " is " << value->second.value << ", IBSI: " << reference
                                << " +- " << tolerance);
    CHECK(agrees(value->second.value, reference, tolerance));
  };
  for (const Reference& r : digital_phantom_reference)
    check(r.feature, r.aggregation, r.value, r.tolerance, r.percent);
  for (const auto& r : run_reference)
    for (std::size_t a = 0; a < aggregations.size(); ++a)
      check(r.feature, describe(aggregations[a]).ibsi_code, r.values[a], 0);
  for (const auto& r : pooled_reference)
    for (std::size_t p = 0; p < poolings.size(); ++p)
      check(r.feature, describe(poolings[p]).ibsi_code, r.values[p], 0);
}

TEST_CASE("IBSI gives 482 values") {
  STATIC_REQUIRE(digital_phantom_reference.size() == 25 + 2 + 18 + 23 + 6 + 25 * 6);
  STATIC_REQUIRE(std::size(run_reference) == 16);
  STATIC_REQUIRE(std::size(pooled_reference) == 16 + 16 + 5 + 17);
  STATIC_REQUIRE(25 + 2 + 18 + 23 + 6 + 25 * 6 + 16 * 6 + (16 + 16 + 5 + 17) * 3 == 482);
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
  for (const Pooling pooling : poolings)
    CHECK(aggregation_code(describe(pooling).id) == describe(pooling).ibsi_code);
  CHECK(aggregation_code("4d") == "");
}
