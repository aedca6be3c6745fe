#pragma once
#include <optional>
#include <string>

#include "vitrine/core/schema.hpp"
#include "vitrine/model/counting_sensor.hpp"

namespace vitrine::trial {

struct Arms;

/// A second scan at a higher tube voltage, on the same rays and at the same time as the first, by
/// scanners that integrate energy: two tubes, or one that switches within a reading.
struct DualEnergy {
  double tube_voltage = 140.0;  ///< keV
  double load_share = 1.0;      ///< its tube load over that of the first
  static const Schema<DualEnergy>& schema();
};

/// Which of two scans an image is made of: `low_kv` the first, `high_kv` the second. None if the
/// name is neither.
std::optional<BinWindow> scan_of_two(const std::string& level);

/// Reports what two scans of different voltages do not go with.
void check_dual_energy(const Arms& arms, const Value& node, Diagnostics& problems);

}  // namespace vitrine::trial
