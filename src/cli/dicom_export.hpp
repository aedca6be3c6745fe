#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vitrine/cli/dataset_files.hpp"
#include "vitrine/cli/shown_images.hpp"
#include "vitrine/io/dicom_truth.hpp"

namespace vitrine::cli {

/// Makes images of a finished trial into DICOM: the CT series as the trial itself writes it, bit by
/// bit, and beside it what is true of its lesions, and where its organs are. One image after the
/// other is made; those of one patient and visit should follow each other.
class DicomExport {
 public:
  DicomExport(const StoredTrial& stored, io::Path dir, ShownImages& shown);

  /// The files of an image, named below the data set's directory. `folder`: that of the CT series.
  /// Throws Error (data) if a file of the trial has changed.
  std::vector<io::NamedBytes> files(const TrialImage& image, const std::string& folder);

 private:
  const trial::CaseResult& result_of(const std::string& case_id);
  std::vector<io::DicomMeasurement> measured(const TrialImage& image, const std::string& lesion);
  std::vector<io::DicomRegion> lesions_of(const TrialImage& image, const Grid& grid);
  /// Those that have a voxel.
  std::span<const io::DicomRegion> organs_of(const TrialImage& image);

  const StoredTrial& stored_;
  io::Path dir_;
  ShownImages& shown_;
  std::optional<trial::CaseResult> result_;
  std::shared_ptr<const LabelMap> map_;  // that `organ_regions_` were taken from
  std::vector<io::DicomRegion> organ_regions_;
};

}  // namespace vitrine::cli
