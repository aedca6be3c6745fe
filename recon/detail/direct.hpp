#pragma once
#include "vitrine/recon/fbp.hpp"

namespace vitrine::recon::detail {

/// Filtered back projection of fan or cone views as they were measured (Kak and Slaney 1988,
/// sections 3.4; Feldkamp, Davis, Kress 1984): `scan` holds views, not lines.
Image reconstruct_direct(const Rebinned& scan, const Kernel& kernel, const Grid& grid,
                         double slice_thickness, const HounsfieldScale& scale, Isa isa);

}  // namespace vitrine::recon::detail
