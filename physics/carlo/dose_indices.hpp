#pragma once
#include <optional>

#include "vitrine/physics/carlo/ctdi.hpp"
#include "vitrine/physics/carlo/object.hpp"

namespace vitrine::physics::carlo {

/// Factor from CTDIvol in the 32 cm (`body`) or 16 cm (`head`) phantom to the size-specific dose
/// estimate of a patient: f = a exp(-b Dw) of the water-equivalent diameter in cm (AAPM reports 204
/// and 220). None outside 80 to 450 mm, where the fit does not hold.
std::optional<double> size_specific_factor(CtdiPhantom phantom, double water_equivalent_diameter);

/// The slices of an upright grid whose middles lie between two heights, mm; the one nearest to the
/// heights' middle if none does.
GridBox scanned_slices(const Grid& grid, double low, double high);

/// Diameter of the water cylinder that attenuates as slices of a voxel object do, mm: mean over the
/// the slices scanned between two heights of 2 sqrt(sum of mu / mu_water x area / pi) (AAPM
/// report 220) at an energy, keV. 0 where the object is not.
double water_equivalent_diameter(const Object& object, double low, double high, double energy);

}  // namespace vitrine::physics::carlo
