#include <algorithm>
#include <bitset>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/filters/detail/separable.hpp"
#include "vitrine/radiomics/filters/detail/wavelet_families.hpp"
#include "vitrine/radiomics/preprocessing/detail/known.hpp"

namespace vitrine::radiomics {
namespace {

/// One of eight sub-bands: whether it is of details along i, j, k. None: the low-pass one.
using Band = std::bitset<3>;
constexpr unsigned long bands = 8;

/// The filter with `step` - 1 zeros after each coefficient (a trous), and one before, which makes
/// its number odd.
Kernel dilated(std::span<const double> filter, Index step) {
  std::vector<double> taps(filter.size() * std::size_t(step) + 1, 0.0);
  for (std::size_t i = 0; i < filter.size(); ++i) taps[(i + 1) * std::size_t(step)] = filter[i];
  if (taps.size() % 2 == 0) taps.insert(taps.begin(), 0.0);
  return centred(std::move(taps));
}

/// Soft thresholding: shrinks towards 0 by `threshold`.
void shrink(Image& details, double threshold) {
  for (float& x : details.values()) {
    const double rest = std::abs(double(x)) - threshold;
    x = rest <= 0 ? 0.0f : float(std::copysign(rest, double(x)));
  }
}

class WaveletDenoising final : public PreprocessingStep {
 public:
  struct Params {
    std::string family = "db2";
    std::int64_t levels = 2;
    std::string rule = "bayes_shrink";
    std::optional<double> threshold;  // HU
  };
  static const Schema<Params>& schema() {
    std::vector<std::string> names;
    for (const WaveletFamily& family : wavelet_families()) names.emplace_back(family.name);
    static const auto s =
        Schema<Params>("wavelet_denoising",
                       "Details of an undecimated wavelet transform in 3D are shrunk towards 0 by "
                       "a threshold, band by band")
            .optional("family", &Params::family,
                      "haar, Daubechies (db), symlets (sym) or Coiflets (coif)")
            .one_of(names)
            .optional("levels", &Params::levels,
                      "decompositions; the filters of each are twice as wide as before")
            .between(1, 4)
            .optional("rule", &Params::rule,
                      "threshold of a band, from its noise by the median of its absolute values: "
                      "that of BayesShrink (noise^2 / signal) or the universal one")
            .one_of({"bayes_shrink", "universal"})
            .optional("threshold", &Params::threshold, unit::hu,
                      "the same threshold for all bands, in place of a rule (0 changes nothing)")
            .between(0, 10000);
    return s;
  }
  explicit WaveletDenoising(Params params) : params_(std::move(params)) {}

  Piece apply(Piece piece, Isa isa) const override {
    // Where the image ends it goes on mirrored; where the piece ends, on its other side, which is
    // farther from the lesion than the filters reach.
    const Grid& grid = piece.image.grid();
    Grid room = grid;
    std::array<Index, 3> before{};
    for (std::size_t a = 0; a < 3; ++a) {
      const Index last = piece.part.first[a] + grid.size[a];
      if (piece.part.first[a] == 0) before[a] = reach_in_voxels();
      room.size[a] += before[a] + (last == piece.part.whole[a] ? reach_in_voxels() : 0);
    }
    const auto in = [&](Index i, std::size_t a) {
      return padded_index(i - before[a], grid.size[a], Padding::mirror);
    };
    Image image(room);
    for (Index k = 0; k < room.size[2]; ++k)
      for (Index j = 0; j < room.size[1]; ++j)
        for (Index i = 0; i < room.size[0]; ++i)
          image(i, j, k) = piece.image(in(i, 0), in(j, 1), in(k, 2));
    image = denoised(image, 0, isa);
    for (Index k = 0; k < grid.size[2]; ++k)
      for (Index j = 0; j < grid.size[1]; ++j)
        for (Index i = 0; i < grid.size[0]; ++i)
          piece.image(i, j, k) = image(i + before[0], j + before[1], k + before[2]);
    return piece;
  }
  Vec3 reach(const Vec3& spacing) const override { return double(reach_in_voxels()) * spacing; }
  double seconds_per_voxel(const Vec3&) const override {
    const auto taps = double(wavelet_family(params_.family).low_pass.size());
    constexpr double per_tap = 0.4e-9, per_pass = 4e-9, sort = 25e-9;
    return double(params_.levels) * bands * (6 * (per_pass + per_tap * taps) + sort);
  }

 private:
  /// There and back through all levels.
  Index reach_in_voxels() const {
    const auto taps = std::ssize(wavelet_family(params_.family).low_pass);
    return taps * ((Index(1) << params_.levels) - 1);
  }

  /// Sums over a level's bands what each gives back: an orthonormal pair of filters and their
  /// reversed ones, without decimation, bring twice the image along each axis.
  Image denoised(const Image& image, std::int64_t level, Isa isa) const {
    const auto low_pass = wavelet_family(params_.family).low_pass;
    const Index step = Index(1) << level;
    const Kernel low = dilated(low_pass, step), high = dilated(high_pass(low_pass), step);
    const auto through = [&](Image in, Band band, bool back) {
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const Kernel& made = band[axis] ? high : low;
        const Kernel kernel = back ? reversed(made) : made;
        const Term term{&in, &kernel};
        in = convolve(std::span(&term, 1), axis, Padding::periodic, isa);
      }
      return in;
    };
    Image sum(image.grid());
    for (unsigned long b = 0; b < bands; ++b) {
      const Band band(b);
      Image part = through(image, band, false);
      if (band.any())
        shrink(part, threshold_of(part));
      else if (level + 1 < params_.levels)
        part = denoised(part, level + 1, isa);
      part = through(std::move(part), band, true);
      for (std::size_t v = 0; v < sum.values().size(); ++v)
        sum.values()[v] += part.values()[v] / float(bands);
    }
    return sum;
  }

  /// Noise by the median absolute value (Donoho & Johnstone 1994), of each band by itself since
  /// noise of CT is correlated (Johnstone & Silverman 1997).
  double threshold_of(const Image& details) const {
    if (params_.threshold) return *params_.threshold;
    std::vector<float> sizes;
    double squares = 0;
    for (const float x : details.values()) {
      sizes.push_back(std::abs(x));
      squares += double(x) * double(x);
    }
    const auto n = double(sizes.size());
    const auto middle = sizes.begin() + std::ssize(sizes) / 2;
    std::nth_element(sizes.begin(), middle, sizes.end());
    constexpr double median_of_normal = 0.6744897501960817;  // of |x|, x standard normal
    const double noise = double(*middle) / median_of_normal;
    if (params_.rule == "universal") return noise * std::sqrt(2 * math::log(n));
    const double signal = std::sqrt(std::max(0.0, squares / n - noise * noise));
    if (signal > 0) return noise * noise / signal;
    return *std::max_element(sizes.begin(), sizes.end());  // noise alone
  }

  Params params_;
};

}  // namespace

void add_wavelet_denoising(Catalogue<PreprocessingStep>& steps) { steps.add<WaveletDenoising>(); }

}  // namespace vitrine::radiomics
