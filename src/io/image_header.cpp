#include "vitrine/io/detail/image_header.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/io/detail/deflate.hpp"

namespace vitrine::io::detail {

CheckedImage check_image_file(const Path& path, std::uint64_t most_bytes) {
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  if (name.ends_with(".nii") || name.ends_with(".nii.gz")) {
    return {ImageFormat::nifti, check_nifti(path, most_bytes)};
  }
  if (name.ends_with(".nrrd") || name.ends_with(".nhdr")) {
    check_nrrd(path, most_bytes);
    return {ImageFormat::nrrd, {}};
  }
  if (name.ends_with(".mha") || name.ends_with(".mhd")) {
    check_meta(path, most_bytes);
    return {ImageFormat::meta, {}};
  }
  throw Error(Error::Kind::unsupported,
              str("'", path.string(),
                  "' is of no known image format (by its name). Known: .nii, .nii.gz, .nrrd, "
                  ".nhdr, .mha, .mhd."));
}

std::uint64_t DataExtent::bytes(const Path& path, std::uint64_t most) const {
  double total = double(voxel_bytes);
  for (const double side : size) {
    require(side >= 1.0 && side <= 65535.0 && side == std::floor(side), Error::Kind::data, "'",
            path.string(), "' has a side of ", side,
            " voxels (1 to 65535 are possible). Its header is damaged.");
    total *= side;
  }
  require(total <= double(most), Error::Kind::data, "'", path.string(), "' announces ", size[0],
          " x ", size[1], " x ", size[2], " voxels, ", total, " bytes (more than the ", most,
          " allowed). Crop the image, or check its header.");
  return static_cast<std::uint64_t>(total);
}

std::vector<double> parse_numbers(std::string_view text, std::size_t count, const Path& path,
                                  std::string_view field) {
  constexpr std::string_view separators = " \t,()";
  std::vector<double> numbers;
  const std::string_view whole = text;
  bool ok = true;
  while (ok) {
    const std::size_t start = text.find_first_not_of(separators);
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    const std::string_view word = text.substr(0, text.find_first_of(separators));
    double number = 0.0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    ok = error == std::errc() && end == word.data() + word.size() && std::isfinite(number);
    numbers.push_back(number);
    text.remove_prefix(word.size());
  }
  require(ok && numbers.size() == count, Error::Kind::data, "'", path.string(), "': ", field,
          " is '", whole.substr(0, 80), "' (", count,
          " finite numbers are expected). Its header is damaged.");
  return numbers;
}

void check_axes(const std::array<std::array<double, 3>, 3>& columns, const Path& path,
                std::string_view field) {
  constexpr double tolerance = 1e-3;  // cosine: 0.06 degrees of shear
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b <= a; ++b) {
      double dot = 0.0, aa = 0.0, bb = 0.0;
      for (std::size_t i = 0; i < 3; ++i) {
        dot += columns[a][i] * columns[b][i];
        aa += columns[a][i] * columns[a][i];
        bb += columns[b][i] * columns[b][i];
      }
      const bool ok =
          aa > 0.0 && bb > 0.0 && (a == b || std::abs(dot) <= tolerance * std::sqrt(aa * bb));
      require(ok, Error::Kind::data, "'", path.string(), "': the axes of ", field,
              " are not perpendicular (a sheared or empty direction matrix). Resample the image to "
              "an unsheared grid.");
    }
}

void check_spacing(double spacing, const Path& path) {
  require(std::isfinite(spacing) && spacing > 0.0, Error::Kind::data, "'", path.string(),
          "' has a voxel spacing of ", spacing,
          " (a positive number of mm is expected). Its header is damaged.");
}

void check_data(std::span<const std::byte> data, Packing packing, std::uint64_t expected,
                const Path& path) {
  std::size_t size = data.size();
  if (packing == Packing::packed) {
    const bool gzip = size >= 2 && data[0] == std::byte{0x1F} && data[1] == std::byte{0x8B};
    const auto unpacked = inflate(data, gzip ? Wrap::gzip : Wrap::zlib, std::size_t(expected) + 1);
    require(unpacked.has_value(), Error::Kind::data, "'", path.string(),
            "': its compressed data are damaged, cut short, or not of the announced size. Copy the "
            "file again.");
    size = unpacked->size;
  }
  require(size >= expected, Error::Kind::data, "'", path.string(), "' holds ", size,
          " bytes of voxels, its header announces ", expected,
          " (the file is cut short). Copy it again.");
}

Path sibling(const Path& header, std::string_view name) {
  const Path file(name);
  require(!name.empty() && file == file.filename() && name != "." && name != "..",
          Error::Kind::unsupported, "'", header.string(), "' keeps its voxels in '", name,
          "' (only a file in its own directory is read). Put both in one directory.");
  return header.parent_path() / file;
}

}  // namespace vitrine::io::detail
