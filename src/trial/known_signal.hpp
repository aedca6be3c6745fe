#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vitrine/core/schema.hpp"
#include "vitrine/evaluation/signal_ladder.hpp"
#include "vitrine/evaluation/stability.hpp"

namespace vitrine::phantoms {
struct Cohort;
}

namespace vitrine::trial {

struct Plan;
struct Scenario;

/// What `statistics.known_signal` asks for.
struct KnownSignalSettings {
  std::string label;                  ///< a stratum, to be told from the others
  std::vector<std::string> features;  ///< families, or features by their id; empty: all measured
  std::string penalty = "ridge";      ///< or elastic_net, lasso
  std::int64_t folds = 5, repeats = 10;
  double confounding = 0.8;  ///< share of the label's patients at the first half of the arms
  double threshold = 0.5;    ///< probability
  static const Schema<KnownSignalSettings>& schema();
};

/// Probability that the texture of a random lesion with the label is drawn stronger than that of a
/// random one without (equal ones half): the area under the ROC curve of what was drawn, in the
/// population of the scenario, to 1e-4. Nothing where no strength is drawn.
std::optional<double> population_area(const phantoms::Cohort& cohort, const std::string& label);

/// Standard deviations, HU, that textures were drawn with, by patient and lesion.
using DrawnTextures = std::map<std::pair<std::string, std::string>, double>;

/// The ladder of a trial: lesions that were measured in every arm, arms as sites. Without the drawn
/// textures of them all it has no oracle.
evaluation::SignalLadder known_signal(const Plan& plan, const evaluation::Study& study,
                                      const DrawnTextures& drawn);

/// A label that is no stratum, classes of too few patients, features that are not measured.
/// `block` is that of the settings.
void check_known_signal(const Scenario& scenario, const Value& block, Diagnostics& problems);

}  // namespace vitrine::trial
