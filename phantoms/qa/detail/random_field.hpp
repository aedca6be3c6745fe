#pragma once
#include <vector>

#include "vitrine/core/random.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::phantoms::detail {

/// A Gaussian random field at a grid's points, clipped at 3 standard deviations, with covariance
/// exp(-x^2/2a^2 - y^2/2b^2 - z^2/2c^2) for the lengths (a, b, c), mm along the grid's axes.
///
/// What lies between the points by trilinear interpolation has mean 0 over the grid exactly and,
/// averaged over positions, variance 1.
std::vector<float> random_field(const Grid& grid, const Vec3& lengths, Rng rng);

/// Subtract the mean of the trilinear interpolation over the box of the grid's points.
void remove_mean(const Grid& grid, std::vector<float>& values);

}  // namespace vitrine::phantoms::detail
