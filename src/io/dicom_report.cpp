#include <cmath>

#include "vitrine/io/detail/dicom_derived.hpp"
#include "vitrine/io/detail/quiet_dcmtk.hpp"

namespace vitrine::io {
namespace {

using namespace detail;

/// A node of a report's content tree (PS3.3, C.17.3).
class Content {
 public:
  explicit Content(Attributes at) : at_(at) {}

  Content container(const char* relation, const DicomCode& name, const char* tid = nullptr) {
    Attributes made = node(relation, "CONTAINER", name);
    made.put(DCM_ContinuityOfContent, "SEPARATE");
    if (tid) put_template(made, tid);
    return Content(made);
  }
  Content code(const char* relation, const DicomCode& name, const DicomCode& value) {
    Attributes made = node(relation, "CODE", name);
    made.code(DCM_ConceptCodeSequence, value);
    return Content(made);
  }
  void text(const char* relation, const DicomCode& name, const std::string& value) {
    node(relation, "TEXT", name).put(DCM_TextValue, value);
  }
  void uid(const char* relation, const DicomCode& name, const std::string& value) {
    node(relation, "UIDREF", name).put(DCM_UID, value);
  }
  void segment(const char* relation, const DicomCode& name, const DicomTruth& truth,
               Uint16 number) {
    Attributes its = node(relation, "IMAGE", name)
                         .refer(DCM_ReferencedSOPSequence, segmentation.sop_class,
                                instance_uid(segmentation, truth));
    its.word(DCM_ReferencedSegmentNumber, number);
  }
  void number(const DicomMeasurement& measured) {
    Attributes made = node("CONTAINS", "NUM", measured.concept_name);
    if (std::isfinite(measured.value)) {
      Attributes value = made.item(DCM_MeasuredValueSequence);
      value.put(DCM_NumericValue, decimal(measured.value));
      value.real(DCM_FloatingPointValue, measured.value);
      value.code(DCM_MeasurementUnitsCodeSequence,
                 {measured.unit, "UCUM", measured.unit == "1" ? "no units" : measured.unit});
    } else {
      made.no_items(DCM_MeasuredValueSequence);
      made.code(DCM_NumericValueQualifierCodeSequence, {"114000", "DCM", "Not a number"});
    }
    if (!measured.method.empty())
      Content(made).code("HAS CONCEPT MOD", {"370129005", "SCT", "Measurement Method"},
                         measured.method);
  }
  static void put_template(Attributes& to, const char* tid) {
    Attributes its = to.item(DCM_ContentTemplateSequence);
    its.put(DCM_MappingResource, "DCMR");
    its.put(DCM_TemplateIdentifier, tid);
  }

 private:
  Attributes node(const char* relation, const char* type, const DicomCode& name) {
    Attributes made = at_.item(DCM_ContentSequence);
    made.put(DCM_RelationshipType, relation);
    made.put(DCM_ValueType, type);
    made.code(DCM_ConceptNameCodeSequence, name);
    return made;
  }
  Attributes at_;
};

/// What the report speaks of, by study and series.
void put_evidence(Attributes& to, const DicomTruth& truth) {
  const DicomSeries& ct = truth.series;
  Attributes study = to.item(DCM_CurrentRequestedProcedureEvidenceSequence);
  study.put(DCM_StudyInstanceUID, ct.study_uid);
  Attributes masks = study.item(DCM_ReferencedSeriesSequence);
  masks.put(DCM_SeriesInstanceUID, series_uid(segmentation, ct));
  masks.refer(DCM_ReferencedSOPSequence, segmentation.sop_class, instance_uid(segmentation, truth));
  Attributes images = study.item(DCM_ReferencedSeriesSequence);
  refer_to_ct(images, DCM_ReferencedSOPSequence, truth);
}

void put_group(Content& to, const DicomTruth& truth, std::size_t r) {
  const DicomRegion& region = truth.regions[r];
  Content group = to.container("CONTAINS", {"125007", "DCM", "Measurement Group"}, "1411");
  group.text("HAS OBS CONTEXT", {"112039", "DCM", "Tracking Identifier"}, region.label);
  if (!region.tracking_uid.empty())
    group.uid("HAS OBS CONTEXT", {"112040", "DCM", "Tracking Unique Identifier"},
              region.tracking_uid);
  group.code("CONTAINS", {"121071", "DCM", "Finding"}, region.type);
  group.segment("CONTAINS", {"121191", "DCM", "Referenced Segment"}, truth, Uint16(r + 1));
  group.uid("CONTAINS", {"121232", "DCM", "Source series for segmentation"},
            truth.series.series_uid);
  if (!region.site.empty())
    group.code("HAS CONCEPT MOD", {"363698007", "SCT", "Finding Site"}, region.site);
  for (const DicomMeasurement& measured : region.measurements) group.number(measured);
}

}  // namespace

Bytes encode_dicom_report(const DicomTruth& truth) {
  const QuietDcmtk quiet;
  const DicomSeries& series = truth.series;
  DcmFileFormat file;
  Attributes to(*file.getDataset());
  put_derived(to, report, truth);
  to.no_items(DCM_ReferencedPerformedProcedureStepSequence);
  to.put(DCM_ContentDate, series.date);
  to.put(DCM_ContentTime, series.time);
  to.put(DCM_CompletionFlag, "COMPLETE");
  to.put(DCM_VerificationFlag, "UNVERIFIED");
  to.no_items(DCM_PerformedProcedureCodeSequence);
  put_evidence(to, truth);
  to.put(DCM_ValueType, "CONTAINER");
  to.code(DCM_ConceptNameCodeSequence, {"126000", "DCM", "Imaging Measurement Report"});
  to.put(DCM_ContinuityOfContent, "SEPARATE");
  Content::put_template(to, "1500");

  Content root(to);
  root.code("HAS CONCEPT MOD", {"121049", "DCM", "Language of Content Item and Descendants"},
            {"en", "RFC5646", "English"});
  root.code("HAS OBS CONTEXT", {"121005", "DCM", "Observer Type"}, {"121007", "DCM", "Device"});
  root.uid("HAS OBS CONTEXT", {"121012", "DCM", "Device Observer UID"},
           dicom_uid("vitrine " + series.equipment.software_versions));
  root.text("HAS OBS CONTEXT", {"121013", "DCM", "Device Observer Name"}, "Vitrine, simulation");
  root.code("HAS CONCEPT MOD", {"121058", "DCM", "Procedure reported"},
            {"77477000", "SCT", "Computed tomography"});
  Content all = root.container("CONTAINS", {"126010", "DCM", "Imaging Measurements"});
  for (std::size_t r = 0; r < truth.regions.size(); ++r)
    if (!truth.regions[r].measurements.empty()) put_group(all, truth, r);
  return serialise(file, "the report");
}

}  // namespace vitrine::io
