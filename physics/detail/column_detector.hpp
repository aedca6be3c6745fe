#pragma once
#include <cstddef>
#include <cstring>

#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/detail/scratch.hpp"
#include "vitrine/physics/detail/texture.hpp"

/// From the basis integrals of a column's rays to what its cells read; for trace.hot.cpp only.
namespace vitrine::physics::VITRINE_ISA_LEVEL {
namespace {

/// Mean and variance of the signal behind the basis integrals x of some groups of rays.
template <int rank, int count>
VITRINE_INLINE void attenuate(int nodes, const float* exponents, const float* node_weights,
                              const Lanes (&x)[count][rank], Lanes (&mean)[count],
                              Lanes (&variance)[count]) {
  for (int i = 0; i < count; ++i) mean[i] = variance[i] = all(0.0f);
  const float* f = exponents;
  for (int j = 0; j < nodes; ++j, f += rank) {
    Lanes left[count];
    for (int i = 0; i < count; ++i) left[i] = all(f[0]) * x[i][0];
    for (int k = 1; k < rank; ++k)
      for (int i = 0; i < count; ++i) left[i] += all(f[k]) * x[i][k];
    exp2(left);
    for (int i = 0; i < count; ++i) mean[i] += all(node_weights[j]) * left[i];
    for (int i = 0; i < count; ++i) variance[i] += all(node_weights[nodes + j]) * left[i];
  }
}

/// The same with further outputs, `lanes` floats apart, to which is added.
template <int rank>
VITRINE_INLINE void attenuate_all(const TraceJob& job, const float* node_weights,
                                  const float* further_weights, const Lanes* x, Bits nothing,
                                  Lanes& mean, Lanes& variance, float* further,
                                  std::ptrdiff_t lanes) {
  Lanes left[detail::max_nodes];
  mean = variance = all(0.0f);
  const float* f = job.exponents;
  for (int j = 0; j < job.nodes; ++j, f += rank) {
    Lanes power = all(f[0]) * x[0];
    for (int k = 1; k < rank; ++k) power += all(f[k]) * x[k];
    left[j] = exp2(power);
    mean += all(node_weights[j]) * left[j];
    variance += all(node_weights[job.nodes + j]) * left[j];
  }
  for (int i = 0; i < job.further; ++i, further_weights += job.nodes, further += lanes) {
    Lanes sum = all(0.0f);
    for (int j = 0; j < job.nodes; ++j) sum += all(further_weights[j]) * left[j];
    store(further, load(further) + select(nothing, all(1.0f), sum));
  }
}

/// The same where rows have weights of their own, `row_weights` from the first of the eight.
template <int rank>
VITRINE_INLINE void attenuate_rows(const TraceJob& job, const float* node_weights,
                                   const float* row_weights, std::ptrdiff_t row_lanes,
                                   const Lanes* x, Lanes& mean, Lanes& variance) {
  Lanes mean_air = all(0.0f), variance_air = all(0.0f);
  mean = variance = all(0.0f);
  const float* f = job.exponents;
  for (int j = 0; j < job.nodes; ++j, f += rank, row_weights += row_lanes) {
    Lanes power = all(f[0]) * x[0];
    for (int k = 1; k < rank; ++k) power += all(f[k]) * x[k];
    Lanes left[1] = {power};
    exp2(left);
    const Lanes m = all(node_weights[j]) * load(row_weights);
    const Lanes v = all(node_weights[job.nodes + j]) * load(row_weights + job.nodes * row_lanes);
    mean += m * left[0];
    variance += v * left[0];
    mean_air += m;
    variance_air += v;
  }
  mean /= mean_air;
  variance /= variance_air;
}

/// The signal of one column from its basis integrals, and its patches.
template <int rank>
class ColumnDetector {
 public:
  ColumnDetector(const TraceJob& job, const Scratch& scratch)
      : job_(job),
        scratch_(scratch),
        row_lanes_(job.row_groups * lane_width),
        lanes_(row_lanes_ * job.row_sub_rays),
        groups_(lanes_ / lanes_at_once) {}

  void start(int column) {
    column_ = column;
    empty_ = true;
    any_patch_ = false;
    std::memset(scratch_.mean, 0, std::size_t(lanes_) * sizeof(float));
    std::memset(scratch_.variance, 0, std::size_t(lanes_) * sizeof(float));
    std::memset(scratch_.further, 0, std::size_t(job_.further * lanes_) * sizeof(float));
    if (job_.voxels && job_.voxels_met[column / lane_width]) {
      const std::size_t floats = std::size_t(rank * row_lanes_);
      std::memcpy(scratch_.patches, job_.voxels + std::size_t(column) * floats,
                  floats * sizeof(float));
      std::memset(patched_, 1, sizeof patched_);
      any_patch_ = true;
    }
    for (int i = 0; i < job_.patch_count; ++i) {
      const PatchShape& patch = job_.patches[i];
      if (column < patch.first_column || column > patch.last_column) continue;
      if (!any_patch_) {
        std::memset(scratch_.patches, 0, std::size_t(rank * row_lanes_) * sizeof(float));
        std::memset(patched_, 0, sizeof patched_);
      }
      any_patch_ = true;
      trace_patch(job_, patch, column, scratch_.patches, patched_);
    }
    if (any_patch_ && job_.row_sub_rays > 1) spread_patches();
  }
  bool any_patch() const { return any_patch_; }

  /// A sub-ray of the plane that meets nothing in any row.
  void add_air() const {
    for (int lane = 0; lane < lanes_; lane += lanes_at_once) add_nothing(lane);
  }

  /// A sub-ray of the plane, from the scratch's integrals.
  void add_rays(const float* stretch) {
    empty_ = false;
    int waiting[together];
    int count = 0;
    for (int group = 0; group < groups_; ++group) {
      if (!scratch_.touched[group] && !has_patch(group)) {
        add_nothing(group * lanes_at_once);
        continue;
      }
      if (job_.further_weights) {
        add_with_further(group, stretch);
        continue;
      }
      waiting[count++] = group;
      if (count < together) continue;
      add_groups<together>(waiting, stretch);
      count = 0;
    }
    for (int i = 0; i < count; ++i) add_groups<1>(waiting + i, stretch);
  }

  /// One ray per cell: the basis integrals themselves.
  void write_integrals(const float* stretch) const {
    for (int row = 0; row < row_lanes_; row += lanes_at_once) {
      Lanes x[rank];
      gather_integrals(row, any_patch_ && patched_[row / lanes_at_once], stretch, x);
      for (int l = 0; l < lanes_at_once && row + l < job_.rows; ++l)
        for (int k = 0; k < rank; ++k)
          job_.integrals[(std::ptrdiff_t(column_) * job_.rows + row + l) * rank + k] = x[k][l];
    }
  }

  void write_signal() const {
    float* signal = job_.signal + std::ptrdiff_t(column_) * job_.rows;
    float* quanta = job_.quanta + std::ptrdiff_t(column_) * job_.rows;
    const float air = job_.air_quanta[column_];
    const float share = 1.0f / float(job_.in_plane * job_.row_sub_rays);
    for (int i = 0; i < job_.further; ++i) write_further(i, share);
    if (!empty_ && job_.row_sub_rays > 1) {
      sum_rows(scratch_.mean);
      sum_rows(scratch_.variance);
    }
    for (int row = 0; row < row_lanes_; row += lanes_at_once) {
      Lanes mean = all(1.0f), worth = all(air);
      if (!empty_) {
        mean = load(scratch_.mean + row) * all(share);
        worth = all(air) * mean * mean / (load(scratch_.variance + row) * all(share));
      }
      if (row + lanes_at_once <= job_.rows) {
        store(signal + row, mean);
        store(quanta + row, worth);
      } else {
        for (int l = 0; row + l < job_.rows; ++l) {
          signal[row + l] = mean[l];
          quanta[row + l] = worth[l];
        }
      }
    }
  }

 private:
  static constexpr int together = 3;  ///< groups whose exponentials fit into registers

  bool has_patch(int group) const { return any_patch_ && patched_[group / job_.row_sub_rays]; }
  const float* node_weights() const {
    return job_.node_weights + std::ptrdiff_t(column_) * 2 * job_.nodes;
  }

  /// Groups of rays that meet something.
  template <int count>
  void add_groups(const int* groups, const float* stretch) const {
    Lanes x[count][rank], mean[count], variance[count];
    for (int i = 0; i < count; ++i)
      gather_integrals(groups[i] * lanes_at_once, has_patch(groups[i]), stretch, x[i]);
    if (job_.row_weights)
      for (int i = 0; i < count; ++i)
        attenuate_rows<rank>(job_, node_weights(), job_.row_weights + groups[i] * lanes_at_once,
                             lanes_, x[i], mean[i], variance[i]);
    else
      attenuate<rank, count>(job_.nodes, job_.exponents, node_weights(), x, mean, variance);
    for (int i = 0; i < count; ++i)
      add_met(scratch_.mean, scratch_.variance, groups[i] * lanes_at_once, x[i], mean[i],
              variance[i]);
    for (int b = 0; b < job_.beams; ++b) {
      const OtherBeam& beam = job_.beam[b];
      attenuate<rank, count>(beam.nodes, beam.exponents,
                             beam.node_weights + std::ptrdiff_t(column_) * 2 * beam.nodes, x, mean,
                             variance);
      float* means = scratch_.further + std::ptrdiff_t(2 * b) * lanes_;
      for (int i = 0; i < count; ++i)
        add_met(means, means + lanes_, groups[i] * lanes_at_once, x[i], mean[i], variance[i]);
    }
  }
  /// The weights' sum may be off by a rounding: a ray that meets nothing has signal 1.
  VITRINE_INLINE_MEMBER static void add_met(float* means, float* variances, int lane,
                                            const Lanes* x, const Lanes& mean,
                                            const Lanes& variance) {
    const Bits nothing = meets_nothing(x);
    add(means + lane, select(nothing, all(1.0f), mean));
    add(variances + lane, select(nothing, all(1.0f), variance));
  }
  /// A group of rays that has further outputs.
  void add_with_further(int group, const float* stretch) const {
    const int lane = group * lanes_at_once;
    Lanes x[rank], mean, variance;
    gather_integrals(lane, has_patch(group), stretch, x);
    const Bits nothing = meets_nothing(x);
    attenuate_all<rank>(job_, node_weights(),
                        job_.further_weights + std::ptrdiff_t(column_) * job_.further * job_.nodes,
                        x, nothing, mean, variance, scratch_.further + lane, lanes_);
    add(scratch_.mean + lane, select(nothing, all(1.0f), mean));
    add(scratch_.variance + lane, select(nothing, all(1.0f), variance));
  }
  VITRINE_INLINE_MEMBER static Bits meets_nothing(const Lanes* x) {
    Bits something = Bits(x[0]);
    for (int k = 1; k < rank; ++k) something |= Bits(x[k]);
    return Bits((something & 0x7fffffff) == 0);
  }
  /// A group of rays that meets nothing.
  VITRINE_INLINE_MEMBER void add_nothing(int lane) const {
    add(scratch_.mean + lane, all(1.0f));
    add(scratch_.variance + lane, all(1.0f));
    for (int i = 0; i < job_.further; ++i)
      add(scratch_.further + std::ptrdiff_t(i) * lanes_ + lane, all(1.0f));
  }
  void write_further(int output, float share) const {
    float* values = scratch_.further + std::ptrdiff_t(output) * lanes_;
    if (job_.row_sub_rays > 1) sum_rows(values);
    float* to =
        job_.further_signal + output * job_.further_stride + std::ptrdiff_t(column_) * job_.rows;
    for (int row = 0; row < job_.rows; ++row) to[row] = empty_ ? 1.0f : values[row] * share;
  }
  VITRINE_INLINE_MEMBER static void add(float* to, const Lanes& value) {
    store(to, load(to) + value);
  }

  /// From one value a lane to one a row, their sum, in place.
  void sum_rows(float* values) const {
    const float* lane = values;
    for (int row = 0; row < row_lanes_; ++row) {
      float sum = 0.0f;
      for (int sub = 0; sub < job_.row_sub_rays; ++sub) sum += *lane++;
      values[row] = sum;
    }
  }

  /// What the central ray of a row meets of patches is what all its sub-rays meet.
  void spread_patches() const {
    const int subs = job_.row_sub_rays;
    float* to = scratch_.spread;
    for (const float *from = scratch_.patches, *end = from + rank * row_lanes_; from != end; ++from)
      for (int sub = 0; sub < subs; ++sub) *to++ = *from;
  }

  /// Basis integrals along eight rays: the shapes', the patches', times mm per in-plane mm.
  VITRINE_INLINE_MEMBER void gather_integrals(int lane, bool patch, const float* stretches,
                                              Lanes* x) const {
    const float* patches = job_.row_sub_rays > 1 ? scratch_.spread : scratch_.patches;
    const Lanes stretch = load(stretches + lane);
    for (int k = 0; k < rank; ++k) {
      x[k] = load(scratch_.integrals + k * lanes_ + lane);
      if (patch) x[k] += load(patches + k * lanes_ + lane);
      x[k] *= stretch;
    }
  }

  const TraceJob& job_;
  const Scratch& scratch_;
  int row_lanes_, lanes_, groups_, column_ = 0;
  bool empty_ = true, any_patch_ = false;
  unsigned char patched_[512 / lane_width] = {};
};

}  // namespace
}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
