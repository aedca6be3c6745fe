#pragma once
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/scatter_kernel.hpp"
#include "vitrine/recon/preprocess.hpp"

namespace vitrine::trial::detail {

/// A beam, the water correction that belongs to it, and the kernels of its scatter, which live as
/// long as their scanner does: none where no scan wants them.
struct CalibratedBeam {
  physics::Beam beam;
  recon::WaterCorrection water;
  const physics::ScatterKernel* scatter = nullptr;
};

}  // namespace vitrine::trial::detail
