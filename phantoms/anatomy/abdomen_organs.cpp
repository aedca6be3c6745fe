// Liver, gallbladder, spleen, pancreas, kidneys and adrenals.
#include <algorithm>
#include <utility>

#include "vitrine/phantoms/anatomy/detail/abdomen_frame.hpp"
#include "vitrine/phantoms/anatomy/vessel_tree.hpp"
#include "vitrine/phantoms/convex.hpp"

namespace vitrine::phantoms::detail {
namespace {

const Vec3 liver_anchor(-58, -12, 44);

Solid gallbladder(const AbdomenFrame& f, double wall) {
  const double r = f.round() * f.liver;
  Solid all =
      f.part(liver_anchor, f.liver, {-36, -46, -6}, {0, 0, 0}, frame(Vec3(-0.35, -0.55, -0.75)));
  all.half_axes = r * Vec3(18.5, 18.5, 40) - Vec3::Constant(wall);
  return all;
}

/// The point of an ellipsoid in a direction of its own axes, scaled with them.
Vec3 on_surface(const Solid& solid, const Vec3& direction) {
  return solid.centre + solid.axes * solid.half_axes.cwiseProduct(direction.normalized());
}

/// An ellipsoid of fat about a kidney.
Solid renal_bed(const AbdomenFrame& f, double side) {
  Solid bed = kidney_solid(f, side);
  bed.half_axes += Vec3::Constant(3.5);
  return bed;
}

/// A kidney's axes: upper pole inwards and back, hilum inwards and forwards.
Mat3 kidney_axes(double side) {
  return frame(Vec3(-side * 0.25, 0.12, 1.0), Vec3(side * 0.85, 0.5, 0));
}

struct Interior {
  Vec3 shift, half_axes;  ///< along the kidney's own axes, x outwards: over its half axes
};

Solid inside(const Solid& kidney, const Interior& part) {
  Solid out = kidney;
  out.centre += kidney.axes * part.shift.cwiseProduct(kidney.half_axes);
  out.half_axes = part.half_axes.cwiseProduct(kidney.half_axes);
  return out;
}

}  // namespace

std::vector<Solid> liver_solids(const AbdomenFrame& f) {
  // The dome itself, drawn together towards its right side and cut by the visceral face, which
  // falls from the left above to the right below.
  // What does not fit under it grows downwards and to the left.
  const double wanted = 0.983 * f.liver, g = std::min(wanted, 1.0);
  const double more = std::max(wanted * wanted * wanted - 1.0, 0.0);
  const Solid home = abdominal_dome(f, 3.0);
  Solid all = home;
  const Vec3 fixed = on_surface(home, Vec3(-0.80, 0.0, 0.60));
  const auto drawn = [&](const Vec3& p) { return Vec3(fixed + g * (f.hung(p) - fixed)); };
  const Vec3 face = drawn(Vec3(-25, -4, -42) + more * Vec3(30, 0, -140)), down(0.52, 0.28, -0.80);
  all.centre = fixed + g * (all.centre - fixed);
  all.half_axes *= g;
  all = cut(std::move(all), face, down);
  all = cut(std::move(all), drawn({40 + 120 * more, 0, 60}), Vec3(0.94, 0.34, 0));
  // Behind and below it makes room for the kidney.
  all = cut(std::move(all), drawn({-62, 34, 25}), Vec3(0.25, 0.75, -0.61));
  // The lower end of the right lobe, the left one, the quadrate and the caudate lobe.
  Solid tip =
      cut(ellipsoid(drawn({-68, 0, 2 - 60 * more}), g * f.size({58, 76, 78}), frame({-0.1, 0, 1})),
          face, down);
  tip = cut(std::move(tip), drawn({-100, 27, 0}), Vec3(0.59, 0.81, 0));
  const Solid left = tucked(ellipsoid(drawn({30, -42, 70}), g * f.size({54, 31, 30}),
                                      frame(Vec3(0.3, -0.2, 1), {1, 0.12, 0})),
                            home);
  const Solid quadrate = tucked(
      ellipsoid(drawn({-28, -46, 30}), g * f.size({34, 27, 32}), frame({0.2, -0.2, 1})), home);
  const Solid caudate = ellipsoid(drawn({-12, -10, 54}), g * f.size({14, 17, 23}));
  return {all, tip, left, quadrate, caudate};
}

std::vector<Solid> not_liver(const AbdomenFrame& f) {
  std::vector<Solid> all{renal_bed(f, -1.0), gallbladder(f, -2.0)};
  all.insert(all.end(), f.beside_liver.begin(), f.beside_liver.end());
  return all;
}

void place_liver(SceneBuilder& scene, const AbdomenFrame& f, double density) {
  scene.begin_organ("liver");
  scene.place_union(liver_solids(f), "liver", density);
  // Fat behind the crura, about the aorta, and between the liver and the kidney against it.
  scene.begin_organ("visceral_fat");
  scene.place(ellipsoid(f.hung({-2, 16, 62}), f.size({37, 14, 44})), "adipose");
  scene.begin_organ("perirenal_fat");
  scene.place(renal_bed(f, -1.0), "adipose");
  scene.begin_organ("gallbladder");
  scene.place(gallbladder(f, 0.0), "soft_tissue", 1.03e-3);
  scene.begin_organ("bile");
  scene.place(gallbladder(f, 2.0), "bile", 1.01e-3);
}

void place_liver_vessels(SceneBuilder& scene, const AbdomenFrame& f, std::size_t twigs, Rng& rng) {
  AbdomenFrame rest = f;  // grown before breathing moves them
  rest.down = 0.0;
  std::vector<Solid> home = liver_solids(rest);
  for (Solid& solid : home) solid.half_axes -= Vec3::Constant(5.0);
  const std::vector<Solid> taken = not_liver(rest);
  Bounds box;
  for (const Solid& solid : home) box = hull(box, bounds(solid));
  const auto holds = [](const std::vector<Solid>& solids, const Vec3& p) {
    return std::any_of(solids.begin(), solids.end(),
                       [&](const Solid& s) { return contains(s, p); });
  };
  struct Root {
    Vec3 at, heading;
    double radius, low_x, high_x;  ///< mm; the share of the liver between two sagittal planes
  };
  const Root roots[] = {{{-30, -4, 88}, {-1, 0.1, -0.4}, 4.6, -200, -72},     // right hepatic vein
                        {{-25, -10, 88}, {-0.6, -0.8, -0.4}, 4.2, -72, -32},  // middle
                        {{-20, -12, 87}, {0.5, -0.8, -0.3}, 3.8, -32, 200},   // left
                        {{-44, -14, 36}, {-1, 0, 0}, 5.5, -200, -46},         // right portal vein
                        {{-36, -22, 42}, {0.3, -0.8, 0.4}, 4.4, -46, 200}};   // left
  for (const Root& root : roots) {
    scene.begin_organ("liver_vessels", &root < roots + 3 ? "hepatic_veins" : "portal_vein");
    std::vector<Vec3> cloud;
    for (int attempt = 0; attempt < 100000 && cloud.size() < twigs; ++attempt) {
      const double x = rng.uniform(box.low.x(), box.high.x());
      const double y = rng.uniform(box.low.y(), box.high.y());
      const Vec3 p(x, y, rng.uniform(box.low.z(), box.high.z()));
      if (x > f.x * root.low_x && x < f.x * root.high_x && holds(home, p) && !holds(taken, p))
        cloud.push_back(p);
    }
    VesselGrowth growth;
    growth.root_radius = root.radius * f.round();
    growth.min_radius = 0.9;
    VesselTree grown =
        grow_vessels(rest.hung(root.at), root.heading, std::move(cloud), growth, rng);
    for (auto& segment : grown.segments) {
      segment.from.z() -= f.down;
      segment.to.z() -= f.down;
    }
    scene.place_union(grown.solids(), "blood", blood_density);
  }
}

std::vector<Solid> spleen_solids(const AbdomenFrame& f) {
  // A lens that the dome cuts from a smaller dome: flush with the diaphragm, its inner face flat.
  Solid spleen = abdominal_dome(f, 3.2);
  const Vec3 fixed = on_surface(spleen, Vec3(0.85, 0.52, -0.02));
  const double k = std::min(0.88 * f.spleen, 1.0);
  spleen.centre = fixed + k * (spleen.centre - fixed);
  spleen.half_axes *= k;
  const Vec3 inwards = Vec3(-0.72, -0.69, 0).normalized();
  const double thickness = 33.0 * f.round() * f.spleen;
  return {cut(std::move(spleen), fixed + thickness * inwards, inwards)};
}

std::vector<Solid> pancreas_solids(const AbdomenFrame& f) {
  const Vec3 anchor(20, -18, 8);
  const double g = f.pancreas, r = f.round() * g;
  std::vector<Solid> out{f.part(anchor, g, {-20, -18, -14}, {21, 19, 32}, frame({0.15, 0, 1}))};
  // Neck, body and tail.
  const std::vector<Vec3> axis{
      {-12, -26, 4}, {8, -30, 14}, {32, -16, 22}, {54, 4, 28}, {76, 18, 34}};
  for (std::size_t i = 0; i + 1 < axis.size(); ++i) {
    const Vec3 a = f.hung(anchor) + g * f.size(axis[i] - anchor);
    const Vec3 b = f.hung(anchor) + g * f.size(axis[i + 1] - anchor);
    constexpr double radius[] = {12.5, 14.2, 14.6, 13.5};
    out.push_back(capsule(a, b, r * radius[i]));
    if (i > 0) mitre(out[i], out[i + 1], a, out[i].axes.col(2), out[i + 1].axes.col(2));
  }
  return out;
}

Solid kidney_solid(const AbdomenFrame& f, double side) {
  const Vec3 centre(side < 0.0 ? -62 : 60, 28, side < 0.0 ? -10 : 1);
  return f.part(centre, f.kidney, centre, {27, 25, 57}, kidney_axes(side));
}

void place_retroperitoneum(SceneBuilder& scene, const AbdomenFrame& f) {
  scene.begin_organ("spleen");
  scene.place_union(spleen_solids(f), "spleen");
  for (const double side : {-1.0, 1.0}) {
    const Solid kidney = kidney_solid(f, side);
    scene.begin_organ("kidney_cortex");
    scene.place(kidney, "kidney");
    scene.begin_organ("kidney_medulla");
    scene.place(inside(kidney, {{-0.05, 0, 0}, {0.72, 0.70, 0.80}}), "kidney", 1.045e-3);
    // The sinus opens inwards: fat about the pelvis.
    scene.begin_organ("renal_sinus");
    scene.place(inside(kidney, {{-0.58, 0, 0}, {0.58, 0.34, 0.42}}), "adipose");
    scene.begin_organ("renal_pelvis");
    scene.place(inside(kidney, {{-0.62, 0.03, -0.02}, {0.42, 0.17, 0.20}}), "urine");
    // Adrenals: two limbs above the upper pole.
    scene.begin_organ("adrenals");
    const Vec3 apex = f.hung({side * (side < 0.0 ? 27.0 : 31.0), 14, side < 0.0 ? 50.0 : 52.0});
    for (const double limb : {-1.0, 1.0})
      scene.place(ellipsoid(apex + Vec3(side * (4 + limb * 3.6), 8, -4), Vec3(2.3, 11, 13),
                            frame({0, 0.2, 1}, Vec3(1, -side * limb * 0.45, 0))),
                  "adrenal");
  }
  scene.begin_organ("pancreas");
  scene.place_union(pancreas_solids(f), "pancreas");
}

}  // namespace vitrine::phantoms::detail
