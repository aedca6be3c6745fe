#include "vitrine/physics/carlo/source.hpp"

#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/incident.hpp"

namespace vitrine::physics::carlo {

Source scanner_source(const Scanner& scanner, double kv, double width) {
  require(width >= 0.0 && std::isfinite(width), Error::Kind::input, "the collimation is ", width,
          " mm (it must be positive, or 0 for all rows). Use the width of the beam at the ",
          "isocentre.");
  constexpr std::size_t bins = 128;  // below half a degree: the bowtie's steps are 0.3 mm
  const ScanGeometry geometry = hardware_geometry(scanner);
  const Spectrum incident = incident_spectrum(scanner, kv);
  const Material& bowtie = material(scanner.bowtie.material);
  const std::vector<double> mu = mass_attenuation(bowtie, incident.energies);

  Source source;
  source.energies = incident.energies;
  source.fan_first = geometry.fan_angle(-0.5);
  const double last = geometry.fan_angle(double(geometry.columns) - 0.5);
  source.fan_width = (last - source.fan_first) / double(bins);
  if (width == 0.0) width = double(geometry.rows) * geometry.row_pitch_at_iso();
  source.slope_high = 0.5 * width / scanner.source_to_iso;
  source.slope_low = -source.slope_high;
  double all = 0.0;
  for (std::size_t b = 0; b < bins; ++b) {
    const double angle = source.fan_first + (double(b) + 0.5) * source.fan_width;
    const double mass = bowtie_thickness(scanner, angle) * bowtie.density;
    auto& row = source.photons.emplace_back();
    for (std::size_t e = 0; e < incident.energies.size(); ++e) {
      row.push_back(incident.fluence[e] * math::exp(-mass * mu[e]));
      all += row.back();
    }
  }
  // Photons per mm^2 at 1 m times the area there; cos^3 of the cone angle per slope integrates to
  // slope / sqrt(1 + slope^2).
  constexpr double metre = 1000.0;
  const double slopes =
      2.0 * source.slope_high / std::sqrt(1.0 + source.slope_high * source.slope_high);
  source.photons_per_mas = all * Spectrum::bin_width * metre * metre * source.fan_width * slopes;
  return source;
}

Source pencil_source(double energy) {
  Source source;
  source.energies = {energy};
  source.photons = {{1.0}};
  return source;
}

}  // namespace vitrine::physics::carlo
