#include "vitrine/trial/algorithm_levels.hpp"

#include <algorithm>
#include <set>

#include "vitrine/trial/arm.hpp"
#include "vitrine/trial/kind_of.hpp"

namespace vitrine::trial {

std::vector<Pick<recon::Algorithm>> algorithms_of(const Arms& arms) {
  std::vector<Pick<recon::Algorithm>> all;
  std::set<std::string> seen;
  for (const Scanner& scanner : arms.scanners)
    for (const auto& level : levels_on(arms, scanner).algorithm)
      if (seen.insert(to_json(level.canonical)).second) all.push_back(level);
  return all;
}

bool names_algorithms(const Arms& arms) {
  const auto named = [](const Arms& its) { return bool(its.protocol.algorithm); };
  return std::ranges::any_of(each_protocol(arms), named) ||
         std::ranges::any_of(arms.scanners, [&](const Scanner& each) {
           return !varied_on(arms, each).algorithm.empty();
         });
}

void check_algorithms(const Arms& arms, const Value& node, Diagnostics& problems) {
  const Protocol& p = arms.protocol;
  for (const Pick<recon::Algorithm>& each : algorithms_of(arms)) {
    const std::string& kind = kind_of(each);
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
