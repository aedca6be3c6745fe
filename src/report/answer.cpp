#include "vitrine/report/answer.hpp"

#include <algorithm>

namespace vitrine::report {

Grade grade(const evaluation::Estimate& icc) {
  if (!icc.has_interval()) return Grade::withheld;
  if (icc.low >= 0.9) return Grade::excellent;
  if (icc.low >= 0.75) return Grade::good;
  return icc.low >= 0.5 ? Grade::moderate : Grade::poor;
}

std::string_view to_string(Grade grade) {
  switch (grade) {
    case Grade::withheld:
      return "withheld";
    case Grade::poor:
      return "poor";
    case Grade::moderate:
      return "moderate";
    case Grade::good:
      return "good";
    case Grade::excellent:
      break;
  }
  return "excellent";
}

Answer summarise(std::span<const evaluation::StabilityRow> rows,
                 std::span<const evaluation::FeatureVerdict> verdicts) {
  Answer answer;
  answer.features = rows.size();
  for (const auto& row : rows) {
    const Grade g = grade(row.icc);
    answer.excellent += g == Grade::excellent;
    answer.good += g == Grade::excellent || g == Grade::good;
    answer.withheld += g == Grade::withheld;
    answer.poor += g != Grade::withheld && row.icc.high < 0.5;
    answer.unmoved += row.same_in_all_arms;
    if (g != Grade::withheld && !row.same_in_all_arms) answer.ranking.push_back(&row);
  }
  std::stable_sort(answer.ranking.begin(), answer.ranking.end(),
                   [](const auto* a, const auto* b) { return a->icc.low > b->icc.low; });
  for (const auto& verdict : verdicts) {
    const auto list = [&]() -> auto& {
      switch (verdict.overall.verdict) {
        case evaluation::Verdict::fit:
          return answer.fit;
        case evaluation::Verdict::undecided:
          return answer.undecided;
        case evaluation::Verdict::unfit:
          return answer.unfit;
        case evaluation::Verdict::withheld:
          break;
      }
      return answer.not_judged;
    };
    list().push_back(&verdict);
  }
  return answer;
}

}  // namespace vitrine::report
