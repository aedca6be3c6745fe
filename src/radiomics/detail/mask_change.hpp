#pragma once
#include <array>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::radiomics {

/// A part of a resampling grid that goes on in all directions; masks on it can be given more room.
struct MaskPart {
  std::array<Index, 3> low{};  ///< the first voxel, in samples of the whole grid
  Mask mask{Grid{}};

  std::array<Index, 3> sample(Index i, Index j, Index k) const {
    return {low[0] + i, low[1] + j, low[2] + k};
  }
};

/// Whether a sample of the whole grid lies in the image; what does not belongs to no mask.
using InImage = FunctionRef<bool(const std::array<Index, 3>& sample)>;

/// The place of a sample in a random field: the element of its `Rng`.
std::uint64_t address_of(const std::array<Index, 3>& sample);

/// The same values with so many voxels more on every side, which hold zero.
template <class Quantity>
Volume<Quantity> padded(const Volume<Quantity>& inner, const std::array<Index, 3>& by) {
  GridBox box{by, inner.grid()};
  Grid grid = inner.grid();
  for (std::size_t a = 0; a < 3; ++a) {
    grid.size[a] += 2 * by[a];
    grid.origin -= grid.axes.col(Index(a)) * grid.spacing[Index(a)] * double(by[a]);
  }
  Volume<Quantity> outer(grid);
  paste(inner, box, outer);
  return outer;
}
MaskPart padded(const MaskPart& part, const std::array<Index, 3>& by);
/// Room of at least `reach` mm, and one voxel.
std::array<Index, 3> room_for(const Grid& grid, double reach);

/// Squared distance [mm^2] of every voxel's centre to the nearest voxel of the mask that is
/// `inside` (or not), each taken as the box that it is; at most reach^2. Inside: 0.
std::vector<double> squared_distances(const Mask& mask, bool inside, double reach);

/// Weights of a Gaussian of this standard deviation [voxels] whose squares sum to 1: white noise
/// stays of variance 1.
std::vector<double> gaussian(double sd);
/// The values of a box of `size`, i fastest, smoothed along each axis, less the margin that the
/// weights take away.
std::vector<double> convolved(std::vector<double> field, std::array<Index, 3> size,
                              const std::array<std::vector<double>, 3>& weights);
/// How much of the mask lies about each of its grid's voxels, on a scale of its own: the mask
/// smoothed by a Gaussian of 1.5 voxels.
std::vector<double> density_of(const Mask& mask);

/// The mask grown or shrunk by a share of its voxels, rounded to whole ones.
///
/// Voxels come and go in the order of their distance to the mask or to the outside; of one distance
/// those come first, and go last, that have most of the mask about them, equal ones in random
/// order. Of two changes with the same stream the smaller one is contained in the larger one. Where
/// the image ends before the volume is reached, it is filled.
MaskPart with_volume(const MaskPart& part, double change, const Stream& stream, InImage in_image);

/// The mask with a boundary displaced by a smooth Gaussian field of this standard deviation and
/// correlation length [mm], whose expected number of voxels is that of the mask.
MaskPart with_random_contour(const MaskPart& part, double sd, double correlation,
                             const Stream& stream, InImage in_image);

}  // namespace vitrine::radiomics
