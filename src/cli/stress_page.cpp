#include "vitrine/cli/stress_page.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <set>
#include <utility>

#include "vitrine/cli/picture_file.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/io/png.hpp"
#include "vitrine/report/stress_page.hpp"

namespace vitrine::cli {
namespace {

using evaluation::GroupScore;

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double square = 64.0;  // mm
constexpr int pixels = 160;

std::string main_metric(const ScoredModel& model) { return model.study.detects ? "cpm" : "dice"; }

/// A lesion of an image, and how badly it was read.
struct Failure {
  const StressCase* one = nullptr;
  const evaluation::LesionScore* lesion = nullptr;
  double score = 0.0;  // Dice, or the best finding's; missed: -1
};

/// The worst image of each lesion, worst first, then further ones of the same lesions.
std::vector<Failure> failures_of(const StressResult& result, const ScoredModel& model) {
  std::vector<Failure> all;
  for (const StressCase& one : model.run->cases)
    for (const evaluation::LesionScore& lesion : one.lesions) {
      const double score =
          model.study.detects ? (std::isnan(lesion.best) ? -1.0 : lesion.best) : lesion.values[0];
      all.push_back({&one, &lesion, score});
    }
  std::ranges::stable_sort(all, {}, &Failure::score);
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<Failure> first, further;
  for (const Failure& failure : all) {
    const std::string& patient = result.images[failure.one->image].case_id;
    (seen.emplace(patient, failure.lesion->id).second ? first : further).push_back(failure);
  }
  first.insert(first.end(), further.begin(), further.end());
  first.resize(std::min(first.size(), std::size_t(result.stress.gallery)));
  return first;
}

Vec3 centre_of(const Mask& mask) {
  Vec3 sum = Vec3::Zero();
  double count = 0.0;
  const auto& size = mask.grid().size;
  for (Index k = 0; k < size[2]; ++k)
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i)
        if (mask(i, j, k) != 0) {
          sum += mask.grid().centre(i, j, k);
          count += 1.0;
        }
  return sum / count;
}

/// What a model found on the image's grid: its mask, or a voxel-sized disc about each point.
Mask found_on(const StressResult& result, const ScoredModel& model, const StressCase& one,
              const Grid& grid) {
  Mask mask(grid);
  if (!one.failure.empty()) return mask;
  if (!model.study.detects) {
    const LabelImage labels =
        io::read_labels(found_mask(result.out, model.run->model->name, one.id));
    for (std::size_t v = 0; v < labels.index.size(); ++v)
      mask.values()[v] = labels.labels[labels.index[v]].value != 0;
    return mask;
  }
  constexpr double radius = 2.0;  // mm
  for (const readers::Point& point : one.points) {
    const GridBox box = box_about(grid, point.centre, radius);
    for (Index k = 0; k < box.grid.size[2]; ++k)
      for (Index j = 0; j < box.grid.size[1]; ++j)
        for (Index i = 0; i < box.grid.size[0]; ++i)
          if ((box.grid.centre(i, j, k) - point.centre).norm() <=
              std::max(radius, grid.spacing.maxCoeff()))
            mask(box.first[0] + i, box.first[1] + j, box.first[2] + k) = 1;
  }
  return mask;
}

report::Panel panel_of(const StressResult& result, const ScoredModel& model,
                       const Failure& failure) {
  const TrialImage& about = result.images[failure.one->image];
  const Image image = io::read_image(result.dir / about.path);
  const auto file = std::ranges::find(about.masks, failure.lesion->id, &MaskFile::lesion);
  const Mask truth = io::read_mask(result.dir / file->path);
  const Vec3 centre = centre_of(truth);
  const report::Frame frame = report::square_about(image.grid(), centre, square, pixels);
  // Lung where it is dark about the lesion, else soft tissue.
  const bool lung = file->organ.empty() || file->organ == "lung";
  const report::Bitmap plain =
      report::draw(image, frame, lung ? report::lung_window() : report::mediastinum_window());
  const Mask found = found_on(result, model, *failure.one, image.grid());
  const report::Bitmap pair = report::contact_sheet(
      std::vector{report::outlined(plain, truth, frame), report::outlined(plain, found, frame)}, 2,
      2);
  std::array<char, 64> note{};
  if (!failure.one->failure.empty())
    std::snprintf(note.data(), note.size(), "the model failed");
  else if (model.study.detects ? failure.score < 0.0 : failure.lesion->values.back() == 0.0)
    std::snprintf(note.data(), note.size(), "missed");
  else
    std::snprintf(note.data(), note.size(), "%s %.2f", model.study.detects ? "score" : "Dice",
                  failure.score);
  return {str(about.case_id, ", ", failure.lesion->id, ", ", about.arm),
          note.data(),
          {io::data_uri("image/png", png(pair))}};
}

report::Sheet gallery(const StressResult& result, const ScoredModel& model) {
  report::Sheet sheet{"Where it did worst",
                      str("Left the true outline, right what the model found, in the lesion's ",
                          "middle slice, ", to_text(square),
                          " mm wide: of each lesion the image on which it was read "
                          "worst, then others."),
                      {},
                      false};
  for (const Failure& failure : failures_of(result, model))
    sheet.panels.push_back(panel_of(result, model, failure));
  return sheet;
}

/// The main metric of every group with its interval.
report::IntervalChart chart_of(const StressResult& result, const ScoredModel& model) {
  report::IntervalChart chart;
  chart.title = str(main_metric(model), " by group, 95 % intervals");
  for (const trial::StressLimit& limit : result.stress.accept)
    if (limit.metric == main_metric(model) && limit.at_least)
      chart.limits.push_back(*limit.at_least);
  for (const GroupScore& score : model.scores)
    if (score.metric == main_metric(model))
      chart.rows.emplace_back(
          score.level.empty() ? score.group : str(score.group, ": ", score.level), score.value);
  return chart;
}

/// Metrics over the levels of each factor that is a number.
std::vector<report::LineChart> curves_of(const ScoredModel& model) {
  std::vector<report::LineChart> charts;
  for (const evaluation::ArmGroup& by : model.study.groups) {
    std::vector<std::pair<double, std::string>> levels;
    for (const std::string& level : by.level) {
      double number = none;
      const auto [end, error] = std::from_chars(level.data(), level.data() + level.size(), number);
      if (error != std::errc() || end != level.data() + level.size()) number = none;
      levels.emplace_back(number, level);
    }
    if (std::ranges::any_of(levels, [](const auto& one) { return std::isnan(one.first); }))
      continue;
    std::ranges::sort(levels);
    levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
    report::LineChart chart{"Over " + by.name, by.name, "mean", {}};
    std::vector<std::string> metrics =
        model.study.detects ? std::vector<std::string>{"cpm", "sensitivity"}
                            : std::vector<std::string>{"dice", "surface_dice", "sensitivity"};
    for (const std::string& metric : metrics) {
      report::Line line{metric, {}, {}};
      for (const auto& [number, level] : levels)
        for (const GroupScore& score : model.scores)
          if (score.group == by.name && score.level == level && score.metric == metric) {
            line.x.push_back(number);
            line.y.push_back(score.value.value);
          }
      chart.lines.push_back(std::move(line));
    }
    charts.push_back(std::move(chart));
  }
  return charts;
}

report::StressedModel model_part(const StressResult& result, const ScoredModel& model) {
  report::StressedModel part;
  part.name = model.run->model->name;
  const Value& written = model.run->model->reader.canonical;
  part.about = str(to_string(model.run->model->reader->task()), "; ", to_json(written));
  part.scores = model.scores;
  for (const GroupScore& score : model.scores) {
    if (score.group != "all") continue;
    part.metrics.push_back(score.metric);
    const GroupScore* worst = worst_of(result.stress, model, score.metric);
    part.worst.push_back({score.metric, worst ? str(worst->group, ' ', worst->level) : "",
                          score.value, worst ? worst->value : evaluation::Estimate{}});
  }
  part.charts.push_back(chart_of(result, model));
  part.curves = curves_of(model);
  if (model.study.detects) {
    const evaluation::Froc froc = froc_of(model);
    report::Line line{"FROC", froc.false_per_image, froc.sensitivity};
    part.curves.push_back(
        {"FROC of all images", "false positives per image", "sensitivity", {std::move(line)}});
  }
  part.failures = gallery(result, model);
  return part;
}

std::string answer_of(const StressResult& result) {
  if (result.limits.empty()) return "No acceptance limits are declared: nothing passes or fails.";
  const auto broken = std::ranges::count(result.limits, false, &JudgedLimit::passed);
  if (broken == 0) return "Pass: all declared acceptance limits are kept.";
  return str("Fail: ", broken, " of ", result.limits.size(),
             " declared acceptance limits are broken.");
}

Table failed_table(const StressResult& result) {
  Table table;
  table.columns = {"model", "case", "arm", "replicate", "why"};
  for (const ScoredModel& model : result.models)
    for (const StressCase& one : model.run->cases)
      if (!one.failure.empty()) {
        const TrialImage& image = result.images[one.image];
        table.add({model.run->model->name, image.case_id, image.arm, image.replicate, one.failure});
      }
  return table;
}

}  // namespace

std::string stress_page(const StressResult& result) {
  const trial::Scenario& scenario = result.stored.plan.scenario;
  report::StressPage page;
  page.title = scenario.trial.name;
  page.question = scenario.trial.context_of_use.question;
  page.answer = answer_of(result);
  std::vector<std::string> patients;
  std::size_t lesions = 0;
  for (const TrialImage& image : result.images) {
    patients.push_back(image.case_id);
    lesions += image.masks.size();
  }
  patients.erase(std::unique(patients.begin(), patients.end()), patients.end());
  page.facts = {
      {"images", str(result.images.size(), " of ", patients.size(), " patients, with ", lesions,
                     " lesions in all")},
      {"surface tolerance", to_text(result.stress.surface_tolerance) + " mm"},
      {"sensitivity of detectors at", to_text(result.stress.rate) + " false positives per image"},
      {"trial", "fingerprint " + result.stored.plan.fingerprint.substr(0, 16)}};
  if (!result.limits.empty()) page.limits = limit_table(result.limits);
  for (const ScoredModel& model : result.models) page.models.push_back(model_part(result, model));
  page.failed = failed_table(result);
  page.remarks = {
      "Patients, lesions and scanners are simulated: a model that passes here may fail in "
      "patients.",
      "The truth is a mask of whole voxels on the image's grid: distances below a voxel mean "
      "little.",
      str("The worst group is the worst of all groups with ", result.stress.fewest_lesions,
          " lesions or more: with many groups one of them is low by chance."),
      "Images on which a model failed count as images on which it found nothing.",
      "Intervals resample patients (bootstrap); a group of fewer than 4 patients has none."};
  for (const ScoredModel& model : result.models)
    if (std::ranges::any_of(model.run->cases, [](const auto& one) { return !one.confined; }))
      page.remarks.push_back("The program of " + model.run->model->name +
                             " was not confined to its directory: this kernel has no Landlock.");
  return report::render(page);
}

}  // namespace vitrine::cli
