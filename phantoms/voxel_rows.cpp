#include "vitrine/phantoms/detail/voxel_rows.hpp"

#include "vitrine/model/lattice.hpp"
#include "vitrine/phantoms/patch_value.hpp"

namespace vitrine::phantoms::detail {
namespace {

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

}  // namespace

SceneRows::SceneRows(const Scene& scene, const Grid& grid) : scene_(scene), grid_(grid) {
  std::vector<Bounds> boxes;
  for (const Solid& solid : scene.solids) boxes.push_back(bounds(solid));
  for (const Term& term : scene.terms) {
    Bounds box = boxes[term.solids.front()];
    for (const std::uint32_t s : term.solids) box = overlap(box, boxes[s]);
    if (!box.empty()) terms_.push_back({&term, box});
  }
}

void SceneRows::slice(Index k, FunctionRef<void(Index j, Mixture&)> use) const {
  const auto in_slice = those_that_meet(terms_, slice_box(grid_, k));
  std::vector<Interval> known(scene_.solids.size());
  std::vector<Index> known_in(scene_.solids.size(), -1);  // row for which `known` holds
  Mixture mixture(scene_.materials.size(), grid_.size[0]);
  for (Index j = 0; j < grid_.size[1]; ++j) {
    const Row row(grid_, j, k);
    const Bounds box = row.box();
    const auto interval_of = [&](std::uint32_t s) {
      if (known_in[s] != j) {
        known[s] = intersect(scene_.solids[s], row.origin, row.step);
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
      for (const Delta& delta : each->term->deltas) mixture.add(delta.material, run, delta.density);
    }
    mixture.sum_up();
    for (const IndexedMap& map : scene_.maps) add_map(map, row, mixture);
    for (const Patch& patch : scene_.patches) add_patch(patch, row, mixture);
    use(j, mixture);
  }
}

}  // namespace vitrine::phantoms::detail
