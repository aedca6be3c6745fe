#include <cstddef>
#include <cstring>

#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/detail/scratch.hpp"
#include "vitrine/physics/detail/shapes.hpp"
#include "vitrine/physics/detail/simd.hpp"
#include "vitrine/physics/detail/texture.hpp"

namespace vitrine::physics::VITRINE_ISA_LEVEL {
namespace {

using detail::Compiled;
using detail::max_rank;

/// Traces the shapes of one sub-view through one column.
template <int rank>
class ColumnTracer {
 public:
  ColumnTracer(const TraceJob& job, const Scratch& scratch)
      : job_(job),
        scratch_(scratch),
        row_groups_(job.row_groups),
        sub_rays_(job.row_sub_rays),
        lanes_(job.row_groups * job.row_sub_rays * lane_width) {}

  void start(std::uint32_t stamp, int column, const SubView& view, const float* tangent) {
    tangent_ = tangent;
    stamp_ = stamp;
    column_ = column % lane_width;
    across_ = view.across[column];
    along_ = view.along[column];
    cuts_ = view.cuts;
  }

  void trace(const Entry& entry) {
    const Shape& shape = *entry.shape;
    const Compiled& solid = job_.solids[shape.solid];
    switch (shape.kind) {
      case ShapeKind::ellipsoid: {
        const Quadric quadric(entry, column_);
        if (solid.slot < 0 && shape.cut_begin == shape.cut_end)
          return plain_ellipsoid(entry, quadric, solid);
        each_ray(
            entry, solid, [&](const Ray& ray) __attribute__((always_inline)) {
              Lanes a, b, c;
              quadric.at(ray, a, b, c);
              return quadric_interval(a, b, c);
            });
        break;
      }
      case ShapeKind::cylinder: {
        const Quadric tube(entry, column_);
        const Axis axis(entry, column_, 2);
        each_ray(
            entry, solid, [&](const Ray& ray) __attribute__((always_inline)) {
              Lanes a, b, c, p, w;
              tube.at(ray, a, b, c);
              axis.at(ray, p, w);
              Interval inside = quadric_interval(a, b, c);
              clip_slab(p, w, all(1.0f), inside.enter, inside.leave);
              return inside;
            });
        break;
      }
      case ShapeKind::cone: {
        const Quadric tube(entry, column_);
        const Axis axis(entry, column_, 2);
        const Lanes taper = all(shape.taper);
        each_ray(
            entry, solid, [&](const Ray& ray) __attribute__((always_inline)) {
              Lanes a, b, c, p, w;
              tube.at(ray, a, b, c);
              axis.at(ray, p, w);
              const Lanes more = taper * p, speed = taper * w;  // of the section's scale, over 1
              Interval inside = cone_interval(a - speed * speed, b - speed - more * speed,
                                              c - more * (all(2.0f) + more), speed);
              clip_slab(p, w, all(1.0f), inside.enter, inside.leave);
              return inside;
            });
        break;
      }
      case ShapeKind::capsule: {
        const Quadric tube(entry, column_);
        const Axis axis(entry, column_, 2);
        const Lanes radius_square = all(shape.radius_square), half = all(shape.half_length);
        each_ray(
            entry, solid, [&](const Ray& ray) __attribute__((always_inline)) {
              return capsule_interval(tube, axis, radius_square, half, ray);
            });
        break;
      }
      case ShapeKind::box: {
        const Axis x(entry, column_, 0), y(entry, column_, 1), z(entry, column_, 2);
        each_ray(
            entry, solid, [&](const Ray& ray) __attribute__((always_inline)) {
              Interval inside{all(-far_away), all(far_away)};
              for (const Axis* axis : {&x, &y, &z}) {
                Lanes p, w;
                axis->at(ray, p, w);
                clip_slab(p, w, all(1.0f), inside.enter, inside.leave);
              }
              return inside;
            });
        break;
      }
    }
  }

 private:
  VITRINE_INLINE_MEMBER Ray ray(int lane, Lanes slope, Lanes foot) const {
    const Lanes tilt = load(tangent_ + lane) - slope;
    return {tilt, load(job_.height + lane) + tilt * foot};
  }

  VITRINE_INLINE_MEMBER void add(int group, const Lanes* more) const {
    scratch_.touched[group] = 1;
    float* sums = scratch_.integrals + group * lane_width;
    for (int k = 0; k < rank; ++k) store(sums + k * lanes_, load(sums + k * lanes_) + more[k]);
  }
  VITRINE_INLINE_MEMBER void add_chord(int group, Lanes chord, const float* weights) const {
    Lanes more[rank];
    for (int k = 0; k < rank; ++k) more[k] = all(weights[k]) * chord;
    add(group, more);
  }

  VITRINE_INLINE_MEMBER void plain_ellipsoid(const Entry& entry, const Quadric& quadric,
                                             const Compiled& solid) const {
    const float* weights = job_.weights + std::ptrdiff_t(solid.single) * rank;
    const Lanes slope = all(float(entry.shape->slope)), foot = all(entry.foot[column_]);
    for (int sub = 0; sub < sub_rays_; ++sub)
      for (int g = entry.rows.begin; g < entry.rows.end; ++g) {
        const int group = sub * row_groups_ + g;
        const Ray r = ray(group * lane_width, slope, foot);
        Lanes a, b, c;
        quadric.at(r, a, b, c);
        const Lanes d = larger(b * b - a * c, all(0.0f));
        add_chord(group, all(2.0f) * root(d) / a, weights);
      }
  }

  /// Intervals of a shape over its rows: added where it counts alone, kept for the intersections
  /// whose last solid it is and for later ones.
  template <class Inside>
  VITRINE_INLINE_MEMBER void each_ray(const Entry& entry, const Compiled& solid,
                                      Inside&& inside_of) const {
    const Shape& shape = *entry.shape;
    const float* weights =
        solid.single < 0 ? nullptr : job_.weights + std::ptrdiff_t(solid.single) * rank;
    const std::ptrdiff_t slot = std::ptrdiff_t(solid.slot) * lanes_;
    const Lanes slope = all(float(shape.slope)), foot = all(entry.foot[column_]);
    const Lanes shift = all(float(double(entry.foot[column_]) - job_.reference));
    std::uint64_t met = 0;
    for (int sub = 0; sub < sub_rays_; ++sub)
      for (int g = entry.rows.begin; g < entry.rows.end; ++g) {
        const int group = sub * row_groups_ + g, lane = group * lane_width;
        const Ray r = ray(lane, slope, foot);
        Interval inside = inside_of(r);
        for (int cut = shape.cut_begin; cut < shape.cut_end && inside.any(); ++cut)
          clip_cut(cuts_[cut], across_, along_, shape.slope, double(entry.foot[column_]), r,
                   inside);
        const bool hit = inside.any();
        if (slot >= 0) {
          met |= std::uint64_t{hit} << g;
          store(scratch_.enter + slot + lane, inside.enter + shift);
          store(scratch_.leave + slot + lane, inside.leave + shift);
        }
        if (hit && weights)
          add_chord(group, larger(inside.leave - inside.enter, all(0.0f)), weights);
      }
    if (slot < 0 || met == 0) return;
    scratch_.stamp[shape.solid] = stamp_;
    scratch_.met[shape.solid] = met;
    for (int t = solid.term_begin; t < solid.term_end;) t = intersect(shape.solid, t);
  }

  /// Intersections of one solid with others that this column has met.
  struct Batch {
    static constexpr int most_terms = 32;
    int terms = 0, others = 0;
    std::uint64_t met = 0;            // row groups of any of them
    std::uint64_t where[most_terms];  // of each
    const float* weights[most_terms];
    int end[most_terms];                     // of its others in `at`
    std::ptrdiff_t at[detail::most_others];  // their intervals
  };

  /// Add the intersections from `term` on whose last solid is `last`, as many as fit into a batch;
  /// returns the first that does not.
  int intersect(int last, int term) const {
    const Compiled& solid = job_.solids[last];
    Batch batch;
    for (; term < solid.term_end && batch.terms < Batch::most_terms; ++term) {
      const detail::Intersection& what = job_.terms[term];
      if (batch.others + (what.other_end - what.other_begin) > detail::most_others) break;
      std::uint64_t met = scratch_.met[last];
      int others = batch.others;
      for (int o = what.other_begin; o < what.other_end && met != 0; ++o) {
        const int other = job_.others[o];
        met = scratch_.stamp[other] == stamp_ ? met & scratch_.met[other] : 0;
        batch.at[others++] = std::ptrdiff_t(job_.solids[other].slot) * lanes_;
      }
      if (met == 0) continue;
      batch.where[batch.terms] = met;
      batch.weights[batch.terms] = job_.weights + std::ptrdiff_t(what.weights) * rank;
      batch.end[batch.terms++] = batch.others = others;
      batch.met |= met;
    }
    add_batch(batch, std::ptrdiff_t(solid.slot) * lanes_);
    return term;
  }

  void add_batch(const Batch& batch, std::ptrdiff_t own) const {
    for (std::uint64_t met = batch.met; met != 0; met &= met - 1) {
      const int g = __builtin_ctzll(met);
      for (int sub = 0; sub < sub_rays_; ++sub) {
        const int group = sub * row_groups_ + g, lane = group * lane_width;
        const float* enters = scratch_.enter + lane;
        const float* leaves = scratch_.leave + lane;
        const Lanes own_enter = load(enters + own), own_leave = load(leaves + own);
        Lanes sum[rank];
        for (int k = 0; k < rank; ++k) sum[k] = all(0.0f);
        for (int t = 0, o = 0; t < batch.terms; o = batch.end[t++]) {
          if ((batch.where[t] >> g & 1) == 0) continue;
          Lanes enter = own_enter, leave = own_leave;
          for (; o < batch.end[t]; ++o) {
            enter = larger(enter, load(enters + batch.at[o]));
            leave = smaller(leave, load(leaves + batch.at[o]));
          }
          const Lanes chord = larger(leave - enter, all(0.0f));
          for (int k = 0; k < rank; ++k) sum[k] += all(batch.weights[t][k]) * chord;
        }
        add(group, sum);
      }
    }
  }

  const TraceJob& job_;
  const Scratch& scratch_;
  int row_groups_, sub_rays_, lanes_;
  std::uint32_t stamp_ = 0;
  int column_ = 0;
  const float* tangent_ = nullptr;  // of the column's lanes
  double across_ = 0.0, along_ = 0.0;
  const Cut* cuts_ = nullptr;
};

/// Mean and variance of the signal behind the basis integrals x of eight rays.
template <int rank>
VITRINE_INLINE void attenuate(const TraceJob& job, const float* node_weights, const Lanes* x,
                              Lanes& mean, Lanes& variance) {
  mean = variance = all(0.0f);
  const float* f = job.exponents;
  for (int j = 0; j < job.nodes; ++j, f += rank) {
    Lanes power = all(f[0]) * x[0];
    for (int k = 1; k < rank; ++k) power += all(f[k]) * x[k];
    const Lanes left = exp2(power);
    mean += all(node_weights[j]) * left;
    variance += all(node_weights[job.nodes + j]) * left;
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
    const Lanes left = exp2(power);
    const Lanes m = all(node_weights[j]) * load(row_weights);
    const Lanes v = all(node_weights[job.nodes + j]) * load(row_weights + job.nodes * row_lanes);
    mean += m * left;
    variance += v * left;
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
        groups_(job.row_groups * job.row_sub_rays),
        lanes_(groups_ * lane_width) {}

  void start(int column) {
    column_ = column;
    empty_ = true;
    any_patch_ = false;
    std::memset(scratch_.mean, 0, std::size_t(row_lanes_) * sizeof(float));
    std::memset(scratch_.variance, 0, std::size_t(row_lanes_) * sizeof(float));
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
  }
  bool any_patch() const { return any_patch_; }

  /// A sub-ray of the plane that meets nothing in any row.
  void add_air() const {
    const Lanes whole = all(float(job_.row_sub_rays));
    for (int row = 0; row < row_lanes_; row += lane_width) add(row, whole, whole);
  }

  /// A sub-ray of the plane, from the scratch's integrals.
  void add_rays(const float* stretch) {
    empty_ = false;
    const float* node_weights = job_.node_weights + std::ptrdiff_t(column_) * 2 * job_.nodes;
    for (int group = 0; group < groups_; ++group) {
      const int row_group = group % job_.row_groups, row = row_group * lane_width;
      const bool patch = any_patch_ && patched_[row_group];
      if (!scratch_.touched[group] && !patch) {
        add(row, all(1.0f), all(1.0f));
        continue;
      }
      Lanes x[rank], mean, variance;
      gather_integrals(group, row, patch, stretch, x);
      if (job_.row_weights)
        attenuate_rows<rank>(job_, node_weights, job_.row_weights + row, row_lanes_, x, mean,
                             variance);
      else
        attenuate<rank>(job_, node_weights, x, mean, variance);
      // The weights' sum may be off by a rounding: a ray that meets nothing has signal 1.
      Bits something = Bits(x[0]);
      for (int k = 1; k < rank; ++k) something |= Bits(x[k]);
      const Bits nothing = Bits((something & 0x7fffffff) == 0);
      add(row, select(nothing, all(1.0f), mean), select(nothing, all(1.0f), variance));
    }
  }

  void write_integrals(const float* stretch) const {
    for (int group = 0; group < groups_; ++group) {
      const int row_group = group % job_.row_groups, row = row_group * lane_width;
      Lanes x[rank];
      gather_integrals(group, row, any_patch_ && patched_[row_group], stretch, x);
      for (int l = 0; l < lane_width && row + l < job_.rows; ++l)
        for (int k = 0; k < rank; ++k)
          job_.integrals[(std::ptrdiff_t(column_) * job_.rows + row + l) * rank + k] = x[k][l];
    }
  }

  void write_signal() const {
    float* signal = job_.signal + std::ptrdiff_t(column_) * job_.rows;
    float* quanta = job_.quanta + std::ptrdiff_t(column_) * job_.rows;
    const float air = job_.air_quanta[column_];
    const float share = 1.0f / float(job_.in_plane * job_.row_sub_rays);
    for (int row = 0; row < row_lanes_; row += lane_width) {
      Lanes mean = all(1.0f), worth = all(air);
      if (!empty_) {
        mean = load(scratch_.mean + row) * all(share);
        worth = all(air) * mean * mean / (load(scratch_.variance + row) * all(share));
      }
      if (row + lane_width <= job_.rows) {
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
  VITRINE_INLINE_MEMBER void add(int row, Lanes mean, Lanes variance) const {
    store(scratch_.mean + row, load(scratch_.mean + row) + mean);
    store(scratch_.variance + row, load(scratch_.variance + row) + variance);
  }

  /// Basis integrals along eight rays: the shapes', the patches', times mm per in-plane mm.
  VITRINE_INLINE_MEMBER void gather_integrals(int group, int row, bool patch,
                                              const float* stretches, Lanes* x) const {
    const int lane = group * lane_width;
    const Lanes stretch = load(stretches + lane);
    for (int k = 0; k < rank; ++k) {
      x[k] = load(scratch_.integrals + k * lanes_ + lane);
      if (patch) x[k] += load(scratch_.patches + k * row_lanes_ + row);
      x[k] *= stretch;
    }
  }

  const TraceJob& job_;
  const Scratch& scratch_;
  int row_lanes_, groups_, lanes_, column_ = 0;
  bool empty_ = true, any_patch_ = false;
  unsigned char patched_[512 / lane_width] = {};
};

template <int rank>
void trace_view(const TraceJob& job) {
  Divider divider{job.scratch};
  const Scratch scratch = divide(job, divider);
  std::memset(scratch.stamp, 0, std::size_t(job.solid_count) * sizeof(std::uint32_t));
  const int groups = job.row_groups * job.row_sub_rays;
  ColumnTracer<rank> tracer(job, scratch);
  ColumnDetector<rank> detector(job, scratch);
  std::uint32_t stamp = 0;

  for (int bin_column = 0; bin_column < job.columns; bin_column += lane_width) {
    const int bin = bin_column / lane_width;
    for (int i = 0; i < job.in_plane; ++i) {
      const SubView& view = job.sub_views[i];
      Entry* entries = scratch.entries + std::ptrdiff_t(i) * job.solid_count;
      for (int n = view.bin_begin[bin]; n < view.bin_begin[bin + 1]; ++n)
        prepare(job, view, view.shapes[view.bin_items[n]], bin_column, *entries++);
    }
    for (int column = bin_column; column < bin_column + lane_width && column < job.columns;
         ++column) {
      detector.start(column);
      for (int i = 0; i < job.in_plane; ++i) {
        const SubView& view = job.sub_views[i];
        const Entry* entry = scratch.entries + std::ptrdiff_t(i) * job.solid_count;
        const Entry* end = entry + (view.bin_begin[bin + 1] - view.bin_begin[bin]);
        if (entry == end && !detector.any_patch() && !job.integrals) {
          detector.add_air();
          continue;
        }
        std::memset(scratch.integrals, 0, std::size_t(rank * groups * lane_width) * sizeof(float));
        std::memset(scratch.touched, 0, std::size_t(groups));
        const Rise rise = rise_of(job, view, column, scratch);
        tracer.start(++stamp, column, view, rise.tangent);
        for (; entry != end; ++entry)
          if (column >= entry->shape->first_column && column <= entry->shape->last_column)
            tracer.trace(*entry);
        if (job.integrals)
          detector.write_integrals(rise.stretch);
        else
          detector.add_rays(rise.stretch);
      }
      if (!job.integrals) detector.write_signal();
    }
  }
}

}  // namespace

std::size_t scratch_floats(const TraceJob& job) {
  Divider counter{nullptr};
  divide(job, counter);
  return counter.used;
}

void trace(const TraceJob& job) {
  switch (job.rank) {
    case 1:
      return trace_view<1>(job);
    case 2:
      return trace_view<2>(job);
    case 3:
      return trace_view<3>(job);
    case 4:
      return trace_view<4>(job);
    case 5:
      return trace_view<5>(job);
    case 6:
      return trace_view<6>(job);
    case 7:
      return trace_view<7>(job);
    default:
      return trace_view<max_rank>(job);
  }
}

}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
