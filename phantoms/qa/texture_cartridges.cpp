#include "vitrine/phantoms/qa/texture_cartridges.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/import/detail/attenuation.hpp"
#include "vitrine/phantoms/qa/detail/parts.hpp"
#include "vitrine/phantoms/qa/detail/random_field.hpp"

namespace vitrine::phantoms {
namespace {

/// Mackin et al. (2015): ten cartridges of 101 x 101 x 32 mm, mean CT numbers from -864 to 652 HU.
/// These two are met by cork and plaster; all other means, and all textures, are ours.
constexpr double width = 101.0, depth = 32.0;

}  // namespace

const Schema<TextureCartridges::Params>& TextureCartridges::schema() {
  static const auto s =
      Schema<Params>(
          "texture_cartridges",
          "Ten blocks of different texture, like the credence cartridge radiomics phantom")
          .optional("cartridges", &Params::cartridges,
                    "which, from the feet to the head; their middle is at z = 0")
          .one_of(Params{}.cartridges)
          .optional("region_diameter", &Params::region_diameter, unit::mm,
                    "of a cylinder along z in the middle of every cartridge, which is measured as "
                    "lesions are; 0: none")
          .between(0, width - 1.0)
          .optional("region_length", &Params::region_length, unit::mm, "of these cylinders")
          .between(1, depth - 1.0)
          .rule("cartridges must list at least one, and none twice", [](const Params& p) {
            auto names = p.cartridges;
            std::sort(names.begin(), names.end());
            return !names.empty() && std::adjacent_find(names.begin(), names.end()) == names.end();
          });
  return s;
}

namespace {

struct Cartridge {
  const char *name, *material;
  double density;    // mean, g/cm^3
  double fill;       // share of walls in a honeycomb; 0: a random field
  double deviation;  // standard deviation of the field over the mean
  Vec3 lengths;      // correlation lengths of the field, mm
};

const Cartridge cartridges[] = {
    {"abs_20", "abs", 0.20 * 1.05, 0.20, 0.0, {}},
    {"abs_30", "abs", 0.30 * 1.05, 0.30, 0.0, {}},
    {"abs_40", "abs", 0.40 * 1.05, 0.40, 0.0, {}},
    {"abs_50", "abs", 0.50 * 1.05, 0.50, 0.0, {}},
    {"sycamore", "wood", 0.60, 0.0, 0.10, {2.0, 12.0, 4.0}},  // rings and grain
    {"cork", "wood", 0.1449, 0.0, 0.25, {2.5, 2.5, 2.5}},
    {"dense_cork", "wood", 0.26, 0.0, 0.25, {2.0, 2.0, 2.0}},
    {"rubber", "rubber", 0.95, 0.0, 0.12, {1.5, 1.5, 1.5}},
    {"acrylic", "pmma", 1.18, 0.0, 0.0, {}},
    {"plaster", "gypsum", 1.1614, 0.0, 0.03, {1.5, 1.5, 1.5}},
};

Grid grid_of(const Vec3& centre, const Vec3& spacing) {
  Grid grid;
  const Vec3 edges(width, width, depth);
  for (int a = 0; a < 3; ++a)
    grid.size[std::size_t(a)] = Index(std::lround(edges[a] / spacing[a])) + 1;
  grid.spacing = spacing;
  grid.origin = centre - 0.5 * edges;
  return grid;
}

/// Is (x, y) in a wall of a honeycomb whose cells are `pitch` mm apart?
bool in_wall(double x, double y, double pitch, double wall) {
  const double root3 = std::sqrt(3.0);
  double best = 1e30, bx = 0.0, by = 0.0;  // from the nearest cell's middle
  for (const double shift : {0.0, 0.5}) {  // two rectangular lattices
    const double u = x / pitch - shift, v = y / (root3 * pitch) - shift;
    const double dx = (u - std::floor(u + 0.5)) * pitch;
    const double dy = (v - std::floor(v + 0.5)) * root3 * pitch;
    const double squared = dx * dx + dy * dy;
    if (squared < best) best = squared, bx = dx, by = dy;
  }
  const double half = std::max(
      {std::abs(bx), std::abs(0.5 * bx + 0.5 * root3 * by), std::abs(0.5 * bx - 0.5 * root3 * by)});
  return half > 0.5 * (pitch - wall);
}

/// Walls of 0.8 mm (two strands of a printer's 0.4 mm) along z, as differences to the mean.
Patch honeycomb(const Cartridge& c, const Vec3& centre) {
  constexpr double wall = 0.8;
  constexpr int lines = 4;  // across a voxel
  const double pitch = wall / (1.0 - std::sqrt(1.0 - c.fill));
  Patch patch;
  patch.grid = grid_of(centre, Vec3(0.5, 0.5, depth));
  const Grid& grid = patch.grid;
  std::vector<float> values(std::size_t(grid.count()));
  for (Index j = 0; j < grid.size[1]; ++j)
    for (Index i = 0; i < grid.size[0]; ++i) {
      int inside = 0;
      for (int v = 0; v < lines; ++v)
        for (int u = 0; u < lines; ++u) {
          const double x = double(i) + (u + 0.5) / lines - 0.5;
          const double y = double(j) + (v + 0.5) / lines - 0.5;
          inside += in_wall(grid.spacing.x() * x, grid.spacing.y() * y, pitch, wall);
        }
      for (Index k = 0; k < 2; ++k)
        values[std::size_t(grid.offset(i, j, k))] = float(inside) / float(lines * lines);
    }
  detail::remove_mean(grid, values);
  patch.channels.push_back({0, std::move(values)});
  return patch;
}

std::optional<Patch> texture(const Cartridge& c, const Vec3& centre, Rng rng) {
  double scale = 0.0;
  Patch patch;
  if (c.fill > 0.0) {
    patch = honeycomb(c, centre);
    scale = c.density / c.fill;
  } else if (c.deviation > 0.0) {
    patch.grid = grid_of(centre, Vec3::Ones());
    patch.channels.push_back({0, detail::random_field(patch.grid, c.lengths, rng)});
    scale = c.density * c.deviation;
  } else {
    return std::nullopt;
  }
  for (float& v : patch.channels.front().density)
    v = static_cast<float>(double(v) * scale * units::g_per_cm3);
  return patch;
}

/// The region of a cartridge, by its name with hyphens: it adds nothing to the object.
void mark_region(SceneBuilder& scene, const Cartridge& c, const Vec3& centre, double diameter,
                 double length) {
  const Solid region =
      detail::rod(centre, 0.5 * diameter, centre.z() - 0.5 * length, centre.z() + 0.5 * length);
  const double density = c.density * units::g_per_cm3;
  LesionTruth truth;
  truth.id = c.name;
  std::ranges::replace(truth.id, '_', '-');
  truth.organ = str("cartridge_", c.name);
  truth.shape = "cylinder";
  truth.composition = "region";
  truth.centre = centre;
  truth.volume = 0.25 * std::numbers::pi * diameter * diameter * length;
  truth.longest_axial_diameter = truth.short_axis = diameter;
  truth.density = density;
  truth.attenuation = detail::hu_of(detail::mass_attenuation(material(c.material)) * density);
  truth.parts = {{"region", truth.volume, truth.density, truth.attenuation}};
  truth.solids = {scene.mark(region)};
  scene.add_lesion(std::move(truth));
}

}  // namespace

AnatomyRecord TextureCartridges::build(SceneBuilder& scene, Rng rng, const PatientState&) const {
  detail::Assembly phantom(scene);
  const auto& chosen = params_.cartridges;
  for (const Cartridge& c : cartridges) {
    // Every cartridge has a stream of its own, whichever others there are.
    const std::uint64_t high = rng(), low = rng();
    const auto at = std::find(chosen.begin(), chosen.end(), c.name);
    if (at == chosen.end()) continue;
    const double place = double(at - chosen.begin()) - 0.5 * double(chosen.size() - 1);
    const Vec3 centre(0.0, 0.0, place * depth);
    phantom.place(str("cartridge_", c.name),
                  detail::plate(centre, 0.5 * Vec3(width, width, depth), 0.0), c.material,
                  c.density * units::g_per_cm3);
    if (auto patch = texture(c, centre, Rng(Stream{high << 32 | low, Draw::texture}, 0))) {
      patch->channels.front().material = scene.material(c.material);
      scene.add_patch(std::move(*patch));
    }
    if (params_.region_diameter > 0.0)
      mark_region(scene, c, centre, params_.region_diameter, params_.region_length);
  }
  return std::move(phantom).record();
}

}  // namespace vitrine::phantoms
