#include "vitrine/readers/region_grower.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/model/voxel_regions.hpp"
#include "vitrine/readers/detail/lung.hpp"
#include "vitrine/readers/detail/smooth.hpp"

namespace vitrine::readers {
namespace {

double median(std::vector<float>& values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return double(*middle);
}

/// Of a ball, what its voxels fill of the ball about its box's longest edge; half of a ball counts
/// as round, a tube does not.
constexpr double least_roundness = 0.3;

/// Share of the smallest diameter that an opening takes away on each side: vessels up to half of
/// that diameter go.
constexpr double opening_share = 0.25;

}  // namespace

const Schema<RegionGrower::Params>& RegionGrower::schema() {
  static const auto s =
      Schema<Params>("region_growing",
                     "Built-in segmenter: a threshold, and what is connected above it; by itself "
                     "it finds nodules in lungs, from boxes it takes any solid lesion")
          .optional("seeds", &Params::seeds,
                    "itself: it looks for nodules in lungs; box: it is given a box about each "
                    "lesion, as a person would draw it")
          .one_of({"itself", "box"})
          .optional("smoothing", &Params::smoothing, unit::mm,
                    "standard deviation of a Gaussian before the threshold")
          .between(0, 5)
          .optional("margin", &Params::margin, unit::mm, "how far it looks about a box")
          .between(1, 20)
          .optional("smallest_diameter", &Params::smallest_diameter, unit::mm,
                    "by itself: of a ball of equal volume")
          .between(1, 100)
          .optional("largest_diameter", &Params::largest_diameter, unit::mm,
                    "by itself: of a ball of equal volume")
          .between(1, 300)
          .rule("smallest_diameter_mm must be below largest_diameter_mm",
                [](const Params& p) { return p.smallest_diameter < p.largest_diameter; });
  return s;
}

Reading RegionGrower::read(const Request& request, Host&) const {
  const Image image =
      params_.smoothing > 0.0 ? detail::smoothed(request.image, params_.smoothing) : request.image;
  if (params_.seeds == "itself") return {nodules(image)};
  Mask mask(image.grid());
  for (const LesionBox& lesion : request.lesions) grow(image, lesion.box, mask);
  return {std::move(mask)};
}

void RegionGrower::grow(const Image& image, const VoxelBox& box, Mask& mask) const {
  const Grid& grid = image.grid();
  VoxelBox wide;
  Grid part;
  for (std::size_t a = 0; a < 3; ++a) {
    const auto margin = Index(std::ceil(params_.margin / grid.spacing[Index(a)]));
    wide.first[a] = std::max<Index>(box.first[a] - margin, 0);
    wide.last[a] = std::min(box.last[a] + margin, grid.size[a] - 1);
    part.size[a] = wide.last[a] - wide.first[a] + 1;
  }
  // The middle half of the box, and the rim about it.
  std::vector<float> core, rim;
  const auto value = [&](Index i, Index j, Index k) {
    return image(wide.first[0] + i, wide.first[1] + j, wide.first[2] + k);
  };
  for (Index k = 0; k < part.size[2]; ++k)
    for (Index j = 0; j < part.size[1]; ++j)
      for (Index i = 0; i < part.size[0]; ++i) {
        const std::array<Index, 3> at{i, j, k};
        bool middle = true, outer = false;
        for (std::size_t a = 0; a < 3; ++a) {
          const Index x = wide.first[a] + at[a], edge = box.last[a] - box.first[a] + 1;
          middle &= std::abs(2 * x - box.first[a] - box.last[a]) <= std::max<Index>(edge / 2, 1);
          outer |= x < box.first[a] || x > box.last[a];
        }
        if (middle) core.push_back(value(i, j, k));
        if (outer) rim.push_back(value(i, j, k));
      }
  if (core.empty() || rim.empty()) return;
  const double inside = median(core), outside = median(rim);
  const double threshold = 0.5 * (inside + outside);
  Mask beyond(part);
  Index seed = -1;
  double least = std::numeric_limits<double>::infinity();
  for (Index k = 0; k < part.size[2]; ++k)
    for (Index j = 0; j < part.size[1]; ++j)
      for (Index i = 0; i < part.size[0]; ++i) {
        const double hu = double(value(i, j, k));
        if (inside > outside ? hu < threshold : hu > threshold) continue;
        beyond(i, j, k) = 1;
        double away = 0.0;
        const std::array<Index, 3> at{i, j, k};
        for (std::size_t a = 0; a < 3; ++a) {
          const double d = grid.spacing[Index(a)] * (double(wide.first[a] + at[a]) -
                                                     0.5 * double(box.first[a] + box.last[a]));
          away += d * d;
        }
        if (away >= least) continue;
        least = away;
        seed = part.offset(i, j, k);
      }
  if (seed < 0) return;
  const Components parts = components_of(beyond);
  for (Index k = 0; k < part.size[2]; ++k)
    for (Index j = 0; j < part.size[1]; ++j)
      for (Index i = 0; i < part.size[0]; ++i)
        if (parts.label[std::size_t(part.offset(i, j, k))] == parts.label[std::size_t(seed)])
          mask(wide.first[0] + i, wide.first[1] + j, wide.first[2] + k) = 1;
}

Mask RegionGrower::nodules(const Image& image) const {
  const Grid& grid = image.grid();
  const Mask inside = detail::inside_lung(detail::lung_air(image));
  Mask dense(grid);
  std::vector<std::uint8_t> sparse(dense.values().size());
  for (std::size_t v = 0; v < sparse.size(); ++v) {
    const bool is_dense = double(image.values()[v]) >= detail::air_limit;
    dense.values()[v] = is_dense && inside.values()[v] != 0;
    sparse[v] = dense.values()[v] == 0;
  }
  // An opening parts nodules from vessels: parts of the core, and what is near to one of them.
  const double reach = opening_share * params_.smallest_diameter;
  const std::vector<double> to_sparse = squared_distance(grid.size, grid.spacing, sparse);
  Mask core(grid);
  for (std::size_t v = 0; v < sparse.size(); ++v) core.values()[v] = to_sparse[v] > reach * reach;
  const std::vector<double> to_core = squared_distance(grid.size, grid.spacing, core.values());
  Mask opened(grid);
  for (std::size_t v = 0; v < sparse.size(); ++v)
    opened.values()[v] = dense.values()[v] != 0 && to_core[v] <= reach * reach;
  const Components parts = components_of(opened);
  std::vector<std::uint8_t> keep(parts.parts.size() + 1, 0);
  for (std::size_t p = 0; p < parts.parts.size(); ++p) {
    const Component& part = parts.parts[p];
    double longest = 0.0;
    for (std::size_t a = 0; a < 3; ++a)
      longest =
          std::max(longest, grid.spacing[Index(a)] * double(part.last[a] - part.first[a] + 1));
    const double volume = double(part.voxels) * grid.voxel_volume();
    const auto ball = [](double d) { return std::numbers::pi / 6.0 * d * d * d; };
    keep[p + 1] = volume >= ball(params_.smallest_diameter) &&
                  volume <= ball(params_.largest_diameter) &&
                  volume >= least_roundness * ball(longest);
  }
  for (std::size_t v = 0; v < opened.values().size(); ++v)
    opened.values()[v] = keep[std::size_t(parts.label[v])];
  return opened;
}

}  // namespace vitrine::readers
