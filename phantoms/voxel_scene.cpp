#include "vitrine/phantoms/voxel_scene.hpp"

#include <cmath>
#include <limits>
#include <map>

#include "vitrine/core/parallel.hpp"
#include "vitrine/phantoms/detail/voxel_rows.hpp"
#include "vitrine/phantoms/voxelise.hpp"

namespace vitrine::phantoms {
namespace {

constexpr double least_density = 1e-10;  // g/mm^3: the steps that densities are told apart by

/// What a voxel is: its organ's label, then material and density in steps, ascending.
using Content = std::vector<std::int64_t>;

/// Contents in the order in which they were met.
class Contents {
 public:
  std::uint16_t index_of(const Content& content) {
    const auto [found, is_new] = number_.try_emplace(content, number_.size());
    if (is_new) {
      require(number_.size() <= std::size_t{1} << 16, Error::Kind::unsupported,
              "the patient has more than 65,536 different tissues (a voxel map tells no more ",
              "apart). Leave voxels_mm out");
      all_.push_back(&found->first);
    }
    return static_cast<std::uint16_t>(found->second);
  }
  const std::vector<const Content*>& all() const { return all_; }

 private:
  std::map<Content, std::size_t> number_;
  std::vector<const Content*> all_;
};

void read_content(const detail::Mixture& mixture, Index i, std::uint16_t organ, Content& out) {
  out.assign(1, organ);
  for (std::size_t m = 0; m < mixture.materials(); ++m) {
    if (!mixture.holds(m)) continue;
    const auto steps = std::llround(mixture.density(m, i) / least_density);
    if (steps == 0) continue;
    out.push_back(std::int64_t(m));
    out.push_back(steps);
  }
}

}  // namespace

IndexedMap index_map(const Scene& scene, const Grid& grid) {
  const std::vector<std::string> names = organ_names(scene);
  const LabelMap organs = organ_map(scene, grid, names);
  const detail::SceneRows rows(scene, grid);
  std::vector<std::uint16_t> index(std::size_t(grid.count()));
  std::vector<Contents> of_slice(std::size_t(grid.size[2]));
  parallel_for(grid.size[2], [&](Index k) {
    Contents& here = of_slice[std::size_t(k)];
    Content content, before;
    rows.slice(k, [&](Index j, const detail::Mixture& mixture) {
      std::uint16_t* const row = index.data() + grid.offset(0, j, k);
      for (Index i = 0; i < grid.size[0]; ++i) {
        read_content(mixture, i, organs(i, j, k), content);
        row[i] = i > 0 && content == before ? row[i - 1] : here.index_of(content);
        content.swap(before);
      }
    });
  });
  // Slices counted on their own, so that the threads have no say in the table.
  Contents table;
  std::vector<std::vector<std::uint16_t>> renumbered;
  for (const Contents& slice : of_slice) {
    renumbered.emplace_back();
    for (const Content* content : slice.all())
      renumbered.back().push_back(table.index_of(*content));
  }
  const auto slice_size = std::size_t(grid.size[0] * grid.size[1]);
  parallel_for(grid.size[2], [&](Index k) {
    const auto& now = renumbered[std::size_t(k)];
    for (std::size_t i = 0; i < slice_size; ++i) {
      std::uint16_t& voxel = index[std::size_t(k) * slice_size + i];
      voxel = now[voxel];
    }
  });
  IndexedMap map;
  map.grid = grid;
  map.index = SharedArray<std::uint16_t>(std::move(index));
  for (const Content* content : table.all()) {
    const auto organ = std::size_t(content->front());
    map.entries.push_back({organ == 0 ? std::string() : names[organ - 1], {}});
    for (std::size_t i = 1; i < content->size(); i += 2)
      map.entries.back().deltas.push_back(
          {static_cast<std::uint32_t>((*content)[i]), double((*content)[i + 1]) * least_density});
  }
  return map;
}

Scene made_of_voxels(Scene scene, double spacing) {
  const Grid grid = grid_about(scene, spacing);
  require(grid.count() <= std::numeric_limits<std::int32_t>::max(), Error::Kind::unsupported,
          "voxels of ", spacing, " mm would be ", grid.count(), " (2^31 are the most). Use larger ",
          "ones");
  Scene out;
  out.materials = scene.materials;
  out.patches = std::move(scene.patches);
  scene.patches.clear();
  out.maps.push_back(index_map(scene, grid));
  return out;
}

}  // namespace vitrine::phantoms
