#include <algorithm>
#include <cmath>
#include <optional>

#include "vitrine/core/parallel.hpp"
#include "vitrine/radiomics/filters/detail/known.hpp"
#include "vitrine/radiomics/filters/detail/separable.hpp"
#include "vitrine/radiomics/filters/detail/words.hpp"

namespace vitrine::radiomics {
namespace {

/// Level, edge, spot, wave and ripple (Laws 1980; IBSI 2); normalised when used.
struct NamedTaps {
  std::string_view name;
  std::array<int, 5> taps;
  std::size_t count;
};
constexpr std::array known{
    NamedTaps{"L5", {1, 4, 6, 4, 1}, 5},   NamedTaps{"E5", {-1, -2, 0, 2, 1}, 5},
    NamedTaps{"S5", {-1, 0, 2, 0, -1}, 5}, NamedTaps{"W5", {-1, 2, 0, -2, 1}, 5},
    NamedTaps{"R5", {1, -4, 6, -4, 1}, 5}, NamedTaps{"L3", {1, 2, 1}, 3},
    NamedTaps{"E3", {-1, 0, 1}, 3},        NamedTaps{"S3", {-1, 2, -1}, 3}};

/// Taps whose squares sum to 1.
Kernel kernel_of(const NamedTaps& named) {
  double squares = 0;
  for (const int tap : named.taps) squares += tap * tap;
  std::vector<double> taps;
  for (std::size_t t = 0; t < named.count; ++t) taps.push_back(named.taps[t] / std::sqrt(squares));
  return centred(std::move(taps));
}

/// `E5L5S5` as kernels along i, j and k; nothing unless it is two or three known names.
std::optional<KernelTriple> parse(std::string_view names) {
  KernelTriple kernels;
  if (names.size() != 4 && names.size() != 6) return {};
  for (std::size_t a = 0; 2 * a < names.size(); ++a) {
    const auto found = std::find_if(known.begin(), known.end(), [&](const NamedTaps& named) {
      return named.name == names.substr(2 * a, 2);
    });
    if (found == known.end()) return {};
    kernels[a] = kernel_of(*found);
  }
  return kernels;
}

class Laws final : public ImageFilter {
 public:
  struct Params {
    std::string kernels;
    RotationPooling rotations = RotationPooling::none;
    std::optional<std::int64_t> energy_distance;  ///< voxels
    Padding padding = Padding::mirror;
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("laws", "Laws' texture kernels: level, edge, spot, wave and ripple")
            .required("kernels", &Params::kernels,
                      "names along i, j and k (3D) or i and j (2D), as in E5L5S5 or L5S5: of L5, "
                      "E5, S5, W5, R5, L3, E3 and S3")
            .optional("rotation_invariance", &Params::rotations, rotation_doc)
            .unless_default()
            .optional("energy_distance", &Params::energy_distance,
                      "replace the response by the mean of its absolute values within this "
                      "Chebyshev distance, in voxels")
            .between(0, 500)
            .optional("padding", &Params::padding, padding_doc)
            .unless_default()
            .rule("kernels must be two or three of L5, E5, S5, W5, R5, L3, E3 and S3 (one an axis)",
                  [](const Params& p) { return parse(p.kernels).has_value(); });
    return s;
  }
  explicit Laws(Params params)
      : params_(std::move(params)),
        kernels_(parse(params_.kernels).value()),
        dimensions_(params_.kernels.size() == 4 ? Dimensions::slice : Dimensions::volume) {}

 private:
  Image response(const Image& image, Isa isa) const override {
    Image response =
        convolve(image, {&kernels_, 1}, dimensions_, params_.rotations, params_.padding, isa);
    return params_.energy_distance ? energy(std::move(response), *params_.energy_distance, isa)
                                   : response;
  }

  Image energy(Image response, Index distance, Isa isa) const {
    const Index slice = response.grid().size[0] * response.grid().size[1];
    parallel_for(response.grid().size[2], [&](Index k) {
      for (float& x : response.values().subspan(std::size_t(k * slice), std::size_t(slice)))
        x = std::abs(x);
    });
    return box_mean(response, 2 * distance + 1, dimensions_, params_.padding, isa);
  }

  Params params_;
  KernelTriple kernels_;
  Dimensions dimensions_;
};

}  // namespace

void add_laws(Catalogue<ImageFilter>& filters) { filters.add<Laws>(); }

}  // namespace vitrine::radiomics
