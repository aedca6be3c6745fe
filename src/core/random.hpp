#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

namespace vitrine {

/// What a random number is for. Part of every address: append, never renumber.
enum class Draw : std::uint8_t {
  anatomy = 1,
  lesion = 2,
  motion = 3,
  quantum = 4,
  electronic = 5,
  reader = 6,
  bootstrap = 7,
  texture = 8,
  reposition = 9,
  test = 10,
  design = 11,
  growth = 12,
  follow_up = 13,
  contrast = 14,
  detector = 15,
  transport = 20,
};

/// The key of one stream of random numbers, made by hashing what it belongs to.
///
/// Anatomy: the trial seed and the case, so one case is the same patient on every scanner.
/// Noise: the trial seed, the scan's content key and the time point, so two scans never
/// share a draw, and adding an arm to a trial changes no other arm.
struct Stream {
  std::uint64_t key = 0;  ///< first 64 bits of a SHA-256
  Draw draw = Draw::anatomy;
};

/// The stream that belongs to `owner` (a case id, a scan's content key) in the trial of `seed`.
Stream make_stream(std::uint64_t seed, std::string_view owner, Draw draw);

/// One subject's place in a Latin hypercube of `count` subjects (McKay, Beckman and Conover,
/// Technometrics 21 (1979) 239).
///
/// Of every draw's range, cut into `count` equal parts, each subject gets another part; which one
/// is decided by a permutation of its own for every draw.
struct Stratum {
  Stream design;  ///< decides the permutations: the same for all subjects
  std::uint32_t index = 0, count = 1;

  /// The part that belongs to draw number `draw`, in [0, count).
  std::uint32_t part(std::uint32_t draw) const noexcept;
};

/// Counter-based generator (Philox 4x32-10; Salmon et al. 2011, Random123).
///
/// The counter *is* the address (block, element, purpose), so a value does not depend
/// on thread count, loop order, or which cases were run before.
class Rng {
 public:
  using result_type = std::uint32_t;
  using Block = std::array<std::uint32_t, 4>;

  /// Generator for one element (a view and cell, a lesion) of a stream.
  Rng(const Stream& stream, std::uint64_t element) noexcept
      : key_{static_cast<std::uint32_t>(stream.key), static_cast<std::uint32_t>(stream.key >> 32)},
        counter_{0, static_cast<std::uint32_t>(element), static_cast<std::uint32_t>(element >> 32),
                 static_cast<std::uint32_t>(stream.draw)} {}

  /// The same, but the first `stratified_draws` numbers lie in their parts of the hypercube.
  Rng(const Stream& stream, std::uint64_t element, const Stratum& stratum) noexcept
      : Rng(stream, element) {
    stratum_ = stratum;
  }
  static constexpr std::uint32_t stratified_draws = 64;

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()() noexcept {
    if (used_ == 4) {
      block_ = philox(counter_, key_);
      ++counter_[0];
      used_ = 0;
    }
    const result_type x = block_[used_++];
    return stratum_.count > 1 && drawn_ < stratified_draws ? stratified(x) : x;
  }

  /// Uniform on the open interval (0, 1): safe under a logarithm.
  double uniform() noexcept { return ((*this)() + 0.5) * 0x1p-32; }
  double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }
  /// Integer in [0, n), n <= 2^32; the bias is below n / 2^32.
  std::uint64_t below(std::uint64_t n) noexcept { return (std::uint64_t((*this)()) * n) >> 32; }
  /// Standard normal (Box-Muller); std::normal_distribution differs between libraries.
  double normal() noexcept;
  /// Poisson of any mean >= 0: exact inversion below 30, transformed rejection above (Hoermann
  /// 1993).
  double poisson(double mean) noexcept;

  /// One Philox 4x32-10 block.
  static Block philox(const Block& counter, const std::array<std::uint32_t, 2>& key) noexcept;

 private:
  result_type stratified(result_type x) noexcept;

  std::array<std::uint32_t, 2> key_;
  Block counter_;
  Block block_{};
  unsigned used_ = 4;
  std::uint32_t drawn_ = 0;
  Stratum stratum_;
};

}  // namespace vitrine
