#include <algorithm>

#include "vitrine/radiomics/filters/detail/known.hpp"
#include "vitrine/radiomics/filters/detail/level.hpp"
#include "vitrine/radiomics/filters/detail/separable.hpp"
#include "vitrine/radiomics/filters/detail/wavelet_families.hpp"
#include "vitrine/radiomics/filters/detail/words.hpp"

namespace vitrine::radiomics {
namespace {

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (const WaveletFamily& family : wavelet_families()) names.emplace_back(family.name);
  return names;
}

/// The filter with `step` - 1 zeros after each coefficient (a trous).
///
/// An even number gets a zero first: its middle is then at one of them, and stays there when
/// rotations turn the filter round (IBSI 2).
Kernel dilated(std::span<const double> filter, Index step) {
  const Index odd = std::ssize(filter) + (std::ssize(filter) % 2 == 0 ? 1 : 0);
  std::vector<double> taps(std::size_t((odd - 1) * step + 1), 0.0);
  for (std::size_t i = 0; i < filter.size(); ++i) taps[i * std::size_t(step)] = filter[i];
  return centred(std::move(taps));
}

class Wavelet final : public ImageFilter {
 public:
  struct Params {
    std::string family;
    std::string bands;
    std::int64_t level = 1;
    Dimensions dimensions = Dimensions::volume;
    RotationPooling rotation_invariance = RotationPooling::none;
    Padding padding = Padding::mirror;
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("wavelet", "Separable wavelets, without decimation: one sub-band of a level")
            .required("family", &Params::family,
                      "haar, Daubechies (db), symlets (sym) or Coiflets (coif)")
            .one_of(family_names())
            .required(
                "bands", &Params::bands,
                "L (low-pass) or H (high-pass) along i, j and k: LLH; in 2d along i and j: LH")
            .optional("level", &Params::level,
                      "decompositions; each one's filters are twice as wide, and see the low-pass "
                      "response of the one before")
            .between(1, deepest_level)
            .optional("dimensions", &Params::dimensions, dimensions_doc)
            .unless_default()
            .optional("rotation_invariance", &Params::rotation_invariance, rotation_doc)
            .unless_default()
            .optional("padding", &Params::padding, padding_doc)
            .unless_default()
            .checked([](const Params& params, const Value& node, Diagnostics& problems) {
              const std::size_t axes = params.dimensions == Dimensions::slice ? 2 : 3;
              if (params.bands.size() == axes &&
                  params.bands.find_first_not_of("LH") == std::string::npos)
                return;
              const Value* at = node.find("bands");
              problems.error(at ? at->where : node.where,
                             str("'bands' is '", params.bands, "' (the filter acts along ", axes,
                                 " axes). Use ", axes, " letters L or H, as in ",
                                 std::string_view("LLH").substr(3 - axes), '.'));
            });
    return s;
  }
  explicit Wavelet(Params params) : params_(std::move(params)) {}

 private:
  Image response(const Image& image, Isa isa) const override {
    const auto low = wavelet_family(params_.family).low_pass;
    const std::vector<double> high = high_pass(low);
    require_level(
        params_.level, image.grid(), params_.dimensions, params_.family,
        [&](std::int64_t level) { return (std::ssize(low) - 1) * ((Index(1) << level) - 1) + 1; });
    std::vector<KernelTriple> stages(std::size_t(params_.level));
    for (std::size_t s = 0; s < stages.size(); ++s)
      for (std::size_t a = 0; a < params_.bands.size(); ++a) {
        const bool is_last = s + 1 == stages.size();
        stages[s][a] =
            dilated(is_last && params_.bands[a] == 'H' ? std::span(high) : low, Index(1) << s);
      }
    return convolve(image, stages, params_.dimensions, params_.rotation_invariance, params_.padding,
                    isa);
  }

  Params params_;
};

}  // namespace

void add_wavelet(Catalogue<ImageFilter>& filters) { filters.add<Wavelet>(); }

}  // namespace vitrine::radiomics
