#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/filters/detail/known.hpp"
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

/// The filter's kernel is -(1/s^2) (D - u^2) (2 pi)^(-D/2) / s^D exp(-u^2 / 2), s being sigma in
/// voxels: the sum over the axes of what is curved along this one and Gaussian along the others.
class LaplacianOfGaussian final : public ImageFilter {
 public:
  struct Params {
    double sigma = 0;  ///< mm
    double cutoff = 4;
    Dimensions dimensions = Dimensions::volume;
    Padding padding = Padding::mirror;
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("log",
                       "Laplacian of Gaussian, positive at dark spots: edges and blobs of a size")
            .required("sigma", &Params::sigma, unit::mm, "standard deviation of the Gaussian")
            .between(1e-3, 1e3)
            .optional("cutoff", &Params::cutoff,
                      "half-width of the kernel in standard deviations, rounded to voxels")
            .between(1, 10)
            .unless_default()
            .optional("dimensions", &Params::dimensions, dimensions_doc)
            .unless_default()
            .optional("padding", &Params::padding, padding_doc)
            .unless_default();
    return s;
  }
  explicit LaplacianOfGaussian(Params params) : params_(params) {}

 private:
  Image response(const Image& image, Isa isa) const override {
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
      return convolve({terms.begin(), terms.size()}, axis, params_.padding, isa);
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
