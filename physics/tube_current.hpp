#pragma once
#include <optional>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/schema.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/model/scene.hpp"
#include "vitrine/physics/beam.hpp"

namespace vitrine::physics {

/// Tube current that follows the patient, view by view. A view through a line integral p gets a
/// current that goes as exp(strength * p): 0.5 has the least noise in the image for a given sum of
/// currents (Gies et al., Med Phys 26 (1999) 2235), 1 makes the quanta behind the patient equal.
struct TubeCurrentModulation {
  double angular = 0.5;               ///< strength within a rotation
  double longitudinal = 0.5;          ///< strength from rotation to rotation
  std::optional<double> least, most;  ///< mA
  static const Schema<TubeCurrentModulation>& schema();
};

/// The line integral of every view's darkest part, as the scanner sees the patient: about 36 views
/// per rotation are measured, without noise, their intensities averaged over all rows and a 48th of
/// the columns; others are interpolated.
std::vector<double> view_attenuation(const Scene& scene, const ScanGeometry& geometry,
                                     const Beam& beam, Isa isa);

/// Limits of the current over its mean.
struct CurrentLimits {
  double least = 0.0, most = 1e300;
};

/// The limits for a scan whose mean is `mean_current` mA; a tube of `power` kW gives at most
/// power / kV. Throws Error if the mean itself is outside.
CurrentLimits current_limits(const TubeCurrentModulation& modulation, double mean_current,
                             double kv, const std::optional<double>& power);

/// Tube load of every view over the scan's mean, from what the views attenuate. The part of a
/// view's attenuation that is `longitudinal` is its mean over the rotation about the view (in an
/// axial scan: the rotation it belongs to). Empty where no view differs. Throws Error if limits
/// leave the mean no room.
std::vector<double> modulated(const TubeCurrentModulation& modulation,
                              const std::vector<double>& attenuation, const ScanGeometry& geometry,
                              const CurrentLimits& limits);

}  // namespace vitrine::physics
