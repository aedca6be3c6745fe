#pragma once
#include "vitrine/core/isa.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/rebin.hpp"

namespace vitrine::recon::detail {

/// An image of all that a scan sees, whatever images are wanted of it: what corrections segment.
struct FirstImage {
  Image image;   ///< HU; of a tilted gantry parallel to its plane
  Grid upright;  ///< the same voxels in the gantry's frame, where lines are
};

/// `voxel`: mm in the plane; slices are one row thick, but no thinner than that.
FirstImage first_image(const Rebinned& scan, const HounsfieldScale& scale, double voxel, Isa isa);

/// Of a point in the patient's frame: where the gantry's frame has it.
Vec3 in_gantry(const Rebinned& scan, const Vec3& point);

}  // namespace vitrine::recon::detail
