#pragma once
#include <cstddef>
#include <vector>

namespace vitrine::physics {

/// A few functions of energy whose sums are the attenuation of any of a set of materials.
///
/// mu_m(E_j) = sum_k coefficient[m][k] function[j][k], as near as the rank allows.
struct Basis {
  std::size_t rank = 0;
  std::vector<std::vector<double>> coefficient;  ///< [material][k], in mm^2/g
  std::vector<std::vector<double>> function;     ///< [node][k]
};

/// The best basis of `rank` in the least-squares sense: a singular value decomposition of the mass
/// attenuations mu[material][node], each material scaled by `scale` (a typical largest mass per
/// area, g/mm^2) and each node weighted by `weight` (its share of the signal).
Basis fit_basis(const std::vector<std::vector<double>>& mu, const std::vector<double>& scale,
                const std::vector<double>& weight, std::size_t rank);

}  // namespace vitrine::physics
