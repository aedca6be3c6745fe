#pragma once
#include <string_view>

#include "vitrine/io/file.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::io {

/// How voxels are stored: HU as `int16`, rounded to whole HU (ties away from zero) and clamped to
/// +-32767, or as `float32`; `mg_per_ml`: 32-bit floats, with that unit as the intent's name.
enum class HuStorage { int16, float32, mg_per_ml };

/// A NIfTI-1 file made of one piece of voxels after the other: only the packed bytes are kept.
///
/// NIfTI's axes are right-anterior-superior: x and y change sign against our LPS. Geometry is
/// stored as 32-bit floats, in qform and sform, so that is how exactly it comes back. The gzip
/// members, one for every few megabytes, are packed by all threads; their bytes are the same for
/// any number. `description`: up to 79 characters, `intent`: its name, up to 15. Throws Error
/// (unsupported) for a side of more than 32767 voxels.
class NiftiStream {
 public:
  enum class Stored { uint8, int16, uint16, float32 };
  NiftiStream(const Grid& grid, Stored type, std::string_view description,
              std::string_view intent = {});

  /// The next voxels, i fastest, of the type that the stream stores.
  template <class T>
  void add(std::span<const T> voxels) {
    VITRINE_EXPECT(sizeof(T) == voxel_bytes_);
    add_bytes(std::as_bytes(voxels));
  }
  /// The whole file. All voxels must have been added.
  Bytes finish() &&;

 private:
  void add_bytes(std::span<const std::byte> bytes);

  std::size_t voxel_bytes_, missing_;  // bytes that are still to come
  Bytes header_;                       // until the first voxels come
  Bytes packed_;
};

/// A whole NIfTI-1 file, packed (`.nii.gz`). Throws Error (numeric) for HU that are not finite.
Bytes encode_nifti(const Image& image, std::string_view description,
                   HuStorage storage = HuStorage::int16);
Bytes encode_nifti(const Mask& mask, std::string_view description);

}  // namespace vitrine::io
