#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "vitrine/model/scan.hpp"

namespace vitrine::recon::detail {

/// Turns the rows of a flat detector into those of a curved one.
///
/// On a flat detector a row's tangent falls with the cosine of the fan angle, so the rows of a
/// curved one lie at row / cosine from the middle: six-point Lagrange between them. Rows beyond the
/// panel's edge repeat its last.
class FlatRows {
 public:
  /// `cosines` of the fan angle, one per parallel sample.
  FlatRows(const ScanGeometry& scan, std::span<const double> cosines);

  /// One angle's samples, [sample][padded_rows], in place; weighted with the cosine of their cone
  /// angle.
  void curve(Index padded_rows, std::span<float> line) const;

 private:
  static constexpr std::size_t taps = 6;
  struct Row {
    std::int32_t first;  ///< flat row of the first tap
    std::array<float, taps> weights;
  };
  Index rows_;
  std::vector<Row> rows_of_;  ///< [sample][row]
};

}  // namespace vitrine::recon::detail
