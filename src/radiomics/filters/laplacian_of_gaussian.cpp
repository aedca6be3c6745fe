#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/filters/detail/known.hpp"
#include "vitrine/radiomics/filters/detail/riesz.hpp"
#include "vitrine/radiomics/filters/detail/separable.hpp"
#include "vitrine/radiomics/filters/detail/words.hpp"

namespace vitrine::radiomics {
namespace {

/// Along one axis, u = distance / sigma: the Gaussian, and (1 - u^2) times it.
struct Profile {
  Kernel gaussian, curved;
};

Profile profile(double sigma_voxels, double cutoff) {
  const Index half = kernel_half_width(std::floor(cutoff * sigma_voxels + 0.5));
  std::vector<double> gaussian, curved;
  for (Index t = -half; t <= half; ++t) {
    const double u = double(t) / sigma_voxels;
    gaussian.push_back(math::exp(-0.5 * u * u) / (std::sqrt(2 * std::numbers::pi) * sigma_voxels));
    curved.push_back((1 - u * u) * gaussian.back());
  }
  return {centred(std::move(gaussian)), centred(std::move(curved))};
}

Kernel scaled(Kernel kernel, double factor) {
  for (double& tap : kernel.taps) tap *= factor;
  return kernel;
}

/// Margin of a Riesz transform around an image that is not periodic, in half-widths of the kernel:
/// IBSI's stored map 9.b.1 is met best with it.
constexpr double margin_in_reaches = 4;

/// The filter's kernel is -(1/s^2) (D - u^2) (2 pi)^(-D/2) / s^D exp(-u^2 / 2), s being sigma in
/// voxels: the sum over the axes of what is curved along this one and Gaussian along the others.
class LaplacianOfGaussian final : public ImageFilter {
 public:
  struct Params {
    double sigma = 0;  ///< mm
    double cutoff = 4;
    std::vector<std::int64_t> riesz;
    FrequencyGrid frequencies = FrequencyGrid::ibsi;
    Dimensions dimensions = Dimensions::volume;
    Padding padding = Padding::mirror;
  };
  static const Schema<Params>& schema() {
    static const auto s = with_riesz(
        Schema<Params>("log",
                       "Laplacian of Gaussian, positive at dark spots: edges and blobs of a size")
            .required("sigma", &Params::sigma, unit::mm, "standard deviation of the Gaussian")
            .between(1e-3, 1e3)
            .optional("cutoff", &Params::cutoff,
                      "half-width of the kernel in standard deviations, rounded to voxels")
            .between(1, 10)
            .unless_default());
    return s;
  }
  explicit LaplacianOfGaussian(Params params) : params_(std::move(params)) {}

 private:
  Image response(const Image& image, Isa isa) const override {
    if (params_.riesz.empty()) return laplacian(image, params_.padding, isa);
    const auto& [sigma, cutoff, order, frequencies, dimensions, padding] = params_;
    const double reach = cutoff * sigma / image.grid().spacing.minCoeff();
    const auto margin =
        margins(Index(std::min(margin_in_reaches * reach, 1e6)), image.grid(), dimensions, padding);
    // A mirrored image with margins of half its size repeats itself.
    const Padding beyond = padding == Padding::mirror ? Padding::periodic : padding;
    Image laplacian_beyond = laplacian(extended(image, margin, padding), beyond, isa);
    return cropped(filter_spectrum(std::move(laplacian_beyond), Riesz(riesz_order(order)),
                                   frequencies, dimensions),
                   margin, image.grid());
  }

  Image laplacian(const Image& image, Padding padding, Isa isa) const {
    const Vec3& spacing = image.grid().spacing;
    const bool in_slices = params_.dimensions == Dimensions::slice;
    std::array<Profile, 3> along;
    double mean_voxel = 1;  // geometric mean of the spacings
    const Index axes = in_slices ? 2 : 3;
    for (Index a = 0; a < axes; ++a) {
      along[std::size_t(a)] = profile(params_.sigma / spacing[a], params_.cutoff);
      mean_voxel *= math::pow(spacing[a], 1.0 / double(axes));
    }
    const double factor = -mean_voxel * mean_voxel / (params_.sigma * params_.sigma);
    const auto sum = [&](std::initializer_list<Term> terms, std::size_t axis) {
      return convolve({terms.begin(), terms.size()}, axis, padding, isa);
    };
    const Image smooth_i = sum({{&image, &along[0].gaussian}}, 0);
    const Image curved_i = sum({{&image, &along[0].curved}}, 0);
    if (in_slices) {
      const Kernel gaussian = scaled(along[1].gaussian, factor),
                   curved = scaled(along[1].curved, factor);
      return sum({{&smooth_i, &curved}, {&curved_i, &gaussian}}, 1);
    }
    const Image smooth = sum({{&smooth_i, &along[1].gaussian}}, 1);
    const Image curved = sum({{&smooth_i, &along[1].curved}, {&curved_i, &along[1].gaussian}}, 1);
    const Kernel gaussian_k = scaled(along[2].gaussian, factor),
                 curved_k = scaled(along[2].curved, factor);
    return sum({{&smooth, &curved_k}, {&curved, &gaussian_k}}, 2);
  }

  Params params_;
};

}  // namespace

void add_laplacian_of_gaussian(Catalogue<ImageFilter>& filters) {
  filters.add<LaplacianOfGaussian>();
}

}  // namespace vitrine::radiomics
