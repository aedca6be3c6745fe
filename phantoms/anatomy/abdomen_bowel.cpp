// Stomach, duodenum, small bowel and colon, with what is in them.
#include <algorithm>
#include <utility>

#include "vitrine/phantoms/anatomy/detail/abdomen_frame.hpp"

namespace vitrine::phantoms::detail {
namespace {

/// A solid of which the wall has been taken off.
Solid peeled(Solid solid, double wall) {
  const double z = solid.half_axes.z();
  solid.half_axes -= Vec3::Constant(wall);
  if (solid.kind == Solid::Kind::capsule) solid.half_axes.z() = z;
  return solid;
}

std::vector<Vec3> pushed(const AbdomenFrame& f, std::vector<Vec3> points) {
  for (Vec3& p : points) p = f.pushed(p);
  return points;
}

/// Nodes of a lattice in the order of a random walk that visits each once: a serpentine, changed
/// by reversing one of its ends at a time (backbite moves: Oberdorf et al., Phys Rev E 74 (2006)
/// 051801).
std::vector<std::array<int, 3>> random_walk(int nx, int ny, int nz, Rng& rng) {
  std::vector<std::array<int, 3>> path;
  for (int k = 0; k < nz; ++k)
    for (int j = 0; j < ny; ++j)
      for (int i = 0; i < nx; ++i) {
        const int row = k % 2 ? ny - 1 - j : j;
        path.push_back({(row + k * ny) % 2 ? nx - 1 - i : i, row, k});
      }
  const int moves = 12 * nx * ny * nz;
  for (int move = 0; move < moves; ++move) {
    if (rng.below(2) == 0) std::reverse(path.begin(), path.end());
    std::array<int, 3> next = path.back();
    next[rng.below(3)] += rng.below(2) == 0 ? -1 : 1;
    const auto at = std::find(path.begin(), path.end(), next);
    if (at != path.end()) std::reverse(at + 1, path.end());
  }
  return path;
}

/// Loops of small bowel behind the abdominal wall, below the transverse colon.
void place_small_bowel(SceneBuilder& scene, const AbdomenFrame& f, Rng& rng) {
  constexpr int nx = 6, ny = 3, nz = 4;
  std::vector<Vec3> nodes;
  for (const auto& [i, j, k] : random_walk(nx, ny, nz, rng)) {
    const double dx = rng.uniform(-4, 4), dy = rng.uniform(-3, 3), dz = rng.uniform(-4, 4);
    nodes.push_back(
        f.pushed({25.0 * (i - 2.5) + dx, -64.0 + 25.5 * j + dy, -56.0 - 26.0 * k + dz}));
  }
  nodes.resize(std::min(nodes.size(), std::size_t(66.0 * f.loops)));
  // Through the middles of the links: the corners become round.
  std::vector<Vec3> course{nodes.front()};
  for (std::size_t i = 0; i + 1 < nodes.size(); ++i)
    course.push_back(0.5 * (nodes[i] + nodes[i + 1]));
  course.push_back(nodes.back());
  const double radius = std::min(12.2 * f.bowel, 12.8 * f.round());
  std::vector<Solid> walls = tube(course, radius);
  for (Solid& wall : walls) wall = cut(std::move(wall), Vec3(0, 0, f.bottom()), -Vec3::UnitZ());
  scene.begin_organ("small_bowel");
  scene.place_union(walls, "small_intestine");
  // Filled in turn with fluid, paste, or nothing; a bubble of gas here and there.
  double state = 0.0;
  for (std::size_t i = 0; i < walls.size(); ++i) {
    if (i % 4 == 0) state = rng.uniform(0.0, 1.0);
    const double level = rng.uniform(-0.2, 0.7);
    const Solid lumen = peeled(walls[i], std::max(2.4, 0.2 * radius));
    if (state < 0.3) continue;  // collapsed
    scene.begin_organ("bowel_content");
    scene.place(lumen, "bowel_content", state < 0.7 ? 1.015e-3 : -1.0);
    if (state > 0.45 && state < 0.6) {
      scene.begin_organ("bowel_gas");
      scene.place(cut(lumen, lumen.centre - Vec3(0, level * lumen.half_axes.x(), 0), Vec3::UnitY()),
                  "air");
    }
  }
}

/// The colon, haustra as a change of calibre, gas above paste.
void place_colon(SceneBuilder& scene, const AbdomenFrame& f, Rng& rng) {
  struct Part {
    std::vector<Vec3> points;
    double radius, gas;  ///< mm; chance of a pocket
    double level;        ///< mm, y of the fluid's level; 0: each pocket has its own
  };
  const Part parts[] = {
      // Caecum and ascending colon, transverse colon, descending colon.
      {{{-74, -26, -160}, {-82, -10, -120}, {-95, 8, -86}, {-94, 8, -58}, {-84, -16, -40}},
       22,
       0.6,
       0.0},
      {{{-84, -16, -40},
        {-66, -44, -42},
        {-38, -60, -38},
        {0, -62, -34},
        {36, -60, -26},
        {64, -46, -12},
        {82, -22, 2}},
       18,
       0.75,
       -58.0},
      {{{84, -20, 4}, {95, 6, 0}, {100, 12, -34}, {99, 14, -84}, {90, 4, -124}, {80, -10, -160}},
       15,
       0.45,
       0.0}};
  for (const Part& part : parts) {
    const std::vector<Vec3> bends = pushed(f, part.points);
    // Each link becomes a wide and a narrow piece.
    std::vector<Solid> walls;
    for (std::size_t i = 0; i + 1 < bends.size(); ++i) {
      const double length = (bends[i + 1] - bends[i]).norm();
      const int pieces = std::max(1, int(length / 17.0));
      for (int k = 0; k < pieces; ++k) {
        const double r = f.bowel * part.radius * rng.uniform(0.82, 1.06);
        const Vec3 a = bends[i] + (bends[i + 1] - bends[i]) * (double(k) / pieces);
        const Vec3 b = bends[i] + (bends[i + 1] - bends[i]) * (double(k + 1) / pieces);
        walls.push_back(capsule(a, b, r));
        if (const std::size_t n = walls.size(); n > 1)
          mitre(walls[n - 2], walls[n - 1], a, walls[n - 2].axes.col(2), walls[n - 1].axes.col(2));
      }
    }
    for (Solid& wall : walls) wall = cut(std::move(wall), Vec3(0, 0, f.bottom()), -Vec3::UnitZ());
    scene.begin_organ("colon");
    scene.place_union(walls, "small_intestine", 1.045e-3);
    std::vector<Solid> lumens;
    for (const Solid& wall : walls) lumens.push_back(peeled(wall, 3.0));
    scene.begin_organ("bowel_content");
    scene.place_union(lumens, "bowel_content");
    scene.begin_organ("bowel_gas");
    double level = 0.0;
    bool gas = false;
    for (std::size_t i = 0; i < lumens.size(); ++i) {
      const double draw = rng.uniform(0.0, 1.0), height = rng.uniform(-0.35, 0.5);
      if (i % 2 == 0) gas = draw < part.gas, level = height * lumens[i].half_axes.x();
      const Vec3 surface =
          part.level != 0.0 ? f.at(0, part.level, 0) : Vec3(lumens[i].centre - Vec3(0, level, 0));
      if (gas && -reach(lumens[i], -Vec3::UnitY()) < surface.y() - 1.0)
        scene.place(cut(lumens[i], surface, Vec3::UnitY()), "air");
    }
  }
}

}  // namespace

void place_stomach(SceneBuilder& scene, const AbdomenFrame& f) {
  const Vec3 anchor(50, -4, 50);
  const double r = f.round();
  std::vector<Solid> walls{
      tucked(f.part(anchor, 1.0, {48, 18, 72}, {35, 34, 34}), abdominal_dome(f, 4.0)),
      tucked(f.part(anchor, 1.0, {57, -18, 38}, {31, 37, 50}, frame(Vec3(0.12, 0.3, 1))),
             abdominal_dome(f, 4.0))};
  const std::vector<Vec3> antrum{f.hung({52, -40, 6}), f.hung({28, -48, -10}),
                                 f.hung({2, -46, -12}), f.hung({-18, -40, -2})};
  for (std::size_t i = 0; i + 1 < antrum.size(); ++i) {
    walls.push_back(capsule(antrum[i], antrum[i + 1], r * (21.0 - 3.5 * double(i))));
    if (i > 0)
      mitre(walls[walls.size() - 2], walls.back(), antrum[i],
            (antrum[i] - antrum[i - 1]).normalized(), (antrum[i + 1] - antrum[i]).normalized());
  }
  std::vector<Solid> lumens;
  for (const Solid& wall : walls) lumens.push_back(peeled(wall, 4.5));
  scene.begin_organ("oesophagus");
  for (Solid& link : tube({f.hung(f.in_torso ? Vec3(9, 22, 130) : Vec3(10, 4, 160)),
                           f.hung({14, 2, 92}), f.hung({34, 2, 72})},
                          6.5 * r))
    scene.place(cut(std::move(link), Vec3(0, 0, f.top()), Vec3::UnitZ()), "muscle");
  scene.begin_organ("stomach");
  scene.place_union(walls, "stomach");
  scene.begin_organ("stomach_content");
  scene.place_union(lumens, "bowel_content", 1.02e-3);
  // Supine: gas collects in front, above one level.
  scene.begin_organ("stomach_gas");
  for (const Solid& lumen : lumens)
    if (-reach(lumen, -Vec3::UnitY()) < f.at(0, -37, 0).y())
      scene.place(cut(lumen, f.at(0, -37, 0), Vec3::UnitY()), "air");
}

void place_bowel(SceneBuilder& scene, const AbdomenFrame& f, Rng& rng) {
  // Duodenum about the head of the pancreas.
  const std::vector<Vec3> loop = pushed(f, {{-20, -38, 0},
                                            {-42, -28, -2},
                                            {-48, -12, -18},
                                            {-44, -6, -44},
                                            {-22, -4, -54},
                                            {6, -10, -54},
                                            {24, -16, -42}});
  const std::vector<Solid> walls = tube(loop, 11.5 * f.bowel);
  scene.begin_organ("duodenum");
  scene.place_union(walls, "small_intestine");
  scene.begin_organ("bowel_content");
  for (const Solid& wall : walls)
    scene.place(peeled(wall, std::max(3.5, 4.0 * f.bowel)), "bowel_content", 1.015e-3);
  place_small_bowel(scene, f, rng);
  place_colon(scene, f, rng);
}

}  // namespace vitrine::phantoms::detail
