#include <array>
#include <memory>

#include "item.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/radiomics/extract.hpp"
#include "vitrine/radiomics/pyradiomics/extract.hpp"

namespace vitrine::bench {
namespace {

struct Case {
  Image image;
  Mask mask;
};

/// An ellipsoid with axes of 1.1, 1 and 0.8 radii in the middle of a noisy image.
std::shared_ptr<const Case> ellipsoid(std::array<Index, 3> size, const Vec3& spacing,
                                      double radius_mm) {
  Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  auto made = std::make_shared<Case>(Case{Image(grid), Mask(grid)});
  Rng rng(make_stream(1, "bench", Draw::test), 0);
  for (float& hu : made->image.values()) hu = float(40.0 * rng.normal());
  const Vec3 middle = grid.centre(size[0] / 2, size[1] / 2, size[2] / 2);
  for (Index k = 0; k < size[2]; ++k)
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i)
        made->mask(i, j, k) =
            (grid.centre(i, j, k) - middle).cwiseQuotient(Vec3(1.1, 1.0, 0.8)).norm() < radius_mm;
  return made;
}

radiomics::Settings wide_bins() {
  radiomics::Settings settings;
  settings.bin_width_hu = 25.0;
  return settings;
}

/// W6: what users of PyRadiomics ask for, from an image of a whole chest.
Item lesion(const char* name, double radius_mm, double voxels) {
  return {name,
          "108 features, nearly PyRadiomics' 107, of an ellipsoid in 512 x 512 x 40, 25 HU bins",
          voxels, "voxels", [radius_mm](Isa) -> std::function<void()> {
            const auto made = ellipsoid({512, 512, 40}, Vec3(0.7, 0.7, 1.25), radius_mm);
            const std::vector<std::string> wanted{"statistics",
                                                  "morphology.volume_mesh",
                                                  "morphology.volume_voxels",
                                                  "morphology.surface_area",
                                                  "morphology.surface_to_volume",
                                                  "morphology.sphericity",
                                                  "morphology.maximum_3d_diameter",
                                                  "morphology.major_axis_length",
                                                  "morphology.minor_axis_length",
                                                  "morphology.least_axis_length",
                                                  "morphology.elongation",
                                                  "morphology.flatness",
                                                  "glcm",
                                                  "glrlm",
                                                  "glszm",
                                                  "ngtdm",
                                                  "ngldm"};
            return [made, wanted] {
              (void)radiomics::extract(made->image, made->mask, wide_bins(), wanted);
            };
          }};
}

/// W6p: PyRadiomics' own 107 features of the same.
Item lesion_in_pyradiomics(const char* name, double radius_mm, double voxels) {
  return {name, "PyRadiomics' 107 features, by its definitions, of an ellipsoid in 512 x 512 x 40",
          voxels, "voxels", [radius_mm](Isa) -> std::function<void()> {
            const auto made = ellipsoid({512, 512, 40}, Vec3(0.7, 0.7, 1.25), radius_mm);
            radiomics::pyradiomics::Parameters parameters;
            parameters.settings.additional_info = false;
            return [made, parameters] {
              (void)radiomics::pyradiomics::extract(made->image, made->mask, parameters,
                                                    radiomics::pyradiomics::Stored::whole_numbers);
            };
          }};
}

/// W7: everything there is, of a large region.
Item whole_set(const char* name, double radius_mm, double voxels) {
  return {name, "all families in all 3D aggregations of an ellipsoid of 1 mm voxels, 25 HU bins",
          voxels, "voxels", [radius_mm](Isa) -> std::function<void()> {
            const auto made = ellipsoid({128, 128, 128}, Vec3(1, 1, 1), radius_mm);
            std::vector<std::string> all;
            for (const auto& family : radiomics::families()) all.emplace_back(family.id);
            return [made, all] {
              radiomics::Settings settings = wide_bins();
              (void)radiomics::extract(made->image, made->mask, settings, all);
              settings.glcm = settings.glrlm = radiomics::Aggregation::merge_3d;
              const std::array<std::string, 2> directed{"glcm", "glrlm"};
              (void)radiomics::extract(made->image, made->mask, settings, directed);
            };
          }};
}

}  // namespace

std::vector<Item> feature_items() {
  return {lesion("W6a", 20.26, 50000.0), lesion("W6b", 9.41, 5000.0),
          lesion_in_pyradiomics("W6p", 20.26, 50000.0), whole_set("W7", 45.96, 357800.0)};
}

}  // namespace vitrine::bench
