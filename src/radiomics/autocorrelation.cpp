#include "vitrine/radiomics/detail/autocorrelation.hpp"

#include <algorithm>
#include <cmath>

namespace vitrine::radiomics {
namespace {

/// Voxels that follow one another along i.
struct Run {
  std::size_t first = 0, length = 0;  ///< into the voxel list
  std::array<Index, 3> position{};    ///< of its first voxel
};

std::vector<Run> runs_of(const Region& region) {
  std::vector<Run> runs;
  for (std::size_t v = 0; v < region.voxels.size(); ++v) {  // a border of zeros parts the rows
    if (v == 0 || region.voxels[v] != region.voxels[v - 1] + 1)
      runs.push_back({v, 0, region.position(region.voxels[v])});
    ++runs.back().length;
  }
  return runs;
}

/// 1 / distance for every offset (di, dj, dk) with dk >= 0; 0 at no offset. Rows run along di.
class Weights {
 public:
  Weights(std::array<Index, 3> size, const Vec3& spacing)
      : size_(size), table_(static_cast<std::size_t>(4 * size[0] * size[1] * size[2])) {
    for (Index k = 0; k < size[2]; ++k)
      for (Index j = 1 - size[1]; j < size[1]; ++j)
        for (Index i = 1 - size[0]; i < size[0]; ++i) {
          const Vec3 d(double(i) * spacing[0], double(j) * spacing[1], double(k) * spacing[2]);
          table_[index(i, j, k)] = i || j || k ? 1 / std::sqrt(d.squaredNorm()) : 0;
        }
  }
  const double* at(Index i, Index j, Index k) const { return table_.data() + index(i, j, k); }

 private:
  std::size_t index(Index i, Index j, Index k) const {
    return static_cast<std::size_t>((k * 2 * size_[1] + j + size_[1]) * 2 * size_[0] + i +
                                    size_[0]);
  }
  std::array<Index, 3> size_;
  std::vector<double> table_;
};

/// Four partial sums, so that additions overlap; they are added in a fixed order at the end.
struct Lanes {
  static constexpr std::size_t count = 4;
  double weight[count]{}, first[count]{}, second[count]{};

  void add(const double* w, const double* d, std::size_t n) {
    std::size_t v = 0;
    for (; v + count <= n; v += count)
      for (std::size_t lane = 0; lane < count; ++lane) {
        const double wd = w[v + lane] * d[v + lane];
        weight[lane] += w[v + lane];
        first[lane] += wd;
        second[lane] += wd * d[v + lane];
      }
    for (std::size_t lane = 0; v < n; ++v, ++lane) {
      const double wd = w[v] * d[v];
      weight[lane] += w[v];
      first[lane] += wd;
      second[lane] += wd * d[v];
    }
  }
  static double total(const double (&x)[count]) { return (x[0] + x[1]) + (x[2] + x[3]); }
};

}  // namespace

PairSums inverse_distance_sums(const Region& region, double mean) {
  std::vector<double> deviation(region.hu.size());
  for (std::size_t v = 0; v < deviation.size(); ++v) deviation[v] = region.hu[v] - mean;
  const std::vector<Run> runs = runs_of(region);
  const Weights weights(region.grid.size, region.grid.spacing);

  // Every unordered pair once: voxel v with those that follow it in its run and in later runs.
  PairSums half;
  for (std::size_t r = 0; r < runs.size(); ++r)
    for (std::size_t step = 0; step < runs[r].length; ++step) {
      const std::size_t v = runs[r].first + step;
      const auto [i, j, k] = runs[r].position;
      Lanes lanes;
      lanes.add(weights.at(1, 0, 0), &deviation[v] + 1, runs[r].length - step - 1);
      for (std::size_t other = r + 1; other < runs.size(); ++other) {
        const Run& run = runs[other];
        const double* w =
            weights.at(run.position[0] - i - Index(step), run.position[1] - j, run.position[2] - k);
        lanes.add(w, &deviation[run.first], run.length);
      }
      const double w = Lanes::total(lanes.weight), d = deviation[v];
      const double wd = Lanes::total(lanes.first);
      half.weights += w;
      half.products += d * wd;
      half.square_differences += d * d * w - 2 * d * wd + Lanes::total(lanes.second);
    }
  return {2 * half.weights, 2 * half.products, 2 * half.square_differences};
}

}  // namespace vitrine::radiomics
