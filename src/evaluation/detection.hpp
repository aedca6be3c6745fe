#pragma once
#include <span>
#include <string>
#include <vector>

#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/estimate.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::evaluation {

/// Where a reader says that a lesion is; the larger the score, the surer.
struct Mark {
  Vec3 centre;  ///< mm
  double score = 0.0;
};

/// A lesion that is there: a finding within `radius` of its centre has found it.
struct Target {
  Vec3 centre;
  double radius = 0.0;  ///< mm
};

/// What a reader made of one image.
struct ReadImage {
  std::vector<double> best;        ///< score of the best finding of each lesion; NaN: missed
  std::vector<double> false_ones;  ///< scores of the findings of no lesion
};

/// Each finding belongs to the nearest of the lesions within whose radius it lies; of several
/// findings of a lesion the best counts and the others count for nothing (as in LUNA16, Setio et
/// al., Med Image Anal 42 (2017) 1).
ReadImage match(std::span<const Mark> findings, std::span<const Target> lesions);

/// False positives per image at which the competition performance metric averages (Niemeijer et
/// al., IEEE Trans Med Imaging 30 (2011) 215).
inline constexpr double cpm_rates[] = {0.125, 0.25, 0.5, 1, 2, 4, 8};

/// Sensitivity against false positives per image: one point a threshold, surest first.
struct Froc {
  std::vector<double> threshold, false_per_image, sensitivity;
  Index images = 0, lesions = 0;
};
Froc froc(std::span<const ReadImage> images);

/// Sensitivity at chosen rates of false positives, and its mean over `cpm_rates`.
struct DetectionScore {
  std::vector<Estimate> at;
  Estimate cpm;
};

/// The best sensitivity of a threshold with at most so many false positives per image (no
/// interpolation), 0 if every finding brings more. Patients are resampled with all of their images;
/// more than 128 thresholds are thinned evenly, the first and the last kept. Withheld without
/// lesions.
DetectionScore score_detection(std::span<const ReadImage> images, const Clusters& patients,
                               std::span<const double> rates, const Resampling& resampling);

/// The first less the second: CPM of two sets of images of the same patients, resampled together.
Estimate cpm_difference(std::span<const ReadImage> first, const Clusters& of_first,
                        std::span<const ReadImage> second, const Clusters& of_second,
                        const Resampling& resampling);

}  // namespace vitrine::evaluation
