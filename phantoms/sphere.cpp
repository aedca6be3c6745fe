#include "vitrine/phantoms/sphere.hpp"

#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"

namespace vitrine::phantoms {

Vec3 on_sphere(double z, double angle) {
  const double across = std::sqrt(1.0 - z * z);
  return {across * math::cos(angle), across * math::sin(angle), z};
}

Vec3 lattice_point(int i, int points) {
  return on_sphere(1.0 - (2.0 * i + 1.0) / points, i * std::numbers::pi * (3.0 - std::sqrt(5.0)));
}

Vec3 random_direction(Rng& rng) {
  const double z = rng.uniform(-1.0, 1.0);
  return on_sphere(z, rng.uniform(0.0, 2.0 * std::numbers::pi));
}

}  // namespace vitrine::phantoms
