#pragma once
#include <functional>
#include <string>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/trial/case_results.hpp"
#include "vitrine/trial/plan.hpp"
#include "vitrine/trial/sink.hpp"
#include "vitrine/trial/stage_store.hpp"
#include "vitrine/trial/stages.hpp"

namespace vitrine::trial {

struct Failure {
  std::string case_id, message;
};

/// All cases of a trial, in order.
struct TrialResult {
  CaseResults cases;
  std::vector<Failure> failures;
  StageCounts stages;  ///< of the cases that this run made, not those that the store held

  /// The rows of one table over all cases.
  Table all(Table CaseResult::*table) const;
};

/// Run every case that the store does not hold yet; what the store keeps stays there, and must stay
/// as long as the result is used. A case that fails is recorded and the trial
/// goes on; `stop` is asked between stages, and a true answer ends the run with Error kind
/// interrupted. `kept`: where rays that were traced are kept and found; null: nowhere.
TrialResult run(const Plan& plan, Sink& sink, Store& store, Progress& progress, Isa isa,
                const std::function<bool()>& stop, StageStore* kept = nullptr);

}  // namespace vitrine::trial
