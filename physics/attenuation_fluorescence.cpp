#include <xraylib/xraylib.h>

#include "vitrine/physics/fluorescence.hpp"

namespace vitrine::physics {

std::vector<KLine> k_lines(const Material& material) {
  constexpr double lowest = 1.0;  // keV, of the cross-sections
  std::vector<KLine> lines;
  for (const auto& part : material.parts) {
    const int z = part.atomic_number;
    // What xraylib has no data of is 0: elements whose K lines lie below 1 keV.
    const double edge = EdgeEnergy(z, K_SHELL, nullptr), jump = JumpFactor(z, K_SHELL, nullptr);
    const double yield = FluorYield(z, K_SHELL, nullptr);
    for (const int line : {KA_LINE, KB_LINE}) {
      const double energy = LineEnergy(z, line, nullptr), rate = RadRate(z, line, nullptr);
      if (energy <= lowest || !(jump > 1.0) || !(yield * rate > 0.0)) continue;
      // Rounded as in attenuation.cpp.
      lines.push_back({z, double(float(edge)), double(float(energy)),
                       double(float((1.0 - 1.0 / jump) * yield * rate))});
    }
  }
  return lines;
}

}  // namespace vitrine::physics
