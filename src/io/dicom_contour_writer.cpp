#include "vitrine/io/detail/dicom_derived.hpp"
#include "vitrine/io/detail/quiet_dcmtk.hpp"

namespace vitrine::io {
namespace {

using namespace detail;

/// A value of explicit VR with a length of 16 bits.
constexpr std::size_t most_text = 65534;

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

void put_contours(Attributes& to, const DicomTruth& truth, const DicomRegion& region, int number) {
  Attributes roi = to.item(DCM_ROIContourSequence);
  const auto [red, green, blue] = region.colour;
  roi.put(DCM_ROIDisplayColor, str(int(red), '\\', int(green), '\\', int(blue)));
  roi.put(DCM_ReferencedROINumber, std::to_string(number));
  for (const DicomContour& contour : region.shape->contours) {
    require(contour.data.size() <= most_text, Error::Kind::unsupported, "a contour of '",
            region.label, "' has ", contour.points,
            " points, for which DICOM has no room. Use the Segmentation instead.");
    Attributes drawn = roi.item(DCM_ContourSequence);
    drawn.refer(DCM_ContourImageSequence, UID_CTImageStorage,
                ct_instance_uid(truth.series, contour.slice));
    drawn.put(DCM_ContourGeometricType, "CLOSED_PLANAR");
    drawn.put(DCM_NumberOfContourPoints, std::to_string(contour.points));
    drawn.numbers(DCM_ContourData, contour.data);
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
