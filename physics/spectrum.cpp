#include "vitrine/physics/spectrum.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/physics/attenuation.hpp"

namespace vitrine::physics {
namespace {

constexpr double electron_rest_energy = 510.99895;  // keV, CODATA 2018
constexpr double lowest_energy = 10.0;              // keV: nothing below leaves the tube

/// Inherent filtration, mm of aluminium, and depth of an electron over its path length in the
/// target: tuned together so that the IEC 61267 half-value layers RQR6, RQR8 and RQR9 hold.
constexpr double inherent_aluminium = 2.3;
constexpr double depth_per_path = 0.5;

/// Photons per (mAs mm^2) at 1 m from 120 kV, 7 degrees.
constexpr double reference_photons = 1.6e6;
/// Share of K photons among them.
constexpr double reference_line_share = 0.09;

/// Collision stopping power of tungsten, keV mm^2/g (Berger and Seltzer's form of Bethe's formula,
/// mean excitation energy 727 eV; the density effect is nil at these energies).
double stopping_power(double kinetic) {
  const double tau = kinetic / electron_rest_energy;
  const double beta2 = tau * (tau + 2.0) / ((tau + 1.0) * (tau + 1.0));
  const double excitation = 0.727 / electron_rest_energy;
  const double f =
      1.0 - beta2 +
      (tau * tau / 8.0 - (2.0 * tau + 1.0) * std::numbers::ln2) / ((tau + 1.0) * (tau + 1.0));
  const double log_term = math::log(tau * tau * (tau + 2.0) / (2.0 * excitation * excitation));
  constexpr double factor = 153.536 * 74.0 / 183.84;  // 0.153536 MeV cm^2/mol x Z/A
  return factor * units::cm2_per_g / beta2 * (log_term + f);
}

/// How the bremsstrahlung energy per energy interval depends on the share of the electron's energy
/// that the photon takes (Birch and Marshall 1979).
double bremsstrahlung(double share) {
  return 0.503 + share * (-0.946 + share * (0.155 + share * (1.163 - share * 0.682)));
}

/// Electrons slowing down in the target: their path from the surface (g/mm^2) at each energy.
class SlowingDown {
 public:
  explicit SlowingDown(double kv) : step_((kv - lowest_energy) / steps) {
    double path = 0.0;
    for (int i = 0; i < steps; ++i) {
      const double kinetic = kv - (double(i) + 0.5) * step_;
      const double length = step_ / stopping_power(kinetic);
      kinetic_[std::size_t(i)] = kinetic;
      length_[std::size_t(i)] = length;
      path_[std::size_t(i)] = path + 0.5 * length;
      path += length;
    }
  }
  /// Sum over the electron's path, while it is faster than `threshold`, of weight(kinetic energy)
  /// times the transmission exp(-attenuation * path).
  template <class Weight>
  double integrate(double threshold, double attenuation, Weight&& weight) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < steps && kinetic_[i] > threshold; ++i)
      sum += weight(kinetic_[i]) * length_[i] * math::exp(-attenuation * path_[i]);
    return sum;
  }

 private:
  static constexpr int steps = 400;
  double step_;
  std::array<double, steps> kinetic_{}, length_{}, path_{};
};

struct Line {
  double energy, share;
};
/// K lines of tungsten, keV, and their share of the K photons (xraylib's radiative rates).
constexpr std::array<Line, 5> k_lines{
    {{59.318, 0.505}, {57.981, 0.291}, {66.950, 0.056}, {67.244, 0.109}, {69.1, 0.039}}};
constexpr double k_edge = 69.525;  // keV

struct Emission {
  Spectrum continuum, lines;  ///< behind the inherent filtration, not scaled
};

Emission emission(double kv, double anode_angle) {
  const Material& tungsten = material("tungsten");
  const SlowingDown electrons(kv);
  // Depth along the electron's direction to path in the target towards the beam.
  const double escape = depth_per_path * math::cos(anode_angle) / math::sin(anode_angle);

  Emission out;
  const auto bins = std::size_t(std::ceil((kv - lowest_energy) / Spectrum::bin_width - 1e-9));
  for (std::size_t i = 0; i < bins; ++i)
    out.continuum.energies.push_back(lowest_energy + (double(i) + 0.5) * Spectrum::bin_width);
  out.continuum.fluence.resize(bins);
  out.lines.energies = out.continuum.energies;
  out.lines.fluence.assign(bins, 0.0);

  for (std::size_t i = 0; i < bins; ++i) {
    const double energy = out.continuum.energies[i];
    const auto yield = [&](double kinetic) {
      // (T + mc^2) / T: the cross-section falls as 1 / beta^2 (Heitler; Evans 1955).
      return bremsstrahlung(energy / kinetic) * (1.0 + electron_rest_energy / kinetic) / energy;
    };
    // The last bin may reach beyond kV: its centre decides, and integrate() is then empty.
    out.continuum.fluence[i] =
        electrons.integrate(energy, escape * mass_attenuation(tungsten, energy), yield);
  }
  if (kv > k_edge) {
    const double made = math::pow(kv / k_edge - 1.0, 1.63);
    const auto one = [](double) { return 1.0; };
    const double path = electrons.integrate(k_edge, 0.0, one);
    for (const Line& line : k_lines) {
      const auto bin = std::size_t((line.energy - lowest_energy) / Spectrum::bin_width);
      const double escaping =
          electrons.integrate(k_edge, escape * mass_attenuation(tungsten, line.energy), one) / path;
      out.lines.fluence[bin] += made * line.share * escaping / Spectrum::bin_width;
    }
  }
  const Material& aluminium = material("aluminium");
  out.continuum = filtered(std::move(out.continuum), aluminium, inherent_aluminium);
  out.lines = filtered(std::move(out.lines), aluminium, inherent_aluminium);
  return out;
}

/// Photons per unscaled photon of continuum and lines, from the reference beam.
struct Scale {
  double continuum, lines;
};
Scale reference_scale() {
  const Emission reference = emission(120.0, 7.0 * units::deg);
  return {reference_photons * (1.0 - reference_line_share) / photons(reference.continuum),
          reference_photons * reference_line_share / photons(reference.lines)};
}

}  // namespace

Spectrum tube_spectrum(double kv, double anode_angle) {
  require(kv >= 40.0 && kv <= 150.0, Error::Kind::input, "tube_voltage_kv is ", kv,
          " (the tube model holds from 40 to 150). Choose one in that range.");
  require(anode_angle > 0.0 && anode_angle < 0.5 * std::numbers::pi, Error::Kind::input,
          "anode_angle_deg is ", anode_angle / units::deg, " (it must be between 0 and 90).");
  static const Scale scale = reference_scale();
  Emission beam = emission(kv, anode_angle);
  for (std::size_t i = 0; i < beam.continuum.fluence.size(); ++i)
    beam.continuum.fluence[i] =
        beam.continuum.fluence[i] * scale.continuum + beam.lines.fluence[i] * scale.lines;
  return std::move(beam.continuum);
}

Spectrum filtered(Spectrum spectrum, const Material& plate, double thickness) {
  if (thickness == 0.0) return spectrum;
  for (std::size_t i = 0; i < spectrum.energies.size(); ++i)
    spectrum.fluence[i] *= math::exp(-linear_attenuation(plate, spectrum.energies[i]) * thickness);
  return spectrum;
}

double photons(const Spectrum& spectrum) {
  double sum = 0.0;
  for (const double f : spectrum.fluence) sum += f;
  return sum * Spectrum::bin_width;
}

double mean_energy(const Spectrum& spectrum) {
  double sum = 0.0, energy = 0.0;
  for (std::size_t i = 0; i < spectrum.energies.size(); ++i) {
    sum += spectrum.fluence[i];
    energy += spectrum.fluence[i] * spectrum.energies[i];
  }
  return energy / sum;
}

double air_kerma(const Spectrum& spectrum) {
  constexpr double mgy_per_kev_per_g = 1.602176634e-10;  // 1 keV/g in mGy
  const Material& air = material("air");
  double sum = 0.0;
  for (std::size_t i = 0; i < spectrum.energies.size(); ++i)
    sum += spectrum.fluence[i] * spectrum.energies[i] *
           mass_energy_transfer(air, spectrum.energies[i]);
  return sum * Spectrum::bin_width * mgy_per_kev_per_g;
}

double half_value_layer(const Spectrum& spectrum, const Material& plate) {
  const Material& air = material("air");
  std::vector<double> kerma(spectrum.energies.size()), mu(spectrum.energies.size());
  double all = 0.0;
  for (std::size_t i = 0; i < kerma.size(); ++i) {
    const double energy = spectrum.energies[i];
    kerma[i] = spectrum.fluence[i] * energy * mass_energy_transfer(air, energy);
    mu[i] = linear_attenuation(plate, energy);
    all += kerma[i];
  }
  double low = 0.0, high = 1000.0;
  for (int step = 0; step < 60; ++step) {
    const double middle = 0.5 * (low + high);
    double left = 0.0;
    for (std::size_t i = 0; i < kerma.size(); ++i) left += kerma[i] * math::exp(-mu[i] * middle);
    (left > 0.5 * all ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace vitrine::physics
