#include <cmath>

#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon::VITRINE_ISA_LEVEL {

void penalty_row(const detail::PenaltyJob& job) {
  for (Index i = 0; i < job.count; ++i) job.gradient[i] = 0.0f;
  const float* const __restrict self = job.self;
  float* const __restrict gradient = job.gradient;
  const float per_edge = job.per_edge;
  for (int n = 0; n < job.neighbours; ++n) {
    const float* const __restrict other = job.other[n];
    const float* const __restrict kappa = job.kappa_other[n];
    const float coupling = job.coupling[n];
    for (Index i = 0; i < job.count; ++i) {
      const float d = self[i] - other[i], t = d * per_edge;
      gradient[i] += coupling * kappa[i] * d / std::sqrt(1.0f + t * t);
    }
  }
  for (Index i = 0; i < job.count; ++i) gradient[i] *= job.kappa[i];
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
