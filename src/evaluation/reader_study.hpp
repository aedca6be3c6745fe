#pragma once
#include <span>
#include <string>
#include <vector>

#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/detection.hpp"
#include "vitrine/evaluation/estimate.hpp"
#include "vitrine/evaluation/roc.hpp"

namespace vitrine::evaluation {

/// What a reader says about an image: masks of lesions, findings (points with scores), or ratings
/// of lesions or of the image, the larger the surer that it has the label.
enum class Gives { masks, findings, ratings };

/// A lesion as a reader saw it in one image. An image that is rated as a whole has one without id
/// and classes.
struct LesionScore {
  std::string id;
  std::vector<std::string>
      classes;                 ///< its level of each of ReaderStudy::lesion_classes; empty: none
  std::vector<double> values;  ///< one a lesion metric; NaN: has none (a distance of a missed one)
  double best = 0.0;           ///< score of its best finding, its rating; NaN: missed
};

/// One image with all that a reader made of it. An image on which it failed counts as one on which
/// it found nothing, or which it rated as wrongly as can be.
struct ImageScore {
  std::string patient;
  std::size_t arm = 0;
  std::vector<std::string> strata;  ///< level of each of ReaderStudy::strata; empty: none
  bool failed = false;
  std::vector<LesionScore> lesions;
  std::vector<double> false_ones;  ///< scores of its findings of no lesion
  bool positive = false;           ///< has the label that ratings are to tell
};

/// How arms are grouped: by themselves, and by each factor.
struct ArmGroup {
  std::string name;                ///< arm, scanner, kernel, tube_load_mas
  std::vector<std::string> level;  ///< of each arm
  std::string reference;           ///< level that the others are compared with
};

/// All that one reader made of the images of a trial.
struct ReaderStudy {
  Gives gives = Gives::masks;
  std::vector<std::string> metrics;  ///< of masks of lesions
  bool probabilities = false;        ///< ratings are probabilities of the label, in [0, 1]
  double threshold = 0.5;            ///< probability from which on the label is called
  std::vector<ArmGroup> groups;
  std::vector<std::string> lesion_classes;  ///< names of the groupings of lesions: size_mm
  std::vector<std::string> strata;          ///< names of the groupings of patients: sex, stratum
  std::vector<ImageScore> images;
};

/// The mean of a metric in one group of images, or of lesions.
struct GroupScore {
  std::string group, level;  ///< `all`, ``; `scanner`, its name; `size_mm`, a class
  std::string metric;
  Index patients = 0, images = 0, failed = 0, lesions = 0;  ///< that it is of
  Estimate value;
  /// Less that of the reference level, lesion by lesion (CPM, areas, false positives: patient by
  /// patient); withheld of the reference and of groups that share no lesions.
  Estimate difference;
};

/// By all groups: means of lesions and false positives per image of masks; `cpm` and `sensitivity`
/// (at `rate` false positives per image) of findings; `auc` of ratings and, where these are
/// probabilities, `sensitivity`, `specificity`, `brier`, `calibration_slope` and
/// `calibration_intercept`. Patients are resampled; intervals of areas are DeLong's and
/// Obuchowski's
/// (`roc_area`), those of slope and intercept `calibration`'s, of ratings that are there.
std::vector<GroupScore> score_groups(const ReaderStudy& study, double rate,
                                     const Resampling& resampling);

/// The ROC curve of all ratings; without points if a class is missing.
RocCurve roc_of(const ReaderStudy& study);

/// What several readers of the same images, a sample of such readers, come to together: `auc` of
/// each group, as `mean_over_readers` and `difference_over_readers` make it. Empty below two.
std::vector<GroupScore> score_readers_together(std::span<const ReaderStudy* const> studies,
                                               double confidence = 0.95);

/// The worst group of a metric, of those with at least `fewest` lesions: the least value, or the
/// greatest or farthest from 0 or 1. Null without any.
enum class Better { high, low, near_zero, near_one };
const GroupScore* worst_group(const std::vector<GroupScore>& scores, const std::string& metric,
                              Better better, Index fewest);

}  // namespace vitrine::evaluation
