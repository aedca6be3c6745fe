// Which parts of a cell and of the focal spot each sub-ray joins.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "vitrine/physics/projector.hpp"

namespace vitrine::physics {
namespace {

/// n places on [-1/2, 1/2], the middles of n equal parts.
double stratum(int i, int n) { return (double(i) + 0.5) / double(n) - 0.5; }

using Order = std::vector<int>;  ///< with which part of the focal spot each part of the cell goes

/// Permutations of n that spread well: multiples modulo n + 1, and modulo n from any start.
std::vector<Order> orders(int n) {
  std::vector<Order> all;
  for (int stride = 1; stride <= n; ++stride) {
    if (std::gcd(stride, n + 1) == 1) {
      Order& order = all.emplace_back();
      for (int i = 0; i < n; ++i) order.push_back((i + 1) * stride % (n + 1) - 1);
    }
    if (std::gcd(stride, n) != 1) continue;
    for (int start = 0; start < n; ++start) {
      Order& order = all.emplace_back();
      for (int i = 0; i < n; ++i) order.push_back((start + i * stride) % n);
    }
  }
  return all;
}

/// One direction of a cell and of a focal spot whose images at the isocentre are `cell` and `spot`
/// mm wide, by n sub-rays.
class Joint {
 public:
  Joint(int n, double cell, double spot, const SpotProfile& profile)
      : n_(n), cell_(cell), spot_(spot), profile_(profile) {
    if (n == 1) {  // the cell's central ray
      order_ = {0};
      return;
    }
    // Of two rays, both ends move together: farther apart, they have the right spread.
    order_ = n == 2 ? Order{0, 1} : best_order();
    double square = 0.0;
    for (int i = 0; i < n; ++i) {
      const double at = cell * stratum(i, n) + spot * profile.place(order_[std::size_t(i)], n);
      square += at * at / double(n);
    }
    const double wanted = (cell * cell + profile.spread() * spot * spot) / 12.0;
    scale_ = square > 0.0 ? std::sqrt(wanted / square) : 0.0;
  }
  double in_cell(int i) const { return scale_ * stratum(i, n_); }  ///< in cells
  double on_spot(int i) const {                                    ///< mm
    return scale_ * profile_.place(order_[std::size_t(i)], n_) * profile_.width();
  }

 private:
  /// The permutation whose places in the patient are nearest to those of any part of the cell with
  /// any part of the spot, rank by rank: at the isocentre and about 200 mm before and behind it,
  /// where the image of the spot is half as wide again and half as wide.
  Order best_order() const {
    std::vector<Order> all = orders(n_);
    std::vector<double> off(all.size(), 0.0);
    for (const double behind : {-1.0, 0.0, 1.0}) {
      const double cell = cell_ * (1.0 + 0.37 * behind), spot = spot_ * (1.0 - 0.5 * behind);
      const auto wanted = convolution(cell, spot);
      std::vector<double> places(static_cast<std::size_t>(n_));
      for (std::size_t k = 0; k < all.size(); ++k) {
        for (std::size_t i = 0; i < places.size(); ++i)
          places[i] = cell * stratum(int(i), n_) + spot * profile_.place(all[k][i], n_);
        std::ranges::sort(places);
        for (std::size_t i = 0; i < places.size(); ++i)
          off[k] += (places[i] - wanted[i]) * (places[i] - wanted[i]);
      }
    }
    return all[std::size_t(std::ranges::min_element(off) - off.begin())];
  }

  /// The middles of n equal parts of the places of a cell and a spot that are as wide as this.
  std::vector<double> convolution(double cell, double spot) const {
    constexpr int parts = 32;
    std::vector<double> all, out;
    for (int i = 0; i < parts; ++i)
      for (int j = 0; j < parts; ++j)
        all.push_back(cell * stratum(i, parts) + spot * profile_.place(j, parts));
    std::ranges::sort(all);
    for (int i = 0; i < n_; ++i)
      out.push_back(all[(2 * std::size_t(i) + 1) * all.size() / (2 * std::size_t(n_))]);
    return out;
  }

  int n_;
  Order order_;
  double cell_, spot_, scale_ = 0.0;
  const SpotProfile& profile_;
};

}  // namespace

std::vector<Offset> sub_rays(const Sampling& sampling, const ScanGeometry& geometry,
                             const Beam& beam) {
  require(
      sampling.columns >= 1 && sampling.rows >= 1 && sampling.columns <= 16 && sampling.rows <= 8,
      Error::Kind::input, "sampling is ", sampling.columns, " x ", sampling.rows,
      " sub-rays (it must be within 1 x 1 and 16 x 8)");
  const SpotProfile &across = beam.focal_spot_across(), &along = beam.focal_spot_along();
  const double demagnified = geometry.source_to_iso / geometry.source_to_detector;
  const Joint in_plane(sampling.columns, geometry.column_angle * geometry.source_to_iso,
                       across.width() * (1.0 - demagnified), across);
  const Joint along_z(sampling.rows, geometry.row_pitch_at_iso(),
                      along.width() * (1.0 - demagnified), along);
  std::vector<Offset> out;
  for (int i = 0; i < sampling.columns; ++i)
    for (int j = 0; j < sampling.rows; ++j)
      out.push_back(
          {in_plane.in_cell(i), along_z.in_cell(j), in_plane.on_spot(i), along_z.on_spot(j)});
  return out;
}

}  // namespace vitrine::physics
