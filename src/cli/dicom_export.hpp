#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/cli/dataset_files.hpp"
#include "vitrine/io/dicom_truth.hpp"
#include "vitrine/trial/shown_patient.hpp"

namespace vitrine::cli {

/// Makes images of a finished trial into DICOM: the CT series as the trial itself writes it, bit by
/// bit, and beside it what is true of its lesions. One image after the other is made; those of one
/// patient and visit should follow each other.
class DicomExport {
 public:
  /// Throws Error (unsupported) if patients come from files, which a finished trial no longer has.
  DicomExport(const StoredTrial& stored, io::Path dir);

  /// The files of an image, named below the data set's directory. `folder`: that of the CT series.
  /// Throws Error (data) if a file of the trial has changed.
  std::vector<io::NamedBytes> files(const TrialImage& image, const std::string& folder);

 private:
  void show(const TrialImage& image);
  const trial::CaseResult& result_of(const std::string& case_id);
  std::vector<io::DicomMeasurement> measured(const TrialImage& image, const std::string& lesion);
  std::vector<io::DicomRegion> lesions_of(const TrialImage& image, const Grid& grid);

  const StoredTrial& stored_;
  io::Path dir_;
  std::optional<trial::CaseResult> result_;
  std::unique_ptr<trial::ShownPatient> shown_;
};

}  // namespace vitrine::cli
