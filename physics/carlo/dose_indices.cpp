#include "vitrine/physics/carlo/dose_indices.hpp"

#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/physics/attenuation.hpp"

namespace vitrine::physics::carlo {

std::optional<double> size_specific_factor(CtdiPhantom phantom, double diameter) {
  if (!(diameter >= 80.0) || !(diameter <= 450.0)) return std::nullopt;
  const bool body = phantom == CtdiPhantom::body;
  const double a = body ? 3.704369 : 1.874799, b_per_cm = body ? 0.03671937 : 0.03871313;
  return a * math::exp(-b_per_cm * diameter / units::cm);
}

double water_equivalent_diameter(const Object& object, double low, double high, double energy) {
  const double water = linear_attenuation(material("water"), energy);
  std::vector<double> mu;
  for (const Material& m : object.materials) mu.push_back(mass_attenuation(m, energy) / water);
  const Grid& grid = object.grid;
  const double pixel = grid.spacing.x() * grid.spacing.y();
  double sum = 0.0;
  Index slices = 0;
  for (Index k = 0; k < grid.size[2]; ++k) {
    const double z = grid.origin.z() + double(k) * grid.spacing.z();
    if (z < low || z > high) continue;
    double area = 0.0;
    const Content* const slice = &object.voxels[std::size_t(grid.offset(0, 0, k))];
    for (Index i = 0; i < grid.size[0] * grid.size[1]; ++i)
      area += double(slice[i].density) * mu[slice[i].material] * pixel;
    sum += 2.0 * std::sqrt(area / std::numbers::pi);
    ++slices;
  }
  return slices > 0 ? sum / double(slices) : 0.0;
}

}  // namespace vitrine::physics::carlo
