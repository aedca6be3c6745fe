#include "vitrine/phantoms/lesion_patch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/model/lattice.hpp"

namespace vitrine::phantoms {
namespace {

/// Densities by material; a dozen at most.
using Contents = std::vector<Delta>;

double& amount(Contents& contents, std::uint32_t material) {
  for (Delta& delta : contents)
    if (delta.material == material) return delta.density;
  contents.push_back({material, 0.0});
  return contents.back().density;
}

/// What a builder holds at the points of a box.
class Surroundings {
 public:
  Surroundings(const SceneBuilder& scene, const Bounds& box)
      : solids_(scene.solids()), maps_(scene.maps()) {
    for (const SceneBuilder::Step& step : scene.steps()) {
      SceneBuilder::Step near = step;
      std::erase_if(near.solids, [&](std::uint32_t s) { return !bounds(solids_[s]).meets(box); });
      if (!near.solids.empty()) steps_.push_back(std::move(near));
    }
  }
  Contents at(const Vec3& point) const {
    Contents here;
    for (const IndexedMap& map : maps_) add(map, point, here);
    for (const SceneBuilder::Step& step : steps_) {
      const auto holds = [&](std::uint32_t s) { return contains(solids_[s], point); };
      if (!std::any_of(step.solids.begin(), step.solids.end(), holds)) continue;
      if (step.kind == SceneBuilder::Step::Kind::replace) {
        here = step.content;
        continue;
      }
      for (const Delta& delta : step.content)
        if (step.kind == SceneBuilder::Step::Kind::add)
          amount(here, delta.material) += delta.density;
        else
          amount(here, delta.material) *= delta.density;
    }
    return here;
  }
  /// The mean over a voxel: of its middle if that and the corners agree, else of 4^3 points.
  Contents mean(const Grid& grid, Index i, Index j, Index k) const {
    const auto point = [&](double x, double y, double z) {
      return Vec3(grid.origin +
                  grid.spacing.cwiseProduct(Vec3(double(i) + x, double(j) + y, double(k) + z)));
    };
    const Contents middle = at(point(0, 0, 0));
    const auto same = [&](const Contents& other) {
      return std::equal(middle.begin(), middle.end(), other.begin(), other.end(),
                        [](const Delta& a, const Delta& b) {
                          return a.material == b.material && a.density == b.density;
                        });
    };
    bool uniform = true;
    for (int c = 0; c < 8 && uniform; ++c)
      uniform = same(at(point((c & 1) - 0.5, (c >> 1 & 1) - 0.5, (c >> 2) - 0.5)));
    if (uniform) return middle;
    constexpr int points = 4;
    Contents sum;
    for (int w = 0; w < points; ++w)
      for (int v = 0; v < points; ++v)
        for (int u = 0; u < points; ++u)
          for (const Delta& delta : at(point((u + 0.5) / points - 0.5, (v + 0.5) / points - 0.5,
                                             (w + 0.5) / points - 0.5)))
            amount(sum, delta.material) += delta.density / (points * points * points);
    return sum;
  }

 private:
  static void add(const IndexedMap& map, const Vec3& point, Contents& here) {
    const auto cell = cell_at(map.grid, point);
    if (!cell) return;
    std::array<double, 8> share = cell->weight;
    for (std::size_t c = 0; c < 8; ++c) {  // voxels of one entry count as one
      if (share[c] == 0.0) continue;
      const std::uint16_t entry = map.index[cell->voxel[c]];
      for (std::size_t other = c + 1; other < 8; ++other)
        if (map.index[cell->voxel[other]] == entry) share[c] += std::exchange(share[other], 0.0);
      const double whole = std::abs(share[c] - 1.0) < 1e-12 ? 1.0 : share[c];
      for (const Delta& delta : map.entries[entry].deltas)
        amount(here, delta.material) += whole * delta.density;
    }
  }

  const std::vector<Solid>& solids_;
  const std::vector<IndexedMap>& maps_;
  std::vector<SceneBuilder::Step> steps_;
};

/// A cubic grid about the origin that holds a ball of `radius` and a voxel of nothing around it.
Grid grid_about_origin(double radius, double voxel) {
  Grid grid;
  const Index n = 2 * Index(std::ceil(radius / voxel)) + 3;
  grid.size = {n, n, n};
  grid.spacing = Vec3::Constant(voxel);
  grid.origin = Vec3::Constant(-0.5 * double(n - 1) * voxel);
  return grid;
}

/// Share of each voxel in each layer, less the layers inside it; `share` holds each layer's own.
void take_inner_away(std::vector<Volume<quantity::Fraction>>& share) {
  for (std::size_t outer = 0; outer < share.size(); ++outer)
    for (std::size_t inner = outer + 1; inner < share.size(); ++inner)
      for (std::size_t v = 0; v < share[outer].values().size(); ++v)
        share[outer].values()[v] *= 1.0f - share[inner].values()[v];
}

/// The patch without the planes of voxels that hold nothing, but for one around what holds
/// something: rays that miss cost nothing.
Patch trimmed(const Patch& patch) {
  const Grid& grid = patch.grid;
  std::array<Index, 3> low = grid.size, high{-1, -1, -1};
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        for (const Patch::Channel& channel : patch.channels)
          if (channel.density[std::size_t(grid.offset(i, j, k))] != 0.0f) {
            const std::array<Index, 3> at{i, j, k};
            for (std::size_t a = 0; a < 3; ++a) {
              low[a] = std::min(low[a], at[a]);
              high[a] = std::max(high[a], at[a]);
            }
          }
  if (high[0] < 0) return {};
  Patch out;
  out.grid = grid;
  for (std::size_t a = 0; a < 3; ++a) {
    low[a] = std::max(low[a] - 1, Index{0});
    out.grid.size[a] = std::min(high[a] + 1, grid.size[a] - 1) - low[a] + 1;
  }
  out.grid.origin = grid.centre(low[0], low[1], low[2]);
  for (const Patch::Channel& channel : patch.channels) {
    std::vector<float> density;
    for (Index k = 0; k < out.grid.size[2]; ++k)
      for (Index j = 0; j < out.grid.size[1]; ++j) {
        const auto row = channel.density.begin() + grid.offset(low[0], low[1] + j, low[2] + k);
        density.insert(density.end(), row, row + out.grid.size[0]);
      }
    out.channels.push_back({channel.material, std::move(density)});
  }
  return out;
}

double sum_of(std::span<const float> values) {
  double sum = 0.0;
  for (const float v : values) sum += double(v);
  return sum;
}

}  // namespace

LesionPatch lesion_patch(SceneBuilder& scene, const std::vector<Layer>& layers,
                         const std::vector<Outline>& edge, const Vec3& centre,
                         double host_density) {
  const Outline& body = layers.front().region;
  const double diameter = 2.0 * math::cbrt(volume_of(body) * 0.75 / std::numbers::pi);
  const double radius = std::max(reach(body), reach(edge.front()));
  const double voxel = std::max(std::clamp(diameter / 40.0, 0.1, 0.25), radius / 90.0);
  Grid grid = grid_about_origin(radius, voxel);

  std::vector<Volume<quantity::Fraction>> share;
  ShareMaker share_of(grid);
  for (const Layer& layer : layers) share.push_back(share_of(layer.region));
  LesionPatch out;
  const auto nominal = share.front().values();
  out.body = {grid, {nominal.begin(), nominal.end()}};
  out.body.grid.origin += centre;
  {
    std::vector<Volume<quantity::Fraction>> parts = share;
    take_inner_away(parts);
    for (const auto& part : parts)
      out.part_volumes.push_back(sum_of(part.values()) * grid.voxel_volume());
  }
  if (edge.size() > 1) {
    std::fill(share.front().values().begin(), share.front().values().end(), 0.0f);
    for (const Outline& step : edge) {
      if (step.empty()) continue;
      const auto one = share_of(step);
      for (std::size_t v = 0; v < one.values().size(); ++v)
        share.front().values()[v] += one.values()[v] / float(edge.size());
    }
  }

  grid.origin += centre;
  struct Filling {
    Layer::Kind kind;
    Contents content;
  };
  std::vector<Filling> fillings;
  for (const Layer& layer : layers) {
    fillings.push_back({layer.kind, {}});
    for (const Ingredient& each : layer.content)
      fillings.back().content.push_back({scene.material(each.material), each.density});
  }
  Bounds box;
  const Vec3 half = Vec3::Constant(radius + 2.0 * voxel);
  box.low = centre - half;
  box.high = centre + half;
  const Surroundings around(scene, box);
  const std::size_t materials = scene.materials().size();
  std::vector<std::vector<float>> densities(materials,
                                            std::vector<float>(std::size_t(grid.count())));
  parallel_for(grid.size[2], [&](Index k) {
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        const auto v = std::size_t(grid.offset(i, j, k));
        if (!(share.front().values()[v] > 0.0f)) continue;
        const Contents before = around.mean(grid, i, j, k);
        Contents now = before;
        for (std::size_t l = 0; l < fillings.size(); ++l) {
          const auto s = double(share[l].values()[v]);
          if (s <= 0.0) continue;
          const Contents& content = fillings[l].content;
          if (fillings[l].kind == Layer::Kind::replace) {
            for (Delta& delta : now) delta.density *= 1.0 - s;
            for (const Delta& delta : content) amount(now, delta.material) += s * delta.density;
          } else {
            for (const Delta& delta : content)
              amount(now, delta.material) *= 1.0 + s * (delta.density / host_density - 1.0);
          }
        }
        for (const Delta& delta : now)
          densities[delta.material][v] += static_cast<float>(delta.density);
        for (const Delta& delta : before)
          densities[delta.material][v] -= static_cast<float>(delta.density);
      }
  });
  out.difference.grid = grid;
  for (std::size_t m = 0; m < materials; ++m)
    if (std::any_of(densities[m].begin(), densities[m].end(), [](float d) { return d != 0.0f; }))
      out.difference.channels.push_back({std::uint32_t(m), std::move(densities[m])});
  out.difference = trimmed(out.difference);
  return out;
}

Patch texture_patch(SceneBuilder& scene, const std::vector<Layer>& layers, const Vec3& centre,
                    const LesionTexture& texture, double heterogeneity, Rng rng) {
  const double radius = reach(layers.front().region);
  Patch patch;
  patch.grid = grid_about_origin(radius, std::clamp(radius / 16.0, 0.2, 0.6));
  const std::array<Index, 3> n = patch.grid.size;
  // Cells between voxel centres: what is in one is interpolated from its eight corners.
  Grid cells = patch.grid;
  cells.size = {n[0] - 1, n[1] - 1, n[2] - 1};
  cells.origin += 0.5 * patch.grid.spacing;
  std::vector<Volume<quantity::Fraction>> share;
  ShareMaker share_of(cells);
  for (const Layer& layer : layers) share.push_back(share_of(layer.region));
  take_inner_away(share);

  std::vector<float> field(std::size_t(patch.grid.count()));
  texture.fill(patch.grid, rng, field);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::string& material = layers[l].content.front().material;
    if (material == "air") continue;
    const auto whole = [&](Index i, Index j, Index k) {
      for (int c = 0; c < 8; ++c) {
        const Index ci = i - (c & 1), cj = j - (c >> 1 & 1), ck = k - (c >> 2);
        if (ci < 0 || cj < 0 || ck < 0 || ci >= n[0] - 1 || cj >= n[1] - 1 || ck >= n[2] - 1 ||
            share[l](ci, cj, ck) < 1.0f - 1e-6f)
          return false;
      }
      return true;
    };
    std::vector<float> values(field.size());
    std::vector<std::size_t> mine;
    double sum = 0.0;
    for (Index k = 0; k < n[2]; ++k)
      for (Index j = 0; j < n[1]; ++j)
        for (Index i = 0; i < n[0]; ++i)
          if (whole(i, j, k)) {
            mine.push_back(std::size_t(patch.grid.offset(i, j, k)));
            sum += double(field[mine.back()]);
          }
    if (mine.empty()) continue;
    const double mean = sum / double(mine.size());
    const double scale = density_for(material, heterogeneity) - density_for(material, 0.0);
    for (const std::size_t v : mine)
      values[v] = static_cast<float>(scale * (double(field[v]) - mean));
    const std::uint32_t m = scene.material(material);
    const auto same = [&](const Patch::Channel& channel) { return channel.material == m; };
    const auto found = std::find_if(patch.channels.begin(), patch.channels.end(), same);
    if (found == patch.channels.end())
      patch.channels.push_back({m, std::move(values)});
    else
      for (const std::size_t v : mine) found->density[v] = values[v];
  }
  patch.grid.origin += centre;
  return trimmed(patch);
}

}  // namespace vitrine::phantoms
