#pragma once
#include "vitrine/io/dicom.hpp"
#include "vitrine/recon/spectral.hpp"

namespace vitrine::cli {

/// What a series of spectral images says of their kind, unit and grey scale.
inline void describe_spectral(const recon::SpectralImage& image, io::DicomSeries& series) {
  series.in_mg_per_ml = image.unit == recon::VoxelUnit::mg_per_ml;
  series.image_flavor = series.in_mg_per_ml   ? "MAT_SPECIFIC"
                        : image.second == 0.0 ? "MAT_REMOVED"
                                              : "VMI";
  series.window = {0.5 * (image.low + image.high), image.high - image.low};
}

}  // namespace vitrine::cli
