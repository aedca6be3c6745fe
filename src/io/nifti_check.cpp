#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "vitrine/core/error.hpp"
#include "vitrine/io/detail/deflate.hpp"
#include "vitrine/io/detail/image_header.hpp"
#include "vitrine/io/detail/nifti_header.hpp"

namespace vitrine::io::detail {
namespace {

template <class T>
void swap_bytes(T& value) {
  auto* bytes = reinterpret_cast<std::byte*>(&value);
  std::reverse(bytes, bytes + sizeof(T));
}

void swap_header(NiftiHeader& h) {
  swap_bytes(h.sizeof_hdr);
  for (auto& value : h.dim) swap_bytes(value);
  for (auto* value : {&h.datatype, &h.bitpix, &h.qform_code, &h.sform_code}) swap_bytes(*value);
  for (auto& value : h.pixdim) swap_bytes(value);
  for (auto* value : {&h.vox_offset, &h.scl_slope, &h.scl_inter, &h.quatern_b, &h.quatern_c,
                      &h.quatern_d, &h.qoffset_x, &h.qoffset_y, &h.qoffset_z})
    swap_bytes(*value);
  for (auto* row : {h.srow_x, h.srow_y, h.srow_z}) std::for_each(row, row + 4, swap_bytes<float>);
}

/// Bytes of a voxel of the scalar types, by NIfTI's number.
std::optional<std::size_t> voxel_bytes(int datatype) {
  switch (datatype) {
    case nifti_uint8:
    case 256:  // int8
      return 1;
    case nifti_int16:
    case nifti_uint16:
      return 2;
    case 8:  // int32
    case nifti_float32:
    case 768:  // uint32
      return 4;
    case nifti_float64:
      return 8;
    default:
      return std::nullopt;
  }
}

void check_geometry(const NiftiHeader& h, const Path& path) {
  for (int axis = 1; axis <= 3; ++axis) check_spacing(h.pixdim[axis], path);
  const auto finite = [&](float value, std::string_view field) {
    require(std::isfinite(value), Error::Kind::data, "'", path.string(), "': ", field, " is ",
            value, " (a finite number is expected). Its header is damaged.");
  };
  finite(h.pixdim[0], "pixdim[0]");
  finite(h.scl_slope, "scl_slope");
  finite(h.scl_inter, "scl_inter");
  const int unit = h.xyzt_units & 7;
  require(unit == 0 || unit == 2, Error::Kind::unsupported, "'", path.string(), "' is in ",
          unit == 1   ? "metres"
          : unit == 3 ? "micrometres"
                      : "an unknown unit of length",
          " (millimetres are expected). Convert it.");
  if (h.qform_code > 0) {
    double sum = 0.0;
    for (const float q : {h.quatern_b, h.quatern_c, h.quatern_d}) {
      finite(q, "the quaternion of the qform");
      sum += double(q) * double(q);
    }
    require(sum <= 1.0 + 1e-4, Error::Kind::data, "'", path.string(),
            "': the quaternion of the qform is no rotation (its length exceeds 1). Its header is "
            "damaged.");
    for (const float q : {h.qoffset_x, h.qoffset_y, h.qoffset_z})
      finite(q, "the offset of the qform");
  }
  if (h.sform_code > 0) {
    const float* const rows[3] = {h.srow_x, h.srow_y, h.srow_z};
    std::array<std::array<double, 3>, 3> columns{};
    for (std::size_t row = 0; row < 3; ++row)
      for (std::size_t column = 0; column < 4; ++column) {
        finite(rows[row][column], "the sform");
        if (column < 3) columns[column][row] = rows[row][column];
      }
    if (h.qform_code <= 0) check_axes(columns, path, "the sform");
  }
}

/// ITK's library turns what is not finite into 0, which would be water.
template <class T>
void check_finite(std::span<const std::byte> voxels, std::uint64_t bytes, bool swapped,
                  const Path& path) {
  for (std::uint64_t at = 0; at < bytes; at += sizeof(T)) {
    T value;
    std::memcpy(&value, voxels.data() + at, sizeof(T));
    if (swapped) swap_bytes(value);
    require(std::isfinite(value), Error::Kind::data, "'", path.string(), "': voxel ",
            at / sizeof(T), ", in the file's order, is ", value,
            " (a finite number is expected). Replace such voxels by air, -1000.");
  }
}

}  // namespace

std::optional<PlainVoxels> check_nifti(const Path& path, std::uint64_t most_bytes) {
  constexpr std::uint64_t room_for_extensions = 16 * mebibyte;
  Bytes stored = read_file(path, most_bytes + room_for_extensions);
  std::span<const std::byte> file = stored;
  std::optional<Unpacked> unpacked;
  if (file.size() >= 2 && file[0] == std::byte{0x1F} && file[1] == std::byte{0x8B}) {
    unpacked = inflate(file, Wrap::gzip, std::size_t(most_bytes + room_for_extensions));
    require(unpacked.has_value(), Error::Kind::data, "'", path.string(),
            "': its gzip stream is damaged, cut short, or unpacks to more than ", most_bytes,
            " bytes. Copy the file again.");
    file = unpacked->bytes();
    stored = {};
  }
  require(file.size() >= sizeof(NiftiHeader), Error::Kind::data, "'", path.string(),
          "' is no NIfTI file (", file.size(), " bytes; its header alone has 348). Copy it again.");
  NiftiHeader h;
  std::memcpy(&h, file.data(), sizeof(h));
  const bool swapped = h.sizeof_hdr != sizeof(NiftiHeader);
  if (swapped) swap_header(h);
  require(h.sizeof_hdr == sizeof(NiftiHeader) && std::memcmp(h.magic, "n+1", 4) == 0,
          Error::Kind::unsupported, "'", path.string(),
          "' is no NIfTI-1 file in one piece (NIfTI-2, Analyze and .hdr/.img pairs are not read). "
          "Convert it.");

  require(h.dim[0] >= 3 && h.dim[0] <= 7 &&
              std::all_of(h.dim + 4, h.dim + 1 + h.dim[0], [](int d) { return d == 1; }),
          Error::Kind::unsupported, "'", path.string(),
          "' is not three-dimensional. Extract one volume.");
  const auto bytes = voxel_bytes(h.datatype);
  require(bytes && std::size_t(h.bitpix) == 8 * *bytes, Error::Kind::unsupported, "'",
          path.string(), "': voxels of NIfTI type ", h.datatype, " with ", h.bitpix,
          " bits (one number of 8 to 64 bits is expected). Convert it.");
  const std::string_view intent(h.intent_name, strnlen(h.intent_name, sizeof(h.intent_name)));
  require(intent != intent_mg_per_ml, Error::Kind::unsupported, "'", path.string(),
          "' counts mg/ml, says the name of its intent (HU are expected: what is measured and its "
          "settings are in HU). Give an image of CT numbers.");
  check_geometry(h, path);
  const DataExtent extent{{double(h.dim[1]), double(h.dim[2]), double(h.dim[3])}, *bytes};
  const std::uint64_t expected = extent.bytes(path, most_bytes);
  require(h.vox_offset >= 352.0f && h.vox_offset <= float(file.size()), Error::Kind::data, "'",
          path.string(), "': its voxels begin at byte ", h.vox_offset, " of ", file.size(),
          " (at 352 or later is expected). Its header is damaged.");
  const auto voxels = file.subspan(std::size_t(h.vox_offset));
  check_data(voxels, Packing::none, expected, path);
  if (h.datatype == nifti_float32) check_finite<float>(voxels, expected, swapped, path);
  if (h.datatype == nifti_float64) check_finite<double>(voxels, expected, swapped, path);
  const bool scaled = (h.scl_slope != 0.0f && h.scl_slope != 1.0f) || h.scl_inter != 0.0f;
  if (swapped || scaled || !unpacked) return std::nullopt;
  return PlainVoxels{std::move(unpacked->room), std::size_t(h.vox_offset), std::size_t(expected)};
}

}  // namespace vitrine::io::detail
