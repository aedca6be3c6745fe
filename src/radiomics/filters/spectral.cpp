#include "vitrine/radiomics/filters/detail/spectral.hpp"

#include <algorithm>
#include <complex>
#include <numbers>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/fft.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/radiomics/filters/detail/separable.hpp"

namespace vitrine::radiomics {
namespace {

using Complex = std::complex<double>;

/// Frequency of the coefficient `k` of `n` [rad per voxel].
double frequency(Index k, Index n, FrequencyGrid grid) {
  if (n == 1) return 0;
  const Index of_mean = n / 2, place = (k + of_mean) % n;
  return grid == FrequencyGrid::exact ? 2 * std::numbers::pi * double(place - of_mean) / double(n)
                                      : std::numbers::pi * (2 * double(place) / double(n - 1) - 1);
}

/// Frequencies of an axis' coefficients, and of those that are their conjugates.
struct Frequencies {
  std::vector<double> at, opposite;

  Frequencies(Index n, FrequencyGrid grid) {
    for (Index k = 0; k < n; ++k) {
      at.push_back(frequency(k, n, grid));
      opposite.push_back(frequency((n - k) % n, n, grid));
    }
  }
};

/// Transforms of real boxes of one size, and the multiplication between them.
class Filter {
 public:
  Filter(std::array<Index, 3> size, const TransferFunction& transfer, FrequencyGrid grid)
      : size_(size),
        half_(size[0] / 2 + 1),
        along_{Fft(std::size_t(size[0])), Fft(std::size_t(size[1])), Fft(std::size_t(size[2]))},
        transfer_(transfer),
        x_(size[0], grid),
        y_(size[1], grid),
        z_(size[2], grid) {}

  void operator()(float* values) const {
    Buffer<Complex> spectrum(std::size_t(half_ * size_[1] * size_[2]));
    Complex* const data = spectrum.data();
    parallel_for(size_[2], [&](Index k) {
      Complex* slice = data + k * size_[1] * half_;
      rows_forward(values + k * size_[1] * size_[0], slice);
      columns(slice, half_, half_, size_[1], along_[1], FftDirection::forward);
    });
    parallel_for(size_[1], [&](Index j) {
      Complex* plane = data + j * half_;
      const Index next = half_ * size_[1];
      columns(plane, half_, next, size_[2], along_[2], FftDirection::forward);
      for (Index k = 0; k < size_[2]; ++k) multiply(plane + k * next, j, k);
      columns(plane, half_, next, size_[2], along_[2], FftDirection::inverse);
    });
    parallel_for(size_[2], [&](Index k) {
      Complex* slice = data + k * size_[1] * half_;
      columns(slice, half_, half_, size_[1], along_[1], FftDirection::inverse);
      rows_inverse(slice, values + k * size_[1] * size_[0]);
    });
  }

 private:
  /// Two rows at once, as the real and the imaginary part of one.
  void rows_forward(const float* from, Complex* to) const {
    std::vector<Complex> line(static_cast<std::size_t>(size_[0]));
    for (Index j = 0; j < size_[1]; j += 2) {
      const float* a = from + j * size_[0];
      const bool both = j + 1 < size_[1];
      for (Index i = 0; i < size_[0]; ++i)
        line[std::size_t(i)] = {double(a[i]), both ? double(a[i + size_[0]]) : 0.0};
      along_[0](line, FftDirection::forward);
      for (Index i = 0; i < half_; ++i) {
        const Complex here = line[std::size_t(i)];
        const Complex there = std::conj(line[std::size_t((size_[0] - i) % size_[0])]);
        to[j * half_ + i] = 0.5 * (here + there);
        const Complex difference = 0.5 * (here - there);
        if (both) to[(j + 1) * half_ + i] = {difference.imag(), -difference.real()};
      }
    }
  }

  void rows_inverse(const Complex* from, float* to) const {
    std::vector<Complex> line(static_cast<std::size_t>(size_[0]));
    for (Index j = 0; j < size_[1]; j += 2) {
      const Complex* a = from + j * half_;
      const bool both = j + 1 < size_[1];
      for (Index i = 0; i < size_[0]; ++i) {
        const bool is_stored = i < half_;
        const Index at = is_stored ? i : size_[0] - i;
        const double sign = is_stored ? 1 : -1;
        const Complex first = a[at], second = both ? a[half_ + at] : Complex{};
        line[std::size_t(i)] = {first.real() - sign * second.imag(),
                                sign * first.imag() + second.real()};
      }
      along_[0](line, FftDirection::inverse);
      for (Index i = 0; i < size_[0]; ++i) {
        to[j * size_[0] + i] = float(line[std::size_t(i)].real());
        if (both) to[(j + 1) * size_[0] + i] = float(line[std::size_t(i)].imag());
      }
    }
  }

  /// Transforms `count` neighbouring columns whose elements are `step` apart; some at a time, so
  /// that what a cache line holds is used at once.
  static void columns(Complex* data, Index count, Index step, Index length, const Fft& along,
                      FftDirection direction) {
    if (length == 1) return;
    constexpr Index batch = 8;
    std::vector<Complex> lines(std::size_t(batch * length));
    for (Index first = 0; first < count; first += batch) {
      const Index width = std::min(batch, count - first);
      for (Index n = 0; n < length; ++n)
        for (Index c = 0; c < width; ++c)
          lines[std::size_t(c * length + n)] = data[n * step + first + c];
      for (Index c = 0; c < width; ++c)
        along(std::span(lines).subspan(std::size_t(c * length), std::size_t(length)), direction);
      for (Index n = 0; n < length; ++n)
        for (Index c = 0; c < width; ++c)
          data[n * step + first + c] = lines[std::size_t(c * length + n)];
    }
  }

  /// A real response needs conjugate values at opposite frequencies: the gain is made even or odd,
  /// which changes it at the highest frequency of an even length, and where the grid is not even.
  void multiply(Complex* row, Index j, Index k) const {
    const auto half = std::size_t(half_);
    std::vector<double> here(half), there(half);
    const auto y = std::size_t(j), z = std::size_t(k);
    transfer_.gains(std::span(x_.at).first(half), y_.at[y], z_.at[z], here);
    transfer_.gains(std::span(x_.opposite).first(half), y_.opposite[y], z_.opposite[z], there);
    const int turns = transfer_.order() % 4;
    const double parity = turns % 2 == 0 ? 1 : -1;
    const double scale = 0.5 / (double(size_[0]) * double(size_[1]) * double(size_[2]));
    for (std::size_t i = 0; i < half; ++i) {
      const Complex value = row[i] * (scale * (here[i] + parity * there[i]));
      row[i] = turns == 0   ? value
               : turns == 1 ? Complex{value.imag(), -value.real()}
               : turns == 2 ? -value
                            : Complex{-value.imag(), value.real()};
    }
  }

  std::array<Index, 3> size_;
  Index half_;  ///< stored coefficients of a row; the others are their conjugates
  std::array<Fft, 3> along_;
  const TransferFunction& transfer_;
  Frequencies x_, y_, z_;
};

}  // namespace

std::array<Margin, 3> margins(Index width, const Grid& image, Dimensions dimensions,
                              Padding padding) {
  std::array<Margin, 3> all{};
  if (padding == Padding::periodic) return all;
  for (std::size_t a = 0; a < (dimensions == Dimensions::slice ? 2 : 3); ++a)
    all[a] = {std::min(width, image.size[a] / 2), std::min(width, (image.size[a] + 1) / 2)};
  return all;
}

Image extended(const Image& image, const std::array<Margin, 3>& margin, Padding padding) {
  const Grid& from = image.grid();
  Grid grid = from;
  for (std::size_t a = 0; a < 3; ++a) grid.size[a] += margin[a].low + margin[a].high;
  Image out(grid);
  const auto source = [&](Index at, std::size_t axis) {
    return padded_index(at - margin[axis].low, from.size[axis], padding);
  };
  std::vector<Index> column;
  for (Index i = 0; i < grid.size[0]; ++i) column.push_back(source(i, 0));
  parallel_for(grid.size[2], [&](Index k) {
    const Index z = source(k, 2);
    for (Index j = 0; j < grid.size[1]; ++j) {
      const Index y = source(j, 1);
      float* row = out.values().data() + grid.offset(0, j, k);
      for (Index i = 0; i < grid.size[0]; ++i) {
        const Index x = column[std::size_t(i)];
        row[i] = x < 0 || y < 0 || z < 0 ? 0.0f : image(x, y, z);
      }
    }
  });
  return out;
}

Image cropped(const Image& image, const std::array<Margin, 3>& margin, const Grid& grid) {
  Image out(grid);
  parallel_for(grid.size[2], [&](Index k) {
    for (Index j = 0; j < grid.size[1]; ++j) {
      const auto* row =
          &image.values()[std::size_t(image.grid().offset(margin[0].low, j + margin[1].low,  //
                                                          k + margin[2].low))];
      std::copy(row, row + grid.size[0], out.values().data() + grid.offset(0, j, k));
    }
  });
  return out;
}

Image filter_spectrum(Image image, const TransferFunction& transfer, FrequencyGrid grid,
                      Dimensions dimensions) {
  std::array<Index, 3> size = image.grid().size;
  const Index boxes = dimensions == Dimensions::slice ? size[2] : 1;
  if (dimensions == Dimensions::slice) size[2] = 1;
  const Filter filter(size, transfer, grid);
  float* const values = image.values().data();
  if (boxes == 1) {
    filter(values);
  } else {
    parallel_for(boxes, [&](Index k) { filter(values + k * size[0] * size[1]); });
  }
  return image;
}

}  // namespace vitrine::radiomics
