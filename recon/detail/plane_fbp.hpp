#pragma once
#include "vitrine/recon/fbp.hpp"

namespace vitrine::recon::detail {

/// Whether the grid's slices are all made of the one row of a detector at rest: then the work is
/// done in the plane.
bool is_planar(const Rebinned& scan, const Grid& grid);

/// What the tiles of a volume make of such a scan, to within 1e-3, in less time.
Image reconstruct_plane(const Rebinned& scan, const Kernel& kernel, const Grid& grid,
                        const HounsfieldScale& scale, Isa isa);

}  // namespace vitrine::recon::detail
