#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "vitrine/core/schema.hpp"
#include "vitrine/recon/fbp.hpp"

namespace vitrine::recon {

/// The materials that a photon-counting scanner's spectral images are made of: water and another.
struct SpectralBasis {
  std::string material = "iodine";  ///< the other
  double vnc_energy = 70.0;         ///< keV of the virtual non-contrast image
  static const Schema<SpectralBasis>& schema();
};

/// What the voxels of an image count.
enum class VoxelUnit { hounsfield, mg_per_ml };

/// An image of two basis materials: a sum of their line integrals.
///
/// - `vmi_70kev`: virtual monoenergetic, HU at 40 to 190 keV;
/// - `iodine_map`, `water_map` (or the other basis material's): mass per volume, mg/ml;
/// - `vnc`: virtual non-contrast, HU of what is left without the other material.
struct SpectralImage {
  double water = 0.0;   ///< 1/mm: factor of the millimetres of water
  double second = 0.0;  ///< mm^2/g: factor of the second material's mass per area
  HounsfieldScale scale;
  VoxelUnit unit = VoxelUnit::hounsfield;
  double low = 0.0, high = 0.0;  ///< of the grey scale that shows it
};

/// Whether a name is written like that of a spectral image, which it may not be.
bool names_spectral(std::string_view name);
/// None if the basis has no such image; `why` then says so.
std::optional<SpectralImage> spectral_image(std::string_view name, const SpectralBasis& basis,
                                            std::string& why);

/// Adds up the line integrals of an image. Sizes are equal.
void combine(const SpectralImage& image, std::span<const float> water,
             std::span<const float> second, std::span<float> out);

/// What an image that was reconstructed as CT numbers counts in its own unit: a map's zero is where
/// a CT image has air.
Image in_unit(Image image, VoxelUnit unit);

}  // namespace vitrine::recon
