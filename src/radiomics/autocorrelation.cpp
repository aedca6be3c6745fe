#include "vitrine/radiomics/detail/autocorrelation.hpp"

#include <cmath>
#include <cstring>

namespace vitrine::radiomics {
namespace {

/// Two doubles in one register of every x86-64; their order of summation is fixed.
typedef double Pair __attribute__((vector_size(16)));
constexpr Index chains = 4;          // additions in flight at the same time
constexpr Index group = 2 * chains;  // elements a step

Pair load(const double* from) {
  Pair x;
  std::memcpy(&x, from, sizeof x);
  return x;
}

/// sum a b over `n` elements, rounded up to a multiple of two.
double dot(const double* a, const double* b, Index n) {
  Pair sum[chains] = {};
  Index i = 0;
  for (; i + group <= n; i += group)
    for (Index c = 0; c < chains; ++c) sum[c] += load(a + i + 2 * c) * load(b + i + 2 * c);
  for (Index c = 0; i < n; i += 2, ++c) sum[c] += load(a + i) * load(b + i);
  sum[0] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  return sum[0][0] + sum[0][1];
}

/// Voxels that follow one another along i, and where their values are.
struct Run {
  std::array<Index, 3> first{};
  Index length = 0;
  const double* deviation = nullptr;  ///< of its first voxel
  double* weight = nullptr;           ///< sums of w, of its first voxel
};

/// 1 / distance as a function of the offset between voxels, 0 at no offset, and its running sums.
class Weights {
 public:
  Weights(std::array<Index, 3> size, const Vec3& spacing)
      : size_(size),
        stride_(2 * size[0] + group),
        weights_(static_cast<std::size_t>(stride_ * size[1] * size[2])),
        sums_(weights_.size()) {
    for (Index k = 0; k < size[2]; ++k)
      for (Index j = 0; j < size[1]; ++j) {
        double sum = 0;
        const double y = double(j) * spacing[1], z = double(k) * spacing[2];
        for (Index i = -size[0]; i < size[0]; ++i) {
          const double x = double(i) * spacing[0];
          const double squared = x * x + y * y + z * z;
          const double w = squared > 0 ? 1 / std::sqrt(squared) : 0;
          weights_[index(i, j, k)] = w;
          sums_[index(i, j, k)] = sum;
          sum += w;
        }
      }
  }
  /// Weights of voxel offsets (i, j, k), (i + 1, j, k), ...
  const double* at(Index i, Index j, Index k) const { return &weights_[index(i, j, k)]; }
  /// Sums of the weights of all offsets below i.
  const double* sums_at(Index i, Index j, Index k) const { return &sums_[index(i, j, k)]; }

 private:
  std::size_t index(Index i, Index j, Index k) const {
    return static_cast<std::size_t>((std::abs(k) * size_[1] + std::abs(j)) * stride_ + i +
                                    size_[0]);
  }
  std::array<Index, 3> size_;
  Index stride_;
  std::vector<double> weights_, sums_;
};

/// Adds to each voxel of `run` its weights to all voxels of `other`.
void add_weights(const Weights& weights, const Run& run, const Run& other) {
  const Index i = run.first[0] - other.first[0], j = run.first[1] - other.first[1],
              k = run.first[2] - other.first[2];
  const double* upper = weights.sums_at(i + 1, j, k);
  const double* lower = weights.sums_at(i + 1 - other.length, j, k);
  for (Index v = 0; v < run.length; ++v) run.weight[v] += upper[v] - lower[v];
}

}  // namespace

std::optional<PairSums> inverse_distance_sums(const Region& region, double mean) {
  // Nanoseconds of a pair, of a product of spectra and of a step of a transform; measured.
  constexpr double pair = 0.35, product = 0.9, butterfly = 1.3;
  constexpr double most_nanoseconds = 6e10, most_bytes = double(std::size_t{1} << 29);
  const double n = double(region.voxels.size());
  const double paired = pair * n * n / 2;
  const SpectralCost cost = spectral_cost(region);
  const double spectral = product * cost.pair_products + butterfly * cost.butterflies;
  if (cost.bytes <= most_bytes && spectral < paired) {
    if (spectral > most_nanoseconds) return {};
    return spectral_distance_sums(region, mean);
  }
  if (paired > most_nanoseconds) return {};
  return paired_distance_sums(region, mean);
}

PairSums paired_distance_sums(const Region& region, double mean) {
  // Each run has its own piece of memory, with zeros behind it for the last pair.
  std::vector<Run> runs;
  std::vector<double> deviation, total_weight;
  std::vector<std::size_t> start;
  for (std::size_t v = 0; v < region.voxels.size(); ++v) {  // the border of zeros parts the rows
    if (v == 0 || region.voxels[v] != region.voxels[v - 1] + 1) {
      if (v > 0) deviation.resize(deviation.size() + group, 0.0);
      start.push_back(deviation.size());
      runs.push_back({region.position(region.voxels[v]), 0, nullptr, nullptr});
    }
    deviation.push_back(region.hu[v] - mean);
    ++runs.back().length;
  }
  deviation.resize(deviation.size() + group, 0.0);
  total_weight.resize(deviation.size(), 0.0);
  for (std::size_t r = 0; r < runs.size(); ++r) {
    runs[r].deviation = &deviation[start[r]];
    runs[r].weight = &total_weight[start[r]];
  }

  // Products of every unordered pair once: a voxel with those behind it in its run and later runs.
  const Weights weights(region.grid.size, region.grid.spacing);
  double products = 0;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const Run& run = runs[r];
    for (const Run& other : runs) add_weights(weights, run, other);
    for (Index v = 0; v < run.length; ++v) {
      double sum = dot(weights.at(1, 0, 0), run.deviation + v + 1, run.length - v - 1);
      for (std::size_t s = r + 1; s < runs.size(); ++s) {
        const Run& other = runs[s];
        const double* w = weights.at(other.first[0] - run.first[0] - v,
                                     other.first[1] - run.first[1], other.first[2] - run.first[2]);
        sum += dot(w, other.deviation, other.length);
      }
      products += run.deviation[v] * sum;
    }
  }
  // sum w (x_i - x_j)^2 = 2 sum_i d_i^2 sum_j w_ij - 2 sum w d_i d_j, with deviations d.
  PairSums sums;
  double squares = 0;
  for (std::size_t v = 0; v < deviation.size(); ++v) {
    sums.weights += total_weight[v];
    squares += deviation[v] * deviation[v] * total_weight[v];
  }
  sums.products = 2 * products;
  sums.square_differences = 2 * squares - 2 * sums.products;
  return sums;
}

}  // namespace vitrine::radiomics
