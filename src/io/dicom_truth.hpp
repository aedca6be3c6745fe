#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "vitrine/io/dicom.hpp"

namespace vitrine::io {

/// A number about a region. `unit`: UCUM. A value that is not finite is written as absent, with
/// DICOM's word for it (PS3.16, CID 42).
struct DicomMeasurement {
  DicomCode concept_name;
  double value = 0.0;
  std::string unit = "1";
  DicomCode method;  ///< how it was come by; may be empty
};

/// What is known of a part of a CT series' volume: a lesion or an organ.
struct DicomRegion {
  std::string label;               ///< at most 64 characters
  DicomCode category, type, site;  ///< site: in which organ; may be empty
  std::string tracking_uid;        ///< the same in all images of it; empty: it is not followed
  std::array<std::uint8_t, 3> colour{};  ///< to be shown in: sRGB
  /// Voxels of a box of the series' grid; `first`: the box's place in it.
  Mask mask{Grid{}};
  std::array<Index, 3> first{};
  std::vector<DicomMeasurement> measurements;
};

/// The smallest box of a mask, or of the voxels of one value in a label map, that holds all of it.
/// The mask is empty if there is none.
void take_box(const Mask& mask, DicomRegion& region);
void take_box(const LabelMap& labels, std::uint16_t value, DicomRegion& region);

/// Objects that go with the CT series `encode_dicom` makes of an image with this grid: the same
/// patient, study, clinical trial and frame of reference, identifiers that follow from the series'.
struct DicomTruth {
  Grid grid;
  DicomSeries series;
  std::span<const DicomRegion> regions;
};

/// Segmentation Storage, BINARY: a segment a region in their order, a frame for each slice that
/// holds some of it, frames of the CT's size. Throws Error (input) without a voxel in any region.
Bytes encode_dicom_segmentation(const DicomTruth& truth);

/// RT Structure Set Storage: closed planar contours by marching squares at one half between voxel
/// centres. What touches by a corner alone is apart. So a slice's contours enclose exactly those
/// voxels' centres (even-odd rule), and N - E / 2 pixels of area, N being the pixels of the mask
/// and E its parts less its holes. Coordinates to 0.1 um. Throws Error (unsupported) for a contour
/// that DICOM has no room for.
Bytes encode_dicom_contours(const DicomTruth& truth);

/// Comprehensive SR Storage, TID 1500 Imaging Measurement Report: a group (TID 1411) a region,
/// which refers to its segment in `encode_dicom_segmentation`.
Bytes encode_dicom_report(const DicomTruth& truth);

}  // namespace vitrine::io
