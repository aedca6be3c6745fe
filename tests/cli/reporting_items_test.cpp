#include "vitrine/cli/reporting_items.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "support/data.hpp"
#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/cli/reporting_facts.hpp"

using namespace vitrine;
using Catch::Contains;
using Filled = report::ReportingItem::Filled;

TEST_CASE("every item of CLEAR and METRICS stands in its list once, in order") {
  const auto lists = cli::reporting_items({});
  REQUIRE(lists.size() == 3);
  const std::size_t counts[] = {58, 30};
  for (std::size_t l = 0; l < 2; ++l) {
    REQUIRE(lists[l].items.size() == counts[l]);
    for (std::size_t i = 0; i < counts[l]; ++i)
      CHECK(lists[l].items[i].number == std::to_string(i + 1));
  }
  // The IBSI's items but those of PET, SPECT and MRI alone (3, 16 to 27, 32 to 36, 38, 39, 43 to
  // 45) and of dynamic scans (9b, 9c).
  std::set<int> numbers, expected;
  for (int n = 1; n <= 76; ++n)
    if (n != 3 && (n < 16 || n > 27) && (n < 32 || n > 36) && n != 38 && n != 39 &&
        (n < 43 || n > 45))
      expected.insert(n);
  for (const auto& item : lists[2].items) numbers.insert(std::stoi(item.number));
  CHECK(numbers == expected);
}

TEST_CASE("an item says something, and what the trial does not know is the author's") {
  cli::ReportingFacts facts;
  facts.protocol = "120 kV";
  const auto lists = cli::reporting_items(facts);
  for (const auto& list : lists)
    for (const auto& item : list.items) {
      INFO(list.name << ' ' << item.number);
      CHECK(!item.topic.empty());
      CHECK(!item.text.empty());
    }
  const auto& clear = lists[0].items;
  CHECK(clear[15].filled == Filled::by_trial);
  CHECK(clear[15].text == "120 kV");
  CHECK(clear[5].filled == Filled::by_author);  // no objective was given
  CHECK(report::checklist_table(lists).rows.size() ==
        clear.size() + lists[1].items.size() + lists[2].items.size());
}

TEST_CASE("items on grids and matrices follow what is measured") {
  const auto filled = [](const cli::ReportingFacts& facts, const std::string& number) {
    const auto lists = cli::reporting_items(facts);
    for (const auto& item : lists[2].items)
      if (item.number == number) return item.filled;
    FAIL("no item " << number);
    return Filled::by_author;
  };
  cli::ReportingFacts facts;
  for (const char* grid : {"50b", "50c", "50d", "51", "53", "54"}) {
    facts.resampled = false;
    CHECK(filled(facts, grid) == Filled::not_applicable);
    facts.resampled = true;
    facts.resampling = "linear to 1 mm";
    CHECK(filled(facts, grid) == Filled::by_trial);
  }
  const std::pair<const char*, const char*> matrices[] = {
      {"63", "glrlm"}, {"64", "glcm"},  {"65", "glcm"},  {"66", "glszm"}, {"67", "gldzm"},
      {"68", "gldzm"}, {"69", "ngtdm"}, {"70", "ngldm"}, {"71", "ngldm"}};
  for (const auto& [number, family] : matrices) {
    facts.measured_families = {"statistics"};
    CHECK(filled(facts, number) == Filled::not_applicable);
    facts.measured_families.emplace_back(family);
    CHECK(filled(facts, number) == Filled::by_trial);
  }
}

TEST_CASE("the calibration says what the voxels of every kind of image count") {
  const auto calibration = [](const char* file, const std::vector<std::string>& overrides) {
    const std::string path = test::source_root() / "scenarios" / file;
    const trial::Plan plan = trial::make_plan(cli::load_valid_scenario(path, overrides).scenario);
    return cli::reporting_facts(plan, {}, {}).calibration;
  };
  const std::string plain = "ater is 0 HU and air -1000 HU, by their attenuation in the spectrum";
  CHECK_THAT(calibration("01_lung_nodule_stability.yaml", {}),
             Catch::StartsWith("W" + plain) && !Contains("mg/ml") && !Contains("hardening") &&
                 !Contains("onoenergetic"));
  CHECK_THAT(calibration("01_lung_nodule_stability.yaml", {"arms.protocol.water_correction=false"}),
             Contains(plain) && Contains("Beam hardening is left"));
  CHECK_THAT(calibration("12_photon_counting.yaml", {}),
             Contains("Images of what is detected: w" + plain) &&
                 Contains("(vmi_50kev, vmi_70kev, vmi_140kev, vnc of 70 keV): water is 0 HU") &&
                 Contains("(iodine_map, water_map): mg/ml") && Contains("water and iodine"));
  CHECK_THAT(calibration("16_dual_energy.yaml", {"arms.vary.bins=[iodine_map, water_map]"}),
             Catch::StartsWith("Maps (iodine_map, water_map)") && !Contains("HU"));
  CHECK_THAT(calibration("16_dual_energy.yaml",
                         {"arms.vary.bins=[vnc]", "arms.protocol.spectral.vnc_energy_kev=60"}),
             Catch::StartsWith("Monoenergetic images (vnc of 60 keV)") && !Contains("spectrum"));
}
