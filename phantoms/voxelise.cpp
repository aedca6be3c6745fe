#include "vitrine/phantoms/voxelise.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/parallel.hpp"
#include "vitrine/model/lattice.hpp"
#include "vitrine/phantoms/convex.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/patch_value.hpp"

namespace vitrine::phantoms {
namespace {

/// The voxel centres of a row along i: centre of voxel i = origin + i step.
struct Row {
  Vec3 origin, step;
  Index count;
  Row(const Grid& grid, Index j, Index k)
      : origin(grid.centre(0, j, k)),
        step(grid.axes.col(0) * grid.spacing.x()),
        count(grid.size[0]) {}
  Bounds box() const {
    const Vec3 end = origin + double(count - 1) * step;
    return {origin.cwiseMin(end), origin.cwiseMax(end)};
  }
};

Bounds slice_box(const Grid& grid, Index k) {
  return hull(Row(grid, 0, k).box(), Row(grid, grid.size[1] - 1, k).box());
}

/// Voxels [begin, end) of a row whose centres lie in an interval of its line.
struct Run {
  Index begin, end;
  Run(const Interval& inside, Index count)
      : begin(inside.enter > 0.0 ? whole(std::ceil(inside.enter), count) : 0),
        end(inside.leave < double(count) ? whole(std::floor(inside.leave) + 1.0, count) : count) {}
  bool empty() const { return begin >= end; }

 private:
  static Index whole(double x, Index count) { return Index(std::clamp(x, 0.0, double(count))); }
};

template <class Item>
std::vector<const Item*> those_that_meet(const std::vector<Item>& items, const Bounds& box) {
  std::vector<const Item*> chosen;
  for (const Item& item : items)
    if (item.box.meets(box)) chosen.push_back(&item);
  return chosen;
}

/// Scratch memory of one slice: densities of all materials along a row.
class Mixture {
 public:
  Mixture(std::size_t materials, Index count)
      : count_(count),
        step_(materials * std::size_t(count + 1)),
        sum_(std::size_t(count)),
        most_(std::size_t(count)),
        used_(materials) {}

  void clear() {
    for (std::size_t m = 0; m < used_.size(); ++m)
      if (used_[m]) std::fill_n(row(m), count_ + 1, 0.0);
    std::fill(used_.begin(), used_.end(), std::uint8_t{0});
  }
  void add(std::uint32_t material, const Run& run, double density) {
    used_[material] = 1;
    row(material)[run.begin] += density;
    row(material)[run.end] -= density;
  }
  /// Steps to densities; afterwards `at` may be called.
  void sum_up() {
    for (std::size_t m = 0; m < used_.size(); ++m)
      if (used_[m])
        for (Index i = 1; i < count_; ++i) row(m)[i] += row(m)[i - 1];
  }
  void add_at(std::uint32_t material, Index i, double density) {
    used_[material] = 1;
    row(material)[i] += density;
  }
  void store(std::uint16_t* material, float* density) {
    std::fill_n(material, count_, std::uint16_t{0});
    std::fill(sum_.begin(), sum_.end(), 0.0);
    std::fill(most_.begin(), most_.end(), least_density);
    for (std::size_t m = 0; m < used_.size(); ++m) {
      if (!used_[m]) continue;
      const double* values = step_.data() + m * std::size_t(count_ + 1);
      for (Index i = 0; i < count_; ++i) {
        const auto at = std::size_t(i);
        sum_[at] += values[i];
        if (values[i] <= most_[at]) continue;
        most_[at] = values[i];
        material[i] = static_cast<std::uint16_t>(m + 1);
      }
    }
    for (Index i = 0; i < count_; ++i) density[i] = static_cast<float>(sum_[std::size_t(i)]);
  }

 private:
  static constexpr double least_density = 1e-12;  // g/mm^3: vacuum
  double* row(std::size_t material) { return step_.data() + material * std::size_t(count_ + 1); }

  Index count_;
  std::vector<double> step_, sum_, most_;
  std::vector<std::uint8_t> used_;
};

/// Add a patch's values at the centres of a row that lie in it.
void add_patch(const Patch& patch, const Row& row, Mixture& mixture) {
  // Voxel coordinates of the patch along the row: start + i speed, each within [0, size - 1].
  const Grid& grid = patch.grid;
  const Vec3 start =
      (grid.axes.transpose() * (row.origin - grid.origin)).cwiseQuotient(grid.spacing);
  const Vec3 speed = (grid.axes.transpose() * row.step).cwiseQuotient(grid.spacing);
  Interval inside{0.0, double(row.count - 1)};
  for (int a = 0; a < 3; ++a) {
    const double last = double(grid.size[std::size_t(a)] - 1);
    if (std::abs(speed[a]) < 1e-12) {
      if (start[a] < 0.0 || start[a] > last) return;
      continue;
    }
    const double t0 = -start[a] / speed[a], t1 = (last - start[a]) / speed[a];
    inside = {std::max(inside.enter, std::min(t0, t1)), std::min(inside.leave, std::max(t0, t1))};
  }
  if (inside.enter > inside.leave) return;
  const Run run(inside, row.count);
  for (const Patch::Channel& channel : patch.channels)
    for (Index i = run.begin; i < run.end; ++i)
      mixture.add_at(channel.material, i,
                     patch_value(grid, channel.density, row.origin + double(i) * row.step));
}

/// Add what a map holds at the centres of a row.
void add_map(const IndexedMap& map, const Row& row, Mixture& mixture) {
  for (Index i = 0; i < row.count; ++i) {
    const auto cell = cell_at(map.grid, row.origin + double(i) * row.step);
    if (!cell) continue;
    for (std::size_t c = 0; c < 8; ++c)
      if (cell->weight[c] != 0.0)
        for (const Delta& delta : map.entries[map.index[cell->voxel[c]]].deltas)
          mixture.add_at(delta.material, i, cell->weight[c] * delta.density);
  }
}

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

std::vector<std::string> organ_names(const Scene& scene) {
  std::vector<std::string> names;
  const auto is_lesion = [&](const std::string& name) {
    return std::any_of(scene.lesions.begin(), scene.lesions.end(),
                       [&](const LesionTruth& lesion) { return lesion.id == name; });
  };
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  };
  for (const IndexedMap& map : scene.maps)
    for (const IndexedMap::Entry& entry : map.entries) add(entry.organ);
  for (const Organ& organ : scene.organs)
    if (!is_lesion(organ.name)) add(organ.name);
  for (const LesionTruth& lesion : scene.lesions) names.push_back(lesion.id);
  return names;
}

LabelMap organ_map(const Scene& scene, const Grid& grid, std::span<const std::string> names) {
  const auto label_of = [&](const std::string& name) {
    const auto at = std::find(names.begin(), names.end(), name);
    return static_cast<std::uint16_t>(at == names.end() ? 0 : at - names.begin() + 1);
  };
  struct Painted {
    std::uint32_t solid;
    std::uint16_t label;
    Bounds box;
  };
  std::vector<Painted> all;
  for (const Organ& organ : scene.organs) {
    const auto is_organ = [&](const LesionTruth& lesion) { return lesion.id == organ.name; };
    if (std::any_of(scene.lesions.begin(), scene.lesions.end(), is_organ)) continue;
    for (const std::uint32_t s : organ.solids)
      all.push_back({s, label_of(organ.name), bounds(scene.solids[s])});
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
      maps.back().label.push_back(entry.organ.empty() ? std::uint16_t{0} : label_of(entry.organ));
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
  for (std::size_t lesion = 0; lesion < scene.lesions.size(); ++lesion) {
    const std::uint16_t label = label_of(scene.lesions[lesion].id);
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
  struct Counted {
    const Term* term;
    Bounds box;
  };
  std::vector<Counted> all;
  std::vector<Bounds> boxes;
  for (const Solid& solid : scene.solids) boxes.push_back(bounds(solid));
  for (const Term& term : scene.terms) {
    Bounds box = boxes[term.solids.front()];
    for (const std::uint32_t s : term.solids) box = overlap(box, boxes[s]);
    if (!box.empty()) all.push_back({&term, box});
  }

  Substance out{LabelMap(grid), Volume<quantity::Density>(grid)};
  parallel_for(grid.size[2], [&](Index k) {
    const auto in_slice = those_that_meet(all, slice_box(grid, k));
    std::vector<Interval> known(scene.solids.size());
    std::vector<Index> known_in(scene.solids.size(), -1);  // row for which `known` holds
    Mixture mixture(scene.materials.size(), grid.size[0]);
    for (Index j = 0; j < grid.size[1]; ++j) {
      const Row row(grid, j, k);
      const Bounds box = row.box();
      const auto interval_of = [&](std::uint32_t s) {
        if (known_in[s] != j) {
          known[s] = intersect(scene.solids[s], row.origin, row.step);
          known_in[s] = j;
        }
        return known[s];
      };
      mixture.clear();
      for (const Counted* each : in_slice) {
        if (!each->box.meets(box)) continue;
        Interval inside{0.0, double(row.count)};
        for (const std::uint32_t s : each->term->solids) {
          const Interval one = interval_of(s);
          inside = {std::max(inside.enter, one.enter), std::min(inside.leave, one.leave)};
          if (inside.empty()) break;
        }
        if (inside.empty()) continue;
        const Run run(inside, row.count);
        if (run.empty()) continue;
        for (const Delta& delta : each->term->deltas)
          mixture.add(delta.material, run, delta.density);
      }
      mixture.sum_up();
      for (const IndexedMap& map : scene.maps) add_map(map, row, mixture);
      for (const Patch& patch : scene.patches) add_patch(patch, row, mixture);
      mixture.store(&out.material(0, j, k), &out.density(0, j, k));
    }
  });
  return out;
}

}  // namespace vitrine::phantoms
