#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/radiomics/preprocessing/detail/known.hpp"

namespace vitrine::radiomics {
namespace {

/// A step that looks at no voxel but one.
class PointStep : public PreprocessingStep {
 public:
  Vec3 reach(const Vec3&) const override { return Vec3::Zero(); }
  double seconds_per_voxel(const Vec3&) const override { return 2e-9; }
};

class ZScore final : public PointStep {
 public:
  struct Params {
    std::string region = "lesion";
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("z_score",
                       "Intensities less their mean, in their standard deviations (of equal ones: "
                       "less their mean alone)")
            .optional("region", &Params::region,
                      "where mean and standard deviation are taken: the lesion's mask, or all of "
                      "the image within 15 mm of it (and as far as other steps look)")
            .one_of({"lesion", "neighbourhood"});
    return s;
  }
  explicit ZScore(Params params) : params_(std::move(params)) {}

  Piece apply(Piece piece, Isa) const override {
    const auto values = piece.image.values();
    const auto mask = std::as_const(piece.mask).values();
    const bool all = params_.region == "neighbourhood";
    const auto over = [&](auto&& term) {
      double sum = 0, n = 0;
      for (std::size_t v = 0; v < values.size(); ++v)
        if (all || mask[v] != 0) {
          sum += term(double(values[v]));
          n += 1;
        }
      return n > 0 ? sum / n : 0.0;
    };
    const double mean = over([](double x) { return x; });
    const double sd = std::sqrt(over([&](double x) { return (x - mean) * (x - mean); }));
    // Equal values leave the rounding of their mean.
    const bool varies = sd > 1e-6 * std::abs(mean);
    for (float& x : values) x = float((double(x) - mean) / (varies ? sd : 1.0));
    return piece;
  }
  std::string_view unit() const override { return "SD"; }

 private:
  Params params_;
};

class Rescale final : public PointStep {
 public:
  struct Params {
    std::array<double, 2> window{-1000, 400};  // HU
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("rescale", "A window of intensities as 0 to 1; what is beyond it is cut off")
            .required("window", &Params::window, unit::hu, "its lower and its upper end")
            .between(-10000, 100000)
            .rule("window_hu must be two different numbers, the lower one first",
                  [](const Params& p) { return p.window[0] < p.window[1]; });
    return s;
  }
  explicit Rescale(Params params) : params_(params) {}

  Piece apply(Piece piece, Isa) const override {
    const auto [low, high] = params_.window;
    for (float& x : piece.image.values())
      x = float(std::clamp((double(x) - low) / (high - low), 0.0, 1.0));
    return piece;
  }
  std::string_view unit() const override { return "window"; }

 private:
  Params params_;
};

}  // namespace

void add_normalisation(Catalogue<PreprocessingStep>& steps) { steps.add<ZScore>().add<Rescale>(); }

}  // namespace vitrine::radiomics
