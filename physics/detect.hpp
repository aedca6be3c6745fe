#pragma once
#include "vitrine/core/isa.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/projector.hpp"

namespace vitrine::physics {

/// One noisy scan of an exposure: compound Poisson quanta plus Gaussian electronic noise.
///
/// `tube_load` is in mAs per rotation; one reading has tube_load / views_per_rotation. The signal
/// is relative to the mean of the unattenuated beam and may be 0 or negative where few quanta
/// arrive. Cell (view, cell) draws from its own address of `noise` (see docs/methods/physics.md),
/// so the result does not depend on threads, and scans with different keys share no draw.
Sinogram<quantity::Signal> acquire(const Exposure& exposure, const Beam& beam, double tube_load,
                                   const Stream& noise, Isa isa);

/// The same into memory that is there already.
void acquire_into(const Exposure& exposure, const Beam& beam, double tube_load, const Stream& noise,
                  Isa isa, Sinogram<quantity::Signal>& out);

}  // namespace vitrine::physics
