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
#include "vitrine/model/voxel_regions.hpp"
#include "vitrine/report/stress_page.hpp"

namespace vitrine::cli {
namespace {

using evaluation::GroupScore;

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double square = 64.0;  // mm
constexpr int pixels = 160;

using evaluation::Gives;

std::string main_metric(const ScoredModel& model) {
  switch (model.study.gives) {
    case Gives::masks:
      return "dice";
    case Gives::findings:
      return "cpm";
    case Gives::ratings:
      break;
  }
  return "auc";
}

/// A lesion of an image, or the image as it was rated, and how badly.
struct Failure {
  const StressCase* one = nullptr;
  const evaluation::LesionScore* lesion = nullptr;
  bool positive = false;
  /// Dice, the best finding's score (missed: -1), or the share of the other class that is rated
  /// less like it.
  double score = 0.0;
};

/// Share of the other class' ratings on the right side of this one, ties half; failed: -1.
class Placement {
 public:
  explicit Placement(const ScoredModel& model) {
    for (const evaluation::ImageScore& image : model.study.images)
      for (const evaluation::LesionScore& rated : image.lesions)
        if (!std::isnan(rated.best)) sorted_[image.positive ? 1 : 0].push_back(rated.best);
    for (auto& one : sorted_) std::ranges::sort(one);
  }

  double of(double rating, bool positive) const {
    if (std::isnan(rating)) return -1.0;
    const std::vector<double>& others = sorted_[positive ? 0 : 1];
    const double share = others.empty() ? 0.5 : evaluation::share_below(others, rating);
    return positive ? share : 1.0 - share;
  }

 private:
  std::vector<double> sorted_[2];
};

double badness(const ScoredModel& model, const Placement& placement,
               const evaluation::ImageScore& image, const evaluation::LesionScore& lesion) {
  switch (model.study.gives) {
    case Gives::masks:
      return lesion.values[0];
    case Gives::findings:
      return std::isnan(lesion.best) ? -1.0 : lesion.best;
    case Gives::ratings:
      break;
  }
  return placement.of(lesion.best, image.positive);
}

/// The worst image of each lesion, worst first, then further ones of the same lesions.
std::vector<Failure> failures_of(const StressResult& result, const ScoredModel& model) {
  const Placement placement(model);
  std::vector<Failure> all;
  for (std::size_t c = 0; c < model.run->cases.size(); ++c) {
    const evaluation::ImageScore& image = model.study.images[c];
    for (const evaluation::LesionScore& lesion : image.lesions)
      all.push_back({&model.run->cases[c], &lesion, image.positive,
                     badness(model, placement, image, lesion)});
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

/// What a model found on the image's grid: its mask, or a voxel-sized disc about each point.
Mask found_on(const StressResult& result, const ScoredModel& model, const StressCase& one,
              const Grid& grid) {
  Mask mask(grid);
  if (!one.failure.empty()) return mask;
  if (model.study.gives == Gives::masks) {
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

/// What stands below a picture.
std::string note_of(const ScoredModel& model, const Failure& failure) {
  if (!failure.one->failure.empty()) return "the model failed";
  const auto number = [](const char* what, double value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s %.3g", what, value);
    return std::string(text.data());
  };
  if (model.study.gives == Gives::ratings)
    return str(failure.positive ? "has the label, " : "without it, ",
               number(model.study.probabilities ? "probability" : "score", failure.lesion->best));
  const bool masks = model.study.gives == Gives::masks;
  if (masks ? failure.lesion->values.back() == 0.0 : failure.score < 0.0) return "missed";
  return number(masks ? "Dice" : "score", failure.score);
}

report::Panel panel_of(const StressResult& result, const ScoredModel& model,
                       const Failure& failure) {
  const TrialImage& about = result.images[failure.one->image];
  const Image image = io::read_image(result.dir / about.path);
  const Grid& grid = image.grid();
  // An image that is rated as a whole: about its first lesion, or all of its middle slice.
  auto file = std::ranges::find(about.masks, failure.lesion->id, &MaskFile::lesion);
  if (failure.lesion->id.empty()) file = about.masks.begin();
  const bool has_lesion = file != about.masks.end();
  const Mask truth = has_lesion ? io::read_mask(result.dir / file->path) : Mask(grid);
  const double width =
      std::max(double(grid.size[0]) * grid.spacing[0], double(grid.size[1]) * grid.spacing[1]);
  const report::Frame frame =
      has_lesion ? report::square_about(grid, centre_of(truth), square, pixels)
                 : report::square_about(
                       grid,
                       0.5 * (grid.centre(0, 0, grid.size[2] / 2) +
                              grid.centre(grid.size[0] - 1, grid.size[1] - 1, grid.size[2] / 2)),
                       width, pixels);
  // Lung where it is dark about the lesion, else soft tissue.
  const bool lung = !has_lesion || file->organ.empty() || file->organ == "lung";
  const report::Bitmap plain =
      report::draw(image, frame, lung ? report::lung_window() : report::mediastinum_window());
  const std::string lesion = failure.lesion->id.empty() ? "" : str(failure.lesion->id, ", ");
  const std::string title = str(about.case_id, ", ", lesion, about.arm);
  if (model.study.gives == Gives::ratings)
    return {title,
            note_of(model, failure),
            {io::data_uri("image/png", png(report::outlined(plain, truth, frame)))}};
  const Mask found = found_on(result, model, *failure.one, grid);
  const report::Bitmap pair = report::contact_sheet(
      std::vector{report::outlined(plain, truth, frame), report::outlined(plain, found, frame)}, 2,
      2);
  return {title, note_of(model, failure), {io::data_uri("image/png", png(pair))}};
}

report::Sheet gallery(const StressResult& result, const ScoredModel& model) {
  report::Sheet sheet{"Where it did worst",
                      model.study.gives == Gives::ratings
                          ? str("Those rated most like the other class, with the true outline, ",
                                to_text(square), " mm wide; without a lesion, the middle slice.")
                          : str("Left the true outline, right what the model found, in the "
                                "lesion's middle slice, ",
                                to_text(square),
                                " mm wide: of each lesion the image on which it was read worst, "
                                "then others."),
                      {},
                      false};
  for (const Failure& failure : failures_of(result, model))
    sheet.panels.push_back(panel_of(result, model, failure));
  return sheet;
}

/// A metric of every group with its interval.
report::IntervalChart chart_of(const std::vector<GroupScore>& scores, const std::string& metric,
                               const std::vector<trial::StressLimit>& accept) {
  report::IntervalChart chart;
  chart.title = str(metric, " by group, 95 % intervals");
  for (const trial::StressLimit& limit : accept)
    if (limit.metric == metric && limit.at_least) chart.limits.push_back(*limit.at_least);
  for (const GroupScore& score : scores)
    if (score.metric == metric && score.value.has_value())
      chart.rows.emplace_back(
          score.level.empty() ? score.group : str(score.group, ": ", score.level), score.value);
  return chart;
}

/// What is drawn over a factor.
std::vector<std::string> drawn_metrics(const ScoredModel& model) {
  switch (model.study.gives) {
    case Gives::masks:
      return {"dice", "surface_dice", "sensitivity"};
    case Gives::findings:
      return {"cpm", "sensitivity"};
    case Gives::ratings:
      break;
  }
  return {"auc", "sensitivity", "specificity"};
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
    for (const std::string& metric : drawn_metrics(model)) {
      report::Line line{metric, {}, {}};
      for (const auto& [number, level] : levels)
        for (const GroupScore& score : model.scores)
          if (score.group == by.name && score.level == level && score.metric == metric &&
              score.value.has_value()) {
            line.x.push_back(number);
            line.y.push_back(score.value.value);
          }
      if (!line.x.empty()) chart.lines.push_back(std::move(line));
    }
    if (chart.lines.empty()) continue;
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
    if (score.group != "all" || !is_stated(model, score.metric)) continue;
    part.metrics.push_back(score.metric);
    const GroupScore* worst = worst_of(result.stress, model, score.metric);
    part.worst.push_back({score.metric, worst ? str(worst->group, ' ', worst->level) : "",
                          score.value, worst ? worst->value : evaluation::Estimate{}});
  }
  part.charts.push_back(chart_of(model.scores, main_metric(model), result.stress.accept));
  part.curves = curves_of(model);
  if (model.study.gives == Gives::findings) {
    const evaluation::Froc froc = froc_of(model);
    report::Line line{"FROC", froc.false_per_image, froc.sensitivity};
    part.curves.push_back(
        {"FROC of all images", "false positives per image", "sensitivity", {std::move(line)}});
  }
  if (model.study.gives == Gives::ratings) {
    const evaluation::RocCurve roc = evaluation::roc_of(model.study);
    report::Line line{"ROC", roc.false_positive_rate, roc.sensitivity};
    report::Line chance{"chance", {0.0, 1.0}, {0.0, 1.0}};
    if (!roc.threshold.empty())
      part.curves.push_back({"ROC curve of all that was rated",
                             "share of false positives",
                             "sensitivity",
                             {std::move(line), std::move(chance)}});
  }
  part.failures = gallery(result, model);
  return part;
}

/// Several classifiers, as if they were one model.
report::StressedModel together_part(const ReadersTogether& together) {
  report::StressedModel part;
  part.name = "Several readers";
  part.about = together.readers + ": multi-reader multi-case analysis";
  part.scores = together.scores;
  part.metrics = {"auc"};
  part.charts.push_back(chart_of(together.scores, "auc", {}));
  return part;
}

/// An embedding has no truth: how alike the arms describe the same is all that is said.
report::StressedModel embedding_part(const ScoredEmbedding& embedding) {
  report::StressedModel part;
  part.name = embedding.run->model->name;
  part.about = str("embedding of ", embedding.features.size(), " features, ", embedding.subjects,
                   " subjects in every arm; `vitrine stability` reads its CSV");
  part.worst.push_back({"median ICC(A,1)", "", median_agreement(embedding), {}});
  return part;
}

/// Steps of a curve from day 0 to a little after the last planned one.
report::Line steps(const std::string& name, const std::vector<evaluation::SurvivalStep>& curve,
                   double last) {
  report::Line line{name, {0.0}, {1.0}};
  for (const evaluation::SurvivalStep& step : curve) {
    line.x.insert(line.x.end(), 2, step.time);
    line.y.insert(line.y.end(), {line.y.back(), step.survival});
  }
  line.x.push_back(1.1 * last);
  line.y.push_back(line.y.back());
  return line;
}

report::StressedResponse response_part(const ReadResponse& response,
                                       const std::vector<trial::Arm>& arms) {
  report::StressedResponse part{response.reader,
                                response.scores,
                                {"Without progression", "planned day", "share of courses", {}}};
  const evaluation::ResponseStudy& study = response.study;
  const auto add = [&](const std::string& name, evaluation::By by,
                       const std::vector<const evaluation::Course*>& courses) {
    part.progression_free.lines.push_back(
        steps(name, evaluation::progression_free(study, by, courses), study.days.back()));
  };
  std::vector<const evaluation::Course*> all;
  std::vector<std::vector<const evaluation::Course*>> of_arms(arms.size());
  for (const evaluation::Course& course : study.courses) {
    all.push_back(&course);
    of_arms[course.arm].push_back(&course);
  }
  add("truth", evaluation::By::truth, all);
  constexpr std::size_t most_arms = 5;  // that a chart can tell apart
  if (arms.size() > most_arms) add("all arms", evaluation::By::reader, all);
  for (std::size_t a = 0; a < arms.size() && arms.size() <= most_arms; ++a)
    if (!of_arms[a].empty()) add(arms[a].name, evaluation::By::reader, of_arms[a]);
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
  const auto add = [&](const StressRun& run) {
    for (const StressCase& one : run.cases) {
      if (one.failure.empty()) continue;
      const TrialImage& image = result.images[one.image];
      table.add({run.model->name, image.case_id, image.arm, image.replicate, one.failure});
    }
  };
  for (const ScoredModel& model : result.models) add(*model.run);
  for (const ScoredEmbedding& embedding : result.embeddings) add(*embedding.run);
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
  page.facts = {{"images", str(result.images.size(), " of ", patients.size(), " patients, with ",
                               lesions, " lesions in all")}};
  const auto fact_of = [&](readers::Task task, const char* name, std::string value) {
    if (std::ranges::any_of(result.models, [&](const ScoredModel& model) {
          return model.run->model->reader->task() == task;
        }))
      page.facts.push_back({name, std::move(value)});
  };
  fact_of(readers::Task::segmentation, "surface tolerance",
          to_text(result.stress.surface_tolerance) + " mm");
  fact_of(readers::Task::detection, "sensitivity of detectors at",
          to_text(result.stress.rate) + " false positives per image");
  fact_of(readers::Task::classification, "label of classifiers",
          result.stress.label.empty() ? "lesions in the image" : result.stress.label);
  page.facts.push_back({"trial", "fingerprint " + result.stored.plan.fingerprint.substr(0, 16)});
  if (!result.limits.empty()) page.limits = limit_table(result.limits);
  for (const ScoredModel& model : result.models) page.models.push_back(model_part(result, model));
  for (const ReadersTogether& one : result.together) page.models.push_back(together_part(one));
  for (const ScoredEmbedding& one : result.embeddings) page.models.push_back(embedding_part(one));
  for (const ReadResponse& response : result.responses)
    page.responses.push_back(response_part(response, result.stored.plan.arms));
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
  const auto remark_unconfined = [&](const StressRun& run) {
    if (std::ranges::any_of(run.cases, [](const auto& one) { return !one.confined; }))
      page.remarks.push_back("The program of " + run.model->name +
                             " was not confined to its directory: this kernel has no Landlock.");
  };
  for (const ScoredModel& model : result.models) remark_unconfined(*model.run);
  for (const ScoredEmbedding& one : result.embeddings) remark_unconfined(*one.run);
  return report::render(page);
}

}  // namespace vitrine::cli
