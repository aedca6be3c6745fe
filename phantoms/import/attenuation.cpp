#include <algorithm>
#include <array>

#include "vitrine/phantoms/import/detail/attenuation.hpp"

namespace vitrine::phantoms::detail {
namespace {

struct Element {
  int atomic_number;
  double mass_attenuation;  // mm^2/g at 70 keV
};

/// The elements of the material table (xraylib 4, as `physics::mass_attenuation`).
constexpr std::array<Element, 26> elements{
    {{1, 31.7260857},  {6, 16.7240753},  {7, 17.1404095},  {8, 17.717804},   {9, 17.5043011},
     {11, 19.7621174}, {12, 21.8404408}, {13, 23.0109329}, {14, 25.8978405}, {15, 27.5411987},
     {16, 31.2326527}, {17, 33.160675},  {18, 34.5346527}, {19, 41.3409042}, {20, 47.1679649},
     {22, 53.6123085}, {24, 66.2028809}, {25, 72.2460709}, {26, 81.6374817}, {28, 101.38134},
     {29, 106.418686}, {50, 433.540588}, {53, 501.560669}, {55, 547.034363}, {64, 788.466675},
     {74, 1103.5061}}};

double water() { return mass_attenuation(material("water")) * material("water").density; }
double air() { return mass_attenuation(material("air")) * material("air").density; }

}  // namespace

double mass_attenuation(const Material& material) {
  double sum = 0.0;
  for (const Material::Part& part : material.parts) {
    const auto same = [&](const Element& e) { return e.atomic_number == part.atomic_number; };
    const auto at = std::find_if(elements.begin(), elements.end(), same);
    VITRINE_EXPECT(at != elements.end());
    sum += part.mass_fraction * at->mass_attenuation;
  }
  return sum;
}

double hu_of(double attenuation) { return 1000.0 * (attenuation - water()) / (water() - air()); }
double attenuation_of_hu(double hu) { return water() + hu / 1000.0 * (water() - air()); }

}  // namespace vitrine::phantoms::detail
