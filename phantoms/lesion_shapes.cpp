// Every lesion shape; a new one is a class and a line in the list at the end.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/lesion_shape.hpp"
#include "vitrine/phantoms/solids.hpp"
#include "vitrine/phantoms/sphere.hpp"

namespace vitrine::phantoms {
namespace {

Solid ball(const Vec3& centre, double radius) { return ellipsoid(centre, Vec3::Constant(radius)); }

constexpr const char* diameter_doc = "diameter of the ball of equal volume";

/// The union of the solids, scaled about the origin to the volume of a ball of that diameter.
Outline of_volume(std::vector<Solid> solids, double diameter) {
  const double wanted = std::numbers::pi / 6.0 * diameter * diameter * diameter;
  const double factor = math::cbrt(wanted / volume_of_union(solids, 400));
  return scaled({std::move(solids), {}}, factor);
}

/// A ball, exact at any resolution: the reference of every stability test.
class Sphere final : public LesionShape {
 public:
  struct Params {
    Distribution diameter{8.0};
  };
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>("sphere", "Smooth round nodule")
                              .optional("diameter", &Params::diameter, unit::mm, diameter_doc)
                              .between(1, 150);
    return s;
  }
  explicit Sphere(Params p) : p_(std::move(p)) {}
  Outline outline(Rng& rng) const override {
    return {{ball(Vec3::Zero(), 0.5 * p_.diameter.sample(rng))}, {}};
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
            .optional("diameter", &Params::diameter, unit::mm, diameter_doc)
            .between(1, 150)
            .optional("elongation", &Params::elongation, "long axis over the two short ones")
            .between(0.3, 4);
    return s;
  }
  explicit Ellipsoid(Params p) : p_(std::move(p)) {}
  Outline outline(Rng& rng) const override {
    const double radius = 0.5 * p_.diameter.sample(rng);
    const double elongation = p_.elongation.sample(rng);
    const double shorter = radius / math::cbrt(elongation);
    Solid solid = ball(Vec3::Zero(), shorter);
    solid.half_axes.z() = shorter * elongation;
    solid.axes = frame_along(random_direction(rng));
    return {{solid}, {}};
  }

 private:
  Params p_;
};

/// A core with bulges: a union of balls.
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
            .optional("diameter", &Params::diameter, unit::mm, diameter_doc)
            .between(1, 150)
            .optional("lobes", &Params::lobes, "number of bulges")
            .between(1, 6)
            .optional("lobulation", &Params::lobulation, "how far the bulges stand out (0: a ball)")
            .between(0, 1);
    return s;
  }
  explicit Lobulated(Params p) : p_(std::move(p)) {}
  Outline outline(Rng& rng) const override {
    const double diameter = p_.diameter.sample(rng), radius = 0.5 * diameter;
    const double core = radius * (1.0 - 0.3 * p_.lobulation);
    std::vector<Solid> solids{ball(Vec3::Zero(), core)};
    for (std::int64_t i = 0; i < p_.lobes; ++i) {
      const double lobe = core * rng.uniform(0.5, 0.75);
      // The lobe's far side touches the sphere of the full radius.
      solids.push_back(ball(random_direction(rng) * (radius - lobe), lobe));
    }
    return of_volume(std::move(solids), diameter);
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
            .optional("diameter", &Params::diameter, unit::mm, diameter_doc)
            .between(2, 150)
            .optional("spicules", &Params::spicules, "number of rays")
            .between(1, 24)
            .optional("length", &Params::length, "length of a ray over the diameter")
            .between(0.05, 1.5);
    return s;
  }
  explicit Spiculated(Params p) : p_(std::move(p)) {}
  Outline outline(Rng& rng) const override {
    const double diameter = p_.diameter.sample(rng), radius = 0.5 * diameter;
    std::vector<Solid> solids{ball(Vec3::Zero(), radius)};
    for (std::int64_t i = 0; i < p_.spicules; ++i) {
      const Vec3 d = random_direction(rng);
      const double tip = radius + diameter * p_.length * rng.uniform(0.6, 1.0);
      const double thickness = std::max(0.25, 0.06 * radius);
      solids.push_back(capsule(d * (0.8 * radius), d * tip, thickness));
    }
    return of_volume(std::move(solids), diameter);
  }

 private:
  Params p_;
};

/// A star surface whose logarithm is a random field: no two alike, no solid describes it.
class Irregular final : public LesionShape {
 public:
  struct Params {
    Distribution diameter{14.0};
    double irregularity = 0.25, detail = 6.0;
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("irregular", "Nodule whose outline is a random field")
            .optional("diameter", &Params::diameter, unit::mm, diameter_doc)
            .between(2, 60)
            .optional("irregularity", &Params::irregularity,
                      "standard deviation of the radius' natural logarithm")
            .between(0, 0.5)
            .optional("detail", &Params::detail,
                      "highest wave number on the surface (1: one bulge around it)")
            .between(1, 12);
    return s;
  }
  explicit Irregular(Params p) : p_(std::move(p)) {}
  Outline outline(Rng& rng) const override {
    const double diameter = p_.diameter.sample(rng);
    // Wave numbers evenly over their logarithm with amplitudes like 1/k: coarse bulges that carry
    // finer ones, 1/f^2 on a line along the surface.
    constexpr int count = 48;
    std::vector<StarSurface::Wave> waves;
    double power = 0.0;
    for (int i = 0; i < count; ++i) {
      const double k = math::exp(rng.uniform() * math::log(p_.detail));
      const Vec3 d = random_direction(rng);
      waves.push_back({k * d, rng.uniform(0.0, 2.0 * std::numbers::pi), 1.0 / k});
      power += 0.5 / (k * k);
    }
    for (auto& wave : waves) wave.amplitude *= p_.irregularity / std::sqrt(power);
    Outline out;
    out.star = std::make_shared<const StarSurface>(
        std::move(waves), std::numbers::pi / 6.0 * diameter * diameter * diameter);
    return out;
  }

 private:
  Params p_;
};

/// A bent rod with round ends, as lesions along a vessel, a bronchus or the dura are.
class Tubular final : public LesionShape {
 public:
  struct Params {
    Distribution diameter{10.0};
    Distribution elongation{Distribution::uniform(3.0, 5.0)};
    double bend = 60.0 * units::deg;
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("tubular", "Bent rod, as along a vessel or the dura")
            .optional("diameter", &Params::diameter, unit::mm, diameter_doc)
            .between(1, 80)
            .optional("elongation", &Params::elongation, "length along the bend over thickness")
            .between(1.5, 12)
            .optional("bend", &Params::bend, unit::deg, "angle between its two ends")
            .between(0, 180);
    return s;
  }
  explicit Tubular(Params p) : p_(std::move(p)) {}
  Outline outline(Rng& rng) const override {
    const double diameter = p_.diameter.sample(rng);
    const double length = 2.0 * (p_.elongation.sample(rng) - 1.0);  // of the axis, radius 1
    const Vec3 along = random_direction(rng);
    const Vec3 aside = frame_along(along).col(0);
    constexpr int pieces = 6;
    std::vector<Vec3> axis(pieces + 1, Vec3::Zero());
    for (int i = 0; i < pieces; ++i) {
      const double angle = p_.bend * ((i + 0.5) / pieces - 0.5);
      axis[std::size_t(i) + 1] =
          axis[std::size_t(i)] +
          length / pieces * (math::cos(angle) * along + math::sin(angle) * aside);
    }
    const Vec3 middle = axis[pieces / 2];
    for (Vec3& p : axis) p -= middle;
    return of_volume(tube(axis, 1.0), diameter);
  }

 private:
  Params p_;
};

}  // namespace

const Catalogue<LesionShape>& lesion_shapes() {
  static const auto all = Catalogue<LesionShape>("lesion_shape", "Outlines of lesions")
                              .add<Sphere>()
                              .add<Ellipsoid>()
                              .add<Lobulated>()
                              .add<Spiculated>()
                              .add<Irregular>()
                              .add<Tubular>();
  return all;
}

const Catalogue<LesionShape>& catalogue_for(const LesionShape*) { return lesion_shapes(); }

}  // namespace vitrine::phantoms
