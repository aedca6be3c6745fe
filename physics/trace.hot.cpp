#include <cstddef>
#include <cstring>

#include "vitrine/physics/detail/column_detector.hpp"
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
      : job_(job), scratch_(scratch), lanes_(job.row_groups * job.row_sub_rays * lane_width) {}

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
    float* sums = scratch_.integrals + group * lanes_at_once;
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
    for (int group = entry.groups.begin; group < entry.groups.end; ++group) {
      const Ray r = ray(group * lanes_at_once, slope, foot);
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
    constexpr int most_boundaries = 8;  // that are made once for all groups
    const int cuts = shape.cut_end - shape.cut_begin;
    const auto boundary = [&](int i) {
      return boundary_of(cuts_[shape.cut_begin + i], across_, along_, shape.slope,
                         double(entry.foot[column_]));
    };
    Boundary boundaries[most_boundaries];
    const int ready = cuts < most_boundaries ? cuts : most_boundaries;
    for (int i = 0; i < ready; ++i) boundaries[i] = boundary(i);
    Groups met{entry.groups.end, entry.groups.begin};
    for (int group = entry.groups.begin; group < entry.groups.end; ++group) {
      const int lane = group * lanes_at_once;
      const Ray r = ray(lane, slope, foot);
      Interval inside = inside_of(r);
#pragma GCC unroll 1
      for (int i = 0; i < ready; ++i) clip(boundaries[i], r, inside);
      for (int i = ready; i < cuts; ++i) clip(boundary(i), r, inside);
      const bool hit = inside.any();
      if (slot >= 0) {
        if (hit) met.cover(group);
        store(scratch_.enter + slot + lane, inside.enter + shift);
        store(scratch_.leave + slot + lane, inside.leave + shift);
      }
      if (hit && weights) add_chord(group, larger(inside.leave - inside.enter, all(0.0f)), weights);
    }
    if (slot < 0 || met.empty()) return;
    scratch_.stamp[shape.solid] = stamp_;
    scratch_.met[shape.solid] = met;
    for (int t = solid.term_begin; t < solid.term_end;) t = intersect(shape.solid, t);
  }

  /// Intersections of one solid with others that this column has met.
  struct Batch {
    static constexpr int most_terms = 32;
    struct Item {
      int from, to;          // groups
      std::ptrdiff_t first;  // intervals of its first other
      int begin, end;        // of the rest in `at`
      const float* weights;
    };
    int terms = 0, others = 0;
    Groups met{1 << 30, 0};  // of any of them
    Item items[most_terms];
    std::ptrdiff_t at[detail::most_others];  // intervals of others
  };

  /// Add the intersections from `term` on whose last solid is `last`, as many as fit into a batch;
  /// returns the first that does not.
  int intersect(int last, int term) const {
    const Compiled& solid = job_.solids[last];
    Batch batch;
    for (; term < solid.term_end && batch.terms < Batch::most_terms; ++term) {
      const detail::Intersection& what = job_.terms[term];
      if (batch.others + (what.other_end - what.other_begin) > detail::most_others) break;
      Groups met = scratch_.met[last];
      int others = batch.others;
      for (int o = what.other_begin; o < what.other_end && !met.empty(); ++o) {
        const int other = job_.others[o];
        met = scratch_.stamp[other] == stamp_ ? met.common(scratch_.met[other]) : Groups{};
        batch.at[others++] = std::ptrdiff_t(job_.solids[other].slot) * lanes_;
      }
      if (met.empty()) continue;
      batch.items[batch.terms++] = {
          met.begin,        met.end, batch.at[batch.others],
          batch.others + 1, others,  job_.weights + std::ptrdiff_t(what.weights) * rank};
      batch.others = others;
      batch.met.cover(met.begin);
      batch.met.cover(met.end - 1);
    }
    add_batch(batch, std::ptrdiff_t(solid.slot) * lanes_);
    return term;
  }

  void add_batch(const Batch& batch, std::ptrdiff_t own) const {
    const typename Batch::Item* const end = batch.items + batch.terms;
    for (int group = batch.met.begin; group < batch.met.end; ++group) {
      const int lane = group * lanes_at_once;
      const float* enters = scratch_.enter + lane;
      const float* leaves = scratch_.leave + lane;
      const Lanes own_enter = load(enters + own), own_leave = load(leaves + own);
      float* const sums = scratch_.integrals + lane;
      Lanes sum[rank];
      for (int k = 0; k < rank; ++k) sum[k] = load(sums + k * lanes_);
      for (const typename Batch::Item* item = batch.items; item != end; ++item) {
        if (group < item->from || group >= item->to) continue;
        Lanes enter = larger(own_enter, load(enters + item->first));
        Lanes leave = smaller(own_leave, load(leaves + item->first));
        for (int o = item->begin; o < item->end; ++o) {
          enter = larger(enter, load(enters + batch.at[o]));
          leave = smaller(leave, load(leaves + batch.at[o]));
        }
        const Lanes chord = larger(leave - enter, all(0.0f));
        for (int k = 0; k < rank; ++k) sum[k] += all(item->weights[k]) * chord;
      }
      for (int k = 0; k < rank; ++k) store(sums + k * lanes_, sum[k]);
      scratch_.touched[group] = 1;
    }
  }

  const TraceJob& job_;
  const Scratch& scratch_;
  int lanes_;
  std::uint32_t stamp_ = 0;
  int column_ = 0;
  const float* tangent_ = nullptr;  // of the column's lanes
  double across_ = 0.0, along_ = 0.0;
  const Cut* cuts_ = nullptr;
};

template <int rank>
void trace_view(const TraceJob& job) {
  Divider divider{job.scratch};
  const Scratch scratch = divide(job, divider);
  std::memset(scratch.stamp, 0, std::size_t(job.solid_count) * sizeof(std::uint32_t));
  const int lanes = job.row_groups * job.row_sub_rays * lane_width;
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
        std::memset(scratch.integrals, 0, std::size_t(rank * lanes) * sizeof(float));
        std::memset(scratch.touched, 0, std::size_t(lanes / lanes_at_once));
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
