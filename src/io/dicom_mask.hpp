#pragma once
#include <string>

#include "vitrine/io/file.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::io {

/// What kind of DICOM mask a file is, by its SOP class.
enum class DicomMask { none, segmentation, structure_set };
DicomMask kind_of_dicom_mask(const Path& path);

/// Read a segment of a DICOM Segmentation (binary or fractional, from one half on inside) on its
/// own grid: the stack of its frames, slices without a frame being empty. `label` is a segment's
/// label or number; empty stands for the only one. Throws Error (data, unsupported) naming the
/// file.
Mask read_dicom_segment(const Path& path, const std::string& label);

/// Read a region of an RT Structure Set on the grid of the image that it was drawn on: a voxel is
/// inside if its centre is, contours of one slice combine by the even-odd rule, so that a contour
/// within another is a hole. `label` is an ROI's name or number; empty stands for the only one.
/// Contours must be closed, and each must lie in a slice of the grid to a tenth of its thickness.
/// Throws Error (data, unsupported) naming the file.
Mask read_dicom_contours(const Path& path, const std::string& label, const Grid& grid);

/// Frame of Reference UID of a DICOM image, mask, or directory of images; empty if there is none.
std::string frame_of_reference(const Path& path);

}  // namespace vitrine::io
