#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "vitrine/core/buffer.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::io::detail {

enum class ImageFormat { nifti, nrrd, meta };

/// Voxels in memory as ITK would hand them over: `bytes` of them from `first` on.
struct PlainVoxels {
  Buffer<std::byte> memory;
  std::size_t first = 0, bytes = 0;
};

struct CheckedImage {
  ImageFormat format;
  std::optional<PlainVoxels> voxels;  ///< where looking at them left them at hand
};

/// Check a file as far as ITK 5.2 does not: it accepts truncated files, hangs on not-a-number in a
/// qform and reserves memory for absurd sizes. Throws Error naming file and field.
CheckedImage check_image_file(const Path& path, std::uint64_t most_bytes);

/// What a header says about the data that follows it.
struct DataExtent {
  std::array<double, 3> size{};  ///< as written; checked by `bytes`
  std::size_t voxel_bytes = 0;

  /// Bytes of all voxels; throws unless the sides are whole numbers of 1 to 65535 and the product
  /// is at most `most`.
  std::uint64_t bytes(const Path& path, std::uint64_t most) const;
};

/// The voxels of a packed file in this machine's byte order, without a scale of their own.
std::optional<PlainVoxels> check_nifti(const Path& path, std::uint64_t most_bytes);
void check_nrrd(const Path& path, std::uint64_t most_bytes);
void check_meta(const Path& path, std::uint64_t most_bytes);

/// The file that a MetaImage or NRRD header names for its voxels; nothing where they follow it.
std::optional<Path> detached_data(const Path& path);

/// The numbers of `text`, split at blanks, commas and brackets. Throws naming `field` unless there
/// are `count`, all finite.
std::vector<double> parse_numbers(std::string_view text, std::size_t count, const Path& path,
                                  std::string_view field);

/// Throws unless the three columns (spacing included or not) are longer than zero and perpendicular
/// to 1e-3.
void check_axes(const std::array<std::array<double, 3>, 3>& columns, const Path& path,
                std::string_view field);

/// Throws unless `spacing` is finite and positive.
void check_spacing(double spacing, const Path& path);

enum class Packing { none, packed };

/// Throws unless `data` holds at least `expected` bytes, unpacked (gzip or zlib) if need be.
void check_data(std::span<const std::byte> data, Packing packing, std::uint64_t expected,
                const Path& path);

/// The data file a header names: a plain name in the header's directory, so that a file from
/// elsewhere cannot make us read any other.
Path sibling(const Path& header, std::string_view name);

}  // namespace vitrine::io::detail
