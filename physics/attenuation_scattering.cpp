#include <xraylib/xraylib.h>

#include "vitrine/core/units.hpp"
#include "vitrine/physics/scattering.hpp"

namespace vitrine::physics {
namespace {

using Table = double (*)(int, double, xrl_error**);

/// Adds `factor` times one element's table at every argument; rounded to 24 bits as in
/// attenuation.cpp, since xraylib interpolates with libm.
template <class Change>
void add(Table table, int atomic_number, std::span<const double> at, std::vector<double>& sums,
         double factor, const Change& change) {
  for (std::size_t i = 0; i < at.size(); ++i) {
    xrl_error* problem = nullptr;
    const double value = table(atomic_number, at[i], &problem);
    if (problem) {
      const Error error(Error::Kind::data, str("no scattering data of element ", atomic_number,
                                               " at ", at[i], " (", problem->message, ")"));
      xrl_error_free(problem);
      throw error;
    }
    sums[i] += factor * change(double(float(value)));
  }
}

}  // namespace

Interactions interactions(const Material& material, std::span<const double> energies) {
  const std::vector<double> none(energies.size(), 0.0);
  Interactions out{none, none, none};
  const auto same = [](double v) { return v; };
  for (const auto& part : material.parts) {
    const double factor = part.mass_fraction * units::cm2_per_g;
    add(CS_Photo, part.atomic_number, energies, out.photoelectric, factor, same);
    add(CS_Compt, part.atomic_number, energies, out.compton, factor, same);
    add(CS_Rayl, part.atomic_number, energies, out.rayleigh, factor, same);
  }
  return out;
}

ScatterFactors scatter_factors(const Material& material, std::span<const double> transfers) {
  const std::vector<double> none(transfers.size(), 0.0);
  ScatterFactors out{none, none};
  constexpr double avogadro = 6.02214076e23;  // 1/mol, SI
  for (const auto& part : material.parts) {
    const double atoms = avogadro * part.mass_fraction / AtomicWeight(part.atomic_number, nullptr);
    add(SF_Compt, part.atomic_number, transfers, out.incoherent, atoms, [](double s) { return s; });
    add(FF_Rayl, part.atomic_number, transfers, out.coherent, atoms,
        [](double f) { return f * f; });
  }
  return out;
}

}  // namespace vitrine::physics
