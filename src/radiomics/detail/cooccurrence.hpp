#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "vitrine/radiomics/detail/texture.hpp"

namespace vitrine::radiomics {

/// Expectation of `f` over a distribution whose first entry belongs to 0.
template <class F>
double expectation(const std::vector<double>& p, F f) {
  double total = 0;
  for (std::size_t k = 0; k < p.size(); ++k)
    if (p[k] > 0) total += p[k] * f(double(k));
  return total;
}

/// How often two grey levels are neighbours along some of the directions.
class CooccurrenceCounts {
 public:
  CooccurrenceCounts(const Region& region, const Levels& levels)
      : levels_(levels),
        stride_(static_cast<std::size_t>(levels.count) + 1),
        counts_(stride_ * stride_) {
    for (std::size_t d = 0; d < directions.size(); ++d)
      step_[d] = region.grid.offset(directions[d][0], directions[d][1], directions[d][2]);
  }
  int levels() const { return levels_.count; }
  void clear() { std::fill(counts_.begin(), counts_.end(), 0u); }
  /// Adds the pairs from each of `voxels` along a direction. Level 0 is outside: its row is
  /// ignored.
  void add(Voxels voxels, std::size_t direction) {
    const std::uint16_t* level = levels_.volume.data();
    const Index step = step_[direction];
    for (const std::int32_t v : voxels) ++counts_[level[v] * stride_ + level[v + step]];
  }
  /// The symmetric matrix's entry for levels i and j.
  std::uint64_t pairs(std::size_t i, std::size_t j) const {
    return std::uint64_t{counts_[i * stride_ + j]} + counts_[j * stride_ + i];
  }

 private:
  const Levels& levels_;
  std::size_t stride_;
  std::vector<std::uint32_t> counts_;
  std::array<Index, 13> step_{};
};

}  // namespace vitrine::radiomics
