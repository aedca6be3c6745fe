#include "vitrine/io/nifti.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "vitrine/io/detail/deflate.hpp"
#include "vitrine/io/detail/nifti_header.hpp"

namespace vitrine::io {
namespace {

using detail::NiftiHeader;

constexpr std::size_t data_offset = 352;  // the header and its empty extension

Mat3 lps_to_ras() { return Vec3(-1.0, -1.0, 1.0).asDiagonal(); }

NiftiHeader header_for(const Grid& grid, std::string_view description) {
  for (const Index side : grid.size)
    require(side > 0 && side <= 32767, Error::Kind::unsupported, "a side of ", side,
            " voxels does not fit into NIfTI-1 (1 to 32767). Write fewer voxels.");
  NiftiHeader h{};
  h.sizeof_hdr = sizeof(NiftiHeader);
  h.regular = 'r';
  h.dim[0] = 3;
  std::fill(std::begin(h.dim) + 1, std::end(h.dim), std::int16_t{1});
  std::fill(std::begin(h.pixdim), std::end(h.pixdim), 1.0f);
  for (int axis = 0; axis < 3; ++axis) {
    h.dim[axis + 1] = static_cast<std::int16_t>(grid.size[std::size_t(axis)]);
    h.pixdim[axis + 1] = static_cast<float>(grid.spacing[axis]);
  }
  h.vox_offset = data_offset;
  h.scl_slope = 1.0f;
  h.xyzt_units = 2;  // mm
  std::copy_n(description.begin(), std::min(description.size(), sizeof(h.descrip) - 1), h.descrip);

  // Both forms say "scanner coordinates". A quaternion is a proper rotation: a mirrored third axis
  // goes into pixdim[0].
  h.qform_code = h.sform_code = 1;
  Mat3 axes = lps_to_ras() * grid.axes;
  const Vec3 origin = lps_to_ras() * grid.origin;
  for (int row = 0; row < 3; ++row) {
    float* const srow = row == 0 ? h.srow_x : row == 1 ? h.srow_y : h.srow_z;
    for (int column = 0; column < 3; ++column)
      srow[column] = static_cast<float>(axes(row, column) * grid.spacing[column]);
    srow[3] = static_cast<float>(origin[row]);
  }
  if (axes.determinant() < 0.0) {
    axes.col(2) *= -1.0;
    h.pixdim[0] = -1.0f;
  }
  Eigen::Quaterniond q(axes);
  if (q.w() < 0.0) q.coeffs() *= -1.0;
  h.quatern_b = static_cast<float>(q.x());
  h.quatern_c = static_cast<float>(q.y());
  h.quatern_d = static_cast<float>(q.z());
  h.qoffset_x = static_cast<float>(origin.x());
  h.qoffset_y = static_cast<float>(origin.y());
  h.qoffset_z = static_cast<float>(origin.z());
  std::copy_n("n+1", 4, h.magic);
  return h;
}

template <class Stored, class Values, class Convert>
Bytes pack(NiftiHeader header, std::int16_t datatype, const Values& values,
           const Convert& convert) {
  header.datatype = datatype;
  header.bitpix = std::int16_t{8 * sizeof(Stored)};
  Bytes file(data_offset + values.size() * sizeof(Stored));
  std::memcpy(file.data(), &header, sizeof(header));
  std::byte* at = file.data() + data_offset;
  for (const auto value : values) {
    const Stored stored = convert(value);
    std::memcpy(at, &stored, sizeof(stored));
    at += sizeof(stored);
  }
  return detail::deflate(file, detail::Wrap::gzip, 1);
}

}  // namespace

Bytes encode_nifti(const Image& image, std::string_view description, HuStorage storage) {
  const NiftiHeader header = header_for(image.grid(), description);
  for (const float hu : image.values())
    require(std::isfinite(hu), Error::Kind::numeric, "the image holds ", hu,
            " (no Hounsfield value). This is a fault of what made it.");
  if (storage == HuStorage::float32)
    return pack<float>(header, detail::nifti_float32, image.values(), [](float hu) { return hu; });
  return pack<std::int16_t>(header, detail::nifti_int16, image.values(), [](float hu) {
    return static_cast<std::int16_t>(std::round(std::clamp(hu, -32767.0f, 32767.0f)));
  });
}

Bytes encode_nifti(const Mask& mask, std::string_view description) {
  return pack<std::uint8_t>(header_for(mask.grid(), description), detail::nifti_uint8,
                            mask.values(), [](std::uint8_t label) { return label; });
}

}  // namespace vitrine::io
