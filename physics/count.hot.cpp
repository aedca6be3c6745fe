// The counts of a view: independent Poisson numbers of single counts and of pairs.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "vitrine/physics/detail/count_job.hpp"
#include "vitrine/physics/detail/random_lanes.hpp"
#include "vitrine/physics/detail/simd.hpp"

namespace vitrine::physics::VITRINE_ISA_LEVEL {
namespace {

using detail::CountJob;
using detail::lane_width;
using detail::PairClass;

constexpr float most_counts = 100.0f;  // of a mean below 30: more have a probability of 1e-20
constexpr float exact_below = 30.0f;   // as of the other readings (detect.cpp)
// Pairs are few among the counts: from here on Cornish and Fisher's expansion, whose distribution
// is within 1.5e-3 of Poisson's, mean and variance right.
constexpr float exact_pairs_below = 10.0f;

/// 1 / (n + 1).
struct Reciprocals {
  float of[std::size_t(most_counts)] = {};
  constexpr Reciprocals() {
    for (int n = 0; n < int(most_counts); ++n) of[n] = 1.0f / float(n + 1);
  }
};
constexpr Reciprocals reciprocals;

/// Poisson numbers of means below 30 by inversion, exactly: `together` vectors of them, whose steps
/// do not wait for each other. A mean of 0 has none.
template <int together>
VITRINE_INLINE void invert(const Lanes* mean, const Lanes* u, Lanes* drawn) {
  Lanes probability[together], below[together], factor[together], wanted[together];
  Bits count[together];
  for (int i = 0; i < together; ++i) probability[i] = mean[i] * all(-1.442695041f);
  exp2(probability);
  for (int i = 0; i < together; ++i) {
    below[i] = probability[i];
    count[i] = Bits{};
    // Sums of floats need not reach 1: numbers beyond this would be as large as there are steps.
    wanted[i] = smaller(u[i], all(1.0f - 0x1p-19f));
    // Probabilities must not become so small that they are slow.
    factor[i] = larger(mean[i], all(1e-3f));
  }
  // Whether all are done is asked for once in a while: steps more change nothing.
  constexpr int steps = 4;
  static_assert(int(most_counts) % steps == 0);
  for (int next = 0; next < int(most_counts); next += steps) {
    for (int k = 0; k < steps; ++k) {
      const Lanes over = all(reciprocals.of[next + k]);
      for (int i = 0; i < together; ++i) {
        // The sign of below - wanted: 1 until the sum reaches it.
        count[i] += Bits(Words(below[i] - wanted[i]) >> 31);
        probability[i] *= factor[i] * over;
        below[i] += probability[i];
      }
    }
    Bits left{};
    for (int i = 0; i < together; ++i) {
      left |= Bits(below[i] - wanted[i]);
      probability[i] = larger(probability[i], all(1e-16f));
    }
    if (!any(left & INT32_MIN)) break;
  }
  for (int i = 0; i < together; ++i) drawn[i] = __builtin_convertvector(count[i], Lanes);
}

/// Poisson numbers of means from 30 on: Cornish and Fisher's expansion, as in detect.hot.cpp.
VITRINE_INLINE Lanes expand(Lanes mean, Lanes normal) {
  const Lanes deviation = root(larger(mean - all(1.0f / 18), all(0.0f)));
  return mean + deviation * normal + (normal * normal - all(1.0f)) * all(1.0f / 6);
}

/// Two columns at a time: the one that is drawn, and the next, which pairs reach.
class Counter {
 public:
  explicit Counter(const CountJob& job)
      : job_(job), stride_(job.row_groups * lane_width + 2 * lane_width) {}

  void view() {
    std::memset(job_.scratch, 0, std::size_t(2 * rows_of_column()) * std::size_t(stride_) * 4);
    expect(0);
    for (std::int32_t column = 0; column < job_.columns; ++column) {
      clear(column + 1);
      if (column + 1 < job_.columns) expect(column + 1);
      draw(column);
      write(column);
    }
  }

 private:
  /// Arrays of one column: rates of the pairs, means of the bins, what pairs take of them, counts.
  /// The latter two apart for pairs from the row before, the same and the next row: so sums have
  /// the same order for any number of lanes.
  std::ptrdiff_t rows_of_column() const { return detail::count_arrays(job_); }
  float* array(std::int32_t column, std::int32_t which) const {
    return job_.scratch + ((column & 1) * rows_of_column() + which) * stride_ + lane_width;
  }
  float* rate(std::int32_t column, std::int32_t pair) const { return array(column, pair); }
  float* mean(std::int32_t column, std::int32_t bin) const {
    return array(column, job_.pair_count + bin);
  }
  float* taken(std::int32_t column, std::int32_t bin, std::int32_t rows) const {
    return array(column, job_.pair_count + (2 + rows) * job_.bins + bin);
  }
  float* counts(std::int32_t column, std::int32_t bin, std::int32_t rows) const {
    return array(column, job_.pair_count + (5 + rows) * job_.bins + bin);
  }
  void clear(std::int32_t column) const {
    std::memset(array(column, 0) - lane_width, 0,
                std::size_t(rows_of_column()) * std::size_t(stride_) * 4);
  }

  /// Expected counts of a column's cells and rates of the pairs that begin in them.
  void expect(std::int32_t column) const {
    const std::ptrdiff_t first = std::ptrdiff_t(column) * job_.rows;
    const float* air = job_.bin_air + std::ptrdiff_t(column) * job_.bins;
    for (std::int32_t row = 0; row < job_.rows; row += lanes_at_once) {
      const std::int32_t here = job_.rows - row < lanes_at_once ? job_.rows - row : lanes_at_once;
      // Padded rows read 0.
      const auto padded = [&](const float* from) {
        if (here == lanes_at_once) return load(from + first + row);
        float values[lanes_at_once] = {};
        for (std::int32_t l = 0; l < here; ++l) values[l] = from[first + row + l];
        return load(values);
      };
      Lanes known[2 * detail::most_bins + 1];
      const Lanes lit = padded(job_.air) * all(job_.tube_load);
      known[0] = padded(job_.signal) * lit;
      known[1] =
          known[0] * known[0] / larger(padded(job_.quanta) * all(job_.tube_load), all(1e-30f)) -
          known[0];
      Lanes lowest = known[0];
      for (std::int32_t b = 1; b < job_.bins; ++b) {
        const Lanes bin = padded(job_.higher + (b - 1) * job_.higher_stride) * lit * all(air[b]);
        known[b + 1] = bin;
        lowest -= bin;
        store(mean(column, b) + row, bin);
      }
      store(mean(column, 0) + row, larger(lowest, all(0.0f)));
      const Lanes over = all(1.0f) / larger(known[0], all(1e-30f));
      for (std::int32_t k = 1; k <= job_.bins; ++k)
        known[job_.bins + k] = known[k] * known[k] * over;
      const float* f = job_.coefficients;
      for (std::int32_t p = 0; p < job_.pair_count; ++p) {
        Lanes sum = all(0.0f);
        for (std::int32_t k = 0; k <= 2 * job_.bins; ++k) sum += all(*f++) * known[k];
        store(rate(column, p) + row, larger(sum, all(0.0f)));
      }
    }
  }

  /// Where the other count of a pair goes.
  struct Other {
    std::int32_t column, row;
  };
  static Other other(const PairClass& pair, std::int32_t column, std::int32_t row) {
    return {column + pair.columns, row + pair.rows};
  }

  void draw(std::int32_t column) const {
    for (std::int32_t row = 0; row < job_.rows; row += lanes_at_once) {
      std::uint32_t block = 0;
      for (std::int32_t p = 0; p < job_.pair_count; p += 4, ++block) {
        Lanes means[4], drawn[4];
        const std::int32_t some = job_.pair_count - p < 4 ? job_.pair_count - p : 4;
        for (std::int32_t i = 0; i < some; ++i) {
          const PairClass& pair = job_.pairs[p + i];
          const Other to = other(pair, column, row);
          means[i] = load(rate(column, p + i) + row);
          // Neighbours are taken to be evenly lit: the darker one decides.
          if (pair.columns != 0 || pair.rows != 0)
            means[i] = smaller(means[i], load(rate(to.column, p + i) + to.row));
        }
        numbers(column, row, block, some, exact_pairs_below, means, drawn);
        for (std::int32_t i = 0; i < some; ++i) {
          const PairClass& pair = job_.pairs[p + i];
          const Other to = other(pair, column, row);
          add(taken(column, pair.first, 0) + row, means[i]);
          add(taken(to.column, pair.second, pair.rows) + to.row, means[i]);
          add(counts(column, pair.first, 0) + row, drawn[i]);
          add(counts(to.column, pair.second, pair.rows) + to.row, drawn[i]);
        }
      }
      for (std::int32_t b = 0; b < job_.bins; b += 4, ++block) {
        Lanes means[4], drawn[4];
        const std::int32_t some = job_.bins - b < 4 ? job_.bins - b : 4;
        const auto from_all = [&](auto of, std::int32_t bin) {
          return load((this->*of)(column, bin, 0) + row) +
                 (load((this->*of)(column, bin, -1) + row) +
                  load((this->*of)(column, bin, 1) + row));
        };
        for (std::int32_t i = 0; i < some; ++i)
          means[i] =
              larger(load(mean(column, b + i) + row) - from_all(&Counter::taken, b + i), all(0.0f));
        numbers(column, row, block, some, exact_below, means, drawn);
        for (std::int32_t i = 0; i < some; ++i)
          store(counts(column, b + i, 0) + row, from_all(&Counter::counts, b + i) + drawn[i]);
      }
    }
  }
  static void add(float* to, Lanes value) { store(to, load(to) + value); }

  /// Up to four Poisson numbers a cell, each from a word of the cell's block. Two normals are made
  /// of two words: where only one of them is asked for, the other number has a word of a block of
  /// its own.
  void numbers(std::int32_t column, std::int32_t row, std::uint32_t block, std::int32_t some,
               float exact, const Lanes* means, Lanes* drawn) const {
    const auto cell = std::uint32_t(column * job_.row_groups * lane_width + row);
    Words x[4], other[4];
    words(cell, block + 1u, x);
    bool has_other = false;
    // Of those with small means in any lane: which they are, the means, uniform numbers.
    std::int32_t waiting = 0, which[4];
    Lanes low[4], u[4], counted[4];
    Bits small[4];
    for (std::int32_t i = 0; i < some; i += 2) {
      const bool two = i + 1 < some;
      const Bits first = Bits(means[i] >= all(exact));
      const Bits second = two ? Bits(means[i + 1] >= all(exact)) : first;
      Lanes normal[2] = {all(0.0f), all(0.0f)};
      Words word[2] = {x[i], x[i + 1]};
      if (any(first | second)) normals(x[i], x[i + 1], normal[0], normal[1]);
      if (const Bits mixed = first ^ second; any(mixed)) {
        if (!has_other) words(cell, block + 0x10001u, other);
        has_other = true;
        for (int k = 0; k < 2; ++k)
          word[k] = (word[k] & ~Words(mixed)) | (other[i + k] & Words(mixed));
      }
      for (std::int32_t k = i; k < i + 1 + std::int32_t(two); ++k) {
        const Bits large = k == i ? first : second;
        if (any(large)) drawn[k] = expand(means[k], normal[k - i]);
        if (!any(~large)) continue;
        // Lanes of large means wait with one of 0.
        small[waiting] = ~large;
        low[waiting] = select(~large, means[k], all(0.0f));
        u[waiting] = uniform(word[k - i]);
        which[waiting++] = k;
      }
    }
    if (waiting == 0) return;
    for (std::int32_t i = 0; i < waiting; i += 2) {
      if (i + 1 < waiting) {
        invert<2>(low + i, u + i, counted + i);
      } else {
        invert<1>(low + i, u + i, counted + i);
      }
    }
    for (std::int32_t i = 0; i < waiting; ++i) {
      Lanes& out = drawn[which[i]];
      out = any(~small[i]) ? select(small[i], counted[i], out) : counted[i];
    }
  }
  VITRINE_INLINE_MEMBER void words(std::uint32_t cell, std::uint32_t block, Words* x) const {
    Words all_four[4] = {lane_numbers() + cell, Words{} + job_.view, Words{} + block,
                         Words{} + job_.draw};
    philox(all_four, job_.key[0], job_.key[1]);
    for (int i = 0; i < 4; ++i) x[i] = all_four[i];
  }

  void write(std::int32_t column) const {
    for (std::int32_t b = 0; b < job_.bins; ++b)
      std::memcpy(job_.out + b * job_.out_stride + std::ptrdiff_t(column) * job_.rows,
                  counts(column, b, 0), std::size_t(job_.rows) * 4);
  }

  const CountJob& job_;
  std::ptrdiff_t stride_;
};

}  // namespace

void count(const CountJob& job) { Counter(job).view(); }

}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
