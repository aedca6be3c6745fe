#include "vitrine/recon/detail/functions8.hpp"
#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon::VITRINE_ISA_LEVEL {
namespace {

constexpr Index reach = detail::WeighJob::reach;

/// exp(-line integral).
V8 reading(V8 line, const detail::WeighJob& job) {
  constexpr float log2_e = 1.44269504088896f;
  return exp2_8(min8(max8(line, fill8(job.least)), fill8(job.most)) * -log2_e);
}

/// Neighbours of a place that are there: reach to either side.
float neighbours(Index i, Index count) {
  const Index first = i < reach ? i : reach;
  const Index behind = count - 1 - i < reach ? count - 1 - i : reach;
  return float(1 + first + behind);
}

}  // namespace

void weigh(const detail::WeighJob& job) {
  const Index rows = job.rows, stride = rows + 2 * reach;
  // Zeros about the readings count for nothing in their sums.
  for (Index c = 0; c < job.columns; ++c) {
    const float* const from = job.values + c * rows;
    float* const to = job.readings + (c + reach) * stride + reach;
    Index r = 0;
    for (; r + 8 <= rows; r += 8) store8(to + r, reading(load8(from + r), job));
    if (r == rows) continue;
    float rest[8] = {};
    for (Index k = r; k < rows; ++k) rest[k - r] = from[k];
    store8(rest, reading(load8(rest), job));
    for (Index k = r; k < rows; ++k) to[k] = rest[k - r];
  }
  const float* const __restrict readings = job.readings;
  float* const __restrict sums = job.sums;
  for (Index i = reach * stride; i < (reach + job.columns) * stride; ++i)
    sums[i] = readings[i - 2 * stride] + readings[i - stride] + readings[i] + readings[i + stride] +
              readings[i + 2 * stride];
  float* const __restrict per_row = job.per_row;
  for (Index r = 0; r < rows; ++r) per_row[r] = 1.0f / neighbours(r, rows);
  for (Index c = 0; c < job.columns; ++c) {
    const float* const __restrict of = sums + (c + reach) * stride + reach;
    float* const __restrict weights = job.weights + c * rows;
    const float per_column = 1.0f / neighbours(c, job.columns);
    const float quanta = job.quanta[c], dark = job.dark[c];
    for (Index r = 0; r < rows; ++r) {
      const float sum = of[r - 2] + of[r - 1] + of[r] + of[r + 1] + of[r + 2];
      const float mean = sum * per_column * per_row[r];
      weights[r] = quanta * mean * mean / (mean + dark);
    }
  }
}

}  // namespace vitrine::recon::VITRINE_ISA_LEVEL
