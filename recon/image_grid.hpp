#pragma once
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

/// Axial grid of a box: i = +x (left), j = +y (posterior), k = +z (head); or turned about its
/// centre.
Grid image_grid(const ImageBox& box, const Mat3& axes = Mat3::Identity());

}  // namespace vitrine::recon
