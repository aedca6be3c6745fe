#pragma once
#include <cstdint>

/// Random numbers and elementary functions of floats, for *.hot.cpp files alone: those define
/// VITRINE_ISA_LEVEL.
#ifdef VITRINE_ISA_LEVEL
namespace vitrine::physics::carlo::VITRINE_ISA_LEVEL {
namespace {

/// The numbers of one history, those of Rng(Stream, history) in the same order: Philox 4x32-10
/// (Salmon et al. 2011), four blocks at a time.
class Random {
 public:
  Random(std::uint32_t key0, std::uint32_t key1, std::uint32_t draw, std::uint64_t history)
      : key_{key0, key1},
        low_(std::uint32_t(history)),
        high_(std::uint32_t(history >> 32)),
        draw_(draw) {}

  std::uint32_t word() {
    if (used_ == ahead) refill();
    return words_[used_++];
  }
  /// In (0, 1), a multiple of 2^-24 and a half.
  float uniform() { return (float(std::int32_t(word() >> 8)) + 0.5f) * 0x1p-24f; }

 private:
  static constexpr int blocks = 4, ahead = 4 * blocks;

  void refill() {
    std::uint32_t x[blocks][4];
    for (std::uint32_t b = 0; b < blocks; ++b) {
      x[b][0] = block_ + b;
      x[b][1] = low_;
      x[b][2] = high_;
      x[b][3] = draw_;
    }
    std::uint32_t key0 = key_[0], key1 = key_[1];
    for (int round = 0; round < 10; ++round) {
      for (int b = 0; b < blocks; ++b) {
        const std::uint64_t p = std::uint64_t(0xD2511F53u) * x[b][0];
        const std::uint64_t q = std::uint64_t(0xCD9E8D57u) * x[b][2];
        x[b][0] = std::uint32_t(q >> 32) ^ x[b][1] ^ key0;
        x[b][1] = std::uint32_t(q);
        x[b][2] = std::uint32_t(p >> 32) ^ x[b][3] ^ key1;
        x[b][3] = std::uint32_t(p);
      }
      key0 += 0x9E3779B9u;
      key1 += 0xBB67AE85u;
    }
    __builtin_memcpy(words_, x, sizeof words_);
    block_ += blocks;
    used_ = 0;
  }

  std::uint32_t key_[2], low_, high_, draw_, block_ = 0;
  std::uint32_t words_[ahead];
  int used_ = ahead;
};

/// Natural logarithm of x in (0, 1]: exponent and 2 atanh((m - 1)/(m + 1)); absolute error 2e-7.
inline float logarithm(float x) {
  std::int32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  bits -= 0x3f3504f3;  // mantissa in [sqrt 1/2, sqrt 2)
  const float exponent = float(bits >> 23);
  bits = (bits & 0x007fffff) + 0x3f3504f3;
  float m;
  __builtin_memcpy(&m, &bits, sizeof m);
  const float s = (m - 1.0f) / (m + 1.0f), z = s * s;
  const float series =
      1.0f + z * (1.0f / 3.0f + z * (1.0f / 5.0f + z * (1.0f / 7.0f + z * (1.0f / 9.0f))));
  return 2.0f * s * series + exponent * 0.69314718f;
}

/// exp(-x) for x >= 0; relative error 1e-6.
inline float exponential(float x) {
  if (x > 80.0f) return 0.0f;
  const float t = x * 1.44269504f;
  const std::int32_t n = std::int32_t(t + 0.5f);
  const float r = (t - float(n)) * -0.69314718f;  // in [-ln 2 / 2, ln 2 / 2]
  const float series =
      1.0f +
      r * (1.0f + r * (0.5f + r * (1.0f / 6.0f + r * (1.0f / 24.0f +
                                                      r * (1.0f / 120.0f + r * (1.0f / 720.0f))))));
  const std::int32_t bits = (127 - n) << 23;
  float scale;
  __builtin_memcpy(&scale, &bits, sizeof scale);
  return series * scale;
}

/// Sine and cosine of 2 pi u, u in [0, 1]; error 3e-7.
inline void sine_cosine(float u, float& sine, float& cosine) {
  const float v = 4.0f * u;
  const std::int32_t quarter = std::int32_t(v + 0.5f);
  const float a = (v - float(quarter)) * 1.57079633f, z = a * a;
  const float s = a * (1.0f - z * (1.0f / 6.0f - z * (1.0f / 120.0f - z * (1.0f / 5040.0f))));
  const float c =
      1.0f - z * (0.5f - z * (1.0f / 24.0f - z * (1.0f / 720.0f - z * (1.0f / 40320.0f))));
  const float first = quarter & 1 ? c : s, second = quarter & 1 ? s : c;
  sine = quarter & 2 ? -first : first;
  cosine = (quarter + 1) & 2 ? -second : second;
}

}  // namespace
}  // namespace vitrine::physics::carlo::VITRINE_ISA_LEVEL
#endif
