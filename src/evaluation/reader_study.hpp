#pragma once
#include <string>
#include <vector>

#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/detection.hpp"
#include "vitrine/evaluation/estimate.hpp"

namespace vitrine::evaluation {

/// A lesion as a reader saw it in one image.
struct LesionScore {
  std::string id;
  std::string size;            ///< name of its class of sizes
  std::vector<double> values;  ///< one a lesion metric; NaN: has none (a distance of a missed one)
  double best = 0.0;           ///< score of its best finding; NaN: missed
};

/// One image with all that a reader made of it. An image on which it failed counts as one on which
/// it found nothing.
struct ImageScore {
  std::string patient;
  std::size_t arm = 0;
  std::vector<std::string> strata;  ///< level of each of ReaderStudy::strata; empty: none
  bool failed = false;
  std::vector<LesionScore> lesions;
  std::vector<double> false_ones;  ///< scores of its findings of no lesion
};

/// How arms are grouped: by themselves, and by each factor.
struct ArmGroup {
  std::string name;                ///< arm, scanner, kernel, tube_load_mas
  std::vector<std::string> level;  ///< of each arm
  std::string reference;           ///< level that the others are compared with
};

/// All that one reader made of the images of a trial.
struct ReaderStudy {
  std::vector<std::string> metrics;  ///< of lesions
  bool detects = false;              ///< findings have scores: FROC and CPM
  std::vector<ArmGroup> groups;
  std::vector<std::string> strata;  ///< names of the groupings of patients: sex, stratum
  std::vector<ImageScore> images;
};

/// The mean of a metric in one group of images, or of lesions.
struct GroupScore {
  std::string group, level;  ///< `all`, ``; `scanner`, its name; `size_mm`, a class
  std::string metric;
  Index patients = 0, images = 0, failed = 0, lesions = 0;  ///< that it is of
  Estimate value;
  /// Less that of the reference level, lesion by lesion (CPM, sensitivities and false positives:
  /// patient by patient); withheld of the reference and of groups that share no lesions.
  Estimate difference;
};

/// Means of lesions, false positives per image and, of findings with scores, `cpm` and
/// `sensitivity` (at `rate` false positives per image), by all groups. Patients are resampled.
std::vector<GroupScore> score_groups(const ReaderStudy& study, double rate,
                                     const Resampling& resampling);

/// The worst group of a metric, of those with at least `fewest` lesions: the least value, or the
/// greatest or farthest from 0. Null without any.
enum class Better { high, low, near_zero };
const GroupScore* worst_group(const std::vector<GroupScore>& scores, const std::string& metric,
                              Better better, Index fewest);

}  // namespace vitrine::evaluation
