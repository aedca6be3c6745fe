#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/recon/detail/hot.hpp"
#include "vitrine/recon/detail/line_filter.hpp"

namespace vitrine::recon::detail {
namespace {

constexpr double pi = std::numbers::pi;

/// Spectrum of the ramp from its samples at `spacing`; |f| with the right mean.
std::vector<std::complex<double>> ramp_spectrum(std::size_t length, double spacing) {
  std::vector<std::complex<double>> h(length);
  h[0] = 1.0 / (4.0 * spacing * spacing);
  for (std::size_t n = 1; n < length / 2; n += 2)
    h[n] = h[length - n] = -1.0 / (pi * pi * double(n) * double(n) * spacing * spacing);
  fft(h, FftDirection::forward);
  return h;
}

bool has_quarter_offset(const Rebinned& scan) {
  // A ray and its conjugate are this far apart, in samples.
  const double twice = 2.0 * scan.position(0.0) / scan.spacing();
  return std::abs(std::abs(twice - std::round(twice)) - 0.5) < 0.1;
}

}  // namespace

LineFilter::LineFilter(const Rebinned& scan, const Kernel& kernel)
    : input_samples_(scan.samples()),
      input_rows_(scan.rows()),
      padded_rows_(scan.padded_rows()),
      rows_(std::max<Index>(2, scan.rows())),
      spacing_(0.5 * scan.spacing()),
      fft_(std::bit_ceil(2 * std::size_t(scan.samples()))),
      wide_fft_(2 * fft_.length()) {
  const double radius = scan.scan().field_of_view_radius();
  samples_ = 2 * Index(std::ceil(radius / spacing_ + 0.5));
  // Element n of the wide transform lies n * spacing_ after the first input sample; output m is
  // element first_ + m, moved by the rest `shift` of a spacing.
  const double first = (position(0.0) - scan.position(0.0)) / spacing_;
  first_ = Index(std::floor(first + 1e-6));
  const double shift = (first - double(first_)) * spacing_;

  const std::size_t length = wide_fft_.length();
  const auto ramp = ramp_spectrum(length, spacing_);
  const double own_limit = 0.5 / scan.spacing();
  const double limit = has_quarter_offset(scan) ? 2.0 * own_limit : own_limit;
  response_.resize(2 * length);
  for (std::size_t k = 0; k < length; ++k) {
    const double signed_k = k <= length / 2 ? double(k) : double(k) - double(length);
    const double f = signed_k / (double(length) * spacing_);
    // The transform of q = spacing * sum p h, without the normalisation of the inverse transform.
    const double gain = std::abs(f) > limit * (1.0 + 1e-9) ? 0.0 : kernel.gain(std::abs(f));
    const double size = gain * scan.spacing() * ramp[k].real() / double(length);
    const double phase = k == length / 2 ? 0.0 : 2.0 * pi * f * shift;
    const std::size_t at = wide_fft_.bit_reversed(k);
    response_[2 * at] = float(size * math::cos(phase));
    response_[2 * at + 1] = float(size * math::sin(phase));
  }
}

void LineFilter::operator()(std::span<const float> line, bool mirrored, std::span<float> scratch,
                            float* out, Isa isa) const {
  const HotKernels& hot = hot_kernels(isa);
  constexpr Index element = Index(BatchFft::element);
  const Index length = Index(fft_.length());
  const auto narrow = scratch.first(std::size_t(length * element));
  const auto wide = scratch.subspan(narrow.size(), 2 * narrow.size());
  for (Index row = 0; row < input_rows_; row += row_batch) {
    // Sixteen contiguous rows of a sample are one element of the batch.
    for (Index j = 0; j < input_samples_; ++j)
      std::copy_n(line.data() + j * padded_rows_ + row, element, narrow.data() + j * element);
    std::fill(narrow.begin() + input_samples_ * element, narrow.end(), 0.0f);
    fft_.forward_scrambled(narrow, isa);
    hot.apply_response(narrow.data(), length, response_.data(), wide.data());
    wide_fft_.inverse_scrambled(wide, isa);
    hot.store_rows(wide.data(), 2 * length, first_, samples_, mirrored,
                   std::min(row_batch, input_rows_ - row), block_stride(), out + 8 * row);
  }
  if (input_rows_ == 1)
    for (Index m = 0; m < 8 * blocks(); ++m) out[at(1, m)] = out[at(0, m)];
}

}  // namespace vitrine::recon::detail
