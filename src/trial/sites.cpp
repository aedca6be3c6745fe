#include "vitrine/trial/sites.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "vitrine/trial/scenario.hpp"

namespace vitrine::trial {

const Schema<SiteDeviations>& SiteDeviations::schema() {
  static const auto s =
      Schema<SiteDeviations>("site_deviations",
                             "What each site's deviations from its scanner's type are drawn from")
          .optional("tube_output", &SiteDeviations::tube_output, unit::percent,
                    "more photons per mAs; the console's mAs and CTDIvol stay")
          .between(-50, 50)
          .optional("calibration", &SiteDeviations::calibration_offset, unit::hu,
                    "added to every CT number")
          .between(-50, 50)
          .optional("calibration_scale", &SiteDeviations::calibration_scale, unit::percent,
                    "by which CT numbers are too far from 0")
          .between(-20, 20)
          .optional("kernel_frequency", &SiteDeviations::kernel_frequency, unit::percent,
                    "by which kernels reach higher frequencies")
          .between(-50, 50)
          .optional("slice_thickness", &SiteDeviations::slice_thickness, unit::percent,
                    "by which slices are thicker than their headers say")
          .between(-50, 50)
          .optional("focal_spot", &SiteDeviations::focal_spot, unit::percent,
                    "by which the focal spot is wider and longer")
          .between(-90, 200)
          .optional("electronic_noise", &SiteDeviations::electronic_noise, unit::percent,
                    "by which electronic noise is higher")
          .between(-100, 400);
  return s;
}

const Schema<Sites>& Sites::schema() {
  static const auto s =
      Schema<Sites>("sites", "Sites with a machine of one type each, and deviations of its own")
          .required("count", &Sites::count, "sites of each scanner")
          .between(1, 1000)
          .optional("scanner", &Sites::scanner,
                    "name of a scanner of the list (each of them if nothing is said)")
          .optional("deviations", &Sites::deviations,
                    "what their deviations are drawn from (none if nothing is said)")
          .optional("draw_uncertain", &Sites::draw_uncertain,
                    "draw the numbers that the scanner's profile calls uncertain, evenly from "
                    "their ranges (profile.provenance), for each site")
          .unless_default();
  return s;
}

namespace {

std::string site_name(const Scanner& type, std::int64_t number) {
  return str(type.name, "_site", number);
}

/// The sites of a scanner; null if it has none.
const Sites* sites_of(const Arms& arms, const Scanner& type) {
  const auto its = [&](const Sites& s) { return s.scanner.empty() || s.scanner == type.name; };
  const auto found = std::ranges::find_if(arms.sites, its);
  return found == arms.sites.end() ? nullptr : &*found;
}

Site drawn(const Scanner& type, std::int64_t number, const Sites& sites, std::uint64_t seed) {
  Site site{site_name(type, number), type.name, {}, 0.0, 0.0, {}};
  const SiteDeviations& from = sites.deviations;
  const Stream stream = make_stream(seed, "site " + site.name, Draw::design);
  // Each deviation has an address of its own, which never changes.
  const auto draw = [&](std::uint64_t address, const Distribution& distribution) {
    Rng rng(stream, address);
    return distribution.sample(rng);
  };
  site.deviations.tube_output = draw(0, from.tube_output);
  site.deviations.calibration_offset = draw(1, from.calibration_offset);
  site.deviations.calibration_scale = draw(2, from.calibration_scale);
  site.deviations.kernel_frequency = draw(3, from.kernel_frequency);
  site.deviations.slice_thickness = draw(4, from.slice_thickness);
  site.focal_spot = draw(5, from.focal_spot);
  site.electronic_noise = draw(6, from.electronic_noise);
  if (sites.draw_uncertain)
    for (const UncertainNumber& guess : uncertain_numbers(type)) {
      Rng rng(make_stream(seed, str("site ", site.name, ' ', guess.key), Draw::design), 0);
      site.uncertain.push_back({guess, rng.uniform(guess.low, guess.high)});
    }
  return site;
}

std::vector<Site> drawn_sites(const Arms& arms, std::uint64_t seed) {
  std::vector<Site> all;
  for (const Scanner& type : arms.scanners)
    if (const Sites* sites = sites_of(arms, type))
      for (std::int64_t i = 1; i <= sites->count; ++i) all.push_back(drawn(type, i, *sites, seed));
  return all;
}

}  // namespace

std::vector<std::string> scanner_names(const Arms& arms) {
  std::vector<std::string> names;
  for (const Scanner& type : arms.scanners) {
    const Sites* sites = sites_of(arms, type);
    if (!sites) names.push_back(type.name);
    for (std::int64_t i = 1; sites && i <= sites->count; ++i) names.push_back(site_name(type, i));
  }
  return names;
}

Scanner machine_of(const Scanner& type, const Site& site) {
  Scanner machine = with_numbers(type, site.uncertain);
  machine.name = site.name;
  if (site.deviations != Deviations{})
    machine.deviations = combined(type.deviations.value_or(Deviations{}), site.deviations);
  machine.focal_spot_width *= 1.0 + site.focal_spot;
  machine.focal_spot_length *= 1.0 + site.focal_spot;
  machine.detector.electronic_noise *= 1.0 + site.electronic_noise;
  if (machine.detector.sensor)
    machine.detector.sensor->electronic_noise *= 1.0 + site.electronic_noise;
  return machine;
}

std::vector<Site> install_sites(Scenario& scenario) {
  Arms& arms = scenario.arms;
  std::vector<Site> sites = drawn_sites(arms, std::uint64_t(scenario.trial.seed));
  if (sites.empty()) return sites;
  std::vector<Scanner> machines;
  for (const Scanner& type : arms.scanners) {
    if (!sites_of(arms, type)) machines.push_back(type);
    for (const Site& site : sites)
      if (site.scanner == type.name) machines.push_back(machine_of(type, site));
    arms.scanner_types.resize(machines.size(), type.name);
  }
  for (ArmSelector* selector : {&arms.reference, &arms.repeat.of, &arms.follow_up.of}) {
    const auto of_type = [&](const Site& site) { return site.scanner == selector->scanner; };
    const auto first = std::ranges::find_if(sites, of_type);
    if (first != sites.end()) selector->scanner = first->name;
  }
  arms.scanners = std::move(machines);
  arms.sites.clear();
  return sites;
}

Table site_table(std::span<const Site> sites) {
  Table table;
  if (sites.empty()) return table;
  table.columns = {"site",
                   "scanner",
                   "tube_output_percent",
                   "calibration_hu",
                   "calibration_scale_percent",
                   "kernel_frequency_percent",
                   "slice_thickness_percent",
                   "focal_spot_percent",
                   "electronic_noise_percent"};
  const std::size_t fixed = table.columns.size();
  const auto column_of = [](const UncertainNumber& n) {
    return n.relative ? n.key + "_percent" : n.key;
  };
  for (const Site& site : sites)
    for (const ChosenNumber& n : site.uncertain)
      if (const std::string column = column_of(n.of);
          std::ranges::find(table.columns, column) == table.columns.end())
        table.columns.push_back(column);
  for (const Site& site : sites) {
    const Deviations& d = site.deviations;
    std::vector<Table::Cell> row{site.name,
                                 site.scanner,
                                 100.0 * d.tube_output,
                                 d.calibration_offset,
                                 100.0 * d.calibration_scale,
                                 100.0 * d.kernel_frequency,
                                 100.0 * d.slice_thickness,
                                 100.0 * site.focal_spot,
                                 100.0 * site.electronic_noise};
    for (std::size_t c = fixed; c < table.columns.size(); ++c) {
      double value = std::numeric_limits<double>::quiet_NaN();  // nothing was drawn
      for (const ChosenNumber& n : site.uncertain)
        if (column_of(n.of) == table.columns[c]) value = (n.of.relative ? 100.0 : 1.0) * n.value;
      row.emplace_back(value);
    }
    table.add(row);
  }
  return table;
}

void check_sites(const Scenario& scenario, const Value& node, Diagnostics& problems) {
  const Arms& arms = scenario.arms;
  if (arms.sites.empty()) return;
  const auto& list = *node.find("arms")->find("sites")->as<Value::List>();
  const auto place = [&](std::size_t i, const char* key) {
    const Value* there = list[i].find(key);
    return there ? there->where : list[i].where;
  };
  std::vector<std::string> types;
  for (const Scanner& type : arms.scanners) types.push_back(type.name);
  for (std::size_t i = 0; i < arms.sites.size(); ++i) {
    const std::string& name = arms.sites[i].scanner;
    if (!name.empty() && std::ranges::find(types, name) == types.end())
      problems.error(place(i, "scanner"),
                     str("there is no scanner '", name, "'.", suggestion(name, types)));
    for (std::size_t before = 0; before < i; ++before)
      if (const std::string& other = arms.sites[before].scanner;
          name.empty() || other.empty() || name == other) {
        problems.error(place(i, "scanner"),
                       str("sites of ", name.empty() ? "every scanner" : "'" + name + "'",
                           " come after sites of ", other.empty() ? "every scanner" : "the same",
                           " (a scanner's sites are one entry, numbered from 1). Put them "
                           "together, or name another scanner in each entry."));
        break;
      }
  }
  if (!problems.ok()) return;
  std::vector<std::string> names = scanner_names(arms);
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end())
    return problems.error(list.front().where,
                          str("two scanners would be called '", *twice,
                              "' (sites are named after their scanner). Rename a scanner."));
  const auto sites = drawn_sites(arms, std::uint64_t(scenario.trial.seed));
  for (const Scanner& type : arms.scanners) {
    const Sites* of = sites_of(arms, type);
    for (const Site& site : sites) {
      if (site.scanner != type.name) continue;
      Diagnostics found;
      try {
        Scanner::schema().read(Scanner::schema().write(machine_of(type, site)), found);
      } catch (const Error& error) {
        found.error({}, error.what());
      }
      for (const auto& problem : found.entries())
        problems.error(
            place(std::size_t(of - arms.sites.data()), "deviations"),
            str(site.name, " cannot be: ", problem.message,
                " (as its deviations were drawn). Narrow them, or name another scanner."));
    }
  }
}

}  // namespace vitrine::trial
