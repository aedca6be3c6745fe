// Cerebrum with a shell of cortex, ventricles and deep grey matter; cerebellum, brain stem, falx.
#include <cmath>
#include <numbers>
#include <utility>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/anatomy/detail/head_frame.hpp"

namespace vitrine::phantoms::detail {
namespace {

constexpr double subarachnoid = 2.6;  // mm of cerebrospinal fluid about the brain
constexpr double cortex = 3.4;        // mm, grey matter (2 to 4.5 mm)

/// The cerebrum, `depth` mm below its surface: above the skull's base and the tentorium.
Solid cerebrum(const HeadFrame& f, double depth) {
  const Vec3 tentorium = Vec3(0, 0.17, -0.985);
  return cut(vault(f, f.skull + subarachnoid + depth),
             f.at({0, 30, 9}) - (subarachnoid + depth) * tentorium, tentorium);
}

/// The solid under the vault, cut by the skull's base.
Solid under(Solid solid, const Solid& room) {
  Solid whole = room;
  whole.cuts.clear();
  solid = tucked(std::move(solid), whole);
  solid.cuts = room.cuts;
  return solid;
}

void place_ventricles(SceneBuilder& scene, const HeadFrame& f) {
  const double v = f.ventricle;
  const auto horn = [&](const Vec3& c, const Vec3& h, const Mat3& axes = Mat3::Identity()) {
    Solid solid = f.part(c, h, axes);
    solid.half_axes *= v;
    scene.place(solid, "csf");
  };
  scene.begin_organ("ventricles");
  for (const double side : {-1.0, 1.0}) {
    const Vec3 out(1, -side * 0.32, 0);
    horn({side * 11, -28, 58}, {4.0, 17, 8}, frame({0, 0.1, 1}, out));       // frontal
    horn({side * 13, 4, 67}, {5.2, 30, 5.5}, frame({side * 0.1, 0.05, 1}));  // body
    horn({side * 24, 40, 56}, {5.5, 17, 9}, frame({0, 0.5, 1}, Vec3(1, -side * 0.3, 0)));  // atrium
    horn({side * 33, 8, 24}, {2.2, 17, 2.2}, frame({0, 0.1, 1}, out));  // temporal
  }
  horn({0, 4, 48}, {2.0, 14, 9});  // third
}

/// Sulci: thin folds of fluid lined with grey matter, at right angles to the surface.
void place_sulci(SceneBuilder& scene, const HeadFrame& f, Rng& rng) {
  constexpr int count = 64;
  const Solid surface = cerebrum(f, 0.0);
  std::vector<Solid> folds;
  for (int i = 0; i < count; ++i) {
    // A Fibonacci lattice on the upper part of the surface.
    const double up = 1.0 - 1.25 * (i + 0.5) / count;
    const double angle = i * std::numbers::pi * (3.0 - std::sqrt(5.0)) + rng.uniform(-0.15, 0.15);
    const double turn = rng.uniform(-0.7, 0.7), deep = rng.uniform(9.0, 15.0);
    const double across = std::sqrt(1.0 - up * up);
    const Vec3 u(across * math::cos(angle), across * math::sin(angle), up);
    const Vec3 at = surface.centre + surface.half_axes.cwiseProduct(u);
    if (std::abs(at.x()) < 9.0 || at.z() < f.z * (at.y() > 0.0 ? 32.0 : 20.0)) continue;
    const Vec3 normal = u.cwiseQuotient(surface.half_axes).normalized();
    // Mostly coronal folds, as about the central sulcus.
    const Vec3 thin = Vec3(math::sin(turn), math::cos(turn), 0.2 * math::sin(3 * turn));
    const Solid fold = ellipsoid(at, Vec3(1.0, 14.0, deep), frame(-normal, thin));
    folds.push_back(cut(fold, at, normal));
  }
  scene.begin_organ("grey_matter");
  for (Solid fold : folds) {
    fold.half_axes += Vec3::Constant(2.8);
    scene.place(fold, "grey_matter");
  }
  scene.begin_organ("sulci");
  for (const Solid& fold : folds) scene.place(fold, "csf");
}

void place_deep_grey(SceneBuilder& scene, const HeadFrame& f) {
  scene.begin_organ("grey_matter");
  for (const double side : {-1.0, 1.0}) {
    scene.place(f.part({side * 15, -22, 56}, {6, 13, 10}), "grey_matter");  // caudate
    scene.place(f.part({side * 26, -6, 48}, {7, 20, 12}, frame({0, 0, 1}, {1, -side * 0.35, 0})),
                "grey_matter");  // lentiform
    scene.place(f.part({side * 11, 16, 50}, {8, 14, 10}, frame({0, 0, 1}, {1, -side * 0.35, 0})),
                "grey_matter");                                              // thalamus
    scene.place(f.part({side * 42, -8, 44}, {2.2, 22, 17}), "grey_matter");  // insula
  }
}

/// The cleft between the hemispheres with the falx, and the Sylvian fissures.
void place_fissures(SceneBuilder& scene, const HeadFrame& f) {
  const auto cleft = [&](double half, const Vec3& point, const Vec3& outwards) {
    Solid all = vault(f, f.skull + 0.6);
    all.half_axes.x() = half;
    return cut(std::move(all), f.at(point), outwards);
  };
  scene.begin_organ("fissures");
  const auto place_all = [&](double half, std::string_view material) {
    scene.place(cleft(half, {0, 0, 74}, -Vec3::UnitZ()), material);
    scene.place(cut(cleft(half, {0, -50, 0}, Vec3::UnitY()), f.at({0, 0, 74}), Vec3::UnitZ()),
                material);
    scene.place(cut(cut(cleft(half, {0, 58, 0}, -Vec3::UnitY()), f.at({0, 0, 74}), Vec3::UnitZ()),
                    f.at({0, 0, 34}), -Vec3::UnitZ()),
                material);
  };
  place_all(1.9, "csf");
  for (const double side : {-1.0, 1.0})
    scene.place(
        tucked(f.part({side * 50, -14, 36}, {15, 2.0, 22}, frame({0, 0.5, 1}, {1, side * 0.25, 0})),
               vault(f, f.skull + 0.6)),
        "csf");
  scene.begin_organ("falx");
  place_all(0.6, "soft_tissue");
}

}  // namespace

void place_brain(SceneBuilder& scene, const HeadFrame& f, Rng& rng) {
  scene.begin_organ("csf");
  scene.place(vault(f, f.skull), "csf");
  // The hemispheres, and the temporal lobes in the middle fossa.
  const Solid fossa = vault(f, f.skull + 1.6);
  std::vector<Solid> lobes{cerebrum(f, 0.0)}, cores{cerebrum(f, cortex)};
  for (const double side : {-1.0, 1.0}) {
    lobes.push_back(under(f.part({side * 41, -14, 0}, {20, 30, 25}), fossa));
    cores.push_back(lobes.back());
    cores.back().half_axes -= Vec3::Constant(cortex);
  }
  scene.begin_organ("grey_matter");
  scene.place_union(lobes, "grey_matter");
  scene.begin_organ("white_matter");
  scene.place_union(cores, "white_matter");
  place_sulci(scene, f, rng);
  place_deep_grey(scene, f);
  place_fissures(scene, f);
  place_ventricles(scene, f);
  // Posterior fossa.
  const Solid room = vault(f, f.skull + 1.5);
  scene.begin_organ("cerebellum");
  for (const double side : {-1.0, 1.0})
    scene.place(under(f.part({side * 23, 48, -6}, {32, 34, 23}, frame({0, 0.12, 1})), room),
                "brain", 1.045e-3);
  scene.begin_organ("csf");
  scene.place(f.part({0, 8, 20}, {19, 15, 11}), "csf");
  scene.begin_organ("brain_stem");
  scene.place(f.part({0, 20, 24}, {18, 12, 13}), "white_matter");
  scene.place(f.part({0, 22, 2}, {17, 14, 17}), "white_matter");
  scene.begin_organ("spinal_canal");
  for (Solid& link : f.tube_along({{0, 34, -24}, {0, 41, -44}, {0, 41, -150}}, 9.5))
    scene.place(cut(std::move(link), Vec3(0, 0, f.bottom()), -Vec3::UnitZ()), "csf");
  scene.begin_organ("brain_stem");
  for (Solid& link : f.tube_along({{0, 26, -6}, {0, 34, -26}, {0, 41, -46}, {0, 41, -150}}, 6.0))
    scene.place(cut(std::move(link), Vec3(0, 0, f.bottom()), -Vec3::UnitZ()), "white_matter");
  scene.begin_organ("ventricles");
  Solid fourth = f.part({0, 36, -2}, {6.5, 3.4, 9});
  fourth.half_axes *= f.ventricle;
  scene.place(fourth, "csf");
}

}  // namespace vitrine::phantoms::detail
