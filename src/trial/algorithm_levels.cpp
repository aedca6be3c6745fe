#include "vitrine/trial/algorithm_levels.hpp"

#include <algorithm>

namespace vitrine::trial {

const Schema<ArmSelector>& ArmSelector::schema() {
  static const auto s =
      Schema<ArmSelector>("arm", "One arm, by the levels that tell it from the others")
          .optional("scanner", &ArmSelector::scanner, "name of the scanner (empty: the first)")
          .optional("kernel", &ArmSelector::kernel, "kind of the kernel (empty: the first level)")
          .optional("algorithm", &ArmSelector::algorithm,
                    "kind of the reconstruction algorithm (empty: the first level)")
          .unless_default()
          .optional("bins", &ArmSelector::bins, "energy bins (empty: the first level)")
          .unless_default()
          .optional("corrections", &ArmSelector::corrections,
                    "none or all (empty: the first level)")
          .unless_default()
          .optional("tube_voltage", &ArmSelector::tube_voltage, unit::kv, "tube voltage")
          .optional("tube_load", &ArmSelector::tube_load, unit::mas, "tube load per rotation")
          .optional("slice_thickness", &ArmSelector::slice_thickness, unit::mm, "slice thickness")
          .optional("motion", &ArmSelector::motion, unit::percent, "strength of the motion")
          .optional("noise_reduction", &ArmSelector::noise_reduction, unit::percent,
                    "how much less noise")
          .optional("contrast_delay", &ArmSelector::contrast_delay, unit::s,
                    "delay of the scan after the contrast medium");
  return s;
}

std::vector<Pick<recon::Algorithm>> algorithms_of(const Arms& arms) {
  if (!arms.vary.algorithm.empty()) return arms.vary.algorithm;
  return {arms.protocol.algorithm ? arms.protocol.algorithm : recon::default_algorithm()};
}

bool names_algorithms(const Arms& arms) {
  return arms.protocol.algorithm || !arms.vary.algorithm.empty();
}

bool has_algorithm(const Arms& arms, const ArmSelector& selector) {
  return selector.algorithm.empty() ||
         std::ranges::any_of(algorithms_of(arms), [&](const Pick<recon::Algorithm>& each) {
           return *each.canonical.find("kind")->as<std::string>() == selector.algorithm;
         });
}

void check_algorithms(const Arms& arms, const Value& node, Diagnostics& problems) {
  const Protocol& p = arms.protocol;
  std::vector<std::string> seen;
  for (const Pick<recon::Algorithm>& each : algorithms_of(arms)) {
    const std::string text = to_json(each.canonical);
    if (std::ranges::find(seen, text) != seen.end())
      problems.error(node.where, "arms: the levels of vary.algorithm must differ");
    seen.push_back(text);
    const std::string& kind = *each.canonical.find("kind")->as<std::string>();
    const auto refuse = [&](bool takes, const char* what) {
      if (!takes)
        problems.error(node.where, str("arms: algorithm ", kind, " knows no ", what,
                                       " (the protocol has one). Use algorithm: fbp, or leave it "
                                       "out of the protocol."));
    };
    refuse(p.mode != "helical" || each->takes().helical, "helical scan");
    refuse(p.gantry_tilt == 0.0 || each->takes().tilted_gantry, "tilted gantry");
    refuse(p.flying_focal_spot == "none" || each->takes().flying_focal_spot, "flying focal spot");
  }
}

}  // namespace vitrine::trial
