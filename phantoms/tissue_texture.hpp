#pragma once
#include <span>
#include <string>

#include "vitrine/core/distribution.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/core/schema.hpp"
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// The heterogeneity of a tissue wherever the patient has it: a Gaussian random field with the
/// spectrum f^-exponent between two wavelengths, as a share of the tissue's density.
struct TissueTexture {
  std::string tissue = "lung";
  Distribution deviation{0.0};  ///< relative standard deviation of the density
  double exponent = 3.0;        ///< of the spectrum in three dimensions; 1 less in a thin section
  double finest = 2.0, coarsest = 30.0, spacing = 0.7;  ///< mm
  /// HU per cm towards the back, where the density of a lung grows under its own weight.
  Distribution gradient{0.0};
  static const Schema<TissueTexture>& schema();
};

/// The range of z [mm] that is wanted of a patient.
struct Slab {
  double low = -1e6, high = 1e6;
};

/// Add the textures to the tissues of a patient whose organs and lesions are all placed.
///
/// A patch for each: zero in the outermost voxel of the tissue and beyond, so that vessels, airways
/// and lesions keep their densities; carried and stretched like the tissue's host, and with its
/// density. Only voxels of the slab are made; they are the same for every slab.
void add_textures(SceneBuilder& scene, std::span<const TissueTexture> textures,
                  const AnatomyRecord& body, const Stream& stream, const Slab& slab);

}  // namespace vitrine::phantoms
