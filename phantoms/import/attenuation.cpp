#include <array>

#include "vitrine/phantoms/import/detail/attenuation.hpp"

namespace vitrine::phantoms::detail {
namespace {

/// Hydrogen to uranium at 70 keV, mm^2/g (xraylib 4, as `physics::mass_attenuation`).
constexpr std::array<double, 92> elements{
    31.7260857, 16.0455894, 13.9448528, 14.4341841, 15.2259598, 16.7240753, 17.1404095, 17.717804,
    17.5043011, 19.287899,  19.7621174, 21.8404408, 23.0109329, 25.8978405, 27.5411987, 31.2326527,
    33.160675,  34.5346527, 41.3409042, 47.1679649, 49.055172,  53.6123085, 58.4494781, 66.2028809,
    72.2460709, 81.6374817, 88.5315399, 101.38134,  106.418686, 117.233315, 124.061684, 134.060364,
    145.708145, 154.580093, 170.258865, 180.432373, 196.057159, 211.446335, 229.662537, 246.14183,
    265.1138,   280.928711, 300.614075, 317.300903, 338.800842, 355.402618, 379.778015, 394.081177,
    416.166138, 433.540588, 454.406982, 465.644501, 501.560669, 518.414124, 547.034363, 565.017395,
    595.363892, 628.608582, 664.788513, 689.536499, 727.023071, 740.073364, 773.93988,  788.466675,
    822.024353, 847.058655, 880.932434, 918.877869, 909.468689, 973.40564,  1008.8631,  1035.71277,
    1070.31653, 1103.5061,  261.493103, 270.16098,  281.734833, 292.71286,  305.424866, 315.787262,
    326.228973, 338.437805, 352.814575, 370.700256, 387.478546, 384.771912, 401.922882, 415.929413,
    434.018372, 444.746246, 467.847504, 475.043427};

double water() { return mass_attenuation(material("water")) * material("water").density; }
double air() { return mass_attenuation(material("air")) * material("air").density; }

}  // namespace

double mass_attenuation(const Material& material) {
  double sum = 0.0;
  for (const Material::Part& part : material.parts) {
    VITRINE_EXPECT(part.atomic_number >= 1 && part.atomic_number <= int(elements.size()));
    sum += part.mass_fraction * elements[std::size_t(part.atomic_number) - 1];
  }
  return sum;
}

double hu_of(double attenuation) { return 1000.0 * (attenuation - water()) / (water() - air()); }
double attenuation_of_hu(double hu) { return water() + hu / 1000.0 * (water() - air()); }

}  // namespace vitrine::phantoms::detail
