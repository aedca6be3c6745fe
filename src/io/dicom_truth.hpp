#pragma once
#include <array>
#include <memory>
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

/// A closed planar contour about pixel centres of a slice.
struct DicomContour {
  Index slice = 0;  ///< of the series
  std::size_t points = 0;
  std::string data;  ///< their coordinates as Contour Data has them: mm, to 0.1 um
};

/// Where a part of a volume is. It is the same in all images of a patient who lay still, and is
/// made once.
struct DicomShape {
  /// Voxels of the smallest box of the series' grid that holds all of it, or an empty mask;
  /// `first`: the box's place.
  Mask mask{Grid{}};
  std::array<Index, 3> first{};
  std::vector<DicomContour> contours;  ///< by slice
};

/// The shape of a mask, or of the voxels of one value in a label map. `grid`: that of the series,
/// of the volume's size; contours by marching squares at one half between voxel centres.
DicomShape shape_of(const Mask& mask, const Grid& grid);
DicomShape shape_of(const LabelMap& labels, std::uint16_t value, const Grid& grid);

/// What is known of a part of a CT series' volume: a lesion or an organ.
struct DicomRegion {
  std::string label;               ///< at most 64 characters
  DicomCode category, type, site;  ///< site: in which organ; may be empty
  std::string tracking_uid;        ///< the same in all images of it; empty: it is not followed
  std::array<std::uint8_t, 3> colour{};     ///< to be shown in: sRGB
  std::shared_ptr<const DicomShape> shape;  ///< never null
  std::vector<DicomMeasurement> measurements;
};

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

/// RT Structure Set Storage: the shapes' contours. What touches by a corner alone is apart. So a
/// slice's contours enclose exactly those voxels' centres (even-odd rule), and N - E / 2 pixels of
/// area, N being the pixels of the mask and E its parts less its holes. Coordinates to 0.1 um.
/// Throws Error (unsupported) for a contour that DICOM has no room for.
Bytes encode_dicom_contours(const DicomTruth& truth);

/// Comprehensive SR Storage, TID 1500 Imaging Measurement Report: a group (TID 1411) a region,
/// which refers to its segment in `encode_dicom_segmentation`.
Bytes encode_dicom_report(const DicomTruth& truth);

}  // namespace vitrine::io
