#pragma once
#include <array>
#include <string>
#include <vector>

#include "vitrine/cli/trial_images.hpp"
#include "vitrine/dataset/dataset.hpp"

namespace vitrine::cli {

/// How images of a trial become a data set.
struct DatasetChoice {
  std::string layout, name, licence;    ///< name: empty for the trial's
  std::string published, url, creator;  ///< of the metadata; published: YYYY-MM-DD
  std::vector<std::string> arms;        ///< empty: all
  bool repeats = false;                 ///< with repositioned and noise repeats
  bool by_organ = false;                ///< a label for the lesions of each organ, not one for all
  std::vector<std::string> organs;      ///< names of their labels
  std::array<double, 3> shares = {0.7, 0.1, 0.2};  ///< of patients: training, validation, test
  int folds = 0;                                   ///< of cross-validation; 0: none
  int number = 501;                                ///< of an nnU-Net data set
  std::uint64_t seed = 0;                          ///< of who is in which subset
};

/// Images, and what is said about them: items[i] is of images[i].
struct TrialDataset {
  dataset::Dataset about;
  std::vector<TrialImage> images;
};

/// Choose images, name labels, deal patients. Throws Error (input) for an unknown arm, a name that
/// is none, shares or folds that too few patients are there for.
TrialDataset make_dataset(const StoredTrial& stored, const io::Path& dir,
                          const DatasetChoice& choice, const dataset::Layout& layout);

/// The label map of an image, on the grid of its masks, or without any on its own: its lesions,
/// over `organs` (by the values of their labels) where they are given. Throws Error (data) if a
/// file is not the one that the trial wrote.
io::Bytes label_map(const StoredTrial& stored, const io::Path& dir, const TrialImage& image,
                    const dataset::Item& item, const LabelMap* organs);

}  // namespace vitrine::cli
