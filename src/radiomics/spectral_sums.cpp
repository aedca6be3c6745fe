#include <algorithm>
#include <cmath>
#include <complex>

#include "vitrine/core/fft.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/detail/autocorrelation.hpp"

namespace vitrine::radiomics {
namespace {

using Complex = std::complex<double>;

std::size_t power_of_two(Index at_least) {
  std::size_t n = 2;
  while (n < static_cast<std::size_t>(at_least)) n *= 2;
  return n;
}

/// Rows and columns that keep the offsets of a slice's voxels apart on a torus; the region's grid
/// has a border without any.
struct Plane {
  explicit Plane(std::array<Index, 3> size)
      : width(power_of_two(2 * (size[0] - 2) - 1)), height(power_of_two(2 * (size[1] - 2) - 1)) {}
  std::size_t half() const { return width / 2 + 1; }  ///< columns of a real image's spectrum
  std::size_t count() const { return half() * height; }
  std::size_t width, height;
};

/// Spectra of the fields whose products are wanted, real and imaginary parts apart.
struct Spectrum {
  explicit Spectrum(std::size_t n) : real(n), imaginary(n) {}
  std::vector<double> real, imaginary;
};
struct Slice {
  explicit Slice(std::size_t n) : inside(n), deviation(n), square(n) {}
  Spectrum inside, deviation, square;
};

/// Two-dimensional transforms of pairs of real images that travel as one complex image.
class Transform {
 public:
  explicit Transform(const Plane& plane)
      : plane_(plane),
        along_(plane.width),
        across_(plane.height),
        image_(plane.width * plane.height),
        column_(plane.height) {}

  std::span<Complex> clear() {
    std::fill(image_.begin(), image_.end(), Complex{});
    return image_;
  }
  /// In place; rows from `rows` on are zero.
  void run(std::size_t rows) {
    for (std::size_t j = 0; j < rows; ++j)
      along_(std::span(image_).subspan(j * plane_.width, plane_.width), FftDirection::forward);
    for (std::size_t i = 0; i < plane_.width; ++i) {
      for (std::size_t j = 0; j < plane_.height; ++j) column_[j] = image_[j * plane_.width + i];
      across_(column_, FftDirection::forward);
      for (std::size_t j = 0; j < plane_.height; ++j) image_[j * plane_.width + i] = column_[j];
    }
  }
  /// The spectra of the real and of the imaginary image.
  void unpack(Spectrum& of_real, Spectrum& of_imaginary) const {
    for (std::size_t j = 0; j < plane_.height; ++j)
      for (std::size_t i = 0; i < plane_.half(); ++i) {
        const Complex here = image_[j * plane_.width + i], there = mirrored(i, j);
        const std::size_t at = j * plane_.half() + i;
        of_real.real[at] = (here.real() + there.real()) / 2;
        of_real.imaginary[at] = (here.imag() - there.imag()) / 2;
        of_imaginary.real[at] = (here.imag() + there.imag()) / 2;
        of_imaginary.imaginary[at] = (there.real() - here.real()) / 2;
      }
  }

 private:
  const Complex& mirrored(std::size_t i, std::size_t j) const {
    return image_[(plane_.height - j) % plane_.height * plane_.width +
                  (plane_.width - i) % plane_.width];
  }
  const Plane& plane_;
  Fft along_, across_;
  std::vector<Complex> image_, column_;
};

std::vector<Slice> slices_of(const Region& region, double mean, const Plane& plane,
                             Transform& transform) {
  const auto [nx, ny, nz] = region.grid.size;
  std::vector<Slice> slices(static_cast<std::size_t>(nz - 2), Slice(plane.count()));
  Spectrum nothing(plane.count());
  std::size_t v = 0;
  for (std::size_t k = 0; k < slices.size(); ++k) {
    const std::size_t first = v;
    auto image = transform.clear();
    const auto each = [&](auto put) {
      for (v = first; v < region.voxels.size(); ++v) {
        const auto p = region.position(region.voxels[v]);
        if (p[2] != Index(k) + 1) break;
        put(image[static_cast<std::size_t>(p[1]) * plane.width + static_cast<std::size_t>(p[0])],
            region.hu[v] - mean);
      }
    };
    each([](Complex& to, double d) { to = {1, d}; });
    transform.run(static_cast<std::size_t>(ny - 1));
    transform.unpack(slices[k].inside, slices[k].deviation);
    transform.clear();
    each([](Complex& to, double d) { to = {d * d, 0}; });
    transform.run(static_cast<std::size_t>(ny - 1));
    transform.unpack(slices[k].square, nothing);
  }
  return slices;
}

/// Spectrum of 1 / distance between slices `apart`, on the torus; it is even, hence real.
void transform_weights(const Region& region, Index apart, const Plane& plane, Transform& transform,
                       Spectrum& weights, Spectrum& nothing) {
  auto image = transform.clear();
  const Vec3& spacing = region.grid.spacing;
  const auto signed_offset = [](std::size_t i, std::size_t n) {
    return i <= n / 2 ? double(i) : double(i) - double(n);
  };
  const double z = double(apart) * spacing[2];
  for (std::size_t j = 0; j < plane.height; ++j)
    for (std::size_t i = 0; i < plane.width; ++i) {
      const double x = signed_offset(i, plane.width) * spacing[0];
      const double y = signed_offset(j, plane.height) * spacing[1];
      const double squared = x * x + y * y + z * z;
      image[j * plane.width + i] = squared > 0 ? 1 / std::sqrt(squared) : 0;
    }
  transform.run(plane.height);
  transform.unpack(weights, nothing);
}

/// sum += Re(a conj(b)).
void add_product(const Spectrum& a, const Spectrum& b, std::vector<double>& sum) {
  const std::size_t n = sum.size();
  const double *ar = a.real.data(), *ai = a.imaginary.data();
  const double *br = b.real.data(), *bi = b.imaginary.data();
  double* to = sum.data();
  for (std::size_t i = 0; i < n; ++i) to[i] += ar[i] * br[i] + ai[i] * bi[i];
}

}  // namespace

SpectralCost spectral_cost(const Region& region) {
  const Plane plane(region.grid.size);
  const double slices = double(region.grid.size[2] - 2), points = double(plane.count());
  SpectralCost cost;
  cost.bytes = slices * points * double(6 * sizeof(double));
  cost.pair_products = 2 * slices * (slices + 1) * points;
  cost.butterflies = 3 * slices * points * math::log2(double(plane.width) * double(plane.height));
  return cost;
}

PairSums spectral_distance_sums(const Region& region, double mean) {
  const Plane plane(region.grid.size);
  Transform transform(plane);
  const std::vector<Slice> slices = slices_of(region, mean, plane, transform);

  PairSums sums;
  double squares = 0;  // sum w (x_i - mean)^2 over ordered pairs
  Spectrum weights(plane.count()), nothing(plane.count());
  std::vector<double> inside(plane.count()), deviation(plane.count()), square(plane.count());
  for (std::size_t apart = 0; apart < slices.size(); ++apart) {
    transform_weights(region, Index(apart), plane, transform, weights, nothing);
    for (auto* sum : {&inside, &deviation, &square}) std::fill(sum->begin(), sum->end(), 0.0);
    for (std::size_t k = 0; k + apart < slices.size(); ++k) {
      const Slice &a = slices[k], &b = slices[k + apart];
      add_product(a.inside, b.inside, inside);
      add_product(a.deviation, b.deviation, deviation);
      add_product(a.square, b.inside, square);
      if (apart > 0) add_product(b.square, a.inside, square);
    }
    // Parseval; columns but the first and the last stand for two frequencies, and pairs of
    // different slices for two ordered pairs.
    const double points = double(plane.width) * double(plane.height);
    const double both = apart > 0 ? 2 : 1;
    for (std::size_t j = 0; j < plane.height; ++j)
      for (std::size_t i = 0; i < plane.half(); ++i) {
        const std::size_t at = j * plane.half() + i;
        const double w = weights.real[at] * (i == 0 || i + 1 == plane.half() ? 1 : 2) / points;
        sums.weights += both * w * inside[at];
        sums.products += both * w * deviation[at];
        squares += w * square[at];
      }
  }
  sums.square_differences = 2 * squares - 2 * sums.products;
  return sums;
}

}  // namespace vitrine::radiomics
