#pragma once
#include <string>

#include "vitrine/io/detail/dicom_attributes.hpp"
#include "vitrine/io/dicom_truth.hpp"

namespace vitrine::io::detail {

/// An object that is made of a CT series and stands beside it in the study.
struct Derived {
  const char* sop_class;
  const char* modality;
  const char* name;  ///< of the series, and what its identifiers are made with
  int series_number;
};
inline const Derived segmentation{UID_SegmentationStorage, "SEG", "Segmentation", 2};
inline const Derived structure_set{UID_RTStructureSetStorage, "RTSTRUCT", "Structure set", 3};
inline const Derived report{UID_ComprehensiveSRStorage, "SR", "Measurement report", 4};

std::string series_uid(const Derived& object, const DicomSeries& ct);
/// It tells objects of other regions apart.
std::string instance_uid(const Derived& object, const DicomTruth& truth);

/// SOP Common, Patient, Study, Clinical Trial, Series and Equipment.
void put_derived(Attributes& to, const Derived& object, const DicomTruth& truth);

/// The CT series by its identifier, and all its slices in a sequence.
void refer_to_ct(Attributes& to, const DcmTagKey& sequence, const DicomTruth& truth);

}  // namespace vitrine::io::detail
