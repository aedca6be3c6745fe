#pragma once
#include <span>
#include <string>

#include "vitrine/evaluation/harmonisation.hpp"
#include "vitrine/evaluation/stability.hpp"

namespace vitrine::evaluation {

/// One feature of images as they are and of the same images after a preprocessing.
struct PreprocessedFeature {
  /// What is known about it on either side.
  struct Side {
    Estimate icc;          ///< ICC(A,1) over the arms
    Estimate within_cv;    ///< of repeats, a fraction
    Estimate bias;         ///< relative, against the object measured on the same side (T0)
    Estimate concordance;  ///< Lin's coefficient with it
  };
  std::string preprocessing;
  Feature feature;         ///< as it is without preprocessing
  std::string unit_after;  ///< what it counts afterwards
  Side before, after;
  ErrorToTruth error;               ///< each side from the object measured on that side
  ErrorToTruth object_error;        ///< both from the object measured without preprocessing
  Index patients = 0, lesions = 0;  ///< measured in every arm, before
};

/// What a row of `stability` says of one side.
PreprocessedFeature::Side side_of(const StabilityRow& row);

/// `preprocessing.csv`: one row per preprocessing and feature; a withheld number is an empty cell,
/// its reason in `notes`.
Table preprocessing_table(std::span<const PreprocessedFeature> rows);

}  // namespace vitrine::evaluation
