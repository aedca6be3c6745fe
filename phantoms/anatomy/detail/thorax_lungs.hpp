#pragma once
#include <vector>

#include "vitrine/phantoms/anatomy.hpp"
#include "vitrine/phantoms/anatomy/detail/thorax_frame.hpp"
#include "vitrine/phantoms/anatomy/vessel_tree.hpp"

namespace vitrine::phantoms::detail {

/// How finely the trees of the lungs branch.
struct LungDetail {
  std::size_t twigs = 28;          ///< of a tree, on average over the lobes
  double vessel_min_radius = 0.7;  ///< mm
  double vessel_exponent = 2.3;    ///< r^exponent is conserved
  double airway_min_radius = 2.0;  ///< mm, of the lumen
};

/// The trees of the five lobes, in the order of `lung_lobes`.
struct LungTrees {
  std::vector<VesselTree> lumina, walls, arteries, veins;
};

/// The five lobes at rest, right upper, middle and lower, left upper and lower.
std::vector<Lobe> lung_lobes(const ThoraxFrame& f);

/// Where lymph nodes of the chest are: the fat about the great vessels, from above the arch of the
/// aorta to below the carina.
Host mediastinal_nodes(const ThoraxFrame& f);

/// Airways that fill each lobe from its bronchus, arteries beside them (bronchovascular bundles)
/// and veins between them.
LungTrees grow_lung_trees(const ThoraxFrame& f, const std::vector<Lobe>& lobes,
                          const LungDetail& detail, Rng& rng);

void place_lung_trees(SceneBuilder& scene, const LungTrees& trees);

}  // namespace vitrine::phantoms::detail
