#include "vitrine/trial/stress.hpp"

#include <algorithm>

#include "vitrine/trial/detail/distinct.hpp"

namespace vitrine::trial {
namespace {

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const StressMetric& metric : stress_metrics())
    if (std::ranges::find(names, metric.name) == names.end()) names.emplace_back(metric.name);
  return names;
}

/// Limits name models that are there, and metrics that these have.
void check_limits(const Stress& stress, const Value& node, Diagnostics& problems) {
  const Value* written = node.find("accept");
  const auto* list = written ? written->as<Value::List>() : nullptr;
  std::vector<std::string> models;
  for (const StressModel& model : stress.models) models.push_back(model.name);
  for (std::size_t i = 0; i < stress.accept.size(); ++i) {
    const StressLimit& limit = stress.accept[i];
    const Location where = list ? (*list)[i].where : node.where;
    if (!limit.model.empty() && std::ranges::find(models, limit.model) == models.end()) {
      problems.error(where, str("accept: there is no model '", limit.model, "'.",
                                suggestion(limit.model, models)));
      continue;
    }
    const bool measured = std::ranges::any_of(stress.models, [&](const StressModel& model) {
      return (limit.model.empty() || limit.model == model.name) &&
             find_metric(model.reader->task(), limit.metric);
    });
    if (!measured)
      problems.error(where,
                     str("accept: ", limit.model.empty() ? "no model" : limit.model,
                         limit.model.empty() ? " has" : " has not", " the metric ", limit.metric,
                         " (each task has metrics of its own). Choose "
                         "one of its task"));
  }
}

}  // namespace

const std::vector<StressMetric>& stress_metrics() {
  using evaluation::Better;
  using readers::Task;
  static const std::vector<StressMetric> all{
      {"dice", "overlap of masks", Task::segmentation, Better::high},
      {"surface_dice", "share of surfaces within the tolerance", Task::segmentation, Better::high},
      {"hausdorff95_mm", "95th percentile of surface distances", Task::segmentation, Better::low},
      {"surface_distance_mm", "mean distance of surfaces", Task::segmentation, Better::low},
      {"volume_error_percent", "of the true mask's volume", Task::segmentation, Better::near_zero},
      {"diameter_error_mm", "of the longest line in a slice", Task::segmentation,
       Better::near_zero},
      {"sensitivity", "share of lesions that it touches", Task::segmentation, Better::high},
      {"false_positives_per_image", "parts that touch no lesion", Task::segmentation, Better::low},
      {"response_agreement", "share of visits with the true category of RECIST 1.1",
       Task::segmentation, Better::high},
      {"response_kappa", "the same beyond chance", Task::segmentation, Better::high},
      {"irecist_agreement", "share of visits with the true category of iRECIST", Task::segmentation,
       Better::high},
      {"irecist_kappa", "the same beyond chance", Task::segmentation, Better::high},
      {"objective_response_error", "of the share of courses that respond", Task::segmentation,
       Better::near_zero},
      {"progression_free_error", "of the share without progression to the last visit",
       Task::segmentation, Better::near_zero},
      {"progression_agreement", "share of courses with the true first visit of progression",
       Task::segmentation, Better::high},
      {"cpm", "mean sensitivity at 1/8 to 8 false positives per image", Task::detection,
       Better::high},
      {"sensitivity", "at the false positives per image of stress.false_positives_per_image",
       Task::detection, Better::high},
      {"auc", "area under the ROC curve", Task::classification, Better::high},
      {"sensitivity", "share with the label that are called, of probabilities",
       Task::classification, Better::high},
      {"specificity", "share without the label that are not", Task::classification, Better::high},
      {"brier", "mean square of probability less label", Task::classification, Better::low},
      {"calibration_slope", "of the label's log-odds on the probability's", Task::classification,
       Better::near_one},
      {"calibration_intercept", "log-odds by which probabilities are too low", Task::classification,
       Better::near_zero}};
  return all;
}

const StressMetric* find_metric(readers::Task task, const std::string& name) {
  const auto& all = stress_metrics();
  const auto found = std::ranges::find_if(
      all, [&](const StressMetric& one) { return one.task == task && one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string label_problem(const Stress& stress, const phantoms::Cohort& patients) {
  if (stress.label.empty()) return {};
  std::vector<std::string> names;
  for (const auto& stratum : patients.strata) names.push_back(stratum.name);
  if (std::ranges::find(names, stress.label) == names.end())
    return str("stress.label: there is no stratum '", stress.label, "' in patients.strata.",
               suggestion(stress.label, names));
  if (names.size() == 1)
    return "stress.label: every patient is of this stratum (a label is told from its absence). Add "
           "another stratum";
  return {};
}

bool is_of_response(const std::string& metric) {
  return metric.starts_with("response_") || metric.starts_with("irecist_") ||
         metric.starts_with("objective_response_") || metric.starts_with("progression_");
}

std::string size_class(const Stress& stress, double diameter) {
  const auto& limits = stress.size_limits;
  if (limits.empty()) return {};
  const auto above = std::ranges::upper_bound(limits, diameter);
  if (above == limits.begin()) return "below " + to_text(limits.front());
  if (above == limits.end()) return "from " + to_text(limits.back());
  return str(to_text(*std::prev(above)), " to ", to_text(*above));
}

const Schema<StressModel>& StressModel::schema() {
  static const auto s =
      Schema<StressModel>("model", "A model under test")
          .required("name", &StressModel::name, "names it in tables and files")
          .name_of_at_most(40)
          .required("reader", &StressModel::reader,
                    "what reads the images: a built-in reader, a command, or a network "
                    "(onnx)");
  return s;
}

const Schema<StressLimit>& StressLimit::schema() {
  static const auto s =
      Schema<StressLimit>("accept", "A limit that a model must keep")
          .optional("model", &StressLimit::model,
                    "which model; every one that has the metric if nothing is said")
          .required("metric", &StressLimit::metric, "what is judged")
          .one_of(metric_names())
          .optional("of", &StressLimit::of,
                    "the mean of all lesions, or that of the worst of all groups")
          .one_of({"all", "worst_group"})
          .optional("by", &StressLimit::by,
                    "value: the mean must keep the limit; interval: its whole 95 % interval must")
          .one_of({"value", "interval"})
          .optional("at_least", &StressLimit::at_least, "lower limit")
          .optional("at_most", &StressLimit::at_most, "upper limit")
          .rule("accept needs at_least or at_most", [](const StressLimit& limit) {
            return limit.at_least.has_value() || limit.at_most.has_value();
          });
  return s;
}

const Schema<Stress>& Stress::schema() {
  static const auto s =
      Schema<Stress>("stress", "Models that are tried on the trial's images (`vitrine stress`)")
          .required("models", &Stress::models, "models under test")
          .optional("surface_tolerance", &Stress::surface_tolerance, unit::mm,
                    "distance within which surfaces agree (surface Dice)")
          .between(0, 50)
          .optional("least_reach", &Stress::least_reach, unit::mm,
                    "a finding within a lesion's radius has found it; within this, if it is more")
          .between(0, 50)
          .optional("false_positives_per_image", &Stress::rate,
                    "at which the sensitivity of detectors is stated")
          .between(0, 100)
          .optional("label", &Stress::label,
                    "stratum of patients that classifiers are to tell from the others (images with "
                    "lesions from those without, if nothing is said)")
          .unless_default()
          .optional("threshold", &Stress::threshold,
                    "probability from which on a classifier is taken to call the label")
          .between(0.001, 0.999)
          .unless_default()
          .optional("size_limits", &Stress::size_limits, unit::mm,
                    "diameters (of balls of equal volume) that part lesions into classes")
          .between(0.1, 1000)
          .optional("fewest_lesions", &Stress::fewest_lesions,
                    "of a group that may be called the worst; smaller ones are left to chance")
          .between(1, 1000000)
          .optional("gallery", &Stress::gallery, "failures shown of each model")
          .between(0, 100)
          .optional("new_lesions", &Stress::new_lesions,
                    "what a model finds at a later visit counts as a new lesion in its response if "
                    "it is truly one (true_lesions), or if the model found nothing there at the "
                    "baseline (any_finding)")
          .one_of({"true_lesions", "any_finding"})
          .unless_default()
          .optional("accept", &Stress::accept, "limits; a model that breaks one fails")
          .rule("models must not be empty", [](const Stress& x) { return !x.models.empty(); })
          .rule("models must have different names",
                [](const Stress& x) {
                  std::vector<std::string> names;
                  for (const StressModel& model : x.models) names.push_back(model.name);
                  return detail::distinct(std::move(names));
                })
          .rule("size_limits_mm must ascend",
                [](const Stress& x) {
                  return std::ranges::is_sorted(x.size_limits, std::less_equal{});
                })
          .checked(check_limits);
  return s;
}

}  // namespace vitrine::trial
