#pragma once
#include <cmath>

#include "vitrine/core/simd.hpp"
#include "vitrine/physics/detail/voxel_project.hpp"

/// Eight values at a time from a line of numbers at places that follow each other closely; for hot
/// files only. A gather costs ten times an in-register permutation, so two neighbouring vectors are
/// loaded and permuted where the eight places span at most sixteen numbers.
namespace vitrine::physics::VITRINE_ISA_LEVEL {
using namespace vitrine::VITRINE_ISA_LEVEL;
namespace {

/// How far eight places reach from the first.
enum class Reach { eight, sixteen, far };

/// What lanes look at: the whole numbers below their places, which are not negative.
template <Reach reach>
struct Places {
  V8 part;  ///< of a place above its whole number
#if defined(__AVX2__)
  V8::Mask index;
  explicit Places(V8 place) : index(__builtin_convertvector(place.part[0], V8::Mask)) {
    part.part[0] = place.part[0] - __builtin_convertvector(index, V8::Part);
  }
  V8 pick(const float* base) const {
    if constexpr (reach == Reach::far) {
      float found[8];
      for (int l = 0; l < 8; ++l) found[l] = base[index[l]];
      return load8(found);
    } else {
      const V8::Part low = __builtin_ia32_permvarsf256(load8(base).part[0], index);
      if constexpr (reach == Reach::eight) return {{low}};
      const V8::Part high = __builtin_ia32_permvarsf256(load8(base + 8).part[0], index);
      // Bit 3 of the index, as a sign.
      return {{__builtin_ia32_blendvps256(low, high, V8::Part(index << 28))}};
    }
  }
#else
  int index[8];
  explicit Places(V8 place) {
    const V8 whole = truncate8(place);
    store_int8(index, whole);
    part = place - whole;
  }
  V8 pick(const float* base) const {
    float found[8];
    for (int l = 0; l < 8; ++l) found[l] = base[index[l]];
    return load8(found);
  }
#endif
};

/// The weight of a neighbour: `number` k counts from the whole number below a place, `f` is the
/// place's distance from that.
struct Between {  ///< linear between two numbers
  static constexpr bool two = true;
  V8 operator()(int k, V8 f) const { return k == 0 ? fill8(1.0f) - f : f; }
};
struct Tent {  ///< the transpose of Between: what is `apart` / `scale` apart, seen from one before
  static constexpr bool two = false;
  static constexpr int first = 1;
  V8 apart, scale;
  V8 operator()(int k, V8 f) const {
    return max8(scale - absolute8((fill8(float(k)) - f) * apart - scale), fill8(0.0f));
  }
};
struct Overlap {  ///< of [f, f + width] and [k, k + 1], times `scale`
  static constexpr bool two = false;
  static constexpr int first = 0;
  V8 width, scale;
  V8 operator()(int k, V8 f) const {
    const V8 high = min8(f + width, fill8(float(k + 1))), low = max8(f, fill8(float(k)));
    return max8(high - low, fill8(0.0f)) * scale;
  }
};

/// The weighted sum of `count` neighbours of eight places, counted from `base`.
template <Reach reach, class Weight>
inline V8 look(const float* base, V8 place, int count, const Weight& weight) {
  const Places<reach> places(place);
  const V8 f = places.part;
  if constexpr (Weight::two) {
    const V8 a = places.pick(base), b = places.pick(base + 1);
    return a + f * (b - a);
  } else {
    constexpr int first = Weight::first;  // that can weigh anything
    V8 sum = weight(first, f) * places.pick(base + first);
    for (int k = first + 1; k < count; ++k) sum = sum + weight(k, f) * places.pick(base + k);
    return sum;
  }
}

[[maybe_unused]] inline V8 lanes8() {
  constexpr float counted[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  return load8(counted);
}

/// A line of numbers that may be looked at from `first` to before `end`.
struct Line {
  const float* values;
  double first, end;
};

/// Looks up a line at start, start + step, ... and adds to (or fills) `out`, `count` numbers, a
/// multiple of eight.
template <bool add, Reach reach, class Weight>
void look_along(const Line& line, double start, double step, int count, int neighbours,
                const Weight& weight, float* out) {
  const V8 steps = lanes8() * float(step);
  for (int i = 0; i < count; i += 8) {
    const double at = start + step * double(i);
    const double base = std::floor(at);
    V8 place = steps + float(at - base);
    if constexpr (reach == Reach::far)
      place = min8(max8(place, fill8(float(line.first - base))), fill8(float(line.end - base)));
    const V8 found = look<reach>(line.values + std::ptrdiff_t(base), place, neighbours, weight);
    store8(out + i, add ? load8(out + i) + found : found);
  }
}

template <bool add, class Weight>
void look_along(const Line& line, double start, double step, int count, int neighbours,
                const Weight& weight, float* out) {
  if (step < 0.99)
    look_along<add, Reach::eight>(line, start, step, count, neighbours, weight, out);
  else if (step < 2.1)
    look_along<add, Reach::sixteen>(line, start, step, count, neighbours, weight, out);
  else
    look_along<add, Reach::far>(line, start, step, count, neighbours, weight, out);
}

}  // namespace
}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
