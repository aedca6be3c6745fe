#include <cstddef>
#include <cstdint>

#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/detail/simd.hpp"

namespace vitrine::physics::VITRINE_ISA_LEVEL {
namespace {

using detail::DetectJob;
using detail::lane_width;

/// Low and high words of a * b, lane by lane.
struct Product {
  Words low, high;
};
VITRINE_INLINE Product multiply(Words a, std::uint32_t b) {
#if defined(__AVX2__)
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

/// Eight blocks of Philox 4x32-10 (Salmon et al. 2011).
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

/// The readings of eight cells. Quanta: Cornish and Fisher's expansion, with the mean, variance and
/// third moment of a Poisson number; 1/18 is the variance of its second term.
VITRINE_INLINE Lanes reading(const DetectJob& job, std::ptrdiff_t cell, Lanes quantum,
                             Lanes electronic, bool& low) {
  const Lanes mean = load(job.quanta + cell) * all(job.tube_load);
  low = any(Bits(mean < all(job.exact_below)));
  const Lanes deviation = root(larger(mean - all(1.0f / 18), all(0.0f)));
  const Lanes excess = deviation * quantum + (quantum * quantum - all(1.0f)) * all(1.0f / 6);
  const Lanes signal = load(job.signal + cell);
  return signal + signal * excess / larger(mean, all(1e-30f)) +
         load(job.electronic + cell) * electronic;
}

}  // namespace

/// Cells 16 n to 16 n + 15 use Philox blocks 8 n to 8 n + 7 of the view: the first eight cells
/// their words 0 and 1, the other eight words 2 and 3.
void detect(const DetectJob& job) {
  for (std::int64_t cell = 0; cell < job.cells; cell += 2 * lane_width) {
    const auto block = std::uint32_t(cell / 2);
    const Words lane = {0, 1, 2, 3, 4, 5, 6, 7};
    Words x[4] = {lane + block, Words{} + job.view, Words{}, Words{} + job.draw};
    philox(x, job.key[0], job.key[1]);
    bool low[2];
    for (int half = 0; half < 2; ++half) {
      Lanes quantum, electronic;
      normals(x[2 * half], x[2 * half + 1], quantum, electronic);
      const std::ptrdiff_t at = cell + half * lane_width;
      store(job.out + at, reading(job, at, quantum, electronic, low[half]));
    }
    job.low[cell / (2 * lane_width)] = low[0] || low[1];
  }
}

/// Cells 32 n to 32 n + 31 use Philox blocks 8 n to 8 n + 7 of the view: the first eight cells and
/// the next eight the two normals of their words 0 and 1, the others those of words 2 and 3.
void add_normals(const detail::NormalJob& job) {
  constexpr std::int64_t step = 4 * lane_width;
  for (std::int64_t cell = 0; cell < job.cells; cell += step) {
    const auto block = std::uint32_t(cell / 4);
    const Words lane = {0, 1, 2, 3, 4, 5, 6, 7};
    Words x[4] = {lane + block, Words{} + job.view, Words{}, Words{} + job.draw};
    philox(x, job.key[0], job.key[1]);
    Lanes z[4];
    normals(x[0], x[1], z[0], z[1]);
    normals(x[2], x[3], z[2], z[3]);
    float* values = job.values + cell;
    if (cell + step <= job.cells) {
      for (int i = 0; i < 4; ++i)
        store(values + i * lane_width, load(values + i * lane_width) + all(job.deviation) * z[i]);
      continue;
    }
    float rest[step];
    for (int i = 0; i < 4; ++i) store(rest + i * lane_width, z[i]);
    for (std::int64_t i = 0; i < job.cells - cell; ++i) values[i] += job.deviation * rest[i];
  }
}

}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
