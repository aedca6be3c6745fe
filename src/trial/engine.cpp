#include "vitrine/trial/engine.hpp"

#include "vitrine/trial/detail/case_runner.hpp"

namespace vitrine::trial {

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
  TrialResult result;
  detail::CaseRunner runner(plan, sink, isa, kept);
  const double steps = double(runner.steps());
  for (std::size_t i = 0; i < plan.cases.size(); ++i) {
    const std::string& id = plan.cases[i];
    if (auto done = store.load(id)) {
      result.cases.push_back(std::move(*done));
      continue;
    }
    double step = 0.0;
    const auto next = [&](const std::string& stage) {
      if (stop())
        throw Error(Error::Kind::interrupted,
                    "stopped on request. Run the same command to continue.");
      progress.step(double(i) * steps + step, double(plan.cases.size()) * steps,
                    str(id, ": ", stage));
      step += 1.0;
    };
    try {
      result.cases.push_back(runner.run(id, next, result.stages));
      store.save(result.cases.back());
    } catch (Error& error) {
      // Only what concerns this case alone is survivable: a full disk would fail the next one too.
      if (error.kind() == Error::Kind::interrupted || error.kind() == Error::Kind::io) throw;
      error.during(str("running ", id));
      progress.case_failed(id, error);
      result.failures.push_back({id, explain(error)});
    }
  }
  progress.step(double(plan.cases.size()) * steps, double(plan.cases.size()) * steps, "done");
  return result;
}

}  // namespace vitrine::trial
