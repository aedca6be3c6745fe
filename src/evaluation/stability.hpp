#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/table.hpp"
#include "vitrine/evaluation/bias.hpp"
#include "vitrine/evaluation/bland_altman.hpp"
#include "vitrine/evaluation/estimate.hpp"
#include "vitrine/evaluation/feature_clusters.hpp"
#include "vitrine/evaluation/linearity.hpp"
#include "vitrine/evaluation/rank_tests.hpp"
#include "vitrine/evaluation/repeatability.hpp"
#include "vitrine/evaluation/reproducibility.hpp"

namespace vitrine::evaluation {

/// A measured quantity, named as in its own table.
struct Feature {
  std::string id, family, ibsi_code, unit;
};

/// The value that means "nothing there", which ratios (relative bias, wCV, %RC) are taken from:
/// -1000 for levels in HU (mean, median, minimum, maximum, 10th and 90th percentile), since HU +
/// 1000 is proportional to attenuation, and 0 for all else.
double zero_of(const Feature& feature);

/// One lesion of one patient, the same in every arm.
struct Lesion {
  std::string patient, id;
  double volume = 0.0;  ///< true volume, mm^3
};

/// Where a set of feature values comes from.
enum class Source {
  scan,             ///< a scan of the arm; several of one lesion and arm are noise repeats
  reposition,       ///< the patient repositioned and scanned again in the same arm
  object_truth,     ///< T0: the object's own property map on the image grid
  reference_truth,  ///< T1: the noiseless image of the reference arm
  arm_truth,        ///< T2: the noiseless image of the same arm
};

/// All features of one lesion in one image.
struct Sample {
  static constexpr Index every_arm = -1;

  Source source = Source::scan;
  Index lesion = 0;                  ///< into Study::lesions
  Index arm = every_arm;             ///< into Study::arms; a truth may hold for every arm
  std::vector<double> values;        ///< one per feature; NaN where there is none
  std::vector<std::string> reasons;  ///< why values are NaN: empty, or one per value
};

/// One thing in which the arms of a study differ.
struct ArmFactor {
  std::string name;                ///< scanner, kernel, tube_load_mas
  std::vector<std::string> level;  ///< of each arm
  Effect kind = Effect::fixed;
  std::vector<double> number = {};  ///< of each arm, if its effect is a slope; else empty
};

/// All that was measured in a trial, and all that is true.
struct Study {
  std::vector<Feature> features;
  std::vector<std::string> arms;
  std::vector<ArmFactor> factors = {};  ///< those in which the arms differ, if they are known
  std::vector<Lesion> lesions;
  std::vector<Sample> samples;
};

/// The biases of one feature in one arm, or over all arms (mean over arms first, then lesions).
struct Biases {
  Bias total;      ///< scans against T0
  Bias reference;  ///< scans against T1
  Bias noise;      ///< scans against T2
  Bias arm;        ///< T2 against T1
};

/// What is known about one feature's stability.
struct StabilityRow {
  Feature feature;
  Estimate icc;                  ///< ICC(A,1) over the arms, as they are declared
  std::string icc_method;        ///< bootstrap (of patients), anova or reml: how `icc` was found
  Estimate consistency;          ///< ICC(C,1): the same without arm offsets
  Estimate overall_concordance;  ///< OCCC over the arms
  Repeatability repeatability;
  Reproducibility reproducibility;  ///< over the arms
  RankTest friedman;                ///< of the arms; blocks are means over a patient's lesions
  double friedman_adjusted = 0.0;   ///< its p by Benjamini & Hochberg over the features
  Biases bias;
  std::vector<Biases> arm_bias;          ///< one per arm
  Linearity linearity;                   ///< of the mean over arms against that of T0
  double curve_adjusted = 0.0;           ///< p of its quadratic term by Benjamini & Hochberg
  std::vector<BlandAltman> differences;  ///< of each arm's scans from those of the first arm
  FeatureClusters::Feature cluster;      ///< among all features, by the mean over arms
  Estimate concordance;                  ///< Lin's coefficient of scans and T0, pooled over arms
  Estimate spearman_volume, pearson_volume;  ///< of the mean over arms with the true volume
  Index patients = 0, lesions = 0;           ///< measured in every arm: those behind `icc`
  Index values = 0;               ///< scan values of this feature, with those that are missing
  Index excluded = 0;             ///< of them, missing
  std::string exclusion;          ///< most frequent reason among them
  bool same_in_all_arms = false;  ///< no arm changes it, as with shape on one truth mask
  bool noise_alone = false;       ///< `repeatability` is of noise repeats: nobody lay down again
};

struct StabilityOptions {
  std::uint64_t seed = 0;  ///< of the trial: resamples are keyed to it, the same for all features
  int replicates = 2000;
  double confidence = 0.95;
  Effect arms = Effect::fixed;    ///< unless the study's factors say what of the arms is random
  double cluster_distance = 0.2;  ///< mean 1 - |Spearman| at which clusters of features are cut
};

/// One row per feature, in order. Same bits for every thread count.
std::vector<StabilityRow> stability(const Study& study, const StabilityOptions& options);

/// `stability.csv`: one row per feature; a withheld number is an empty cell, its reason in `notes`.
Table stability_table(std::span<const StabilityRow> rows);

/// One row per feature and arm: the four biases with their intervals.
Table arm_bias_table(std::span<const StabilityRow> rows, std::span<const std::string> arms);

/// One row per feature and arm but the first: how far the arm's scans differ from the first arm's.
Table bland_altman_table(std::span<const StabilityRow> rows, std::span<const std::string> arms);

}  // namespace vitrine::evaluation
