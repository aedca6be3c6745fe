#pragma once
#include <array>

#include "vitrine/model/raw_scan.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::recon {

/// Where an image is to be: the numbers of a reconstruction order.
struct ImageBox {
  double field_of_view = 350.0;  ///< mm, side of the square slices
  Index matrix = 512;            ///< pixels a side
  Vec3 centre = Vec3::Zero();    ///< mm, LPS: middle of the stack of slices
  Index slices = 1;
  double slice_increment = 1.0;  ///< mm between the middles of slices
};

/// Grid of a box: axial, i = +x (left), j = +y (posterior), k = +z (head); or of another
/// orientation, about the same centre.
Grid image_grid(const ImageBox& box, const Mat3& axes = Mat3::Identity());
/// The same of the images that raw data tell of.
Grid image_grid(const RawScan::Box& box, const ScanGeometry& scan);

/// How far the middles of a grid's voxels reach along a direction, the least and the most: mm.
std::array<double, 2> reach_along(const Grid& grid, const Vec3& direction);

/// Direction along which a point's place [mm] is the table position at which the gantry's plane
/// meets it.
Vec3 table_direction(double gantry_tilt);

}  // namespace vitrine::recon
