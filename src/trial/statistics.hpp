#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/core/schema.hpp"
#include "vitrine/trial/known_signal.hpp"

namespace vitrine::trial {

struct Scenario;

/// How ComBat harmonises a trial's features, and what of them it keeps.
struct HarmonisationSettings {
  std::string batch;                               ///< a factor; empty: site, else scanner
  std::vector<std::string> methods{"parametric"};  ///< each judged on its own
  std::string reference;                           ///< level of `batch`; empty: towards all
  std::vector<std::string> covariates;             ///< volume, stratum, factors
  std::string label;                               ///< a stratum that features should tell apart
  std::int64_t folds = 5;                          ///< of patients
  std::int64_t smallest_batch = 10;                ///< lesions
  static const Schema<HarmonisationSettings>& schema();
};

/// How the statistics that `analyse` names are computed.
struct Statistics {
  std::vector<std::string> random;  ///< factors whose levels are a sample of many; others: fixed
  std::optional<HarmonisationSettings> harmonisation;  ///< none: its defaults
  std::optional<KnownSignalSettings> known_signal;     ///< none: it is not asked for
  static const Schema<Statistics>& schema();
};

/// The ways of ComBat that `methods` may name.
const std::vector<std::string>& combat_methods();

/// The factor that is harmonised, in a trial with sites or without.
std::string batch_of(const Statistics& statistics, bool has_sites);

/// Whether `analyse` names a statistic.
bool asks_for(const Scenario& scenario, const char* statistic);

/// Settings of what `analyse` leaves out, and names that the trial does not have.
void check_statistics(const Scenario& scenario, const Value& node, Diagnostics& problems);

}  // namespace vitrine::trial
