#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "vitrine/core/isa.hpp"
#include "vitrine/trial/detail/calibrated_beam.hpp"
#include "vitrine/trial/detail/dose_book.hpp"
#include "vitrine/trial/detail/protocol_views.hpp"
#include "vitrine/trial/plan.hpp"
#include "vitrine/trial/sink.hpp"
#include "vitrine/trial/stage_store.hpp"
#include "vitrine/trial/stages.hpp"

namespace vitrine::trial::detail {

/// Takes patients through every arm, one after the other; all parallelism is inside the stages.
class CaseRunner {
 public:
  using Step = std::function<void(const std::string& stage)>;

  /// `kept`: where rays that were traced stay; null: nowhere.
  CaseRunner(const Plan& plan, Sink& sink, Isa isa, StageStore* kept = nullptr)
      : plan_(plan), views_(plan), sink_(sink), isa_(isa), kept_(kept), doses_(plan, isa) {}

  /// Adds to `counts` what a case that succeeds took.
  CaseResult run(const std::string& case_id, const Step& next, StageCounts& counts);

 private:
  /// That of the protocol of `view`.
  const CalibratedBeam& beam(const Plan& view, std::size_t scanner, double tube_voltage,
                             const Scene& scene);
  /// Null where the scanner's scans need none.
  const physics::ScatterKernel* scatter_kernel(std::size_t scanner, double tube_voltage);

  const Plan& plan_;
  ProtocolViews views_;
  Sink& sink_;
  Isa isa_;
  StageStore* kept_;
  DoseBook doses_;
  std::map<std::string, std::unique_ptr<CalibratedBeam>>
      beams_;  // by protocol, scanner, voltage and materials
  std::map<std::pair<std::size_t, double>, physics::ScatterKernel> kernels_;
};

}  // namespace vitrine::trial::detail
