#pragma once
#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <vector>

#include "vitrine/core/random.hpp"
#include "vitrine/physics/projector.hpp"

/// The hot path against double precision, on random rays.
namespace vitrine::test {

using namespace vitrine::physics;

inline std::vector<Isa> levels() {
  return best_isa() == Isa::v3 ? std::vector<Isa>{Isa::portable, Isa::v3}
                               : std::vector<Isa>{Isa::portable};
}

/// Errors of the hot path against `path_masses`, as mm of the scene's first material.
struct Difference {
  double rms = 0.0, max = 0.0;
};
inline Difference compare(const Scene& scene, const ScanGeometry& geometry, const Beam& beam,
                          const Offset& offset, Isa isa, int rays_per_view,
                          double patch_step = 0.01) {
  // The basis function of the node that weighs most in the middle of a patient.
  const std::size_t rank = beam.rank(), node = beam.nodes() / 2;
  const auto weigh = [&](std::size_t k) { return -double(beam.exponents()[node * rank + k]); };
  std::vector<double> per_mass(scene.materials.size(), 0.0);
  for (std::size_t m = 0; m < per_mass.size(); ++m)
    for (std::size_t k = 0; k < rank; ++k)
      per_mass[m] += beam.coefficients(scene.materials[m])[k] * weigh(k);
  const double per_mm = per_mass[0] * scene.materials[0].density;

  Rng rng(Stream{11, Draw::test}, 0);
  Difference out;
  double square = 0.0;
  for (Index v = 0; v < geometry.views(); ++v) {
    const auto hot = basis_integrals(scene, geometry, beam, v, offset, isa);
    for (int i = 0; i < rays_per_view; ++i) {
      const auto column = Index(rng.below(std::uint64_t(geometry.columns)));
      const auto row = Index(rng.below(std::uint64_t(geometry.rows)));
      const auto masses =
          path_masses(scene, ray_of(geometry, v, double(column), double(row), offset), patch_step);
      double wanted = 0.0, got = 0.0;
      for (std::size_t m = 0; m < masses.size(); ++m) wanted += masses[m] * per_mass[m];
      for (std::size_t k = 0; k < rank; ++k)
        got += double(hot[std::size_t(column * geometry.rows + row) * rank + k]) * weigh(k);
      const double error = std::abs(got - wanted) / per_mm;
      square += error * error;
      out.max = std::max(out.max, error);
    }
  }
  out.rms = std::sqrt(square / double(geometry.views() * rays_per_view));
  return out;
}

inline bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

}  // namespace vitrine::test
