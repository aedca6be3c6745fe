#include <cmath>

#include "vitrine/evaluation/verdict.hpp"

namespace vitrine::evaluation {
namespace {

Table::Cell number_or_none(double value) { return std::isfinite(value) ? value : double(NAN); }

/// A finding's own numbers under a judgement, which for the sum is that of the whole feature.
void add(Table& table, const Feature& feature, const std::string& criterion, const Finding& finding,
         const Judgement& judgement) {
  const auto& further = judgement.further_patients;
  table.add({feature.id, feature.family, feature.ibsi_code, feature.unit, criterion, finding.arm,
             double(finding.patients), double(finding.lesions), finding.estimate.value,
             finding.estimate.low, finding.estimate.high, number_or_none(finding.low),
             number_or_none(finding.high), std::string(to_string(judgement.verdict)),
             further ? double(*further) : double(NAN), judgement.reason});
}

}  // namespace

Table verdict_table(std::span<const FeatureVerdict> verdicts) {
  Table table;
  if (verdicts.empty()) return table;
  table.columns = {"feature", "family",    "ibsi_code",  "unit",    "criterion",
                   "arm",     "patients",  "lesions",    "value",   "low",
                   "high",    "limit_low", "limit_high", "verdict", "further_patients",
                   "reason"};
  for (const FeatureVerdict& verdict : verdicts) {
    if (verdict.findings.empty()) continue;
    add(table, verdict.feature, "all", verdict.findings[verdict.deciding], verdict.overall);
    for (const Finding& finding : verdict.findings)
      add(table, verdict.feature, finding.criterion, finding, finding.judgement);
  }
  return table;
}

}  // namespace vitrine::evaluation
