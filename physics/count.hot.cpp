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

/// Poisson numbers of some means. Below 30 by inversion, exactly; from there on Cornish and
/// Fisher's expansion, as in detect.hot.cpp.
VITRINE_INLINE Lanes poisson(Lanes mean, Words word, Lanes normal) {
  const Bits small = Bits(mean < all(exact_below));
  const Lanes deviation = root(larger(mean - all(1.0f / 18), all(0.0f)));
  const Lanes large = mean + deviation * normal + (normal * normal - all(1.0f)) * all(1.0f / 6);
  if (!any(small)) return large;
  // Lanes of large means wait with one of 0.
  const Lanes low = select(small, mean, all(0.0f));
  const Lanes u = uniform(word);
  Lanes probability = exp2(low * all(-1.442695041f)), below = probability, count = all(0.0f);
  float next = 1.0f;
  while (next < most_counts) {
    const Bits more = Bits(u > below);
    if (!any(more)) break;
    count += select(more, all(1.0f), all(0.0f));
    probability *= low * all(1.0f / next);
    next += 1.0f;
    below += probability;
  }
  return select(small, count, large);
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
  std::ptrdiff_t rows_of_column() const { return job_.pair_count + 3 * job_.bins; }
  float* array(std::int32_t column, std::int32_t which) const {
    return job_.scratch + ((column & 1) * rows_of_column() + which) * stride_ + lane_width;
  }
  float* rate(std::int32_t column, std::int32_t pair) const { return array(column, pair); }
  float* mean(std::int32_t column, std::int32_t bin) const {
    return array(column, job_.pair_count + bin);
  }
  float* taken(std::int32_t column, std::int32_t bin) const {
    return array(column, job_.pair_count + job_.bins + bin);
  }
  float* counts(std::int32_t column, std::int32_t bin) const {
    return array(column, job_.pair_count + 2 * job_.bins + bin);
  }
  void clear(std::int32_t column) const {
    std::memset(array(column, 0) - lane_width, 0,
                std::size_t(rows_of_column()) * std::size_t(stride_) * 4);
  }

  /// Expected counts of a column's cells and rates of the pairs that begin in them.
  void expect(std::int32_t column) const {
    const std::ptrdiff_t first = std::ptrdiff_t(column) * job_.rows;
    const float* air = job_.bin_air + std::ptrdiff_t(column) * job_.bins;
    for (std::int32_t row = 0; row < job_.rows; row += lane_width) {
      const std::int32_t here = job_.rows - row < lane_width ? job_.rows - row : lane_width;
      // Padded rows read 0.
      const auto padded = [&](const float* from) {
        if (here == lane_width) return load(from + first + row);
        float values[lane_width] = {};
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
    for (std::int32_t row = 0; row < job_.rows; row += lane_width) {
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
        numbers(column, row, block, some, means, drawn);
        for (std::int32_t i = 0; i < some; ++i) {
          const PairClass& pair = job_.pairs[p + i];
          const Other to = other(pair, column, row);
          add(taken(column, pair.first) + row, means[i]);
          add(taken(to.column, pair.second) + to.row, means[i]);
          add(counts(column, pair.first) + row, drawn[i]);
          add(counts(to.column, pair.second) + to.row, drawn[i]);
        }
      }
      for (std::int32_t b = 0; b < job_.bins; b += 4, ++block) {
        Lanes means[4], drawn[4];
        const std::int32_t some = job_.bins - b < 4 ? job_.bins - b : 4;
        for (std::int32_t i = 0; i < some; ++i)
          means[i] =
              larger(load(mean(column, b + i) + row) - load(taken(column, b + i) + row), all(0.0f));
        numbers(column, row, block, some, means, drawn);
        for (std::int32_t i = 0; i < some; ++i) add(counts(column, b + i) + row, drawn[i]);
      }
    }
  }
  static void add(float* to, Lanes value) { store(to, load(to) + value); }

  /// Up to four Poisson numbers a cell, each from a word of the cell's block. Two normals are made
  /// of two words: where only one of them is asked for, the other number has a word of a block of
  /// its own.
  void numbers(std::int32_t column, std::int32_t row, std::uint32_t block, std::int32_t some,
               const Lanes* means, Lanes* drawn) const {
    const Words lane = {0, 1, 2, 3, 4, 5, 6, 7};
    const auto cell = std::uint32_t(column * job_.row_groups * lane_width + row);
    Words x[4] = {lane + cell, Words{} + job_.view, Words{} + (block + 1u), Words{} + job_.draw};
    philox(x, job_.key[0], job_.key[1]);
    for (std::int32_t i = 0; i < some; i += 2) {
      const bool two = i + 1 < some;
      const Bits first = Bits(means[i] >= all(exact_below));
      const Bits second = two ? Bits(means[i + 1] >= all(exact_below)) : first;
      Lanes normal[2] = {all(0.0f), all(0.0f)};
      Words word[2] = {x[i], x[i + 1]};
      if (any(first | second)) normals(x[i], x[i + 1], normal[0], normal[1]);
      if (const Bits mixed = first ^ second; any(mixed)) {
        Words other[4] = {lane + cell, Words{} + job_.view, Words{} + (block + 0x10001u),
                          Words{} + job_.draw};
        philox(other, job_.key[0], job_.key[1]);
        for (int k = 0; k < 2; ++k)
          word[k] = (word[k] & ~Words(mixed)) | (other[i + k] & Words(mixed));
      }
      drawn[i] = poisson(means[i], word[0], normal[0]);
      if (two) drawn[i + 1] = poisson(means[i + 1], word[1], normal[1]);
    }
  }

  void write(std::int32_t column) const {
    for (std::int32_t b = 0; b < job_.bins; ++b)
      std::memcpy(job_.out + b * job_.out_stride + std::ptrdiff_t(column) * job_.rows,
                  counts(column, b), std::size_t(job_.rows) * 4);
  }

  const CountJob& job_;
  std::ptrdiff_t stride_;
};

}  // namespace

void count(const CountJob& job) { Counter(job).view(); }

}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
