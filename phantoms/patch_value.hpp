#pragma once
#include <span>

#include "vitrine/model/scene.hpp"

namespace vitrine::phantoms {

/// Trilinear value of a patch channel on `grid` at a point [mm]; 0 outside its voxel centres.
double patch_value(const Grid& grid, std::span<const float> values, const Vec3& point);

}  // namespace vitrine::phantoms
