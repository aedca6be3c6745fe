#pragma once
#include <array>
#include <vector>

#include "vitrine/radiomics/detail/count_matrix.hpp"
#include "vitrine/radiomics/detail/texture.hpp"

namespace vitrine::radiomics {

/// Adds for every voxel how many of its neighbourhood, itself included, have its grey level
/// (IBSI's coarseness parameter 0, Chebyshev distance 1).
void add_dependences(const Region& region, const Levels& levels, Voxels voxels,
                     Connectivity connectivity, CountMatrix& matrix);

/// How grey levels differ from the mean of their neighbours (at Chebyshev distance 1).
///
/// Kept as whole numbers by the count of neighbours, so sums do not depend on the voxels' order.
class ToneDifferences {
 public:
  explicit ToneDifferences(int levels) : of_level_(static_cast<std::size_t>(levels)) {}
  /// Adds the voxels that have a neighbour in the intensity mask.
  void add(const Region& region, const Levels& levels, Voxels voxels, Connectivity connectivity);
  void clear();
  int levels() const { return int(of_level_.size()); }
  /// n_i, voxels of a level (from 1).
  std::uint64_t voxels(int level) const;
  /// s_i, the sum of |i - mean of the neighbours| over those voxels.
  double difference(int level) const;

 private:
  /// Voxels, and sums of |c i - sum of the neighbours|, for c = 1 ... 26 neighbours.
  struct Tone {
    std::array<std::uint32_t, 27> voxels{};
    std::array<std::uint64_t, 27> scaled{};
  };
  std::vector<Tone> of_level_;
};

}  // namespace vitrine::radiomics
