// Every lesion texture; a new one is a class and a line in the list at the end.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/phantoms/lesion_texture.hpp"
#include "vitrine/phantoms/sphere.hpp"

namespace vitrine::phantoms {
namespace {

/// A plane wave cos(vector . p + phase).
struct Wave {
  Vec3 vector = Vec3::Zero();
  double phase = 0.0;
};

/// sqrt(2 / n) times the sum of n waves of random phase: mean 0, variance 1, and a spectrum that
/// is the distribution of their vectors. Positions are relative to the grid: textures move along.
void sum_waves(const Grid& grid, std::span<const Wave> waves, std::span<float> field) {
  struct Turn {
    double cosine, sine;  // of the phase from one voxel of a row to the next
  };
  std::vector<Turn> turns;
  for (const Wave& wave : waves) {
    const double angle = wave.vector.x() * grid.spacing.x();
    turns.push_back({math::cos(angle), math::sin(angle)});
  }
  const double amplitude = std::sqrt(2.0 / double(waves.size()));
  parallel_for(grid.size[1] * grid.size[2], [&](Index row) {
    const Index j = row % grid.size[1], k = row / grid.size[1];
    const Vec3 start = grid.spacing.cwiseProduct(Vec3(0.0, double(j), double(k)));
    std::vector<double> sum(std::size_t(grid.size[0]), 0.0);
    for (std::size_t w = 0; w < waves.size(); ++w) {
      const double phase = waves[w].vector.dot(start) + waves[w].phase;
      double cosine = math::cos(phase), sine = math::sin(phase);
      for (double& value : sum) {
        value += cosine;
        const double next = cosine * turns[w].cosine - sine * turns[w].sine;
        sine = sine * turns[w].cosine + cosine * turns[w].sine;
        cosine = next;
      }
    }
    for (Index i = 0; i < grid.size[0]; ++i)
      field[std::size_t(grid.offset(i, j, k))] =
          static_cast<float>(amplitude * sum[std::size_t(i)]);
  });
}

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

/// A Gaussian random field with covariance exp(-r^2 / (2 l^2)): wave vectors follow a normal
/// distribution of width 1/l.
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
    std::vector<Wave> waves(96);
    for (Wave& wave : waves) {
      const double x = rng.normal(), y = rng.normal(), z = rng.normal();
      wave = {Vec3(x, y, z) / p_.correlation, rng.uniform(0.0, 2.0 * std::numbers::pi)};
    }
    sum_waves(grid, waves, field);
  }

 private:
  Params p_;
};

/// A random field whose spectrum (power per volume of wave vectors) is f^-exponent between the
/// frequencies of two lengths and nothing outside: detail at all scales, as tissue has it.
class PowerLaw final : public LesionTexture {
 public:
  struct Params {
    double heterogeneity = 25.0, exponent = 3.0, finest = 0.8, coarsest = 12.0;
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("power_law", "Heterogeneity at all scales between two lengths")
            .optional("heterogeneity", &Params::heterogeneity, unit::hu,
                      "standard deviation at 70 keV")
            .between(0, 300)
            .optional("exponent", &Params::exponent, "beta of the spectrum 1 / f^beta")
            .between(0, 6)
            .optional("finest", &Params::finest, unit::mm, "shortest wavelength")
            .between(0.5, 50)
            .optional("coarsest", &Params::coarsest, unit::mm, "longest wavelength")
            .between(1, 200)
            .rule("coarsest_mm must be above finest_mm",
                  [](const Params& p) { return p.coarsest > p.finest; });
    return s;
  }
  explicit PowerLaw(Params p) : p_(p) {}
  double heterogeneity() const override { return p_.heterogeneity; }

  void fill(const Grid& grid, Rng rng, std::span<float> field) const override {
    // A shell of wave numbers holds k^2 times the spectrum: k is drawn from k^(2 - exponent), by
    // inverting its integral; the draws are spread evenly over it (stratified).
    const double low = 2.0 * std::numbers::pi / p_.coarsest;
    const double high = 2.0 * std::numbers::pi / p_.finest;
    const double power = 3.0 - p_.exponent;
    std::vector<Wave> waves(192);
    for (std::size_t w = 0; w < waves.size(); ++w) {
      const double u = (double(w) + rng.uniform()) / double(waves.size());
      double k = low * math::pow(high / low, u);
      if (std::abs(power) > 1e-9) {
        const double a = math::pow(low, power), b = math::pow(high, power);
        k = math::pow(a + u * (b - a), 1.0 / power);
      }
      const Vec3 direction = random_direction(rng);
      waves[w] = {k * direction, rng.uniform(0.0, 2.0 * std::numbers::pi)};
    }
    sum_waves(grid, waves, field);
  }

 private:
  Params p_;
};

}  // namespace

const Catalogue<LesionTexture>& lesion_textures() {
  static const auto all = Catalogue<LesionTexture>("lesion_texture", "Heterogeneity inside lesions")
                              .add<Uniform>()
                              .add<Solid>()
                              .add<PowerLaw>();
  return all;
}

const Catalogue<LesionTexture>& catalogue_for(const LesionTexture*) { return lesion_textures(); }

}  // namespace vitrine::phantoms
