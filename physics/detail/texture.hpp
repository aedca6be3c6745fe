#pragma once
#include "vitrine/physics/detail/shapes.hpp"

/// Voxel maps along the rays of eight rows; for trace.hot.cpp only.
namespace vitrine::physics::VITRINE_ISA_LEVEL {
namespace {

using detail::PatchShape;

VITRINE_INLINE Lanes gather(const float* p, Bits at) {
#if defined(__AVX512F__)
  return Lanes(_mm512_i32gather_ps(__m512i(at), p, sizeof(float)));
#else
  return Lanes{p[at[0]], p[at[1]], p[at[2]], p[at[3]], p[at[4]], p[at[5]], p[at[6]], p[at[7]]};
#endif
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
  constexpr double central = 0.0;
  const Groups rows =
      lanes_of(job, {1, &central, &central},
               {p.centre[2] - p.half_z, p.centre[2] + p.half_z, middle - p.reach, middle + p.reach},
               job.patch_scale[column], job.patch_scale[column]);
  const Lanes scale = all(float(job.patch_scale[column]));
  const double slope_0 = p.centre[2] / middle;
  for (int g = rows.begin; g < rows.end; ++g) {
    const Lanes slope = load(job.patch_tangent + g * lanes_at_once) * scale - all(float(slope_0));
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
    // As many steps for eight rows as the longest of them needs.
    int most = 0;
    Lanes steps;
    for (int eight = 0; eight < lanes_at_once; eight += 8) {
      float longest = 0.0f;
      for (int l = eight; l < eight + 8; ++l) longest = length[l] > longest ? length[l] : longest;
      const int needed = longest > 0.0f ? int(longest / float(p.step)) + 1 : 0;
      for (int l = eight; l < eight + 8; ++l) steps[l] = float(needed);
      most = needed > most ? needed : most;
    }
    if (most == 0) continue;
    touched[g] = 1;
    const Lanes step = length * (all(1.0f) / larger(steps, all(1.0f)));
    for (int channel = 0; channel < p.channels; ++channel) {
      Lanes sum = all(0.0f);
      for (int n = 0; n < most; ++n) {
        const Lanes t = enter + (all(float(n) + 0.5f)) * step;
        const Lanes at[3] = {start[0] + speed[0] * t, start[1] + speed[1] * t,
                             start[2] + speed[2] * t};
        sum += select(Bits(all(float(n)) < steps), sample(p.values[channel], p, at), all(0.0f));
      }
      sum = select(Bits(length > all(0.0f)), sum * step, all(0.0f));
      for (int k = 0; k < job.rank; ++k) {
        float* here = sums + k * job.row_groups * lane_width + g * lanes_at_once;
        store(here, load(here) + all(p.weights[channel][k]) * sum);
      }
    }
  }
}

}  // namespace
}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
