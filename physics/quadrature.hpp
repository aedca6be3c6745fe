#pragma once
#include <cstddef>
#include <vector>

namespace vitrine::physics {

/// A few energies that stand for a spectrum: sum_j weight_j exp(-x(E_j)) is the signal behind any
/// line integral x(E) of the kind it was fitted to.
struct Quadrature {
  std::vector<std::size_t> nodes;  ///< positions of the energies in the spectrum, ascending
  std::vector<double> mean;        ///< weights of the mean signal
  std::vector<double> variance;    ///< weights, on the same nodes, of its variance
  double rms_error = 0.0;          ///< of the mean signal's logarithm over the paths fitted
  double max_error = 0.0;
  double variance_max_error = 0.0;  ///< same of the variance's
};

/// Fit at most `node_count` nodes to line integrals x[path][energy], by non-negative least squares
/// (Lawson and Hanson 1974) of the relative error and exchange of neighbouring energies.
///
/// `mean` and `variance` are what each energy adds to the mean signal and to its variance where
/// nothing is in the beam.
Quadrature fit_quadrature(const std::vector<double>& mean, const std::vector<double>& variance,
                          const std::vector<std::vector<double>>& line_integrals,
                          std::size_t node_count);

/// x >= 0 that minimises |A x - b|, given gram = A^T A (row-major, n x n) and right = A^T b. At
/// most `max_support` elements of x are not 0.
std::vector<double> solve_nonnegative(const std::vector<double>& gram,
                                      const std::vector<double>& right, std::size_t max_support);

}  // namespace vitrine::physics
