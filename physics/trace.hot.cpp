#include <cmath>
#include <cstddef>
#include <cstring>

#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/detail/simd.hpp"

namespace vitrine::physics::VITRINE_ISA_LEVEL {
namespace {

using detail::Compiled;
using detail::Cut;
using detail::lane_width;
using detail::max_rank;
using detail::PatchShape;
using detail::Shape;
using detail::ShapeKind;
using detail::SubView;
using detail::TraceJob;

constexpr float far_away = 1e30f;  // mm: enter of a ray that misses

/// Rows, in groups of 8, that may meet something.
struct Groups {
  int begin = 0, end = 0;
  bool empty() const { return begin >= end; }
};

/// A shape in the ray planes of eight neighbouring columns. With t counted from `foot`, the local
/// coordinates of the ray of a lane are
///   q + m z + (v + m (slope - slope_0)) t,  z = height + (slope - slope_0) foot:
/// so the coefficients of a quadric are polynomials in slope and z, made of the products of q, v,
/// m.
struct Entry {
  const Shape* shape;
  Groups rows;
  float foot[lane_width], q[3][lane_width], v[3][lane_width];
  float vv[lane_width], vm[lane_width], qv[lane_width], qm[lane_width], qq[lane_width];
};

/// What the scratch memory of a view is used for.
struct Scratch {
  float *integrals, *patches, *mean, *variance, *enter, *leave;
  std::uint32_t* stamp;    // column and sub-ray that last met the solid
  Groups* met;             // where
  unsigned char* touched;  // per lane group: anything in the beam
  Entry* entries;
};

std::size_t rounded(std::size_t floats) { return (floats + 15) / 16 * 16; }

/// Hands out parts of the scratch memory; with none, only counts.
struct Divider {
  float* memory;
  std::size_t used = 0;
  float* take(std::size_t floats) {
    float* here = memory ? memory + used : nullptr;
    used += rounded(floats);
    return here;
  }
};

Scratch divide(const TraceJob& job, Divider& d) {
  const auto lanes = std::size_t(job.row_groups * job.row_sub_rays * lane_width);
  const auto rows = std::size_t(job.row_groups * lane_width);
  const auto solids = std::size_t(job.solid_count);
  Scratch s;
  s.integrals = d.take(std::size_t(job.rank) * lanes);
  s.patches = d.take(std::size_t(job.rank) * rows);
  s.mean = d.take(rows);
  s.variance = d.take(rows);
  s.enter = d.take(std::size_t(job.slot_count) * lanes);
  s.leave = d.take(std::size_t(job.slot_count) * lanes);
  s.stamp = reinterpret_cast<std::uint32_t*>(d.take(solids));
  s.met = reinterpret_cast<Groups*>(d.take(solids * sizeof(Groups) / sizeof(float)));
  s.touched = reinterpret_cast<unsigned char*>(d.take(lanes / lane_width / sizeof(float) + 1));
  s.entries = reinterpret_cast<Entry*>(
      d.take(solids * std::size_t(job.in_plane) * (sizeof(Entry) / sizeof(float))));
  return s;
}

/// Range of dz per in-plane mm under which something between two heights and two distances is seen.
struct Slopes {
  double low, high;
};
Slopes slopes(double z_low, double z_high, double near, double far) {
  near = near > 1.0 ? near : 1.0;
  far = far > 1.0 ? far : 1.0;
  return {z_low / (z_low < 0.0 ? near : far), z_high / (z_high > 0.0 ? near : far)};
}

/// The row groups of a range of slopes; a row and a half more on both sides for the sub-rays.
Groups groups_of(const TraceJob& job, const Slopes& seen) {
  const double low = (seen.low - job.first_tangent) / job.tangent_step - 1.5;
  const double high = (seen.high - job.first_tangent) / job.tangent_step + 1.5;
  if (!(high >= 0.0) || !(low <= double(job.rows - 1))) return {};
  const int first = low > 0.0 ? int(low) : 0;
  const int last = high < double(job.rows - 1) ? int(high) : job.rows - 1;
  return {first / lane_width, last / lane_width + 1};
}

/// The rows that see the part of a capsule which is near the ray planes of two columns and those
/// between them.
Groups capsule_rows(const TraceJob& job, const Shape& s, const double* across,
                    const double* along) {
  const double* c = s.centre;
  const double* axis = s.frame[2];
  const double radius = std::sqrt(double(s.radius_square)), half = double(s.half_length);
  double low = half, high = -half, near = 1e30, far = -1e30;
  for (int i = 0; i < 2; ++i) {
    const double start = c[0] * along[i] - c[1] * across[i];
    const double speed = axis[0] * along[i] - axis[1] * across[i];
    double u0 = -half, u1 = half;
    if (std::fabs(speed) * half > 1e-3 * radius) {
      const double a = (-radius - start) / speed, b = (radius - start) / speed;
      const double first = a < b ? a : b, last = a < b ? b : a;
      u0 = first > -half ? (first < half ? first : half) : -half;
      u1 = last < half ? (last > -half ? last : -half) : half;
    }
    low = u0 < low ? u0 : low;
    high = u1 > high ? u1 : high;
    const double middle = c[0] * across[i] + c[1] * along[i];
    near = middle < near ? middle : near;
    far = middle > far ? middle : far;
  }
  const double flat = std::sqrt(axis[0] * axis[0] + axis[1] * axis[1]) * half + radius;
  const double z0 = c[2] + axis[2] * low, z1 = c[2] + axis[2] * high;
  return groups_of(job, slopes((z0 < z1 ? z0 : z1) - radius, (z0 < z1 ? z1 : z0) + radius,
                               near - flat, far + flat));
}

typedef double Doubles __attribute__((vector_size(64)));  // one per column

VITRINE_INLINE Doubles both(double x) { return Doubles{x, x, x, x, x, x, x, x}; }
VITRINE_INLINE void narrow(float* p, Doubles x) {
  for (int i = 0; i < lane_width; ++i) p[i] = float(x[i]);
}

/// A shape in eight columns from `column` on; `across` and `along` are those columns' directions.
void prepare(const TraceJob& job, const Shape& s, int column, const double* across_of,
             const double* along_of, Entry& out) {
  out.shape = &s;
  out.rows = {s.first_group, s.last_group + 1};
  if (s.kind == ShapeKind::capsule && s.last_group - s.first_group > 1) {
    const int first = s.first_column > column ? s.first_column - column : 0;
    const int last =
        s.last_column < column + lane_width - 1 ? s.last_column - column : lane_width - 1;
    const double across[2] = {across_of[first], across_of[last]};
    const double along[2] = {along_of[first], along_of[last]};
    const Groups tight = capsule_rows(job, s, across, along);
    if (tight.begin > out.rows.begin) out.rows.begin = tight.begin;
    if (tight.end < out.rows.end) out.rows.end = tight.end;
  }
  Doubles across, along;
  __builtin_memcpy(&across, across_of, sizeof across);
  __builtin_memcpy(&along, along_of, sizeof along);
  const int quadric_rows = s.kind == ShapeKind::ellipsoid ? 3 : 2;
  Doubles q[3], v[3], vv = both(0.0), qv = both(0.0);
  for (int i = 0; i < 3; ++i) {
    v[i] =
        both(s.frame[i][0]) * across + both(s.frame[i][1]) * along + both(s.frame[i][2] * s.slope);
    if (i < quadric_rows) {
      vv += v[i] * v[i];
      qv += both(s.start[i]) * v[i];
    }
  }
  // Nearest to the centre in the quadric's own measure, but never far from the shape.
  const Doubles middle = both(s.centre[0]) * across + both(s.centre[1]) * along;
  const Doubles low = middle - both(s.reach), high = middle + both(s.reach);
  Doubles foot = s.kind == ShapeKind::box ? middle : -qv / (vv + both(1e-30));
  foot = foot > low ? foot : low;
  foot = foot < high ? foot : high;
  Doubles vm = both(0.0), qm = both(0.0), qq = both(s.kind == ShapeKind::capsule ? 0.0 : -1.0);
  qv = both(0.0);
  for (int i = 0; i < 3; ++i) {
    q[i] = both(s.start[i]) + foot * v[i];
    if (i < quadric_rows) {
      vm += v[i] * both(s.frame[i][2]);
      qm += q[i] * both(s.frame[i][2]);
      qv += q[i] * v[i];
      qq += q[i] * q[i];
    }
    narrow(out.q[i], q[i]);
    narrow(out.v[i], v[i]);
  }
  narrow(out.foot, foot);
  narrow(out.vv, vv);
  narrow(out.vm, vm);
  narrow(out.qv, qv);
  narrow(out.qm, qm);
  narrow(out.qq, qq);
}

/// The lanes of one row group and row sub-ray.
struct Ray {
  Lanes slope, z;  // slope - slope_0; height of the ray at t = 0 over that of slope_0
};

/// A t^2 + 2 B t + C of the lanes.
struct Quadric {
  Lanes vv, vm, vm2, mm, qv, qm, qm2, qq;
  VITRINE_INLINE_MEMBER Quadric(const Entry& e, int column)
      : vv(all(e.vv[column])),
        vm(all(e.vm[column])),
        vm2(vm + vm),
        mm(all(e.shape->mm)),
        qv(all(e.qv[column])),
        qm(all(e.qm[column])),
        qm2(qm + qm),
        qq(all(e.qq[column])) {}
  VITRINE_INLINE_MEMBER void at(const Ray& r, Lanes& a, Lanes& b, Lanes& c) const {
    const Lanes tilt = r.slope * mm;
    a = vv + r.slope * (vm2 + tilt);
    b = qv + r.slope * qm + r.z * (vm + tilt);
    c = qq + r.z * (qm2 + r.z * mm);
  }
};

/// One local coordinate: start + speed * t.
struct Axis {
  Lanes q, v, m;
  VITRINE_INLINE_MEMBER Axis(const Entry& e, int column, int row)
      : q(all(e.q[row][column])), v(all(e.v[row][column])), m(all(float(e.shape->frame[row][2]))) {}
  VITRINE_INLINE_MEMBER void at(const Ray& r, Lanes& start, Lanes& speed) const {
    start = q + m * r.z;
    speed = v + m * r.slope;
  }
};

/// Where |start + speed t| <= half.
VITRINE_INLINE void clip_slab(Lanes start, Lanes speed, Lanes half, Lanes& enter, Lanes& leave) {
  const Lanes tiny = all(1e-12f);
  speed = select(Bits(magnitude(speed) < tiny), tiny, speed);
  const Lanes inverse = all(1.0f) / speed;
  const Lanes t0 = (-half - start) * inverse, t1 = (half - start) * inverse;
  enter = larger(enter, smaller(t0, t1));
  leave = smaller(leave, larger(t0, t1));
}

struct Interval {
  Lanes enter, leave;
};

VITRINE_INLINE Interval quadric_interval(Lanes a, Lanes b, Lanes c) {
  a = larger(a, all(1e-20f));
  const Lanes d = b * b - a * c;
  const Lanes half = root(larger(d, all(0.0f)));
  const Lanes inverse = all(1.0f) / a;
  const Bits hit = Bits(d > all(0.0f));
  return {select(hit, (-b - half) * inverse, all(far_away)),
          select(hit, (half - b) * inverse, all(-far_away))};
}

VITRINE_INLINE Interval capsule_interval(const Quadric& tube, const Axis& axis, Lanes radius_square,
                                         Lanes half, const Ray& ray) {
  Lanes a, b, c0, p, w;
  tube.at(ray, a, b, c0);
  axis.at(ray, p, w);
  // The tube; its ends are replaced by the sphere on that side. Discriminants in the form that does
  // not cancel: |q x v|^2 is what the ray's distance from the axis makes.
  const Lanes cross = a * c0 - b * b;
  const Lanes d = a * radius_square - cross;
  const Bits hit = Bits(d > all(0.0f));
  if (!any(hit)) return {all(far_away), all(-far_away)};
  const Lanes inverse = all(1.0f) / larger(a, all(1e-12f));
  const Lanes half_chord = root(larger(d, all(0.0f)));
  const Lanes t0 = (-b - half_chord) * inverse, t1 = (half_chord - b) * inverse;
  const Lanes s0 = p + t0 * w, s1 = p + t1 * w;
  const Lanes ww = w * w;
  const Lanes square = a + ww;
  const Lanes inverse_square = all(1.0f) / square;
  const auto sphere = [&](Lanes side, Lanes sign) __attribute__((always_inline)) {
    const Lanes e = p - with_sign(half, side);
    const Lanes ds = square * radius_square - cross - (e * (e * a - (b + b) * w) + ww * c0);
    const Lanes t = (sign * root(larger(ds, all(0.0f))) - b - e * w) * inverse_square;
    return select(Bits(ds > all(0.0f)), t, sign * all(-far_away));
  };
  const Lanes first = select(Bits(magnitude(s0) <= half), t0, sphere(s0, all(-1.0f)));
  const Lanes last = select(Bits(magnitude(s1) <= half), t1, sphere(s1, all(1.0f)));
  return {select(hit, first, all(far_away)), select(hit, last, all(-far_away))};
}

/// A half space in one column: it ends the ray where speed > 0, starts it where speed < 0.
VITRINE_INLINE void clip_cut(const Cut& cut, double across, double along, double slope, double foot,
                             const Ray& ray, Interval& inside) {
  const double in_plane = cut.across * across + cut.along * along + cut.z * slope;
  const Lanes left = all(float(cut.offset - in_plane * foot)) - all(float(cut.z)) * ray.z;
  Lanes speed = all(float(in_plane)) + all(float(cut.z)) * ray.slope;
  const Lanes tiny = all(1e-9f);
  speed = select(Bits(magnitude(speed) < tiny), tiny, speed);
  const Lanes t = left / speed;
  const Bits leaving = Bits(speed > all(0.0f));
  inside.leave = select(leaving, smaller(inside.leave, t), inside.leave);
  inside.enter = select(leaving, inside.enter, larger(inside.enter, t));
}

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

  void start(std::uint32_t stamp, int column, const SubView& view) {
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
    if (solid.slot >= 0) {
      scratch_.stamp[shape.solid] = stamp_;
      scratch_.met[shape.solid] = entry.rows;
      for (int t = solid.term_begin; t < solid.term_end; ++t) intersect(shape.solid, t);
    }
  }

 private:
  VITRINE_INLINE_MEMBER Ray ray(int lane, Lanes slope, Lanes foot) const {
    const Lanes tilt = load(job_.tangent + lane) - slope;
    return {tilt, load(job_.height + lane) + tilt * foot};
  }

  VITRINE_INLINE_MEMBER void add(int lane, Lanes chord, const float* weights) const {
    float* sums = scratch_.integrals + lane;
    for (int k = 0; k < rank; ++k)
      store(sums + k * lanes_, load(sums + k * lanes_) + all(weights[k]) * chord);
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
        add(group * lane_width, all(2.0f) * root(d) / a, weights);
        scratch_.touched[group] = 1;
      }
  }

  /// Intervals of a shape over its rows: kept for intersections, added where it counts alone.
  template <class Inside>
  VITRINE_INLINE_MEMBER void each_ray(const Entry& entry, const Compiled& solid,
                                      Inside&& inside_of) const {
    const Shape& shape = *entry.shape;
    const float* weights =
        solid.single < 0 ? nullptr : job_.weights + std::ptrdiff_t(solid.single) * rank;
    const std::ptrdiff_t slot = std::ptrdiff_t(solid.slot) * lanes_;
    const Lanes slope = all(float(shape.slope)), foot = all(entry.foot[column_]);
    const Lanes shift = all(float(double(entry.foot[column_]) - job_.reference));
    for (int sub = 0; sub < sub_rays_; ++sub)
      for (int g = entry.rows.begin; g < entry.rows.end; ++g) {
        const int group = sub * row_groups_ + g, lane = group * lane_width;
        const Ray r = ray(lane, slope, foot);
        Interval inside = inside_of(r);
        for (int cut = shape.cut_begin; cut < shape.cut_end; ++cut)
          clip_cut(cuts_[cut], across_, along_, shape.slope, double(entry.foot[column_]), r,
                   inside);
        if (weights) {
          const Lanes chord = larger(inside.leave - inside.enter, all(0.0f));
          if (any(Bits(chord > all(0.0f)))) {
            add(lane, chord, weights);
            scratch_.touched[group] = 1;
          }
        }
        if (slot >= 0) {
          store(scratch_.enter + slot + lane, inside.enter + shift);
          store(scratch_.leave + slot + lane, inside.leave + shift);
        }
      }
  }

  void intersect(int last, int term) const {
    const detail::Intersection& what = job_.terms[term];
    Groups rows = scratch_.met[last];
    for (int o = what.other_begin; o < what.other_end; ++o) {
      const int other = job_.others[o];
      if (scratch_.stamp[other] != stamp_) return;
      const Groups& met = scratch_.met[other];
      rows.begin = rows.begin > met.begin ? rows.begin : met.begin;
      rows.end = rows.end < met.end ? rows.end : met.end;
    }
    const float* weights = job_.weights + std::ptrdiff_t(what.weights) * rank;
    const std::ptrdiff_t own = std::ptrdiff_t(job_.solids[last].slot) * lanes_;
    for (int sub = 0; sub < sub_rays_; ++sub)
      for (int g = rows.begin; g < rows.end; ++g) {
        const int group = sub * row_groups_ + g, lane = group * lane_width;
        Lanes enter = load(scratch_.enter + own + lane);
        Lanes leave = load(scratch_.leave + own + lane);
        for (int o = what.other_begin; o < what.other_end; ++o) {
          const std::ptrdiff_t at =
              std::ptrdiff_t(job_.solids[job_.others[o]].slot) * lanes_ + lane;
          enter = larger(enter, load(scratch_.enter + at));
          leave = smaller(leave, load(scratch_.leave + at));
        }
        const Lanes chord = larger(leave - enter, all(0.0f));
        if (!any(Bits(chord > all(0.0f)))) continue;
        add(lane, chord, weights);
        scratch_.touched[group] = 1;
      }
  }

  const TraceJob& job_;
  const Scratch& scratch_;
  int row_groups_, sub_rays_, lanes_;
  std::uint32_t stamp_ = 0;
  int column_ = 0;
  double across_ = 0.0, along_ = 0.0;
  const Cut* cuts_ = nullptr;
};

VITRINE_INLINE Lanes gather(const float* p, Bits at) {
  return Lanes{p[at[0]], p[at[1]], p[at[2]], p[at[3]], p[at[4]], p[at[5]], p[at[6]], p[at[7]]};
}

/// Trilinear samples at the voxel coordinates of eight points.
VITRINE_INLINE Lanes sample(const float* values, const PatchShape& p, const Lanes* at) {
  const int nx = p.size[0], nxy = p.size[0] * p.size[1];
  Bits cell[3];
  Lanes fraction[3];
  for (int i = 0; i < 3; ++i) {
    const Lanes top = all(float(p.size[i] - 2) + 0.999999f);
    const Lanes u = smaller(larger(at[i], all(0.0f)), top);
    cell[i] = __builtin_convertvector(u, Bits);
    fraction[i] = u - __builtin_convertvector(cell[i], Lanes);
  }
  const Bits offset = cell[0] + cell[1] * nx + cell[2] * nxy;
  Lanes corner[8];
  const int corners[8] = {0, 1, nx, nx + 1, nxy, nxy + 1, nxy + nx, nxy + nx + 1};
  for (int i = 0; i < 8; ++i) corner[i] = gather(values + corners[i], offset);
  const Lanes x = fraction[0], y = fraction[1], z = fraction[2];
  const Lanes a = corner[0] + x * (corner[1] - corner[0]);
  const Lanes b = corner[2] + x * (corner[3] - corner[2]);
  const Lanes c = corner[4] + x * (corner[5] - corner[4]);
  const Lanes d = corner[6] + x * (corner[7] - corner[6]);
  const Lanes e = a + y * (b - a), f = c + y * (d - c);
  return e + z * (f - e);
}

/// Adds a patch along the central rays of a column; true where it may have met one, per row group.
void trace_patch(const TraceJob& job, const PatchShape& p, int column, float* sums,
                 unsigned char* touched) {
  const double across = job.patch_across[column], along = job.patch_along[column];
  const double middle = p.centre[0] * across + p.centre[1] * along;
  const Groups rows = groups_of(job, slopes(p.centre[2] - p.half_z, p.centre[2] + p.half_z,
                                            middle - p.reach, middle + p.reach));
  const double slope_0 = p.centre[2] / middle;
  for (int g = rows.begin; g < rows.end; ++g) {
    const Lanes slope = load(job.patch_tangent + g * lane_width) - all(float(slope_0));
    const Lanes z = slope * all(float(middle));
    Lanes start[3], speed[3], enter = all(-far_away), leave = all(far_away);
    for (int i = 0; i < 3; ++i) {
      const double v = p.across[i] * across + p.along[i] * along + p.z[i] * slope_0;
      start[i] = all(float(p.start[i] + v * middle)) + all(float(p.z[i])) * z;
      speed[i] = all(float(v)) + all(float(p.z[i])) * slope;
      const Lanes half = all(0.5f * float(p.size[i] - 1));
      clip_slab(start[i] - half, speed[i], half, enter, leave);
    }
    const Lanes length = larger(leave - enter, all(0.0f));
    float longest = 0.0f;
    for (int l = 0; l < lane_width; ++l) longest = length[l] > longest ? length[l] : longest;
    if (!(longest > 0.0f)) continue;
    touched[g] = 1;
    const int steps = int(longest / float(p.step)) + 1;
    const Lanes step = length * all(1.0f / float(steps));
    for (int channel = 0; channel < p.channels; ++channel) {
      Lanes sum = all(0.0f);
      for (int n = 0; n < steps; ++n) {
        const Lanes t = enter + (all(float(n) + 0.5f)) * step;
        const Lanes at[3] = {start[0] + speed[0] * t, start[1] + speed[1] * t,
                             start[2] + speed[2] * t};
        sum += sample(p.values[channel], p, at);
      }
      sum = select(Bits(length > all(0.0f)), sum * step, all(0.0f));
      for (int k = 0; k < job.rank; ++k) {
        float* here = sums + (k * job.row_groups + g) * lane_width;
        store(here, load(here) + all(p.weights[channel][k]) * sum);
      }
    }
  }
}

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
  void add_rays() {
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
      gather_integrals(group, row, patch, x);
      attenuate<rank>(job_, node_weights, x, mean, variance);
      // The weights' sum may be off by a rounding: a ray that meets nothing has signal 1.
      Bits something = Bits(x[0]);
      for (int k = 1; k < rank; ++k) something |= Bits(x[k]);
      const Bits nothing = Bits((something & 0x7fffffff) == 0);
      add(row, select(nothing, all(1.0f), mean), select(nothing, all(1.0f), variance));
    }
  }

  void write_integrals() const {
    for (int group = 0; group < groups_; ++group) {
      const int row_group = group % job_.row_groups, row = row_group * lane_width;
      Lanes x[rank];
      gather_integrals(group, row, any_patch_ && patched_[row_group], x);
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
  VITRINE_INLINE_MEMBER void gather_integrals(int group, int row, bool patch, Lanes* x) const {
    const int lane = group * lane_width;
    const Lanes stretch = load(job_.stretch + lane);
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
        prepare(job, view.shapes[view.bin_items[n]], bin_column, view.across + bin_column,
                view.along + bin_column, *entries++);
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
        tracer.start(++stamp, column, view);
        for (; entry != end; ++entry)
          if (column >= entry->shape->first_column && column <= entry->shape->last_column)
            tracer.trace(*entry);
        if (job.integrals)
          detector.write_integrals();
        else
          detector.add_rays();
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
