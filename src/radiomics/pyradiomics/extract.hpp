#pragma once
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vitrine/model/volume.hpp"
#include "vitrine/radiomics/pyradiomics/settings.hpp"

/// The features of PyRadiomics (van Griethuysen et al. 2017) under its names and by its
/// definitions, where they differ from IBSI's too.
namespace vitrine::radiomics::pyradiomics {

/// How the file stored intensities: resampling keeps that type, so whole numbers are cut to whole
/// numbers again.
enum class Stored { whole_numbers, real_numbers };

/// A number or text about image, region and settings: PyRadiomics' `diagnostics_...`.
struct Diagnostic {
  std::string name;
  std::variant<double, std::string> value;
};

struct FeatureValue {
  std::string name;         ///< `original_glcm_Idm`
  double value = 0;         ///< NaN only with a reason
  std::string_view reason;  ///< why there is no value, or ""
};

/// What comes of one image and mask.
struct Extraction {
  std::vector<Diagnostic> diagnostics;  ///< none if `additionalInfo` is false
  std::vector<FeatureValue> features;   ///< in PyRadiomics' order
  std::vector<std::string> notes;       ///< what was left out, and why
};

/// The features of the voxels of `mask` that are not zero; the mask may have a grid of its own if
/// the settings resample or correct it. Throws Error (data) where PyRadiomics gives no features:
/// the grids differ, the region is empty or too small, or an intensity in it is not finite.
///
/// Serial and free of shared state; the same bits whatever runs beside it.
Extraction extract(const Image& image, const Mask& mask, const Parameters& parameters,
                   Stored stored);

}  // namespace vitrine::radiomics::pyradiomics
