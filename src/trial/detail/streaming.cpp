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

std::vector<const Arm*> noiseless_arms(const Arms& arms, std::span<const Arm> mine,
                                       double voltage) {
  std::vector<const Arm*> each;
  if (!arms.noiseless) return each;
  for (const Arm& arm : mine)
    if (arm.tube_voltage == voltage &&
        std::ranges::none_of(each, [&](const Arm* one) { return one->same_but_dose(arm); }))
      each.push_back(&arm);
  return each;
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

std::vector<std::vector<OneScan>> trace_passes(std::span<const ScannedAlike> ways,
                                               std::size_t scanner) {
  std::vector<double> voltages;  // in the order of their first arms
  for (const ScannedAlike& way : ways)
    for (const Arm& arm : way.arms)
      if (std::ranges::find(voltages, arm.tube_voltage) == voltages.end())
        voltages.push_back(arm.tube_voltage);
  std::vector<std::vector<OneScan>> passes;
  double bytes = 0.0;
  for (const double voltage : voltages)
    for (std::size_t w = 0; w < ways.size(); ++w) {
      const auto& [view, arms] = ways[w];
      const auto first = std::ranges::find(arms, voltage, &Arm::tube_voltage);
      if (first == arms.end()) continue;
      const ScanSize its = scan_size(view, scanner, arms, voltage);
      const double its_bytes = double(its.held()) * its.bytes;
      bytes += its_bytes;
      const bool apart = !physics::can_share_rays(view.scanners[scanner]) || first->motion > 0.0;
      if (passes.empty() || bytes > most_bytes ||
          (apart && passes.back().front().voltage != voltage)) {
        passes.emplace_back();
        bytes = its_bytes;
      }
      passes.back().push_back({w, voltage});
    }
  return passes;
}

std::size_t voltages_of(std::span<const OneScan> pass) {
  std::set<double> different;
  for (const OneScan& scan : pass) different.insert(scan.voltage);
  return different.size();
}

}  // namespace vitrine::trial::detail
