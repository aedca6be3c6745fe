#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/cli/overrides.hpp"
#include "vitrine/cli/phantom_pictures.hpp"
#include "vitrine/cli/picture_file.hpp"
#include "vitrine/config/plain.hpp"
#include "vitrine/core/table.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/io/checksums.hpp"
#include "vitrine/io/nifti.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/phantoms/surface.hpp"
#include "vitrine/phantoms/voxelise.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::cli {
namespace {

constexpr Index slab = 32;  // slices in memory at a time

struct Options {
  std::string scenario, out;
  std::vector<std::string> overrides, only;
  double spacing = 1.0;       // mm
  std::vector<double> range;  // mm along z
  bool preview = false;
};

/// Volume and mass of everything that has a name.
struct Amount {
  double volume = 0.0, mass = 0.0;       // mm^3, g
  std::vector<std::uint64_t> materials;  // voxels of each material of the scene
};

Grid grid_for(const Options& options, const Scene& scene) {
  Grid grid = phantoms::grid_about(scene, options.spacing);
  if (options.range.empty()) return grid;
  const double low = options.range[0], high = options.range[1];
  require(low < high, Error::Kind::input, "--z ", low, ' ', high,
          " is empty (the first must be the lower). Give two heights in mm.");
  grid.size[2] = std::max<Index>(1, std::llround((high - low) / options.spacing));
  grid.origin.z() = low + 0.5 * (high - low) - 0.5 * double(grid.size[2] - 1) * options.spacing;
  return grid;
}

/// Voxel maps of one patient, written slab by slab, and what was counted on the way.
std::vector<Amount> write_maps(const io::Path& dir, const std::string& id, const Scene& scene,
                               const Grid& grid, std::span<const std::string> names) {
  using Stored = io::NiftiStream::Stored;
  io::NiftiStream organs(grid, Stored::uint16, str("vitrine organs of ", id));
  io::NiftiStream materials(grid, Stored::uint16, str("vitrine materials of ", id));
  io::NiftiStream densities(grid, Stored::float32, str("vitrine density of ", id, ", g/cm3"));
  std::vector<Amount> amounts(names.size() + 1);
  for (Amount& amount : amounts) amount.materials.resize(scene.materials.size() + 1);
  for (Index first = 0; first < grid.size[2]; first += slab) {
    Grid part = grid;
    part.size[2] = std::min(slab, grid.size[2] - first);
    part.origin = grid.centre(0, 0, first);
    const LabelMap organ = phantoms::organ_map(scene, part, names);
    phantoms::Substance substance = phantoms::substance_map(scene, part);
    const auto density = substance.density.values();
    for (std::size_t i = 0; i < density.size(); ++i) {
      Amount& amount = amounts[organ.values()[i]];
      amount.volume += grid.voxel_volume();
      ++amount.materials[substance.material.values()[i]];
      amount.mass += double(density[i]) * grid.voxel_volume();
      density[i] = static_cast<float>(double(density[i]) / units::g_per_cm3);
    }
    organs.add(organ.values());
    materials.add(std::as_const(substance.material).values());
    densities.add(std::as_const(substance.density).values());
  }
  io::write_file(dir / "organs.nii.gz", std::move(organs).finish());
  io::write_file(dir / "materials.nii.gz", std::move(materials).finish());
  io::write_file(dir / "density.nii.gz", std::move(densities).finish());
  return amounts;
}

/// Everything that is true about a patient, one number a row.
Table truth_of(const phantoms::Patient& patient, std::span<const std::string> names,
               std::span<const Amount> amounts) {
  Table table;
  table.columns = {"object", "quantity", "unit", "value"};
  table.add({"patient", "sex", "", patient.sex});
  for (const auto& [name, value] : patient.parameters) table.add({"patient", name, "", value});
  for (const LesionTruth& lesion : patient.scene.lesions) {
    const auto add = [&](const char* quantity, const char* unit, Table::Cell value) {
      table.add({lesion.id, quantity, unit, std::move(value)});
    };
    add("organ", "", lesion.organ);
    add("shape", "", lesion.shape);
    add("x", "mm", lesion.centre.x());
    add("y", "mm", lesion.centre.y());
    add("z", "mm", lesion.centre.z());
    add("volume", "mm3", lesion.volume);
    add("longest_axial_diameter", "mm", lesion.longest_axial_diameter);
    add("short_axis", "mm", lesion.short_axis);
    add("surface", "mm2", phantoms::surface_area(patient.scene, lesion));
    add("density", "g/cm3", lesion.density / units::g_per_cm3);
    add("iodine", "mg/mL", lesion.iodine / units::mg_per_ml);
    add("attenuation", "HU", lesion.attenuation);
  }
  if (patient.contrast) {
    table.add({"contrast", "time", "s", patient.contrast->time});
    for (const auto& [compartment, iodine] : patient.contrast->compartments)
      table.add({compartment, "iodine", "mg/mL", iodine / units::mg_per_ml});
  }
  for (std::size_t n = 0; n < names.size() && !amounts.empty(); ++n) {
    const Amount& amount = amounts[n + 1];
    if (amount.volume == 0.0) continue;
    table.add({names[n], "voxel_volume", "cm3", amount.volume / 1000.0});
    table.add({names[n], "voxel_mass", "g", amount.mass});
  }
  return table;
}

/// What the labels of organs.nii.gz stand for, as `kind: label_map` reads it: each organ has the
/// material of most of its voxels and their mean density, so that its mass stays.
std::string label_table(const phantoms::Patient& patient, std::span<const std::string> names,
                        std::span<const Amount> amounts) {
  std::string text = "# What the labels of organs.nii.gz stand for (see docs/users/import.md).\n";
  for (std::size_t n = 0; n < names.size(); ++n) {
    const Amount& amount = amounts[n + 1];
    const auto most = std::max_element(amount.materials.begin(), amount.materials.end());
    const auto material = std::size_t(most - amount.materials.begin());
    if (amount.volume == 0.0) continue;
    Value row;
    row.set("labels", Value::List{Value(double(n + 1))});
    const auto is_lesion = [&](const LesionTruth& lesion) { return lesion.id == names[n]; };
    const auto& lesions = patient.scene.lesions;
    const bool lesion = std::any_of(lesions.begin(), lesions.end(), is_lesion);
    row.set("organ", lesion ? "imported_" + names[n] : names[n]);
    row.set("material", material == 0 ? "air" : patient.scene.materials[material - 1].name);
    row.set("density_g_per_cm3", amount.mass / amount.volume / units::g_per_cm3);
    for (const phantoms::Host& host : patient.hosts)
      if (std::find(host.tissue.begin(), host.tissue.end(), names[n]) != host.tissue.end())
        row.set("host", host.organ);
    text += str("- ", config::to_yaml(row), '\n');
  }
  return text;
}

Table legend(std::span<const std::string> names) {
  Table table;
  table.columns = {"label", "name"};
  for (std::size_t n = 0; n < names.size(); ++n) table.add({double(n + 1), names[n]});
  return table;
}

void write_picture(const io::Path& file, const std::vector<report::Bitmap>& pictures) {
  io::write_file(file, png(report::contact_sheet(pictures, 4)));
}

int make(const Options& options) {
  const LoadedScenario loaded = load_valid_scenario(options.scenario, options.overrides);
  const trial::Plan plan = trial::make_plan(loaded.scenario);
  const trial::Scenario& scenario = plan.scenario;
  std::vector<std::string> cases = options.only.empty() ? plan.cases : options.only;
  for (const std::string& id : cases)
    require(std::find(plan.cases.begin(), plan.cases.end(), id) != plan.cases.end(),
            Error::Kind::input, "there is no case '", id, "' (this scenario has ",
            plan.cases.front(), " to ", plan.cases.back(), ")");
  const io::Path dir = options.out;
  std::error_code ignored;
  require(!std::filesystem::exists(dir, ignored) || std::filesystem::is_empty(dir, ignored),
          Error::Kind::input, "'", dir.string(), "' is not empty. Choose another --out.");

  std::vector<phantoms::Patient> patients;
  std::vector<std::string> names;  // one numbering for all patients
  for (const std::string& id : cases) {
    phantoms::PatientState state;  // contrast medium as in the first arm
    state.injection =
        trial::injection(trial::protocol_of(scenario.arms, plan.arms.front()), plan.arms.front());
    patients.push_back(
        phantoms::build_patient(scenario.patients, std::uint64_t(scenario.trial.seed), id, state));
    for (const std::string& name : phantoms::organ_names(patients.back().scene))
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  io::make_directories(dir);
  io::write_file(dir / "organs.csv", legend(names).to_csv());
  std::vector<report::Bitmap> gallery;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Scene& scene = patients[i].scene;
    const Grid grid = grid_for(options, scene);
    const io::Path folder = dir / cases[i];
    io::make_directories(folder);
    std::vector<Amount> amounts;
    if (!options.preview) {
      amounts = write_maps(folder, cases[i], scene, grid, names);
      std::vector<std::string> materials;
      for (const Material& m : scene.materials) materials.push_back(m.name);
      io::write_file(folder / "materials.csv", legend(materials).to_csv());
      io::write_file(folder / "labels.yaml", label_table(patients[i], names, amounts));
    }
    io::write_file(folder / "truth.csv", truth_of(patients[i], names, amounts).to_csv());
    const auto mine = pictures(scene, grid);
    write_picture(folder / "preview.png", mine);
    gallery.insert(gallery.end(), mine.begin(), mine.end());
    std::printf("%s: %lld x %lld x %lld voxels of %g mm, %zu organs, %zu lesions, %zu terms\n",
                cases[i].c_str(), static_cast<long long>(grid.size[0]),
                static_cast<long long>(grid.size[1]), static_cast<long long>(grid.size[2]),
                options.spacing, phantoms::organ_names(scene).size() - scene.lesions.size(),
                scene.lesions.size(), scene.terms.size());
  }
  write_picture(dir / "contact_sheet.png", gallery);
  return ok;
}

}  // namespace

void add_phantom(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "phantom", "Write a scenario's patients as voxel maps, truth tables and pictures");
  auto options = std::make_shared<Options>();
  command->add_option("scenario", options->scenario, "scenario file (YAML)")->required();
  command->add_option("--out,-o", options->out, "output directory, new or empty")->required();
  command->add_option("--case", options->only, "only these: --case case002 (default: all)")
      ->take_all()
      ->expected(1);
  command->add_option("--spacing", options->spacing, "voxel edge, mm")
      ->check(CLI::Range(0.05, 20.0))
      ->capture_default_str();
  command->add_option("--z", options->range, "lowest and highest z, mm (default: the whole body)")
      ->expected(2);
  command->add_flag("--preview", options->preview, "only tables and pictures");
  add_overrides(*command, options->overrides);
  command->footer(
      "\nPer case: organs.nii.gz and materials.nii.gz (labels; organs.csv and materials.csv name\n"
      "them), density.nii.gz (g/cm3), labels.yaml (reads organs.nii.gz as 'kind: label_map'),\n"
      "truth.csv, preview.png. Labels say what is at a voxel's\n"
      "centre; organ volumes and masses in truth.csv are sums over these voxels. For all:\n"
      "contact_sheet.png, one row a patient: axial (mediastinum, lung), coronal, sagittal.");
  command->callback([options, &code] { code = make(*options); });
}

}  // namespace vitrine::cli
