#pragma once
#include <cstdint>

#include "vitrine/physics/carlo/detail/events.hpp"

/// Photons through a cylinder and through a box of voxels; for transport.hot.cpp alone.
#ifdef VITRINE_ISA_LEVEL
namespace vitrine::physics::carlo::VITRINE_ISA_LEVEL {
namespace {

using namespace carlo::detail;

struct Span {
  float enter, leave;
};
/// Shortens a span to where from + step t lies between two planes; false if it never does.
inline bool clip(float low, float high, float from, float step, Span& s) {
  if (step < 1e-9f && step > -1e-9f) return from >= low && from <= high;
  float t0 = (low - from) / step, t1 = (high - from) / step;
  if (t0 > t1) {
    const float t = t0;
    t0 = t1;
    t1 = t;
  }
  if (t0 > s.enter) s.enter = t0;
  if (t1 < s.leave) s.leave = t1;
  return true;
}
/// Where a ray is in a cylinder along z.
inline Span cross(const Cylinder& c, const Vector& p, const Vector& d) {
  constexpr float far = 1e30f;
  const float x = p.x - c.x, y = (p.y - c.y) * c.flattening, dy = d.y * c.flattening;
  const float a = d.x * d.x + dy * dy, b = x * d.x + y * dy;
  const float inside = c.radius_square - x * x - y * y;
  Span s{-far, far};
  if (a > 1e-12f) {
    const float root = b * b + a * inside;
    if (root <= 0.0f) return {far, -far};
    const float half = __builtin_sqrtf(root);
    s = {(-b - half) / a, (-b + half) / a};
  } else if (inside <= 0.0f) {
    return {far, -far};
  }
  if (!clip(c.low, c.high, p.z, d.z, s)) return {far, -far};
  return s;
}
inline bool holds(const Cylinder& c, const Vector& p) {
  const float x = p.x - c.x, y = (p.y - c.y) * c.flattening;
  return x * x + y * y < c.radius_square && p.z > c.low && p.z < c.high;
}

/// A cylinder with inserts.
struct Rods {
  const Job& job;

  Span span(const Vector& p, const Vector& d) const { return cross(job.body, p, d); }
  const Voxel* at(const Vector& p) const {
    if (!holds(job.body, p)) return nullptr;
    for (std::int32_t i = 0; i < job.insert_count; ++i)
      if (holds(job.inserts[i], p)) return &job.inserts[i].content;
    return &job.body.content;
  }
  /// Line integral of the attenuation from a point to infinity.
  float depth(const Vector& p, const Vector& d, const Place& energy) const {
    const auto mu = [&](const Cylinder& c) {
      return c.content.density * interaction(job.tables, energy, c.content.medium, 0);
    };
    const auto length = [&](const Cylinder& c) {
      const Span s = cross(c, p, d);
      const float enter = s.enter > 0.0f ? s.enter : 0.0f;
      return s.leave > enter ? s.leave - enter : 0.0f;
    };
    const float body = mu(job.body);
    float sum = body * length(job.body);
    for (std::int32_t i = 0; i < job.insert_count; ++i) {
      const float way = length(job.inserts[i]);
      if (way > 0.0f) sum += way * (mu(job.inserts[i]) - body);
    }
    return sum;
  }
};

/// A box of voxels.
struct Box {
  const Job& job;

  Span span(const Vector& p, const Vector& d) const {
    const float from[3] = {p.x, p.y, p.z}, step[3] = {d.x, d.y, d.z};
    Span s{-1e30f, 1e30f};
    for (int a = 0; a < 3; ++a) {
      if (!clip(job.low[a], job.high[a], from[a], step[a], s)) return {1e30f, -1e30f};
    }
    return s;
  }
  const Voxel* at(const Vector& p) const {
    const float x = (p.x - job.low[0]) * job.per_mm[0], y = (p.y - job.low[1]) * job.per_mm[1],
                z = (p.z - job.low[2]) * job.per_mm[2];
    if (!(x >= 0.0f) || !(y >= 0.0f) || !(z >= 0.0f)) return nullptr;
    const std::int32_t i = std::int32_t(x), j = std::int32_t(y), k = std::int32_t(z);
    if (i >= job.size[0] || j >= job.size[1] || k >= job.size[2]) return nullptr;
    return job.voxels + (std::ptrdiff_t(k) * job.size[1] + j) * job.size[0] + i;
  }
  /// Voxel by voxel (Amanatides and Woo 1987).
  float depth(const Vector& p, const Vector& d, const Place& energy) const {
    const Span s = span(p, d);
    float t = s.enter > 0.0f ? s.enter : 0.0f;
    if (!(s.leave > t)) return 0.0f;
    const float from[3] = {p.x, p.y, p.z}, step[3] = {d.x, d.y, d.z};
    const std::ptrdiff_t stride[3] = {1, job.size[0], std::ptrdiff_t(job.size[0]) * job.size[1]};
    std::int32_t index[3], left[3];
    std::ptrdiff_t move[3], offset = 0;
    float next[3], per_voxel[3];
    for (int a = 0; a < 3; ++a) {
      const float u = (from[a] + t * step[a] - job.low[a]) * job.per_mm[a];
      index[a] = std::int32_t(u);
      if (index[a] < 0 || u < 0.0f) index[a] = 0;
      if (index[a] >= job.size[a]) index[a] = job.size[a] - 1;
      offset += index[a] * stride[a];
      if (step[a] > 1e-9f || step[a] < -1e-9f) {
        const bool up = step[a] > 0.0f;
        const float face = job.low[a] + float(index[a] + (up ? 1 : 0)) / job.per_mm[a];
        next[a] = (face - from[a]) / step[a];
        per_voxel[a] = (up ? 1.0f : -1.0f) / (job.per_mm[a] * step[a]);
        move[a] = up ? stride[a] : -stride[a];
        left[a] = up ? job.size[a] - 1 - index[a] : index[a];
      } else {
        next[a] = 1e30f;
        per_voxel[a] = 0.0f;
        move[a] = 0;
        left[a] = 0;
      }
    }
    float sum = 0.0f;
    while (true) {
      const int a = next[0] < next[1] ? (next[0] < next[2] ? 0 : 2) : (next[1] < next[2] ? 1 : 2);
      const Voxel& v = job.voxels[offset];
      const float end = next[a];
      if (v.density > 0.0f && end > t)
        sum += v.density * interaction(job.tables, energy, v.medium, 0) * (end - t);
      if (left[a]-- == 0) return sum;
      offset += move[a];
      if (end > t) t = end;
      next[a] += per_voxel[a];
    }
  }
};

}  // namespace
}  // namespace vitrine::physics::carlo::VITRINE_ISA_LEVEL
#endif
