#include "vitrine/trial/detail/calibrated_beam.hpp"

#include <algorithm>
#include <utility>

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
    std::string why;
    if (recon::names_spectral(name)) {
      const auto image = recon::spectral_image(name, basis, why);
      require(image.has_value(), Error::Kind::input, "no spectral image '", name, "' (", why, ")");
      if (!decomposition) decomposition.emplace(beam, material(basis.material));
      series.push_back({name,
                        {0, beam.bins()->bins()},
                        recon::WaterCorrection::none(beam.columns()),
                        image->scale.mu_water,
                        image->scale.mu_air,
                        image});
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
