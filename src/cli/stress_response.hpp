#pragma once
#include <string>
#include <vector>

#include "vitrine/cli/stress_tables.hpp"
#include "vitrine/evaluation/response_study.hpp"

namespace vitrine::cli {

/// A visit of a patient in one arm, as it was read and as it is.
struct ReadVisit {
  std::string case_id, arm, replicate;
  /// read, missed; and where the reader leaves it unevaluable failed, `no image`, `no baseline`,
  /// `nothing at baseline`.
  std::string status;
  evaluation::VisitResponse read, truth;
};

/// What a model's sizes mean for the response of the patients who come back.
struct ReadResponse {
  std::string reader;             ///< a model, or `(true masks)`: what the voxels alone cost
  std::vector<ReadVisit> visits;  ///< by patient and arm, each with its baseline
  evaluation::ResponseStudy study;
  std::vector<evaluation::GroupScore> scores;
};

/// Of every segmenter, and last of the true masks; none where no later visit was read. The truth is
/// that of `visits.csv`: exact sizes of the lesions, the same in all arms. Also sets the models'
/// `response`.
std::vector<ReadResponse> read_responses(const StoredTrial& stored, const trial::Stress& stress,
                                         const std::vector<TrialImage>& images,
                                         std::vector<ScoredModel>& models);

/// `stress_response.csv`: one row a model, group and metric.
Table response_table(const std::vector<ReadResponse>& responses);
/// `stress_visits.csv`: one row a model, patient, arm and visit.
Table visit_table(const std::vector<ReadResponse>& responses);

}  // namespace vitrine::cli
