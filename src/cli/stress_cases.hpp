#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/cli/trial_images.hpp"
#include "vitrine/evaluation/reader_study.hpp"
#include "vitrine/evaluation/segmentation.hpp"
#include "vitrine/trial/stress.hpp"

namespace vitrine::cli {

/// What a mask has of a lesion.
struct Finding {
  std::string lesion;  ///< empty: a part that touches none
  Vec3 centre;         ///< of its voxels, mm
  evaluation::AxialSize size;
};

/// What a model made of one image: enough for every table and picture.
struct StressCase {
  std::string id;                                ///< case, arm and replicate
  std::size_t image = 0;                         ///< among the trial's images
  std::string failure;                           ///< why it failed; empty: it did not
  bool confined = true;                          ///< it could write in its directory only
  std::vector<evaluation::LesionScore> lesions;  ///< or one without id: the image, as it is rated
  std::vector<double> false_ones;
  bool probabilities = false;          ///< ratings are
  std::vector<readers::Point> points;  ///< of a detector
  std::vector<std::string> features;   ///< names of what embeddings hold
  std::vector<readers::Embedding> embeddings;
  std::vector<Finding> found, truth;  ///< of a segmenter's mask, of the true ones
};

/// One model on all images.
struct StressRun {
  const trial::StressModel* model = nullptr;
  std::vector<StressCase> cases;
  std::size_t kept = 0;  ///< cases that an earlier run had finished
};

/// Names of the metrics of lesions that a segmenter's values stand for.
std::vector<std::string> lesion_metrics();

/// `case001__soft`: the case, and what its image is called.
std::string stress_id(const TrialImage& image);

/// Where a segmenter's mask of an image is kept.
io::Path found_mask(const io::Path& out, const std::string& model, const std::string& id);

/// Let every model read every image; results are kept in `out` as they come, and those of an
/// earlier run that are still right are not made again. `told` hears of each that is done.
std::vector<StressRun> run_models(const StoredTrial& stored, const io::Path& dir,
                                  const io::Path& out, const trial::Stress& stress,
                                  const std::vector<TrialImage>& images,
                                  const std::function<void(const StressCase&)>& told);

}  // namespace vitrine::cli
