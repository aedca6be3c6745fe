#pragma once
#include <cstdint>
#include <optional>

#include "vitrine/io/file.hpp"
#include "vitrine/model/resources.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::io {

/// Read a CT image: NIfTI-1 (.nii, .nii.gz), NRRD (.nrrd, .nhdr), MetaImage (.mha, .mhd), or a
/// directory with one DICOM CT series. Voxel values become HU after the file's own scaling, the
/// grid comes in LPS and mm, with exactly orthonormal axes and the nominal spacing (see
/// `nominal_spacing`).
///
/// The header and the amount of data are checked before a library sees the file. Throws Error (io,
/// data, unsupported) naming the file. `most_bytes`: how much voxel data a file may have.
Image read_image(const Path& path, std::uint64_t most_bytes = 4 * gibibyte);

/// Whether the file stores whole numbers, and not real ones or whole numbers with a scale that is
/// none; of DICOM, whether `image`, which was read from it, holds nothing else.
bool stores_whole_numbers(const Path& path, const Image& image);

/// Read a mask (no DICOM): voxels equal to `label`, or all that are not zero. Throws Error (data)
/// if a value is no whole number or no voxel is chosen (the message lists the labels that are
/// there).
Mask read_mask(const Path& path, std::optional<int> label = {},
               std::uint64_t most_bytes = 4 * gibibyte);

/// Read an image of whole numbers (no DICOM), which may be negative and of up to 32 bits; no copy
/// of it is ever made in floating point. Throws Error (data) if a voxel is no whole number, Error
/// (unsupported) if there are more than 65536 different ones.
LabelImage read_labels(const Path& path, std::uint64_t most_bytes = 4 * gibibyte);

/// The files that hold an image: one, or a header and its voxels, or all in a DICOM directory.
std::vector<Path> files_of_image(const Path& path);

/// What a 32-bit float was meant to say: the number of 7 decimal digits nearest to `spacing` if
/// both are the same float, else `spacing` itself. 0.976999998 -> 0.977; 0.68359375 stays.
double nominal_spacing(double spacing);

/// Throws Error (data) that says what differs unless every voxel of one grid is within 0.01 mm of
/// the same voxel of the other.
void require_same_grid(const Grid& image, const Grid& mask);

}  // namespace vitrine::io
