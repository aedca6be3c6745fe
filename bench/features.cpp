#include <array>
#include <memory>

#include "item.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/radiomics/extract.hpp"

namespace vitrine::bench {
namespace {

/// W6: an ellipsoid in a noisy 512 x 512 x 40 image.
Item features(const char* name, double radius_mm, double voxels) {
  return {name,
          "statistics, morphology and GLCM of an ellipsoid in 512 x 512 x 40, bin width 25 HU",
          voxels, "voxels", [radius_mm](Isa) -> std::function<void()> {
            Grid grid;
            grid.size = {512, 512, 40};
            grid.spacing = Vec3(0.7, 0.7, 1.25);
            auto image = std::make_shared<Image>(grid);
            auto mask = std::make_shared<Mask>(grid);
            Rng rng(make_stream(1, "bench", Draw::test), 0);
            for (float& hu : image->values()) hu = float(40.0 * rng.normal());
            const Vec3 middle = grid.centre(256, 256, 20);
            for (Index k = 0; k < 40; ++k)
              for (Index j = 150; j < 362; ++j)
                for (Index i = 150; i < 362; ++i)
                  (*mask)(i, j, k) =
                      (grid.centre(i, j, k) - middle).cwiseQuotient(Vec3(1.1, 1.0, 0.8)).norm() <
                      radius_mm;
            return [image, mask] {
              radiomics::Settings settings;
              settings.bin_width_hu = 25.0;
              const std::array<std::string, 3> families{"statistics", "morphology", "glcm"};
              (void)radiomics::extract(*image, *mask, settings, families);
            };
          }};
}

}  // namespace

std::vector<Item> feature_items() {
  return {features("W6a", 20.6, 50000.0), features("W6b", 9.55, 5000.0)};
}

}  // namespace vitrine::bench
