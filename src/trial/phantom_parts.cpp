#include "vitrine/trial/phantom_parts.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/trial/object.hpp"

namespace vitrine::trial {
namespace {

using evaluation::Outline;
using evaluation::Vec2;

constexpr double least_insert = 4.0, largest_wire = 0.5;  // mm, radii
constexpr double least_rise = 5.0 * units::deg, largest_rise = 60.0 * units::deg;
constexpr double round_to = 1e-9;  // of a length, that half axes of something round differ by

bool equal(double a, double b) { return std::abs(a - b) <= round_to * std::max(a, b); }

bool is_rod(const Solid& s) {
  return s.kind == Solid::Kind::cylinder && s.cuts.empty() &&
         equal(s.half_axes.x(), s.half_axes.y());
}

Vec3 upwards(const Solid& s) {
  const Vec3 axis = s.axes.col(2);
  return axis.z() < 0.0 ? Vec3(-axis) : axis;
}

bool is_upright(const Solid& s) { return upwards(s).z() > 1.0 - 1e-12; }

bool is_ball(const Solid& s) {
  return s.kind == Solid::Kind::ellipsoid && s.cuts.empty() &&
         equal(s.half_axes.x(), s.half_axes.y()) && equal(s.half_axes.x(), s.half_axes.z());
}

/// Whether an upright cylinder, round or not, reaches through a slab.
bool spans(const Solid& s, double z, double half) {
  return s.kind == Solid::Kind::cylinder && s.cuts.empty() && is_upright(s) &&
         std::abs(z - s.centre.z()) + half <= s.half_axes.z();
}

double least_half_axis(const Solid& s) { return std::min(s.half_axes.x(), s.half_axes.y()); }

double attenuation_at(const Scene& scene, const Vec3& point, double energy) {
  Grid grid;
  grid.size = {1, 1, 1};
  grid.spacing = Vec3::Constant(1e-3);  // mm: a point
  grid.origin = point;
  return double(object_image(scene, grid, energy)(0, 0, 0));
}

phantoms::Bounds bounds_of(const Grid& grid) {
  phantoms::Bounds box;
  for (int corner = 0; corner < 8; ++corner) {
    const auto end = [&](int a) { return corner >> a & 1 ? grid.size[std::size_t(a)] : Index{-1}; };
    const Vec3 p = grid.centre(end(0), end(1), end(2));
    box = corner == 0 ? phantoms::Bounds{p, p} : phantoms::hull(box, {p, p});
  }
  return box;
}

/// The disc as a cylinder of the slab.
Solid slab_of(const Vec2& centre, double radius, double z, double half) {
  Solid s;
  s.kind = Solid::Kind::cylinder;
  s.centre = Vec3(centre.x(), centre.y(), z);
  s.half_axes = Vec3(radius, radius, half);
  return s;
}

}  // namespace

Vec2 Rod::at(double z) const { return (centre + along * ((z - centre.z()) / along.z())).head<2>(); }

PhantomParts::PhantomParts(const Scene& scene, double energy) : solids_(scene.solids) {
  for (const Solid& solid : solids_) bounds_.push_back(phantoms::bounds(solid));
  for (const Patch& patch : scene.patches) textures_.push_back(bounds_of(patch.grid));
  for (const IndexedMap& map : scene.maps) textures_.push_back(bounds_of(map.grid));
  for (const Organ& organ : scene.organs) {
    const std::string prefix = "insert_";
    const std::string plain =
        organ.name.starts_with(prefix) ? organ.name.substr(prefix.size()) : organ.name;
    for (std::size_t i = 0; i < organ.solids.size(); ++i) {
      const std::uint32_t index = organ.solids[i];
      const Solid& s = solids_[index];
      const std::string name = organ.solids.size() > 1 ? str(plain, '_', i + 1) : plain;
      const double radius = s.half_axes.x();
      if (is_ball(s) && radius <= largest_wire) beads.push_back({name, s.centre, radius, index});
      if (!is_rod(s)) continue;
      Rod rod{name, s.centre, upwards(s), radius, s.half_axes.z(), 0.0, index};
      const double rise = math::asin(std::min(1.0, rod.along.z()));
      const auto about = outline(s.centre.z(), 0.0);
      const bool inside = about && radius < 0.5 * about->radius;
      if (is_upright(s) && radius >= least_insert && inside) {
        rod.attenuation = attenuation_at(scene, s.centre, energy);
        inserts.push_back(std::move(rod));
      } else if (is_upright(s) && radius <= largest_wire) {
        wires.push_back(std::move(rod));
      } else if (radius <= largest_wire && rise >= least_rise && rise <= largest_rise) {
        ramps.push_back(std::move(rod));
      }
    }
  }
}

std::optional<Outline> PhantomParts::outline(double z, double half) const {
  std::optional<Outline> largest;
  for (const Solid& s : solids_)
    if (spans(s, z, half) && (!largest || least_half_axis(s) > largest->radius))
      largest = {s.centre.head<2>(), least_half_axis(s)};
  return largest;
}

std::optional<Outline> PhantomParts::vessel(double z, double half) const {
  const auto about = outline(z, half);
  std::optional<Outline> smallest = about;
  for (const Solid& s : solids_)
    if (spans(s, z, half) && least_half_axis(s) >= 0.5 * about->radius &&
        (s.centre.head<2>() - about->centre).norm() < round_to * about->radius &&
        least_half_axis(s) < smallest->radius)
      smallest = {s.centre.head<2>(), least_half_axis(s)};
  return smallest;
}

bool PhantomParts::undisturbed(const Vec2& centre, double radius, double z, double half,
                               std::optional<std::uint32_t> except) const {
  const Solid disc = slab_of(centre, radius, z, half);
  const phantoms::Bounds box = phantoms::bounds(disc);
  for (const phantoms::Bounds& texture : textures_)
    if (texture.meets(box)) return false;
  for (std::size_t i = 0; i < solids_.size(); ++i)
    if (except != std::uint32_t(i) && bounds_[i].meets(box) &&
        !phantoms::proven_apart(disc, solids_[i]) && !phantoms::proven_inside(disc, solids_[i]))
      return false;
  return true;
}

}  // namespace vitrine::trial
