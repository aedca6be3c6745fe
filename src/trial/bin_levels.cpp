#include "vitrine/trial/bin_levels.hpp"

#include <algorithm>

#include "vitrine/trial/algorithm_levels.hpp"
#include "vitrine/trial/arm.hpp"

namespace vitrine::trial {
namespace {

/// Where a level of bins is written, in the node of the arms.
Location place_of(const Value& node, const std::string& level) {
  const Value* vary = node.find("vary");
  const Value* list = vary ? vary->find("bins") : nullptr;
  if (list != nullptr && list->as<Value::List>() != nullptr)
    for (const Value& each : *list->as<Value::List>())
      if (const auto* name = each.as<std::string>(); name && *name == level) return each.where;
  const Value* protocol = node.find("protocol");
  const Value* one = protocol ? protocol->find("bins") : nullptr;
  return one && !list ? one->where : node.where;
}

/// What spectral images do not go with: their lines are no logarithms of readings.
void check_chain(const Arms& arms, const std::string& level, const Location& where,
                 Diagnostics& problems) {
  const auto& corrections = arms.protocol.corrections;
  if (corrections && corrections->any())
    problems.error(where, str("arms: ", level,
                              " does not go with the protocol's corrections (those of rings, metal "
                              "and bone work on measured lines, and a spectral image has none). "
                              "Remove corrections or the level."));
  if (std::ranges::any_of(algorithms_of(arms), [](const Pick<recon::Algorithm>& each) {
        return each->wants_measured();
      }))
    problems.error(where, str("arms: ", level,
                              " does not go with an iterative algorithm (it weighs measured lines, "
                              "and a spectral image has none). Use algorithm: fbp."));
}

/// A level of a scanner that scans at two voltages.
void check_level_of_two(const Arms& arms, const Scanner& scanner, const std::string& level,
                        const Location& where, Diagnostics& problems) {
  if (scan_of_two(level)) return;
  std::string why;
  if (recon::names_spectral(level)) {
    if (!recon::spectral_image(level, arms.protocol.basis(), why))
      problems.error(where,
                     str("no spectral image '", level, "' (", why, "). Choose one of those."));
    return;
  }
  problems.error(where, str("a dual-energy scan of ", scanner.name, " has no image '", level,
                            "' (it is two scans). Use low_kv, high_kv, or a spectral image: "
                            "vmi_70kev, ",
                            arms.protocol.basis().material, "_map, water_map, vnc."));
}

void check_level(const Arms& arms, const Scanner& scanner, const std::string& level,
                 const Location& where, Diagnostics& problems) {
  const std::size_t bins = scanner.detector.sensor->bins();
  if (bin_window(level, bins)) return;
  if (!recon::names_spectral(level)) {
    problems.error(where, str(scanner.name, " has no bins '", level, "' (it has ", bins,
                              "). Use total, bin1 to bin", bins, ", threshold1 to threshold", bins,
                              ", or a spectral image: vmi_70kev, ", arms.protocol.basis().material,
                              "_map, water_map, vnc."));
    return;
  }
  if (bins < 2)
    problems.error(where, str(scanner.name, " cannot make '", level,
                              "' (two materials need two energy bins, and it has one). Give its "
                              "sensor a second threshold, or remove the level."));
  std::string why;
  if (!recon::spectral_image(level, arms.protocol.basis(), why))
    problems.error(where, str("no spectral image '", level, "' (", why, "). Choose one of those."));
}

}  // namespace

std::optional<recon::SpectralImage> spectral_level(const Arms& arms, const std::string& bins) {
  std::string why;
  if (!recon::names_spectral(bins)) return std::nullopt;
  return recon::spectral_image(bins, arms.protocol.basis(), why);
}

recon::VoxelUnit voxel_unit(const Arms& arms, const std::string& bins) {
  const auto image = spectral_level(arms, bins);
  return image ? image->unit : recon::VoxelUnit::hounsfield;
}

bool has_spectral(const Arms& arms) {
  return std::ranges::any_of(arms.scanners, [&](const Scanner& scanner) {
    return std::ranges::any_of(bins_of(arms, scanner), recon::names_spectral);
  });
}

bool has_maps(const Arms& arms) {
  return std::ranges::any_of(each_protocol(arms), [](const Arms& its) {
    return std::ranges::any_of(its.scanners, [&](const Scanner& scanner) {
      return std::ranges::any_of(bins_of(its, scanner), [&](const std::string& level) {
        return voxel_unit(its, level) == recon::VoxelUnit::mg_per_ml;
      });
    });
  });
}

std::vector<Material> beam_materials(const Arms& arms, const Scanner& scanner,
                                     std::vector<Material> met) {
  const Material& second = material(arms.protocol.basis().material);
  if (parts_energies(arms, scanner) && has_spectral(arms) &&
      std::ranges::find(met, second.name, &Material::name) == met.end())
    met.push_back(second);
  return met;
}

void check_bins(const Arms& arms, const Value& node, Diagnostics& problems) {
  bool counts = false, spectral = false;
  for (const Scanner& scanner : arms.scanners) {
    if (!parts_energies(arms, scanner)) continue;
    counts = true;
    for (const std::string& name : bins_of(arms, scanner)) {
      if (scanner.detector.sensor)
        check_level(arms, scanner, name, place_of(node, name), problems);
      else
        check_level_of_two(arms, scanner, name, place_of(node, name), problems);
      if (!spectral && recon::names_spectral(name)) {
        check_chain(arms, name, place_of(node, name), problems);
        spectral = true;
      }
    }
  }
  if (!counts && (arms.protocol.bins != "total" || !arms.vary.bins.empty()))
    problems.error(
        place_of(node, arms.vary.bins.empty() ? arms.protocol.bins : arms.vary.bins.front()),
        "arms: bins and spectral images need a photon-counting scanner, or two scans (an "
        "energy-integrating one has one image). Remove bins, add such a scanner, or add "
        "protocol.dual_energy.");
  if (!spectral && arms.protocol.spectral)
    problems.error(
        node.where,
        "arms: protocol.spectral names the materials of spectral images (there is none). "
        "Remove it, or add one to vary.bins: vmi_70kev, water_map, vnc, ...");
}

void check_maps(const Scenario& scenario, const Value& node, Diagnostics& problems) {
  if (!has_maps(scenario.arms)) return;
  const auto at = [&](const char* section, const char* key) {
    const Value* part = node.find(section);
    const Value* value = part && *key != '\0' ? part->find(key) : part;
    return value ? value->where : part ? part->where : node.where;
  };
  for (const std::string& family : scenario.measure.features)
    if (family != "statistics" && family != "morphology")
      problems.error(
          at("measure", "features"),
          str("measure.features: ", family,
              " goes with images in HU (bins of intensities have a width in HU, and maps "
              "of materials count mg/ml). With maps among vary.bins, measure statistics "
              "and morphology: `measure: {features: [statistics]}`."));
  if (!scenario.analyse.empty())
    problems.error(
        at("analyse", ""),
        "analyse compares features of all arms in one unit (HU, and maps of materials "
        "count mg/ml). Write `analyse: []`, or leave the maps to a scenario of their own.");
}

}  // namespace vitrine::trial
