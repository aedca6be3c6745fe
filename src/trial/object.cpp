#include "vitrine/trial/object.hpp"

#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/physics/attenuation.hpp"

namespace vitrine::trial {

Image object_image(const Scene& scene, const Grid& grid, double energy) {
  std::vector<double> mu_over_rho;
  for (const Material& material : scene.materials)
    mu_over_rho.push_back(physics::mass_attenuation(material, energy));
  return phantoms::object_image(scene, grid, mu_over_rho,
                                physics::linear_attenuation(material("water"), energy),
                                physics::linear_attenuation(material("air"), energy));
}

}  // namespace vitrine::trial
