#include "vitrine/phantoms/digitise.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/model/lattice.hpp"
#include "vitrine/phantoms/convex.hpp"
#include "vitrine/phantoms/interval_union.hpp"
#include "vitrine/phantoms/patch_value.hpp"

namespace vitrine::phantoms {
namespace {

constexpr int lines = 4;  // across a voxel, along each axis

/// A box about the voxels [i0, i1] x [j0, j1] of all slices.
Bounds box_about(const Grid& grid, Index i0, Index i1, Index j0, Index j1) {
  Bounds box;
  for (int corner = 0; corner < 8; ++corner) {
    const Vec3 at(corner & 1 ? double(i1) + 0.5 : double(i0) - 0.5,
                  corner & 2 ? double(j1) + 0.5 : double(j0) - 0.5,
                  corner & 4 ? double(grid.size[2]) - 0.5 : -0.5);
    const Vec3 p = grid.origin + grid.axes * grid.spacing.cwiseProduct(at);
    box = hull(box, Bounds{p, p});
  }
  return box;
}

Bounds box_about(const Grid& grid) {
  return box_about(grid, 0, grid.size[0] - 1, 0, grid.size[1] - 1);
}

/// Add `weight` times the overlap of [enter, leave] with each voxel of a line along k, in voxels.
void deposit(double enter, double leave, double weight, std::span<double> column) {
  const double n = double(column.size());
  enter = std::clamp(enter + 0.5, 0.0, n);
  leave = std::clamp(leave + 0.5, 0.0, n);
  for (auto k = Index(enter); k < std::ssize(column) && double(k) < leave; ++k)
    column[std::size_t(k)] +=
        weight * (std::min(leave, double(k + 1)) - std::max(enter, double(k)));
}

/// Calls body(i, j, origin, direction) for the lines of voxel column (i, j): direction is one voxel
/// along k, and t = 0 is the middle of the first voxel.
template <class Body>
void each_line(const Grid& grid, Index i, Index j, Body&& body) {
  const Vec3 direction = grid.axes.col(2) * grid.spacing.z();
  for (int v = 0; v < lines; ++v)
    for (int u = 0; u < lines; ++u) {
      const Vec3 at(double(i) + (u + 0.5) / lines - 0.5, double(j) + (v + 0.5) / lines - 0.5, 0.0);
      body(Vec3(grid.origin + grid.axes * grid.spacing.cwiseProduct(at)), direction);
    }
}

/// A map as the attenuation of each of its entries, 1/mm.
struct SeenMap {
  const IndexedMap* map;
  std::vector<double> mu;

  double at(const Vec3& point) const {
    const auto cell = cell_at(map->grid, point);
    if (!cell) return 0.0;
    const SharedArray<std::uint16_t>& index = map->index;
    const std::uint16_t first = index[cell->voxel[0]];
    if (cell->inside && std::all_of(cell->voxel.begin() + 1, cell->voxel.end(),
                                    [&](std::size_t v) { return index[v] == first; }))
      return mu[first];
    double sum = 0.0;
    for (std::size_t c = 0; c < 8; ++c) sum += cell->weight[c] * mu[index[cell->voxel[c]]];
    return sum;
  }
};

/// Points along k in each voxel of `grid` that see every voxel of a map.
int points_along(const Grid& grid, const Grid& map) {
  return std::max(lines, int(std::ceil(grid.spacing.z() / map.spacing.minCoeff())));
}

}  // namespace

Image object_image(const Scene& scene, const Grid& grid, std::span<const double> mu_over_rho,
                   double mu_water, double mu_air) {
  VITRINE_EXPECT(mu_over_rho.size() == scene.materials.size());
  const Bounds all = box_about(grid);
  struct Near {
    const Term* term;
    Bounds box;
    double mu;
  };
  std::vector<Near> near;
  for (const Term& term : scene.terms) {
    Bounds box = all;
    for (const std::uint32_t s : term.solids) box = overlap(box, bounds(scene.solids[s]));
    if (box.empty()) continue;
    double mu = 0.0;
    for (const Delta& delta : term.deltas) mu += delta.density * mu_over_rho[delta.material];
    near.push_back({&term, box, mu});
  }
  std::vector<const Patch*> patches;
  for (const Patch& patch : scene.patches)
    if (box_about(patch.grid).meets(all)) patches.push_back(&patch);
  std::vector<SeenMap> maps;
  for (const IndexedMap& map : scene.maps) {
    maps.push_back({&map, {}});
    for (const IndexedMap::Entry& entry : map.entries) {
      double mu = 0.0;
      for (const Delta& delta : entry.deltas) mu += delta.density * mu_over_rho[delta.material];
      maps.back().mu.push_back(mu);
    }
  }

  Image image(grid);
  parallel_for(grid.size[1], [&](Index j) {
    std::vector<double> column(std::size_t(grid.size[2]));
    std::vector<Near> in_row, here;
    const auto keep = [](const std::vector<Near>& from, const Bounds& box, std::vector<Near>& to) {
      to.clear();
      std::copy_if(from.begin(), from.end(), std::back_inserter(to),
                   [&](const Near& each) { return each.box.meets(box); });
    };
    keep(near, box_about(grid, 0, grid.size[0] - 1, j, j), in_row);
    for (Index i = 0; i < grid.size[0]; ++i) {
      std::fill(column.begin(), column.end(), 0.0);
      keep(in_row, box_about(grid, i, i, j, j), here);
      each_line(grid, i, j, [&](const Vec3& origin, const Vec3& direction) {
        for (const Near& each : here) {
          Interval inside{-1e30, 1e30};
          for (const std::uint32_t s : each.term->solids) {
            const Interval one = intersect(scene.solids[s], origin, direction);
            inside = {std::max(inside.enter, one.enter), std::min(inside.leave, one.leave)};
            if (inside.empty()) break;
          }
          if (!inside.empty()) deposit(inside.enter, inside.leave, each.mu, column);
        }
        for (const Patch* patch : patches) {
          const int points = points_along(grid, patch->grid);
          for (const Patch::Channel& channel : patch->channels)
            for (std::size_t k = 0; k < column.size(); ++k)
              for (int s = 0; s < points; ++s)
                column[k] +=
                    mu_over_rho[channel.material] / points *
                    patch_value(patch->grid, channel.density,
                                origin + direction * (double(k) + (s + 0.5) / points - 0.5));
        }
        for (const SeenMap& map : maps) {
          const int points = points_along(grid, map.map->grid);
          for (std::size_t k = 0; k < column.size(); ++k)
            for (int s = 0; s < points; ++s)
              column[k] +=
                  map.at(origin + direction * (double(k) + (s + 0.5) / points - 0.5)) / points;
        }
      });
      for (Index k = 0; k < grid.size[2]; ++k)
        image(i, j, k) = static_cast<float>(
            1000.0 * (column[std::size_t(k)] / (lines * lines) - mu_water) / (mu_water - mu_air));
    }
  });
  return image;
}

Volume<quantity::Fraction> occupancy(const Scene& scene, std::span<const std::uint32_t> solids,
                                     const Grid& grid) {
  Volume<quantity::Fraction> fraction(grid);
  parallel_for(grid.size[1], [&](Index j) {
    std::vector<double> column(std::size_t(grid.size[2]));
    std::vector<Interval> crossed;
    for (Index i = 0; i < grid.size[0]; ++i) {
      std::fill(column.begin(), column.end(), 0.0);
      each_line(grid, i, j, [&](const Vec3& origin, const Vec3& direction) {
        crossed.clear();
        for (const std::uint32_t s : solids)
          if (const Interval inside = intersect(scene.solids[s], origin, direction);
              !inside.empty())
            crossed.push_back(inside);
        each_covered(crossed,
                     [&](double enter, double leave) { deposit(enter, leave, 1.0, column); });
      });
      for (Index k = 0; k < grid.size[2]; ++k)
        fraction(i, j, k) = static_cast<float>(column[std::size_t(k)] / (lines * lines));
    }
  });
  return fraction;
}

Volume<quantity::Fraction> occupancy(const Scene& scene, const LesionTruth& lesion,
                                     const Grid& grid) {
  if (!lesion.map) return occupancy(scene, lesion.solids, grid);
  const ShareMap& map = *lesion.map;
  const int points = points_along(grid, map.grid);
  Volume<quantity::Fraction> fraction(grid);
  parallel_for(grid.size[1], [&](Index j) {
    std::vector<double> column(std::size_t(grid.size[2]));
    for (Index i = 0; i < grid.size[0]; ++i) {
      std::fill(column.begin(), column.end(), 0.0);
      each_line(grid, i, j, [&](const Vec3& origin, const Vec3& direction) {
        for (std::size_t k = 0; k < column.size(); ++k)
          for (int s = 0; s < points; ++s)
            column[k] += patch_value(map.grid, map.share,
                                     origin + direction * (double(k) + (s + 0.5) / points - 0.5));
      });
      for (Index k = 0; k < grid.size[2]; ++k)
        fraction(i, j, k) = static_cast<float>(column[std::size_t(k)] / (lines * lines * points));
    }
  });
  return fraction;
}

Mask mask_of(const Volume<quantity::Fraction>& share) {
  Mask mask(share.grid());
  std::transform(share.values().begin(), share.values().end(), mask.values().begin(),
                 [](float inside) { return std::uint8_t(inside >= 0.5f - 1e-6f); });
  return mask;
}

Mask lesion_mask(const Scene& scene, std::size_t lesion, const Grid& grid) {
  return mask_of(occupancy(scene, scene.lesions.at(lesion), grid));
}

}  // namespace vitrine::phantoms
