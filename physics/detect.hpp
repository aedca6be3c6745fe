#pragma once
#include <span>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/effects/effect.hpp"
#include "vitrine/physics/projector.hpp"

namespace vitrine::physics {

/// How a scan is read out beside its mean tube load.
struct Conditions {
  Stream hardware = {};  ///< of the scanner's own imperfections, the same in all its scans
  /// Tube load of every view over the scan's mean; empty: all the same.
  std::vector<double> modulation = {};
  bool noiseless = false;  ///< what the detector reads on average, converter unrounded
};

/// One noisy scan at one tube load, read out a block of views at a time: compound Poisson quanta,
/// what the beam's detector does to its readings (effects/effect.hpp), Gaussian electronic noise,
/// and the calibration with a scan of air.
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
  /// Throws Error for a tube load that is not positive, and for effects that the scan cannot have.
  Acquisition(const ScanGeometry& geometry, const Beam& beam, double tube_load, const Stream& noise,
              Isa isa, Conditions conditions = {});

  /// The readings of views `first` to `first + count`, which follow those of the last call: columns
  /// x rows of each, rows contiguous, as in a Sinogram. `signal` and `quanta` are as in an
  /// Exposure; `readings` is other memory.
  void read(Index first, Index count, std::span<const float> signal, std::span<const float> quanta,
            std::span<float> readings);

 private:
  void add_noise(Index view, std::span<const float> signal, std::span<const float> quanta,
                 std::span<float> reading) const;
  /// mAs of a reading.
  double load(Index view) const {
    return modulation_.empty() ? reading_mas_ : reading_mas_ * modulation_[std::size_t(view)];
  }
  void run_effects(Index first, Index count, std::span<float> readings);

  ScanGeometry geometry_;
  Index views_, cells_;
  Index next_ = 0;  ///< view
  double reading_mas_, swank_;
  Stream noise_;
  Isa isa_;
  std::vector<double> modulation_;
  bool noiseless_;
  /// Per cell: noise relative to the unattenuated signal, if no effect adds it later.
  std::vector<float> electronic_;
  std::vector<Effect> effects_;
  std::vector<float> air_, calibration_;  ///< per cell: keV/mAs, and 1 over what the air scan holds
};

/// What each cell takes up with nothing but air in the beam, keV/mAs: [column][row].
std::vector<float> air_signals(const ScanGeometry& geometry, const Beam& beam);

/// A whole scan of an exposure.
Sinogram<quantity::Signal> acquire(const Exposure& exposure, const Beam& beam, double tube_load,
                                   const Stream& noise, Isa isa, Conditions conditions = {});

/// A noisy scan into memory that is there already.
void acquire_into(const Exposure& exposure, const Beam& beam, double tube_load, const Stream& noise,
                  Isa isa, Sinogram<quantity::Signal>& out, Conditions conditions = {});

/// Does a noiseless scan differ from the exposure's signal?
bool changes_mean(const Detector& detector);

}  // namespace vitrine::physics
