#pragma once
#include <span>
#include <string>

#include "vitrine/model/scene.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::phantoms {

/// A box that holds everything the scene is made of, mm.
Grid grid_about(const Scene& scene, double spacing);

/// The organ at every voxel's centre: 1 + its position in `names`, 0 where there is none of them.
/// What was placed last wins; imported voxels, of which the nearest counts, lie under everything,
/// (named by their id) over everything.
LabelMap organ_map(const Scene& scene, const Grid& grid, std::span<const std::string> names);

/// `organ_map` as it was before lesions grew: their voxels are those of what lies under them.
LabelMap anatomy_map(const Scene& scene, const Grid& grid, std::span<const std::string> names);

/// The organs of a scene's imported voxels in the order of their tables, then those of its solids
/// in the order they were placed in, then its lesions: names for `organ_map`.
std::vector<std::string> organ_names(const Scene& scene);
/// Those without the lesions.
std::vector<std::string> anatomy_names(const Scene& scene);

/// What the scene is made of at every voxel's centre.
struct Substance {
  /// 1 + index into Scene::materials of the densest part, 0 in vacuum.
  LabelMap material;
  /// Of all materials together.
  Volume<quantity::Density> density;
};

Substance substance_map(const Scene& scene, const Grid& grid);

}  // namespace vitrine::phantoms
