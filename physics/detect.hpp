#pragma once
#include <span>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/projector.hpp"

namespace vitrine::physics {

/// One noisy scan at one tube load, read out a block of views at a time: compound Poisson quanta
/// plus Gaussian electronic noise.
///
/// `tube_load` is in mAs per rotation; one reading has tube_load / views_per_rotation. The signal
/// is relative to the mean of the unattenuated beam and may be 0 or negative where few quanta
/// arrive. Cell (view, cell) draws from its own address of `noise` (see docs/methods/physics.md),
/// so the result depends neither on threads nor on how the views are cut into blocks, and scans
/// with different keys share no draw.
///
/// Views come whole and in order, each once, so that a reading may depend on the views before it
/// and on the cells beside it.
class Acquisition {
 public:
  Acquisition(const ScanGeometry& geometry, const Beam& beam, double tube_load, const Stream& noise,
              Isa isa);

  /// The readings of views `first` to `first + count`, which follow those of the last call: columns
  /// x rows of each, rows contiguous, as in a Sinogram. `signal` and `quanta` are as in an
  /// Exposure; `readings` is other memory.
  void read(Index first, Index count, std::span<const float> signal, std::span<const float> quanta,
            std::span<float> readings);

 private:
  void add_noise(Index view, std::span<const float> signal, std::span<const float> quanta,
                 std::span<float> reading) const;

  Index views_, cells_;
  Index next_ = 0;  ///< view
  double reading_mas_;
  Stream noise_;
  Isa isa_;
  std::vector<float> electronic_;  ///< per cell: noise relative to the unattenuated signal
};

/// A whole scan of an exposure.
Sinogram<quantity::Signal> acquire(const Exposure& exposure, const Beam& beam, double tube_load,
                                   const Stream& noise, Isa isa);

/// The same into memory that is there already.
void acquire_into(const Exposure& exposure, const Beam& beam, double tube_load, const Stream& noise,
                  Isa isa, Sinogram<quantity::Signal>& out);

}  // namespace vitrine::physics
