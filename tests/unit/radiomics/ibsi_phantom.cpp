#include <catch2/catch.hpp>

#include "ibsi_reference.hpp"
#include "support.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

TEST_CASE("every IBSI reference value of the digital phantom is met") {
  const Case phantom = digital_phantom();
  std::map<std::pair<std::string, std::string>, FeatureValue> found;  // by IBSI codes
  for (const Aggregation aggregation : aggregations) {
    Settings settings = phantom_settings();
    settings.glcm = aggregation;
    for (const auto& [id, value] : measure(phantom, settings)) {
      const bool texture = value.info->family == "glcm";
      const std::string code(texture ? describe(aggregation).ibsi_code : "DHQ4");
      found.emplace(std::pair(std::string(value.info->ibsi_code), code), value);
    }
  }
  for (const Reference& reference : digital_phantom_reference) {
    INFO(reference.feature << ' ' << reference.aggregation);
    const auto value = found.find({reference.feature, reference.aggregation});
    REQUIRE(value != found.end());
    INFO(value->second.info->id << " is " << value->second.value << ", IBSI: " << reference.value
                                << " +- " << reference.tolerance);
    CHECK(agrees(value->second.value, reference.value, reference.tolerance));
  }
}

TEST_CASE("IBSI gives 193 values for the families that are implemented") {
  STATIC_REQUIRE(digital_phantom_reference.size() == 25 + 18 + 25 * 6);
}
