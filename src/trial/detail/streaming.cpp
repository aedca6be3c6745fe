#include "vitrine/trial/detail/streaming.hpp"

#include <algorithm>
#include <set>

#include "vitrine/physics/beam.hpp"

namespace vitrine::trial::detail {

std::size_t outputs_at(const Arms& arms, std::size_t scanner, std::span<const Arm> mine,
                       double voltage) {
  std::set<double> loads;
  for (const Arm& arm : mine)
    if (arm.tube_voltage == voltage) loads.insert(arm.tube_load);
  return (1 + loads.size()) * bins_of(arms, arms.scanners[scanner]).size();
}

std::vector<std::vector<double>> voltage_groups(const Arms& arms, std::size_t scanner,
                                                std::span<const Arm> mine) {
  constexpr double most_bytes = 6.0 * 1024.0 * 1024.0 * 1024.0;
  const ScanGeometry g = scan_geometry(arms.scanners[scanner], arms.protocol, 0.0, 0.0);
  const double output_bytes =
      double(g.views()) * double(g.columns * g.rows) * double(sizeof(float));
  const bool can_share = physics::can_share_rays(arms.scanners[scanner]);
  std::vector<std::vector<double>> groups;
  std::vector<double> known;
  double bytes = 0.0;
  for (const Arm& arm : mine) {
    if (std::ranges::count(known, arm.tube_voltage) > 0) continue;
    known.push_back(arm.tube_voltage);
    const double its_bytes =
        double(outputs_at(arms, scanner, mine, arm.tube_voltage)) * output_bytes;
    bytes += its_bytes;
    if (groups.empty() || !can_share || arm.motion > 0.0 || bytes > most_bytes) {
      groups.emplace_back();
      bytes = its_bytes;
    }
    groups.back().push_back(arm.tube_voltage);
  }
  return groups;
}

}  // namespace vitrine::trial::detail
