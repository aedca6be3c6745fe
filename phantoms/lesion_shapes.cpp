// Every lesion shape; a new one is a class and a line in the list at the end.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/lesion_shape.hpp"
#include "vitrine/phantoms/solids.hpp"

namespace vitrine::phantoms {
namespace {

Solid ball(const Vec3& centre, double radius) { return ellipsoid(centre, Vec3::Constant(radius)); }

Vec3 direction(Rng& rng) {
  const double z = rng.uniform(-1.0, 1.0);
  const double angle = rng.uniform(0.0, 2.0 * std::numbers::pi);
  const double across = std::sqrt(1.0 - z * z);
  return {across * math::cos(angle), across * math::sin(angle), z};
}

/// A ball, exact at any resolution: the reference of every stability test.
class Sphere final : public LesionShape {
 public:
  struct Params {
    Distribution diameter{8.0};
  };
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>("sphere", "Smooth round nodule")
                              .optional("diameter", &Params::diameter, unit::mm, "diameter")
                              .between(1, 150);
    return s;
  }
  explicit Sphere(Params p) : p_(std::move(p)) {}
  std::vector<Solid> outline(Rng& rng) const override {
    return {ball(Vec3::Zero(), 0.5 * p_.diameter.sample(rng))};
  }

 private:
  Params p_;
};

/// An ellipsoid of random orientation.
class Ellipsoid final : public LesionShape {
 public:
  struct Params {
    Distribution diameter{10.0}, elongation{Distribution::uniform(1.0, 1.6)};
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("ellipsoid", "Oval nodule in a random direction")
            .optional("diameter", &Params::diameter, unit::mm,
                      "diameter of the ball of equal volume")
            .between(1, 150)
            .optional("elongation", &Params::elongation, "long axis over the two short ones")
            .between(0.3, 4);
    return s;
  }
  explicit Ellipsoid(Params p) : p_(std::move(p)) {}
  std::vector<Solid> outline(Rng& rng) const override {
    const double radius = 0.5 * p_.diameter.sample(rng);
    const double elongation = p_.elongation.sample(rng);
    const double shorter = radius / math::cbrt(elongation);
    Solid solid = ball(Vec3::Zero(), shorter);
    solid.half_axes.z() = shorter * elongation;
    solid.axes = frame_along(direction(rng));
    return {solid};
  }

 private:
  Params p_;
};

/// A core with bulges: the union of balls whose largest extent is about the diameter.
class Lobulated final : public LesionShape {
 public:
  struct Params {
    Distribution diameter{12.0};
    std::int64_t lobes = 4;
    double lobulation = 0.5;
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("lobulated", "Nodule with rounded bulges")
            .optional("diameter", &Params::diameter, unit::mm, "largest extent")
            .between(1, 150)
            .optional("lobes", &Params::lobes, "number of bulges")
            .between(1, 6)
            .optional("lobulation", &Params::lobulation, "how far the bulges stand out (0: a ball)")
            .between(0, 1);
    return s;
  }
  explicit Lobulated(Params p) : p_(std::move(p)) {}
  std::vector<Solid> outline(Rng& rng) const override {
    const double radius = 0.5 * p_.diameter.sample(rng);
    const double core = radius * (1.0 - 0.3 * p_.lobulation);
    std::vector<Solid> solids{ball(Vec3::Zero(), core)};
    for (std::int64_t i = 0; i < p_.lobes; ++i) {
      const double lobe = core * rng.uniform(0.5, 0.75);
      // The lobe's far side touches the sphere of the full radius.
      solids.push_back(ball(direction(rng) * (radius - lobe), lobe));
    }
    return solids;
  }

 private:
  Params p_;
};

/// A ball with thin rays, as invasive tumours have them.
class Spiculated final : public LesionShape {
 public:
  struct Params {
    Distribution diameter{14.0};
    std::int64_t spicules = 8;
    double length = 0.4;
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("spiculated", "Nodule with thin rays")
            .optional("diameter", &Params::diameter, unit::mm, "diameter of the body")
            .between(2, 150)
            .optional("spicules", &Params::spicules, "number of rays")
            .between(1, 24)
            .optional("length", &Params::length, "length of a ray over the body's diameter")
            .between(0.05, 1.5);
    return s;
  }
  explicit Spiculated(Params p) : p_(std::move(p)) {}
  std::vector<Solid> outline(Rng& rng) const override {
    const double radius = 0.5 * p_.diameter.sample(rng);
    std::vector<Solid> solids{ball(Vec3::Zero(), radius)};
    for (std::int64_t i = 0; i < p_.spicules; ++i) {
      const Vec3 d = direction(rng);
      const double tip = radius + 2.0 * radius * p_.length * rng.uniform(0.6, 1.0);
      const double thickness = std::max(0.25, 0.06 * radius);
      solids.push_back(capsule(d * (0.8 * radius), d * tip, thickness));
    }
    return solids;
  }

 private:
  Params p_;
};

}  // namespace

std::vector<Solid> grown(std::vector<Solid> outline, double margin) {
  for (Solid& solid : outline) {
    const double least = 0.1 * solid.half_axes.minCoeff();
    if (solid.kind == Solid::Kind::capsule) {
      const double radius = std::max(solid.half_axes.x() + margin, least);
      solid.half_axes.x() = solid.half_axes.y() = radius;
    } else {
      solid.half_axes = (solid.half_axes.array() + margin).max(least).matrix();
    }
  }
  return outline;
}

const Catalogue<LesionShape>& lesion_shapes() {
  static const auto all = Catalogue<LesionShape>("lesion_shape", "Outlines of lesions")
                              .add<Sphere>()
                              .add<Ellipsoid>()
                              .add<Lobulated>()
                              .add<Spiculated>();
  return all;
}

const Catalogue<LesionShape>& catalogue_for(const LesionShape*) { return lesion_shapes(); }

}  // namespace vitrine::phantoms
