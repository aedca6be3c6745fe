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

namespace {

/// The same of a detector of one row: a number for each ray and sample.
void rebin_row(const detail::RebinJob& job) {
  const float* weights = job.view_weights;
  for (Index c = 0; c < job.rays; ++c, weights += taps) {
    const Index first = job.first_view[c];
    const float* in = job.views + first * job.columns + job.column[c];
    const Index step = job.view_step * job.columns;
    float sum = 0.0f;
    if (first + (taps - 1) * job.view_step < job.view_count) {
      for (int k = 0; k < taps; ++k) sum += in[k * step] * weights[k];
    } else {
      for (int k = 0; k < taps; ++k) {
        const Index view = (first + k * job.view_step) % job.view_count;
        sum += job.views[view * job.columns + job.column[c]] * weights[k];
      }
    }
    job.scratch[c] = sum;
  }
  weights = job.column_weights;
  for (Index j = 0; j < job.samples; ++j, weights += taps) {
    const float* in = job.scratch + job.first_column[j];
    float sum = 0.0f;
    for (int k = 0; k < taps; ++k) sum += in[k] * weights[k];
    job.out[j] = sum * *job.row_weights;
  }
}

}  // namespace

void rebin(const detail::RebinJob& job) {
  if (job.padded_rows == 1) {
    rebin_row(job);
    return;
  }
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
    for (Index r = 0; r < job.padded_rows; r += 8)
      store8(out + r, load8(out + r) * load8(job.row_weights + r));
  }
}

}  // namespace vitrine::recon::VITRINE_ISA_LEVEL
