#pragma once
#include <string>

#include "vitrine/core/table.hpp"
#include "vitrine/trial/phantom_parts.hpp"

namespace vitrine::trial {

/// Which image is measured.
struct QualityImage {
  std::string case_id, arm;
  double slice_thickness = 1.0;  ///< mm
};

/// What a trial finds about its images of a test phantom.
struct QualityTables {
  /// One row a number: case, arm, measure (mtf, nps, uniformity, ct_number, ssp), target, quantity,
  /// value, unit, z_low_mm and z_high_mm of the first and the last slice, note where the value is
  /// missing.
  Table numbers;
  /// One row a point: case, arm, measure, target, x, x_unit, y, y_unit.
  Table curves;
  /// With their columns and without rows.
  static QualityTables empty();
};

/// Append what an upright image shows of a phantom's parts: the measures of `vitrine qa`, at places
/// that the phantom's scene says. Slices within 2 mm of a part's ends are left out.
///
/// - MTF of wires and beads that stand twenty standard deviations out of the noise, and of the
/// edges
///   of inserts that stand ten out; in the mean of all slices that the part goes through.
/// - Noise power spectrum of squares of 64 pixels (32 or 16 where fewer than four of them fit) in
///   0.8 of the outline's radius, 5 mm from the ends of any part; of the up to eight middle ones of
///   the slices in which most of them fit.
/// - Uniformity, in the middle one of those slices, if its five regions are undisturbed.
/// - CT number, standard deviation and CNR of inserts in the middle slice that shows them, and the
///   true CT number.
/// - Slice sensitivity profile of beads and ramps.
void measure_image_quality(const Image& image, const PhantomParts& parts, const QualityImage& which,
                           QualityTables& tables);

/// If an image with this grid and slice thickness shows anything of these parts that is measured.
bool shows_parts(const Grid& grid, const PhantomParts& parts, double slice_thickness);

}  // namespace vitrine::trial
