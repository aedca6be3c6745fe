#pragma once
#include <cstdint>
#include <vector>

#include "vitrine/recon/detail/line_filter.hpp"
#include "vitrine/recon/rebin.hpp"

namespace vitrine::recon::detail {

/// Where the filtered lines of a scan are, as TileJob wants it.
///
/// A source is one half turn. Heights count from `first_z`, the first slice, so that float keeps
/// them to 1e-4 mm.
class LinePlaces {
 public:
  LinePlaces(const Rebinned& scan, const LineFilter& filter, double first_z);

  std::vector<float> side;                    ///< per source
  std::vector<std::int32_t> place;            ///< [angle][source]: into those of the samples
  std::vector<float> source_z, row_shift;     ///< [angle][source]
  std::vector<float> depth, lead, row_scale;  ///< per sample
  Index samples() const { return samples_; }  ///< of a line

  /// Of lines whose axes are elsewhere: room for as many.
  void make_room(Index lines);
  /// The geometry of such a line's samples, from the sample `at` of that room on.
  void put_askew(Index angle, Index source, Index at);

 private:
  const Rebinned& scan_;
  const LineFilter& filter_;
  Index samples_;
};

/// What of the lines an image is made of.
struct ImageReach {
  double low_z, high_z;  ///< mm from the first slice, sub-planes included
  double beyond;         ///< mm in the plane that what is interpolated may stand beyond voxels
};

/// Rows of every line [angle][source] that an image is made of; of some lines none. Not of askew
/// scans.
std::vector<SomeRows> seen_rows(const Rebinned& scan, const LineFilter& filter,
                                const LinePlaces& lines, const Grid& grid, const ImageReach& reach);

}  // namespace vitrine::recon::detail
