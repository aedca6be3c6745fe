#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "vitrine/model/counting_sensor.hpp"
#include "vitrine/model/volume.hpp"
#include "vitrine/physics/counting/response.hpp"

namespace vitrine::physics {

/// Two counts of one photon: in a cell's bin `first`, and in bin `second` of the cell so many
/// columns and rows on (the same cell: 0, 0).
struct BinPair {
  int columns = 0, rows = 0;
  std::size_t first = 0, second = 0;
};

/// Factors of a pair's rate.
constexpr std::size_t pair_terms(std::size_t bins) { return 2 * bins + 1; }

/// What a photon-counting beam knows of its bins, per column of the detector.
///
/// Counts are sums over the beam's nodes, like its signal. Rates of pairs are combinations of what
/// else is known of a ray (the total, all pairs, the bins but the lowest), fitted to the mixtures
/// that the beam was fitted to.
class CountingBins {
 public:
  /// What the bins are made of; vectors are per energy of the spectrum, or per node.
  struct Making {
    const CountingResponse& response;
    std::span<const double> photons;      ///< that meet a cell, per mAs, before the bowtie
    std::span<const double> bowtie;       ///< its mass attenuation, mm^2/g
    std::span<const double> bowtie_mass;  ///< g/mm^2, per column
    std::span<const std::size_t> nodes;   ///< positions among the energies
    std::span<const double> total;        ///< weights of the nodes, of the sum of all bins
    const std::vector<std::vector<double>>& higher;    ///< of all bins but the lowest
    const std::vector<std::vector<double>>& mixtures;  ///< line integrals [mixture][energy]
  };
  explicit CountingBins(const Making& making);

  std::size_t bins() const { return bins_; }
  /// Counts per mAs of some bins with nothing but air in the beam.
  double air(Index column, BinWindow window) const;
  /// Counts of some bins over those of air, where `left` is what is left at each node.
  double signal(Index column, BinWindow window, std::span<const double> left) const;
  /// Weights of the mean signals of all bins but the lowest, [bin][node], each summing to 1.
  std::span<const float> higher_weights(Index column) const;

  /// What each node adds to the counts of each bin with nothing but air in the beam, per mAs:
  /// [bin][node]. Behind something it is what is left of that.
  std::span<const double> weights(Index column) const {
    return std::span(weight_).subspan(std::size_t(column) * bins_ * nodes_, bins_ * nodes_);
  }
  /// Covariance of the counts of one cell, [bin][bin], by their means and by the variance of a
  /// large area (the counts' square over the equivalent quanta).
  std::vector<double> covariance(std::span<const double> counts, double variance) const;

  /// Pairs that one photon's counts make, those that matter: rates above 5e-4 of the counts.
  const std::vector<BinPair>& pairs() const { return pairs_; }
  /// Of each pair, `pair_terms` factors of its rate: of the total, of the variance beyond it, of
  /// the bins but the lowest; then of the squares of the last two kinds over the total.
  std::span<const float> coefficients() const { return coefficients_; }
  /// Largest error of the pairs' rates over the mixtures, relative to their counts.
  double pair_error() const { return pair_error_; }

 private:
  void fit_pairs(const Making& making);

  std::size_t bins_, nodes_;
  std::vector<double> air_;     ///< [column][bin]
  std::vector<double> weight_;  ///< [column][bin][node], counts per mAs
  std::vector<float> higher_;   ///< [column][bin - 1][node]
  std::vector<BinPair> pairs_;
  std::vector<float> coefficients_;
  double pair_error_ = 0.0;
};

}  // namespace vitrine::physics
