#include "vitrine/core/simd.hpp"
#include "vitrine/recon/detail/functions8.hpp"
#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon::VITRINE_ISA_LEVEL {
using namespace vitrine::VITRINE_ISA_LEVEL;
namespace {

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
