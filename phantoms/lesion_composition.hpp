#pragma once
#include <string>
#include <vector>

#include "vitrine/core/catalogue.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/phantoms/lesion_content.hpp"
#include "vitrine/phantoms/lesion_outline.hpp"

namespace vitrine::phantoms {

/// A region of a lesion and what fills it.
struct Layer {
  enum class Kind : std::uint8_t {
    replace,  ///< `content` takes the place of what was there
    thicken,  ///< the host's own tissue gets the density of `content`, which is the same material;
              ///< vessels and airways stay
  };
  std::string name;
  Outline region;  ///< about the lesion's centre
  Kind kind = Kind::replace;
  std::vector<Ingredient> content;
};

/// What a lesion is made from.
struct LesionMatter {
  const Outline& outline;
  double attenuation = 0.0;   ///< HU at 70 keV of its tissue
  std::string host_material;  ///< what the organ is made of
  double host_density = 0.0;  ///< g/mm^3
};

/// What a lesion consists of, and where.
class LesionComposition {
 public:
  virtual ~LesionComposition() = default;
  /// Its layers, the last one wins; the first has the lesion's outline and holds all others.
  /// Throws Error (data) if they do not fit.
  virtual std::vector<Layer> layers(const LesionMatter& lesion, Rng rng) const = 0;
};

const Catalogue<LesionComposition>& lesion_compositions();
const Catalogue<LesionComposition>& catalogue_for(const LesionComposition*);

}  // namespace vitrine::phantoms
