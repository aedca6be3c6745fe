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

/// From a line's response to an arc's: its values at an angle g are times (g / sin g)^2. `step`:
/// rad between them.
void bend(std::vector<std::complex<double>>& spectrum, double step) {
  constexpr double widest = 2.5;  // rad; no fan has rays that far apart
  const std::size_t length = spectrum.size();
  fft(spectrum, FftDirection::inverse);
  for (std::size_t n = 0; n < length; ++n) {
    const double g = std::min(widest, double(std::min(n, length - n)) * step);
    const double ratio = n == 0 ? 1.0 : g / math::sin(g);
    spectrum[n] = spectrum[n].real() * ratio * ratio / double(length);
  }
  fft(spectrum, FftDirection::forward);
}

bool has_quarter_offset(const Rebinned& scan) {
  // A ray and its conjugate are this far apart, in samples.
  const double twice = 2.0 * scan.position(0.0) / scan.spacing();
  return std::abs(std::abs(twice - std::round(twice)) - 0.5) < 0.1;
}

}  // namespace

LineFilter::LineFilter(const Rebinned& scan, const Kernel& kernel, Blur blur)
    : input_samples_(scan.samples()),
      input_rows_(scan.rows()),
      padded_rows_(scan.padded_rows()),
      rows_(std::max<Index>(2, scan.rows())),
      spacing_(0.5 * scan.spacing()),
      extends_(scan.extends_truncated()),
      fft_(std::bit_ceil(2 * std::size_t(scan.samples()))),
      wide_fft_(2 * fft_.length()) {
  const double own_limit = 0.5 / scan.spacing();
  // In a short scan most rays have no conjugate to cancel their aliases.
  const bool doubled = has_quarter_offset(scan) && !scan.is_short();
  prepare(kernel, scan.scan().field_of_view_radius() + scan.farthest_axis_y(), scan.position(0.0),
          doubled ? 2.0 * own_limit : own_limit, blur);
}

LineFilter::LineFilter(const Rows& rows, const Kernel& kernel, Blur blur, bool extends)
    : input_samples_(rows.samples),
      input_rows_(rows.rows),
      padded_rows_(rows.rows),
      rows_(std::max<Index>(2, rows.rows)),
      spacing_(0.5 * rows.spacing),
      extends_(extends),
      fft_(std::bit_ceil(2 * std::size_t(rows.samples))),
      wide_fft_(2 * fft_.length()) {
  prepare(kernel, rows.radius, rows.first, 0.5 / rows.spacing, blur, rows.radius_of_arc);
}

void LineFilter::prepare(const Kernel& kernel, double radius, double input_first, double limit,
                         Blur blur, double radius_of_arc) {
  samples_ = 2 * Index(std::ceil(radius / spacing_ + 0.5));
  // Element n of the wide transform lies n * spacing_ after the first input sample; output m is
  // element first_ + m, moved by the rest `shift` of a spacing.
  const double first = (position(0.0) - input_first) / spacing_;
  first_place_ = first;
  first_ = Index(std::floor(first + 1e-6));
  const double shift = (first - double(first_)) * spacing_;

  const std::size_t length = wide_fft_.length();
  auto ramp = ramp_spectrum(length, spacing_);
  const auto frequency = [&](std::size_t k) {
    const double signed_k = k <= length / 2 ? double(k) : double(k) - double(length);
    return signed_k / (double(length) * spacing_);
  };
  const auto windowed = [&](std::size_t k) {
    const double f = std::abs(frequency(k));
    return (f > limit * (1.0 + 1e-9) ? 0.0 : kernel.gain(f)) * 2.0 * spacing_ * ramp[k].real();
  };
  if (radius_of_arc > 0.0) {
    for (std::size_t k = 0; k < length; ++k) ramp[k] = windowed(k) / (2.0 * spacing_);
    bend(ramp, spacing_ / radius_of_arc);
  }
  response_.resize(2 * length);
  for (std::size_t k = 0; k < length; ++k) {
    // Linear interpolation between samples d apart passes sinc^2(f d); d is 0.4 to 0.5 spacings.
    const double f = frequency(k), x = pi * 0.45 * spacing_ * f;
    const double passed = blur == Blur::once || k == 0 ? 1.0 : math::sin(x) / x;
    // The transform of q = spacing * sum p h, without the normalisation of the inverse transform.
    const double all = radius_of_arc > 0.0 ? 2.0 * spacing_ * ramp[k].real() : windowed(k);
    const double size = all / double(length) / (passed * passed);
    const double phase = k == length / 2 ? 0.0 : 2.0 * pi * f * shift;
    const std::size_t at = wide_fft_.bit_reversed(k);
    response_[2 * at] = float(size * math::cos(phase));
    response_[2 * at + 1] = float(size * math::sin(phase));
  }
}

std::vector<float> LineFilter::moved_on(double part) const {
  std::vector<float> out(response_.size());
  const std::size_t length = wide_fft_.length();
  for (std::size_t k = 0; k < length; ++k) {
    const double signed_k = k <= length / 2 ? double(k) : double(k) - double(length);
    const double phase = k == length / 2 ? 0.0 : 2.0 * pi * signed_k / double(length) * part;
    const double c = math::cos(phase), s = math::sin(phase);
    const std::size_t at = 2 * wide_fft_.bit_reversed(k);
    const auto re = double(response_[at]), im = double(response_[at + 1]);
    out[at] = float(re * c - im * s);
    out[at + 1] = float(re * s + im * c);
  }
  return out;
}

void LineFilter::extend(std::span<float> narrow, Index last, Index step) const {
  constexpr double water = 0.02;     // 1/mm, of CT beams
  constexpr double truncated = 0.1;  // a line integral: 5 mm of water
  constexpr Index taken = 8;
  if (input_samples_ < taken) return;
  const Index length = Index(fft_.length()), room = (length - input_samples_) / 2;
  const double pitch = 2.0 * spacing_;
  for (Index row = 0; row < row_batch; ++row) {
    const auto sample = [&](Index back) {
      return double(narrow[std::size_t((last - step * back) * row_batch + row)]);
    };
    // Mean and slope (per mm outwards) of the last samples, by least squares.
    double mean = 0.0, moment = 0.0, square = 0.0;
    for (Index i = 0; i < taken; ++i) {
      const double x = (0.5 * double(taken - 1) - double(i)) * pitch;
      mean += sample(i) / double(taken);
      moment += x * sample(i);
      square += x * x;
    }
    if (!(mean > truncated)) continue;
    const double slope = std::min(0.0, moment / square);
    const double end = mean + slope * 0.5 * double(taken - 1) * pitch;
    if (!(end > 0.0)) continue;
    // p = 2 mu sqrt(R^2 - (t - c)^2): its value and slope give t - c and R.
    const double from_centre = -end * slope / (4.0 * water * water);
    const double radius = std::sqrt(end * end / (4.0 * water * water) + from_centre * from_centre);
    for (Index n = 1; n <= room; ++n) {
      const double t = from_centre + double(n) * pitch;
      if (t >= radius) break;
      const Index at = (last + step * n + length) % length;
      narrow[std::size_t(at * row_batch + row)] =
          float(2.0 * water * std::sqrt(radius * radius - t * t));
    }
  }
}

void LineFilter::extend_both(std::span<float> narrow) const {
  if (!extends_) return;
  extend(narrow, input_samples_ - 1, 1);
  extend(narrow, 0, -1);
}

void LineFilter::single_rows(std::span<const float* const> lines, bool mirrored,
                             std::span<const float> weights, std::span<float> scratch,
                             std::span<float> out, Isa isa) const {
  VITRINE_EXPECT(input_rows_ == 1 && std::ssize(lines) <= row_batch && out.size() == batch_size());
  const HotKernels& hot = hot_kernels(isa);
  constexpr Index element = Index(BatchFft::element);
  const Index length = Index(fft_.length()), room = (length - input_samples_) / 2;
  const auto narrow = scratch.first(std::size_t(length * element));
  const auto wide = scratch.subspan(narrow.size(), 2 * narrow.size());
  std::ranges::fill(narrow, 0.0f);
  for (Index j = 0; j < input_samples_; ++j)
    for (std::size_t n = 0; n < lines.size(); ++n)
      narrow[std::size_t(j * element) + n] = lines[n][j];
  extend_both(narrow);
  for (Index j = 0; !weights.empty() && j < length; ++j) {
    const Index of = j < input_samples_ ? j : j < input_samples_ + room ? input_samples_ - 1 : 0;
    for (std::size_t n = 0; n < lines.size(); ++n)
      narrow[std::size_t(j * element) + n] *=
          weights[n * std::size_t(input_samples_) + std::size_t(of)];
  }
  fft_.forward_scrambled(narrow, isa);
  hot.apply_response(narrow.data(), length, response_.data(), wide.data());
  wide_fft_.inverse_scrambled(wide, isa);
  hot.store_rows(wide.data(), 2 * length, first_, samples_, mirrored, row_batch, 8 * element,
                 out.data());
}

void LineFilter::rows_contiguous(std::span<const float> line, std::span<const float> weights,
                                 std::span<float> scratch, float* out, Index stride,
                                 Isa isa) const {
  const HotKernels& hot = hot_kernels(isa);
  constexpr Index element = Index(BatchFft::element);
  const Index length = Index(fft_.length()), mask = 2 * length - 1;
  const auto narrow = scratch.first(std::size_t(length * element));
  const auto wide = scratch.subspan(narrow.size(), 2 * narrow.size());
  for (Index row = 0; row < input_rows_; row += row_batch) {
    const Index rows = std::min(row_batch, input_rows_ - row);
    std::ranges::fill(narrow, 0.0f);
    for (Index j = 0; j < input_samples_; ++j)
      std::copy_n(line.data() + j * input_rows_ + row, rows, narrow.data() + j * element);
    extend_both(narrow);
    if (!weights.empty()) weigh(narrow, weights);
    fft_.forward_scrambled(narrow, isa);
    hot.apply_response(narrow.data(), length, response_.data(), wide.data());
    wide_fft_.inverse_scrambled(wide, isa);
    for (Index m = 0; m < samples_; ++m)
      std::copy_n(wide.data() + ((first_ + m) & mask) * element, element, out + m * stride + row);
  }
}

void LineFilter::weigh(std::span<float> narrow, std::span<const float> weights) const {
  const Index length = Index(fft_.length()), room = (length - input_samples_) / 2;
  for (Index n = 0; n < length; ++n) {
    const float w = n < input_samples_          ? weights[std::size_t(n)]
                    : n < input_samples_ + room ? weights.back()
                                                : weights.front();
    for (Index lane = 0; lane < row_batch; ++lane) narrow[std::size_t(n * row_batch + lane)] *= w;
  }
}

void LineFilter::operator()(std::span<const float> line, bool mirrored, std::span<float> scratch,
                            float* out, Isa isa, double shift, std::span<const float> weights,
                            SomeRows some) const {
  const HotKernels& hot = hot_kernels(isa);
  constexpr Index element = Index(BatchFft::element);
  const Index length = Index(fft_.length());
  const auto narrow = scratch.first(std::size_t(length * element));
  const auto wide = scratch.subspan(narrow.size(), 2 * narrow.size());
  Index first = first_;
  std::vector<float> moved;
  if (shift != 0.0) {
    const double place = first_place_ + shift / spacing_;
    first = Index(std::floor(place));
    moved = moved_on((place - double(first)) - (first_place_ - double(first_)));
  }
  const float* response = moved.empty() ? response_.data() : moved.data();
  for (Index row = some.begin / row_batch * row_batch; row < std::min(input_rows_, some.end);
       row += row_batch) {
    // Sixteen contiguous rows of a sample are one element of the batch.
    for (Index j = 0; j < input_samples_; ++j)
      if (padded_rows_ >= element) {
        std::copy_n(line.data() + j * padded_rows_ + row, element, narrow.data() + j * element);
      } else {
        std::fill_n(narrow.data() + j * element, element, 0.0f);
        narrow[std::size_t(j * element)] = line[std::size_t(j)];
      }
    std::fill(narrow.begin() + input_samples_ * element, narrow.end(), 0.0f);
    extend_both(narrow);
    if (!weights.empty()) weigh(narrow, weights);
    fft_.forward_scrambled(narrow, isa);
    hot.apply_response(narrow.data(), length, response, wide.data());
    wide_fft_.inverse_scrambled(wide, isa);
    hot.store_rows(wide.data(), 2 * length, first, samples_, mirrored,
                   std::min(row_batch, input_rows_ - row), block_stride(), out + 8 * row);
  }
  if (input_rows_ == 1)
    for (Index m = 0; m < 8 * blocks(); ++m) out[at(1, m)] = out[at(0, m)];
}

}  // namespace vitrine::recon::detail
