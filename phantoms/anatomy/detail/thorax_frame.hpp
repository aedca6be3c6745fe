#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include "vitrine/core/random.hpp"
#include "vitrine/phantoms/scene_builder.hpp"
#include "vitrine/phantoms/solids.hpp"

namespace vitrine::phantoms::detail {

/// The reference chest: all layouts are written for it and stretched to the
/// patient's size.
namespace reference {
inline constexpr double half_width = 165.0, half_depth = 114.0;  // mm, outer
inline constexpr double lung_height = 250.0;                     // mm, apex to base
inline constexpr double fat = 12.0;                              // mm under the skin
}  // namespace reference

/// Sampled sizes of one chest and the map from the reference proportions to it.
struct ThoraxFrame {
  bool female = false;
  double half_width = reference::half_width, half_depth = reference::half_depth;
  double fat = reference::fat;       ///< mm
  double heart = 1.0;                ///< linear scale of the heart
  double systole = 0.0;              ///< contraction of the ventricles, 0 to 1
  double x = 1.0, y = 1.0, z = 1.0;  ///< stretch of what lies inside the ribs
  double breath = 1.0;               ///< stretch of the lungs along z
  double apex = 125.0;               ///< mm, the height at which breathing leaves the lungs
  /// The spine: the topmost vertebra's height, one to the next, mm of the reference; how many.
  double first_vertebra = 175.0, vertebra = 24.0;
  int vertebrae = 16;
  bool in_torso = false;  ///< vessels and oesophagus end where the abdomen's begin

  /// A reference position inside the chest, in the patient at rest.
  Vec3 at(double px, double py, double pz) const { return {x * px, y * py, z * pz}; }
  /// The same, carried by the lungs.
  Vec3 breathed(double px, double py, double pz) const { return carried(at(px, py, pz)); }
  Vec3 carried(const Vec3& p) const { return {p.x(), p.y(), apex + breath * (p.z() - apex)}; }
  /// Mean in-plane stretch: for what stays round.
  double round() const { return std::sqrt(x * y); }
  Vec3 size(double hx, double hy, double hz) const { return {x * hx, y * hy, z * hz}; }

  /// An ellipsoid of the reference chest, fixed to the body or carried by the
  /// lungs.
  Solid fixed(const Vec3& c, const Vec3& h) const {
    return ellipsoid(at(c.x(), c.y(), c.z()), size(h.x(), h.y(), h.z()));
  }
  Solid carried(const Vec3& c, const Vec3& h) const {
    Vec3 half = size(h.x(), h.y(), h.z());
    half.z() *= breath;
    return ellipsoid(breathed(c.x(), c.y(), c.z()), half);
  }
};

/// The two ellipsoids of a lung (side -1 right, +1 left), before anything else
/// takes its place.
std::vector<Solid> lung(const ThoraxFrame& f, double side);

/// What displaces lung tissue and where vessels therefore do not grow.
std::vector<Solid> not_lung(const ThoraxFrame& f);

/// Radius of the trachea's lumen in the reference chest, mm.
inline double trachea_radius(const ThoraxFrame& f) { return f.female ? 7.6 : 9.0; }

/// Middle of the vertebral bodies, mm: the back is straight.
double spine_y(const ThoraxFrame& f);

void place_wall(SceneBuilder& scene, const ThoraxFrame& f);
/// The columns of muscle and fat that the vertebrae sit in.
void place_spine_bed(SceneBuilder& scene, const ThoraxFrame& f);
/// ThoraxFrame::heart for a heart of this size over the mean man's, as far as the chest has room.
double heart_in(const ThoraxFrame& f, double size);
/// The heart in its sac, `more` mm larger.
Solid pericardium(const ThoraxFrame& f, double more);
void place_mediastinum(SceneBuilder& scene, const ThoraxFrame& f);
void place_abdomen(SceneBuilder& scene, const ThoraxFrame& f);
void place_great_vessels(SceneBuilder& scene, const ThoraxFrame& f);
void place_airways(SceneBuilder& scene, const ThoraxFrame& f);
void place_skeleton(SceneBuilder& scene, const ThoraxFrame& f);
void place_thoracic_spine(SceneBuilder& scene, const ThoraxFrame& f);
/// Ribs from the first to `last`, sternum and shoulder blades.
void place_rib_cage(SceneBuilder& scene, const ThoraxFrame& f, int last);

}  // namespace vitrine::phantoms::detail
