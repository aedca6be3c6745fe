#include "vitrine/trial/strata.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace vitrine::trial {

evaluation::Study of_patients(const evaluation::Study& study, std::span<const std::string> ids) {
  evaluation::Study part;
  part.features = study.features;
  part.arms = study.arms;
  part.factors = study.factors;
  std::map<Index, Index> kept;
  for (Index i = 0; i < std::ssize(study.lesions); ++i) {
    const evaluation::Lesion& lesion = study.lesions[std::size_t(i)];
    if (std::ranges::find(ids, lesion.patient) == ids.end()) continue;
    kept.emplace(i, std::ssize(part.lesions));
    part.lesions.push_back(lesion);
  }
  for (const evaluation::Sample& sample : study.samples) {
    const auto at = kept.find(sample.lesion);
    if (at == kept.end()) continue;
    part.samples.push_back(sample);
    part.samples.back().lesion = at->second;
  }
  return part;
}

std::vector<StratumRows> stability_by_stratum(const Plan& plan, const evaluation::Study& study,
                                              const evaluation::StabilityOptions& options) {
  const phantoms::Cohort& patients = plan.scenario.patients;
  std::vector<StratumRows> all;
  for (const phantoms::CohortStratum& stratum : patients.strata) {
    std::vector<std::string> ids;
    for (const std::string& id : plan.cases)
      if (phantoms::stratum_name(patients, id) == stratum.name) ids.push_back(id);
    const evaluation::Study its = of_patients(study, ids);
    std::set<std::string> measured;
    for (const evaluation::Lesion& lesion : its.lesions) measured.insert(lesion.patient);
    all.push_back({stratum.name, measured.size(), evaluation::stability(its, options)});
  }
  return all;
}

Table strata_table(std::span<const StratumRows> strata) {
  Table table;
  for (const StratumRows& stratum : strata) {
    const Table its = evaluation::stability_table(stratum.rows);
    if (table.columns.empty() && !its.columns.empty()) {
      table.columns = its.columns;
      table.columns.insert(table.columns.begin(), "stratum");
    }
    for (const auto& row : its.rows) {
      std::vector<Table::Cell> cells{stratum.stratum};
      cells.insert(cells.end(), row.begin(), row.end());
      table.add(std::move(cells));
    }
  }
  return table;
}

}  // namespace vitrine::trial
