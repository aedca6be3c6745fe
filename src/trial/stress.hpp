#pragma once
#include <optional>
#include <string>
#include <vector>

#include "vitrine/evaluation/reader_study.hpp"
#include "vitrine/phantoms/cohort.hpp"
#include "vitrine/readers/reader.hpp"

namespace vitrine::trial {

/// A model under test.
struct StressModel {
  std::string name;
  Pick<readers::Reader> reader;
  static const Schema<StressModel>& schema();
};

/// What must hold for a model to pass.
struct StressLimit {
  std::string model;  ///< empty: every model that has the metric
  std::string metric;
  std::string of = "all";    ///< all, worst_group
  std::string by = "value";  ///< value; interval: its end that is nearer to failing
  std::optional<double> at_least, at_most;
  static const Schema<StressLimit>& schema();
};

/// How models are tried on the images of a trial.
struct Stress {
  std::vector<StressModel> models;
  double surface_tolerance = 1.0;  ///< mm
  double least_reach = 3.0;        ///< mm: radius of a lesion for findings, at least
  double rate = 1.0;               ///< false positives per image of `sensitivity`
  std::string label;       ///< a stratum, which ratings are to tell; empty: lesions in the image
  double threshold = 0.5;  ///< probability from which on the label is called
  std::vector<double> size_limits{6, 10, 20};  ///< mm, between classes of lesions
  std::int64_t fewest_lesions = 5;             ///< of a group that may be the worst
  std::int64_t gallery = 8;                    ///< failures shown of each model
  std::string new_lesions = "true_lesions";    ///< that a response counts; or any_finding
  std::vector<StressLimit> accept;
  static const Schema<Stress>& schema();
};

/// Metrics of one task, in the order of the tables.
struct StressMetric {
  const char* name;
  const char* about;
  readers::Task task;
  evaluation::Better better;
};
const std::vector<StressMetric>& stress_metrics();

/// The metric of a task; null if it has none of that name.
const StressMetric* find_metric(readers::Task task, const std::string& name);

/// Why `label` cannot be told in these patients, and the way out; empty: it can.
std::string label_problem(const Stress& stress, const phantoms::Cohort& patients);

/// If a metric is of the response that a model's sizes mean, and needs later visits.
bool is_of_response(const std::string& metric);

/// The class of a lesion with this diameter (of a ball of its volume, mm): "6 to 10 mm".
std::string size_class(const Stress& stress, double diameter);

}  // namespace vitrine::trial
