#pragma once
#include <memory>
#include <span>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/beam.hpp"

namespace vitrine::physics {

/// Readings of consecutive views on their way through the detector.
struct ViewBlock {
  const ScanGeometry& geometry;
  Index first = 0, count = 0;         ///< views
  std::span<const double> tube_load;  ///< mAs of each reading, one per view of the block
  std::span<float> values;            ///< keV, [view][column][row]

  Index cells() const { return geometry.columns * geometry.rows; }
  std::span<float> view(Index v) const {
    return values.subspan(std::size_t(v * cells()), std::size_t(cells()));
  }
};

/// One thing that a detector does to its readings.
class DetectorEffect {
 public:
  virtual ~DetectorEffect() = default;
  /// Change the readings of views that follow those of the last call.
  virtual void apply(const ViewBlock& block) = 0;
  /// From what cells read of air before the effect, keV/mAs, to what the scanner's calibration
  /// holds of it. Unless an effect says otherwise the two are the same.
  virtual void calibrate(std::span<float> air) const { (void)air; }
  /// What preprocessing does about it, once readings are relative to air.
  virtual void correct(const ViewBlock& block) const { (void)block; }
};

/// What effects are made of.
struct EffectSetting {
  const ScanGeometry& geometry;
  const Beam& beam;
  std::span<const float> air;  ///< keV/mAs per cell with nothing but air in the beam
  Stream noise;                ///< of this scan
  Stream hardware;             ///< of the scanner: which cells are what, and its air scan
  bool noiseless = false;      ///< no quantum and electronic noise, no rounding
  Isa isa = Isa::portable;
};

using Effect = std::unique_ptr<DetectorEffect>;

/// The effects of the beam's detector, in their order; none that would change nothing. Empty if
/// there is nothing but quantum and electronic noise.
std::vector<Effect> detector_effects(const EffectSetting& setting);

// One maker per effect; null where it would change nothing.
Effect air_scan(const EffectSetting& setting);
Effect x_ray_crosstalk(const EffectSetting& setting);
Effect optical_crosstalk(const EffectSetting& setting);
Effect lag(const EffectSetting& setting);
Effect dead_cells(const EffectSetting& setting);
Effect electronic_noise(const EffectSetting& setting);
Effect gain_drift(const EffectSetting& setting);
Effect gain_spread(const EffectSetting& setting);
Effect converter(const EffectSetting& setting);
Effect low_signal(const EffectSetting& setting);

/// A number of its own for a cell, of one kind of imperfection.
enum class Imperfection : std::uint64_t {
  dead = 1,
  drift = 2,
  spread = 3,
  air_quanta = 4,
  air_electronic = 5
};
inline Rng imperfection(const EffectSetting& setting, Imperfection which, std::size_t cell) {
  return {setting.hardware, std::uint64_t(which) << 40 | std::uint64_t(cell)};
}

}  // namespace vitrine::physics
