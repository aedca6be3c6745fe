#include "vitrine/trial/draft.hpp"

#include <algorithm>

namespace vitrine::trial {
namespace {

constexpr std::int64_t most_patients = 2, largest_matrix = 256, most_views = 300;

/// Halves a number of views while each of the focal spot's places keeps its share of them.
void thin_out(std::int64_t& views, std::int64_t places) {
  while (views > most_views && views % (2 * places) == 0) views /= 2;
}

/// Of each stratum, where there are any: then all have counts.
void few(phantoms::Cohort& patients) {
  if (patients.strata.empty()) {
    patients.count = std::min(phantoms::patient_count(patients), most_patients);
    return;
  }
  const auto sizes = phantoms::stratum_sizes(patients);
  patients.count.reset();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    patients.strata[i].share.reset();
    patients.strata[i].count = std::min(std::int64_t(sizes[i]), most_patients);
  }
}

/// A draft's own number of views is none that a profile knows the source or the range of.
void forget_source_of_views(Scanner& scanner) {
  if (!scanner.profile) return;
  for (Provenance& known : scanner.profile->provenance)
    std::erase(known.keys, "views_per_rotation");
  std::erase_if(scanner.profile->provenance,
                [](const Provenance& known) { return known.keys.empty(); });
}

}  // namespace

Scenario drafted(Scenario scenario) {
  if (scenario.simulation.quality != "draft") return scenario;
  few(scenario.patients);
  std::int64_t places = 1;
  const auto coarsen = [&](Protocol& protocol) {
    protocol.matrix = std::min(protocol.matrix, largest_matrix);
    const std::string& flies = protocol.flying_focal_spot;
    places = std::max<std::int64_t>(places, flies == "none" ? 1 : flies == "both" ? 4 : 2);
  };
  if (scenario.arms.protocols.empty()) coarsen(scenario.arms.protocol);
  for (Protocol& each : scenario.arms.protocols) coarsen(each);
  for (Scanner& scanner : scenario.arms.scanners) {
    const std::int64_t views = scanner.views_per_rotation;
    thin_out(scanner.views_per_rotation, places);
    if (scanner.views_per_rotation != views) forget_source_of_views(scanner);
    if (scanner.flying_focal_spot) thin_out(scanner.flying_focal_spot->views_per_position, 1);
  }
  Simulation& simulation = scenario.simulation;
  simulation.sub_columns = simulation.sub_rows = simulation.sub_views = 1;
  return scenario;
}

}  // namespace vitrine::trial
