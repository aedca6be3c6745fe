#pragma once
#include <span>

#include "vitrine/physics/voxel_projector.hpp"
#include "vitrine/recon/fbp.hpp"

namespace vitrine::recon {

/// Filtered back projection of parallel views of one row that cover half a turn once, into one
/// slice. `lines`: view-major, as the projector makes them; views equally spaced.
///
/// Pixels beyond the outer columns are `outside_field_of_view`. Equal bits for any number of
/// threads. Throws Error (unsupported) on more rows or slices, or on views that are not a half
/// turn.
Image reconstruct(const physics::ParallelGeometry& rays, std::span<const float> lines,
                  const Kernel& kernel, const Grid& grid, const HounsfieldScale& scale, Isa isa);

}  // namespace vitrine::recon
