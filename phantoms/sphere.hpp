#pragma once
#include "vitrine/core/random.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::phantoms {

/// The point of the unit sphere at height `z` in [-1, 1] and `angle` [rad] about the z axis.
Vec3 on_sphere(double z, double angle);

/// Point `i` of a Fibonacci lattice of `points` on the unit sphere: evenly spread.
Vec3 lattice_point(int i, int points);

/// A direction of the uniform distribution: two draws.
Vec3 random_direction(Rng& rng);

}  // namespace vitrine::phantoms
