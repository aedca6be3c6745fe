#include "vitrine/physics/incident.hpp"

#include <algorithm>

#include "vitrine/core/math.hpp"
#include "vitrine/physics/beam.hpp"

namespace vitrine::physics {
namespace {

/// By the tube model alone.
Spectrum modelled(const Scanner& scanner, double kv) {
  Spectrum out = tube_spectrum(kv, scanner.anode_angle);
  for (const Filter& filter : scanner.filters)
    out = filtered(std::move(out), material(filter.material), filter.thickness);
  return out;
}

/// Stated output over the model's: log-linear in the voltage between stated ones.
double output_ratio(const Scanner& scanner, const TubeOutput& output, double kv) {
  const auto ratio = [&](std::size_t i) {
    return output.kerma[i] /
           kerma_at_isocentre(scanner, modelled(scanner, output.tube_voltages[i]));
  };
  const auto& x = output.tube_voltages;
  const auto above = std::size_t(std::ranges::upper_bound(x, kv) - x.begin());
  if (above == 0) return ratio(0);
  if (above == x.size()) return ratio(above - 1);
  const double share = math::log(kv / x[above - 1]) / math::log(x[above] / x[above - 1]);
  return math::exp((1.0 - share) * math::log(ratio(above - 1)) + share * math::log(ratio(above)));
}

}  // namespace

Spectrum incident_spectrum(const Scanner& scanner, double kv) {
  Spectrum out = modelled(scanner, kv);
  if (!scanner.output && !scanner.deviations) return out;
  double ratio = scanner.output ? output_ratio(scanner, *scanner.output, kv) : 1.0;
  if (scanner.deviations) ratio *= 1.0 + scanner.deviations->tube_output;
  for (double& fluence : out.fluence) fluence *= ratio;
  return out;
}

double kerma_at_isocentre(const Scanner& scanner, const Spectrum& incident) {
  const double metre_over_iso = 1000.0 / scanner.source_to_iso;
  return metre_over_iso * metre_over_iso *
         air_kerma(
             filtered(incident, material(scanner.bowtie.material), bowtie_thickness(scanner, 0.0)));
}

}  // namespace vitrine::physics
