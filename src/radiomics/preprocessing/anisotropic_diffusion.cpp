#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/radiomics/preprocessing/detail/known.hpp"

namespace vitrine::radiomics {
namespace {

constexpr Unit hu_per_mm{"hu_per_mm", 1.0};

/// The longest step [mm^2] of the explicit scheme that keeps each new value between the least and
/// the largest of the old ones around it: 1 / (2 sum of 1 / h^2).
double longest_step(const Vec3& spacing) { return 0.5 / spacing.cwiseAbs2().cwiseInverse().sum(); }

class AnisotropicDiffusion final : public PreprocessingStep {
 public:
  struct Params {
    double sd = 1;         // mm
    double gradient = 30;  // HU/mm
    std::string edges = "exponential";
    std::optional<std::int64_t> steps;
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("anisotropic_diffusion",
                       "Smoothing that halts at edges: diffusion whose conductance falls with the "
                       "gradient (Perona & Malik 1990)")
            .required("sd", &Params::sd, unit::mm,
                      "where there are no edges it smooths as a Gaussian of this standard "
                      "deviation: the diffusion lasts sd^2 / 2")
            .between(0.1, 20)
            .optional("gradient", &Params::gradient, hu_per_mm,
                      "gradient K at which the conductance has fallen to exp(-1), or to 1/2: "
                      "steeper ones are edges")
            .between(0.01, 1e9)
            .optional("edges", &Params::edges,
                      "how the conductance falls with the gradient g: exp(-(g/K)^2), which keeps "
                      "high contrast, or 1 / (1 + (g/K)^2), which keeps wide regions")
            .one_of({"exponential", "rational"})
            .optional("steps", &Params::steps,
                      "of time (as many as keep each at half the longest stable one if nothing is "
                      "said)")
            .between(1, 10000);
    return s;
  }
  explicit AnisotropicDiffusion(Params params) : params_(std::move(params)) {}

  Piece apply(Piece piece, Isa) const override {
    const std::int64_t steps = steps_on(piece.image.grid().spacing);
    std::vector<double> flux(3 * piece.image.values().size());
    for (std::int64_t i = 0; i < steps; ++i) step(piece.image, time() / double(steps), flux);
    return piece;
  }
  Vec3 reach(const Vec3& spacing) const override {
    return std::min(double(steps_on(spacing)), 10 * params_.sd / spacing.minCoeff()) * spacing;
  }
  std::string refusal(const Vec3& spacing) const override {
    const double limit = longest_step(spacing);
    if (!params_.steps || time() <= limit * double(*params_.steps)) return {};
    return str("anisotropic_diffusion with sd_mm ", to_text(params_.sd), " in ", *params_.steps,
               " steps is unstable on voxels of ", to_text(spacing.x()), " x ",
               to_text(spacing.y()), " x ", to_text(spacing.z()), " mm (a step may last ",
               rounded(limit), " mm2 there, and lasts ", rounded(time() / double(*params_.steps)),
               "). Use at least ", std::int64_t(std::ceil(time() / limit)),
               " steps, or leave steps out");
  }
  double seconds_per_voxel(const Vec3& spacing) const override {
    const double per_step = params_.edges == "exponential" ? 40e-9 : 12e-9;
    return per_step * double(steps_on(spacing));
  }

 private:
  double time() const { return 0.5 * params_.sd * params_.sd; }
  static std::string rounded(double x) { return to_text(std::floor(x * 1e4) / 1e4); }
  std::int64_t steps_on(const Vec3& spacing) const {
    return params_.steps.value_or(
        std::max<std::int64_t>(1, std::int64_t(std::ceil(2 * time() / longest_step(spacing)))));
  }

  /// Conductance times gradient [HU/mm], towards the neighbour `rise` HU above at `distance` mm.
  double flow(double rise, double distance) const {
    const double gradient = rise / distance, u = gradient / params_.gradient;
    return gradient * (params_.edges == "exponential" ? math::exp(-u * u) : 1 / (1 + u * u));
  }

  /// u += duration * div(c grad u): flows to the next voxel along each axis first, then what they
  /// bring. None leaves the image.
  void step(Image& image, double duration, std::vector<double>& flux) const {
    const Grid& grid = image.grid();
    const Index count = grid.count();
    const std::array<Index, 3> stride{1, grid.size[0], grid.size[0] * grid.size[1]};
    const auto values = image.values();
    parallel_for(grid.size[2], [&](Index k) {
      std::array<Index, 3> at{0, 0, k};
      for (at[1] = 0; at[1] < grid.size[1]; ++at[1])
        for (at[0] = 0; at[0] < grid.size[0]; ++at[0]) {
          const Index v = grid.offset(at[0], at[1], k);
          for (std::size_t a = 0; a < 3; ++a)
            flux[std::size_t(Index(a) * count + v)] =
                at[a] + 1 == grid.size[a] ? 0.0
                                          : flow(double(values[std::size_t(v + stride[a])]) -
                                                     double(values[std::size_t(v)]),
                                                 grid.spacing[Index(a)]);
        }
    });
    parallel_for(grid.size[2], [&](Index k) {
      std::array<Index, 3> at{0, 0, k};
      for (at[1] = 0; at[1] < grid.size[1]; ++at[1])
        for (at[0] = 0; at[0] < grid.size[0]; ++at[0]) {
          const Index v = grid.offset(at[0], at[1], k);
          double sum = 0;
          for (std::size_t a = 0; a < 3; ++a) {
            const double* along = flux.data() + Index(a) * count + v;
            const double in = at[a] == 0 ? 0.0 : along[-stride[a]];
            sum += (along[0] - in) / grid.spacing[Index(a)];
          }
          values[std::size_t(v)] = float(double(values[std::size_t(v)]) + duration * sum);
        }
    });
  }

  Params params_;
};

}  // namespace

void add_anisotropic_diffusion(Catalogue<PreprocessingStep>& steps) {
  steps.add<AnisotropicDiffusion>();
}

}  // namespace vitrine::radiomics
