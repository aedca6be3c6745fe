#pragma once
#include <cmath>

#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/detail/simd.hpp"

/// Solids in the ray planes of eight columns, and the intervals of eight rows' rays in them; for
/// trace.hot.cpp only.
namespace vitrine::physics::VITRINE_ISA_LEVEL {
namespace {

using detail::Cut;
using detail::lane_width;
using detail::OtherBeam;
using detail::Shape;
using detail::ShapeKind;
using detail::SubView;
using detail::TraceJob;

constexpr float far_away = 1e30f;  // mm: enter of a ray that misses

/// Lanes (or rows), in groups that are traced at once, that may meet something.
struct Groups {
  int begin = 0, end = 0;
  bool empty() const { return begin >= end; }
  void cover(int group) {
    begin = group < begin ? group : begin;
    end = group >= end ? group + 1 : end;
  }
  Groups common(const Groups& o) const {
    return {begin > o.begin ? begin : o.begin, end < o.end ? end : o.end};
  }
};

/// A shape in the ray planes of eight neighbouring columns. With t counted from `foot`, the local
/// coordinates of the ray of a lane are
///   q + m z + (v + m (slope - slope_0)) t,  z = height + (slope - slope_0) foot:
/// so the coefficients of a quadric are polynomials in slope and z, made of the products of q, v,
/// m.
struct Entry {
  const Shape* shape;
  Groups groups;
  float foot[lane_width], q[3][lane_width], v[3][lane_width];
  float vv[lane_width], vm[lane_width], qv[lane_width], qm[lane_width], qq[lane_width];
};

/// What may meet a ray: between two heights, at two in-plane distances from the focal spot.
struct Extent {
  double low, high, near, far;
};

/// Range of dz per in-plane mm under which an extent is seen from a height.
struct Slopes {
  double low, high;
};
Slopes slopes(const Extent& e, double height) {
  const double near = e.near > 1.0 ? e.near : 1.0, far = e.far > 1.0 ? e.far : 1.0;
  const double low = e.low - height, high = e.high - height;
  return {low / (low < 0.0 ? near : far), high / (high > 0.0 ? near : far)};
}

/// First and last row, as real numbers, whose tangents times a scale between two are those slopes,
/// if `more` is added to the tangents.
struct Rows {
  double first, last;
};
Rows rows_of(const TraceJob& job, const Slopes& seen, double more, double least, double most) {
  const double first = seen.low / (seen.low < 0.0 ? least : most);
  const double last = seen.high / (seen.high > 0.0 ? least : most);
  const double step = 1.0 / job.tangent_step, start = job.first_tangent + more;
  return {(first - start) * step, (last - start) * step};
}

/// The rays of a row: tangents over that of the row's middle, and heights.
struct SubRays {
  int count;
  const double *tangent, *height;
};

/// The groups of such rays that may meet something in columns of some scales.
Groups lanes_of(const TraceJob& job, const SubRays& rays, const Extent& extent, double least,
                double most) {
  constexpr double slack = 0.02;  // rows: the lanes are in single precision
  int first = job.rows * rays.count, last = -1;
  for (int sub = 0; sub < rays.count; ++sub) {
    const Rows rows =
        rows_of(job, slopes(extent, rays.height[sub]), rays.tangent[sub], least, most);
    const double low = rows.first - slack, high = rows.last + slack;
    if (!(high >= 0.0) || !(low <= double(job.rows - 1)) || !(low <= high)) continue;
    const int from = (low > 0.0 ? int(std::ceil(low)) : 0) * rays.count + sub;
    const int to = (high < double(job.rows - 1) ? int(high) : job.rows - 1) * rays.count + sub;
    first = from < first ? from : first;
    last = to > last ? to : last;
  }
  return first > last ? Groups{} : Groups{first / lanes_at_once, last / lanes_at_once + 1};
}

/// Directions of two columns and how much farther something may be seen between them: c.u of a
/// direction u between is at most the larger of theirs times this.
struct Pair {
  double across[2], along[2], bulge;
};

/// The part of a capsule which is near the ray planes of two columns and those between them.
Extent capsule_extent(const Shape& s, const Pair& pair) {
  const double* c = s.centre;
  const double* axis = s.frame[2];
  const double radius = std::sqrt(double(s.radius_square)), half = double(s.half_length);
  double start[2], speed[2], near = 1e30, far = -1e30;
  for (int i = 0; i < 2; ++i) {
    start[i] = c[0] * pair.along[i] - c[1] * pair.across[i];
    speed[i] = axis[0] * pair.along[i] - axis[1] * pair.across[i];
    const double middle = c[0] * pair.across[i] + c[1] * pair.along[i];
    near = middle < near ? middle : near;
    far = middle > far ? middle : far;
  }
  // Where the axis comes within a radius of the planes moves evenly from one to the other, unless a
  // plane between them holds the axis, or the axis points at the focal spot.
  double low = half, high = -half;
  const bool along_a_plane =
      !(speed[0] * speed[1] > 0.0) || std::fabs(c[0] * axis[1] - c[1] * axis[0]) < 2.0 * radius;
  if (along_a_plane) {
    low = -half;
    high = half;
  } else {
    for (int i = 0; i < 2; ++i) {
      const double a = (-radius - start[i]) / speed[i], b = (radius - start[i]) / speed[i];
      low = (a < b ? a : b) < low ? (a < b ? a : b) : low;
      high = (a < b ? b : a) > high ? (a < b ? b : a) : high;
    }
    low = low > -half ? (low < half ? low : half) : -half;
    high = high < half ? (high > -half ? high : -half) : half;
  }
  const double flat = std::sqrt(axis[0] * axis[0] + axis[1] * axis[1]) * half + radius;
  const double z0 = c[2] + axis[2] * low, z1 = c[2] + axis[2] * high;
  return {(z0 < z1 ? z0 : z1) - radius, (z0 < z1 ? z1 : z0) + radius, near - flat,
          far * pair.bulge + flat};
}

/// The lanes that may meet a shape in the columns from the first to the last of eight.
Groups lanes_of(const TraceJob& job, const SubView& view, const Shape& s, int column) {
  const int first = s.first_column > column ? s.first_column : column;
  const int end = column + lane_width - 1;
  const int last = s.last_column < end ? s.last_column : end;
  double scale[2] = {1.0, 1.0};
  if (view.scale) {
    scale[0] = view.scale[first];
    scale[1] = view.scale[last];
  }
  const bool falling = scale[1] < scale[0];
  Extent extent{s.low, s.high, s.near, s.far};
  if (s.kind == ShapeKind::capsule) {
    Pair pair{{view.across[first], view.across[last]}, {view.along[first], view.along[last]}, 1.0};
    // 1 / cos(h) <= 1 + sin(h)^2 for half the angle between them, cos(2 h) = 1 - 2 sin(h)^2.
    pair.bulge += 0.5 * (1.0 - pair.across[0] * pair.across[1] - pair.along[0] * pair.along[1]);
    const Extent near_planes = capsule_extent(s, pair);
    extent = {near_planes.low > s.low ? near_planes.low : s.low,
              near_planes.high < s.high ? near_planes.high : s.high,
              near_planes.near > s.near ? near_planes.near : s.near,
              near_planes.far < s.far ? near_planes.far : s.far};
    if (extent.low > extent.high || extent.near > extent.far) return {};
  }
  return lanes_of(job, {job.row_sub_rays, job.sub_tangent, job.sub_height}, extent,
                  scale[falling ? 1 : 0], scale[falling ? 0 : 1]);
}

typedef double Doubles __attribute__((vector_size(64)));  // one per column

VITRINE_INLINE Doubles both(double x) { return Doubles{x, x, x, x, x, x, x, x}; }
VITRINE_INLINE void narrow(float* p, Doubles x) {
  for (int i = 0; i < lane_width; ++i) p[i] = float(x[i]);
}

/// A shape in eight columns from `column` on.
void prepare(const TraceJob& job, const SubView& view, const Shape& s, int column, Entry& out) {
  const double* across_of = view.across + column;
  const double* along_of = view.along + column;
  out.shape = &s;
  out.groups = lanes_of(job, view, s, column);
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

/// The rays of a group of lanes.
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
  VITRINE_INLINE_MEMBER bool any() const { return any_larger(leave, enter); }
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

/// Where a t^2 + 2 b t + c <= 0 in the half of a double cone that grows with `speed` along the ray.
VITRINE_INLINE Interval cone_interval(Lanes a, Lanes b, Lanes c, Lanes speed) {
  const Lanes tiny = all(1e-20f), zero = all(0.0f);
  const Lanes d = b * b - a * c;
  const Lanes sum = -(b + with_sign(root(larger(d, zero)), b));
  const Lanes first = c / select(Bits(magnitude(sum) < tiny), tiny, sum);
  const Lanes second = sum / select(Bits(magnitude(a) < tiny), tiny, a);
  const Lanes low = smaller(first, second), high = larger(first, second);
  const Bits steep = Bits(a < zero), ahead = Bits(speed > zero), hit = Bits(d > zero);
  const Lanes enter = select(steep, select(ahead, high, all(-far_away)), low);
  const Lanes leave = select(steep, select(ahead, all(far_away), low), high);
  return {select(hit, enter, all(far_away)), select(hit, leave, all(-far_away))};
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
  if (!any_larger(d, all(0.0f))) return {all(far_away), all(-far_away)};
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

/// A half space in one column, for rays from a foot: what is left of it, and its speed along a ray,
/// each with its growth.
struct Boundary {
  float left, speed, z;
};
inline Boundary boundary_of(const Cut& cut, double across, double along, double slope,
                            double foot) {
  const double in_plane = cut.across * across + cut.along * along + cut.z * slope;
  return {float(cut.offset - in_plane * foot), float(in_plane), float(cut.z)};
}

/// It ends the ray where speed > 0, starts it where speed < 0.
VITRINE_INLINE void clip(const Boundary& cut, const Ray& ray, Interval& inside) {
  const Lanes left = all(cut.left) - all(cut.z) * ray.z;
  Lanes speed = all(cut.speed) + all(cut.z) * ray.slope;
  const Lanes tiny = all(1e-9f);
  speed = select(Bits(magnitude(speed) < tiny), tiny, speed);
  const Lanes t = left / speed;
  const Bits leaving = Bits(speed > all(0.0f));
  inside.leave = select(leaving, smaller(inside.leave, t), inside.leave);
  inside.enter = select(leaving, inside.enter, larger(inside.enter, t));
}

}  // namespace
}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
