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
  const ByCode found =
      measure_all(prepare(phantom.image, phantom.mask, settings), settings, aggregations, poolings);
  const auto check = [&](const char* feature, std::string_view aggregation, double reference,
                         double tolerance) {
    INFO(feature << ' ' << aggregation);
    const auto value = found.find({feature, std::string(aggregation)});
    REQUIRE(value != found.end());
    INFO(value->second.info->id << " is " << value->second.value << ", IBSI: " << reference
                                << " +- " << tolerance);
    CHECK(agrees(value->second.value, reference, tolerance));
  };
  for (const Reference& r : digital_phantom_reference)
    check(r.feature, r.aggregation, r.value, r.tolerance);
  for (const auto& r : run_reference)
    for (std::size_t a = 0; a < aggregations.size(); ++a)
      check(r.feature, describe(aggregations[a]).ibsi_code, r.values[a], 0);
  for (const auto& r : pooled_reference)
    for (std::size_t p = 0; p < poolings.size(); ++p)
      check(r.feature, describe(poolings[p]).ibsi_code, r.values[p], 0);
}

TEST_CASE("IBSI gives 451 values for the families that are implemented") {
  STATIC_REQUIRE(digital_phantom_reference.size() == 25 + 18 + 25 * 6);
  STATIC_REQUIRE(std::size(run_reference) == 16);
  STATIC_REQUIRE(std::size(pooled_reference) == 16 + 16 + 5 + 17);
}
