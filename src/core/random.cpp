#include "vitrine/core/random.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

#include "vitrine/core/error.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/core/math.hpp"

namespace vitrine {

Stream make_stream(std::uint64_t seed, std::string_view owner, Draw draw) {
  return {Sha256().add(str(seed)).add(owner).finish().first64(), draw};
}

std::uint32_t Stratum::part(std::uint32_t draw) const noexcept {
  // A Feistel network permutes [0, 4^bits); what falls outside [0, count) goes round again.
  std::uint32_t bits = 1;
  while ((std::uint64_t{1} << (2 * bits)) < count) ++bits;
  const std::uint32_t mask = (std::uint32_t{1} << bits) - 1;
  const std::array<std::uint32_t, 2> key{static_cast<std::uint32_t>(design.key),
                                         static_cast<std::uint32_t>(design.key >> 32)};
  std::uint64_t x = index;
  do {
    auto left = static_cast<std::uint32_t>(x >> bits), right = static_cast<std::uint32_t>(x) & mask;
    for (std::uint32_t round = 0; round < 4; ++round) {
      const std::uint32_t mixed =
          Rng::philox({right, round, draw, static_cast<std::uint32_t>(design.draw)}, key)[0];
      const std::uint32_t next = left ^ (mixed & mask);
      left = right;
      right = next;
    }
    x = (std::uint64_t{left} << bits) | right;
  } while (x >= count);
  return static_cast<std::uint32_t>(x);
}

Rng::result_type Rng::stratified(result_type x) noexcept {
  const std::uint64_t part = stratum_.part(drawn_++);
  return static_cast<result_type>(((part << 32) + x) / stratum_.count);
}

Rng::Block Rng::philox(const Block& counter, const std::array<std::uint32_t, 2>& key) noexcept {
  const r123::Philox4x32::ctr_type c{{counter[0], counter[1], counter[2], counter[3]}};
  const r123::Philox4x32::key_type k{{key[0], key[1]}};
  const auto block = r123::Philox4x32()(c, k);
  return {block[0], block[1], block[2], block[3]};
}

double Rng::normal() noexcept {
  const double radius = std::sqrt(-2.0 * math::log(uniform()));
  return radius * math::cos(2.0 * std::numbers::pi * uniform());
}

double Rng::poisson(double mean) noexcept {
  if (!(mean > 0.0)) return 0.0;
  if (mean < 30.0) {
    double below = math::exp(-mean);
    double term = below;
    const double u = uniform();
    double k = 0.0;
    while (u > below && k < 400.0) {
      k += 1.0;
      term *= mean / k;
      below += term;
    }
    return k;
  }
  // PTRS: transformed rejection with squeeze (Hoermann 1993).
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double v_r = 0.9277 - 3.6224 / (b - 2.0);
  const double log_mean = math::log(mean);
  while (true) {
    const double u = uniform() - 0.5;
    const double v = uniform();
    const double us = 0.5 - std::abs(u);
    const double k = std::floor((2.0 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return k;
    if (k < 0.0 || (us < 0.013 && v > us)) continue;
    const double left = math::log(v) + math::log(inverse_alpha) - math::log(a / (us * us) + b);
    if (left <= k * log_mean - mean - math::lgamma(k + 1.0)) return k;
  }
}

}  // namespace vitrine
