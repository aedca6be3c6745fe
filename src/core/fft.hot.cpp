#include "vitrine/core/detail/fft_hot.hpp"
#include "vitrine/core/simd.hpp"

namespace vitrine::VITRINE_ISA_LEVEL {
namespace {

struct Complex {
  V8 re, im;
};

inline Complex load(const float* p) { return {load8(p), load8(p + 8)}; }
inline void store(float* p, Complex a) {
  store8(p, a.re);
  store8(p + 8, a.im);
}
inline Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
inline Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
inline Complex times_i(Complex a) { return {-a.im, a.re}; }
inline Complex times(Complex a, float re, float im) {
  return {a.re * re - a.im * im, a.re * im + a.im * re};
}

constexpr std::size_t element = 16;    // floats
constexpr std::size_t in_cache = 256;  // elements: 16 KiB, half of a first-level cache

/// One decimation-in-frequency pass over a block of 4 q elements. The quarters receive the
/// frequencies 0, 2, 1, 3 mod 4, so that all passes together leave bit-reversed order.
template <bool trivial>
inline void forward_pass(float* x, std::size_t q, const float* w) {
  for (std::size_t k = 0; k < q; ++k, w += 6) {
    float* p = x + k * element;
    const Complex a = load(p), b = load(p + q * element);
    const Complex c = load(p + 2 * q * element), d = load(p + 3 * q * element);
    const Complex s0 = a + c, s1 = a - c, s2 = b + d, s3 = times_i(b - d);
    store(p, s0 + s2);
    const Complex f1 = s1 - s3, f2 = s0 - s2, f3 = s1 + s3;
    store(p + q * element, trivial ? f2 : times(f2, w[2], w[3]));
    store(p + 2 * q * element, trivial ? f1 : times(f1, w[0], w[1]));
    store(p + 3 * q * element, trivial ? f3 : times(f3, w[4], w[5]));
  }
}

/// The inverse of `forward_pass`, times 4.
template <bool trivial>
inline void inverse_pass(float* x, std::size_t q, const float* w) {
  for (std::size_t k = 0; k < q; ++k, w += 6) {
    float* p = x + k * element;
    Complex f2 = load(p + q * element), f1 = load(p + 2 * q * element),
            f3 = load(p + 3 * q * element);
    if (!trivial) {
      f2 = times(f2, w[2], -w[3]);
      f1 = times(f1, w[0], -w[1]);
      f3 = times(f3, w[4], -w[5]);
    }
    const Complex f0 = load(p);
    const Complex s0 = f0 + f2, s1 = f0 - f2, s2 = f1 + f3, s3 = times_i(f1 - f3);
    store(p, s0 + s2);
    store(p + q * element, s1 + s3);
    store(p + 2 * q * element, s0 - s2);
    store(p + 3 * q * element, s1 - s3);
  }
}

inline void pair(float* x) {
  const Complex a = load(x), b = load(x + element);
  store(x, a + b);
  store(x + element, a - b);
}

/// Large blocks are split depth first, so that what fits the cache stays in it.
void forward(float* x, std::size_t n, const float* const* w) {
  if (n > in_cache) {
    forward_pass<false>(x, n / 4, *w);
    for (std::size_t i = 0; i < 4; ++i) forward(x + i * (n / 4) * element, n / 4, w + 1);
    return;
  }
  std::size_t block = n;
  for (; block > 4; block /= 4, ++w)
    for (std::size_t i = 0; i < n; i += block) forward_pass<false>(x + i * element, block / 4, *w);
  if (block == 4)
    for (std::size_t i = 0; i < n; i += 4) forward_pass<true>(x + i * element, 1, nullptr);
  if (block == 2)
    for (std::size_t i = 0; i < n; i += 2) pair(x + i * element);
}

void inverse(float* x, std::size_t n, const float* const* w) {
  if (n > in_cache) {
    for (std::size_t i = 0; i < 4; ++i) inverse(x + i * (n / 4) * element, n / 4, w + 1);
    inverse_pass<false>(x, n / 4, *w);
    return;
  }
  std::size_t block = n;
  std::size_t level = 0;
  for (; block > 4; block /= 4) ++level;
  if (block == 4)
    for (std::size_t i = 0; i < n; i += 4) inverse_pass<true>(x + i * element, 1, nullptr);
  if (block == 2)
    for (std::size_t i = 0; i < n; i += 2) pair(x + i * element);
  while (level-- > 0) {
    block *= 4;
    for (std::size_t i = 0; i < n; i += block)
      inverse_pass<false>(x + i * element, block / 4, w[level]);
  }
}

}  // namespace

void fft_forward(float* data, const detail::FftTables& tables) {
  forward(data, tables.length, tables.twiddles);
}
void fft_inverse(float* data, const detail::FftTables& tables) {
  inverse(data, tables.length, tables.twiddles);
}

}  // namespace vitrine::VITRINE_ISA_LEVEL
