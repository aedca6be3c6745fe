#pragma once
#include <cstdint>

#include "vitrine/physics/carlo/detail/job.hpp"
#include "vitrine/physics/carlo/detail/random.hpp"

/// What a photon may meet and where it goes from there, by tables; for transport.hot.cpp alone.
#ifdef VITRINE_ISA_LEVEL
namespace vitrine::physics::carlo::VITRINE_ISA_LEVEL {
namespace {

using namespace carlo::detail;

constexpr float electron_rest_energy = 510.99895f;  // keV, CODATA 2018
constexpr float per_hc = 1.0f / 12.39841984f;       // 1/(keV A)

struct Vector {
  float x, y, z;
};
inline float dot(const Vector& a, const Vector& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vector vector(const float* v) { return {v[0], v[1], v[2]}; }

/// A place in a table, and how far it is to the next.
struct Place {
  std::int32_t index;
  float share;
};
template <int steps_log2>
inline Place place(float value, float lowest, std::int32_t last) {
  constexpr int shift = 23 - steps_log2;
  if (!(value > lowest)) return {0, 0.0f};  // a square may be below 0 by a rounding
  std::int32_t a, b;
  __builtin_memcpy(&a, &value, sizeof a);
  __builtin_memcpy(&b, &lowest, sizeof b);
  const std::int32_t offset = a - b;
  const std::int32_t index = offset >> shift;
  if (index >= last) return {last - 1, 1.0f};
  return {index, float(offset & ((1 << shift) - 1)) * (1.0f / float(1 << shift))};
}
inline Place at_energy(float energy) {
  return place<energy_steps_log2>(energy, lowest_energy, energy_points - 1);
}
inline Place at_square(float square) {
  return place<square_steps_log2>(square, lowest_square, square_points - 1);
}
inline float value(const float* table, const Place& at) {
  return table[at.index] + at.share * (table[at.index + 1] - table[at.index]);
}
/// S(x) at a square of the momentum transfer; linear to 0 below the table.
inline float incoherent(const float* table, float square) {
  if (square < lowest_square) return table[0] * square * (1.0f / lowest_square);
  return value(table, at_square(square));
}

/// Of a medium at an energy: mm^2/g, or a share.
inline float interaction(const Tables& t, const Place& at, std::int32_t medium, int which) {
  const float* const p = t.interaction + (at.index * t.media + medium) * 4 + which;
  return p[0] + at.share * (p[t.media * 4] - p[0]);
}
/// 1 over the integral of the Compton shape over all directions.
inline float norm(const Tables& t, const Place& at, std::int32_t medium) {
  const float* const p = t.norm + at.index * t.media + medium;
  return p[0] + at.share * (p[t.media] - p[0]);
}

/// Share of its energy that a photon keeps.
inline float kept(float energy, float cosine) {
  return 1.0f / (1.0f + energy * (1.0f / electron_rest_energy) * (1.0f - cosine));
}
/// Klein and Nishina's angular shape over its value forwards.
inline float klein_nishina(float p, float cosine) {
  return 0.5f * p * (1.0f + p * (p - 1.0f + cosine * cosine));
}
inline float square_of(float energy, float cosine) {
  const float transfer = energy * per_hc;
  return transfer * transfer * 0.5f * (1.0f - cosine);
}

/// Cosine of a Compton event, Klein-Nishina times S(x): rejection from all directions alike.
inline float compton_cosine(const Tables& t, std::int32_t medium, float energy, Random& random) {
  const float* const table = t.incoherent + medium * square_points;
  const float most = 1.0f / incoherent(table, square_of(energy, -1.0f));
  while (true) {
    const float cosine = 2.0f * random.uniform() - 1.0f;
    const float shape = klein_nishina(kept(energy, cosine), cosine);
    const float u = random.uniform();
    if (u < shape && u < shape * most * incoherent(table, square_of(energy, cosine))) return cosine;
  }
}

/// Cosine of a Rayleigh event: F^2 by its table, the Thomson shape by rejection.
inline float rayleigh_cosine(const Tables& t, std::int32_t medium, float energy, Random& random) {
  const float* const density = t.coherent + medium * square_points;
  const float* const sums = t.cumulative + medium * square_points;
  const float largest = square_of(energy, -1.0f);
  const Place end = at_square(largest);
  const auto step_of = [](std::int32_t i) {
    constexpr int per_octave = 1 << square_steps_log2;
    const std::int32_t bits = (i / per_octave - 14 - square_steps_log2 + 127) << 23;
    float width;
    __builtin_memcpy(&width, &bits, sizeof width);
    return width;
  };
  const auto start_of = [&](std::int32_t i) {
    constexpr int per_octave = 1 << square_steps_log2;
    return step_of(i) * float(per_octave + i % per_octave);
  };
  const float here = value(density, end);
  const float all =
      sums[end.index] + 0.5f * end.share * step_of(end.index) * (density[end.index] + here);
  while (true) {
    const float wanted = random.uniform() * all;
    float square;
    if (wanted < sums[0]) {
      square = wanted / sums[0] * lowest_square;
    } else {
      std::int32_t low = 0, high = end.index + 1;
      while (high - low > 1) {
        const std::int32_t middle = (low + high) >> 1;
        if (sums[middle] <= wanted)
          low = middle;
        else
          high = middle;
      }
      // F^2 is linear within a step: solve the quadratic for the place.
      const float width = step_of(low), c = (wanted - sums[low]) / width;
      const float slope = density[low + 1] - density[low];
      const float root = density[low] * density[low] + 2.0f * slope * c;
      const float share = 2.0f * c / (density[low] + __builtin_sqrtf(root > 0.0f ? root : 0.0f));
      square = start_of(low) + width * share;
    }
    float cosine = 1.0f - 2.0f * square / largest;
    if (cosine < -1.0f) cosine = -1.0f;
    if (random.uniform() < 0.5f * (1.0f + cosine * cosine)) return cosine;
  }
}

/// A direction at an angle to another (basis of Duff et al., JCGT 6 (2017) 1).
inline Vector turned(const Vector& d, float cosine, Random& random) {
  const float rest = 1.0f - cosine * cosine;
  const float sine = __builtin_sqrtf(rest > 0.0f ? rest : 0.0f);
  float s, c;
  sine_cosine(random.uniform(), s, c);
  const float sign = d.z < 0.0f ? -1.0f : 1.0f;
  const float a = -1.0f / (sign + d.z), b = d.x * d.y * a;
  const float p = sine * c, q = sine * s;
  Vector n{cosine * d.x + p * (1.0f + sign * d.x * d.x * a) + q * b,
           cosine * d.y + p * sign * b + q * (sign + d.y * d.y * a),
           cosine * d.z - p * sign * d.x - q * d.y};
  const float longer = 1.5f - 0.5f * dot(n, n);  // 1 / |n|, which is nearly 1
  n.x *= longer;
  n.y *= longer;
  n.z *= longer;
  return n;
}

}  // namespace
}  // namespace vitrine::physics::carlo::VITRINE_ISA_LEVEL
#endif
