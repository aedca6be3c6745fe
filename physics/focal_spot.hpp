#pragma once
#include <vector>

#include "vitrine/model/scanner.hpp"

namespace vitrine::physics {

/// How the emission of a focal spot is spread along one direction: across, in the plane of the fan,
/// or along z. Of an image these are its two profiles, about their centres of mass.
class SpotProfile {
 public:
  SpotProfile() = default;  ///< a point
  static SpotProfile across(const Scanner& scanner);
  static SpotProfile along(const Scanner& scanner);

  double width() const { return width_; }  ///< mm: the scanner's focal_spot_width or _length
  /// The median of part i of n that emit alike, in widths from the spot's centre.
  double place(int i, int n) const;
  /// Square of the standard deviation over that of a uniform spot of the same width.
  double spread() const { return spread_; }

 private:
  SpotProfile(const Scanner& scanner, double width, std::vector<double> weights);
  double median(int i, int n) const;
  enum class Shape { uniform, gaussian, table } shape_ = Shape::uniform;
  double width_ = 0.0, spread_ = 1.0;
  std::vector<double> sums_;  ///< of a table: the share below each edge of its equal parts
};

}  // namespace vitrine::physics
