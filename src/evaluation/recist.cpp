#include "vitrine/evaluation/recist.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "vitrine/core/error.hpp"

namespace vitrine::evaluation {
namespace {

constexpr double measurable = 10.0, measurable_node = 15.0, normal_node = 10.0;  // mm
constexpr std::size_t most_targets = 5, most_per_organ = 2;
constexpr double partial_share = 0.7, growth_share = 1.2, least_growth = 5.0;

bool has_grown(double now, double before) {
  return now >= growth_share * before && now - before >= least_growth;
}

/// A burden of lesions through time: the targets, or all others.
struct Burden {
  std::vector<std::string> ids;
  double baseline = 0.0, nadir = 0.0;

  bool holds(const LesionSize& lesion) const {
    return std::find(ids.begin(), ids.end(), lesion.id) != ids.end();
  }
  double sum(const Assessment& visit) const {
    double total = 0.0;
    for (const LesionSize& lesion : visit.lesions)
      if (holds(lesion) && lesion.present()) total += lesion.size();
    return total;
  }
  /// All gone; nodes are gone when their short axis is normal.
  bool gone(const Assessment& visit) const {
    return std::none_of(visit.lesions.begin(), visit.lesions.end(), [&](const LesionSize& lesion) {
      return holds(lesion) && lesion.present() && (!lesion.node || lesion.size() >= normal_node);
    });
  }
  Response response(const Assessment& visit) const {
    const double now = sum(visit);
    if (has_grown(now, nadir)) return Response::progressive;
    if (gone(visit)) return Response::complete;
    return now <= partial_share * baseline ? Response::partial : Response::stable;
  }
};

/// Lesions that the baseline did not have.
struct NewLesions {
  std::size_t count = 0;
  double sum = 0.0;  // mm
};
NewLesions new_lesions(const Assessment& visit, const Assessment& baseline) {
  NewLesions found;
  for (const LesionSize& lesion : visit.lesions) {
    const bool known = std::any_of(
        baseline.lesions.begin(), baseline.lesions.end(),
        [&](const LesionSize& before) { return before.id == lesion.id && before.present(); });
    if (known || !lesion.present()) continue;
    ++found.count;
    found.sum += lesion.size();
  }
  return found;
}

Response combined(const Burden& targets, Response target, const Burden& others, Response other,
                  bool new_lesion) {
  if (new_lesion || target == Response::progressive || other == Response::progressive)
    return Response::progressive;
  const bool others_gone = others.ids.empty() || other == Response::complete;
  if (targets.ids.empty()) return others_gone ? Response::complete : Response::non_complete;
  if (target == Response::complete) return others_gone ? Response::complete : Response::partial;
  return target;
}

/// Progression waits for its confirmation at the next visit.
class Immune {
 public:
  /// What was seen at a visit.
  struct Seen {
    Response overall, target, other;
    double sum, other_sum;
    NewLesions fresh;
  };

  std::string judge(const Seen& now) {
    if (now.overall == Response::not_evaluable) return "iNE";
    if (confirmed_) return "iCPD";
    const bool progressive = now.overall == Response::progressive;
    if (!waiting_) {
      if (!progressive) return str('i', abbreviation(now.overall));
      waiting_ = true;
      first_ = now;
      return "iUPD";
    }
    confirmed_ = confirms(now);
    if (confirmed_) return "iCPD";
    const bool shrunk = now.target != Response::progressive && now.other != Response::progressive &&
                        (now.fresh.count == 0 || now.fresh.sum < first_.fresh.sum);
    if (!shrunk) return "iUPD";
    waiting_ = false;
    return str('i', abbreviation(progressive ? now.target : now.overall));
  }

 private:
  bool confirms(const Seen& now) const {
    const auto newly = [](Response after, Response before) {
      return after == Response::progressive && before != Response::progressive;
    };
    const bool targets_grow =
        first_.target == Response::progressive && now.sum >= first_.sum + least_growth;
    const bool others_grow =
        first_.other == Response::progressive && now.other_sum > first_.other_sum;
    const bool fresh_grow =
        now.fresh.count > first_.fresh.count ||
        (first_.fresh.count > 0 && now.fresh.sum >= first_.fresh.sum + least_growth);
    return targets_grow || others_grow || fresh_grow || newly(now.target, first_.target) ||
           newly(now.other, first_.other);
  }

  bool waiting_ = false, confirmed_ = false;
  Seen first_{};
};

void check(std::span<const Assessment> visits) {
  require(!visits.empty() && !visits.front().missed, Error::Kind::data,
          "RECIST needs a baseline (there is none). The first visit cannot be missed.");
  for (std::size_t v = 1; v < visits.size(); ++v)
    require(visits[v].day > visits[v - 1].day, Error::Kind::data, "visit ", v + 1, " is on day ",
            visits[v].day, " (the one before was on day ", visits[v - 1].day, ")");
}

}  // namespace

std::string_view abbreviation(Response response) {
  switch (response) {
    case Response::complete:
      return "CR";
    case Response::partial:
      return "PR";
    case Response::stable:
      return "SD";
    case Response::progressive:
      return "PD";
    case Response::non_complete:
      return "NN";
    default:
      return "NE";
  }
}

std::vector<std::size_t> target_lesions(const Assessment& baseline) {
  const auto& lesions = baseline.lesions;
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < lesions.size(); ++i)
    if (lesions[i].size() >= (lesions[i].node ? measurable_node : measurable)) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return lesions[a].size() > lesions[b].size();
  });
  std::map<std::string, std::size_t> in_organ;
  std::vector<std::size_t> targets;
  for (const std::size_t i : order)
    if (targets.size() < most_targets && in_organ[lesions[i].organ] < most_per_organ) {
      ++in_organ[lesions[i].organ];
      targets.push_back(i);
    }
  return targets;
}

std::vector<VisitResponse> recist(std::span<const Assessment> visits) {
  check(visits);
  const Assessment& baseline = visits.front();
  Burden targets, others;
  for (const std::size_t i : target_lesions(baseline))
    targets.ids.push_back(baseline.lesions[i].id);
  for (const LesionSize& lesion : baseline.lesions)
    if (lesion.present() && !targets.holds(lesion)) others.ids.push_back(lesion.id);
  for (Burden* burden : {&targets, &others})
    burden->baseline = burden->nadir = burden->sum(baseline);

  Immune immune;
  std::vector<VisitResponse> all;
  for (const Assessment& visit : visits) {
    VisitResponse out;
    out.day = visit.day;
    out.nadir = targets.nadir;
    if (visit.missed) {
      out.target = out.overall = Response::not_evaluable;
      out.immune = "iNE";
      all.push_back(out);
      continue;
    }
    out.sum = targets.sum(visit);
    if (&visit != &baseline) {
      const NewLesions fresh = new_lesions(visit, baseline);
      const Response other = others.response(visit);
      out.new_lesion = fresh.count > 0;
      out.target = targets.response(visit);
      out.overall = combined(targets, out.target, others, other, out.new_lesion);
      out.immune =
          immune.judge({out.overall, out.target, other, out.sum, others.sum(visit), fresh});
    } else {
      out.immune = "iSD";
    }
    for (Burden* burden : {&targets, &others})
      burden->nadir = std::min(burden->nadir, burden->sum(visit));
    all.push_back(out);
  }
  return all;
}

}  // namespace vitrine::evaluation
