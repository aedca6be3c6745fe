#pragma once

namespace vitrine::recon {

/// How much each reading of a partial turn counts, so that every line through the object counts
/// once: a ray's weight and its conjugate's sum to 1.
///
/// Parker's weights (Med Phys 9 (1982) 254), smooth from the first view to the last; an arc beyond
/// a half turn and the fan spreads them over all that is measured twice, as if the fan were wider
/// (Silver, Med Phys 27 (2000) 773).
class ShortScanWeights {
 public:
  /// `arc`: from the first view to the last, rad, pi to 2 pi.
  explicit ShortScanWeights(double arc) : arc_(arc) {}

  double arc() const { return arc_; }
  /// Half of the widest fan that this arc sees from all sides, rad.
  double half_fan() const;
  /// Weight of the ray at a fan angle [rad, at most half_fan() to either side] of the view that is
  /// `angle` [rad] after the first; 0 outside the arc. The conjugate of (angle, fan) is
  /// (angle + pi - 2 fan, -fan).
  double operator()(double angle, double fan) const;

 private:
  double arc_;
};

}  // namespace vitrine::recon
