#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/model/scene.hpp"
#include "vitrine/phantoms/convex.hpp"
#include "vitrine/phantoms/crop.hpp"

namespace vitrine::phantoms {

/// Puts a patient together from solids of which the last one placed wins.
///
/// A placement says "this solid replaces whatever was there"; `build` turns the
/// list into the sum of terms that a Scene is, exactly, by inclusion and
/// exclusion: placing B subtracts every term restricted to B and adds B's own
/// content. A term proven apart from B is left alone, one proven inside B
/// disappears, and a solid proven to hold B drops out of the restriction. A
/// proof that fails costs one more term and no accuracy.
class SceneBuilder {
 public:
  /// The index of a material, added to the scene at its first use.
  std::uint32_t material(std::string_view name);

  /// Solids placed from now on belong to this organ, a new one or an earlier
  /// one of that name. `supply` names the compartment that their blood comes
  /// from where it is not the one of the organ (contrast.hpp).
  void begin_organ(std::string_view name, std::string_view supply = {});

  /// `solid` replaces what was there. `density` in g/mm^3; negative takes the
  /// material's own.
  std::uint32_t place(const Solid& solid, std::string_view material, double density = -1.0);

  /// The union of `solids` replaces what was there.
  void place_union(std::span<const Solid> solids, std::string_view material, double density = -1.0);

  /// The same with several materials.
  void place_union(std::span<const Solid> solids, const std::vector<Delta>& content);

  /// Add `density` of a material within the union of `solids`, on top of what
  /// is there.
  void add_union(std::span<const Solid> solids, std::string_view material, double density);

  /// Multiply the density of a material by `factor` within the union of
  /// `solids`; what else is there (vessels in a lung) stays as it is.
  void thicken(std::span<const Solid> solids, std::string_view material, double factor);

  /// Iodine [g/mm^3] that an organ, or the compartment that supplies it, has
  /// where there is `density` of a material.
  using Iodine =
      std::function<double(std::string_view organ, const std::string& material, double density)>;
  /// Give everything that has been placed so far its contrast medium.
  void perfuse(const Iodine& iodine);

  /// Let the solid of a step that replaces be the union of some others, one step each from `step`
  /// on.
  void reshape(std::size_t step, std::span<const Solid> now);

  /// A solid that describes something (a lesion's outline) and adds nothing.
  std::uint32_t mark(const Solid& solid);

  /// Imported voxels, below everything else. Solids cannot replace or thicken what they hold: place
  /// nothing after them but patches that are differences.
  void add_map(IndexedMap map);

  void add_patch(Patch patch) { scene_.patches.push_back(std::move(patch)); }
  void add_lesion(LesionTruth truth) { scene_.lesions.push_back(std::move(truth)); }

  /// Name of the organ whose solid was placed last among those that hold the
  /// point, else that of the map's nearest voxel; "" outside.
  std::string_view organ_at(const Vec3& point) const;

  Scene build() &&;

  /// What was asked for, in order: what the terms must equal.
  struct Step {
    enum class Kind : std::uint8_t { replace, add, thicken } kind = Kind::replace;
    std::vector<std::uint32_t> solids;  ///< one to replace with, or the members of a union
    std::vector<Delta> content;         ///< g/mm^3, or the factor of the one material
    std::uint32_t organ = 0;
    std::string supply{};  ///< compartment; "": the organ's
  };
  const std::vector<Step>& steps() const { return steps_; }
  const std::vector<Solid>& solids() const { return scene_.solids; }
  const std::vector<Organ>& organs() const { return scene_.organs; }
  const std::vector<Material>& materials() const { return scene_.materials; }
  const std::vector<IndexedMap>& maps() const { return scene_.maps; }
  const std::vector<Patch>& patches() const { return scene_.patches; }
  const std::vector<LesionTruth>& lesions() const { return scene_.lesions; }

 private:
  Scene scene_;
  std::vector<Bounds> bounds_;  // of each solid
  std::vector<Step> steps_;
  std::uint32_t organ_ = 0;
  std::string supply_;
};

}  // namespace vitrine::phantoms
