#pragma once
#include "vitrine/core/isa.hpp"
#include "vitrine/recon/measured_rays.hpp"
#include "vitrine/recon/metal.hpp"
#include "vitrine/recon/rebin.hpp"

namespace vitrine::recon {

/// Rays as the detector saw them after what corrections did to the parallel lines of the same scan.
///
/// A ray gets what the lines about it gained: six-point Lagrange across their samples, linear
/// between two angles. Where metal threw its shadow it gets what the lines hold now, so that no
/// edge of the metal comes back. Weights remain those of the readings: rays behind metal count
/// little. Of a helix only views remain all of whose rays lines were made of.
///
/// Equal bits for any number of threads. Of an upright gantry whose focal spot stands still.
MeasuredRays corrected_rays(const MeasuredRays& rays, const Rebinned& corrected,
                            const MetalTrace& metal, Isa isa);

/// Bytes that this takes of a scan: rays, what was read, and for a while the lines before.
inline double corrected_rays_memory(const ScanGeometry& scan) {
  constexpr double per_ray = 3.0 * sizeof(float) + 1.0;
  return per_ray * double(scan.views()) * double(scan.columns * scan.rows);
}

}  // namespace vitrine::recon
