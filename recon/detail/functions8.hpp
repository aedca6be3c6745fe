#pragma once
#include "vitrine/core/simd.hpp"

/// Elementary functions of eight floats at once, for hot files only: each level has its own copy in
/// its own unnamed namespace.
namespace vitrine::recon::VITRINE_ISA_LEVEL {
namespace {
using namespace vitrine::VITRINE_ISA_LEVEL;

/// Natural logarithm of positive normal numbers, relative error below 3e-7.
///
/// x = 2^e m with m in [sqrt(1/2), sqrt(2)); ln m = 2 atanh((m-1)/(m+1)), whose series is cut after
/// the ninth power (the next term is below 4e-9 of the sum).
[[maybe_unused]] inline V8 log8(V8 x) {
  V8 exponent, mantissa;
  for (int i = 0; i < V8::parts; ++i) {
    const auto bits = reinterpret_cast<V8::Mask>(x.part[i]);
    const auto e = (bits - 0x3f3504f3) >> 23;  // 0x3f3504f3 is sqrt(1/2)
    exponent.part[i] = __builtin_convertvector(e, V8::Part);
    mantissa.part[i] = reinterpret_cast<V8::Part>(bits - (e << 23));
  }
  const V8 t = (mantissa - 1.0f) / (mantissa + 1.0f);
  const V8 u = t * t;
  V8 series = u * (1.0f / 9.0f) + 1.0f / 7.0f;
  series = series * u + 1.0f / 5.0f;
  series = series * u + 1.0f / 3.0f;
  const V8 twice = t + t;
  return exponent * 0.693147180559945f + (twice + twice * u * series);
}

/// 2^x between 2^-126 and 2^126, relative error 1e-7: a polynomial of degree 5 on [-1/2, 1/2],
/// fitted to the relative error, exactly 1 at 0.
[[maybe_unused]] inline V8 exp2_8(V8 x) {
  x = min8(max8(x, fill8(-126.0f)), fill8(126.0f));
  const V8 to_integer = fill8(12582912.0f);  // 1.5 * 2^23: the sum's low bits are the integer part
  V8 shifted = x + to_integer;
  x = x - (shifted - to_integer);
  V8 p = x * 1.32647e-3f + 9.67151e-3f;
  p = p * x + 5.550734e-2f;
  p = p * x + 2.4022242e-1f;
  p = p * x + 6.9314698e-1f;
  p = p * x + 1.0f;
  for (int i = 0; i < V8::parts; ++i)
    p.part[i] = reinterpret_cast<V8::Part>(reinterpret_cast<V8::Mask>(p.part[i]) +
                                           (reinterpret_cast<V8::Mask>(shifted.part[i]) << 23));
  return p;
}

/// Square root, exactly rounded; of nothing negative.
[[maybe_unused]] inline V8 sqrt8(V8 x) {
  for (int i = 0; i < V8::parts; ++i)
#if defined(__AVX__)
    x.part[i] = __builtin_ia32_sqrtps256(x.part[i]);
#else
    x.part[i] = __builtin_ia32_sqrtps(x.part[i]);
#endif
  return x;
}

}  // namespace
}  // namespace vitrine::recon::VITRINE_ISA_LEVEL
