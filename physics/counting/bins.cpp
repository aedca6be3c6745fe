#include "vitrine/physics/counting/bins.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"

namespace vitrine::physics {
namespace {

/// Rates below this share of all counts change no covariance by as much.
constexpr double least_rate = 5e-4;

struct Kind {
  PairOf kind;
  int columns, rows;
};
constexpr Kind kinds[pair_kinds] = {{PairOf::cell, 0, 0},
                                    {PairOf::columns, 1, 0},
                                    {PairOf::rows, 0, 1},
                                    {PairOf::diagonal, 1, 1},
                                    {PairOf::antidiagonal, 1, -1}};

}  // namespace

CountingBins::CountingBins(const Making& making)
    : bins_(making.response.bins()), nodes_(making.nodes.size()) {
  const std::size_t energies = making.photons.size(), columns = making.bowtie_mass.size();
  VITRINE_EXPECT(making.higher.size() + 1 == bins_ && making.total.size() == nodes_);
  air_.resize(columns * bins_);
  weight_.resize(columns * bins_ * nodes_);
  for (std::size_t c = 0; c < columns; ++c) {
    double* air = &air_[c * bins_];
    double whole = 0.0;
    for (std::size_t e = 0; e < energies; ++e) {
      const double photons =
          making.photons[e] * math::exp(-making.bowtie_mass[c] * making.bowtie[e]);
      for (std::size_t b = 0; b < bins_; ++b) air[b] += photons * making.response.counts(e, b);
    }
    for (std::size_t b = 0; b < bins_; ++b) whole += air[b];
    // Weights behind the bowtie, scaled to the counts; the lowest bin is what the others leave.
    std::vector<double> behind;
    for (const std::size_t node : making.nodes)
      behind.push_back(math::exp(-making.bowtie_mass[c] * making.bowtie[node]));
    const auto scaled = [&](std::span<const double> weights, double counts) {
      std::vector<double> out(nodes_);
      double sum = 0.0;
      for (std::size_t j = 0; j < nodes_; ++j) sum += out[j] = weights[j] * behind[j];
      for (double& w : out) w *= counts / sum;
      return out;
    };
    double* weight = &weight_[c * bins_ * nodes_];
    const std::vector<double> total = scaled(making.total, whole);
    std::ranges::copy(total, weight);
    for (std::size_t b = 1; b < bins_; ++b) {
      const std::vector<double> bin = scaled(making.higher[b - 1], air[b]);
      for (std::size_t j = 0; j < nodes_; ++j) {
        weight[b * nodes_ + j] = bin[j];
        weight[j] -= bin[j];
        higher_.push_back(float(air[b] > 0.0 ? bin[j] / air[b] : 0.0));
      }
    }
  }
  fit_pairs(making);
}

void CountingBins::fit_pairs(const Making& making) {
  const CountingResponse& r = making.response;
  const auto terms = Eigen::Index(pair_terms(bins_)),
             mixtures = Eigen::Index(making.mixtures.size());
  // What is left of each energy's photons behind each mixture.
  Eigen::MatrixXd left(mixtures, Eigen::Index(making.photons.size()));
  for (Eigen::Index m = 0; m < mixtures; ++m)
    for (Eigen::Index e = 0; e < left.cols(); ++e)
      left(m, e) = making.photons[std::size_t(e)] *
                   math::exp(-making.mixtures[std::size_t(m)][std::size_t(e)]);
  const auto behind = [&](const auto& per_photon) {
    Eigen::VectorXd response(left.cols());
    for (Eigen::Index e = 0; e < left.cols(); ++e) response[e] = per_photon(std::size_t(e));
    return Eigen::VectorXd(left * response);
  };
  const Eigen::VectorXd total = behind([&](std::size_t e) { return r.total(e); });
  Eigen::MatrixXd known(mixtures, terms);
  known.col(0) = total;
  known.col(1) = behind([&](std::size_t e) { return r.variance(e) - r.total(e); });
  for (Eigen::Index b = 1; b < Eigen::Index(bins_); ++b)
    known.col(b + 1) = behind([&](std::size_t e) { return r.counts(e, std::size_t(b)); });
  for (Eigen::Index k = 1; k <= Eigen::Index(bins_); ++k)
    known.col(k + Eigen::Index(bins_)) = known.col(k).cwiseAbs2().cwiseQuotient(total);

  for (const Kind& kind : kinds)
    for (std::size_t b = 0; b < bins_; ++b)
      for (std::size_t c = 0; c < bins_; ++c) {
        const Eigen::VectorXd rate =
            behind([&](std::size_t e) { return r.pairs(e, kind.kind, b, c); });
        const Eigen::VectorXd share = rate.cwiseQuotient(total);
        if (share.maxCoeff() < least_rate) continue;
        // Least squares of what the rate is off by, over the rate and a hundredth of the largest.
        const Eigen::VectorXd weight =
            total.cwiseProduct(share + Eigen::VectorXd::Constant(mixtures, 0.01 * share.maxCoeff()))
                .cwiseInverse();
        const Eigen::VectorXd x = (weight.asDiagonal() * known)
                                      .eval()
                                      .colPivHouseholderQr()
                                      .solve(weight.cwiseProduct(rate));
        pairs_.push_back({kind.columns, kind.rows, b, c});
        for (Eigen::Index k = 0; k < terms; ++k) coefficients_.push_back(float(x[k]));
        pair_error_ =
            std::max(pair_error_, (known * x - rate).cwiseQuotient(total).cwiseAbs().maxCoeff());
      }
}

std::vector<double> CountingBins::covariance(std::span<const double> counts,
                                             double variance) const {
  VITRINE_EXPECT(counts.size() == bins_);
  double total = 0.0;
  for (const double each : counts) total += each;
  std::vector<double> known{total, variance - total};
  known.insert(known.end(), counts.begin() + 1, counts.end());
  for (std::size_t k = 1; k <= bins_; ++k) known.push_back(known[k] * known[k] / total);
  std::vector<double> out(bins_ * bins_, 0.0);
  for (std::size_t b = 0; b < bins_; ++b) out[b * bins_ + b] = counts[b];
  const float* factor = coefficients_.data();
  for (const BinPair& pair : pairs_) {
    double rate = 0.0;
    for (const double k : known) rate += double(*factor++) * k;
    if (pair.columns != 0 || pair.rows != 0) continue;
    // A pair of one bin adds two to it, and stands in its place twice.
    out[pair.first * bins_ + pair.second] += std::max(rate, 0.0);
    out[pair.second * bins_ + pair.first] += std::max(rate, 0.0);
  }
  return out;
}

double CountingBins::air(Index column, BinWindow window) const {
  double sum = 0.0;
  for (std::size_t b = window.first; b < window.last; ++b)
    sum += air_[std::size_t(column) * bins_ + b];
  return sum;
}

double CountingBins::signal(Index column, BinWindow window, std::span<const double> left) const {
  VITRINE_EXPECT(left.size() == nodes_ && window.first < window.last && window.last <= bins_);
  double counts = 0.0, air = 0.0;
  for (std::size_t b = window.first; b < window.last; ++b)
    for (std::size_t j = 0; j < nodes_; ++j) {
      const double weight = weight_[(std::size_t(column) * bins_ + b) * nodes_ + j];
      counts += weight * left[j];
      air += weight;
    }
  return counts / air;
}

std::span<const float> CountingBins::higher_weights(Index column) const {
  const std::size_t size = (bins_ - 1) * nodes_;
  return std::span(higher_).subspan(std::size_t(column) * size, size);
}

}  // namespace vitrine::physics
