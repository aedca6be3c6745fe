#include "vitrine/trial/dual_energy.hpp"

#include <algorithm>

#include "vitrine/trial/arm.hpp"

namespace vitrine::trial {

const Schema<DualEnergy>& DualEnergy::schema() {
  static const auto s =
      Schema<DualEnergy>("dual_energy", "A second scan of the same rays at a higher tube voltage")
          .optional("tube_voltage", &DualEnergy::tube_voltage, unit::kv,
                    "of the second scan; the first has the protocol's")
          .between(50, 150)
          .optional("load_share", &DualEnergy::load_share, unit::percent,
                    "tube load of the second scan, of that of the first")
          .between(1, 1000);
  return s;
}

std::optional<BinWindow> scan_of_two(const std::string& level) {
  if (level == "low_kv") return BinWindow{0, 1};
  if (level == "high_kv") return BinWindow{1, 2};
  return std::nullopt;
}

void check_dual_energy(const Arms& arms, const Value& node, Diagnostics& problems) {
  const Protocol& protocol = arms.protocol;
  if (!protocol.dual_energy) return;
  const Value* written = node.find("protocol");
  const Value* block = written ? written->find("dual_energy") : nullptr;
  const Location where = block ? block->where : node.where;
  const double low = protocol.tube_voltage, high = protocol.dual_energy->tube_voltage;
  if (!(high > low))
    problems.error(where, str("dual_energy.tube_voltage_kv is ", to_text(high),
                              " (the first scan has ", to_text(low),
                              ", and the second must have more). Use 80 for protocol."
                              "tube_voltage_kv and 140 for this, or the like."));
  if (std::ranges::any_of(arms.scanners, [&](const Scanner& each) {
        return !varied_on(arms, each).tube_voltage.empty();
      }))
    problems.error(where,
                   "arms: dual_energy does not go with vary.tube_voltage_kv (both voltages of a "
                   "dual-energy scan are fixed). Remove one of the two.");
  if (protocol.corrections && protocol.corrections->bone)
    problems.error(where,
                   "arms: dual_energy does not go with corrections.bone (which corrects one beam). "
                   "Remove it; spectral images have no beam hardening.");
  for (const Scanner& scanner : arms.scanners) {
    const auto refuse = [&](const char* what, const char* way_out) {
      problems.error(where, str("arms: dual_energy does not go with ", scanner.name, " (", what,
                                "). ", way_out));
    };
    if (scanner.detector.sensor)
      refuse("it counts photons in energy bins, and needs one scan",
             "Remove the one or the other.");
    if (scanner.scatter && scanner.scatter->strength > 0.0)
      refuse("its scattered radiation is not built for two voltages at once",
             "Set its scatter.strength to 0.");
    if (scanner.heel_effect)
      refuse("with a heel effect rows have spectra of their own", "Remove heel_effect.");
  }
}

}  // namespace vitrine::trial
