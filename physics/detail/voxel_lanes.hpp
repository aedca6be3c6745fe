#pragma once
#include <cstddef>
#include <cstdint>

/// Vectors for voxels.hot.cpp only: as many floats as the level's registers hold, and one number
/// for each of eight detector columns.
namespace vitrine::physics::VITRINE_ISA_LEVEL {
namespace {

#if defined(__AVX512F__)
constexpr int lanes = 16;
#elif defined(__AVX2__)
constexpr int lanes = 8;
#else
constexpr int lanes = 4;
#endif
constexpr int most_sums = 8;  ///< vectors that are summed at once, in registers

typedef float Vector __attribute__((vector_size(4 * lanes)));
typedef std::int32_t Indices __attribute__((vector_size(4 * lanes)));
typedef double Doubles __attribute__((vector_size(64)));
typedef float Floats __attribute__((vector_size(32)));
typedef std::int32_t Ints __attribute__((vector_size(32)));
typedef std::int64_t Longs __attribute__((vector_size(64)));

[[maybe_unused]] inline Vector load(const float* p) {
  Vector v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
[[maybe_unused]] inline void store(float* p, Vector v) { __builtin_memcpy(p, &v, sizeof v); }
[[maybe_unused]] inline Vector fill(float x) { return x - Vector{}; }

[[maybe_unused]] inline Doubles both(double x) { return Doubles{x, x, x, x, x, x, x, x}; }
[[maybe_unused]] inline Doubles load_doubles(const double* p) {
  Doubles v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
[[maybe_unused]] inline Doubles magnitude(Doubles x) { return x < both(0.0) ? -x : x; }
[[maybe_unused]] inline Ints all_ints(int x) { return Ints{x, x, x, x, x, x, x, x}; }
[[maybe_unused]] inline Ints load_ints(const int* p) {
  Ints v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
[[maybe_unused]] inline void store_ints(int* p, Ints x) { __builtin_memcpy(p, &x, sizeof x); }
/// Of numbers that are not negative.
[[maybe_unused]] inline Ints whole(Doubles x) { return __builtin_convertvector(x, Ints); }
[[maybe_unused]] inline Doubles wide(Ints x) { return __builtin_convertvector(x, Doubles); }
[[maybe_unused]] inline Floats narrow(Doubles x) { return __builtin_convertvector(x, Floats); }
[[maybe_unused]] inline void store_floats(float* p, Floats x) { __builtin_memcpy(p, &x, sizeof x); }
/// -1 where x is above the whole number below it.
[[maybe_unused]] inline Ints part_above(Doubles x, Ints below) {
  return __builtin_convertvector(Longs(x > wide(below)), Ints);
}
[[maybe_unused]] inline int least(Ints x) {
  int out = x[0];
  for (int l = 1; l < 8; ++l) out = x[l] < out ? x[l] : out;
  return out;
}
/// Of a number that is at least -1.
[[maybe_unused]] inline int floor_of(double x) { return int(x + 1.0) - 1; }

/// Sum of `count` vectors of what a ray meets: in plane p the column at place[8 p] and its
/// neighbour `column` floats on, with the share upper[8 p] of the latter. There must be a plane.
template <int count>
void sum_columns(const float* tile, const int* place, const float* upper, int begin, int end,
                 int column, float* out) {
  Vector sum[count];
  for (int i = 0; i < count; ++i) sum[i] = Vector{};
  int p = begin;
  do {
    const float* low = tile + place[8 * p];
    const float* high = low + column;
    const Vector above = fill(upper[8 * p]), below = fill(1.0f - upper[8 * p]);
    for (int i = 0; i < count; ++i)
      sum[i] = sum[i] + below * load(low + i * lanes) + above * load(high + i * lanes);
  } while (++p < end);
  for (int i = 0; i < count; ++i) store(out + i * lanes, sum[i]);
}

/// Neighbours in a column at indices that grow.
class Lookup {
 public:
  explicit Lookup(const int* index) : index_(index), base_(index[0]) {
#if defined(__AVX2__)
    near_ = index[lanes - 1] - base_ < 2 * lanes - 1;
    Indices at;
    __builtin_memcpy(&at, index, sizeof at);
    at_ = at - base_;
#endif
  }
  struct Pair {
    Vector lower, upper;
  };
  Pair pick(const float* column) const {
#if defined(__AVX512F__)
    if (near_) {
      const __m512 low = __m512(load(column + base_)), high = __m512(load(column + base_ + lanes));
      return {Vector(_mm512_permutex2var_ps(low, __m512i(at_), high)),
              Vector(_mm512_permutex2var_ps(low, __m512i(at_ + 1), high))};
    }
#elif defined(__AVX2__)
    if (near_) {
      const __m256 low = __m256(load(column + base_)), high = __m256(load(column + base_ + lanes));
      const auto both = [&](Indices at) {  // bit 3 of an index decides, as a sign
        return Vector(_mm256_blendv_ps(_mm256_permutevar8x32_ps(low, __m256i(at)),
                                       _mm256_permutevar8x32_ps(high, __m256i(at)),
                                       __m256(at << 28)));
      };
      return {both(at_), both(at_ + 1)};
    }
#endif
    Pair found;
    for (int r = 0; r < lanes; ++r) {
      found.lower[r] = column[index_[r]];
      found.upper[r] = column[index_[r] + 1];
    }
    return found;
  }

 private:
  const int* index_;
  int base_;
#if defined(__AVX2__)
  bool near_;
  Indices at_;
#endif
};

/// The lanes from `first` to before `end`.
[[maybe_unused]] inline Indices lanes_between(int first, int end) {
  Indices out;
  for (int l = 0; l < lanes; ++l) out[l] = l >= first && l < end ? -1 : 0;
  return out;
}

/// Add what some columns, `heights` apart, hold at the places of a lookup to rows that are `rows`
/// apart, where `seen`.
[[maybe_unused]] inline void add_rows(const Lookup& lookup, Vector share, Indices seen,
                                      const float* from, std::ptrdiff_t heights, int count,
                                      float* to, std::ptrdiff_t rows) {
  for (int k = 0; k < count; ++k, from += heights, to += rows) {
    const Lookup::Pair found = lookup.pick(from);
    const Vector value = found.lower + share * (found.upper - found.lower);
    store(to, load(to) + Vector(Indices(value) & seen));
  }
}

/// out[i] = table[labels[i]] from `begin` to before `end`; `entries` of them, at least 32.
[[maybe_unused]] inline void look_up(const float* table, [[maybe_unused]] int entries,
                                     const std::uint16_t* labels, int begin, int end, float* out) {
  int i = begin;
#if defined(__AVX512F__)
  if (entries <= 2 * lanes) {
    const __m512 low = __m512(load(table)), high = __m512(load(table + lanes));
    for (; i + lanes <= end; i += lanes) {
      __m256i found;
      __builtin_memcpy(&found, labels + i, sizeof found);
      store(out + i, Vector(_mm512_permutex2var_ps(low, _mm512_cvtepu16_epi32(found), high)));
    }
  }
#endif
  for (; i < end; ++i) out[i] = table[labels[i]];
}

}  // namespace
}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
