#pragma once
#include <string>

#include "vitrine/core/catalogue.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::recon {

/// How the slices of an image lie.
class Orientation {
 public:
  virtual ~Orientation() = default;
  /// Directions of rows, columns and slices, one a column, in DICOM LPS; `gantry` are those of
  /// slices parallel to the gantry's plane (ScanGeometry::gantry_axes).
  virtual Mat3 axes(const Mat3& gantry) const = 0;
};

/// What slices of these directions are called: `axial`, `coronal`, `sagittal`, or `oblique_` and
/// which of them is nearest.
std::string plane_of(const Mat3& axes);

/// The built-in orientations.
const Catalogue<Orientation>& orientations();
const Catalogue<Orientation>& catalogue_for(const Orientation*);

/// What keys of that name say of themselves.
inline constexpr const char* orientation_doc =
    "axial (parallel to the gantry, if nothing is said), coronal or sagittal; about_rows_deg and "
    "about_columns_deg turn it";

}  // namespace vitrine::recon
