#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/filters/detail/separable.hpp"
#include "vitrine/radiomics/preprocessing/detail/known.hpp"

namespace vitrine::radiomics {
namespace {

constexpr double cut = 4.0;  // standard deviations: beyond them are 6e-5 of the weight

/// A Gaussian's samples, which sum to 1; `sd` in voxels.
Kernel gaussian_kernel(double sd) {
  const Index half = kernel_half_width(std::ceil(cut * sd));
  std::vector<double> taps;
  double sum = 0;
  for (Index i = -half; i <= half; ++i) {
    const double u = double(i) / sd;
    taps.push_back(math::exp(-0.5 * u * u));
    sum += taps.back();
  }
  for (double& tap : taps) tap /= sum;
  return centred(std::move(taps));
}

class Gaussian final : public PreprocessingStep {
 public:
  struct Params {
    double sd = 1;  // mm
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("gaussian", "Smoothing by a Gaussian of this width in mm, along all axes")
            .required("sd", &Params::sd, unit::mm,
                      "standard deviation of the Gaussian (its full width at half maximum is 2.355 "
                      "times that)")
            .between(0.1, 20);
    return s;
  }
  explicit Gaussian(Params params) : params_(params) {}

  Piece apply(Piece piece, Isa isa) const override {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const Kernel kernel = gaussian_kernel(params_.sd / piece.image.grid().spacing[Index(axis)]);
      const Term term{&piece.image, &kernel};
      piece.image = convolve(std::span(&term, 1), axis, Padding::nearest, isa);
    }
    return piece;
  }
  Vec3 reach(const Vec3& spacing) const override {
    return spacing + Vec3::Constant(cut * params_.sd);
  }
  double seconds_per_voxel(const Vec3& spacing) const override {
    constexpr double per_tap = 0.4e-9, per_pass = 4e-9;
    return 3 * per_pass + per_tap * (2 * cut * params_.sd * spacing.cwiseInverse()).sum();
  }

 private:
  Params params_;
};

}  // namespace

void add_gaussian(Catalogue<PreprocessingStep>& steps) { steps.add<Gaussian>(); }

}  // namespace vitrine::radiomics
