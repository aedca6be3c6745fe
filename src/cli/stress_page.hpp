#pragma once
#include <string>
#include <vector>

#include "vitrine/cli/stress_embeddings.hpp"
#include "vitrine/cli/stress_response.hpp"

namespace vitrine::cli {

/// All that the page of a stress test is made of.
struct StressResult {
  const StoredTrial& stored;
  io::Path dir, out;  ///< of the trial, and of the results
  const trial::Stress& stress;
  const std::vector<TrialImage>& images;
  const std::vector<ScoredModel>& models;
  const std::vector<ReadersTogether>& together;
  const std::vector<ScoredEmbedding>& embeddings;
  const std::vector<JudgedLimit>& limits;
  const std::vector<ReadResponse>& responses;
};

/// `stress.html`; images of its galleries are read from the trial's directory.
std::string stress_page(const StressResult& result);

}  // namespace vitrine::cli
