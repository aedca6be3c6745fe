#include "vitrine/radiomics/filters/detail/hot.hpp"

namespace vitrine::radiomics::VITRINE_ISA_LEVEL {
namespace {

#if defined(__AVX__)
constexpr int width = 4;
#else
constexpr int width = 2;
#endif
typedef double Doubles __attribute__((vector_size(8 * width)));
typedef float Floats __attribute__((vector_size(4 * width), aligned(4), may_alias));

/// Sums that live in registers while the rows go by.
constexpr int vectors = 4;
constexpr Index block = vectors * width;

}  // namespace

void sum_rows(const detail::RowSum& job) {
  Index i = 0;
  for (; i + block <= job.count; i += block) {
    Doubles sum[vectors] = {};
    for (Index n = 0; n < job.rows; ++n) {
      const float* const row = job.row[n] + i;
      const double weight = job.weight[n];
      for (int v = 0; v < vectors; ++v)
        sum[v] += weight * __builtin_convertvector(
                               *reinterpret_cast<const Floats*>(row + v * width), Doubles);
    }
    for (int v = 0; v < vectors; ++v)
      *reinterpret_cast<Floats*>(job.out + i + v * width) = __builtin_convertvector(sum[v], Floats);
  }
  for (; i < job.count; ++i) {
    double sum = 0;
    for (Index n = 0; n < job.rows; ++n) sum += job.weight[n] * double(job.row[n][i]);
    job.out[i] = float(sum);
  }
}

}  // namespace vitrine::radiomics::VITRINE_ISA_LEVEL
