#include <cmath>

#include "vitrine/io/detail/dicom_derived.hpp"
#include "vitrine/io/detail/mask_outline.hpp"
#include "vitrine/io/detail/quiet_dcmtk.hpp"

namespace vitrine::io {
namespace {

using namespace detail;

/// A value of explicit VR with a length of 16 bits.
constexpr std::size_t most_text = 65534;
constexpr double finest = 1e-4;  // mm

/// The series that contours are drawn on, with all its slices.
void put_frame_of_reference(Attributes& to, const DicomTruth& truth) {
  const DicomSeries& series = truth.series;
  Attributes frame = to.item(DCM_ReferencedFrameOfReferenceSequence);
  frame.put(DCM_FrameOfReferenceUID, series.frame_of_reference_uid);
  Attributes study = frame.refer(DCM_RTReferencedStudySequence,
                                 UID_RETIRED_DetachedStudyManagementSOPClass, series.study_uid);
  Attributes its = study.item(DCM_RTReferencedSeriesSequence);
  refer_to_ct(its, DCM_ContourImageSequence, truth);
}

struct Contour {
  Index slice;  ///< of the CT
  Outline outline;
};

std::vector<Contour> contours_of(const DicomRegion& region) {
  std::vector<Contour> contours;
  for (Index k = 0; k < region.mask.grid().size[2]; ++k)
    for (Outline& outline : outlines_of(region.mask, k))
      contours.push_back({region.first[2] + k, std::move(outline)});
  return contours;
}

std::string points_of(const Contour& contour, const DicomRegion& region, const Grid& grid) {
  std::string text;
  for (const auto& [x, y] : contour.outline) {
    const Vec3 voxel(double(region.first[0]) + 0.5 * double(x),
                     double(region.first[1]) + 0.5 * double(y), double(contour.slice));
    const Vec3 mm = grid.origin + grid.axes * grid.spacing.cwiseProduct(voxel);
    for (Index a = 0; a < 3; ++a)
      text += (text.empty() ? "" : "\\") + decimal(std::round(mm[a] / finest) * finest);
  }
  require(text.size() <= most_text, Error::Kind::unsupported, "a contour of '", region.label,
          "' has ", contour.outline.size(),
          " points, for which DICOM has no room. Use the Segmentation instead.");
  return text;
}

void put_contours(Attributes& to, const DicomTruth& truth, const DicomRegion& region, int number) {
  Attributes roi = to.item(DCM_ROIContourSequence);
  const auto [red, green, blue] = region.colour;
  roi.put(DCM_ROIDisplayColor, str(int(red), '\\', int(green), '\\', int(blue)));
  roi.put(DCM_ReferencedROINumber, std::to_string(number));
  for (const Contour& contour : contours_of(region)) {
    Attributes drawn = roi.item(DCM_ContourSequence);
    drawn.refer(DCM_ContourImageSequence, UID_CTImageStorage,
                ct_instance_uid(truth.series, contour.slice));
    drawn.put(DCM_ContourGeometricType, "CLOSED_PLANAR");
    drawn.put(DCM_NumberOfContourPoints, std::to_string(contour.outline.size()));
    drawn.put(DCM_ContourData, points_of(contour, region, truth.grid));
  }
}

}  // namespace

Bytes encode_dicom_contours(const DicomTruth& truth) {
  const QuietDcmtk quiet;
  const DicomSeries& series = truth.series;
  DcmFileFormat file;
  Attributes to(*file.getDataset());
  put_derived(to, structure_set, truth);
  to.put(DCM_OperatorsName, std::string());
  to.put(DCM_FrameOfReferenceUID, series.frame_of_reference_uid);
  to.put(DCM_PositionReferenceIndicator, std::string());
  to.put(DCM_StructureSetLabel, "TRUTH");
  to.put(DCM_StructureSetName, "Synthetic truth");
  to.put(DCM_StructureSetDescription, "What the images were simulated from");
  to.put(DCM_StructureSetDate, series.date);
  to.put(DCM_StructureSetTime, series.time);
  to.put(DCM_ApprovalStatus, "UNAPPROVED");
  put_frame_of_reference(to, truth);
  int number = 0;
  for (const DicomRegion& region : truth.regions) {
    const std::string name = std::to_string(++number);
    Attributes roi = to.item(DCM_StructureSetROISequence);
    roi.put(DCM_ROINumber, name);
    roi.put(DCM_ReferencedFrameOfReferenceUID, series.frame_of_reference_uid);
    roi.put(DCM_ROIName, region.label);
    roi.put(DCM_ROIGenerationAlgorithm, "AUTOMATIC");
    put_contours(to, truth, region, number);
    Attributes seen = to.item(DCM_RTROIObservationsSequence);
    seen.put(DCM_ObservationNumber, name);
    seen.put(DCM_ReferencedROINumber, name);
    seen.put(DCM_RTROIInterpretedType, std::string());
    seen.put(DCM_ROIInterpreter, std::string());
  }
  return serialise(file, "the structure set");
}

}  // namespace vitrine::io
