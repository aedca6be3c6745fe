#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace vitrine::radiomics {

/// Four complex numbers, one of each of four sequences that are transformed together.
struct alignas(64) Lanes {
  static constexpr std::size_t count = 4;
  double re[count] = {};
  double im[count] = {};
};

/// Discrete Fourier transforms of four complex sequences at once, in double and in natural order:
/// X[k] = sum_j x[j] exp(-2 pi i j k / n). The same bits on every machine.
class LaneFft {
 public:
  /// The next length from `at_least` on that is 1, or four times a product of 2, 3 and 5.
  static std::size_t good_length(std::size_t at_least);

  /// A length that `good_length` gives.
  explicit LaneFft(std::size_t length);

  std::size_t length() const { return input_.size(); }

  /// Where the sequences are put before a transform, `length` long; it spoils them.
  std::span<Lanes> input() { return input_; }
  /// Transforms the input; valid until the next one.
  std::span<const Lanes> run() { return transform(false); }
  /// The same if the second half of the input is zero; it is not read.
  std::span<const Lanes> run_half() { return transform(true); }

 private:
  /// A pass that takes `radix` sums of elements `groups * stride` apart (Stockham).
  struct Pass {
    std::size_t radix, groups, stride;
    std::vector<double> roots;  ///< radix - 1 pairs (cos, sin) for each group
  };
  std::span<const Lanes> transform(bool half);

  std::vector<Pass> passes_;
  std::vector<Lanes> input_, other_;
};

}  // namespace vitrine::radiomics
