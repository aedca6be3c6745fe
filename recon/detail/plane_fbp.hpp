#pragma once
#include "vitrine/recon/fbp.hpp"

namespace vitrine::recon::detail {

/// Whether the grid's slices are all made of the one row of a detector at rest: then the work is
/// done in the plane.
bool is_planar(const Rebinned& scan, const Grid& grid);

/// What BackProjection makes of such a scan, in a tenth of its time: the same interpolation to
/// within 1e-3.
Image reconstruct_plane(const Rebinned& scan, const Kernel& kernel, const Grid& grid,
                        const HounsfieldScale& scale, Isa isa);

}  // namespace vitrine::recon::detail
