#include "vitrine/core/simd.hpp"
#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon::VITRINE_ISA_LEVEL {
using namespace vitrine::VITRINE_ISA_LEVEL;

void apply_response(const float* x, Index length, const float* response, float* y) {
  for (Index p = 0; p < length; ++p) {
    const V8 re = load8(x + 16 * p), im = load8(x + 16 * p + 8);
    for (Index copy = 2 * p; copy < 2 * p + 2; ++copy) {
      const float a = response[2 * copy], b = response[2 * copy + 1];
      store8(y + 16 * copy, re * a - im * b);
      store8(y + 16 * copy + 8, re * b + im * a);
    }
  }
}

void store_rows(const float* y, Index length, Index first, Index count, bool mirrored, Index rows,
                Index block_stride, float* out) {
  const Index mask = length - 1;
  const Index start = mirrored ? first + count - 1 : first, step = mirrored ? -1 : 1;
  for (Index m = 0; m < count; m += 8)
    for (Index half = 0; half < 16 && half < rows; half += 8) {
      V8 block[8];
      for (Index k = 0; k < 8; ++k)
        block[k] = load8(y + 16 * ((start + step * (m + k)) & mask) + half);
      transpose8(block);
      for (Index r = half; r < half + 8 && r < rows; ++r)
        store8(out + m / 8 * block_stride + 8 * r, block[r - half]);
    }
}

}  // namespace vitrine::recon::VITRINE_ISA_LEVEL
