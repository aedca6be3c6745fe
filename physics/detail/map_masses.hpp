#pragma once
#include <vector>

#include "vitrine/model/scene.hpp"
#include "vitrine/physics/projector.hpp"

namespace vitrine::physics::detail {

/// Add the mass per area of every material of a map along a ray, g/mm^2: exact, since along a line
/// a trilinear function is a cubic from one plane of voxel centres to the next, which two Gauss
/// points integrate.
void add_map_masses(const IndexedMap& map, const Ray& ray, std::vector<double>& masses);

}  // namespace vitrine::physics::detail
