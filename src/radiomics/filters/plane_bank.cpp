#include "vitrine/radiomics/filters/detail/plane_bank.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/fft.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/radiomics/filters/detail/separable.hpp"

namespace vitrine::radiomics {
namespace {

constexpr auto lanes = Index(BatchFft::lanes), element = Index(BatchFft::element);

/// How an axis is cut: tiles overlap by the kernel, so that what wraps round is never used.
struct Tiling {
  Index half = 0, length = 0, step = 0, count = 0;

  Tiling(Index size, Index kernel_half) : half(kernel_half) {
    Index least = std::numeric_limits<Index>::max();
    for (Index n = 8; n <= 1024; n *= 2) {
      const Index valid = std::min(n - 2 * half, size);
      if (valid < 1) continue;
      const Index tiles = (size + valid - 1) / valid;
      // Work goes with the elements and, weakly, with the passes over them.
      const Index work = tiles * n * (Index(std::bit_width(std::uint64_t(n))) + 6);
      if (work >= least) continue;
      least = work;
      length = n;
      step = valid;
      count = tiles;
    }
  }
};

/// The kernels' real spectra in the order that the scrambled transforms leave, normalised; element
/// (i, j) is at i * length_j + j.
std::vector<float> spectrum_of(const PlaneKernel& kernel, const BatchFft& fft_i,
                               const BatchFft& fft_j) {
  const std::size_t ni = fft_i.length(), nj = fft_j.length();
  std::vector<std::complex<double>> tile(ni * nj);  // j fastest
  const auto wrap = [](Index d, std::size_t n) { return std::size_t(d < 0 ? d + Index(n) : d); };
  for (Index j = -kernel.half_j; j <= kernel.half_j; ++j)
    for (Index i = -kernel.half_i; i <= kernel.half_i; ++i)
      tile[wrap(i, ni) * nj + wrap(j, nj)] = kernel.at(i, j);
  const Fft along_i(ni), along_j(nj);
  for (std::size_t i = 0; i < ni; ++i)
    along_j(std::span(tile).subspan(i * nj, nj), FftDirection::forward);
  std::vector<std::complex<double>> line(ni);
  std::vector<float> spectrum(ni * nj);
  const double norm = 1.0 / double(ni * nj);
  for (std::size_t j = 0; j < nj; ++j) {
    for (std::size_t i = 0; i < ni; ++i) line[i] = tile[i * nj + j];
    along_i(line, FftDirection::forward);
    for (std::size_t i = 0; i < ni; ++i)
      spectrum[fft_i.bit_reversed(i) * nj + fft_j.bit_reversed(j)] = float(line[i].real() * norm);
  }
  return spectrum;
}

class Bank {
 public:
  Bank(const Image& image, const std::vector<PlaneKernel>& kernels, RotationPooling pooling,
       Padding padding, Isa isa)
      : image_(image),
        pooling_(pooling),
        padding_(padding),
        isa_(isa),
        along_i_(image.grid().size[0], largest(kernels, &PlaneKernel::half_i)),
        along_j_(image.grid().size[1], largest(kernels, &PlaneKernel::half_j)),
        fft_i_(std::size_t(along_i_.length)),
        fft_j_(std::size_t(along_j_.length)),
        spectra_(kernels.size()),
        out_(image.grid()) {
    parallel_for(std::ssize(kernels), [&](Index n) {
      spectra_[std::size_t(n)] = spectrum_of(kernels[std::size_t(n)], fft_i_, fft_j_);
    });
  }

  Image run() {
    const Index batches = (tiles() + lanes - 1) / lanes;
    parallel_for(batches, [&](Index batch) { filter(batch * lanes); });
    return std::move(out_);
  }

 private:
  /// Where a tile's first voxel that counts is.
  struct Place {
    Index i, j, k;
  };

  static Index largest(const std::vector<PlaneKernel>& kernels, Index PlaneKernel::*half) {
    Index found = 0;
    for (const PlaneKernel& kernel : kernels) found = std::max(found, kernel.*half);
    return found;
  }

  Index tiles() const { return along_i_.count * along_j_.count * image_.grid().size[2]; }

  Place place_of(Index tile) const {
    const Index row = tile / along_i_.count;
    return {tile % along_i_.count * along_i_.step, row % along_j_.count * along_j_.step,
            row / along_j_.count};
  }

  /// Eight tiles from `first` on.
  void filter(Index first) {
    const Index ni = along_i_.length, nj = along_j_.length;
    Buffer<float> spectrum(std::size_t(ni * nj * element)), work(spectrum.size());
    Buffer<float> column(std::size_t(nj * element));
    Buffer<float> pooled(std::size_t(along_i_.step * along_j_.step * lanes));
    load(first, work);
    for (Index j = 0; j < nj; ++j) fft_i_.forward_scrambled(row(work, j, ni), isa_);
    for (Index i = 0; i < ni; ++i) {
      const auto to = row(spectrum, i, nj);
      for (Index j = 0; j < nj; ++j) copy(work.data() + (j * ni + i) * element, &to[at(j)]);
      fft_j_.forward_scrambled(to, isa_);
    }
    for (std::size_t n = 0; n < spectra_.size(); ++n) {
      multiply_and_return(spectrum, spectra_[n], column, work);
      for (Index j = 0; j < along_j_.step; ++j) {
        const auto line = row(work, j, ni);
        fft_i_.inverse_scrambled(line, isa_);
        pool(line, n == 0, pooled.data() + j * along_i_.step * lanes);
      }
    }
    store(first, pooled);
  }

  static std::size_t at(Index position) { return std::size_t(position * element); }
  static std::span<float> row(Buffer<float>& data, Index n, Index length) {
    return data.span().subspan(at(n * length), at(length));
  }
  static void copy(const float* from, float* to) { std::copy_n(from, element, to); }

  /// The padded voxels around each tile as real parts; lanes without a tile hold zeros.
  void load(Index first, Buffer<float>& to) const {
    const auto& size = image_.grid().size;
    std::fill_n(to.data(), to.size(), 0.0f);
    for (Index lane = 0; lane < std::min(lanes, tiles() - first); ++lane) {
      const Place place = place_of(first + lane);
      for (Index j = 0; j < along_j_.length; ++j) {
        const Index source_j = padded_index(place.j + j - along_j_.half, size[1], padding_);
        if (source_j < 0) continue;
        for (Index i = 0; i < along_i_.length; ++i) {
          const Index source_i = padded_index(place.i + i - along_i_.half, size[0], padding_);
          if (source_i >= 0)
            to[at(j * along_i_.length + i) + std::size_t(lane)] =
                image_(source_i, source_j, place.k);
        }
      }
    }
  }

  /// Weighs the spectrum and transforms it back along j; the rows that count land in `to`.
  void multiply_and_return(const Buffer<float>& spectrum, const std::vector<float>& gain,
                           Buffer<float>& column, Buffer<float>& to) const {
    const Index ni = along_i_.length, nj = along_j_.length;
    for (Index i = 0; i < ni; ++i) {
      const float* from = spectrum.data() + at(i * nj);
      const float* weight = gain.data() + i * nj;
      for (Index j = 0; j < nj; ++j)
        for (Index l = 0; l < element; ++l)
          column[at(j) + std::size_t(l)] = weight[j] * from[j * element + l];
      fft_j_.inverse_scrambled(column.span(), isa_);
      for (Index j = 0; j < along_j_.step; ++j)
        copy(column.data() + at(j + along_j_.half), to.data() + at(j * ni + i));
    }
  }

  void pool(std::span<const float> line, bool first, float* pooled) const {
    const float weight =
        pooling_ == RotationPooling::average ? 1.0f / float(spectra_.size()) : 1.0f;
    for (Index i = 0; i < along_i_.step; ++i) {
      const float* from = &line[at(i + along_i_.half)];
      float* to = pooled + i * lanes;
      for (Index l = 0; l < lanes; ++l) {
        const float real = from[l], imaginary = from[l + lanes];
        const float modulus = weight * std::sqrt(real * real + imaginary * imaginary);
        to[l] = first                              ? modulus
                : pooling_ == RotationPooling::max ? std::max(to[l], modulus)
                                                   : to[l] + modulus;
      }
    }
  }

  void store(Index first, const Buffer<float>& pooled) {
    const auto& size = image_.grid().size;
    for (Index lane = 0; lane < std::min(lanes, tiles() - first); ++lane) {
      const Place place = place_of(first + lane);
      for (Index j = 0; j < std::min(along_j_.step, size[1] - place.j); ++j)
        for (Index i = 0; i < std::min(along_i_.step, size[0] - place.i); ++i)
          out_(place.i + i, place.j + j, place.k) =
              pooled[std::size_t((j * along_i_.step + i) * lanes + lane)];
    }
  }

  const Image& image_;
  RotationPooling pooling_;
  Padding padding_;
  Isa isa_;
  Tiling along_i_, along_j_;
  BatchFft fft_i_, fft_j_;
  std::vector<std::vector<float>> spectra_;
  Image out_;
};

}  // namespace

Image moduli(const Image& image, const std::vector<PlaneKernel>& kernels, RotationPooling pooling,
             Padding padding, Isa isa) {
  VITRINE_EXPECT(!kernels.empty() && (kernels.size() == 1 || pooling != RotationPooling::none));
  return Bank(image, kernels, pooling, padding, isa).run();
}

}  // namespace vitrine::radiomics
