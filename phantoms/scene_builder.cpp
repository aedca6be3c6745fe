#include "vitrine/phantoms/scene_builder.hpp"

#include <algorithm>
#include <cmath>

namespace vitrine::phantoms {

std::uint32_t SceneBuilder::material(std::string_view name) {
  auto& known = scene_.materials;
  const auto at =
      std::find_if(known.begin(), known.end(), [&](const Material& m) { return m.name == name; });
  if (at != known.end()) return static_cast<std::uint32_t>(at - known.begin());
  known.push_back(vitrine::material(name));
  return static_cast<std::uint32_t>(known.size() - 1);
}

void SceneBuilder::begin_organ(std::string name) { scene_.organs.push_back({std::move(name), {}}); }

std::uint32_t SceneBuilder::add_solid(const Solid& solid) {
  scene_.solids.push_back(solid);
  bounds_.push_back(bounds(solid));
  return static_cast<std::uint32_t>(scene_.solids.size() - 1);
}

std::uint32_t SceneBuilder::mark(const Solid& solid) { return add_solid(solid); }

std::uint32_t SceneBuilder::place(const Solid& solid, std::string_view name, double density) {
  const std::uint32_t m = material(name);
  const std::uint32_t index = add_solid(solid);
  if (!scene_.organs.empty()) scene_.organs.back().solids.push_back(index);
  override_with(index, m, density < 0.0 ? scene_.materials[m].density : density);
  return index;
}

void SceneBuilder::place_union(std::span<const Solid> solids, std::string_view name,
                               double density) {
  for (const Solid& solid : solids) place(solid, name, density);
}

void SceneBuilder::add(const Key& key, const Amounts& amounts, double factor) {
  Amounts& sum = terms_[key];
  for (const auto& [m, density] : amounts) {
    double& total = sum[m];
    total += factor * density;
    if (std::abs(total) < 1e-12 * std::abs(density)) sum.erase(m);
  }
  if (sum.empty()) terms_.erase(key);
}

void SceneBuilder::override_with(std::uint32_t index, std::uint32_t m, double density) {
  const Solid& solid = scene_.solids[index];
  Amounts own{{m, density}};
  std::vector<std::pair<Key, Amounts>> gone, cut;
  for (const auto& [key, amounts] : terms_) {
    const auto far = [&](std::uint32_t other) { return !bounds_[other].meets(bounds_[index]); };
    if (std::any_of(key.begin(), key.end(), far)) continue;
    const auto apart = [&](std::uint32_t other) {
      return proven_apart(scene_.solids[other], solid);
    };
    if (std::any_of(key.begin(), key.end(), apart)) continue;
    const auto inside = [&](std::uint32_t other) {
      return proven_inside(scene_.solids[other], solid);
    };
    if (std::any_of(key.begin(), key.end(), inside)) {
      gone.emplace_back(key, amounts);
      continue;
    }
    Key both;  // the solids of the term that do not hold the new one anyway, and the new one
    for (const std::uint32_t other : key)
      if (!proven_inside(solid, scene_.solids[other])) both.push_back(other);
    both.push_back(index);
    cut.emplace_back(std::move(both), amounts);
  }
  for (const auto& [key, amounts] : gone) terms_.erase(key);
  for (const auto& [key, amounts] : cut) add(key, amounts, -1.0);
  add({index}, own, 1.0);
}

void SceneBuilder::add_union(std::span<const Solid> solids, std::string_view name, double density) {
  std::vector<std::uint32_t> members;
  for (const Solid& solid : solids) members.push_back(add_solid(solid));
  Key chosen;
  add_intersections(members, 0, chosen, material(name), density);
}

void SceneBuilder::add_intersections(std::span<const std::uint32_t> members, std::size_t next,
                                     Key& chosen, std::uint32_t m, double density) {
  // Inclusion and exclusion over the subsets that can have a point in common.
  for (std::size_t i = next; i < members.size(); ++i) {
    const auto apart = [&](std::uint32_t other) {
      return proven_apart(scene_.solids[other], scene_.solids[members[i]]);
    };
    if (std::any_of(chosen.begin(), chosen.end(), apart)) continue;
    chosen.push_back(members[i]);
    add(chosen, {{m, density}}, chosen.size() % 2 == 1 ? 1.0 : -1.0);
    add_intersections(members, i + 1, chosen, m, density);
    chosen.pop_back();
  }
}

std::string_view SceneBuilder::organ_at(const Vec3& point) const {
  for (auto organ = scene_.organs.rbegin(); organ != scene_.organs.rend(); ++organ)
    for (const std::uint32_t index : organ->solids)
      if (bounds_[index].holds(point) && contains(scene_.solids[index], point)) return organ->name;
  return {};
}

Scene SceneBuilder::build() && {
  for (const auto& [key, amounts] : terms_) {
    Term term;
    term.solids = key;
    for (const auto& [m, density] : amounts) term.deltas.push_back({m, density});
    scene_.terms.push_back(std::move(term));
  }
  return std::move(scene_);
}

Scene cropped(const Scene& scene, double low, double high) {
  const auto meets = [&](const Solid& solid) {
    return reach(solid, Vec3::UnitZ()) >= low && -reach(solid, -Vec3::UnitZ()) <= high;
  };
  Scene out = scene;
  std::erase_if(out.terms, [&](const Term& term) {
    return !std::all_of(term.solids.begin(), term.solids.end(),
                        [&](std::uint32_t s) { return meets(scene.solids[s]); });
  });
  std::erase_if(out.patches, [&](const Patch& patch) {
    const Vec3 extent(double(patch.grid.size[0]), double(patch.grid.size[1]),
                      double(patch.grid.size[2]));
    const double size = extent.cwiseProduct(patch.grid.spacing).norm();
    return patch.grid.origin.z() + size < low || patch.grid.origin.z() - size > high;
  });
  return out;
}

}  // namespace vitrine::phantoms
