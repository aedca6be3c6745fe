#include "vitrine/physics/detail/scatter_job.hpp"

namespace vitrine::physics::VITRINE_ISA_LEVEL {
namespace {

using detail::ScatterJob;

constexpr std::int64_t part = 64;  // rows at a time

inline float larger(float a, float b) { return a > b ? a : b; }

/// Rows of one column between coarse rows.
inline void spread(const ScatterJob& job, const float* coarse, std::int64_t first,
                   std::int64_t count, float* out) {
  for (std::int64_t r = 0; r < count; ++r) out[r] = 0.0f;
  for (std::int64_t k = 0; k < job.coarse_rows; ++k) {
    const float* weight = job.weight + k * job.rows + first;
    const float value = coarse[k];
    for (std::int64_t r = 0; r < count; ++r) out[r] += weight[r] * value;
  }
}

}  // namespace

void add_scatter(const ScatterJob& job) {
  float mean[part], square[part];
  for (std::int64_t c = 0; c < job.columns; ++c)
    for (std::int64_t first = 0; first < job.rows; first += part) {
      const std::int64_t count = job.rows - first < part ? job.rows - first : part;
      spread(job, job.mean + c * job.coarse_rows, first, count, mean);
      spread(job, job.square + c * job.coarse_rows, first, count, square);
      const float* per_air = job.per_air + c * job.rows + first;
      float* signal = job.signal + c * job.rows + first;
      float* quanta = job.quanta + c * job.rows + first;
      for (std::int64_t r = 0; r < count; ++r) {
        const float before = signal[r];
        const float primary = quanta[r] > 0.0f ? before * (before / quanta[r]) : 0.0f;
        const float scattered = larger(square[r], 0.0f) * per_air[r] * per_air[r];
        const float after = before + larger(mean[r], 0.0f) * per_air[r];
        signal[r] = after;
        quanta[r] = after * after / larger(primary + scattered, 1e-30f);
      }
    }
}

void subtract_scatter(const ScatterJob& job) {
  float mean[part];
  for (std::int64_t c = 0; c < job.columns; ++c)
    for (std::int64_t first = 0; first < job.rows; first += part) {
      const std::int64_t count = job.rows - first < part ? job.rows - first : part;
      spread(job, job.mean + c * job.coarse_rows, first, count, mean);
      const float* per_air = job.per_air + c * job.rows + first;
      float* signal = job.signal + c * job.rows + first;
      for (std::int64_t r = 0; r < count; ++r)
        signal[r] -= job.share * (larger(mean[r], 0.0f) * per_air[r]);
    }
}

}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
