#pragma once
#include <limits>
#include <vector>

#include "vitrine/core/fft.hpp"
#include "vitrine/recon/kernel.hpp"
#include "vitrine/recon/rebin.hpp"

namespace vitrine::recon::detail {

/// Some rows of a line: from `begin` to before `end`, whole batches of sixteen.
struct SomeRows {
  Index begin = 0, end = std::numeric_limits<Index>::max();
};

/// The ramp filter of one scan and kernel: parallel lines in, lines of half the spacing out.
///
/// The ramp is the transform of its band-limited samples (Kak and Slaney 1988, eq. 3.61) with zero
/// padding to twice the line, so the mean is right. Output sample m lies at
/// t = (m - (samples - 1) / 2) * spacing for every scan: the detector's offset goes into the phase.
/// Where the offset is a quarter column, a ray and its conjugate interleave and their first aliases
/// cancel, so the kernel may use frequencies up to twice the columns' own limit; elsewhere it ends
/// there.
///
/// A line that ends inside the object, its last eight samples above 0.1 in the mean, goes on as a
/// water cylinder with their value and slope would (Hsieh et al., Med Phys 31 (2004) 2385): to 0,
/// within the padding.
class LineFilter {
 public:
  /// What the filtered lines are interpolated with: linear interpolation of their samples, or that
  /// and once more of samples at less than half their spacing. The kernel makes up for the latter.
  enum class Blur { once, twice };
  LineFilter(const Rebinned& scan, const Kernel& kernel, Blur blur = Blur::once);
  /// Lines without conjugates; output as far as `radius`.
  struct Rows {
    Index samples;
    double spacing, first, radius;  ///< mm; `first`: place of the first sample
    Index rows = 1;
    /// mm, if samples lie on an arc: the ramp's response at an angle g along it is then times
    /// (g / sin g)^2 (Kak and Slaney 1988, eq. 3.116).
    double radius_of_arc = 0.0;
  };
  LineFilter(const Rows& rows, const Kernel& kernel, Blur blur, bool extends = true);

  Index samples() const { return samples_; }
  double spacing() const { return spacing_; }
  double position(double sample) const { return (sample - 0.5 * double(samples_ - 1)) * spacing_; }
  Index blocks() const { return (samples_ + 7) / 8; }  ///< of eight samples
  /// Rows of a filtered line: at least two, a single one is repeated.
  Index rows() const { return rows_; }
  Index block_stride() const { return 8 * rows_; }
  Index line_size() const { return blocks() * block_stride(); }
  /// Place of a row's sample in a filtered line.
  Index at(Index row, Index sample) const {
    return sample / 8 * block_stride() + 8 * row + sample % 8;
  }
  std::size_t scratch_size() const { return 3 * fft_.length() * BatchFft::element; }

  /// One line, [sample / 8][row][8]; `mirrored` reverses the samples, for conjugate rays. Sample m,
  /// before that, lies at t + `shift` [mm]. `weights` of the samples before they are filtered, the
  /// outer ones' of what goes on beyond the ends; none: 1. Rows beyond `some` are left as they are.
  void operator()(std::span<const float> line, bool mirrored, std::span<float> scratch, float* out,
                  Isa isa, double shift = 0.0, std::span<const float> weights = {},
                  SomeRows some = {}) const;

  /// Of scans of one row: up to sixteen lines at once, all of them mirrored or none; sample m of
  /// line n arrives at batch_at(n, m). `weights`: of the lines' samples, one line after the other.
  void single_rows(std::span<const float* const> lines, bool mirrored,
                   std::span<const float> weights, std::span<float> scratch, std::span<float> out,
                   Isa isa) const;
  /// One view, [sample][rows]: out[sample * stride + row]. `weights`: of the samples.
  void rows_contiguous(std::span<const float> line, std::span<const float> weights,
                       std::span<float> scratch, float* out, Index stride, Isa isa) const;
  std::size_t batch_size() const { return std::size_t(blocks() * 8) * BatchFft::element; }
  static Index batch_at(Index line, Index sample) {
    return sample / 8 * 8 * Index(BatchFft::element) + 8 * line + sample % 8;
  }

 private:
  /// `first`: place of the first input sample; the kernel ends at `limit`.
  void prepare(const Kernel& kernel, double radius, double first, double limit, Blur blur,
               double radius_of_arc = 0.0);
  void extend_both(std::span<float> narrow) const;
  Index input_samples_, input_rows_, padded_rows_, rows_, samples_ = 0, first_ = 0;
  double spacing_, first_place_ = 0.0;  // of output 0, in spacings from input 0
  bool extends_;
  BatchFft fft_, wide_fft_;
  /// The response for outputs that lie `part` of a spacing on.
  std::vector<float> moved_on(double part) const;
  /// Writes what follows an end of sixteen rows' lines; `step` is -1 at their beginning.
  void extend(std::span<float> narrow, Index last, Index step) const;

  void weigh(std::span<float> narrow, std::span<const float> weights) const;

  std::vector<float> response_;
};

}  // namespace vitrine::recon::detail
