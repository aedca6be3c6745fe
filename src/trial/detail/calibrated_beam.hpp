#pragma once
#include <optional>
#include <string>
#include <vector>

#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/scatter_kernel.hpp"
#include "vitrine/recon/decomposition.hpp"
#include "vitrine/recon/hardening.hpp"
#include "vitrine/recon/preprocess.hpp"
#include "vitrine/recon/spectral.hpp"

namespace vitrine::trial::detail {

/// What images are made of: all that a detector reads, or some bins of one that counts photons.
struct Series {
  std::string bins = "total";
  BinWindow window;  ///< of a photon-counting beam; with dual energy of the two scans
  recon::WaterCorrection water;
  double mu_water = 0.0, mu_air = 0.0;           ///< 1/mm: the scale of its CT numbers
  std::optional<recon::SpectralImage> spectral;  ///< made of basis materials, not of readings
};

/// The series of some bins of a photon-counting beam. Throws Error if it has none of that name.
Series counted_series(const physics::Beam& beam, const std::string& bins, bool corrected);

/// A beam, the series that are made of it, one at least, and the kernels of its scatter, which live
/// as long as their scanner does: none where no scan wants them.
struct CalibratedBeam {
  physics::Beam beam;
  std::optional<physics::Beam> other;  ///< with dual energy: of the second scan
  std::vector<Series> series;
  const physics::ScatterKernel* scatter = nullptr;
  std::optional<recon::HardeningTable> hardening;             ///< if a second material is corrected
  std::optional<recon::MaterialDecomposition> decomposition;  ///< if a series is spectral

  /// Calibrates a series for each of some bins (see bin_window; `total` alone of a detector that
  /// does not count photons) and spectral images of a basis, with or without a correction of beam
  /// hardening, of which spectral images have none in any case.
  CalibratedBeam(physics::Beam calibrated, const std::vector<std::string>& bins,
                 const recon::SpectralBasis& basis, bool corrected,
                 const physics::ScatterKernel* kernel);
  /// Of a scan at two tube voltages; `load_share`: tube load of the second over the first's.
  CalibratedBeam(physics::Beam first, physics::Beam second, double load_share,
                 const std::vector<std::string>& bins, const recon::SpectralBasis& basis,
                 bool corrected);
  /// What a series is read with; of spectral ones with dual energy, the first.
  const physics::Beam& of(const Series& its) const {
    return other && !its.spectral && its.window.first == 1 ? *other : beam;
  }
  /// Throws Error if there is none of these bins.
  const Series& of(const std::string& bins) const;
};

}  // namespace vitrine::trial::detail
