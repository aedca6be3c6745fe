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

/// What a column's scratch memory is used for.
struct Scratch {
  float *integrals, *patches, *mean, *variance, *enter, *leave;
  std::uint32_t* stamp;    // column and sub-ray that last met the solid
  Groups* met;             // where
  unsigned char* touched;  // per lane group: anything in the beam
};

Scratch divide(const TraceJob& job) {
  const auto lanes = std::size_t(job.row_groups * job.row_sub_rays * lane_width);
  const auto rows = std::size_t(job.row_groups * lane_width);
  Scratch s;
  float* p = job.scratch;
  const auto take = [&p](std::size_t floats) {
    float* here = p;
    p += (floats + 15) / 16 * 16;
    return here;
  };
  s.integrals = take(std::size_t(job.rank) * lanes);
  s.patches = take(std::size_t(job.rank) * rows);
  s.mean = take(rows);
  s.variance = take(rows);
  s.enter = take(std::size_t(job.slot_count) * lanes);
  s.leave = take(std::size_t(job.slot_count) * lanes);
  s.stamp = reinterpret_cast<std::uint32_t*>(take(std::size_t(job.solid_count)));
  s.met = reinterpret_cast<Groups*>(take(std::size_t(job.solid_count) * 2));
  s.touched = reinterpret_cast<unsigned char*>(take(lanes / lane_width / 4 + 1));
  std::memset(s.stamp, 0, std::size_t(job.solid_count) * sizeof(std::uint32_t));
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

/// One column's ray plane and a shape in it, about the point of the ray nearest to the shape: the
/// local coordinates of the ray of a lane are
///   q + m * (height - slope_0 t_0 + slope t_0) + (v + m * (slope - slope_0)) t.
struct Local {
  double q[3], v[3], m[3];
  double foot;   // in-plane distance of t = 0 from the focal point
  double slope;  // slope_0, in the middle of the rows that see the shape
  Groups rows;
};

/// False if the column's plane misses the shape or no row sees it.
inline bool locate(const TraceJob& job, const Shape& s, double across, double along, Local& out) {
  const double* c = s.centre;
  const double middle = c[0] * across + c[1] * along;
  Slopes seen;
  if (s.kind == ShapeKind::capsule) {
    // The part of the axis that is within a radius of the ray plane.
    const double radius = std::sqrt(double(s.radius_square)), half = double(s.half_length);
    const double* axis = s.frame[2];
    const double start = c[0] * along - c[1] * across;
    const double speed = axis[0] * along - axis[1] * across;
    double u0 = -half, u1 = half;
    if (std::fabs(speed) * half > 1e-6 * radius) {
      const double a = (-radius - start) / speed, b = (radius - start) / speed;
      const double low = a < b ? a : b, high = a < b ? b : a;
      u0 = u0 > low ? u0 : low;
      u1 = u1 < high ? u1 : high;
      if (u0 > u1) return false;
    } else if (std::fabs(start) > radius * 1.001) {
      return false;
    }
    const double advance = axis[0] * across + axis[1] * along;
    const double t0 = middle + advance * u0, t1 = middle + advance * u1;
    const double z0 = c[2] + axis[2] * u0, z1 = c[2] + axis[2] * u1;
    seen = slopes((z0 < z1 ? z0 : z1) - radius, (z0 < z1 ? z1 : z0) + radius,
                  (t0 < t1 ? t0 : t1) - radius, (t0 < t1 ? t1 : t0) + radius);
  } else {
    seen = slopes(c[2] - s.half_z, c[2] + s.half_z, middle - s.reach, middle + s.reach);
  }
  out.rows = groups_of(job, seen);
  if (out.rows.empty()) return false;

  const double lowest = job.first_tangent;
  const double highest = lowest + job.tangent_step * double(job.rows - 1);
  const double low = seen.low > lowest ? seen.low : lowest;
  const double high = seen.high < highest ? seen.high : highest;
  const double slope = 0.5 * (low + high);
  out.slope = slope;

  const int quadric_rows = s.kind == ShapeKind::ellipsoid ? 3 : 2;
  double vv = 0.0, qv = 0.0;
  for (int i = 0; i < 3; ++i) {
    const double* f = s.frame[i];
    out.m[i] = f[2];
    out.v[i] = f[0] * across + f[1] * along + f[2] * slope;
    out.q[i] = -(f[0] * c[0] + f[1] * c[1] + f[2] * c[2]);
    if (i < quadric_rows) {
      vv += out.v[i] * out.v[i];
      qv += out.q[i] * out.v[i];
    }
  }
  // Nearest to the centre in the quadric's own measure, but never far from the shape.
  double foot = s.kind == ShapeKind::box || vv * s.reach * s.reach < 1e-12 ? middle : -qv / vv;
  if (foot < middle - s.reach) foot = middle - s.reach;
  if (foot > middle + s.reach) foot = middle + s.reach;
  if (!(foot > 0.0)) foot = middle;
  out.foot = foot;
  for (int i = 0; i < 3; ++i) out.q[i] += foot * out.v[i];
  return true;
}

/// A t^2 + 2 B t + C = 0 over the lanes: products of the local vectors.
struct Quadric {
  Lanes vv, vm2, mm, qv, qm, vm, qm2, qq;
  Quadric(const Local& l, int rows, double radius_square) {
    double a = 0, b = 0, c = 0, d = 0, e = 0, f = -radius_square;
    for (int i = 0; i < rows; ++i) {
      a += l.v[i] * l.v[i];
      b += l.v[i] * l.m[i];
      c += l.m[i] * l.m[i];
      d += l.q[i] * l.v[i];
      e += l.q[i] * l.m[i];
      f += l.q[i] * l.q[i];
    }
    vv = all(float(a));
    vm = all(float(b));
    vm2 = all(float(2.0 * b));
    mm = all(float(c));
    qv = all(float(d));
    qm = all(float(e));
    qm2 = all(float(2.0 * e));
    qq = all(float(f));
  }
  VITRINE_INLINE_MEMBER void at(Lanes slope, Lanes z, Lanes& a, Lanes& b, Lanes& c) const {
    a = vv + slope * (vm2 + slope * mm);
    b = qv + slope * qm + z * (vm + slope * mm);
    c = qq + z * (qm2 + z * mm);
  }
};

/// One local coordinate: start + speed * t.
struct Axis {
  Lanes q, v, m;
  Axis(const Local& l, int row)
      : q(all(float(l.q[row]))), v(all(float(l.v[row]))), m(all(float(l.m[row]))) {}
  VITRINE_INLINE_MEMBER void at(Lanes slope, Lanes z, Lanes& start, Lanes& speed) const {
    start = q + m * z;
    speed = v + m * slope;
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

/// The lanes of one row group and row sub-ray.
struct Ray {
  Lanes slope, z;  // slope - slope_0; height of the ray at t = 0 over that of slope_0
};

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
  tube.at(ray.slope, ray.z, a, b, c0);
  axis.at(ray.slope, ray.z, p, w);
  // The tube; its ends are replaced by the sphere on that side. Discriminants in the form that does
  // not cancel: |q x v|^2 is what the ray's distance from the axis makes.
  const Lanes cross = a * c0 - b * b;
  const Lanes d = a * radius_square - cross;
  const Bits hit = Bits(d > all(0.0f));
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
VITRINE_INLINE void clip_cut(const Cut& cut, double across, double along, const Local& l,
                             const Ray& ray, Interval& inside) {
  const double in_plane = cut.across * across + cut.along * along;
  const double distance = cut.offset - (in_plane + cut.z * l.slope) * l.foot;
  const Lanes left = all(float(distance)) - all(float(cut.z)) * ray.z;
  Lanes speed = all(float(in_plane + cut.z * l.slope)) + all(float(cut.z)) * ray.slope;
  const Lanes tiny = all(1e-9f);
  speed = select(Bits(magnitude(speed) < tiny), tiny, speed);
  const Lanes t = left / speed;
  const Bits leaving = Bits(speed > all(0.0f));
  inside.leave = select(leaving, smaller(inside.leave, t), inside.leave);
  inside.enter = select(leaving, inside.enter, larger(inside.enter, t));
}

/// Traces the shapes of one sub-view through one column.
class ColumnTracer {
 public:
  ColumnTracer(const TraceJob& job, const Scratch& scratch) : job_(job), scratch_(scratch) {}

  void start(std::uint32_t stamp, double across, double along, const Cut* cuts) {
    stamp_ = stamp;
    across_ = across;
    along_ = along;
    cuts_ = cuts;
  }

  void trace(const Shape& shape) {
    Local local;
    if (!locate(job_, shape, across_, along_, local)) return;
    const Compiled& solid = job_.solids[shape.solid];
    if (shape.kind == ShapeKind::ellipsoid && solid.slot < 0 && shape.cut_begin == shape.cut_end)
      return trace_plain_ellipsoid(local, solid);
    switch (shape.kind) {
      case ShapeKind::ellipsoid: {
        const Quadric quadric(local, 3, 1.0);
        each_ray(
            shape, local, solid, [&](const Ray& ray) __attribute__((always_inline)) {
              Lanes a, b, c;
              quadric.at(ray.slope, ray.z, a, b, c);
              return quadric_interval(a, b, c);
            });
        break;
      }
      case ShapeKind::cylinder: {
        const Quadric tube(local, 2, 1.0);
        const Axis axis(local, 2);
        each_ray(
            shape, local, solid, [&](const Ray& ray) __attribute__((always_inline)) {
              Lanes a, b, c, p, w;
              tube.at(ray.slope, ray.z, a, b, c);
              axis.at(ray.slope, ray.z, p, w);
              Interval inside = quadric_interval(a, b, c);
              clip_slab(p, w, all(1.0f), inside.enter, inside.leave);
              return inside;
            });
        break;
      }
      case ShapeKind::capsule: {
        const Quadric tube(local, 2, 0.0);
        const Axis axis(local, 2);
        const Lanes radius_square = all(shape.radius_square), half = all(shape.half_length);
        each_ray(
            shape, local, solid, [&](const Ray& ray) __attribute__((always_inline)) {
              return capsule_interval(tube, axis, radius_square, half, ray);
            });
        break;
      }
      case ShapeKind::box: {
        const Axis x(local, 0), y(local, 1), z(local, 2);
        each_ray(
            shape, local, solid, [&](const Ray& ray) __attribute__((always_inline)) {
              Interval inside{all(-far_away), all(far_away)};
              for (const Axis* axis : {&x, &y, &z}) {
                Lanes p, w;
                axis->at(ray.slope, ray.z, p, w);
                clip_slab(p, w, all(1.0f), inside.enter, inside.leave);
              }
              return inside;
            });
        break;
      }
    }
    if (solid.slot >= 0) {
      scratch_.stamp[shape.solid] = stamp_;
      scratch_.met[shape.solid] = local.rows;
      for (int t = solid.term_begin; t < solid.term_end; ++t) intersect(shape.solid, t);
    }
  }

 private:
  int lanes() const { return job_.row_groups * job_.row_sub_rays * lane_width; }

  Ray ray(const Local& local, int lane) const {
    const Lanes slope = load(job_.tangent + lane) - all(float(local.slope));
    return {slope, load(job_.height + lane) + slope * all(float(local.foot))};
  }

  VITRINE_INLINE_MEMBER void add(int lane, Lanes chord, const float* weights) const {
    float* sums = scratch_.integrals + lane;
    for (int k = 0; k < job_.rank; ++k, sums += lanes())
      store(sums, load(sums) + all(weights[k]) * chord);
  }

  void trace_plain_ellipsoid(const Local& local, const Compiled& solid) const {
    const Quadric quadric(local, 3, 1.0);
    const float* weights = job_.weights + std::ptrdiff_t(solid.single) * job_.rank;
    for (int sub = 0; sub < job_.row_sub_rays; ++sub)
      for (int g = local.rows.begin; g < local.rows.end; ++g) {
        const int group = sub * job_.row_groups + g;
        const Ray r = ray(local, group * lane_width);
        Lanes a, b, c;
        quadric.at(r.slope, r.z, a, b, c);
        const Lanes d = larger(b * b - a * c, all(0.0f));
        add(group * lane_width, all(2.0f) * root(d) / a, weights);
        scratch_.touched[group] = 1;
      }
  }

  /// Intervals of a shape over its rows: kept for intersections, added where it counts alone.
  template <class Inside>
  VITRINE_INLINE_MEMBER void each_ray(const Shape& shape, const Local& local, const Compiled& solid,
                                      Inside&& inside_of) const {
    const float* weights =
        solid.single < 0 ? nullptr : job_.weights + std::ptrdiff_t(solid.single) * job_.rank;
    const Lanes shift = all(float(local.foot - job_.reference));
    for (int sub = 0; sub < job_.row_sub_rays; ++sub)
      for (int g = local.rows.begin; g < local.rows.end; ++g) {
        const int group = sub * job_.row_groups + g, lane = group * lane_width;
        const Ray r = ray(local, lane);
        Interval inside = inside_of(r);
        for (int cut = shape.cut_begin; cut < shape.cut_end; ++cut)
          clip_cut(cuts_[cut], across_, along_, local, r, inside);
        if (weights) {
          const Lanes chord = larger(inside.leave - inside.enter, all(0.0f));
          if (any(Bits(chord > all(0.0f)))) {
            add(lane, chord, weights);
            scratch_.touched[group] = 1;
          }
        }
        if (solid.slot >= 0) {
          const std::ptrdiff_t at = std::ptrdiff_t(solid.slot) * lanes() + lane;
          store(scratch_.enter + at, inside.enter + shift);
          store(scratch_.leave + at, inside.leave + shift);
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
    const float* weights = job_.weights + std::ptrdiff_t(what.weights) * job_.rank;
    const std::ptrdiff_t stride = lanes();
    for (int sub = 0; sub < job_.row_sub_rays; ++sub)
      for (int g = rows.begin; g < rows.end; ++g) {
        const int group = sub * job_.row_groups + g, lane = group * lane_width;
        Lanes enter = load(scratch_.enter + job_.solids[last].slot * stride + lane);
        Lanes leave = load(scratch_.leave + job_.solids[last].slot * stride + lane);
        for (int o = what.other_begin; o < what.other_end; ++o) {
          const std::ptrdiff_t at = job_.solids[job_.others[o]].slot * stride + lane;
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
  std::uint32_t stamp_ = 0;
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

template <int rank>
void trace_view(const TraceJob& job) {
  const Scratch scratch = divide(job);
  const int row_lanes = job.row_groups * lane_width;
  const int groups = job.row_groups * job.row_sub_rays, lanes = groups * lane_width;
  ColumnTracer tracer(job, scratch);
  std::uint32_t stamp = 0;
  const float share = 1.0f / float(job.in_plane * job.row_sub_rays);
  unsigned char patched[512 / lane_width];

  for (int column = 0; column < job.columns; ++column) {
    const float* node_weights = job.node_weights + std::ptrdiff_t(column) * 2 * job.nodes;

    bool any_patch = false;
    for (int i = 0; i < job.patch_count; ++i) {
      const PatchShape& patch = job.patches[i];
      if (column < patch.first_column || column > patch.last_column) continue;
      if (!any_patch) {
        std::memset(scratch.patches, 0, std::size_t(rank * row_lanes) * sizeof(float));
        std::memset(patched, 0, sizeof patched);
      }
      any_patch = true;
      trace_patch(job, patch, column, scratch.patches, patched);
    }
    std::memset(scratch.mean, 0, std::size_t(row_lanes) * sizeof(float));
    std::memset(scratch.variance, 0, std::size_t(row_lanes) * sizeof(float));

    bool empty = !any_patch;
    for (int i = 0; i < job.in_plane; ++i) {
      const SubView& view = job.sub_views[i];
      const int bin = column / lane_width;
      if (!any_patch && view.bin_begin[bin] == view.bin_begin[bin + 1] && !job.integrals) {
        for (int g = 0; g < row_lanes; g += lane_width) {
          const Lanes whole = all(float(job.row_sub_rays));
          store(scratch.mean + g, load(scratch.mean + g) + whole);
          store(scratch.variance + g, load(scratch.variance + g) + whole);
        }
        continue;
      }
      empty = false;
      std::memset(scratch.integrals, 0, std::size_t(rank * lanes) * sizeof(float));
      std::memset(scratch.touched, 0, std::size_t(groups));
      tracer.start(++stamp, view.across[column], view.along[column], view.cuts);
      for (int n = view.bin_begin[bin]; n < view.bin_begin[bin + 1]; ++n) {
        const Shape& shape = view.shapes[view.bin_items[n]];
        if (column >= shape.first_column && column <= shape.last_column) tracer.trace(shape);
      }
      for (int group = 0; group < groups; ++group) {
        const int row = group % job.row_groups * lane_width, lane = group * lane_width;
        const bool patch = any_patch && patched[group % job.row_groups];
        Lanes mean = all(1.0f), variance = all(1.0f), x[rank];
        if (scratch.touched[group] || patch || job.integrals) {
          const Lanes stretch = load(job.stretch + lane);
          for (int k = 0; k < rank; ++k) {
            x[k] = load(scratch.integrals + k * lanes + lane);
            if (patch) x[k] += load(scratch.patches + k * row_lanes + row);
            x[k] *= stretch;
          }
          if (job.integrals) {
            for (int l = 0; l < lane_width && row + l < job.rows; ++l)
              for (int k = 0; k < rank; ++k)
                job.integrals[(std::ptrdiff_t(column) * job.rows + row + l) * rank + k] = x[k][l];
            continue;
          }
          attenuate<rank>(job, node_weights, x, mean, variance);
        }
        store(scratch.mean + row, load(scratch.mean + row) + mean);
        store(scratch.variance + row, load(scratch.variance + row) + variance);
      }
    }
    if (job.integrals) continue;
    float* signal = job.signal + std::ptrdiff_t(column) * job.rows;
    float* quanta = job.quanta + std::ptrdiff_t(column) * job.rows;
    const float air = job.air_quanta[column];
    if (empty) {
      for (int row = 0; row < job.rows; ++row) {
        signal[row] = 1.0f;
        quanta[row] = air;
      }
      continue;
    }
    for (int row = 0; row < row_lanes; row += lane_width) {
      const Lanes mean = load(scratch.mean + row) * all(share);
      const Lanes variance = load(scratch.variance + row) * all(share);
      const Lanes worth = all(air) * mean * mean / variance;
      if (row + lane_width <= job.rows) {
        store(signal + row, mean);
        store(quanta + row, worth);
      } else {
        for (int l = 0; row + l < job.rows; ++l) {
          signal[row + l] = mean[l];
          quanta[row + l] = worth[l];
        }
      }
    }
  }
}

}  // namespace

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
