#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine::radiomics::pyradiomics {

/// What PyRadiomics' marching cubes find on a mask of zeros and ones with a border of zeros.
struct Mesh {
  double volume = 0;  ///< mm^3
  double area = 0;    ///< mm^2
};

/// The surface of the classic table of triangles.
///
/// Unlike ours, which corners of a face are kept apart where they lie diagonally depends on the
/// cube: those inside if its corner at low i, high j and k is outside, else those outside. So the
/// surface may have gaps, and then the volume depends on where the mask lies in its box, as in
/// PyRadiomics.
Mesh classic_mesh(std::span<const std::uint8_t> mask, std::array<Index, 3> size,
                  const Vec3& spacing);

/// The outline of a plane mask with a border of zeros.
struct Outline {
  double area = 0;       ///< mm^2
  double perimeter = 0;  ///< mm
};
Outline classic_outline(std::span<const std::uint8_t> mask, std::array<Index, 2> size,
                        const std::array<double, 2>& spacing);

/// Largest distances [mm] between surface vertices, which are midpoints between a voxel inside and
/// a neighbour outside, within any one plane across axis 0, 1 and 2.
std::array<double, 3> plane_diameters(std::span<const std::uint8_t> mask, std::array<Index, 3> size,
                                      const Vec3& spacing);

}  // namespace vitrine::radiomics::pyradiomics
