#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "vitrine/model/volume.hpp"
#include "vitrine/radiomics/feature.hpp"

namespace vitrine::radiomics {

/// x log2(x) of whole numbers, small ones from a table: entropies are sums of these over counts.
class CountEntropy {
 public:
  CountEntropy();
  double operator()(std::uint64_t n) const { return n < small_.size() ? small_[n] : large(n); }
  /// Entropy in bits of the distribution counts / total.
  double of(std::span<const std::uint64_t> counts, double total) const;

 private:
  static double large(std::uint64_t n);
  std::vector<double> small_;
};

/// The table, made once.
const CountEntropy& count_entropy();

/// How often a grey level i met a number j from 1 up: of a run's voxels, a zone's, its distance. A
/// weighted sum of matrices has counts that are not whole.
struct Count {
  int level = 0;
  Index number = 0;
  double count = 0;
  bool operator==(const Count&) const = default;
};

/// A matrix of counts that is dense where numbers are small and a list where they are large: its
/// memory does not grow with the largest zone.
class CountMatrix {
 public:
  /// Levels 1 to `levels`; numbers up to `largest` are expected, larger ones are allowed.
  CountMatrix(int levels, Index largest);
  void add(int level, Index number, bool counts = true) {
    if (number <= width_) {
      dense_[static_cast<std::size_t>((level - 1) * width_ + number - 1)] += counts;
    } else if (counts) {
      large_.emplace_back(level, std::int32_t(number));
    }
  }
  /// The voxels that what was added is made of; merged directions each count their own.
  void add_voxels(std::size_t count) { voxels_ += Index(count); }
  Index voxels() const { return voxels_; }
  void clear();
  /// Counts that are not zero, by level, then by number.
  std::vector<Count> counts() const;

 private:
  Index width_;
  Index voxels_ = 0;
  std::vector<std::uint32_t> dense_;
  std::vector<std::pair<std::int32_t, std::int32_t>> large_;  ///< level and number
};

/// What the features of runs, zones and dependences need of their matrix s(i, j).
struct CountSummary {
  explicit CountSummary(const CountMatrix& matrix)
      : CountSummary(matrix.counts(), double(matrix.voxels())) {}
  /// Of counts by level, then by number, each pair once; `in_voxels` is N_v.
  CountSummary(std::vector<Count> of, double in_voxels);

  std::vector<Count> counts;
  double total = 0;                                           ///< N_s = sum s(i, j)
  double voxels = 0;                                          ///< N_v
  double squares = 0, level_squares = 0, number_squares = 0;  ///< sums of squared counts
  double level_mean = 0, number_mean = 0;
  double entropy = 0;  ///< bit
};

/// sum s(i, j) i^level_power j^number_power / N_s, for powers -2, 0 and 2.
template <int level_power, int number_power>
Result emphasis(const CountSummary& s) {
  const auto weight = [](double x, int power) {
    return power > 0 ? x * x : power < 0 ? 1 / (x * x) : 1.0;
  };
  double sum = 0;
  for (const Count& c : s.counts)
    sum += c.count * weight(c.level, level_power) * weight(double(c.number), number_power);
  return sum / s.total;
}

Result level_non_uniformity(const CountSummary& s);
Result normalised_level_non_uniformity(const CountSummary& s);
Result number_non_uniformity(const CountSummary& s);
Result normalised_number_non_uniformity(const CountSummary& s);
/// N_s / N_v.
Result percentage(const CountSummary& s);
Result level_variance(const CountSummary& s);
Result number_variance(const CountSummary& s);
Result count_entropy_of(const CountSummary& s);
/// sum p(i, j)^2.
Result count_energy(const CountSummary& s);

}  // namespace vitrine::radiomics
