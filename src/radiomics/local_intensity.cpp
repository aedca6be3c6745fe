#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "vitrine/radiomics/detail/families.hpp"

namespace vitrine::radiomics {
namespace {

/// Means of the image over the sphere of 1 cm^3 around voxels of a region.
///
/// A sphere is a set of rows along i, and a row's sum the difference of two running sums.
class SphereMeans {
 public:
  explicit SphereMeans(const Region& region) : region_(region), around_(*region.surroundings) {
    const auto [nx, ny, nz] = around_.size;
    sums_.resize(static_cast<std::size_t>((nx + 1) * ny * nz));
    for (Index row = 0; row < ny * nz; ++row) {
      const float* hu = around_.hu.data() + row * nx;
      double* sum = sums_.data() + row * (nx + 1);
      for (Index i = 0; i < nx; ++i) sum[i + 1] = sum[i] + double(hu[i]);
    }
    const Vec3& spacing = region.grid.spacing;
    const auto reach = surroundings_reach(spacing);
    for (Index k = -reach[2]; k <= reach[2]; ++k)
      for (Index j = -reach[1]; j <= reach[1]; ++j) {
        const double y = double(j) * spacing[1], z = double(k) * spacing[2];
        const double left = surroundings_radius * surroundings_radius - y * y - z * z;
        if (left >= 0) rows_.push_back({j, k, Index(std::sqrt(left) / spacing[0])});
      }
  }

  /// The mean around each of `length` voxels that follow one another along i.
  std::span<const double> along(std::array<Index, 3> first, Index length) {
    for (std::size_t a = 0; a < 3; ++a) first[a] -= around_.low[a];
    const auto [nx, ny, nz] = around_.size;
    sum_.assign(static_cast<std::size_t>(length), 0.0);
    count_.assign(static_cast<std::size_t>(length), 0);
    for (const Row& row : rows_) {
      const Index j = first[1] + row.j, k = first[2] + row.k;
      if (j < 0 || j >= ny || k < 0 || k >= nz) continue;  // beyond the image
      const double* sums = sums_.data() + (k * ny + j) * (nx + 1);
      for (Index v = 0; v < length; ++v) {
        const Index low = std::max<Index>(first[0] + v - row.reach, 0);
        const Index high = std::min(first[0] + v + row.reach + 1, nx);
        sum_[static_cast<std::size_t>(v)] += sums[high] - sums[low];
        count_[static_cast<std::size_t>(v)] += high - low;
      }
    }
    for (std::size_t v = 0; v < sum_.size(); ++v) sum_[v] /= double(count_[v]);
    return sum_;
  }

 private:
  struct Row {
    Index j, k, reach;  ///< offset from the centre, voxels to either side
  };
  const Region& region_;
  const Surroundings& around_;
  std::vector<double> sums_;
  std::vector<Row> rows_;
  std::vector<double> sum_;
  std::vector<Index> count_;
};

struct Peaks {
  double local = -std::numeric_limits<double>::infinity();
  double global = -std::numeric_limits<double>::infinity();
};

Peaks peaks_of(const Region& region) {
  Peaks peaks;
  const float highest = *std::max_element(region.hu.begin(), region.hu.end());
  SphereMeans means(region);
  for (std::size_t begin = 0, end = 0; begin < region.voxels.size(); begin = end) {
    ++end;  // the border of the region's grid parts its rows
    while (end < region.voxels.size() && region.voxels[end] == region.voxels[end - 1] + 1) ++end;
    const auto mean = means.along(region.position(region.voxels[begin]), Index(end - begin));
    for (std::size_t v = 0; v < mean.size(); ++v) {
      peaks.global = std::max(peaks.global, mean[v]);
      if (region.hu[begin + v] == highest) peaks.local = std::max(peaks.local, mean[v]);
    }
  }
  return peaks;
}

using Row = Feature<Peaks>;
constexpr std::array table{
    Row{{"local_intensity", "local_intensity.local_peak", "VJGA", "HU",
         "mean in a sphere of 1 cm^3 around the voxel of highest intensity"},
        [](const Peaks& p) -> Result { return p.local; }},
    Row{{"local_intensity", "local_intensity.global_peak", "0F91", "HU",
         "largest mean in a sphere of 1 cm^3 around a voxel of the region"},
        [](const Peaks& p) -> Result { return p.global; }},
};

std::vector<const FeatureInfo*> features() { return infos_of<Peaks>(table); }

void extract_family(Subject& subject, std::vector<FeatureValue>& out) {
  const Region& region = subject.region;
  if (region.voxels.empty()) return append_undefined<Peaks>(table, region.no_intensity, out);
  require(region.surroundings.has_value(), Error::Kind::unsupported,
          "the region has no surroundings (local_intensity looks beyond it). Prepare it with "
          "Keep::surroundings");
  const auto& hu = region.surroundings->hu;
  if (!std::all_of(hu.begin(), hu.end(), [](float x) { return std::isfinite(x); }))
    return append_undefined<Peaks>(table, reason::not_finite, out);
  append<Peaks>(table, peaks_of(region), out);
}

}  // namespace

constinit const Family local_intensity_family{
    {"local_intensity", "9ST6", "means around the region's voxels, the image outside it included"},
    features,
    extract_family};

}  // namespace vitrine::radiomics
