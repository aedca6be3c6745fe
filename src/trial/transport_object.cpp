#include "vitrine/trial/transport_object.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/voxelise.hpp"

namespace vitrine::trial {
namespace {

using physics::carlo::Content;
using physics::carlo::Object;

/// A material of which a share by mass is iodine.
Material with_iodine(const Material& carrier, double share) {
  constexpr int iodine = 53;
  Material mixed = carrier;
  mixed.name = str(carrier.name, " with ", 100.0 * share, " % of iodine");
  for (auto& part : mixed.parts) part.mass_fraction *= 1.0 - share;
  mixed.parts.push_back({iodine, share});
  return mixed;
}

/// Turns the material of voxels that hold contrast medium into a mixture with it.
void mix_iodine(const Scene& scene, Object& object) {
  const auto found = std::find_if(scene.materials.begin(), scene.materials.end(),
                                  [](const Material& m) { return m.name == "iodine"; });
  if (found == scene.materials.end()) return;
  const auto iodine = std::uint16_t(found - scene.materials.begin());
  // An image whose HU are thousandths of 10 mg/ml, less 1000.
  constexpr double unit = 1e-5;  // g/mm^3
  std::vector<double> weight(scene.materials.size(), 0.0);
  weight[iodine] = 1.0;
  const Image image = phantoms::object_image(scene, object.grid, weight, unit, 0.0);
  constexpr double step = 5e-4, most = 0.1;  // shares by mass
  // Gas beside a wall holds none, though the mean over its voxel does.
  constexpr float gas = 5e-5f;  // g/mm^3
  std::map<std::pair<std::uint16_t, int>, std::uint16_t> mixtures;
  for (std::size_t i = 0; i < object.voxels.size(); ++i) {
    Content& voxel = object.voxels[i];
    if (voxel.density < gas || voxel.material == iodine) continue;
    const double density = unit * (double(image.values()[i]) / 1000.0 + 1.0);
    const double share = std::min(density / double(voxel.density), most);
    const int level = int(std::lround(share / step));
    if (level <= 0) continue;
    const auto [at, is_new] =
        mixtures.try_emplace({voxel.material, level}, std::uint16_t(object.materials.size()));
    if (is_new)
      object.materials.push_back(with_iodine(object.materials[voxel.material], level * step));
    voxel.material = at->second;
  }
}

}  // namespace

Object transport_object(const Scene& scene, double spacing) {
  return transport_object(scene, phantoms::grid_about(scene, spacing));
}

Object transport_object(const Scene& scene, const Grid& grid) {
  Object object;
  object.materials = scene.materials;
  object.grid = grid;
  object.regions = phantoms::organ_names(scene);
  const LabelMap organs = phantoms::organ_map(scene, object.grid, object.regions);
  const phantoms::Substance substance = phantoms::substance_map(scene, object.grid);
  object.regions.insert(object.regions.begin(), "rest");
  object.voxels.resize(std::size_t(object.grid.count()));
  for (std::size_t i = 0; i < object.voxels.size(); ++i) {
    Content& voxel = object.voxels[i];
    voxel.region = organs.values()[i];
    const std::uint16_t material = substance.material.values()[i];
    if (material == 0) continue;
    voxel.material = std::uint16_t(material - 1);
    voxel.density = std::max(0.0f, substance.density.values()[i]);
  }
  mix_iodine(scene, object);
  return object;
}

}  // namespace vitrine::trial
