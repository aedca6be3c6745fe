#include "vitrine/core/simd.hpp"
#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon::VITRINE_ISA_LEVEL {
using namespace vitrine::VITRINE_ISA_LEVEL;
namespace {

constexpr int taps = detail::rebin_taps;

/// out[row] = sum_k weights[k] in[k][row] for whole vectors, then row by row.
inline void combine(const float* const* in, const float* weights, Index rows, float* out) {
  Index r = 0;
  for (; r + 8 <= rows; r += 8) {
    V8 sum = load8(in[0] + r) * weights[0];
    for (int k = 1; k < taps; ++k) sum = sum + load8(in[k] + r) * weights[k];
    store8(out + r, sum);
  }
  for (; r < rows; ++r) {
    float sum = in[0][r] * weights[0];
    for (int k = 1; k < taps; ++k) sum += in[k][r] * weights[k];
    out[r] = sum;
  }
}

}  // namespace

void rebin(const detail::RebinJob& job) {
  const float* in[taps];
  // Between views: every ray moves to the angle's parallel direction.
  for (Index c = 0; c < job.rays; ++c) {
    Index view = job.first_view[c];
    for (int k = 0; k < taps; ++k) {
      in[k] = job.views + (view * job.columns + job.column[c]) * job.rows;
      view += job.view_step;
      if (view >= job.view_count) view -= job.view_count;
    }
    float* out = job.scratch + c * job.padded_rows;
    combine(in, job.view_weights + c * taps, job.rows, out);
    for (Index r = job.rows; r < job.padded_rows; ++r) out[r] = 0.0f;
  }
  // Between rays: to equal distances from the axis.
  for (Index j = 0; j < job.samples; ++j) {
    for (int k = 0; k < taps; ++k)
      in[k] = job.scratch + (Index(job.first_column[j]) + k) * job.padded_rows;
    float* out = job.out + j * job.padded_rows;
    combine(in, job.column_weights + j * taps, job.padded_rows, out);
    if (job.padded_rows == 1) {
      *out *= *job.row_weights;
      continue;
    }
    for (Index r = 0; r < job.padded_rows; r += 8)
      store8(out + r, load8(out + r) * load8(job.row_weights + r));
  }
}

}  // namespace vitrine::recon::VITRINE_ISA_LEVEL
