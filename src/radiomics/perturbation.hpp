#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/radiomics/region.hpp"

namespace vitrine::radiomics {

/// One way in which image and mask, or the mask alone, are changed before they are measured: the
/// perturbations of Zwanenburg et al., Sci Rep 9 (2019) 614, and blur, made in the order of the
/// fields.
///
/// Rotation and translation move the resampling grid, so that image and mask move together and are
/// interpolated once, with the settings' interpolation. Volume and contour then change the mask on
/// that grid. Defaults change nothing.
struct Perturbation {
  std::string id = std::string(unperturbed);
  double rotation = 0;              ///< rad, of the grid about the centre of the mask
  std::string rotation_axis = "z";  ///< of the image: z across the slices, x along a row of pixels
  std::array<double, 3> blur{};     ///< mm, FWHM of a Gaussian along the image's axes
  double noise = 0;                 ///< HU, standard deviation of white noise on the image's voxels
  std::array<double, 3> translation{};  ///< of the grid along its axes, in its voxels
  double volume = 0;                    ///< relative change of the number of voxels: 0.1 is 10 %
  double contour_sd = 0;           ///< mm, standard deviation of the boundary's random displacement
  double contour_correlation = 5;  ///< mm, distance at which displacements correlate by exp(-1/2)

  /// The id of what is measured without any perturbation.
  static constexpr std::string_view unperturbed = "none";
  static const Schema<Perturbation>& schema();
};

/// Reports ids that are given twice or mean the unperturbed mask.
///
/// `node` says where they stand.
void check_perturbations(const std::vector<Perturbation>& perturbations, const Value& node,
                         Diagnostics& problems);

/// Throws Error (input) where a perturbation leaves the slices that `in_plane_only` keeps.
void check_slices(const Perturbation& perturbation, const Settings& settings);

/// A file of perturbations: what `vitrine features --perturb` takes.
struct PerturbationFile {
  std::int64_t seed = 1;  ///< of what they draw
  std::vector<Perturbation> perturbations;
  static const Schema<PerturbationFile>& schema();
};

/// What random numbers of perturbations are keyed to: equal chances draw equal contours.
struct Chance {
  std::uint64_t seed = 0;
  std::string owner;  ///< the mask; the perturbation's id is added
};

/// A mask on the resampling grid of a perturbation, cropped to what is near it.
struct PerturbedMask {
  Perturbation perturbation;
  Chance chance;
  Mask given{Grid{}};  ///< interpolated, before volume and contour were changed
  Mask mask{Grid{}};   ///< what is measured; on the same grid
  Volume<quantity::Fraction> share{
      Grid{}};                ///< the given mask interpolated: cut at 0.5 it is `given`
  std::string_view no_shape;  ///< reason why `mask` is empty, or ""
};

/// The mask (any non-zero voxel) perturbed.
///
/// Looks at the neighbourhood of the mask only. The grid lies where its samples lie in the patient,
/// turned and shifted; samples outside the image belong to no mask. Same bits for every thread
/// count. Throws as `check_slices`.
PerturbedMask perturb(const Mask& mask, const Settings& settings, const Perturbation& perturbation,
                      const Chance& chance);

/// The region of a perturbed mask in its image, ready to be measured with the same settings.
///
/// The image has the grid that the mask was given on. Throws where an intensity is not finite.
/// Around a turned grid, samples outside the image are not-a-number in the surroundings.
Region prepare(const Image& image, const PerturbedMask& perturbed, const Settings& settings,
               Keep keep = Keep::region);

/// What a perturbation did to a mask, in voxels of the resampling grid.
struct MaskChange {
  Index given = 0, voxels = 0, common = 0;  ///< of the given mask, of the perturbed one, of both
  double voxel_volume = 0;                  ///< mm^3
  double partial_volume_fraction = 0;       ///< by the interpolated mask, see the function

  double volume() const { return double(voxels) * voxel_volume; }  ///< mm^3
  double volume_change() const;       ///< relative to the given mask; NaN if that is empty
  double dice() const;                ///< with the given mask; NaN if both are empty
  double inclusion_fraction() const;  ///< common / voxels; NaN if there is none
};
MaskChange change_of(const PerturbedMask& perturbed);

/// Share of a mask's voxels that are neither wholly inside nor wholly outside an object, of which
/// `share` [0, 1] of every voxel is known on the same grid; NaN if the mask is empty.
///
/// A share within 1e-6 of 0 or 1 counts as whole.
double partial_volume_fraction(const Mask& mask, const Volume<quantity::Fraction>& share);

}  // namespace vitrine::radiomics
