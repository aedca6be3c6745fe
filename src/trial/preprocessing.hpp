#pragma once
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "vitrine/evaluation/preprocessing.hpp"
#include "vitrine/trial/harmonisation.hpp"

namespace vitrine::trial {

/// What one preprocessing made of the features.
struct PreprocessingComparison {
  std::string name;
  std::vector<evaluation::PreprocessedFeature> features;
};

/// All that was measured on one side, and what is known of it.
struct Measurements {
  const evaluation::Study& study;
  std::span<const evaluation::StabilityRow> rows;
};

/// The features of images as they are beside those after a preprocessing, and what of it belongs
/// beside ComBat in `harmonisation.csv`: a run for each truth, whose method is the preprocessing's
/// name.
///
/// Each side is judged by the truth that was measured like it. Throws Error (data) if the sides do
/// not hold the same images.
std::pair<PreprocessingComparison, std::vector<HarmonisationRun>> compare_preprocessing(
    const Plan& plan, const radiomics::Preprocessing& how, const Measurements& before,
    const evaluation::Study& after, const evaluation::StabilityOptions& options);

/// `preprocessing.csv`: one row a preprocessing and feature.
Table preprocessing_table(std::span<const PreprocessingComparison> all);

}  // namespace vitrine::trial
