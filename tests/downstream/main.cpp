// What docs/developers/building.md shows: the mean and the volume of a cube, through the installed
// library.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "vitrine/model/volume.hpp"
#include "vitrine/radiomics/extract.hpp"

int main() {
  vitrine::Grid grid;
  grid.size = {16, 16, 16};
  vitrine::Image image(grid, -800.0F);
  vitrine::Mask mask(grid);
  for (vitrine::Index k = 4; k < 12; ++k) {
    for (vitrine::Index j = 4; j < 12; ++j) {
      for (vitrine::Index i = 4; i < 12; ++i) {
        image(i, j, k) = i % 2 == 0 ? 30.0F : 50.0F;
        mask(i, j, k) = 1;
      }
    }
  }
  const std::vector<std::string> families = {"statistics"};
  bool right = false;
  for (const auto& feature : vitrine::radiomics::extract(image, mask, {}, families)) {
    std::printf("%s = %g %s\n", std::string(feature.info->id).c_str(), feature.value,
                std::string(feature.info->unit).c_str());
    right =
        right || (feature.info->id == "statistics.mean" && std::abs(feature.value - 40.0) < 1e-9);
  }
  return right ? 0 : 1;
}
