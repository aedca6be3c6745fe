#include "vitrine/phantoms/lesion_paint.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/phantoms/lesion_patch.hpp"

namespace vitrine::phantoms {
namespace {

// Steps of a soft margin and where they lie over its width: the mean square of the offsets is that
// of a linear ramp, 1/12, so that a ball's mass is the ramp's.
constexpr int shells = 4;
double shell_offset(int i) { return std::sqrt(16.0 / 15.0) * (0.5 - (i + 0.5) / shells); }

/// The shells of a margin, outermost first; the region itself if it is sharp.
std::vector<Outline> shells_of(const Outline& region, double margin) {
  if (margin <= 0.0) return {region};
  std::vector<Outline> all;
  for (int i = 0; i < shells; ++i) all.push_back(grown(region, margin * shell_offset(i)));
  return all;
}

/// What a layer holds beside its carrier, the iodine of a host with contrast medium included.
std::vector<Ingredient> others(const Layer& layer, double host_iodine) {
  std::vector<Ingredient> all(layer.content.begin() + 1, layer.content.end());
  const auto is_iodine = [](const Ingredient& each) { return each.material == "iodine"; };
  if (host_iodine > 0.0 && std::none_of(all.begin(), all.end(), is_iodine))
    all.push_back({"iodine", 0.0});
  return all;
}

/// What is true about a layer but for its volume. Ground glass keeps the contrast medium of its
/// host.
LesionPart part_of(const Layer& layer, double host_iodine) {
  std::vector<Ingredient> content = layer.content;
  if (layer.kind == Layer::Kind::thicken && host_iodine > 0.0)
    content.push_back({"iodine", host_iodine});
  LesionPart part{layer.name, 0.0, total_density(layer.content), attenuation_of(content)};
  for (const Ingredient& each : content)
    if (each.material == "iodine") part.iodine += each.density;
  return part;
}

/// A layer in equal steps from the density of the surroundings to its own.
void add_layer(SceneBuilder& scene, const LesionPlan& lesion, const Layer& layer, double margin) {
  const std::vector<Outline> steps = shells_of(layer.region, margin);
  const double count = double(steps.size());
  const Ingredient& carrier = layer.content.front();
  double before = lesion.host_density;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto solids = disjoint(translated(steps[i].solids, lesion.centre));
    if (solids.empty()) continue;
    const double step = (carrier.density - lesion.host_density) / count;
    const double now = lesion.host_density + step * double(i + 1);
    if (layer.kind == Layer::Kind::thicken)
      scene.thicken(solids, carrier.material, now / before);
    else if (i == 0)
      scene.place_union(solids, carrier.material, now);
    else
      scene.add_union(solids, carrier.material, step);
    if (layer.kind == Layer::Kind::replace)
      for (const Ingredient& more : others(layer, lesion.host_iodine)) {
        const double outside = more.material == "iodine" ? lesion.host_iodine : 0.0;
        const double gain = (more.density - outside) / count;
        if (const double added = i == 0 ? outside + gain : gain; added != 0.0)
          scene.add_union(solids, more.material, added);
      }
    before = now;
  }
}

/// Volume of the union of the regions from one layer to the last.
double volume_from(const std::vector<Layer>& layers, std::size_t first) {
  std::vector<Solid> solids;
  for (std::size_t i = first; i < layers.size(); ++i)
    solids.insert(solids.end(), layers[i].region.solids.begin(), layers[i].region.solids.end());
  return solids.empty() ? 0.0 : measure_union(solids).volume;
}

void paint_solids(SceneBuilder& scene, const LesionPlan& lesion, LesionTruth& truth) {
  for (std::size_t i = 0; i < lesion.layers.size(); ++i)
    add_layer(scene, lesion, lesion.layers[i], i == 0 ? lesion.margin : 0.0);
  const auto body = translated(lesion.layers.front().region.solids, lesion.centre);
  for (const Solid& solid : body) truth.solids.push_back(scene.mark(solid));
  const Extent extent = measure_union(body);
  truth.volume = extent.volume;
  truth.longest_axial_diameter = extent.longest_axial_diameter;
  truth.short_axis = extent.short_axis;
  // Later layers lie in the first one.
  double outer = extent.volume;
  for (std::size_t i = 0; i < lesion.layers.size(); ++i) {
    const double inner = volume_from(lesion.layers, i + 1);
    truth.parts[i].volume = outer - inner;
    outer = inner;
  }
}

/// A voxel map takes a vessel away with blurred edges. So where a star-shaped layer replaces what
/// was there, balls inside it become the organ's tissue first; `full` is where the first layer has
/// all its density.
void clear_vessels(SceneBuilder& scene, const LesionPlan& lesion, const Outline& full) {
  constexpr int balls = 12;
  const auto replaces = [](const Layer& layer) { return layer.kind == Layer::Kind::replace; };
  const auto layer = std::find_if(lesion.layers.begin(), lesion.layers.end(), replaces);
  if (layer == lesion.layers.end()) return;
  const Outline& region = layer == lesion.layers.begin() ? full : layer->region;
  if (!region.star || region.empty()) return;
  std::vector<Delta> host{{scene.material(lesion.host_material), lesion.host_density}};
  if (lesion.host_iodine > 0.0) host.push_back({scene.material("iodine"), lesion.host_iodine});
  scene.place_union(disjoint(translated(balls_inside(region, balls), lesion.centre)), host);
}

void paint_map(SceneBuilder& scene, const LesionPlan& lesion, LesionTruth& truth) {
  std::vector<Outline> edge = shells_of(lesion.layers.front().region, lesion.margin);
  if (scene.maps().empty()) clear_vessels(scene, lesion, edge.back());
  LesionPatch made = lesion_patch(scene, lesion.layers, edge, lesion.centre, lesion.host_density);
  const Extent extent = measure_map(made.body);
  truth.volume = extent.volume;
  truth.longest_axial_diameter = extent.longest_axial_diameter;
  truth.short_axis = extent.short_axis;
  for (std::size_t i = 0; i < truth.parts.size(); ++i) truth.parts[i].volume = made.part_volumes[i];
  truth.map = std::move(made.body);
  if (!made.difference.channels.empty()) scene.add_patch(std::move(made.difference));
}

}  // namespace

double margin_reach(double margin) { return margin * shell_offset(0); }

void paint(SceneBuilder& scene, const LesionPlan& lesion) {
  LesionTruth truth;
  truth.id = lesion.id;
  truth.organ = lesion.organ;
  truth.lobe = lesion.lobe;
  truth.shape = lesion.shape;
  truth.composition = lesion.composition;
  truth.centre = lesion.centre;
  for (const Layer& layer : lesion.layers)
    truth.parts.push_back(part_of(layer, lesion.host_iodine));
  scene.begin_organ(lesion.id);
  // Solids cannot replace imported voxels.
  if (lesion.layers.front().region.star || !scene.maps().empty())
    paint_map(scene, lesion, truth);
  else
    paint_solids(scene, lesion, truth);
  for (const LesionPart& part : truth.parts) {
    truth.density += part.volume * part.density;
    truth.iodine += part.volume * part.iodine;
    truth.attenuation += part.volume * part.attenuation;
  }
  truth.density /= truth.volume;
  truth.iodine /= truth.volume;
  truth.attenuation /= truth.volume;
  scene.add_lesion(std::move(truth));
  if (!lesion.texture || lesion.heterogeneity <= 0.0) return;
  Patch texture = texture_patch(scene, lesion.layers, lesion.centre, *lesion.texture,
                                lesion.heterogeneity, lesion.texture_rng);
  if (!texture.channels.empty()) scene.add_patch(std::move(texture));
}

}  // namespace vitrine::phantoms
