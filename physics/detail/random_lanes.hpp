#pragma once
#include <cstddef>
#include <cstdint>

#include "vitrine/physics/detail/simd.hpp"

/// Random numbers, as many at a time as there are lanes; for hot files only.
namespace vitrine::physics::VITRINE_ISA_LEVEL {
namespace {

/// Low and high words of a * b, lane by lane.
struct Product {
  Words low, high;
};
VITRINE_INLINE Product multiply(Words a, std::uint32_t b) {
#if defined(__AVX512F__)
  constexpr __mmask16 upper = 0xaaaa;
  const __m512i x = __m512i(a), m = _mm512_set1_epi32(int(b));
  const __m512i even = _mm512_mul_epu32(x, m);
  const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(x, 32), m);
  return {Words(_mm512_mask_blend_epi32(upper, even, _mm512_slli_epi64(odd, 32))),
          Words(_mm512_mask_blend_epi32(upper, _mm512_srli_epi64(even, 32), odd))};
#elif defined(__AVX2__)
  const __m256i x = __m256i(a), m = _mm256_set1_epi32(int(b));
  const __m256i even = _mm256_mul_epu32(x, m);
  const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), m);
  return {Words(_mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa)),
          Words(_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa))};
#else
  __m128i x[2], low[2], high[2];
  __builtin_memcpy(x, &a, sizeof x);
  const __m128i m = _mm_set1_epi32(int(b)), lower = _mm_set1_epi64x(0xffffffff);
  for (int i = 0; i < 2; ++i) {
    const __m128i even = _mm_mul_epu32(x[i], m);
    const __m128i odd = _mm_mul_epu32(_mm_srli_epi64(x[i], 32), m);
    low[i] = _mm_or_si128(_mm_and_si128(even, lower), _mm_slli_epi64(odd, 32));
    high[i] = _mm_or_si128(_mm_srli_epi64(even, 32), _mm_andnot_si128(lower, odd));
  }
  Product p;
  __builtin_memcpy(&p.low, low, sizeof low);
  __builtin_memcpy(&p.high, high, sizeof high);
  return p;
#endif
}

/// 0, 1, 2 ...
VITRINE_INLINE Words lane_numbers() {
#if defined(__AVX512F__)
  return Words{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#else
  return Words{0, 1, 2, 3, 4, 5, 6, 7};
#endif
}

/// A block of Philox 4x32-10 (Salmon et al. 2011) in every lane.
VITRINE_INLINE void philox(Words x[4], std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const Product a = multiply(x[0], 0xD2511F53u), b = multiply(x[2], 0xCD9E8D57u);
    x[0] = b.high ^ x[1] ^ key0;
    x[1] = b.low;
    x[2] = a.high ^ x[3] ^ key1;
    x[3] = a.low;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

/// Natural logarithm of x in (0, 1], absolute error 2e-7: exponent and 2 atanh((m - 1)/(m + 1)).
VITRINE_INLINE Lanes log(Lanes x) {
  const Bits bits = Bits(x) - 0x3f3504f3;  // mantissa in [sqrt 1/2, sqrt 2)
  const Lanes exponent = __builtin_convertvector(bits >> 23, Lanes);
  const Lanes m = Lanes((bits & 0x007fffff) + 0x3f3504f3);
  const Lanes s = (m - all(1.0f)) / (m + all(1.0f)), ss = s * s;
  const Lanes series =
      all(2.0f) + ss * (all(0.6666666667f) +
                        ss * (all(0.4f) + ss * (all(0.2857142857f) + ss * all(0.2222222222f))));
  return exponent * all(0.6931471806f) + s * series;
}

/// Uniform on (0, 1): the upper 24 bits, centred.
VITRINE_INLINE Lanes uniform(Words x) {
  return __builtin_convertvector(Bits(x >> 8), Lanes) * all(0x1p-24f) + all(0x1p-25f);
}

/// Two independent standard normals (Box and Muller 1958) from two words.
VITRINE_INLINE void normals(Words first, Words second, Lanes& a, Lanes& b) {
  const Lanes radius = root(all(-2.0f) * log(uniform(first)));
  // The angle in turns: a quadrant and a remainder in [-1/8, 1/8].
  const Words quadrant = (second + 0x20000000u) >> 30;
  const Bits rest = Bits(second - (quadrant << 30));
  const Lanes x = __builtin_convertvector(rest, Lanes) * all(6.283185307f * 0x1p-32f);
  const Lanes xx = x * x;
  const Lanes sine =
      x + x * xx * (all(-1.0f / 6) + xx * (all(1.0f / 120) + xx * all(-1.0f / 5040)));
  const Lanes cosine =
      all(1.0f) +
      xx * (all(-0.5f) + xx * (all(1.0f / 24) + xx * (all(-1.0f / 720) + xx * all(1.0f / 40320))));
  const Bits odd = Bits((quadrant & 1u) == 1u);
  const Bits sine_sign = Bits((quadrant & 2u) << 30);
  const Bits cosine_sign = Bits(((quadrant + 1u) & 2u) << 30);
  a = radius * Lanes(Bits(select(odd, cosine, sine)) ^ sine_sign);
  b = radius * Lanes(Bits(select(odd, sine, cosine)) ^ cosine_sign);
}

}  // namespace
}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
