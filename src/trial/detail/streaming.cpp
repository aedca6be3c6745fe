#include "vitrine/trial/detail/streaming.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "vitrine/physics/beam.hpp"

namespace vitrine::trial::detail {

namespace {

constexpr double most_bytes = 6.0 * 1024.0 * 1024.0 * 1024.0;

double bytes_of(const ScanGeometry& g) {
  return double(g.views()) * double(g.columns * g.rows) * double(sizeof(float));
}

}  // namespace

std::size_t ScanSize::series_at_once() const {
  const auto room = std::size_t(most_bytes / std::max(bytes, 1.0));
  return std::clamp(room - std::min(room, known), std::size_t{1}, series);
}

ScanSize scan_size(const Arms& arms, std::size_t scanner, std::span<const Arm> mine,
                   double voltage) {
  std::set<std::pair<double, std::int64_t>> loads;  // with the number of the noise repeat
  for (const Arm& arm : mine)
    if (arm.tube_voltage == voltage)
      for (std::int64_t n = 0; n <= arm.noise_repeats; ++n) loads.emplace(arm.tube_load, n);
  const Scanner& hardware = arms.scanners[scanner];
  return {std::size_t(arms.noiseless) + loads.size(), bins_of(arms, hardware).size(),
          known_of_rays(arms, hardware),
          bytes_of(scan_geometry(hardware, arms.protocol, 0.0, 0.0))};
}

std::size_t known_of_rays(const Arms& arms, const Scanner& scanner) {
  const auto& sensor = scanner.detector.sensor;
  return sensor ? 1 + sensor->bins() : arms.protocol.dual_energy ? 4 : 2;
}

std::vector<std::vector<double>> voltage_groups(const Arms& arms, std::size_t scanner,
                                                std::span<const Arm> mine) {
  const bool can_share = physics::can_share_rays(arms.scanners[scanner]);
  std::vector<std::vector<double>> groups;
  std::vector<double> known;
  double bytes = 0.0;
  for (const Arm& arm : mine) {
    if (std::ranges::count(known, arm.tube_voltage) > 0) continue;
    known.push_back(arm.tube_voltage);
    const ScanSize its = scan_size(arms, scanner, mine, arm.tube_voltage);
    const double its_bytes = double(its.held()) * its.bytes;
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
