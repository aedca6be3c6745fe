#include <cmath>

#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon::VITRINE_ISA_LEVEL {

void smooth_row(const detail::SmoothJob& job) {
  for (Index i = 0; i < job.count; ++i) {
    job.sum[i] = 0.0f;
    job.weight[i] = 0.0f;
  }
  for (int n = 0; n < job.neighbours; ++n) {
    const float* const __restrict other = job.other[n];
    const float* const __restrict self = job.self;
    const float* const __restrict per_scale = job.per_scale;
    float* const __restrict sum = job.sum;
    float* const __restrict weight = job.weight;
    const float coupling = job.coupling[n];
    for (Index i = 0; i < job.count; ++i) {
      const float d = (other[i] - self[i]) * per_scale[i];
      const float w = coupling / std::sqrt(1.0f + d * d);
      sum[i] += w * other[i];
      weight[i] += w;
    }
  }
  for (Index i = 0; i < job.count; ++i)
    job.out[i] = (job.given[i] + job.sum[i]) / (1.0f + job.weight[i]);
}

}  // namespace vitrine::recon::VITRINE_ISA_LEVEL
