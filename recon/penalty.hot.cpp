#include "vitrine/recon/detail/functions8.hpp"
#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon::VITRINE_ISA_LEVEL {

/// Slopes of psi come four at a time: d / sqrt(1 + t^2) of four neighbours takes one quotient.
void penalty_row(const detail::PenaltyJob& job) {
  constexpr int together = detail::PenaltyJob::together;
  const V8 per_edge = fill8(job.per_edge);
  for (Index i = 0; i < job.count; i += 8) {
    const V8 self = load8(job.self + i);
    V8 sum = fill8(0.0f);
    for (int n = 0; n < job.neighbours; n += together) {
      V8 pull[together], root[together];
      for (int m = 0; m < together; ++m) {
        const V8 d = self - load8(job.other[n + m] + i), t = d * per_edge;
        pull[m] = load8(job.kappa_other[n + m] + i) * d * job.coupling[n + m];
        root[m] = sqrt8(t * t + 1.0f);
      }
      const V8 low = root[0] * root[1], high = root[2] * root[3];
      const V8 pulls = (pull[0] * root[1] + pull[1] * root[0]) * high +
                       (pull[2] * root[3] + pull[3] * root[2]) * low;
      sum = sum + pulls / (low * high);
    }
    store8(job.gradient + i, sum * load8(job.kappa + i));
  }
}

void descend_row(const detail::DescentJob& job) {
  const float* const __restrict penalty = job.penalty;
  const float* const __restrict step = job.step;
  const float* const __restrict at = job.at;
  float* const __restrict x = job.x;
  float* const __restrict next = job.next;
  const float data_scale = job.data_scale, momentum = job.momentum;
  for (Index i = 0; i < job.count; ++i) {
    const float better = at[i] - step[i] * (data_scale * next[i] + penalty[i]);
    next[i] = better + momentum * (better - x[i]);
    x[i] = better;
  }
}

}  // namespace vitrine::recon::VITRINE_ISA_LEVEL
