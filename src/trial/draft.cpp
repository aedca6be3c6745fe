#include "vitrine/trial/draft.hpp"

#include <algorithm>

namespace vitrine::trial {
namespace {

constexpr std::int64_t most_patients = 2, largest_matrix = 256, most_views = 300;

/// Halves a number of views while each place of a focal spot keeps its share of them.
void thin_out(std::int64_t& views) {
  constexpr std::int64_t focal_spots = 4;
  while (views > most_views && views % (2 * focal_spots) == 0) views /= 2;
}

}  // namespace

Scenario drafted(Scenario scenario) {
  if (scenario.simulation.quality != "draft") return scenario;
  scenario.patients.count = std::min(scenario.patients.count, most_patients);
  Protocol& protocol = scenario.arms.protocol;
  protocol.matrix = std::min(protocol.matrix, largest_matrix);
  for (Scanner& scanner : scenario.arms.scanners) {
    thin_out(scanner.views_per_rotation);
    if (scanner.flying_focal_spot) thin_out(scanner.flying_focal_spot->views_per_position);
  }
  Simulation& simulation = scenario.simulation;
  simulation.sub_columns = simulation.sub_rows = simulation.sub_views = 1;
  return scenario;
}

}  // namespace vitrine::trial
