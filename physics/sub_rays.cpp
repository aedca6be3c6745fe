// Which parts of a cell and of the focal spot each sub-ray joins.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "vitrine/physics/projector.hpp"

namespace vitrine::physics {
namespace {

/// n places on [-1/2, 1/2], the middles of n equal parts.
double stratum(int i, int n) { return (double(i) + 0.5) / double(n) - 0.5; }

/// Part i of n of the cell goes with one of n parts of the focal spot: a permutation.
int partner(int i, int n, int stride) { return (i + 1) * stride % (n + 1) - 1; }

/// One direction of a cell and of a focal spot whose images at the isocentre are `cell` and `spot`
/// mm wide, by n sub-rays.
class Joint {
 public:
  Joint(int n, double cell, double spot, const SpotProfile& profile)
      : n_(n), cell_(cell), spot_(spot), profile_(profile) {
    if (n == 1) return;  // the cell's central ray
    // Of two rays, both ends move together: farther apart, they have the right spread.
    if (n > 2) stride_ = best_stride();
    double square = 0.0;
    for (int i = 0; i < n; ++i) {
      const double at = place(i, stride_);
      square += at * at / double(n);
    }
    const double wanted = (cell * cell + profile.spread() * spot * spot) / 12.0;
    scale_ = square > 0.0 ? std::sqrt(wanted / square) : 0.0;
  }
  double in_cell(int i) const { return scale_ * stratum(i, n_); }  ///< in cells
  double on_spot(int i) const {                                    ///< mm
    return scale_ * profile_.place(partner(i, n_, stride_), n_) * profile_.width();
  }

 private:
  double place(int i, int stride) const {
    return cell_ * stratum(i, n_) + spot_ * profile_.place(partner(i, n_, stride), n_);
  }

  /// The permutation whose places at the isocentre are nearest to those of any part of the cell
  /// with any part of the spot, rank by rank.
  int best_stride() const {
    constexpr int parts = 32;
    std::vector<double> all;
    for (int i = 0; i < parts; ++i)
      for (int j = 0; j < parts; ++j)
        all.push_back(cell_ * stratum(i, parts) + spot_ * profile_.place(j, parts));
    std::ranges::sort(all);
    int best = 1;
    double least = 1e300;
    std::vector<double> places(static_cast<std::size_t>(n_));
    for (int stride = 1; stride <= n_; ++stride) {
      if (std::gcd(stride, n_ + 1) != 1) continue;
      for (int i = 0; i < n_; ++i) places[std::size_t(i)] = place(i, stride);
      std::ranges::sort(places);
      double square = 0.0;
      for (std::size_t i = 0; i < places.size(); ++i) {
        const double off = places[i] - all[(2 * i + 1) * all.size() / (2 * places.size())];
        square += off * off;
      }
      if (square < least) {
        least = square;
        best = stride;
      }
    }
    return best;
  }

  int n_, stride_ = 1;
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
