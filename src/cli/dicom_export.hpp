#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/cli/dataset_files.hpp"
#include "vitrine/cli/shown_images.hpp"
#include "vitrine/io/dicom_truth.hpp"

namespace vitrine::cli {

/// What the files of an image are made of, beside its voxels.
struct DicomImage {
  std::string path, folder;  ///< of the trial's image, and of the CT series in the data set
  Grid grid;
  io::DicomSeries series;
  std::vector<io::DicomRegion> regions;  ///< lesions first
  std::size_t lesions = 0;
};

/// Makes images of a finished trial into DICOM: the CT series as the trial itself writes it, bit by
/// bit, and beside it what is true of its lesions, and where its organs are. Shapes of lesions and
/// organs are made once for all images of a patient and visit, which should follow each other.
class DicomExport {
 public:
  DicomExport(const StoredTrial& stored, io::Path dir, ShownImages& shown);

  /// `folder`: of the CT series, below the data set's directory. Throws Error (data) if a mask of
  /// the trial has changed.
  DicomImage described(const TrialImage& image, std::string folder);
  /// The files of an image, named below the data set's directory. Several threads may ask at once.
  /// Throws Error (data) if the trial's image has changed.
  std::vector<io::NamedBytes> files(const DicomImage& image) const;

 private:
  const trial::CaseResult& result_of(const std::string& case_id);
  std::vector<io::DicomMeasurement> measured(const TrialImage& image, const std::string& lesion);
  std::vector<io::DicomRegion> lesions_of(const TrialImage& image, const Grid& grid);
  /// Those that have a voxel.
  const std::vector<io::DicomRegion>& organs_of(const TrialImage& image, const Grid& grid);

  const StoredTrial& stored_;
  io::Path dir_;
  ShownImages& shown_;
  std::optional<trial::CaseResult> result_;
  std::map<std::string, std::shared_ptr<const io::DicomShape>> lesions_;  // by the mask's path
  std::shared_ptr<const LabelMap> map_;                                   // of `organs_`
  std::vector<io::DicomRegion> organs_;
};

}  // namespace vitrine::cli
