#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/model/scene.hpp"
#include "vitrine/phantoms/convex.hpp"

namespace vitrine::phantoms {

/// Builds a scene from solids that replace what was there before them.
///
/// Placing a solid B over the sum f of terms gives f - f 1_B + value 1_B. Restricting a term T to B
/// leaves nothing where the two are apart, T itself where T is inside B, B where B is inside T, and
/// a new term "T and B" otherwise; so the resolved scene is exact, and small where solids nest.
class SceneBuilder {
 public:
  /// The index of a material, added to the scene at its first use.
  std::uint32_t material(std::string_view name);

  /// Start a named organ; solids placed from now on belong to it.
  void begin_organ(std::string name);

  /// `solid` replaces what was there. `density` in g/mm^3; negative takes the material's own.
  std::uint32_t place(const Solid& solid, std::string_view material, double density = -1.0);

  /// The union of `solids` replaces what was there.
  void place_union(std::span<const Solid> solids, std::string_view material, double density);

  /// Add `density` of a material within the union of `solids`, on top of what is there.
  void add_union(std::span<const Solid> solids, std::string_view material, double density);

  /// A solid that describes something (a lesion's outline) and adds nothing.
  std::uint32_t mark(const Solid& solid);

  void add_patch(Patch patch) { scene_.patches.push_back(std::move(patch)); }
  void add_lesion(LesionTruth truth) { scene_.lesions.push_back(std::move(truth)); }

  /// Name of the organ at a point: the one that was placed last; empty outside.
  std::string_view organ_at(const Vec3& point) const;

  Scene build() &&;

 private:
  using Key = std::vector<std::uint32_t>;           // solids of a term, ascending
  using Amounts = std::map<std::uint32_t, double>;  // density by material

  std::uint32_t add_solid(const Solid& solid);
  void override_with(std::uint32_t solid, std::uint32_t material, double density);
  void add(const Key& key, const Amounts& amounts, double factor);
  void add_intersections(std::span<const std::uint32_t> members, std::size_t next, Key& chosen,
                         std::uint32_t material, double density);

  Scene scene_;
  std::vector<Bounds> bounds_;    // of each solid
  std::map<Key, Amounts> terms_;  // ordered: the same scene for the same placements
};

/// The scene without the terms, patches and organs' solids that do not reach z in [low, high] mm.
Scene cropped(const Scene& scene, double low, double high);

}  // namespace vitrine::phantoms
