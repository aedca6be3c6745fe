#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "vitrine/model/scan.hpp"

namespace vitrine::recon {

/// The places that a focal spot takes in turn, and where the rays from each of them run.
///
/// Readings from places that differ across the fan interleave in one parallel line (Kachelriess et
/// al., IEEE Trans Nucl Sci 53 (2006) 1238); lines of places that differ along z take turns, so
/// that the rows of neighbouring lines interleave. A focal spot that stands still has one place.
class Spots {
 public:
  /// One ray of a merged line: the reading's place in the turn of places, and its column.
  struct Ray {
    std::int32_t place, column;
    double fan;  ///< rad, to the view's central ray
    double t;    ///< mm, from the axis
  };

  /// Throws Error (unsupported) if the places do not repeat after 1, 2 or 4 readings, if places
  /// across the fan do not interleave, or if the spot of a flat detector flies.
  explicit Spots(const ScanGeometry& scan);

  Index period() const { return period_; }                   ///< readings until places repeat
  Index heights() const { return std::ssize(lines_); }       ///< 1 or 2
  Index across() const { return across_; }                   ///< readings that make one line: 1, 2
  bool stands_still() const { return shifts_.size() == 1; }  ///< at any one place

  /// The rays of the line of a height, by ascending t.
  const std::vector<Ray>& line(Index height) const { return lines_[std::size_t(height)]; }
  /// Smallest and largest t that the lines of all heights have, and the t of a ray near the axis.
  std::array<double, 2> extent() const;
  double nearest_to_axis() const;

  double z(Index height) const { return centres_[std::size_t(height)].z; }  ///< mm, of the place
  /// mm: from the places of a height to the axis.
  double radius(Index height) const { return source_to_iso_ - centres_[std::size_t(height)].along; }
  /// mm in the plane from the places of a height to the cell that the ray at t ends in.
  double to_cell(Index height, double t) const;

 private:
  Index period_ = 1, across_ = 1;
  double source_to_iso_, source_to_detector_;
  std::vector<FocalShift> shifts_;   ///< of one period
  std::vector<FocalShift> centres_;  ///< per height
  std::vector<std::vector<Ray>> lines_;
};

}  // namespace vitrine::recon
