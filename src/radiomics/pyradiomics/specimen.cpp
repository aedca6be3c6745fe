#include "vitrine/radiomics/pyradiomics/detail/specimen.hpp"

#include <cmath>
#include <limits>
#include <numeric>

namespace vitrine::radiomics::pyradiomics {
namespace {

constexpr double most_levels = 65535;  // what a std::uint16_t holds

/// How many bin edges are not above a value; edges are start, start + width, ...
class Edges {
 public:
  Edges(double start, double width) : start_(start), width_(width) {}
  double below(double x) const {
    double bin = std::floor((x - start_) / width_);
    while (edge(bin + 1) <= x) ++bin;
    while (bin > 0 && edge(bin) > x) --bin;
    return bin + 1;
  }

 private:
  double edge(double n) const { return start_ + n * width_; }
  double start_, width_;
};

/// Fixed width: edges are multiples of it, the first one at or below the minimum. Fixed number:
/// equal parts of the range, the maximum in the last; around a flat region the range is 1 wide.
Levels discretise(const std::vector<double>& values, const Region& region,
                  const Settings& settings) {
  Levels levels;
  if (values.empty()) return levels;
  const auto [lowest, highest] = std::minmax_element(values.begin(), values.end());
  double start = *lowest, width = settings.bin_width, most = most_levels;
  if (settings.bin_count) {
    const bool flat = *lowest == *highest;
    start -= flat ? 0.5 : 0.0;
    most = double(*settings.bin_count);
    width = (flat ? 1.0 : *highest - *lowest) / most;
  } else {
    const double beyond = std::fmod(start, width);
    start -= beyond < 0 ? beyond + width : beyond;
    width = start + width - start;  // as the edges are spaced in double precision
    if (!(width > 0) || (*highest - start) / width + 2 > most_levels) {
      levels.overflow = true;
      return levels;
    }
  }
  const Edges edges(start, width);
  levels.volume.assign(region.morphological.size(), 0);
  for (std::size_t v = 0; v < values.size(); ++v) {
    const auto level = std::uint16_t(std::min(edges.below(values[v]), most));
    levels.volume[static_cast<std::size_t>(region.voxels[v])] = level;
    levels.count = std::max(levels.count, int(level));
  }
  return levels;
}

/// Half of the steps of the wanted Chebyshev distances that fit into the box: those whose last
/// non-zero component (in the image's order x, y, z) is positive.
std::vector<Step> make_steps(const Settings& settings, const Voxel& box,
                             const std::array<std::size_t, 3>& axes) {
  const auto& distances = settings.distances;
  const int most = int(*std::max_element(distances.begin(), distances.end()));
  Step reach{};  // along the specimen's axes
  for (std::size_t a = 0; a < 3; ++a)
    reach[a] = settings.force_2d && a == 2 ? 0 : int(std::min<Index>(most, box[a] - 1));
  Step image_reach{};
  for (std::size_t a = 0; a < 3; ++a) image_reach[axes[a]] = reach[a];
  std::vector<Step> steps;
  for (int k = image_reach[2]; k >= 0; --k)
    for (int j = image_reach[1]; j >= -image_reach[1]; --j)
      for (int i = image_reach[0]; i >= -image_reach[0]; --i) {
        if (k == 0 && (j < 0 || (j == 0 && i <= 0))) continue;
        const int distance = std::max({std::abs(i), std::abs(j), std::abs(k)});
        if (std::find(distances.begin(), distances.end(), distance) == distances.end()) continue;
        const Step step{i, j, k};
        steps.push_back({step[axes[0]], step[axes[1]], step[axes[2]]});
      }
  return steps;
}

}  // namespace

std::array<std::size_t, 3> axis_order(const Settings& settings) {
  if (!settings.force_2d || settings.force_2d_dimension == 0) return {0, 1, 2};
  if (settings.force_2d_dimension == 1) return {0, 2, 1};
  return {1, 2, 0};
}

Region shape_region(const Roi& roi, const std::array<std::size_t, 3>& axes, Index margin) {
  const Voxel size = roi.box.size();
  Region region;
  Voxel stride{1, 0, 0};
  for (std::size_t a = 0; a < 3; ++a) {
    region.grid.size[a] = size[axes[a]] + 2 * margin;
    region.grid.spacing[Index(a)] = roi.grid.spacing[Index(axes[a])];
  }
  double voxels = 1;
  for (const Index n : region.grid.size) voxels *= double(n);
  require(voxels < std::numeric_limits<std::int32_t>::max(), Error::Kind::unsupported,
          "the region's box has ", voxels, " voxels (the limit is 2^31). Resample it");
  stride[1] = region.grid.size[0];
  stride[2] = stride[1] * region.grid.size[1];
  region.morphological.assign(static_cast<std::size_t>(region.grid.count()), 0);
  // In the order of the region's own axes, so that offsets ascend.
  Voxel p{};
  for (p[axes[2]] = 0; p[axes[2]] < size[axes[2]]; ++p[axes[2]])
    for (p[axes[1]] = 0; p[axes[1]] < size[axes[1]]; ++p[axes[1]])
      for (p[axes[0]] = 0; p[axes[0]] < size[axes[0]]; ++p[axes[0]]) {
        if (!roi(roi.box.low[0] + p[0], roi.box.low[1] + p[1], roi.box.low[2] + p[2])) continue;
        Index offset = 0;
        for (std::size_t a = 0; a < 3; ++a) offset += (p[axes[a]] + margin) * stride[a];
        region.morphological[static_cast<std::size_t>(offset)] = 1;
        region.voxels.push_back(std::int32_t(offset));
      }
  region.morphological_voxels = region.voxels;
  return region;
}

Specimen::Specimen(const Raster& image, const Roi& roi, const Settings& with) : settings(with) {
  const auto axes = axis_order(settings);
  const Voxel size = roi.box.size();
  for (std::size_t a = 0; a < 3; ++a) box[a] = size[axes[a]];
  half_steps = make_steps(settings, box, axes);
  int margin = 1;
  for (const Step& step : half_steps) {
    all_steps.push_back(step);
    all_steps.push_back({-step[0], -step[1], -step[2]});
    for (const int component : step) margin = std::max(margin, std::abs(component));
  }
  region = shape_region(roi, axes, margin);
  values.reserve(region.voxels.size());
  for (const std::int32_t v : region.voxels) {
    const auto at = region.position(v);
    Voxel p{};
    for (std::size_t a = 0; a < 3; ++a) p[axes[a]] = roi.box.low[axes[a]] + at[a] - margin;
    const double x = image(p[0], p[1], p[2]);
    require(std::isfinite(x), Error::Kind::data, "an intensity is ", x, " at voxel (", p[0], ", ",
            p[1], ", ", p[2], ") (which is in the mask). Leave such voxels out of the mask");
    values.push_back(x);
  }
  levels = discretise(values, region, settings);
}

}  // namespace vitrine::radiomics::pyradiomics
