#include <cmath>
#include <numbers>
#include <optional>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/filters/detail/known.hpp"
#include "vitrine/radiomics/filters/detail/level.hpp"
#include "vitrine/radiomics/filters/detail/riesz.hpp"
#include "vitrine/radiomics/filters/detail/words.hpp"

namespace vitrine::radiomics {
namespace {

/// Voxels around an image that is not periodic, at level 1: of 8 to 64, IBSI's stored map 10.b.1 is
/// met best with 28.
constexpr Index margin_of_level_1 = 28;

/// The band of a level, cos(pi/2 log2(2 r / pi)) for r in (pi/4, pi] with r = 2^(level - 1) |nu|
/// (Portilla and Simoncelli, Int. J. Comput. Vis. 40 (2000) 49; IBSI 2). Squares of neighbouring
/// levels' bands add up to 1.
class Band final : public TransferFunction {
 public:
  Band(std::int64_t level, const std::optional<Riesz>& riesz)
      : scale_(double(std::int64_t(1) << (level - 1))), riesz_(riesz) {}

  int order() const override { return riesz_ ? riesz_->order() : 0; }

  void gains(std::span<const double> x, double y, double z, std::span<double> gain) const override {
    using std::numbers::pi;
    if (riesz_) riesz_->gains(x, y, z, gain);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double r = scale_ * std::sqrt(x[i] * x[i] + y * y + z * z);
      const double band = r > pi / 4 && r <= pi ? math::cos(pi / 2 * math::log2(2 * r / pi)) : 0.0;
      gain[i] = riesz_ ? gain[i] * band : band;
    }
  }

 private:
  double scale_;
  std::optional<Riesz> riesz_;
};

class Simoncelli final : public ImageFilter {
 public:
  struct Params {
    std::int64_t level = 1;
    std::vector<std::int64_t> riesz;
    FrequencyGrid frequencies = FrequencyGrid::ibsi;
    Dimensions dimensions = Dimensions::volume;
    Padding padding = Padding::periodic;
  };
  static const Schema<Params>& schema() {
    static const auto s = with_riesz(
        Schema<Params>("simoncelli",
                       "Non-separable wavelet: a band of frequencies, alike in all directions")
            .optional("level", &Params::level,
                      "1 passes periods from 2 to 8 voxels and most of all 4; each level doubles "
                      "them")
            .between(1, deepest_level));
    return s;
  }
  explicit Simoncelli(Params params) : params_(std::move(params)) {}

 private:
  Image response(const Image& image, Isa) const override {
    const auto& [level, riesz, frequencies, dimensions, padding] = params_;
    require_level(level, image.grid(), dimensions, "a period in the band's middle",
                  [](std::int64_t at) { return Index(2) << at; });
    const Band band(level, riesz.empty() ? std::nullopt : std::optional(Riesz(riesz_order(riesz))));
    if (padding == Padding::periodic) return filter_spectrum(image, band, frequencies, dimensions);
    const auto margin =
        margins(margin_of_level_1 << (level - 1), image.grid(), dimensions, padding);
    return cropped(filter_spectrum(extended(image, margin, padding), band, frequencies, dimensions),
                   margin, image.grid());
  }

  Params params_;
};

}  // namespace

void add_simoncelli(Catalogue<ImageFilter>& filters) { filters.add<Simoncelli>(); }

}  // namespace vitrine::radiomics
