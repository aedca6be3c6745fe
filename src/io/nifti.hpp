#pragma once
#include <string_view>

#include "vitrine/io/file.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::io {

/// How HU are stored: `int16` rounds to whole HU (ties away from zero) and clamps to +-32767.
enum class HuStorage { int16, float32 };

/// A NIfTI-1 file, packed (`.nii.gz`), with the grid in both qform and sform, in mm.
///
/// NIfTI's axes are right-anterior-superior: x and y change sign against our LPS. Geometry is
/// stored as 32-bit floats, so that is how exactly it comes back. `description`: up to 79
/// characters. Throws Error (unsupported) for a side of more than 32767 voxels, Error (numeric) for
/// HU that are not finite.
Bytes encode_nifti(const Image& image, std::string_view description,
                   HuStorage storage = HuStorage::int16);
Bytes encode_nifti(const Mask& mask, std::string_view description);

}  // namespace vitrine::io
