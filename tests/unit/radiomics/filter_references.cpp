#include "filter_support.hpp"
#include "ibsi_data.hpp"
#include "vitrine/radiomics/filters/ibsi2.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

TEST_CASE("the standardised response maps of IBSI 2 are met to a tenth of the standard's percent",
          "[full]") {
  const auto folder = ibsi_data() / "ibsi2";
  if (is_absent(folder / "phantoms" / "impulse" / "image.nii.gz")) return;
  const Grid grid{{64, 64, 64}, Vec3(2, 2, 2), Vec3::Zero(), Mat3::Identity()};
  const auto count = static_cast<std::size_t>(grid.count());
  for (const ibsi::ResponseTest& test : ibsi::response_tests()) {
    std::string name = test.id;
    std::replace(name.begin(), name.end(), '.', '_');
    Image phantom(grid), reference(grid);
    const auto voxels =
        read_voxels<std::uint8_t>(folder / "phantoms" / test.phantom / "image.nii.gz", count);
    std::copy(voxels.begin(), voxels.end(), phantom.values().begin());
    const auto map =
        read_voxels<float>(folder / "response_maps" / (name + "-ValidCRM.nii.gz"), count);
    std::copy(map.begin(), map.end(), reference.values().begin());
    INFO(test.id << ": " << filter_name(test.filter));
    const double difference =
        ibsi::difference_percent(test.filter->apply(phantom, best_isa()), reference);
    CHECK(difference <= 0.1);
  }
}
