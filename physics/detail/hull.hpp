#pragma once
#include <vector>

#include "vitrine/model/scene.hpp"

namespace vitrine::physics::detail {

/// Points, in the frame of the scene, whose convex hull holds a solid that has cuts: the corners of
/// a polyhedron about it and inside its cuts. None if it has no cuts, or nothing is left of it.
std::vector<Vec3> hull_of(const Solid& solid);

}  // namespace vitrine::physics::detail
