#pragma once
#include <string>
#include <vector>

#include "vitrine/cli/stress_cases.hpp"

namespace vitrine::cli {

/// A limit beside what it judges.
struct JudgedLimit {
  std::string model;
  const trial::StressLimit* limit = nullptr;
  std::string group;  ///< `scanner: x` of a worst group, `all`
  evaluation::Estimate value;
  bool passed = false;
  std::string reason;  ///< why it did not, where the value does not say it
};

/// One model's results.
struct ScoredModel {
  const StressRun* run = nullptr;
  bool rates_lesions = false;  ///< a classifier: of each lesion, not of the image
  evaluation::ReaderStudy study;
  std::vector<evaluation::GroupScore> scores;
  std::vector<evaluation::GroupScore> response;  ///< of later visits; none: there are none
  /// Where a metric is.
  const std::vector<evaluation::GroupScore>& scores_with(const std::string& metric) const {
    return trial::is_of_response(metric) ? response : scores;
  }
};

/// All models but embeddings, which say nothing that could be true.
std::vector<ScoredModel> score_models(const StoredTrial& stored, const trial::Stress& stress,
                                      const std::vector<TrialImage>& images,
                                      const std::vector<StressRun>& runs);

std::vector<JudgedLimit> judge(const trial::Stress& stress, const std::vector<ScoredModel>& models);

/// Whether a metric is more than a gap: scores that are no probabilities have an area only.
bool is_stated(const ScoredModel& model, const std::string& metric);

/// What classifiers of the same (of images, or of lesions) come to together.
struct ReadersTogether {
  std::string readers;  ///< names, with commas
  std::vector<evaluation::GroupScore> scores;
};
std::vector<ReadersTogether> readers_together(const std::vector<ScoredModel>& models);

/// The worst group of a model's metric; null if no group has lesions enough.
const evaluation::GroupScore* worst_of(const trial::Stress& stress, const ScoredModel& model,
                                       const std::string& metric);

/// `stress.csv`: one row a model, image and lesion.
Table case_table(const std::vector<TrialImage>& images, const std::vector<ScoredModel>& models);
/// What intervals of a stress test are drawn with.
evaluation::Resampling stress_resampling(const StoredTrial& stored);

/// Four cells of a row: a value, the ends of its interval, and why something is missing.
void add_estimate(std::vector<Table::Cell>& row, const evaluation::Estimate& estimate);

/// `stress_summary.csv`: one row a model, metric and group.
Table summary_table(const std::vector<ScoredModel>& models);
/// Of all images of a detector.
evaluation::Froc froc_of(const ScoredModel& model);

/// `stress_froc.csv`: one row a threshold of a detector.
Table froc_table(const std::vector<ScoredModel>& models);
/// `stress_roc.csv`: one row a threshold of a classifier.
Table roc_table(const std::vector<ScoredModel>& models);
/// `stress_readers.csv`: one row a group of images that several classifiers rated.
Table readers_table(const std::vector<ReadersTogether>& all);

/// `stress_limits.csv`: one row a limit and model.
Table limit_table(const std::vector<JudgedLimit>& limits);

}  // namespace vitrine::cli
