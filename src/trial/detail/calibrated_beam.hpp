#pragma once
#include "vitrine/physics/beam.hpp"
#include "vitrine/recon/preprocess.hpp"

namespace vitrine::trial::detail {

/// A beam and the water correction that belongs to it.
struct CalibratedBeam {
  physics::Beam beam;
  recon::WaterCorrection water;
};

}  // namespace vitrine::trial::detail
