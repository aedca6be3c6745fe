#pragma once
#include <cstdint>
#include <vector>

#include "vitrine/model/volume.hpp"
#include "vitrine/recon/rebin.hpp"

namespace vitrine::recon::detail {

/// The circle of pixels of a slice that every view sees.
struct Circle {
  /// About the axis, or about a point of y that much farther on; mm.
  Circle(const Grid& grid, double radius, double axis_y = 0.0);
  bool holds(Index i, Index j) const {
    return i >= begin[std::size_t(j)] && i < end[std::size_t(j)];
  }
  std::vector<std::int32_t> begin, end;                ///< per row: pixels of it
  std::vector<std::int32_t> column_begin, column_end;  ///< per column

  /// Per row of a tile: pixels, counted from the tile's first.
  struct Part {
    std::vector<std::int32_t> begin, end;
    bool empty() const { return begin == end; }
  };
  Part part(Index first_column, Index width, Index first_row, Index height) const;
};

/// The voxels that every view sees: one circle, or one a slice where the axis goes through each
/// elsewhere.
class FieldOfView {
 public:
  FieldOfView(const Rebinned& scan, const Grid& grid);

  bool holds(Index i, Index j, Index k) const {
    return slices_.empty() ? any_.holds(i, j) : slices_[std::size_t(k)].holds(i, j);
  }
  /// Pixels that are within in any slice.
  const Circle& any() const { return any_; }

 private:
  Circle any_;
  std::vector<Circle> slices_;
};

}  // namespace vitrine::recon::detail
