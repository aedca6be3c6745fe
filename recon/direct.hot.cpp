#include "vitrine/core/simd.hpp"
#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon::VITRINE_ISA_LEVEL {
using namespace vitrine::VITRINE_ISA_LEVEL;
namespace {

using detail::FanJob;

/// Arc tangent to 2e-7 in |x| < 1: the polynomial of Cephes' atanf on |x| <= tan(pi / 8), and
/// pi / 4 + atan((x - 1) / (x + 1)) beyond.
inline float arc_tangent(float x) {
  const float a = x < 0.0f ? -x : x;
  const bool far = a > 0.41421356f;
  const float y = far ? (a - 1.0f) / (a + 1.0f) : a, z = y * y;
  const float p =
      ((8.05374449538e-2f * z - 1.38776856032e-1f) * z + 1.99777106478e-1f) * z - 3.33329491539e-1f;
  const float r = (far ? 0.78539816f : 0.0f) + p * z * y + y;
  return x < 0.0f ? -r : r;
}

constexpr float eight[8] = {0, 1, 2, 3, 4, 5, 6, 7};

/// Linear interpolation between the rows of a column, at eight ascending places.
inline V8 between(const float* column, V8 row) {
#if defined(__AVX2__)
  typedef int Ints __attribute__((vector_size(32)));
  const Ints at = __builtin_convertvector(row.part[0], Ints);
  const V8 w{{row.part[0] - __builtin_convertvector(at, V8::Part)}};
  const float* base = column + at[0];
  const Ints here = at - at[0];
  V8 below{{__builtin_ia32_permvarsf256(load8(base).part[0], here)}};
  V8 above{{__builtin_ia32_permvarsf256(load8(base + 1).part[0], here)}};
  if (here[7] > 7) {
    const auto far = V8::Part(here > 7);
    const auto choose = [&](V8 near, const float* from) {
      const auto next = __builtin_ia32_permvarsf256(load8(from).part[0], here);
      return V8{{__builtin_ia32_blendvps256(near.part[0], next, far)}};
    };
    below = choose(below, base + 8);
    above = choose(above, base + 9);
  }
  return below + w * (above - below);
#else
  float at[8], out[8];
  store8(at, row);
  for (int i = 0; i < 8; ++i) {
    const auto left = Index(int(at[i]));
    out[i] = column[left] + (at[i] - float(left)) * (column[left + 1] - column[left]);
  }
  return load8(out);
#endif
}

/// The same where the places are more than a vector's two loads apart.
inline V8 between_far(const float* column, V8 row) {
  float at[8], out[8];
  store8(at, row);
  for (int i = 0; i < 8; ++i) {
    const auto left = Index(int(at[i]));
    out[i] = column[left] + (at[i] - float(left)) * (column[left + 1] - column[left]);
  }
  return load8(out);
}

/// Adds what lies between the rows, for slices all of which do.
inline void inside(const float* column, float row, float step, V8 lanes, Index begin, Index end,
                   float* sums) {
#if defined(__AVX2__)
  typedef int Ints __attribute__((vector_size(32)));
  const bool one_load = step <= 1.0f;
  for (Index k = begin; k < end; k += 8) {
    const float place = row + float(int(k)) * step;
    const int first = int(place);
    const V8 offset = lanes + (place - float(first));
    const Ints here = __builtin_convertvector(offset.part[0], Ints);
    const V8 w{{offset.part[0] - __builtin_convertvector(here, V8::Part)}};
    const float* base = column + first;
    V8 below{{__builtin_ia32_permvarsf256(load8(base).part[0], here)}};
    V8 above{{__builtin_ia32_permvarsf256(load8(base + 1).part[0], here)}};
    if (!one_load) {
      const auto far = V8::Part(here > 7);
      const auto next = __builtin_ia32_permvarsf256(load8(base + 8).part[0], here);
      const auto over = __builtin_ia32_permvarsf256(load8(base + 9).part[0], here);
      below.part[0] = __builtin_ia32_blendvps256(below.part[0], next, far);
      above.part[0] = __builtin_ia32_blendvps256(above.part[0], over, far);
    }
    store8(sums + k, load8(sums + k) + below + w * (above - below));
  }
#else
  for (Index k = begin; k < end; k += 8)
    store8(sums + k, load8(sums + k) + between(column, lanes + (row + float(int(k)) * step)));
#endif
}

/// One view into one column of voxels.
inline void add_view(const FanJob& job, const float* view, float across, float along, float* sums) {
  const float tangent = across / along;
  const float square = job.curved ? along * along + across * across : along * along;
  const float place = job.curved ? arc_tangent(tangent) : tangent;
  float sample = job.first_sample + place * job.samples_per_tangent;
  const auto last = float(job.samples - 2);
  sample = sample < 0.0f ? 0.0f : sample > last ? last : sample;
  const auto left = Index(int(sample));
  const float u = sample - float(left);
  // Blend the two columns of the detector, times the distance's weight.
  const float weight = job.radius * job.radius / square;
  const float distance = job.curved ? __builtin_sqrtf(square) : along;
  const float step = job.row_scale * job.dz / distance, top = float(job.rows - 1);
  const float first = job.row_centre + job.row_scale * (job.z + job.sub_planes[0]) / distance;
  const float beyond = job.row_centre + job.row_scale *
                                            (job.z + job.sub_planes[job.sub_plane_count - 1] +
                                             float(job.slices - 1) * job.dz) /
                                            distance;
  const Index low = first < 0.0f ? 0 : first > top ? job.rows - 1 : Index(int(first));
  const Index high = beyond > top ? job.rows - 1 : beyond < 0.0f ? 0 : Index(int(beyond)) + 1;
  const float* a = view + left * job.stride;
  const float* b = a + job.stride;
  const V8 wa = fill8((1.0f - u) * weight), wb = fill8(u * weight);
  for (Index r = low & ~Index(7); r <= high && r < job.stride; r += 8)
    store8(job.column + r, wa * load8(a + r) + wb * load8(b + r));
  if (high + 1 >= job.rows) job.column[job.rows] = job.column[job.rows - 1];
  const bool near = step * 7.0f < 14.0f;
  const V8 lanes = load8(eight) * step, zero = fill8(0.0f), most = fill8(top);
  for (Index plane = 0; plane < job.sub_plane_count; ++plane) {
    const float row = job.row_centre + job.row_scale * (job.z + job.sub_planes[plane]) / distance;
    const auto ends = [&](Index from, Index to) {  // rows beyond the detector repeat its edge
      for (Index k = from; k < to; k += 8) {
        const V8 at = min8(max8(lanes + (row + float(int(k)) * step), zero), most);
        const V8 value = near ? between(job.column, at) : between_far(job.column, at);
        store8(sums + k, load8(sums + k) + value);
      }
    };
    // Whole vectors between the first row and the last.
    const Index enters = row >= 0.0f ? 0 : Index(int(-row / step)) / 8 * 8 + 8;
    const float leaves = (top - row) / step - 8.0f;
    const Index begin = near && enters < job.slices ? enters : job.slices;
    Index end = leaves < float(int(begin)) ? begin : Index(int(leaves)) / 8 * 8;
    end = end > job.slices ? job.slices : end;
    ends(0, begin);
    if (begin < end) inside(job.column, row, step, lanes, begin, end, sums);
    ends(end > begin ? end : begin, job.slices);
  }
}

}  // namespace

void back_project_fan(const FanJob& job) {
  for (Index v = 0; v < job.views; ++v) {
    const float* view = job.filtered + v * job.view_stride;
    const float c = job.cosine[v], s = job.sine[v];
    for (Index j = 0; j < job.height; ++j) {
      const float y = job.y + float(int(j)) * job.dy;
      for (Index i = job.begin[j]; i < job.end[j]; ++i) {
        const float x = job.x + float(int(i)) * job.dx;
        add_view(job, view, x * c + y * s, job.radius - x * s + y * c,
                 job.sums + (j * job.tile_width + i) * job.slices);
      }
    }
  }
}

}  // namespace vitrine::recon::VITRINE_ISA_LEVEL
