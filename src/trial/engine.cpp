#include "vitrine/trial/engine.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "vitrine/core/parallel.hpp"
#include "vitrine/trial/detail/case_runner.hpp"

namespace vitrine::trial {
namespace {

/// How a case ended.
struct Outcome {
  CaseResult result;
  StageCounts stages;
  std::optional<Error> error;
};

Outcome attempt(detail::CaseRunner& runner, const std::string& id,
                const detail::CaseRunner::Step& next) {
  Outcome outcome;
  try {
    outcome.result = runner.run(id, next, outcome.stages);
  } catch (const Error& error) {
    outcome.error = error;
  }
  return outcome;
}

/// How many cases, which take `seconds` of one thread each, are run side by side, a thread each.
/// All threads work on one case unless cases are so small that handing their work out takes as long
/// as the work; what opens files of its own (raw data, rays that are kept) is left to one case at a
/// time.
std::size_t lanes_for(const Plan& plan, double seconds, const Sink& sink, const StageStore* kept) {
  constexpr double small = 0.5;  // s of a case on one thread
  const bool alone = !sink.takes_several_cases() || kept != nullptr ||
                     plan.scenario.outputs.raw.value_or("none") != "none";
  return alone || seconds > small ? 1 : std::size_t(thread_count());
}

/// Takes a plan's cases through the runners, and records them in the plan's order.
class Engine {
 public:
  Engine(const Plan& plan, Sink& sink, Store& store, Progress& progress, Isa isa,
         const std::function<bool()>& stop, StageStore* kept)
      : plan_(plan), store_(store), progress_(progress), stop_(stop) {
    const Estimate all = estimate(plan, 1);
    const auto cases = double(std::max<std::size_t>(1, plan.cases.size()));
    steps_ = 1.0 + std::floor(double(all.traced_scans + all.reconstructions) / cases);
    for (std::size_t i = lanes_for(plan, all.seconds / cases, sink, kept); i > 0; --i)
      runners_.push_back(std::make_unique<detail::CaseRunner>(plan, sink, isa, kept));
  }

  TrialResult run() {
    std::size_t i = 0;
    while (i < plan_.cases.size()) {
      if (auto done = stored(i)) {
        result_.cases.push_back(std::move(*done));
        ++i;
        continue;
      }
      const std::size_t end = batch_from(i);
      if (end == i + 1) {
        record(i, attempt(*runners_.front(), plan_.cases[i], told(i)));
      } else {
        side_by_side(i, end);
      }
      i = end;
    }
    show(plan_.cases.size(), 0.0, "done");
    return std::move(result_);
  }

 private:
  std::optional<CaseResult> stored(std::size_t i) {
    if (!ahead_ || ahead_at_ != i) return store_.load(plan_.cases[i]);
    auto done = std::move(ahead_);
    ahead_.reset();
    return done;
  }

  /// The end of a batch: the first case alone, since figures are drawn of it; then as many as are
  /// not there yet.
  std::size_t batch_from(std::size_t first) {
    constexpr std::size_t per_lane = 8;  // evens out; their results wait in memory
    const std::size_t most = std::min(plan_.cases.size(), first + runners_.size() * per_lane);
    std::size_t end = first + 1;
    if (runners_.size() == 1 || first == 0) return end;
    while (end < most && !(ahead_ = store_.load(plan_.cases[end]))) ++end;
    ahead_at_ = end;
    return end;
  }

  void side_by_side(std::size_t first, std::size_t end) {
    std::vector<Outcome> outcomes(end - first);
    const auto lanes = std::int64_t(runners_.size());
    show(first, 0.0, str(plan_.cases[first], " to ", plan_.cases[end - 1]));
    parallel_for(lanes, [&](std::int64_t lane) {
      for (std::size_t i = first + std::size_t(lane); i < end; i += runners_.size())
        outcomes[i - first] = attempt(*runners_[std::size_t(lane)], plan_.cases[i],
                                      [&](const std::string&) { require_wanted(); });
    });
    for (std::size_t i = first; i < end; ++i) record(i, std::move(outcomes[i - first]));
  }

  /// What a case that has all threads is told to do before each stage.
  detail::CaseRunner::Step told(std::size_t i) {
    return [this, i, step = 0.0](const std::string& stage) mutable {
      require_wanted();
      show(i, step, str(plan_.cases[i], ": ", stage));
      step += 1.0;
    };
  }

  void require_wanted() const {
    if (stop_())
      throw Error(Error::Kind::interrupted,
                  "stopped on request. Run the same command to continue.");
  }

  void show(std::size_t cases, double step, const std::string& stage) {
    progress_.step(double(cases) * steps_ + step, double(plan_.cases.size()) * steps_, stage);
  }

  void record(std::size_t i, Outcome outcome) {
    const std::string& id = plan_.cases[i];
    if (!outcome.error) {
      result_.stages += outcome.stages;
      store_.save(outcome.result);
      result_.cases.push_back(std::move(outcome.result));
      return;
    }
    Error& error = *outcome.error;
    // Only what concerns this case alone is survivable: a full disk would fail the next one too.
    if (error.kind() == Error::Kind::interrupted || error.kind() == Error::Kind::io) throw error;
    error.during(str("running ", id));
    progress_.case_failed(id, error);
    result_.failures.push_back({id, explain(error)});
  }

  const Plan& plan_;
  Store& store_;
  Progress& progress_;
  const std::function<bool()>& stop_;
  std::vector<std::unique_ptr<detail::CaseRunner>> runners_;  // one a lane
  double steps_ = 0.0;                                        // of a case
  std::optional<CaseResult> ahead_;                           // stored, of case `ahead_at_`
  std::size_t ahead_at_ = 0;
  TrialResult result_;
};

}  // namespace

Table TrialResult::all(Table CaseResult::*table) const {
  Table joined;
  for (const CaseResult& one : cases) {
    const Table& part = one.*table;
    if (joined.columns.empty()) joined.columns = part.columns;
    joined.rows.insert(joined.rows.end(), part.rows.begin(), part.rows.end());
  }
  return joined;
}

TrialResult run(const Plan& plan, Sink& sink, Store& store, Progress& progress, Isa isa,
                const std::function<bool()>& stop, StageStore* kept) {
  return Engine(plan, sink, store, progress, isa, stop, kept).run();
}

}  // namespace vitrine::trial
