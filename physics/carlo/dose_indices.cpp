#include "vitrine/physics/carlo/dose_indices.hpp"

#include <algorithm>
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

GridBox scanned_slices(const Grid& grid, double low, double high) {
  const auto slice = [&](double z) { return (z - grid.origin.z()) / grid.spacing.z(); };
  const auto kept = [&](double k) { return Index(std::clamp(k, 0.0, double(grid.size[2] - 1))); };
  double first = std::ceil(slice(low)), last = std::floor(slice(high));
  if (first > last || first > double(grid.size[2] - 1) || last < 0.0)
    first = last = std::round(slice(0.5 * (low + high)));
  GridBox box;
  box.grid = grid;
  box.first[2] = kept(first);
  box.grid.size[2] = kept(last) - box.first[2] + 1;
  box.grid.origin = grid.centre(0, 0, box.first[2]);
  return box;
}

double water_equivalent_diameter(const Object& object, double low, double high, double energy) {
  const double water = linear_attenuation(material("water"), energy);
  std::vector<double> mu;
  for (const Material& m : object.materials) mu.push_back(mass_attenuation(m, energy) / water);
  const Grid& grid = object.grid;
  const double thickness = grid.spacing.z();
  if (high < grid.origin.z() - 0.5 * thickness ||
      low > grid.origin.z() + (double(grid.size[2]) - 0.5) * thickness)
    return 0.0;
  const double pixel = grid.spacing.x() * grid.spacing.y();
  const GridBox scanned = scanned_slices(grid, low, high);
  double sum = 0.0;
  for (Index k = scanned.first[2]; k < scanned.first[2] + scanned.grid.size[2]; ++k) {
    double area = 0.0;
    const Content* const slice = &object.voxels[std::size_t(grid.offset(0, 0, k))];
    for (Index i = 0; i < grid.size[0] * grid.size[1]; ++i)
      area += double(slice[i].density) * mu[slice[i].material] * pixel;
    sum += 2.0 * std::sqrt(area / std::numbers::pi);
  }
  return sum / double(scanned.grid.size[2]);
}

}  // namespace vitrine::physics::carlo
