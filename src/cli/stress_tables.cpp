#include "vitrine/cli/stress_tables.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "vitrine/trial/arm_factors.hpp"

namespace vitrine::cli {
namespace {

using evaluation::GroupScore;
using readers::Task;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Whether two ways to group the arms are the same but for the names.
bool same_parts(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = i + 1; j < a.size(); ++j)
      if ((a[i] == a[j]) != (b[i] == b[j])) return false;
  return true;
}

/// Arms by each factor in which they differ; and by themselves, unless a factor does the same.
std::vector<evaluation::ArmGroup> arm_groups(const trial::Plan& plan) {
  std::vector<evaluation::ArmGroup> groups;
  std::vector<std::string> names;
  for (const trial::Arm& arm : plan.arms) names.push_back(arm.name);
  const auto factors = trial::arm_factors(plan.scenario.arms, plan.arms, plan.sites, {});
  bool repeated = names.size() < 2;
  for (const evaluation::ArmFactor& factor : factors) {
    groups.push_back({factor.name, factor.level, factor.level[plan.reference]});
    repeated |= same_parts(factor.level, names);
  }
  if (!repeated) groups.push_back({"arm", names, names[plan.reference]});
  return groups;
}

Table::Cell cell(double number) { return number; }

void add_score_columns(Table& table) {
  for (const char* name : {"group", "level", "metric", "patients", "images", "failed_images",
                           "lesions", "value", "value_low", "value_high", "value_reason",
                           "difference", "difference_low", "difference_high", "difference_reason"})
    table.columns.emplace_back(name);
}

void add_score(std::vector<Table::Cell>& row, const GroupScore& score) {
  row.insert(row.end(), {score.group, score.level, score.metric, double(score.patients),
                         double(score.images), double(score.failed), double(score.lesions)});
  add_estimate(row, score.value);
  add_estimate(row, score.difference);
}

evaluation::Gives gives(Task task) {
  switch (task) {
    case Task::segmentation:
      return evaluation::Gives::masks;
    case Task::detection:
      return evaluation::Gives::findings;
    case Task::classification:
    case Task::embedding:
      break;
  }
  return evaluation::Gives::ratings;
}

/// The rows of a classifier's failed images are as those of the others.
void rate_failed(ScoredModel& model) {
  evaluation::ReaderStudy& study = model.study;
  for (evaluation::ImageScore& image : study.images)
    if (image.failed && !model.rates_lesions) image.lesions = {{"", {}, {}, none}};
}

std::string class_of(const evaluation::LesionScore* lesion, std::size_t grouping) {
  return lesion && grouping < lesion->classes.size() ? lesion->classes[grouping] : "";
}

/// Lesions by size; and by what they consist of, if they differ in it.
std::vector<std::string> lesion_classes(const StressRun& run) {
  std::set<std::string> compositions;
  for (const StressCase& one : run.cases)
    for (const evaluation::LesionScore& lesion : one.lesions)
      compositions.insert(class_of(&lesion, 1));
  compositions.erase("");
  if (compositions.size() < 2) return {"size_mm"};
  return {"size_mm", "composition"};
}

JudgedLimit judged(const trial::StressLimit& limit, const trial::Stress& stress,
                   const ScoredModel& model) {
  JudgedLimit row{model.run->model->name, &limit, "all", {}, false, {}};
  const GroupScore* score = nullptr;
  if (limit.of == "worst_group") {
    score = worst_of(stress, model, limit.metric);
    if (score) row.group = str(score->group, ": ", score->level);
  } else {
    const auto& scores = model.scores_with(limit.metric);
    const auto found = std::ranges::find_if(scores, [&](const GroupScore& one) {
      return one.group == "all" && one.metric == limit.metric;
    });
    if (found != scores.end()) score = &*found;
  }
  if (trial::is_of_response(limit.metric) && model.response.empty()) {
    row.reason = "the trial has no later visits (arms.follow_up)";
    return row;
  }
  if (!score || !score->value.has_value()) {
    row.reason =
        score ? score->value.reason : str("no group has ", stress.fewest_lesions, " lesions");
    return row;
  }
  row.value = score->value;
  const bool whole = limit.by == "interval";
  if (whole && !row.value.has_interval()) {
    row.reason = "there is no interval: " + row.value.reason;
    return row;
  }
  const double low = whole ? row.value.low : row.value.value;
  const double high = whole ? row.value.high : row.value.value;
  row.passed =
      (!limit.at_least || low >= *limit.at_least) && (!limit.at_most || high <= *limit.at_most);
  return row;
}

}  // namespace

void add_estimate(std::vector<Table::Cell>& row, const evaluation::Estimate& e) {
  row.insert(row.end(), {cell(e.value), cell(e.low), cell(e.high), e.reason});
}

evaluation::Resampling stress_resampling(const StoredTrial& stored) {
  return {make_stream(stored.plan.scenario.trial.seed, "stress", Draw::bootstrap)};
}

std::vector<ScoredModel> score_models(const StoredTrial& stored, const trial::Stress& stress,
                                      const std::vector<TrialImage>& images,
                                      const std::vector<StressRun>& runs) {
  const trial::Plan& plan = stored.plan;
  const auto groups = arm_groups(plan);
  evaluation::Resampling resampling = stress_resampling(stored);
  const evaluation::Resamples drawn(resampling.stream, resampling.replicates);
  resampling.drawn = &drawn;
  std::vector<ScoredModel> models;
  for (const StressRun& run : runs) {
    if (run.model->reader->task() == Task::embedding) continue;
    ScoredModel& scored = models.emplace_back();
    scored.run = &run;
    evaluation::ReaderStudy& study = scored.study;
    study.gives = gives(run.model->reader->task());
    if (study.gives == evaluation::Gives::masks) study.metrics = lesion_metrics();
    study.threshold = stress.threshold;
    study.probabilities = std::ranges::any_of(run.cases, &StressCase::probabilities);
    study.groups = groups;
    study.lesion_classes = lesion_classes(run);
    study.strata = {"stratum", "sex"};
    for (const StressCase& one : run.cases) {
      const TrialImage& image = images[one.image];
      study.images.push_back(
          {image.case_id,
           arm_index(plan, image),
           {image.stratum, image.sex},
           !one.failure.empty(),
           one.lesions,
           one.false_ones,
           stress.label.empty() ? !image.masks.empty() : image.stratum == stress.label});
    }
    if (study.gives == evaluation::Gives::ratings) {
      scored.rates_lesions = std::ranges::any_of(run.cases, [](const StressCase& one) {
        return one.failure.empty() && !one.lesions.empty() && !one.lesions.front().id.empty();
      });
      rate_failed(scored);
    }
    scored.scores = evaluation::score_groups(study, stress.rate, resampling);
  }
  return models;
}

bool is_stated(const ScoredModel& model, const std::string& metric) {
  return model.study.gives != evaluation::Gives::ratings || model.study.probabilities ||
         metric == "auc";
}

const GroupScore* worst_of(const trial::Stress& stress, const ScoredModel& model,
                           const std::string& metric) {
  const auto* about = trial::find_metric(model.run->model->reader->task(), metric);
  return about ? evaluation::worst_group(model.scores_with(metric), metric, about->better,
                                         stress.fewest_lesions)
               : nullptr;
}

std::vector<JudgedLimit> judge(const trial::Stress& stress,
                               const std::vector<ScoredModel>& models) {
  std::vector<JudgedLimit> rows;
  for (const trial::StressLimit& limit : stress.accept)
    for (const ScoredModel& model : models)
      if ((limit.model.empty() || limit.model == model.run->model->name) &&
          trial::find_metric(model.run->model->reader->task(), limit.metric))
        rows.push_back(judged(limit, stress, model));
  return rows;
}

Table case_table(const std::vector<TrialImage>& images, const std::vector<ScoredModel>& models) {
  Table table;
  table.columns = {"model",   "task",    "case",       "arm",    "replicate",
                   "stratum", "sex",     "status",     "reason", "false_positives",
                   "lesion",  "size_mm", "composition"};
  const std::vector<std::string> metrics = lesion_metrics();
  table.columns.insert(table.columns.end(), metrics.begin(), metrics.end());
  table.columns.insert(table.columns.end(), {"best_score", "label", "rating"});
  for (const ScoredModel& model : models)
    for (std::size_t c = 0; c < model.run->cases.size(); ++c) {
      const StressCase& one = model.run->cases[c];
      const TrialImage& image = images[one.image];
      const evaluation::ImageScore& scored = model.study.images[c];
      const bool rates = model.study.gives == evaluation::Gives::ratings;
      const auto add = [&](const evaluation::LesionScore* lesion) {
        std::vector<Table::Cell> row{model.run->model->name,
                                     std::string(to_string(model.run->model->reader->task())),
                                     image.case_id,
                                     image.arm,
                                     image.replicate,
                                     image.stratum,
                                     image.sex,
                                     one.failure.empty() ? "read" : "failed",
                                     one.failure,
                                     double(one.false_ones.size()),
                                     lesion ? lesion->id : "",
                                     class_of(lesion, 0),
                                     class_of(lesion, 1)};
        for (std::size_t m = 0; m < metrics.size(); ++m)
          row.push_back(cell(lesion && m < lesion->values.size() ? lesion->values[m] : none));
        row.push_back(cell(lesion && !rates ? lesion->best : none));
        row.push_back(cell(rates ? double(scored.positive) : none));
        row.push_back(cell(lesion && rates ? lesion->best : none));
        table.add(std::move(row));
      };
      for (const evaluation::LesionScore& lesion : scored.lesions) add(&lesion);
      if (scored.lesions.empty()) add(nullptr);
    }
  return table;
}

Table summary_table(const std::vector<ScoredModel>& models) {
  Table table;
  table.columns = {"model", "task"};
  add_score_columns(table);
  for (const ScoredModel& model : models)
    for (const GroupScore& score : model.scores) {
      std::vector<Table::Cell> row{model.run->model->name,
                                   std::string(to_string(model.run->model->reader->task()))};
      add_score(row, score);
      table.add(std::move(row));
    }
  return table;
}

Table readers_table(const std::vector<ReadersTogether>& all) {
  Table table;
  table.columns = {"readers"};
  add_score_columns(table);
  for (const ReadersTogether& together : all)
    for (const GroupScore& score : together.scores) {
      std::vector<Table::Cell> row{together.readers};
      add_score(row, score);
      table.add(std::move(row));
    }
  return table;
}

evaluation::Froc froc_of(const ScoredModel& model) {
  std::vector<evaluation::ReadImage> images;
  for (const evaluation::ImageScore& image : model.study.images) {
    evaluation::ReadImage& one = images.emplace_back();
    for (const evaluation::LesionScore& lesion : image.lesions) one.best.push_back(lesion.best);
    one.false_ones = image.false_ones;
  }
  return evaluation::froc(images);
}

Table froc_table(const std::vector<ScoredModel>& models) {
  Table table;
  table.columns = {"model", "threshold", "false_positives_per_image", "sensitivity"};
  for (const ScoredModel& model : models) {
    if (model.study.gives != evaluation::Gives::findings) continue;
    const evaluation::Froc curve = froc_of(model);
    for (std::size_t t = 0; t < curve.threshold.size(); ++t)
      table.add({model.run->model->name, curve.threshold[t], curve.false_per_image[t],
                 curve.sensitivity[t]});
  }
  return table;
}

Table roc_table(const std::vector<ScoredModel>& models) {
  Table table;
  table.columns = {"model", "threshold", "false_positive_rate", "sensitivity"};
  for (const ScoredModel& model : models) {
    if (model.study.gives != evaluation::Gives::ratings) continue;
    const evaluation::RocCurve curve = evaluation::roc_of(model.study);
    for (std::size_t t = 0; t < curve.threshold.size(); ++t)
      table.add({model.run->model->name, cell(curve.threshold[t]), curve.false_positive_rate[t],
                 curve.sensitivity[t]});
  }
  return table;
}

std::vector<ReadersTogether> readers_together(const std::vector<ScoredModel>& models) {
  std::vector<ReadersTogether> all;
  for (const bool of_lesions : {false, true}) {
    std::vector<const evaluation::ReaderStudy*> studies;
    std::string names;
    for (const ScoredModel& model : models)
      if (model.study.gives == evaluation::Gives::ratings && model.rates_lesions == of_lesions) {
        names += str(studies.empty() ? "" : ", ", model.run->model->name);
        studies.push_back(&model.study);
      }
    auto scores = evaluation::score_readers_together(studies);
    if (!scores.empty()) all.push_back({std::move(names), std::move(scores)});
  }
  return all;
}

Table limit_table(const std::vector<JudgedLimit>& limits) {
  Table table;
  table.columns = {"model",     "metric",     "of",       "by",      "group",   "value",
                   "value_low", "value_high", "at_least", "at_most", "verdict", "reason"};
  for (const JudgedLimit& row : limits)
    table.add({row.model, row.limit->metric, row.limit->of, row.limit->by, row.group,
               cell(row.value.value), cell(row.value.low), cell(row.value.high),
               cell(row.limit->at_least.value_or(none)), cell(row.limit->at_most.value_or(none)),
               row.passed ? "pass" : "fail", row.reason});
  return table;
}

}  // namespace vitrine::cli
