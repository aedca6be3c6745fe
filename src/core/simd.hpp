#pragma once

/// Eight floats at once, for *.hot.cpp files alone: those define VITRINE_ISA_LEVEL, and everything
/// here lives in that level's own unnamed namespace so that the levels' code never mixes.
///
/// One 32-byte vector where the level has them, two of 16 bytes elsewhere: GCC lowers a 32-byte
/// vector on plain x86-64 through memory, ten times slower.
#ifndef VITRINE_ISA_LEVEL
#error "vitrine/core/simd.hpp is for *.hot.cpp files"
#endif

namespace vitrine::VITRINE_ISA_LEVEL {
namespace {

#if defined(__AVX__)
struct V8 {
  typedef float Part __attribute__((vector_size(32)));
  typedef float Loose __attribute__((vector_size(32), aligned(4), may_alias));
  typedef int Mask __attribute__((vector_size(32)));
  static constexpr int parts = 1, width = 8;
  Part part[1];
};
#else
struct V8 {
  typedef float Part __attribute__((vector_size(16)));
  typedef float Loose __attribute__((vector_size(16), aligned(4), may_alias));
  typedef int Mask __attribute__((vector_size(16)));
  static constexpr int parts = 2, width = 4;
  Part part[2];
};
#endif

#define VITRINE_EACH_PART for (int i = 0; i < V8::parts; ++i)

/// Eight floats at `p`, which need not be aligned.
[[maybe_unused]] inline V8 load8(const float* p) {
  V8 v;
  VITRINE_EACH_PART v.part[i] = *reinterpret_cast<const V8::Loose*>(p + i * V8::width);
  return v;
}
[[maybe_unused]] inline void store8(float* p, V8 v) {
  VITRINE_EACH_PART* reinterpret_cast<V8::Loose*>(p + i * V8::width) = v.part[i];
}
/// The same float eight times.
[[maybe_unused]] inline V8 fill8(float x) {
#if defined(__AVX__)
  return {{V8::Part{x, x, x, x, x, x, x, x}}};
#else
  const V8::Part all{x, x, x, x};
  return {{all, all}};
#endif
}
[[maybe_unused]] inline V8 operator+(V8 a, V8 b) {
  VITRINE_EACH_PART a.part[i] += b.part[i];
  return a;
}
[[maybe_unused]] inline V8 operator-(V8 a, V8 b) {
  VITRINE_EACH_PART a.part[i] -= b.part[i];
  return a;
}
[[maybe_unused]] inline V8 operator*(V8 a, V8 b) {
  VITRINE_EACH_PART a.part[i] *= b.part[i];
  return a;
}
[[maybe_unused]] inline V8 operator/(V8 a, V8 b) {
  VITRINE_EACH_PART a.part[i] /= b.part[i];
  return a;
}
[[maybe_unused]] inline V8 operator*(V8 a, float b) { return a * fill8(b); }
[[maybe_unused]] inline V8 operator+(V8 a, float b) { return a + fill8(b); }
[[maybe_unused]] inline V8 operator-(V8 a, float b) { return a - fill8(b); }
[[maybe_unused]] inline V8 operator-(V8 a) {
  VITRINE_EACH_PART a.part[i] = -a.part[i];
  return a;
}
/// The smaller of each pair; b where either is not a number. (GCC 12 makes two instructions of a
/// vector's `a < b ? a : b`.)
[[maybe_unused]] inline V8 min8(V8 a, V8 b) {
#if defined(__AVX__)
  return {{__builtin_ia32_minps256(a.part[0], b.part[0])}};
#else
  VITRINE_EACH_PART a.part[i] = __builtin_ia32_minps(a.part[i], b.part[i]);
  return a;
#endif
}
[[maybe_unused]] inline V8 max8(V8 a, V8 b) {
#if defined(__AVX__)
  return {{__builtin_ia32_maxps256(a.part[0], b.part[0])}};
#else
  VITRINE_EACH_PART a.part[i] = __builtin_ia32_maxps(a.part[i], b.part[i]);
  return a;
#endif
}
[[maybe_unused]] inline V8 absolute8(V8 a) {
  VITRINE_EACH_PART a.part[i] = V8::Part(V8::Mask(a.part[i]) & 0x7fffffff);
  return a;
}
/// The whole number next to zero; below 2^31 in size.
[[maybe_unused]] inline V8 truncate8(V8 a) {
  VITRINE_EACH_PART a.part[i] =
      __builtin_convertvector(__builtin_convertvector(a.part[i], V8::Mask), V8::Part);
  return a;
}
/// Eight whole numbers to `p`, which need not be aligned.
[[maybe_unused]] inline void store_int8(int* p, V8 a) {
  typedef int Loose __attribute__((vector_size(4 * V8::width), aligned(4), may_alias));
  VITRINE_EACH_PART* reinterpret_cast<Loose*>(p + i * V8::width) =
      __builtin_convertvector(a.part[i], V8::Mask);
}

#undef VITRINE_EACH_PART

/// Rows become columns: afterwards lane j of v[i] is what lane i of v[j] was.
[[maybe_unused]] inline void transpose8(V8* v) {
#if defined(__AVX__)
  const auto low = [](V8::Part a, V8::Part b) {
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
  };
  const auto high = [](V8::Part a, V8::Part b) {
    return __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
  };
  const auto low_pairs = [](V8::Part a, V8::Part b) {
    return __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
  };
  const auto high_pairs = [](V8::Part a, V8::Part b) {
    return __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
  };
  V8::Part u[8];
  for (int k = 0; k < 2; ++k) {
    const V8* q = v + 4 * k;
    const auto a = low(q[0].part[0], q[1].part[0]), b = high(q[0].part[0], q[1].part[0]);
    const auto c = low(q[2].part[0], q[3].part[0]), d = high(q[2].part[0], q[3].part[0]);
    u[4 * k] = low_pairs(a, c);
    u[4 * k + 1] = high_pairs(a, c);
    u[4 * k + 2] = low_pairs(b, d);
    u[4 * k + 3] = high_pairs(b, d);
  }
  for (int k = 0; k < 4; ++k) {
    v[k].part[0] = __builtin_shufflevector(u[k], u[k + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    v[k + 4].part[0] = __builtin_shufflevector(u[k], u[k + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
#else
  // Four 4 x 4 blocks, each transposed; the two off the diagonal change places.
  const auto block = [](V8* q, int part, V8::Part* out) {
    const auto &a = q[0].part[part], &b = q[1].part[part], &c = q[2].part[part],
               &d = q[3].part[part];
    const auto ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const auto ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const auto cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const auto cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    out[0] = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    out[1] = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    out[2] = __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5);
    out[3] = __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7);
  };
  V8::Part a[4], b[4], c[4], d[4];
  block(v, 0, a);
  block(v, 1, b);
  block(v + 4, 0, c);
  block(v + 4, 1, d);
  for (int k = 0; k < 4; ++k) {
    v[k].part[0] = a[k];
    v[k].part[1] = c[k];
    v[k + 4].part[0] = b[k];
    v[k + 4].part[1] = d[k];
  }
#endif
}

}  // namespace
}  // namespace vitrine::VITRINE_ISA_LEVEL
