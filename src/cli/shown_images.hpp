#pragma once
#include <memory>
#include <string>
#include <vector>

#include "vitrine/cli/trial_images.hpp"
#include "vitrine/trial/shown_patient.hpp"

namespace vitrine::cli {

/// What is labelled as one organ: all of the phantom's organs in `parts`.
struct OrganLabel {
  std::string name;
  std::vector<std::string> parts;
};

/// Patients of a finished trial as its images show them, made again one after the other. Images of
/// one patient and visit should follow each other.
class ShownImages {
 public:
  /// `organs`: labels as `--organ` asks for them: `liver`, `kidneys=kidney_cortex+kidney_medulla`,
  /// or `all` for every organ that is not named otherwise, in the order in which patients have
  /// them. Throws Error: unsupported if patients come from files, which a finished trial no longer
  /// has; input for an organ that no patient has, for one in two labels, for a label given twice.
  ShownImages(const StoredTrial& stored, const std::vector<std::string>& organs);

  const std::vector<OrganLabel>& labels() const { return labels_; }
  trial::ShownPatient& patient(const TrialImage& image);

  /// On the image's grid: 1 + the place in `labels` of the organ at every voxel's centre, lesions
  /// left out of account; 0: none of them. Null without labels.
  std::shared_ptr<const LabelMap> organs(const TrialImage& image);

 private:
  const StoredTrial& stored_;
  std::vector<OrganLabel> labels_;
  std::unique_ptr<trial::ShownPatient> patient_;
  std::shared_ptr<const LabelMap> organs_;  // of `patient_`
};

}  // namespace vitrine::cli
