#include <algorithm>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/import/detail/voxel_body.hpp"

namespace vitrine::phantoms::detail {
namespace {

/// Instead of the single voxel along an axis, many thin ones: voxels are interpolated to nothing
/// around them, and a slab shall not become a wedge.
void split_single(Grid& grid, std::vector<std::uint16_t>& index, std::size_t axis) {
  constexpr Index parts = 16;
  if (grid.size[axis] != 1) return;
  const auto a = Eigen::Index(axis);
  const Grid old = grid;
  grid.size[axis] = parts;
  grid.spacing[a] /= double(parts);
  grid.origin -= 0.5 * double(parts - 1) * grid.spacing[a] * Vec3(grid.axes.col(a));
  std::vector<std::uint16_t> all(std::size_t(grid.count()));
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        std::array<Index, 3> at{i, j, k};
        at[axis] = 0;
        all[std::size_t(grid.offset(i, j, k))] =
            index[std::size_t(old.offset(at[0], at[1], at[2]))];
      }
  index = std::move(all);
}

}  // namespace

Position position_named(const std::string& word) {
  return word == "as_stored" ? Position::as_stored : Position::centred;
}

void VoxelBody::Box::add(const Box& other) {
  if (voxels == 0) *this = {other.low, other.high, 0};
  for (std::size_t a = 0; a < 3; ++a) {
    low[a] = std::min(low[a], other.low[a]);
    high[a] = std::max(high[a], other.high[a]);
  }
  voxels += other.voxels;
}

VoxelBody::VoxelBody(Grid grid, std::vector<std::uint16_t> index, std::vector<VoxelContent> entries,
                     Position position)
    : grid_(std::move(grid)), entries_(std::move(entries)) {
  VITRINE_EXPECT(Index(index.size()) == grid_.count());
  for (std::size_t axis = 0; axis < 3; ++axis) split_single(grid_, index, axis);
  index_ = std::move(index);
  const std::vector<Box> of_entry = boxes();
  Bounds dense;
  for (std::size_t e = 0; e < entries_.size(); ++e) {
    if (of_entry[e].voxels == 0) continue;
    mass_ += double(of_entry[e].voxels) * grid_.voxel_volume() * density_of(e);
    if (density_of(e) > 0.1 * units::g_per_cm3) dense = hull(dense, bounds_of(of_entry[e]));
  }
  require(mass_ > 0.0, Error::Kind::data,
          "nothing in the image has a density (every voxel is vacuum). Give its labels materials.");
  if (position == Position::centred && !dense.empty())
    grid_.origin -= 0.5 * (dense.low + dense.high);
  hosts_ = find_hosts(of_entry);
}

std::vector<VoxelBody::Box> VoxelBody::boxes() const {
  constexpr Index parts = 16;  // of the slices, each with boxes of its own
  const std::size_t n = entries_.size();
  std::vector<std::vector<Box>> of_part(std::size_t{parts}, std::vector<Box>(n));
  parallel_for(parts, [&](Index part) {
    std::vector<Box>& mine = of_part[std::size_t(part)];
    for (Index k = part * grid_.size[2] / parts; k < (part + 1) * grid_.size[2] / parts; ++k)
      for (Index j = 0; j < grid_.size[1]; ++j) {
        const std::uint16_t* const row = index_.data() + grid_.offset(0, j, k);
        for (Index i = 0; i < grid_.size[0];) {  // runs of one entry are long
          const Index first = i;
          while (i < grid_.size[0] && row[i] == row[first]) ++i;
          mine[row[first]].add({{first, j, k}, {i - 1, j, k}, std::uint64_t(i - first)});
        }
      }
  });
  std::vector<Box> all(n);
  for (const std::vector<Box>& part : of_part)
    for (std::size_t e = 0; e < n; ++e)
      if (part[e].voxels > 0) all[e].add(part[e]);
  return all;
}

Bounds VoxelBody::bounds_of(const Box& box) const {
  Bounds bounds;
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 at;
    for (int a = 0; a < 3; ++a)
      at[a] = corner >> a & 1 ? double(box.high[std::size_t(a)]) + 0.5
                              : double(box.low[std::size_t(a)]) - 0.5;
    const Vec3 p = grid_.origin + grid_.axes * grid_.spacing.cwiseProduct(at);
    bounds = hull(bounds, Bounds{p, p});
  }
  return bounds;
}

double VoxelBody::density_of(std::size_t entry) const {
  return total_density(entries_[entry].content);
}

std::vector<Host> VoxelBody::find_hosts(const std::vector<Box>& of_entry) const {
  std::vector<Host> hosts;
  for (std::size_t e = 0; e < entries_.size(); ++e) {
    const std::string& name = entries_[e].host;
    const auto same = [&](const Host& host) { return host.organ == name; };
    if (name.empty() || of_entry[e].voxels == 0 || std::any_of(hosts.begin(), hosts.end(), same))
      continue;
    Host host;
    host.organ = name;
    std::size_t largest = e;  // its tissue is what lesions replace
    for (std::size_t other = e; other < entries_.size(); ++other) {
      if (entries_[other].host != name || of_entry[other].voxels == 0) continue;
      if (std::find(host.tissue.begin(), host.tissue.end(), entries_[other].organ) ==
          host.tissue.end())
        host.tissue.push_back(entries_[other].organ);
      host.extent = hull(host.extent, bounds_of(of_entry[other]));
      if (of_entry[other].voxels > of_entry[largest].voxels) largest = other;
    }
    const std::vector<Ingredient>& content = entries_[largest].content;
    if (content.empty()) continue;
    const auto heavier = [](const Ingredient& a, const Ingredient& b) {
      return a.density < b.density;
    };
    host.background = density_of(largest);
    host.background_material = std::max_element(content.begin(), content.end(), heavier)->material;
    hosts.push_back(std::move(host));
  }
  return hosts;
}

AnatomyRecord VoxelBody::place(SceneBuilder& scene, const std::string& sex) const {
  IndexedMap map;
  map.grid = grid_;
  map.index = index_;
  for (const VoxelContent& entry : entries_) {
    map.entries.push_back({entry.organ, {}});
    std::vector<Delta>& deltas = map.entries.back().deltas;
    for (const Ingredient& each : entry.content) {
      const std::uint32_t m = scene.material(each.material);
      const auto same = [&](const Delta& delta) { return delta.material == m; };
      const auto found = std::find_if(deltas.begin(), deltas.end(), same);
      if (found == deltas.end())
        deltas.push_back({m, each.density});
      else
        found->density += each.density;
    }
  }
  scene.add_map(std::move(map));
  AnatomyRecord record;
  record.sex = sex;
  record.parameters = {{"imported_mass_kg", mass_ / 1000.0}};
  record.hosts = hosts_;
  return record;
}

}  // namespace vitrine::phantoms::detail
