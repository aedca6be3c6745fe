#pragma once
#include <span>

#include "vitrine/model/scene.hpp"

namespace vitrine::phantoms {

/// The size of a union of solids, by construction.
struct Extent {
  double volume = 0.0;  ///< mm^3, chords on a fine raster: relative error below 1e-4
  double longest_axial_diameter = 0.0;  ///< mm, over all axial sections
  double short_axis = 0.0;              ///< mm, across it in the same section
  double low = 0.0, high = 0.0;         ///< mm, z
};

Extent measure_union(std::span<const Solid> solids);

/// The volume alone, mm^3, by chords on `lines` x `lines` lines.
double volume_of_union(std::span<const Solid> solids, int lines);

/// The size of a body that is a map: its volume is the integral of the share, its outline the
/// surface where the share is one half (on the map's own planes and lines along its i and j).
Extent measure_map(const ShareMap& map);

}  // namespace vitrine::phantoms
