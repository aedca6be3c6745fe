// Every lesion texture; a new one is a class and a line in the list at the end.
#include <algorithm>
#include <utility>

#include "vitrine/phantoms/lesion_texture.hpp"
#include "vitrine/phantoms/random_field.hpp"

namespace vitrine::phantoms {
namespace {

/// Positions are relative to the grid: textures move along.
void fill_with(const Spectrum& spectrum, const Grid& grid, Rng rng, std::span<float> field) {
  const FieldOnGrid made = random_field(grid, spectrum, rng);
  std::copy(made.values.begin(), made.values.end(), field.begin());
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
  const Distribution& heterogeneity() const override { return none_; }
  void fill(const Grid&, Rng, std::span<float> field) const override {
    std::fill(field.begin(), field.end(), 0.0f);
  }

 private:
  Distribution none_{0.0};
};

/// A Gaussian random field with covariance exp(-r^2 / (2 l^2)).
class Solid final : public LesionTexture {
 public:
  struct Params {
    Distribution heterogeneity{25.0};
    double correlation = 1.5;
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
  explicit Solid(Params p) : p_(std::move(p)) {}
  const Distribution& heterogeneity() const override { return p_.heterogeneity; }

  void fill(const Grid& grid, Rng rng, std::span<float> field) const override {
    fill_with(Spectrum::gaussian(Vec3::Constant(p_.correlation)), grid, rng, field);
  }

 private:
  Params p_;
};

/// A random field whose spectrum (power per volume of wave vectors) is f^-exponent between the
/// frequencies of two lengths and nothing outside: detail at all scales, as tissue has it.
class PowerLaw final : public LesionTexture {
 public:
  struct Params {
    Distribution heterogeneity{25.0};
    double exponent = 3.0, finest = 0.8, coarsest = 12.0;
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
  explicit PowerLaw(Params p) : p_(std::move(p)) {}
  const Distribution& heterogeneity() const override { return p_.heterogeneity; }

  void fill(const Grid& grid, Rng rng, std::span<float> field) const override {
    fill_with(Spectrum::power_law(p_.exponent, p_.finest, p_.coarsest), grid, rng, field);
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
