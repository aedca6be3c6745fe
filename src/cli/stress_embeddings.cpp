#include "vitrine/cli/stress_embeddings.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "vitrine/evaluation/agreement.hpp"

namespace vitrine::cli {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Names of the features; empty if the model failed on every image.
std::vector<std::string> features_of(const StressRun& run) {
  const auto read = std::ranges::find_if(run.cases, [](const StressCase& one) {
    return one.failure.empty() && !one.features.empty();
  });
  return read == run.cases.end() ? std::vector<std::string>{} : read->features;
}

/// What each arm's scans say about each lesion or, where images are described, each patient.
using Subjects =
    std::map<std::pair<std::string, std::string>, std::vector<const std::vector<double>*>>;

Subjects subjects_of(const trial::Plan& plan, const std::vector<TrialImage>& images,
                     const StressRun& run) {
  Subjects subjects;
  for (const StressCase& one : run.cases) {
    const TrialImage& image = images[one.image];
    if (image.replicate != "scan") continue;
    for (const readers::Embedding& embedding : one.embeddings) {
      auto& its = subjects[{image.case_id, embedding.lesion}];
      its.resize(plan.arms.size(), nullptr);
      its[arm_index(plan, image)] = &embedding.values;
    }
  }
  return subjects;
}

}  // namespace

std::vector<ScoredEmbedding> score_embeddings(const StoredTrial& stored,
                                              const std::vector<TrialImage>& images,
                                              const std::vector<StressRun>& runs) {
  std::vector<ScoredEmbedding> all;
  for (const StressRun& run : runs) {
    if (run.model->reader->task() != readers::Task::embedding) continue;
    ScoredEmbedding& scored = all.emplace_back();
    scored.run = &run;
    const Subjects subjects = subjects_of(stored.plan, images, run);
    // Arms that were not read have no column.
    std::vector<std::size_t> arms;
    for (std::size_t a = 0; a < stored.plan.arms.size(); ++a)
      if (std::ranges::any_of(images, [&](const TrialImage& image) {
            return image.arm == stored.plan.arms[a].name;
          }))
        arms.push_back(a);
    const std::vector<std::string> features = features_of(run);
    for (std::size_t f = 0; f < features.size(); ++f) {
      evaluation::Ratings ratings(std::ssize(subjects), std::ssize(arms));
      Index row = 0;
      for (const auto& [subject, values] : subjects) {
        for (std::size_t a = 0; a < arms.size(); ++a)
          ratings(row, Index(a)) = values[arms[a]] ? (*values[arms[a]])[f] : none;
        ++row;
      }
      const evaluation::Icc icc = evaluation::intraclass_correlation(ratings);
      scored.subjects = icc.subjects;
      scored.features.push_back({features[f], icc.agreement.value,
                                 icc.agreement.has_value() ? "" : icc.agreement.reason});
    }
  }
  return all;
}

evaluation::Estimate median_agreement(const ScoredEmbedding& embedding) {
  std::vector<double> known;
  for (const EmbeddedFeature& feature : embedding.features)
    if (!std::isnan(feature.agreement)) known.push_back(feature.agreement);
  if (known.empty()) return evaluation::Estimate::withheld("no feature has an agreement");
  std::ranges::sort(known);
  evaluation::Estimate median;
  median.value = 0.5 * (known[(known.size() - 1) / 2] + known[known.size() / 2]);
  median.reason = "a median of features has no interval";
  return median;
}

Table embedding_table(const std::vector<TrialImage>& images, const StressRun& run) {
  Table table;
  table.columns = {"case", "lesion", "arm", "replicate"};
  const std::vector<std::string> features = features_of(run);
  table.columns.insert(table.columns.end(), features.begin(), features.end());
  for (const StressCase& one : run.cases)
    for (const readers::Embedding& embedding : one.embeddings) {
      const TrialImage& image = images[one.image];
      std::vector<Table::Cell> row{image.case_id,
                                   embedding.lesion.empty() ? "image" : embedding.lesion, image.arm,
                                   image.replicate};
      row.insert(row.end(), embedding.values.begin(), embedding.values.end());
      table.add(std::move(row));
    }
  return table;
}

Table agreement_table(const std::vector<ScoredEmbedding>& embeddings) {
  Table table;
  table.columns = {"model", "feature", "subjects", "icc_a1", "icc_a1_reason"};
  for (const ScoredEmbedding& one : embeddings)
    for (const EmbeddedFeature& feature : one.features)
      table.add({one.run->model->name, feature.name, double(one.subjects), feature.agreement,
                 feature.reason});
  return table;
}

}  // namespace vitrine::cli
