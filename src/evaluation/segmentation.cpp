#include "vitrine/evaluation/segmentation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "vitrine/model/voxel_regions.hpp"

namespace vitrine::evaluation {
namespace {

/// The voxels about both masks on a lattice of half voxels: voxel (i, j, k) stands at the odd
/// places, the faces between two voxels at one even and two odd ones.
struct HalfLattice {
  std::array<Index, 3> first{}, voxels{}, size{};
  Vec3 spacing;

  Index offset(const std::array<Index, 3>& at) const {
    return (at[2] * size[1] + at[1]) * size[0] + at[0];
  }
};

HalfLattice lattice_about(const Mask& a, const Mask& b) {
  const Grid& grid = a.grid();
  const VoxelBox box = box_of(
      grid.size, [&](Index i, Index j, Index k) { return a(i, j, k) != 0 || b(i, j, k) != 0; });
  HalfLattice lattice;
  lattice.first = box.first;
  lattice.spacing = 0.5 * grid.spacing;
  for (std::size_t x = 0; x < 3; ++x) {
    lattice.voxels[x] = box.last[x] - box.first[x] + 1;
    lattice.size[x] = 2 * lattice.voxels[x] + 1;
  }
  return lattice;
}

struct Surface {
  std::vector<std::uint8_t> marked;             // of the lattice
  std::vector<std::pair<Index, double>> faces;  // place in the lattice, area in mm^2
};

Surface surface_of(const Mask& mask, const HalfLattice& lattice) {
  const auto& n = lattice.voxels;
  const auto inside = [&](const std::array<Index, 3>& at) {
    for (std::size_t x = 0; x < 3; ++x)
      if (at[x] < 0 || at[x] >= n[x]) return false;
    return mask(lattice.first[0] + at[0], lattice.first[1] + at[1], lattice.first[2] + at[2]) != 0;
  };
  Surface surface;
  surface.marked.assign(std::size_t(lattice.size[0] * lattice.size[1] * lattice.size[2]), 0);
  const Vec3& spacing = mask.grid().spacing;
  for (Index k = 0; k < n[2]; ++k)
    for (Index j = 0; j < n[1]; ++j)
      for (Index i = 0; i < n[0]; ++i) {
        if (!inside({i, j, k})) continue;
        for (std::size_t axis = 0; axis < 3; ++axis)
          for (const Index step : {Index{-1}, Index{1}}) {
            std::array<Index, 3> next{i, j, k}, face{2 * i + 1, 2 * j + 1, 2 * k + 1};
            next[axis] += step;
            face[axis] += step;
            if (inside(next)) continue;
            const Index place = lattice.offset(face);
            surface.marked[std::size_t(place)] = 1;
            surface.faces.emplace_back(place, spacing.prod() / spacing[Index(axis)]);
          }
      }
  return surface;
}

/// Distances from one surface to the other, each with the area that lies so far.
struct Distances {
  std::vector<std::pair<double, double>> far;  // mm, mm^2; ascending
  double area = 0.0;

  double within(double tolerance) const {
    double sum = 0.0;
    for (const auto& [distance, of] : far)
      if (distance <= tolerance) sum += of;
    return sum;
  }
  double moment() const {
    double sum = 0.0;
    for (const auto& [distance, of] : far) sum += distance * of;
    return sum;
  }
  /// The least distance that this share of the area does not exceed.
  double quantile(double share) const {
    double sum = 0.0;
    for (const auto& [distance, of] : far) {
      sum += of;
      if (sum >= share * area) return distance;
    }
    return far.back().first;
  }
};

Distances distances(const Surface& from, const Surface& to, const HalfLattice& lattice) {
  const std::vector<double> squares = squared_distance(lattice.size, lattice.spacing, to.marked);
  Distances all;
  for (const auto& [place, area] : from.faces) {
    all.far.emplace_back(std::sqrt(squares[std::size_t(place)]), area);
    all.area += area;
  }
  std::ranges::sort(all.far);
  return all;
}

/// Rounding of a distance does not decide whether it is within a tolerance.
constexpr double slack = 1e-9;

}  // namespace

SegmentationScore compare_masks(const Mask& truth, const Mask& found, double tolerance) {
  require(truth.grid() == found.grid(), Error::Kind::data,
          "two masks lie on different grids. Resample one of them");
  Index in_truth = 0, in_found = 0, in_both = 0;
  for (std::size_t v = 0; v < truth.values().size(); ++v) {
    const bool a = truth.values()[v] != 0, b = found.values()[v] != 0;
    in_truth += a;
    in_found += b;
    in_both += a && b;
  }
  require(in_truth > 0, Error::Kind::data, "the true mask is empty: nothing can be compared");
  SegmentationScore score;
  score.true_volume = double(in_truth) * truth.grid().voxel_volume();
  score.found_volume = double(in_found) * truth.grid().voxel_volume();
  if (in_found == 0) {
    score.hausdorff95 = score.surface_distance = std::numeric_limits<double>::quiet_NaN();
    return score;
  }
  score.dice = 2.0 * double(in_both) / double(in_truth + in_found);
  const HalfLattice lattice = lattice_about(truth, found);
  const Surface a = surface_of(truth, lattice), b = surface_of(found, lattice);
  const Distances there = distances(a, b, lattice), back = distances(b, a, lattice);
  const double area = there.area + back.area;
  score.surface_dice = (there.within(tolerance + slack) + back.within(tolerance + slack)) / area;
  score.hausdorff95 = std::max(there.quantile(0.95), back.quantile(0.95));
  score.surface_distance = (there.moment() + back.moment()) / area;
  return score;
}

AxialSize axial_size(const Mask& mask) {
  const Grid& grid = mask.grid();
  const double x = grid.spacing.x(), y = grid.spacing.y();
  double longest = -1.0, width = 0.0;
  for (Index k = 0; k < grid.size[2]; ++k) {
    std::vector<std::pair<double, double>> ends;  // of each row: no others can be farthest apart
    for (Index j = 0; j < grid.size[1]; ++j) {
      Index left = -1, right = -1;
      for (Index i = 0; i < grid.size[0]; ++i) {
        if (mask(i, j, k) == 0) continue;
        if (left < 0) left = i;
        right = i;
      }
      if (left < 0) continue;
      ends.emplace_back(x * double(left), y * double(j));
      if (right != left) ends.emplace_back(x * double(right), y * double(j));
    }
    double here = -1.0, along_x = 1.0, along_y = 0.0;
    for (std::size_t p = 0; p < ends.size(); ++p)
      for (std::size_t q = p; q < ends.size(); ++q) {
        const double dx = ends[p].first - ends[q].first, dy = ends[p].second - ends[q].second;
        if (dx * dx + dy * dy <= here) continue;
        here = dx * dx + dy * dy;
        along_x = dx;
        along_y = dy;
      }
    if (here <= longest) continue;
    longest = here;
    double least = std::numeric_limits<double>::infinity(), most = -least;
    const double length = here > 0.0 ? std::sqrt(here) : 1.0;
    for (const auto& [at_x, at_y] : ends) {
      const double across = (at_y * along_x - at_x * along_y) / length;
      least = std::min(least, across);
      most = std::max(most, across);
    }
    width = most - least;
  }
  if (longest < 0.0) return {};
  const double edge = 0.5 * (x + y);
  return {std::sqrt(longest) + edge, width + edge};
}

}  // namespace vitrine::evaluation
