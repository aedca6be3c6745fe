#include "vitrine/core/fft.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numbers>

#include "vitrine/core/detail/fft_hot.hpp"
#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"

namespace vitrine {
namespace {

constexpr std::size_t max_length = std::size_t(1) << 24;

std::size_t reverse_bits(std::size_t k, std::size_t length) {
  std::size_t reversed = 0;
  for (std::size_t bit = 1; bit < length; bit <<= 1) reversed = reversed << 1 | ((k & bit) ? 1 : 0);
  return reversed;
}

/// exp(-2 pi i k / n), exact in the eight directions where that is possible.
std::complex<double> root(std::size_t k, std::size_t n) {
  const double turn = double(k % n) / double(n);
  if (turn == 0.25) return {0.0, -1.0};
  if (turn == 0.5) return {-1.0, 0.0};
  if (turn == 0.75) return {0.0, 1.0};
  const double angle = -2.0 * std::numbers::pi * turn;
  return {math::cos(angle), math::sin(angle)};
}

/// The product of finite numbers, without the library's search for infinities.
std::complex<double> product(std::complex<double> a, std::complex<double> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

void check_length(std::size_t length) {
  require(std::has_single_bit(length) && length <= max_length, Error::Kind::unsupported,
          "a transform of length ", length, " is not available (it is no power of two up to 2^24)");
}

}  // namespace

BatchFft::BatchFft(std::size_t length) : length_(length) {
  check_length(length);
  for (std::size_t block = length; block > 4; block /= 4) {
    auto& table = twiddles_.emplace_back();
    for (std::size_t k = 0; k < block / 4; ++k)
      for (const std::size_t power : {1, 2, 3}) {
        const auto w = root(power * k, block);
        table.push_back(float(w.real()));
        table.push_back(float(w.imag()));
      }
  }
}

namespace {

/// Pointers to the tables, as the hot kernels take them.
struct TablePointers {
  std::array<const float*, 16> pointers{};
  detail::FftTables tables;

  TablePointers(std::size_t length, const std::vector<std::vector<float>>& twiddles) {
    for (std::size_t i = 0; i < twiddles.size(); ++i) pointers[i] = twiddles[i].data();
    tables = {length, pointers.data()};
  }
};

}  // namespace

void BatchFft::forward_scrambled(std::span<float> data, Isa isa) const {
  VITRINE_EXPECT(data.size() >= length_ * element);
  const TablePointers t(length_, twiddles_);
  (isa == Isa::v3 ? v3::fft_forward : portable::fft_forward)(data.data(), t.tables);
}

void BatchFft::inverse_scrambled(std::span<float> data, Isa isa) const {
  VITRINE_EXPECT(data.size() >= length_ * element);
  const TablePointers t(length_, twiddles_);
  (isa == Isa::v3 ? v3::fft_inverse : portable::fft_inverse)(data.data(), t.tables);
}

void BatchFft::forward(std::span<float> data, Isa isa) const {
  forward_scrambled(data, isa);
  reorder(data);
}

void BatchFft::inverse(std::span<float> data, Isa isa) const {
  reorder(data);
  inverse_scrambled(data, isa);
}

std::size_t BatchFft::bit_reversed(std::size_t k) const { return reverse_bits(k, length_); }

void BatchFft::reorder(std::span<float> data) const {
  for (std::size_t k = 0; k < length_; ++k)
    if (const std::size_t other = bit_reversed(k); k < other)
      std::swap_ranges(data.data() + k * element, data.data() + (k + 1) * element,
                       data.data() + other * element);
}

Fft::Fft(std::size_t length) : length_(length) {
  const bool direct = std::has_single_bit(length);
  require(length >= 1 && length <= (direct ? max_length : max_length / 2), Error::Kind::unsupported,
          "a transform of length ", length, " is not available (from 1 to 2^23, or 2^24)");
  const std::size_t n = direct ? length : std::bit_ceil(2 * length - 1);
  for (std::size_t k = 0; k < n / 2; ++k) roots_.push_back(root(k, n));
  for (std::size_t k = 0; k < n; ++k) reversed_.push_back(reverse_bits(k, n));
  if (direct) return;
  for (std::size_t k = 0; k < length; ++k) chirp_.push_back(root(k * k % (2 * length), 2 * length));
  spectrum_.assign(n, {});
  spectrum_[0] = 1;
  for (std::size_t k = 1; k < length; ++k)
    spectrum_[k] = spectrum_[n - k] = std::conj(chirp_[k]) / double(n);
  spectrum_[0] /= double(n);
  transform(spectrum_, FftDirection::forward);
}

void Fft::operator()(std::span<std::complex<double>> data, FftDirection direction) const {
  VITRINE_EXPECT(data.size() == length_);
  if (chirp_.empty()) return transform(data, direction);
  // The inverse is the conjugate of the conjugate's transform.
  const auto conjugate = [&] {
    if (direction == FftDirection::inverse)
      for (auto& x : data) x = std::conj(x);
  };
  conjugate();
  convolve_with_chirp(data);
  conjugate();
}

void Fft::convolve_with_chirp(std::span<std::complex<double>> data) const {
  // jk = (j^2 + k^2 - (k - j)^2) / 2
  std::vector<std::complex<double>> work(reversed_.size());
  for (std::size_t k = 0; k < length_; ++k) work[k] = product(data[k], chirp_[k]);
  transform(work, FftDirection::forward);
  for (std::size_t k = 0; k < work.size(); ++k) work[k] = product(work[k], spectrum_[k]);
  transform(work, FftDirection::inverse);
  for (std::size_t k = 0; k < length_; ++k) data[k] = product(work[k], chirp_[k]);
}

void Fft::transform(std::span<std::complex<double>> data, FftDirection direction) const {
  const std::size_t n = data.size();
  VITRINE_EXPECT(n == reversed_.size());
  for (std::size_t k = 0; k < n; ++k)
    if (const std::size_t other = reversed_[k]; k < other) std::swap(data[k], data[other]);
  const double sign = direction == FftDirection::inverse ? -1.0 : 1.0;
  for (std::size_t half = 1; half < n; half *= 2)
    for (std::size_t start = 0; start < n; start += 2 * half)
      for (std::size_t k = 0; k < half; ++k) {
        auto& a = data[start + k];
        auto& b = data[start + k + half];
        const auto& forward = roots_[k * (n / (2 * half))];
        const auto turned = product(b, {forward.real(), sign * forward.imag()});
        b = a - turned;
        a += turned;
      }
}

void fft(std::span<std::complex<double>> data, FftDirection direction) {
  Fft transform(data.size());
  transform(data, direction);
}

}  // namespace vitrine
