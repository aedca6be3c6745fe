#pragma once
#include <immintrin.h>

#include <cstdint>

/// Eight floats at a time (16 with AVX-512), for hot files only: each level has its own copy in its
/// own namespace. Every lane is computed alike, whatever their number.
namespace vitrine::physics::VITRINE_ISA_LEVEL {

#if defined(__AVX512F__)
inline constexpr int lanes_at_once = 16;
#else
inline constexpr int lanes_at_once = 8;
#endif
typedef float Lanes __attribute__((vector_size(lanes_at_once * 4)));
typedef std::int32_t Bits __attribute__((vector_size(lanes_at_once * 4)));
typedef std::uint32_t Words __attribute__((vector_size(lanes_at_once * 4)));

#define VITRINE_INLINE static inline __attribute__((always_inline))
#define VITRINE_INLINE_MEMBER inline __attribute__((always_inline))

#if defined(__AVX512F__)
VITRINE_INLINE Lanes all(float x) { return Lanes(_mm512_set1_ps(x)); }
#else
VITRINE_INLINE Lanes all(float x) { return Lanes{x, x, x, x, x, x, x, x}; }
#endif
VITRINE_INLINE Lanes load(const float* p) {
  Lanes v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
VITRINE_INLINE void store(float* p, Lanes v) { __builtin_memcpy(p, &v, sizeof v); }

#if defined(__AVX512F__)
VITRINE_INLINE Lanes root(Lanes x) { return Lanes(_mm512_sqrt_ps(__m512(x))); }
VITRINE_INLINE Lanes larger(Lanes a, Lanes b) { return Lanes(_mm512_max_ps(__m512(a), __m512(b))); }
VITRINE_INLINE Lanes smaller(Lanes a, Lanes b) {
  return Lanes(_mm512_min_ps(__m512(a), __m512(b)));
}
VITRINE_INLINE Lanes select(Bits mask, Lanes yes, Lanes no) { return mask ? yes : no; }
VITRINE_INLINE bool any(Bits mask) { return _mm512_movepi32_mask(__m512i(mask)) != 0; }
/// Whether a > b in any lane.
VITRINE_INLINE bool any_larger(Lanes a, Lanes b) {
  return _mm512_cmp_ps_mask(__m512(a), __m512(b), _CMP_GT_OQ) != 0;
}
#elif defined(__AVX2__)
VITRINE_INLINE Lanes root(Lanes x) { return Lanes(_mm256_sqrt_ps(__m256(x))); }
VITRINE_INLINE Lanes larger(Lanes a, Lanes b) { return Lanes(_mm256_max_ps(__m256(a), __m256(b))); }
VITRINE_INLINE Lanes smaller(Lanes a, Lanes b) {
  return Lanes(_mm256_min_ps(__m256(a), __m256(b)));
}
VITRINE_INLINE Lanes select(Bits mask, Lanes yes, Lanes no) {
  return Lanes(_mm256_blendv_ps(__m256(no), __m256(yes), __m256(mask)));
}
VITRINE_INLINE bool any(Bits mask) { return _mm256_movemask_ps(__m256(mask)) != 0; }
#else
struct Halves {
  __m128 low, high;
};
VITRINE_INLINE Halves halves(Lanes x) {
  Halves h;
  __builtin_memcpy(&h, &x, sizeof h);
  return h;
}
VITRINE_INLINE Lanes joined(__m128 low, __m128 high) {
  const Halves h{low, high};
  Lanes x;
  __builtin_memcpy(&x, &h, sizeof x);
  return x;
}
VITRINE_INLINE Lanes root(Lanes x) {
  const Halves h = halves(x);
  return joined(_mm_sqrt_ps(h.low), _mm_sqrt_ps(h.high));
}
VITRINE_INLINE Lanes larger(Lanes a, Lanes b) {
  const Halves x = halves(a), y = halves(b);
  return joined(_mm_max_ps(x.low, y.low), _mm_max_ps(x.high, y.high));
}
VITRINE_INLINE Lanes smaller(Lanes a, Lanes b) {
  const Halves x = halves(a), y = halves(b);
  return joined(_mm_min_ps(x.low, y.low), _mm_min_ps(x.high, y.high));
}
VITRINE_INLINE Lanes select(Bits mask, Lanes yes, Lanes no) {
  return Lanes((mask & Bits(yes)) | (~mask & Bits(no)));
}
VITRINE_INLINE bool any(Bits mask) {
  const Halves h = halves(Lanes(mask));
  return (_mm_movemask_ps(h.low) | _mm_movemask_ps(h.high)) != 0;
}
#endif

#if !defined(__AVX512F__)
VITRINE_INLINE bool any_larger(Lanes a, Lanes b) { return any(Bits(a > b)); }
#endif

/// |x|, and |x| with the sign of y.
VITRINE_INLINE Lanes magnitude(Lanes x) { return Lanes(Bits(x) & 0x7fffffff); }
VITRINE_INLINE Lanes with_sign(Lanes size, Lanes sign) {
  return Lanes((Bits(size) & 0x7fffffff) | (Bits(sign) & INT32_MIN));
}

/// x = 2^x for x <= 0 (and small positive x), relative error 1e-7; 2^-126 below -126. A polynomial
/// of degree 5 on [-1/2, 1/2], fitted to the relative error, exactly 1 at 0. Step by step for
/// `count` of them: one's steps wait for each other.
template <int count>
VITRINE_INLINE void exp2(Lanes (&x)[count]) {
  const Lanes to_integer = all(12582912.0f);  // 1.5 * 2^23: the sum's low bits are the integer part
  Lanes shifted[count], p[count];
  for (int i = 0; i < count; ++i) x[i] = larger(x[i], all(-126.0f));
  for (int i = 0; i < count; ++i) shifted[i] = x[i] + to_integer;
  for (int i = 0; i < count; ++i) x[i] = x[i] - (shifted[i] - to_integer);
  for (int i = 0; i < count; ++i) p[i] = all(1.32647e-3f) * x[i] + all(9.67151e-3f);
  for (const float c : {5.550734e-2f, 2.4022242e-1f, 6.9314698e-1f, 1.0f})
    for (int i = 0; i < count; ++i) p[i] = p[i] * x[i] + all(c);
  for (int i = 0; i < count; ++i) x[i] = Lanes(Bits(p[i]) + (Bits(shifted[i]) << 23));
}
VITRINE_INLINE Lanes exp2(Lanes x) {
  Lanes one[1] = {x};
  exp2(one);
  return one[0];
}

}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
