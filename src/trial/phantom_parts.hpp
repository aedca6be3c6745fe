#pragma once
#include <optional>
#include <string>
#include <vector>

#include "vitrine/evaluation/image_quality/uniformity.hpp"
#include "vitrine/model/scene.hpp"
#include "vitrine/phantoms/convex.hpp"

namespace vitrine::trial {

/// A round rod: an insert, a wire, or a wire that rises out of the slice.
struct Rod {
  std::string name;
  Vec3 centre = Vec3::Zero();              ///< mm
  Vec3 along = Vec3::UnitZ();              ///< of length 1, towards +z
  double radius = 0.0, half_length = 0.0;  ///< mm
  double attenuation = 0.0;                ///< of the object there, HU at the truth's energy
  std::uint32_t solid = 0;                 ///< of the scene

  /// Where its axis meets a height, mm.
  evaluation::Vec2 at(double z) const;
};

/// A small ball.
struct Bead {
  std::string name;
  Vec3 centre = Vec3::Zero();  ///< mm
  double radius = 0.0;         ///< mm
  std::uint32_t solid = 0;     ///< of the scene
};

/// What image quality is measured on in a test phantom. Found in its scene by shape alone, so that
/// any phantom made of solids will do: upright round rods of 4 mm radius or more inside a larger
/// one are inserts, of 0.5 mm or less wires; rods as thin that rise out of the slice by 5 to 60
/// degrees are ramps; balls of 0.5 mm radius or less are beads.
class PhantomParts {
 public:
  /// `energy`: of the inserts' true CT numbers, keV. Parts are named after their organs, without
  /// `insert_`, and numbered where an organ has several.
  PhantomParts(const Scene& scene, double energy);

  std::vector<Rod> inserts, wires, ramps;
  std::vector<Bead> beads;

  /// The largest upright cylinder that a slab of z +- `half` mm cuts from side to side: its least
  /// half axis. Nothing if there is none.
  std::optional<evaluation::Outline> outline(double z, double half) const;
  /// The smallest one about the same axis: of what the middle is made.
  std::optional<evaluation::Outline> vessel(double z, double half) const;

  /// True if, in the slab z +- `half`, every solid but `except` holds the disc or leaves it alone,
  /// and no texture meets it.
  bool undisturbed(const evaluation::Vec2& centre, double radius, double z, double half,
                   std::optional<std::uint32_t> except = {}) const;

 private:
  std::vector<Solid> solids_;
  std::vector<phantoms::Bounds> bounds_;    // of the solids
  std::vector<phantoms::Bounds> textures_;  // of patches and maps
};

}  // namespace vitrine::trial
