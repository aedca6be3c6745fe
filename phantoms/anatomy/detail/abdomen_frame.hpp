#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "vitrine/core/random.hpp"
#include "vitrine/phantoms/anatomy/abdomen.hpp"
#include "vitrine/phantoms/anatomy/tuck.hpp"
#include "vitrine/phantoms/scene_builder.hpp"
#include "vitrine/phantoms/solids.hpp"

namespace vitrine::phantoms::detail {

/// The reference abdomen: all layouts are written for it and stretched to the patient's size.
namespace abdomen_reference {
inline constexpr double half_width = 167.5, half_depth = 117.25;  // mm, outer
inline constexpr double fat = 17.0;                               // mm under the skin
inline constexpr double height = 232.0;                           // mm, right dome to iliac crest
inline constexpr double top = 126.0, bottom = -150.0;             // mm, where the body ends
inline constexpr double spine_y = 38.0;                           // mm, middle of the vertebrae
}  // namespace abdomen_reference

inline constexpr double abdomen_skin = 1.8;  // mm (ICRP 89: 1.2 to 1.9 mm)

/// Sampled sizes of one abdomen and the map from the reference proportions to it.
struct AbdomenFrame {
  bool female = false;
  double half_width = abdomen_reference::half_width, half_depth = abdomen_reference::half_depth;
  double fat = abdomen_reference::fat;         ///< mm
  double x = 1.0, y = 1.0, z = 1.0, y0 = 0.0;  ///< stretch and shift of what lies in the wall
  double bone = 1.0;                           ///< linear scale of the skeleton
  double spine = abdomen_reference::spine_y;   ///< mm, middle of the vertebral bodies
  double bowel = 1.0, loops = 1.0;             ///< scale of the bowel's radii and length
  double liver = 1.0, spleen = 1.0, kidney = 1.0, pancreas = 1.0;  ///< linear, over the stretch
  /// Where the body, the cavity and the canal of the spine end, mm of the reference.
  double high = abdomen_reference::top, low = abdomen_reference::bottom;
  double cavity_low = abdomen_reference::bottom, spine_low = abdomen_reference::bottom;
  double spine_high = abdomen_reference::top;  ///< of the canal and the muscles about it
  std::vector<Solid> beside_liver;             ///< what takes the liver's place later
  bool in_torso = false;  ///< there is a chest above and a pelvis below: vessels go on there
  double down = 0.0;      ///< mm by which the diaphragm and what hangs on it have moved down

  Vec3 at(double px, double py, double pz) const { return {x * px, y0 + y * py, z * pz}; }
  Vec3 at(const Vec3& p) const { return at(p.x(), p.y(), p.z()); }
  /// The same for the upper abdomen: carried by the diaphragm.
  Vec3 hung(const Vec3& p) const { return at(p) - Vec3(0, 0, down); }
  /// Carried less and less from z = -40 to -130 mm of the reference: the bowel is pushed together.
  Vec3 pushed(const Vec3& p) const {
    const double share = std::min(1.0, std::max(0.0, (p.z() + 130.0) / 90.0));
    return at(p) - Vec3(0, 0, share * down);
  }
  Vec3 size(const Vec3& h) const { return {x * h.x(), y * h.y(), z * h.z()}; }
  double round() const { return std::sqrt(x * y); }
  double top() const { return z * high; }
  double bottom() const { return z * low; }

  /// An ellipsoid of the reference abdomen, carried by the diaphragm and `grown` about `anchor`.
  Solid part(const Vec3& anchor, double grown, const Vec3& c, const Vec3& h,
             const Mat3& axes = Mat3::Identity()) const {
    return ellipsoid(hung(anchor) + grown * size(c - anchor), grown * size(h), axes);
  }
};

/// What is drawn for one patient, always the same numbers in the same order.
struct AbdomenDraw {
  Person person;
  double width, ratio, height, fat, visceral;       ///< mm
  double liver, spleen, kidney, pancreas, density;  ///< g, g/mm^3
  std::string arms;
};
AbdomenDraw draw_abdomen(const Abdomen::Params& params, Rng& rng);
AbdomenFrame make_frame(const AbdomenDraw& drawn);
std::vector<std::pair<std::string, double>> parameters_of(const AbdomenDraw& drawn,
                                                          const AbdomenFrame& f);
std::vector<Host> abdominal_hosts(const AbdomenDraw& drawn, const AbdomenFrame& f);

/// The cavity under the diaphragm's dome and the one below it: what fits into either is cheap.
Solid abdominal_dome(const AbdomenFrame& f, double depth);
Solid abdominal_cavity(const AbdomenFrame& f);

/// Where the liver may grow vessels: its solids, and what later takes their place.
std::vector<Solid> liver_solids(const AbdomenFrame& f);
std::vector<Solid> not_liver(const AbdomenFrame& f);
std::vector<Solid> spleen_solids(const AbdomenFrame& f);
std::vector<Solid> pancreas_solids(const AbdomenFrame& f);
Solid kidney_solid(const AbdomenFrame& f, double side);

/// One layer of the trunk between two heights, `depth` mm below the skin; it lies on its back.
Solid trunk_layer(const AbdomenFrame& f, double depth, double low, double high);

void place_abdominal_wall(SceneBuilder& scene, const AbdomenFrame& f);
/// Cavity and diaphragm, filled with fat.
void place_abdominal_cavity(SceneBuilder& scene, const AbdomenFrame& f);
void place_back(SceneBuilder& scene, const AbdomenFrame& f);
void place_stomach(SceneBuilder& scene, const AbdomenFrame& f);
void place_bowel(SceneBuilder& scene, const AbdomenFrame& f, Rng& rng);
void place_liver(SceneBuilder& scene, const AbdomenFrame& f, double density);
void place_liver_vessels(SceneBuilder& scene, const AbdomenFrame& f, std::size_t twigs, Rng& rng);
void place_retroperitoneum(SceneBuilder& scene, const AbdomenFrame& f);
void place_abdominal_vessels(SceneBuilder& scene, const AbdomenFrame& f);
void place_abdominal_skeleton(SceneBuilder& scene, const AbdomenFrame& f);

/// Density of blood at 37 degrees: Trudnowski and Rico, Clin Chem 20 (1974) 615.
inline constexpr double blood_density = 1.0506e-3;

}  // namespace vitrine::phantoms::detail
