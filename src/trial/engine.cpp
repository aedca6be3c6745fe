#include "vitrine/trial/engine.hpp"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "vitrine/core/parallel.hpp"
#include "vitrine/trial/detail/case_order.hpp"
#include "vitrine/trial/detail/case_runner.hpp"

namespace vitrine::trial {
namespace {

/// How a case ended.
struct Outcome {
  bool stored = false;  ///< by an earlier run
  CaseResult result = {};
  StageCounts stages = {};
  std::optional<Error> error = {};
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
      : plan_(plan),
        store_(store),
        progress_(progress),
        stop_(stop),
        order_(detail::case_seconds(plan)) {
    const Estimate all = estimate(plan, 1);
    const auto cases = double(std::max<std::size_t>(1, plan.cases.size()));
    steps_ = 1.0 + std::floor(double(all.traced_scans + all.reconstructions) / cases);
    for (std::size_t i = lanes_for(plan, all.seconds / cases, sink, kept); i > 0; --i)
      runners_.push_back(std::make_unique<detail::CaseRunner>(plan, sink, isa, kept));
  }

  TrialResult run() {
    // The first case has all threads, since figures are drawn of it alone.
    const std::size_t alone = runners_.size() == 1 ? plan_.cases.size() : 1;
    for (; recorded_ < std::min(alone, plan_.cases.size()); ++recorded_) {
      const std::size_t i = order_.take(recorded_, recorded_ + 1);
      record(i, store_.holds(plan_.cases[i]) ? Outcome{.stored = true}
                                             : attempt(*runners_.front(), plan_.cases[i], told(i)));
    }
    if (order_.left() > 0) side_by_side();
    show(plan_.cases.size(), 0.0, "done");
    return std::move(result_);
  }

 private:
  /// A lane takes the next case as soon as it has ended one.
  void side_by_side() {
    parallel_for(std::ssize(runners_), [&](std::int64_t lane) {
      detail::CaseRunner& runner = *runners_[std::size_t(lane)];
      try {
        while (const auto i = next()) {
          const std::string& id = plan_.cases[*i];
          ended(*i, store_.holds(id)
                        ? Outcome{.stored = true}
                        : attempt(runner, id, [&](const std::string&) { require_wanted(); }));
        }
      } catch (...) {
        const std::scoped_lock lock(mutex_);
        broken_ = true;
        room_.notify_all();
        throw;
      }
    });
  }

  /// The next case for a lane, the longest of those whose results would wait for few before them;
  /// waits while there is none.
  std::optional<std::size_t> next() {
    const std::size_t most = 8 * runners_.size();
    const auto last = [&] { return std::min(recorded_ + most, plan_.cases.size()); };
    std::unique_lock lock(mutex_);
    room_.wait(lock,
               [&] { return broken_ || order_.left() == 0 || order_.has(recorded_, last()); });
    if (broken_ || order_.left() == 0) return {};
    return order_.take(recorded_, last());
  }

  /// Records what can be recorded in the plan's order, one lane at a time; others go on.
  void ended(std::size_t i, Outcome outcome) {
    std::unique_lock lock(mutex_);
    waiting_.emplace(i, std::move(outcome));
    if (recording_) return;
    recording_ = true;
    while (!broken_ && !waiting_.empty() && waiting_.begin()->first == recorded_) {
      auto first = waiting_.extract(waiting_.begin());
      lock.unlock();
      show(first.key(), 0.0, plan_.cases[first.key()]);
      record(first.key(), std::move(first.mapped()));
      lock.lock();
      ++recorded_;
      room_.notify_all();
    }
    recording_ = false;
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
    if (outcome.stored) return result_.cases.add_stored(store_, id);
    if (!outcome.error) {
      result_.stages += outcome.stages;
      store_.save(outcome.result);
      if (store_.keeps()) return result_.cases.add_stored(store_, id);
      return result_.cases.add(std::move(outcome.result));
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
  TrialResult result_;

  std::mutex mutex_;  // of what follows, while lanes run
  std::condition_variable room_;
  detail::CaseOrder order_;
  std::size_t recorded_ = 0;  // cases before this
  std::map<std::size_t, Outcome> waiting_;
  bool recording_ = false;
  bool broken_ = false;  // a record could not be kept: no further case is taken
};

}  // namespace

Table TrialResult::all(Table CaseResult::*table) const {
  Table joined;
  cases.each([&](const CaseResult& one) {
    const Table& part = one.*table;
    if (joined.columns.empty()) joined.columns = part.columns;
    joined.rows.insert(joined.rows.end(), part.rows.begin(), part.rows.end());
  });
  return joined;
}

TrialResult run(const Plan& plan, Sink& sink, Store& store, Progress& progress, Isa isa,
                const std::function<bool()>& stop, StageStore* kept) {
  return Engine(plan, sink, store, progress, isa, stop, kept).run();
}

}  // namespace vitrine::trial
