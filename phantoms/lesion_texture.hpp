#pragma once
#include <optional>
#include <span>

#include "vitrine/core/catalogue.hpp"
#include "vitrine/core/distribution.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::phantoms {

/// The heterogeneity of a lesion's interior.
class LesionTexture {
 public:
  virtual ~LesionTexture() = default;
  /// Standard deviation in HU at 70 keV, drawn for each lesion; of 0 `fill` need not be called.
  virtual const Distribution& heterogeneity() const = 0;
  /// A random field at the grid's voxel centres: mean 0 and variance 1 over the ensemble.
  virtual void fill(const Grid& grid, Rng rng, std::span<float> field) const = 0;
};

const Catalogue<LesionTexture>& lesion_textures();
const Catalogue<LesionTexture>& catalogue_for(const LesionTexture*);

}  // namespace vitrine::phantoms
