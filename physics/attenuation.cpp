#include "vitrine/physics/attenuation.hpp"

#include <xraylib/xraylib.h>

#include <algorithm>

#include "vitrine/core/units.hpp"

namespace vitrine::physics {
namespace {

using CrossSection = double (*)(int, double, xrl_error**);

/// One element's cross-section per mass, mm^2/g.
///
/// xraylib interpolates with libm's exp and log, whose last bits depend on the processor: rounding
/// to 24 bits (6e-8) makes the value the same everywhere.
double element(CrossSection table, int atomic_number, double energy) {
  xrl_error* problem = nullptr;
  const double value = table(atomic_number, energy, &problem);
  if (problem) {
    const Error error(Error::Kind::data, str("no cross-section of element ", atomic_number, " at ",
                                             energy, " keV (", problem->message, ")"));
    xrl_error_free(problem);
    throw error;
  }
  return double(float(value * units::cm2_per_g));
}

double mixture(CrossSection table, const Material& material, double energy) {
  double sum = 0.0;
  for (const auto& part : material.parts)
    sum += part.mass_fraction * element(table, part.atomic_number, energy);
  return sum;
}

}  // namespace

double mass_attenuation(const Material& material, double energy) {
  return mixture(CS_Total, material, energy);
}

std::vector<double> mass_attenuation(const Material& material, std::span<const double> energies) {
  std::vector<double> out(energies.size());
  std::ranges::transform(energies, out.begin(),
                         [&](double e) { return mass_attenuation(material, e); });
  return out;
}

double linear_attenuation(const Material& material, double energy) {
  return material.density * mass_attenuation(material, energy);
}

double mass_energy_transfer(const Material& material, double energy) {
  return mixture(CS_Photo, material, energy) +
         mixture(CS_Compt, material, energy) * compton_transfer_fraction(energy);
}

double compton_transfer_fraction(double energy) {
  const double k = energy / 510.99895;  // electron rest energy, CODATA 2018
  // Klein-Nishina per cosine c: p^2 (p + 1/p - 1 + c^2) with p the photon's remaining share.
  constexpr int steps = 512;
  double total = 0.0, transferred = 0.0;
  for (int i = 0; i < steps; ++i) {
    const double c = -1.0 + (double(i) + 0.5) * 2.0 / steps;
    const double p = 1.0 / (1.0 + k * (1.0 - c));
    const double section = p * p * (p + 1.0 / p - 1.0 + c * c);
    total += section;
    transferred += section * (1.0 - p);
  }
  return transferred / total;
}

}  // namespace vitrine::physics
