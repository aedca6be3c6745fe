#include "vitrine/trial/detail/calibrated_beam.hpp"

#include <algorithm>
#include <utility>

#include "vitrine/trial/dual_energy.hpp"

namespace vitrine::trial::detail {

Series counted_series(const physics::Beam& beam, const std::string& bins, bool corrected) {
  const auto window = bin_window(bins, beam.bins()->bins());
  require(window.has_value(), Error::Kind::input, "the scanner has no bins '", bins, "'");
  const physics::ReferenceEnergy reference = beam.reference(*window);
  return {bins,
          *window,
          corrected ? recon::water_correction(beam, *window)
                    : recon::WaterCorrection::none(beam.columns()),
          reference.mu_water,
          reference.mu_air,
          {}};
}

namespace {

Series spectral_series(const std::string& name, const recon::SpectralBasis& basis, Index columns,
                       std::size_t bins) {
  std::string why;
  const auto image = recon::spectral_image(name, basis, why);
  require(image.has_value(), Error::Kind::input, "no spectral image '", name, "' (", why, ")");
  return {name,
          {0, bins},
          recon::WaterCorrection::none(columns),
          image->scale.mu_water,
          image->scale.mu_air,
          image};
}

}  // namespace

CalibratedBeam::CalibratedBeam(physics::Beam first, physics::Beam second, double load_share,
                               const std::vector<std::string>& bins,
                               const recon::SpectralBasis& basis, bool corrected)
    : beam(std::move(first)), other(std::move(second)) {
  for (const std::string& name : bins) {
    if (recon::names_spectral(name)) {
      if (!decomposition) decomposition.emplace(beam, *other, load_share, material(basis.material));
      series.push_back(spectral_series(name, basis, beam.columns(), 2));
      continue;
    }
    const auto window = scan_of_two(name);
    require(window.has_value(), Error::Kind::input, "a dual-energy scan has no image '", name, "'");
    const physics::Beam& its = window->first == 0 ? beam : *other;
    series.push_back(
        {name,
         *window,
         corrected ? recon::water_correction(its) : recon::WaterCorrection::none(its.columns()),
         its.mu_water(),
         its.mu_air(),
         {}});
  }
}

CalibratedBeam::CalibratedBeam(physics::Beam calibrated, const std::vector<std::string>& bins,
                               const recon::SpectralBasis& basis, bool corrected,
                               const physics::ScatterKernel* kernel)
    : beam(std::move(calibrated)), scatter(kernel) {
  for (const std::string& name : bins) {
    if (!beam.bins()) {
      series.push_back(
          {name,
           {},
           corrected ? recon::water_correction(beam) : recon::WaterCorrection::none(beam.columns()),
           beam.mu_water(),
           beam.mu_air(),
           {}});
      continue;
    }
    if (recon::names_spectral(name)) {
      if (!decomposition) decomposition.emplace(beam, material(basis.material));
      series.push_back(spectral_series(name, basis, beam.columns(), beam.bins()->bins()));
      continue;
    }
    series.push_back(counted_series(beam, name, corrected));
  }
}

const Series& CalibratedBeam::of(const std::string& bins) const {
  const auto found = std::ranges::find(series, bins, &Series::bins);
  require(found != series.end(), Error::Kind::input, "the beam was not calibrated for bins '", bins,
          "'");
  return *found;
}

}  // namespace vitrine::trial::detail
