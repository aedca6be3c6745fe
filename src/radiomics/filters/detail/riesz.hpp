#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "vitrine/radiomics/filters/detail/spectral.hpp"
#include "vitrine/radiomics/filters/detail/words.hpp"

namespace vitrine::radiomics {

/// The Riesz transform of an order (l1, l2, l3) of at least one, L = l1 + l2 + l3 (Unser and Van De
/// Ville, IEEE Trans. Image Process. 19 (2010) 636; IBSI 2):
///
///   (-i)^L sqrt(L! / (l1! l2! l3!)) nu1^l1 nu2^l2 nu3^l3 / |nu|^L, and 0 at nu = 0.
///
/// The transforms of one L share an image's energy, but for that of its mean.
class Riesz final : public TransferFunction {
 public:
  explicit Riesz(std::array<int, 3> order);
  int order() const override { return order_[0] + order_[1] + order_[2]; }
  void gains(std::span<const double> x, double y, double z, std::span<double> gain) const override;

 private:
  std::array<int, 3> order_;
  double factor_;
};

/// Largest sum of an order's numbers.
inline constexpr int highest_riesz_order = 20;

/// Reports what is wrong with the order `list`, given under the key `riesz` of `node`; an empty one
/// stands for no transform.
void check_riesz_order(const std::vector<std::int64_t>& list, Dimensions dimensions,
                       const Value& node, Diagnostics& problems);
/// A checked list as three numbers.
std::array<int, 3> riesz_order(const std::vector<std::int64_t>& list);

/// A filter's keys, and those of the Riesz transform that may follow it: `riesz`, its frequencies,
/// dimensions and padding.
template <class Params>
Schema<Params> with_riesz(Schema<Params>&& keys) {
  return std::move(keys)
      .optional("riesz", &Params::riesz,
                "order of a Riesz transform along i, j and k: [0, 2, 0]; in 2d along i and j: "
                "[0, 2]")
      .unless_default()
      .optional("frequencies", &Params::frequencies, frequencies_doc)
      .unless_default()
      .optional("dimensions", &Params::dimensions, dimensions_doc)
      .unless_default()
      .optional("padding", &Params::padding, padding_doc)
      .unless_default()
      .checked([](const Params& params, const Value& node, Diagnostics& problems) {
        check_riesz_order(params.riesz, params.dimensions, node, problems);
      });
}

}  // namespace vitrine::radiomics
