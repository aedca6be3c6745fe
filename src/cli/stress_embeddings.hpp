#pragma once
#include <string>
#include <vector>

#include "vitrine/cli/stress_cases.hpp"

namespace vitrine::cli {

/// How alike the arms describe the same lesions, or patients, by one feature of an embedding.
struct EmbeddedFeature {
  std::string name;
  double agreement = 0.0;  ///< ICC(A,1) over the arms; NaN: withheld
  std::string reason;
};

/// What a model's embeddings came to.
struct ScoredEmbedding {
  const StressRun* run = nullptr;
  Index subjects = 0;  ///< lesions, or patients, that every arm has
  std::vector<EmbeddedFeature> features;
};

std::vector<ScoredEmbedding> score_embeddings(const StoredTrial& stored,
                                              const std::vector<TrialImage>& images,
                                              const std::vector<StressRun>& runs);

/// Median of the features' agreements; withheld if none has one.
evaluation::Estimate median_agreement(const ScoredEmbedding& embedding);

/// `features/MODEL.csv`: a row an image or lesion, a column a feature, as `vitrine stability` reads
/// it.
Table embedding_table(const std::vector<TrialImage>& images, const StressRun& run);

/// `stress_embeddings.csv`: a row a model and feature.
Table agreement_table(const std::vector<ScoredEmbedding>& embeddings);

}  // namespace vitrine::cli
