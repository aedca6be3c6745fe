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

/// Fit at most `node_count` nodes to line integrals x[path][energy], by least squares of the
/// relative error with positive weights; equally spaced nodes are exchanged for neighbouring
/// energies. The variance has weights of its own on the same nodes (Lawson and Hanson 1974).
///
/// `mean` and `variance` are what each energy adds to the mean signal and to its variance where
/// nothing is in the beam.
Quadrature fit_quadrature(const std::vector<double>& mean, const std::vector<double>& variance,
                          const std::vector<std::vector<double>>& line_integrals,
                          std::size_t node_count);

/// Weights >= 0 on nodes that are there already, of another spectrum: by least squares of the
/// relative error, as above.
std::vector<double> fit_weights(const std::vector<double>& spectrum,
                                const std::vector<std::vector<double>>& line_integrals,
                                const std::vector<std::size_t>& nodes);

}  // namespace vitrine::physics
