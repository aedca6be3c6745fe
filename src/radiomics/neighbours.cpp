#include "vitrine/radiomics/detail/neighbours.hpp"

#include <algorithm>
#include <numeric>

namespace vitrine::radiomics {
namespace {

/// Steps from a voxel to the rows of its neighbourhood, its own included.
std::vector<Index> rows_around(const Grid& grid, Connectivity connectivity) {
  const int reach = connectivity == Connectivity::volume ? 1 : 0;
  std::vector<Index> steps;
  for (int k = -reach; k <= reach; ++k)
    for (int j = -1; j <= 1; ++j) steps.push_back(grid.offset(0, j, k));
  return steps;
}

}  // namespace

void add_dependences(const Region& region, const Levels& levels, Voxels voxels,
                     Connectivity connectivity, CountMatrix& matrix) {
  const std::vector<Index> steps = rows_around(region.grid, connectivity);
  std::vector<std::uint16_t> equal(static_cast<std::size_t>(region.grid.size[0]));
  for_each_row(voxels, region.grid.size[0], [&](Voxels row) {
    const auto length = static_cast<std::size_t>(row.back() - row.front() + 1);
    const std::uint16_t* level = levels.volume.data() + row.front();
    std::fill_n(equal.begin(), length, std::uint16_t{0});
    for (const Index step : steps)
      for (Index i = -1; i <= 1; ++i) {
        const std::uint16_t* other = level + step + i;
        for (std::size_t x = 0; x < length; ++x)
          equal[x] = std::uint16_t(equal[x] + (other[x] == level[x]));
      }
    for (const std::int32_t v : row) {
      const std::int32_t x = v - row.front();
      matrix.add(level[x], equal[std::size_t(x)]);
    }
  });
  matrix.add_voxels(voxels.size());
}

void ToneDifferences::add(const Region& region, const Levels& levels, Voxels voxels,
                          Connectivity connectivity) {
  const std::vector<Index> steps = rows_around(region.grid, connectivity);
  const auto width = static_cast<std::size_t>(region.grid.size[0]);
  std::vector<std::uint32_t> sum(width + 2);
  std::vector<std::uint16_t> inside(width + 2);
  for_each_row(voxels, region.grid.size[0], [&](Voxels row) {
    // Columns of the neighbourhood first: of the row's voxels and one more at either end.
    const auto length = static_cast<std::size_t>(row.back() - row.front() + 3);
    const std::uint16_t* level = levels.volume.data() + row.front() - 1;
    std::fill_n(sum.begin(), length, 0u);
    std::fill_n(inside.begin(), length, std::uint16_t{0});
    for (const Index step : steps) {
      const std::uint16_t* other = level + step;
      for (std::size_t x = 0; x < length; ++x) sum[x] += other[x];
      for (std::size_t x = 0; x < length; ++x)
        inside[x] = std::uint16_t(inside[x] + (other[x] != 0));
    }
    for (const std::int32_t v : row) {
      const auto x = static_cast<std::size_t>(v - row.front() + 1);
      const std::uint64_t i = level[x];
      const auto count = static_cast<std::size_t>(inside[x - 1] + inside[x] + inside[x + 1] - 1);
      if (count == 0) continue;
      const std::uint64_t expected = i * count;
      const std::uint64_t found = std::uint64_t{sum[x - 1]} + sum[x] + sum[x + 1] - i;
      Tone& tone = of_level_[i - 1];
      ++tone.voxels[count];
      tone.scaled[count] += expected > found ? expected - found : found - expected;
    }
  });
}

void ToneDifferences::clear() { std::fill(of_level_.begin(), of_level_.end(), Tone{}); }

std::uint64_t ToneDifferences::voxels(int level) const {
  const auto& counts = of_level_[static_cast<std::size_t>(level - 1)].voxels;
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

double ToneDifferences::difference(int level) const {
  const auto& scaled = of_level_[static_cast<std::size_t>(level - 1)].scaled;
  double sum = 0;
  for (std::size_t count = 1; count < scaled.size(); ++count)
    sum += double(scaled[count]) / double(count);
  return sum;
}

}  // namespace vitrine::radiomics
