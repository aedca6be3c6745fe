#include "vitrine/recon/detail/functions8.hpp"
#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon::VITRINE_ISA_LEVEL {
namespace {

using detail::DecomposeJob;

constexpr int most_steps = 10, first_steps = 3;
constexpr float close_enough = 1e-4f;         // a step, line integral
constexpr float longest_step = 3.0f;          // likewise
constexpr float least = -2.0f, most = 25.0f;  // of water, line integral
constexpr float farthest = 15.0f;             // of the second material, either sign
constexpr float fewest_counts = 0.5f;         // that have a logarithm
constexpr float starved_below = 20.0f;        // counts of a bin: the second material is held
constexpr float least_determinant = 1e-5f;    // over the product of the diagonal
constexpr float nothing = 1e-30f;
constexpr float largest_bias = 0.5f;  // line integral
constexpr float ln2 = 0.69314718f;

/// The likeliest amounts behind eight cells by Fisher's scoring; `in`: their readings, one bin
/// after the other.
class Eight {
 public:
  Eight(const DecomposeJob& job, const V8* in) : job_(job) {
    V8 largest = fill8(0.0f), next = fill8(0.0f);
    for (int b = 0; b < job_.bins; ++b) {
      counts_[b] = max8(in[b] * job_.air[b], fill8(fewest_counts));
      log_[b] = -log8(counts_[b] * (1.0f / job_.air[b]));
      next = max8(next, min8(largest, counts_[b]));
      largest = max8(largest, counts_[b]);
    }
    // Two materials need two bins. What holds the second near zero grows from nothing as the counts
    // of the other of the two fullest become few.
    starved_ = max8(fill8(1.0f) - next * (1.0f / starved_below), fill8(0.0f));
    hold_ = starved_ * (1.0f / (job_.spread * job_.spread));
    water = log_[job_.bins - 1] * job_.water_per_log;
    second = fill8(0.0f);
  }

  void solve() {
    for (int step = 0; step < most_steps; ++step) {
      look();
      if (!take(step)) break;
    }
    if (job_.drawn) remove_bias();
  }

  V8 water, second;

 private:
  /// What two unknowns weigh and pull: (a c; c d) and (p, q).
  struct Equations {
    V8 a, c, d, p, q;
    V8 determinant() const {
      return max8(a * d - c * c, max8(a * d * least_determinant, fill8(nothing)));
    }
    V8 of_water() const { return (d * p - c * q) / determinant(); }
    V8 of_second() const { return (a * q - c * p) / determinant(); }
  };

  /// Every bin's expected signal and how its logarithm changes with the amounts.
  void look() {
    for (int b = 0; b < job_.bins; ++b) left_[b] = by_water_[b] = by_second_[b] = fill8(0.0f);
    for (int j = 0; j < job_.nodes; ++j) {
      const float of_water = job_.exponents[2 * j], of_second = job_.exponents[2 * j + 1];
      const V8 passes = exp2_8(water * of_water + second * of_second);
      for (int b = 0; b < job_.bins; ++b) {
        const V8 share = passes * job_.weights[b * job_.nodes + j];
        left_[b] = left_[b] + share;
        by_water_[b] = by_water_[b] - share * of_water;
        by_second_[b] = by_second_[b] - share * of_second;
      }
    }
    for (int b = 0; b < job_.bins; ++b) {
      left_[b] = max8(left_[b], fill8(nothing));
      const V8 per_signal = fill8(ln2) / left_[b];
      by_water_[b] = by_water_[b] * per_signal;
      by_second_[b] = by_second_[b] * per_signal;
      expected_[b] = max8(left_[b] * job_.air[b], fill8(fewest_counts));
    }
  }

  /// Bins are off by this much in their logarithms: weighed by their covariance.
  Equations weighed(const V8* off) const {
    Equations e{fill8(0.0f), fill8(0.0f), hold_, fill8(0.0f), fill8(0.0f)};
    V8 root[DecomposeJob::most_bins];
    for (int b = 0; b < job_.bins; ++b) root[b] = sqrt8(expected_[b]);
    for (int b = 0; b < job_.bins; ++b) {
      V8 u = fill8(0.0f), v = fill8(0.0f), r = fill8(0.0f);
      for (int k = 0; k <= b; ++k) {
        const V8 factor = root[k] * job_.whitening[b * job_.bins + k];
        u = u + by_water_[k] * factor;
        v = v + by_second_[k] * factor;
        r = r + off[k] * factor;
      }
      e.a = e.a + u * u;
      e.c = e.c + u * v;
      e.d = e.d + v * v;
      e.p = e.p + u * r;
      e.q = e.q + v * r;
    }
    return e;
  }

  /// One step; whether any of the eight moved much.
  bool take(int step) {
    V8 off[DecomposeJob::most_bins];
    for (int b = 0; b < job_.bins; ++b)
      // Two bins are met exactly, the sooner by their logarithms. More are not: the end is where
      // the likelihood of the counts is largest.
      off[b] = job_.bins > 2 && step >= first_steps ? (expected_[b] - counts_[b]) / expected_[b]
                                                    : log_[b] + log8(left_[b]);
    Equations e = weighed(off);
    e.q = e.q - hold_ * second;
    const V8 limit = fill8(longest_step);
    const V8 more_water = max8(min8(e.of_water(), limit), -limit);
    const V8 more_second = max8(min8(e.of_second(), limit), -limit);
    water = max8(min8(water + more_water, fill8(most)), fill8(least));
    second = max8(min8(second + more_second, fill8(farthest)), fill8(-farthest));
    float moved[8];
    store8(moved, max8(absolute8(more_water), absolute8(more_second)));
    for (const float each : moved)
      if (each > close_enough) return true;
    return false;
  }

  /// Less the mean by which noise moves the likeliest amounts, to its first order (Cox and Snell, J
  /// R Stat Soc B 30 (1968) 248): half the expected counts' second derivative, over the counts, in
  /// the covariance of the amounts. A starved ray, which is biased on purpose, keeps its own.
  void remove_bias() {
    V8 mean_square[3][DecomposeJob::most_bins];
    for (int b = 0; b < job_.bins; ++b)
      for (auto& moment : mean_square) moment[b] = fill8(0.0f);
    for (int j = 0; j < job_.nodes; ++j) {
      const float of_water = job_.exponents[2 * j], of_second = job_.exponents[2 * j + 1];
      const V8 passes = exp2_8(water * of_water + second * of_second);
      for (int b = 0; b < job_.bins; ++b) {
        const V8 share = passes * job_.weights[b * job_.nodes + j];
        mean_square[0][b] = mean_square[0][b] + share * (of_water * of_water);
        mean_square[1][b] = mean_square[1][b] + share * (of_water * of_second);
        mean_square[2][b] = mean_square[2][b] + share * (of_second * of_second);
      }
    }
    // What a reading is worth with electronic noise besides: 1 / (1 / counts + variance /
    // signal^2).
    for (int b = 0; job_.electronic && b < job_.bins; ++b)
      expected_[b] = expected_[b] / (fill8(1.0f) + expected_[b] * job_.electronic[b] /
                                                       max8(left_[b] * left_[b], fill8(nothing)));
    V8 off[DecomposeJob::most_bins];
    for (V8& each : off) each = fill8(0.0f);
    const Equations e = weighed(off);
    const V8 over = fill8(1.0f) / e.determinant();
    for (int b = 0; b < job_.bins; ++b) {
      const V8 scale = fill8(0.5f * ln2 * ln2) / left_[b] * over;
      off[b] = scale * (mean_square[0][b] * e.d - (mean_square[1][b] * 2.0f) * e.c +
                        mean_square[2][b] * e.a);
    }
    const Equations bias = weighed(off);
    const V8 fed = fill8(1.0f) - starved_, limit = fill8(largest_bias);
    water = water - max8(min8(bias.of_water(), limit), -limit) * fed;
    second = second - max8(min8(bias.of_second(), limit), -limit) * fed;
  }

  const DecomposeJob& job_;
  V8 counts_[DecomposeJob::most_bins], log_[DecomposeJob::most_bins];  // measured
  V8 expected_[DecomposeJob::most_bins], left_[DecomposeJob::most_bins],
      by_water_[DecomposeJob::most_bins], by_second_[DecomposeJob::most_bins];
  V8 starved_, hold_;
};

}  // namespace

void decompose(const DecomposeJob& job) {
  for (Index i = 0; i < job.count; i += 8) {
    const Index here = job.count - i < 8 ? job.count - i : 8;
    V8 in[DecomposeJob::most_bins];
    for (int b = 0; b < job.bins; ++b) {
      const float* from = job.readings + b * job.stride + i;
      if (here == 8) {
        in[b] = load8(from);
        continue;
      }
      float padded[8] = {1, 1, 1, 1, 1, 1, 1, 1};
      for (Index l = 0; l < here; ++l) padded[l] = from[l];
      in[b] = load8(padded);
    }
    Eight cells(job, in);
    cells.solve();
    float water[8], second[8];
    store8(water, cells.water * job.per_water);
    store8(second, cells.second * job.per_second);
    for (Index l = 0; l < here; ++l) {
      job.water[i + l] = water[l];
      job.second[i + l] = second[l];
    }
  }
}

}  // namespace vitrine::recon::VITRINE_ISA_LEVEL
