#include <cmath>
#include <numbers>
#include <optional>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/radiomics/filters/detail/known.hpp"
#include "vitrine/radiomics/filters/detail/plane_bank.hpp"
#include "vitrine/radiomics/filters/detail/separable.hpp"
#include "vitrine/radiomics/filters/detail/words.hpp"

namespace vitrine::radiomics {
namespace {

/// Standard deviations after which the envelope is cut: it has fallen to 1.5e-8 there.
constexpr double reach = 6;

/// exp(-(x'^2 + gamma^2 y'^2) / (2 sigma^2) + 2 pi i x' / lambda), x' and y' being x and y turned
/// by theta (IBSI 2). Its modulus is the response.
class Gabor final : public ImageFilter {
 public:
  struct Params {
    double sigma = 0, wavelength = 0;  ///< mm
    double aspect = 1, angle = 0;      ///< gamma; theta, rad
    RotationPooling rotations = RotationPooling::none;
    std::optional<double> angle_step;  ///< rad
    bool orthogonal_planes = false;
    Padding padding = Padding::mirror;
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("gabor", "Modulus of the response to a wave in a Gaussian, slice by slice")
            .required("sigma", &Params::sigma, unit::mm,
                      "standard deviation of the Gaussian along the wave")
            .between(1e-3, 1e3)
            .required("wavelength", &Params::wavelength, unit::mm, "lambda, of the wave")
            .between(1e-3, 1e4)
            .optional("aspect", &Params::aspect,
                      "gamma: the Gaussian is so many times narrower across the wave")
            .between(0.05, 20)
            .unless_default()
            .optional("angle", &Params::angle, unit::deg, "theta, of the wave, from i towards j")
            .between(-360, 360)
            .unless_default()
            .optional("rotation_invariance", &Params::rotations,
                      "pool the responses to all multiples of angle_step_deg")
            .unless_default()
            .optional("angle_step", &Params::angle_step, unit::deg,
                      "with rotation_invariance: a divisor of 360")
            .between(0.5, 180)
            .optional("orthogonal_planes", &Params::orthogonal_planes,
                      "average the responses in the planes ij, jk and ki")
            .unless_default()
            .optional("padding", &Params::padding, padding_doc)
            .unless_default()
            .rule("rotation_invariance (average or max) and angle_step_deg go together",
                  [](const Params& p) {
                    return p.angle_step.has_value() == (p.rotations != RotationPooling::none);
                  })
            .rule("angle_step_deg must divide 360 (all directions count alike)",
                  [](const Params& p) {
                    const double steps = 2 * std::numbers::pi / p.angle_step.value_or(1.0);
                    return !p.angle_step || std::abs(steps - std::round(steps)) < 1e-9;
                  });
    return s;
  }
  explicit Gabor(Params params) : params_(params) {}

 private:
  Image response(const Image& image, Isa isa) const override {
    Image sum = in_slices(image, isa);
    if (!params_.orthogonal_planes) return sum;
    // What lies along j and k, or k and i, is brought into the slices and back.
    for (const Rotation& turn : {Rotation{{2, 0, 1}, {}}, Rotation{{1, 2, 0}, {}}}) {
      const Image response = rotated(in_slices(rotated(image, turn), isa), inverse(turn));
      const auto from = response.values();
      const auto to = sum.values();
      for (std::size_t v = 0; v < to.size(); ++v) to[v] += from[v];
    }
    for (float& x : sum.values()) x /= 3;
    return sum;
  }

  Image in_slices(const Image& image, Isa isa) const {
    const Vec3& spacing = image.grid().spacing;
    std::vector<PlaneKernel> kernels;
    for (const double angle : angles()) kernels.push_back(kernel(angle, spacing.x(), spacing.y()));
    return moduli(image, kernels, params_.rotations, params_.padding, isa);
  }

  /// Opposite directions have conjugate kernels and the same modulus: half a turn will do.
  std::vector<double> angles() const {
    if (!params_.angle_step) return {params_.angle};
    const auto steps = Index(std::llround(2 * std::numbers::pi / *params_.angle_step));
    std::vector<double> all;
    for (Index n = 0; n < (steps % 2 == 0 ? steps / 2 : steps); ++n)
      all.push_back(params_.angle + 2 * std::numbers::pi * double(n) / double(steps));
    return all;
  }

  PlaneKernel kernel(double angle, double spacing_i, double spacing_j) const {
    const double c = math::cos(angle), s = math::sin(angle);
    const double along = reach * params_.sigma, across = along / params_.aspect;
    PlaneKernel g;
    const auto half_width = [&](double a, double b, double spacing) {
      return kernel_half_width(std::ceil(std::sqrt(a * a + b * b) / spacing),
                               most_plane_half_width);
    };
    g.half_i = half_width(along * c, across * s, spacing_i);
    g.half_j = half_width(along * s, across * c, spacing_j);
    for (Index j = -g.half_j; j <= g.half_j; ++j)
      for (Index i = -g.half_i; i <= g.half_i; ++i) {
        const double x = double(i) * spacing_i, y = double(j) * spacing_j;
        const double turned_x = x * c + y * s, turned_y = (y * c - x * s) * params_.aspect;
        const double envelope = math::exp(-(turned_x * turned_x + turned_y * turned_y) /
                                          (2 * params_.sigma * params_.sigma));
        const double phase = 2 * std::numbers::pi * turned_x / params_.wavelength;
        g.values.emplace_back(envelope * math::cos(phase), envelope * math::sin(phase));
      }
    return g;
  }

  Params params_;
};

}  // namespace

void add_gabor(Catalogue<ImageFilter>& filters) { filters.add<Gabor>(); }

}  // namespace vitrine::radiomics
