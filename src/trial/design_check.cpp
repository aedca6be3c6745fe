#include "vitrine/trial/design_check.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "vitrine/physics/tube_current.hpp"
#include "vitrine/trial/detail/factor.hpp"
#include "vitrine/trial/sites.hpp"

namespace vitrine::trial {
namespace {

/// Where a key of a map is written; the map itself if it is not.
const Value& part(const Value& node, const char* key) {
  const Value* found = node.find(key);
  return found ? *found : node;
}

/// Reports arms of which one of two is too many.
void check_distinct(const Arms& arms, const DesignSpace& space, const std::vector<Arm>& all,
                    const Value& node, Diagnostics& problems) {
  const Value& design = part(node, "design");
  std::map<std::string, std::size_t> named;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto [first, is_new] = named.emplace(all[i].name, i);
    if (is_new) continue;
    const bool same = all[first->second].levels == all[i].levels;
    problems.error(arms.design->place_of(space, design, i),
                   same ? str("arm ", i + 1, " is arm ", first->second + 1, " once more (both are ",
                              all[i].name, "). Remove one; repeated scans are arms.repeat.")
                        : str("arms ", first->second + 1, " and ", i + 1, " would both be called ",
                              all[i].name,
                              " (files and tables are named after arms). Give a kernel "
                              "another name, or levels that differ more."));
  }
}

/// Reports scanners that no arm uses, and bins that are asked of scanners without.
void check_scanners(const Arms& arms, const std::vector<Arm>& all, const Value& node,
                    Diagnostics& problems) {
  for (std::size_t s = 0; s < arms.scanners.size(); ++s) {
    const Scanner& scanner = arms.scanners[s];
    const bool is_site = !arms.scanner_types.empty() && arms.scanner_types[s] != scanner.name;
    if (std::ranges::find(all, s, &Arm::scanner) == all.end())
      problems.error(part(node, is_site ? "design" : "scanners").where,
                     is_site
                         ? str("no arm scans with ", scanner.name, ", a site of ",
                               arms.scanner_types[s], " (an arm that names ", arms.scanner_types[s],
                               " is made at each of its sites). Name that, add an arm of this "
                               "site, or lower the count of arms.sites.")
                         : str("no arm scans with ", scanner.name,
                               " (see arms.design). Remove it from the scanners, or add an "
                               "arm."));
    const auto bins = varied_on(arms, scanner).bins;
    if (bins != arms.vary.bins && arms.protocols.empty() && !parts_energies(arms, scanner) &&
        std::ranges::any_of(bins, [](const std::string& level) { return level != "total"; }))
      problems.error(part(node, "design").where,
                     str(scanner.name,
                         " has no energy bins (it does not count photons). Leave "
                         "bins out of its arms."));
  }
}

/// Reports protocols that the design names and that are not there.
void check_named(const Arms& arms, const Value& node, Diagnostics& problems) {
  std::vector<std::string> known, unknown;
  for (const Arms& each : each_protocol(arms)) known.push_back(each.protocol.name);
  for (const Scanner& scanner : arms.scanners)
    for (const std::string& name : varied_on(arms, scanner).protocol)
      if (std::ranges::find(known, name) == known.end() &&
          std::ranges::find(unknown, name) == unknown.end())
        unknown.push_back(name);
  for (const std::string& name : unknown)
    problems.error(part(node, "design").where,
                   str("there is no protocol '", name,
                       "' (the design names some of arms.protocols).", suggestion(name, known)));
}

/// Reports protocols that no arm uses.
void check_used(const Arms& arms, const std::vector<Arm>& all, const Value& node,
                Diagnostics& problems) {
  for (std::size_t p = 0; p < arms.protocols.size(); ++p)
    if (std::ranges::find(all, p, &Arm::protocol) == all.end())
      problems.error(part(node, "protocols").where,
                     str("no arm is scanned with protocol ", arms.protocols[p].name,
                         " (see arms.design and arms.vary). Remove it from the protocols, or add "
                         "an arm."));
}

/// Where a protocol says what does not fit a scanner: its own key, unless arms vary that.
const Value& place_in(const Arms& arms, std::size_t protocol, const char* key, bool is_varied,
                      const Value& node) {
  const Value* list = node.find("protocols");
  const auto* items = list ? list->as<Value::List>() : nullptr;
  if (is_varied || arms.protocols.empty() || !items || protocol >= items->size()) return node;
  return part((*items)[protocol], key);
}

/// Reports what a scanner's console does not offer.
void check_console(const Arms& arms, const Arm& arm, const Value& node, Diagnostics& problems) {
  const Scanner& scanner = arms.scanners[arm.scanner];
  const Protocol& protocol = protocol_of(arms, arm);
  const Console& console = scanner.profile->console;
  const Factors varied = varied_on(arms, scanner);
  const bool varies_load = !varied.tube_load.empty(), varies_kv = !varied.tube_voltage.empty();
  const auto refuse = [&](const char* key, bool is_varied, const std::string& what,
                          const std::string& offered, const char* way) {
    const std::string of = arms.protocols.empty() ? "" : str("protocol ", protocol.name, ": ");
    problems.error(place_in(arms, arm.protocol, key, is_varied, node).where,
                   str(of, scanner.name, " does not offer ", what,
                       " (its profile's console: ", offered, "). ", way));
  };
  const auto list = [](const std::vector<double>& numbers) {
    std::string text;
    for (const double x : numbers) text += (text.empty() ? "" : ", ") + to_text(x);
    return text;
  };
  for (const Tube& tube : tubes(protocol, arm.tube_voltage, arm.tube_load)) {
    if (std::ranges::find(console.tube_voltages, tube.voltage) == console.tube_voltages.end())
      refuse("tube_voltage_kv", varies_kv, str(to_text(tube.voltage), " kV"),
             str(list(console.tube_voltages), " kV"), "Use one of them.");
    const double current = tube.load / protocol.rotation_time;
    if (current > console.highest_tube_current)
      refuse("tube_load_mas", varies_load,
             str(to_text(tube.load), " mAs in a rotation of ", to_text(protocol.rotation_time),
                 " s, ", to_text(std::round(current)), " mA"),
             str("at most ", to_text(console.highest_tube_current), " mA"),
             "Lower the tube load, or turn more slowly.");
  }
  if (protocol.rotation_time < console.rotation_times.front())
    refuse("rotation_time_s", false, str("a rotation of ", to_text(protocol.rotation_time), " s"),
           str(list(console.rotation_times), " s"), "Raise the protocol's rotation_time_s.");
}

/// Reports what a tube cannot give, means that the limits of modulation exclude, and energy
/// thresholds that no photon reaches.
void check_exposures(const Arms& arms, const std::vector<Arm>& all, const Value& node,
                     Diagnostics& problems) {
  std::set<std::tuple<std::size_t, std::size_t, double, double>> exposures;
  std::set<std::pair<std::size_t, double>> beams;
  for (const Arm& arm : all) {
    const Protocol& p = protocol_of(arms, arm);
    const auto modulation =
        p.tube_current_modulation.value_or(physics::TubeCurrentModulation{0.0, 0.0, {}, {}});
    const Value& place =
        place_in(arms, arm.protocol, "tube_load_mas",
                 !varied_on(arms, arms.scanners[arm.scanner]).tube_load.empty(), node);
    const Scanner& scanner = arms.scanners[arm.scanner];
    const double kv = arm.tube_voltage, load = arm.tube_load, current = load / p.rotation_time;
    const auto& sensor = scanner.detector.sensor;
    if (beams.emplace(arm.scanner, kv).second && sensor && sensor->thresholds.back() >= kv)
      problems.error(node.where,
                     str(scanner.name, " has a threshold of ", to_text(sensor->thresholds.back()),
                         " keV (no photon exceeds ", to_text(kv), " keV at a tube voltage of ",
                         to_text(kv), " kV). Lower the threshold or raise the voltage."));
    if (!exposures.emplace(arm.scanner, arm.protocol, kv, load).second) continue;
    if (scanner.profile) check_console(arms, arm, node, problems);
    const double power = kv * current / 1000.0;
    if (scanner.tube_power && power > *scanner.tube_power) {
      problems.error(place.where,
                     str(scanner.name, " would need ", to_text(power), " kW for ", to_text(load),
                         " mAs in a rotation of ", to_text(p.rotation_time), " s at ", to_text(kv),
                         " kV (its tube takes ", to_text(*scanner.tube_power),
                         "). Lower the tube load or the voltage, or turn more slowly."));
      continue;
    }
    try {
      physics::current_limits(modulation, current, kv, scanner.tube_power);
    } catch (const Error& error) {
      problems.error(place.where, error.what());
    }
  }
}

/// Reports a selector that no arm meets, by the first level that none has or by their combination.
void check_selector(const std::vector<detail::Factor>& factors, const std::vector<Arm>& all,
                    const ArmSelector& selector, const char* name, const Value& where,
                    Diagnostics& problems) {
  const auto meets = [&](const Arm& arm) { return detail::has_levels(factors, arm, selector); };
  if (std::ranges::any_of(all, meets)) return;
  for (std::size_t f = 0; f < factors.size(); ++f) {
    const detail::Factor& factor = factors[f];
    if (std::ranges::any_of(all, [&](const Arm& arm) { return factor.selected(selector, arm); }))
      continue;
    std::vector<std::string> levels;
    for (const Arm& arm : all)
      if (const std::string& level = factor.levels[arm.levels[f]];
          std::ranges::find(levels, level) == levels.end())
        levels.push_back(level);
    const Value* at = where.find(factor.key);
    return problems.error(
        (at ? *at : where).where,
        str(name, " must name an arm of this design (no arm has ", factor.key, " '",
            factor.wanted(selector), "').", suggestion(factor.wanted(selector), levels)));
  }
  problems.error(where.where, str(name,
                                  " must name an arm of this design (there is each of these "
                                  "levels, but no arm has them all). See `arms` in what "
                                  "`vitrine plan` prints without ",
                                  name, '.'));
}

}  // namespace

void check_design(const Scenario& written, const Value& root, Diagnostics& problems) {
  const std::size_t before = problems.entries().size();
  check_sites(written, root, problems);
  if (problems.entries().size() != before) return;
  Scenario scenario = written;
  install_sites(scenario);
  if (!scenario.arms.protocols.empty()) scenario.arms.protocol = scenario.arms.protocols.front();
  const Arms& arms = scenario.arms;
  const Value& node = part(root, "arms");
  const auto seed = std::uint64_t(scenario.trial.seed);
  const auto factors = detail::factors_of(arms);
  const DesignSpace space = detail::space_of(arms, factors, seed);
  arms.design->check(space, node, problems);
  check_named(arms, node, problems);
  if (problems.entries().size() != before) return;
  std::vector<Arm> all;
  try {
    all = enumerate_arms(arms, seed);
  } catch (const Error& error) {
    return problems.error(part(node, "design").where, error.what());
  }
  check_distinct(arms, space, all, node, problems);
  check_scanners(arms, all, node, problems);
  check_used(arms, all, node, problems);
  check_exposures(arms, all, node, problems);
  const auto check = [&](const ArmSelector& selector, const char* name, const Value& where) {
    check_selector(factors, all, selector, name, where, problems);
  };
  check(arms.reference, "reference", part(node, "reference"));
  if (arms.repeat.count > 0) check(arms.repeat.of, "repeat.of", part(part(node, "repeat"), "of"));
  if (!arms.follow_up.days.empty())
    check(arms.follow_up.of, "follow_up.of", part(part(node, "follow_up"), "of"));
}

}  // namespace vitrine::trial
