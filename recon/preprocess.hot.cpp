#include "vitrine/core/simd.hpp"
#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon::VITRINE_ISA_LEVEL {
using namespace vitrine::VITRINE_ISA_LEVEL;
namespace {

/// Natural logarithm of positive normal numbers, relative error below 3e-7.
///
/// x = 2^e m with m in [sqrt(1/2), sqrt(2)); ln m = 2 atanh((m-1)/(m+1)), whose series is cut after
/// the ninth power (the next term is below 4e-9 of the sum).
inline V8 log8(V8 x) {
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

inline V8 corrected(V8 signal, const WaterCorrection::Column& column) {
  const V8 p = -log8(max8(signal, fill8(signal_floor)));
  const V8 inside = max8(min8(p, fill8(column.limit)), fill8(0.0f));
  V8 sum = fill8(column.coefficients[WaterCorrection::terms - 1]);
  for (int k = int(WaterCorrection::terms) - 2; k >= 0; --k)
    sum = sum * inside + column.coefficients[k];
  // One of the two tangents is multiplied by zero.
  const V8 below = min8(p, fill8(0.0f)), above = max8(p - column.limit, fill8(0.0f));
  return inside * sum + below * column.low_slope + above * column.limit_slope;
}

}  // namespace

void line_integrals(const float* signal, Index count, const WaterCorrection::Column& column,
                    float* out) {
  Index i = 0;
  for (; i + 8 <= count; i += 8) store8(out + i, corrected(load8(signal + i), column));
  if (i == count) return;
  float rest[8] = {1, 1, 1, 1, 1, 1, 1, 1};
  for (Index k = i; k < count; ++k) rest[k - i] = signal[k];
  store8(rest, corrected(load8(rest), column));
  for (Index k = i; k < count; ++k) out[k] = rest[k - i];
}

}  // namespace vitrine::recon::VITRINE_ISA_LEVEL
