// Lobes, and the trees in them: airways, arteries beside them, veins between them.
#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/anatomy/detail/thorax_lungs.hpp"

namespace vitrine::phantoms::detail {
namespace {

/// Where a lobe's trees enter it, in the reference chest (mm): the end of its bronchus, where its
/// artery and vein come from.
struct Hilum {
  Vec3 bronchus, heading, artery, vein;
  double bore;  ///< radius of the lobar bronchus over the trachea's
};
// In the order of `lung_lobes`. Bores: diameters of lobar bronchi over the trachea's in Weibel's
// and Horsfield's models, 8.3/18 and 8.5/16.5, shared by the volumes fed.
const Hilum hila[] = {
    {{-51, 10, 34}, {-0.7, -0.1, 0.7}, {-44, 2, 24}, {-46, -8, 6}, 0.45},      // right upper
    {{-58, 4, -14}, {-0.5, -0.7, -0.5}, {-47, 6, 8}, {-46, -8, 4}, 0.34},      // right middle
    {{-54, 22, -20}, {-0.4, 0.3, -0.8}, {-48, 10, 10}, {-46, 18, -14}, 0.50},  // right lower
    {{57, 4, 26}, {0.7, -0.2, 0.6}, {49, 10, 20}, {50, -8, 6}, 0.46},          // left upper
    {{58, 26, -22}, {0.4, 0.3, -0.8}, {52, 15, 8}, {50, 18, -14}, 0.47},       // left lower
};

/// Radii at the root of a tree that fed both lungs, mm: so that a lobe of a quarter of the volume
/// has 5.0 and 4.7 mm, like the fifth and sixth largest orders of Huang et al. (J Appl Physiol 81
/// (1996) 2123).
constexpr double all_arteries = 9.2, all_veins = 8.6;

/// Wall of an airway, mm, by the diameter of its lumen: 1.5 mm at 9 mm, 0.7 at 3, 0.35 at 1.
/// Between CT (never-smokers: wall area 62 % at lumina of 12 mm^2; PMC10186404), which blurs walls
/// thicker, and casts.
double wall(double diameter) { return 0.35 * math::pow(diameter, 0.65); }

/// Airways shrink from branching to branching as 2^(-1/2.8) (Kitaoka, Takaki and Suki, J Appl
/// Physiol 87 (1999) 2207).
constexpr double airway_exponent = 2.8;

bool in_any(const std::vector<Solid>& solids, const Vec3& p) {
  return std::any_of(solids.begin(), solids.end(), [&](const Solid& s) { return contains(s, p); });
}

/// The lung of one side, and what displaces it.
struct Space {
  std::vector<Solid> home, taken;
  Bounds box;

  Space(const ThoraxFrame& f, double side, double margin)
      : home(lung(f, side)), taken(not_lung(f)) {
    for (Solid& solid : home) {
      solid.half_axes -= Vec3::Constant(margin);
      box = hull(box, bounds(solid));
    }
  }
  bool holds(const Vec3& p) const { return in_any(home, p) && !in_any(taken, p); }
};

double distance_to(const VesselTree& tree, const Vec3& p) {
  double nearest = 1e30;
  for (const VesselTree::Segment& s : tree.segments) {
    const Vec3 along = s.to - s.from;
    const double t = std::clamp((p - s.from).dot(along) / along.squaredNorm(), 0.0, 1.0);
    nearest = std::min(nearest, (p - s.from - t * along).norm() - s.radius);
  }
  return nearest;
}

std::vector<Vec3> cloud(const Space& space, const Lobe& lobe, std::size_t count, Rng& rng) {
  std::vector<Vec3> points;
  for (int attempt = 0; attempt < 400000 && points.size() < count; ++attempt) {
    const double x = rng.uniform(lobe.extent.low.x(), lobe.extent.high.x());
    const double y = rng.uniform(lobe.extent.low.y(), lobe.extent.high.y());
    const Vec3 p(x, y, rng.uniform(lobe.extent.low.z(), lobe.extent.high.z()));
    if (holds(lobe, p, 2.0) && space.holds(p)) points.push_back(p);
  }
  return points;
}

/// Of three draws each, the points farthest from the airways: veins run between them.
std::vector<Vec3> between(const VesselTree& airways, std::vector<Vec3> points) {
  std::vector<Vec3> out;
  for (std::size_t i = 0; i + 2 < points.size(); i += 3)
    out.push_back(*std::max_element(points.begin() + std::ptrdiff_t(i),
                                    points.begin() + std::ptrdiff_t(i) + 3,
                                    [&](const Vec3& a, const Vec3& b) {
                                      return distance_to(airways, a) < distance_to(airways, b);
                                    }));
  return out;
}

/// Push the joints of a tree away from airways that they are too near to.
void avoid(VesselTree& tree, const VesselTree& airways) {
  for (std::size_t i = 0; i < tree.segments.size(); ++i) {
    VesselTree::Segment& vein = tree.segments[i];
    Vec3 away = Vec3::Zero();
    for (const VesselTree::Segment& s : airways.segments) {
      const Vec3 along = s.to - s.from;
      const double t = std::clamp((vein.to - s.from).dot(along) / along.squaredNorm(), 0.0, 1.0);
      const Vec3 apart = vein.to - s.from - t * along;
      const double room = 1.2 * (s.radius + vein.radius);
      if (apart.norm() < room && apart.norm() > 1e-6)
        away += (room - apart.norm()) * apart.normalized();
    }
    vein.to += away;
    for (std::size_t k = i + 1; k < tree.segments.size(); ++k)
      if (tree.segments[k].parent == int(i)) tree.segments[k].from = vein.to;
  }
}

void carry(VesselTree& tree, const ThoraxFrame& f) {
  for (VesselTree::Segment& segment : tree.segments) {
    segment.from = f.carried(segment.from);
    segment.to = f.carried(segment.to);
  }
}

}  // namespace

std::vector<Lobe> lung_lobes(const ThoraxFrame& f) {
  // Oblique fissures run from behind above to the front below, the horizontal one forwards from the
  // right oblique one. Their places give the lobes the shares of the volume that supine CT finds:
  // 17.9, 9.3, 26.5, 23.1, 23.2 % (Yamada et al., Respiration 99 (2020) 598).
  const auto plane = [&](double slope, double z0) {  // points above z0 + slope y, reference mm
    const Vec3 normal(0.0, slope * f.z / f.y, -1.0);
    return Solid::Plane{normal / normal.norm(), -z0 * f.z / normal.norm()};
  };
  const auto turned = [](const Solid::Plane& p) { return Solid::Plane{-p.normal, -p.offset}; };
  const Solid::Plane right{Vec3::UnitX(), 0.0}, left{-Vec3::UnitX(), 0.0};
  const Solid::Plane oblique_right = plane(1.15, -6.0), oblique_left = plane(1.15, -14.0);
  const Solid::Plane horizontal = plane(0.0, 12.0);
  std::vector<Lobe> lobes{{"right_upper", {right, oblique_right, horizontal}, {}},
                          {"right_middle", {right, oblique_right, turned(horizontal)}, {}},
                          {"right_lower", {right, turned(oblique_right)}, {}},
                          {"left_upper", {left, oblique_left}, {}},
                          {"left_lower", {left, turned(oblique_left)}, {}}};
  constexpr double step = 6.0;
  for (const double side : {-1.0, 1.0}) {
    const Space space(f, side, 0.0);
    for (double z = space.box.low.z(); z < space.box.high.z(); z += step)
      for (double y = space.box.low.y(); y < space.box.high.y(); y += step)
        for (double x = space.box.low.x(); x < space.box.high.x(); x += step) {
          const Vec3 p(x, y, z);
          if (!space.holds(p)) continue;
          for (Lobe& lobe : lobes)
            if (holds(lobe, p, 0.0)) {
              lobe.extent = hull(lobe.extent, {p, p});
              ++lobe.points;
            }
        }
  }
  return lobes;
}

LungTrees grow_lung_trees(const ThoraxFrame& f, const std::vector<Lobe>& lobes,
                          const LungDetail& detail, Rng& rng) {
  // Trees grow in the lungs at rest and are carried by them.
  ThoraxFrame rest = f;
  rest.breath = 1.0;
  double all = 0.0;
  for (const Lobe& lobe : lobes) all += double(lobe.points);
  LungTrees trees;
  for (std::size_t l = 0; l < lobes.size(); ++l) {
    const Hilum& hilum = hila[l];
    const auto at = [&](const Vec3& p) { return rest.at(p.x(), p.y(), p.z()); };
    const double share = double(lobes[l].points) / all;
    const Space space(rest, hilum.bronchus.x() < 0.0 ? -1.0 : 1.0, 5.0);
    const auto twigs = std::max<std::size_t>(2, std::size_t(share * double(5 * detail.twigs)));
    VesselTree skeleton = grow_vessels(at(hilum.bronchus), hilum.heading,
                                       cloud(space, lobes[l], twigs, rng), {}, rng);
    VesselTree lumina = skeleton, walls;
    set_radii(lumina, hilum.bore * trachea_radius(f) * f.round(), airway_exponent, 0.0);
    walls = lumina;
    for (VesselTree::Segment& s : walls.segments) s.radius += wall(2.0 * s.radius);
    const auto root_radius = [&](double of_all) {
      return of_all * math::pow(share, 1.0 / detail.vessel_exponent) * f.round();
    };
    VesselTree arteries = skeleton;
    set_radii(arteries, root_radius(all_arteries), detail.vessel_exponent,
              detail.vessel_min_radius);
    arteries = beside(walls, arteries, at(hilum.artery), 1.15);
    VesselTree veins =
        grow_vessels(at(hilum.vein), hilum.heading,
                     between(walls, cloud(space, lobes[l], 3 * twigs, rng)), {}, rng);
    set_radii(veins, root_radius(all_veins), detail.vessel_exponent, detail.vessel_min_radius);
    lumina = lumina.thicker_than(detail.airway_min_radius);
    walls = lumina;
    for (VesselTree::Segment& s : walls.segments) s.radius += wall(2.0 * s.radius);
    avoid(veins, walls);
    for (VesselTree* tree : {&lumina, &walls, &arteries, &veins}) carry(*tree, f);
    trees.lumina.push_back(std::move(lumina));
    trees.walls.push_back(std::move(walls));
    trees.arteries.push_back(std::move(arteries));
    trees.veins.push_back(std::move(veins));
  }
  return trees;
}

void place_lung_trees(SceneBuilder& scene, const LungTrees& trees) {
  scene.begin_organ("lung_vessels", "pulmonary_arteries");
  for (const VesselTree& tree : trees.arteries) scene.place_union(tree.solids(), "blood");
  scene.begin_organ("lung_vessels", "pulmonary_veins");
  for (const VesselTree& tree : trees.veins) scene.place_union(tree.solids(), "blood");
  using enum VesselTree::Branching;
  scene.begin_organ("airway_walls");
  for (const VesselTree& tree : trees.walls) scene.place_union(tree.solids(axis), "soft_tissue");
  scene.begin_organ("airways");
  for (const VesselTree& tree : trees.lumina) scene.place_union(tree.solids(axis), "air");
}

}  // namespace vitrine::phantoms::detail
