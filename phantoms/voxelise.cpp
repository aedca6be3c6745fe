#include "vitrine/phantoms/voxelise.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/parallel.hpp"
#include "vitrine/model/lattice.hpp"
#include "vitrine/phantoms/convex.hpp"
#include "vitrine/phantoms/detail/voxel_rows.hpp"
#include "vitrine/phantoms/digitise.hpp"

namespace vitrine::phantoms {

using detail::Row;
using detail::Run;
using detail::slice_box;
using detail::those_that_meet;

namespace {

/// A box that holds all voxels of a grid, faces included.
Bounds faces(const Grid& grid) {
  Bounds box;
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 at;
    for (int a = 0; a < 3; ++a)
      at[a] = corner >> a & 1 ? double(grid.size[std::size_t(a)]) - 0.5 : -0.5;
    const Vec3 p = grid.origin + grid.axes * grid.spacing.cwiseProduct(at);
    box = hull(box, Bounds{p, p});
  }
  return box;
}

}  // namespace

Grid grid_about(const Scene& scene, double spacing) {
  Bounds box;
  for (const Term& term : scene.terms)
    if (term.solids.size() == 1) box = hull(box, bounds(scene.solids[term.solids.front()]));
  for (const IndexedMap& map : scene.maps) box = hull(box, faces(map.grid));
  require(!box.empty(), Error::Kind::data, "the scene is empty (nothing to make voxels of)");
  Grid grid;
  grid.spacing = Vec3::Constant(spacing);
  for (int a = 0; a < 3; ++a)
    grid.size[std::size_t(a)] =
        std::max<Index>(1, Index(std::ceil((box.high[a] - box.low[a]) / spacing - 1e-9)));
  const Vec3 middle = 0.5 * (box.low + box.high);
  for (int a = 0; a < 3; ++a)
    grid.origin[a] = middle[a] - 0.5 * double(grid.size[std::size_t(a)] - 1) * spacing;
  return grid;
}

namespace {

bool is_lesion(const Scene& scene, const std::string& name) {
  return std::any_of(scene.lesions.begin(), scene.lesions.end(),
                     [&](const LesionTruth& lesion) { return lesion.id == name; });
}

}  // namespace

std::vector<std::string> anatomy_names(const Scene& scene) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  };
  for (const IndexedMap& map : scene.maps)
    for (const IndexedMap::Entry& entry : map.entries) add(entry.organ);
  for (const Organ& organ : scene.organs)
    if (!is_lesion(scene, organ.name)) add(organ.name);
  return names;
}

std::vector<std::string> organ_names(const Scene& scene) {
  std::vector<std::string> names = anatomy_names(scene);
  for (const LesionTruth& lesion : scene.lesions) names.push_back(lesion.id);
  return names;
}

namespace {

/// 1 + the place in `names`, 0 if it is not there.
std::uint16_t label_of(std::span<const std::string> names, const std::string& name) {
  const auto at = std::find(names.begin(), names.end(), name);
  return static_cast<std::uint16_t>(at == names.end() ? 0 : at - names.begin() + 1);
}

}  // namespace

LabelMap anatomy_map(const Scene& scene, const Grid& grid, std::span<const std::string> names) {
  struct Painted {
    std::uint32_t solid;
    std::uint16_t label;
    Bounds box;
  };
  std::vector<Painted> all;
  for (const Organ& organ : scene.organs) {
    if (is_lesion(scene, organ.name)) continue;
    for (const std::uint32_t s : organ.solids)
      all.push_back({s, label_of(names, organ.name), bounds(scene.solids[s])});
  }
  // Solids are numbered in the order they were placed in.
  std::sort(all.begin(), all.end(),
            [](const Painted& a, const Painted& b) { return a.solid < b.solid; });

  struct Voxels {
    const IndexedMap* map;
    std::vector<std::uint16_t> label;  // of each entry
  };
  std::vector<Voxels> maps;
  for (const IndexedMap& each : scene.maps) {
    maps.push_back({&each, {}});
    for (const IndexedMap::Entry& entry : each.entries)
      maps.back().label.push_back(entry.organ.empty() ? std::uint16_t{0}
                                                      : label_of(names, entry.organ));
  }

  LabelMap map(grid);
  parallel_for(grid.size[2], [&](Index k) {
    const auto in_slice = those_that_meet(all, slice_box(grid, k));
    for (Index j = 0; j < grid.size[1]; ++j) {
      const Row row(grid, j, k);
      const Bounds box = row.box();
      std::uint16_t* const labels = &map(0, j, k);
      for (const Voxels& under : maps)
        for (Index i = 0; i < row.count; ++i)
          if (const auto voxel = voxel_at(under.map->grid, row.origin + double(i) * row.step))
            if (const std::uint16_t label = under.label[under.map->index[*voxel]])
              labels[i] = label;
      for (const Painted* each : in_slice) {
        if (!each->box.meets(box)) continue;
        const Interval inside = intersect(scene.solids[each->solid], row.origin, row.step);
        if (inside.empty()) continue;
        const Run run(inside, row.count);
        if (!run.empty()) std::fill(labels + run.begin, labels + run.end, each->label);
      }
    }
  });
  return map;
}

LabelMap organ_map(const Scene& scene, const Grid& grid, std::span<const std::string> names) {
  LabelMap map = anatomy_map(scene, grid, names);
  for (std::size_t lesion = 0; lesion < scene.lesions.size(); ++lesion) {
    const std::uint16_t label = label_of(names, scene.lesions[lesion].id);
    const GridBox box =
        box_about(grid, scene.lesions[lesion].centre, reach(scene, scene.lesions[lesion]));
    const Mask mask = lesion_mask(scene, lesion, box.grid);
    for (Index k = 0; k < box.grid.size[2]; ++k)
      for (Index j = 0; j < box.grid.size[1]; ++j)
        for (Index i = 0; i < box.grid.size[0]; ++i)
          if (mask(i, j, k)) map(box.first[0] + i, box.first[1] + j, box.first[2] + k) = label;
  }
  return map;
}

Substance substance_map(const Scene& scene, const Grid& grid) {
  const detail::SceneRows rows(scene, grid);
  Substance out{LabelMap(grid), Volume<quantity::Density>(grid)};
  parallel_for(grid.size[2], [&](Index k) {
    rows.slice(k, [&](Index j, detail::Mixture& mixture) {
      mixture.store(&out.material(0, j, k), &out.density(0, j, k));
    });
  });
  return out;
}

}  // namespace vitrine::phantoms
