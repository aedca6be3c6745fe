#pragma once
#include <array>
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine::io::detail {

/// A closed polygon between pixel centres, in half pixels from the centre of pixel (0, 0). An outer
/// one turns as the axes do, from i to j; a hole's turns the other way.
using Outline = std::vector<std::array<Index, 2>>;

/// The outlines of a mask's slice by marching squares (Lorensen & Cline 1987, in two dimensions) at
/// one half. Pixels that touch by a corner alone are apart. The polygons, holes taken off, have
/// N - E / 2 pixels of area, N being the mask's pixels and E its parts less its holes.
std::vector<Outline> outlines_of(const Mask& mask, Index slice);

}  // namespace vitrine::io::detail
