#include "vitrine/radiomics/detail/lane_fft.hpp"

#include <cstring>
#include <numbers>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"

namespace vitrine::radiomics {
namespace {

/// Two doubles in one register of every x86-64.
typedef double Pair __attribute__((vector_size(16)));

struct Complex {
  Pair re, im;
};
Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
Complex operator*(Complex a, double s) { return {a.re * s, a.im * s}; }
Complex times_minus_i(Complex a) { return {a.im, -a.re}; }
/// Times cos + i sin.
Complex turned(Complex a, const double* root) {
  return {a.re * root[0] - a.im * root[1], a.re * root[1] + a.im * root[0]};
}

/// Half of the lanes.
Complex load(const Lanes& from, std::size_t half) {
  Complex a;
  std::memcpy(&a.re, from.re + 2 * half, sizeof a.re);
  std::memcpy(&a.im, from.im + 2 * half, sizeof a.im);
  return a;
}
void store(Lanes& to, std::size_t half, Complex a) {
  std::memcpy(to.re + 2 * half, &a.re, sizeof a.re);
  std::memcpy(to.im + 2 * half, &a.im, sizeof a.im);
}

/// Transforms of 2 to 5 elements in place.
template <std::size_t radix>
void small_transform(Complex* x);

template <>
void small_transform<2>(Complex* x) {
  const Complex a = x[0], b = x[1];
  x[0] = a + b;
  x[1] = a - b;
}
template <>
void small_transform<3>(Complex* x) {
  constexpr double half_root_3 = std::numbers::sqrt3 / 2;
  const Complex sum = x[1] + x[2], side = times_minus_i(x[1] - x[2]) * half_root_3;
  const Complex middle = x[0] - sum * 0.5;
  x[0] = x[0] + sum;
  x[1] = middle + side;
  x[2] = middle - side;
}
template <>
void small_transform<4>(Complex* x) {
  const Complex a = x[0] + x[2], b = x[0] - x[2], c = x[1] + x[3];
  const Complex d = times_minus_i(x[1] - x[3]);
  x[0] = a + c;
  x[1] = b + d;
  x[2] = a - c;
  x[3] = b - d;
}
template <>
void small_transform<5>(Complex* x) {
  // Cosines and sines of 72 and 144 degrees.
  constexpr double c1 = 0.30901699437494742, c2 = -0.80901699437494742;
  constexpr double s1 = 0.95105651629515357, s2 = 0.58778525229247313;
  const Complex a = x[1] + x[4], b = x[2] + x[3];
  const Complex d = times_minus_i(x[1] - x[4]), e = times_minus_i(x[2] - x[3]);
  const Complex p = x[0] + a * c1 + b * c2, q = x[0] + a * c2 + b * c1;
  const Complex r = d * s1 + e * s2, s = d * s2 - e * s1;
  x[0] = x[0] + a + b;
  x[1] = p + r;
  x[2] = q + s;
  x[3] = q - s;
  x[4] = p - r;
}

/// One pass of a Stockham transform; with `half`, its first one, the second half of `from` is zero.
template <std::size_t radix, bool half>
void pass(const Lanes* from, Lanes* to, std::size_t groups, std::size_t stride,
          const double* roots) {
  for (std::size_t g = 0; g < groups; ++g, roots += 2 * (radix - 1))
    for (std::size_t s = 0; s < stride; ++s) {
      const Lanes* in = from + s + stride * g;
      Lanes* out = to + s + stride * radix * g;
      for (std::size_t part = 0; part < 2; ++part) {
        Complex x[radix];
        if constexpr (half) {
          const Complex a = load(in[0], part), b = load(in[stride * groups], part);
          const Complex c = times_minus_i(b);
          x[0] = a + b;
          x[1] = a + c;
          x[2] = a - b;
          x[3] = a - c;
        } else {
          for (std::size_t j = 0; j < radix; ++j) x[j] = load(in[stride * groups * j], part);
          small_transform<radix>(x);
        }
        store(out[0], part, x[0]);
        for (std::size_t k = 1; k < radix; ++k)
          store(out[stride * k], part, g == 0 ? x[k] : turned(x[k], roots + 2 * (k - 1)));
      }
    }
}

std::size_t next_radix(std::size_t n) {
  return n % 4 == 0 ? 4 : n % 2 == 0 ? 2 : n % 3 == 0 ? 3 : 5;
}

}  // namespace

std::size_t LaneFft::good_length(std::size_t at_least) {
  if (at_least <= 1) return 1;
  for (std::size_t quarter = (at_least + 3) / 4;; ++quarter) {
    std::size_t rest = quarter;
    for (const std::size_t prime : {2, 3, 5})
      while (rest % prime == 0) rest /= prime;
    if (rest == 1) return 4 * quarter;
  }
}

LaneFft::LaneFft(std::size_t length) : input_(length), other_(length) {
  VITRINE_EXPECT(length == good_length(length));
  std::size_t stride = 1;
  for (std::size_t rest = length; rest > 1;) {
    Pass& made = passes_.emplace_back(Pass{next_radix(rest), rest / next_radix(rest), stride, {}});
    for (std::size_t g = 0; g < made.groups; ++g)
      for (std::size_t k = 1; k < made.radix; ++k) {
        const double angle = -2 * std::numbers::pi * double(g * k) / double(rest);
        made.roots.push_back(math::cos(angle));
        made.roots.push_back(math::sin(angle));
      }
    rest = made.groups;
    stride *= made.radix;
  }
}

std::span<const Lanes> LaneFft::transform(bool half) {
  for (const Pass& p : passes_) {
    const auto run = [&](auto with) {
      with(input_.data(), other_.data(), p.groups, p.stride, p.roots.data());
    };
    switch (p.radix) {
      case 2:
        run(pass<2, false>);
        break;
      case 3:
        run(pass<3, false>);
        break;
      case 4:
        half&& p.stride == 1 ? run(pass<4, true>) : run(pass<4, false>);
        break;
      default:
        run(pass<5, false>);
    }
    input_.swap(other_);
  }
  return input_;
}

}  // namespace vitrine::radiomics
