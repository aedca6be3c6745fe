// Every lesion texture; a new one is a class and a line in the list at the end.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/phantoms/lesion_texture.hpp"

namespace vitrine::phantoms {
namespace {

/// No texture at all.
class Uniform final : public LesionTexture {
 public:
  struct Params {};
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>("uniform", "The same density everywhere");
    return s;
  }
  explicit Uniform(Params) {}
  double heterogeneity() const override { return 0.0; }
  void fill(const Grid&, Rng, std::span<float> field) const override {
    std::fill(field.begin(), field.end(), 0.0f);
  }
};

/// A Gaussian random field with covariance exp(-r^2 / (2 l^2)), as a sum of random plane waves
/// whose wave vectors follow the field's spectrum (a normal distribution of width 1/l).
class Solid final : public LesionTexture {
 public:
  struct Params {
    double heterogeneity = 25.0, correlation = 1.5;
  };
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>("solid", "Random heterogeneity of solid tissue")
                              .optional("heterogeneity", &Params::heterogeneity, unit::hu,
                                        "standard deviation at 70 keV")
                              .between(0, 300)
                              .optional("correlation", &Params::correlation, unit::mm,
                                        "correlation length (covariance exp(-r^2 / 2 l^2))")
                              .between(0.3, 50);
    return s;
  }
  explicit Solid(Params p) : p_(p) {}
  double heterogeneity() const override { return p_.heterogeneity; }

  void fill(const Grid& grid, Rng rng, std::span<float> field) const override {
    constexpr std::size_t waves = 96;
    std::array<Vec3, waves> wave;
    std::array<double, waves> phase{};
    for (std::size_t w = 0; w < waves; ++w) {
      const double x = rng.normal(), y = rng.normal(), z = rng.normal();
      wave[w] = Vec3(x, y, z) / p_.correlation;
      phase[w] = rng.uniform(0.0, 2.0 * std::numbers::pi);
    }
    const double amplitude = std::sqrt(2.0 / double(waves));
    parallel_for(grid.size[1] * grid.size[2], [&](Index row) {
      const Index j = row % grid.size[1], k = row / grid.size[1];
      for (Index i = 0; i < grid.size[0]; ++i) {
        // Relative to the grid: the texture moves with the lesion.
        const Vec3 p = grid.spacing.cwiseProduct(Vec3(double(i), double(j), double(k)));
        double sum = 0.0;
        for (std::size_t w = 0; w < waves; ++w) sum += math::cos(wave[w].dot(p) + phase[w]);
        field[std::size_t(grid.offset(i, j, k))] = static_cast<float>(amplitude * sum);
      }
    });
  }

 private:
  Params p_;
};

}  // namespace

const Catalogue<LesionTexture>& lesion_textures() {
  static const auto all = Catalogue<LesionTexture>("lesion_texture", "Heterogeneity inside lesions")
                              .add<Uniform>()
                              .add<Solid>();
  return all;
}

const Catalogue<LesionTexture>& catalogue_for(const LesionTexture*) { return lesion_textures(); }

}  // namespace vitrine::phantoms
