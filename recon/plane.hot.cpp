#include "vitrine/core/simd.hpp"
#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon::VITRINE_ISA_LEVEL {
using namespace vitrine::VITRINE_ISA_LEVEL;
using detail::PlaneJob;

void deal_phases(const float* line, Index samples, double first, double step, Index phases,
                 Index length, float* out) {
  const auto last = double(samples - 1);
  const Index end = samples - 2;
  for (Index p = 0; p < phases; ++p) {
    double at = first + double(p) * step;
    const double stride = step * double(phases);
    for (Index k = 0; k < length; ++k, at += stride) {
      const double s = at < 0.0 ? 0.0 : at > last ? last : at;
      int left = int(s);
      left = left > int(end) ? int(end) : left;
      const float w = float(s - double(left));
      out[p * length + k] = line[left] + w * (line[left + 1] - line[left]);
    }
  }
}

namespace {

/// One row of pixels, `count` angles at once.
template <int count>
inline void add_row(const PlaneJob& job, Index row) {
  const float *low[count], *high[count];
  V8 w0[count], w1[count];
  for (int a = 0; a < count; ++a) {
    const double u = job.base[a] + double(row) * job.slope[a];
    const auto q = int(u);
    const auto phases = int(job.phases[a]);
    const int k = q / phases, p = q - k * phases;
    const float w = float(u - double(q));
    w0[a] = fill8(1.0f - w);
    w1[a] = fill8(w);
    low[a] = job.line[a] + p * job.length[a] + k;
    high[a] = p + 1 < phases ? low[a] + job.length[a] : job.line[a] + k + 1;
  }
  float* sums = job.sums + row * job.pitch;
  for (Index x = job.begin[row] & ~Index(7); x < job.end[row]; x += 8) {
    V8 sum = load8(sums + x);
    for (int a = 0; a < count; ++a) {
      sum = sum + w0[a] * load8(low[a] + x);
      sum = sum + w1[a] * load8(high[a] + x);
    }
    store8(sums + x, sum);
  }
}

}  // namespace

void add_lines(const PlaneJob& job) {
  for (Index row = job.first_row; row < job.last_row; ++row) {
    if (job.begin[row] >= job.end[row]) continue;
    switch (job.count) {
      case 4:
        add_row<4>(job, row);
        break;
      case 3:
        add_row<3>(job, row);
        break;
      case 2:
        add_row<2>(job, row);
        break;
      default:
        add_row<1>(job, row);
    }
  }
}

}  // namespace vitrine::recon::VITRINE_ISA_LEVEL
