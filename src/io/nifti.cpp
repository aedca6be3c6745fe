#include "vitrine/io/nifti.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "vitrine/core/parallel.hpp"
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

struct Type {
  std::int16_t code;
  std::size_t bytes;
};
Type type_of(NiftiStream::Stored stored) {
  switch (stored) {
    case NiftiStream::Stored::uint8:
      return {detail::nifti_uint8, 1};
    case NiftiStream::Stored::int16:
      return {detail::nifti_int16, 2};
    case NiftiStream::Stored::uint16:
      return {detail::nifti_uint16, 2};
    default:
      return {detail::nifti_float32, 4};
  }
}

constexpr std::size_t member_bytes = 4 * mebibyte;  // before packing

}  // namespace

NiftiStream::NiftiStream(const Grid& grid, Stored type, std::string_view description,
                         std::string_view intent)
    : voxel_bytes_(type_of(type).bytes), missing_(std::size_t(grid.count()) * voxel_bytes_) {
  NiftiHeader header = header_for(grid, description);
  header.datatype = type_of(type).code;
  std::copy_n(intent.begin(), std::min(intent.size(), sizeof(header.intent_name) - 1),
              header.intent_name);
  header.bitpix = static_cast<std::int16_t>(8 * voxel_bytes_);
  Bytes start(data_offset);
  std::memcpy(start.data(), &header, sizeof(header));
  header_ = std::move(start);
}

void NiftiStream::add_bytes(std::span<const std::byte> bytes) {
  VITRINE_EXPECT(bytes.size() <= missing_);
  missing_ -= bytes.size();
  std::vector<Bytes> members((bytes.size() + member_bytes - 1) / member_bytes);
  parallel_for(std::ssize(members), [&](std::int64_t m) {
    const auto first = std::size_t(m) * member_bytes;
    const auto part = bytes.subspan(first, std::min(member_bytes, bytes.size() - first));
    if (m == 0 && !header_.empty()) {
      Bytes whole = header_;
      whole.insert(whole.end(), part.begin(), part.end());
      members[0] = detail::deflate(whole, detail::Wrap::gzip, 1);
    } else {
      members[std::size_t(m)] = detail::deflate(part, detail::Wrap::gzip, 1);
    }
  });
  header_.clear();
  for (const Bytes& member : members) packed_.insert(packed_.end(), member.begin(), member.end());
}

Bytes NiftiStream::finish() && {
  VITRINE_EXPECT(missing_ == 0);
  return std::move(packed_);
}

Bytes encode_nifti(const Image& image, std::string_view description, HuStorage storage) {
  for (const float hu : image.values())
    require(std::isfinite(hu), Error::Kind::numeric, "the image holds ", hu,
            " (no Hounsfield value). This is a fault of what made it.");
  const bool whole = storage == HuStorage::int16;
  NiftiStream file(image.grid(), whole ? NiftiStream::Stored::int16 : NiftiStream::Stored::float32,
                   description,
                   storage == HuStorage::mg_per_ml ? detail::intent_mg_per_ml : std::string_view());
  if (whole) {
    std::vector<std::int16_t> rounded(image.values().size());
    std::transform(image.values().begin(), image.values().end(), rounded.begin(), [](float hu) {
      return static_cast<std::int16_t>(std::round(std::clamp(hu, -32767.0f, 32767.0f)));
    });
    file.add(std::span<const std::int16_t>(rounded));
  } else {
    file.add(image.values());
  }
  return std::move(file).finish();
}

Bytes encode_nifti(const Mask& mask, std::string_view description) {
  NiftiStream file(mask.grid(), NiftiStream::Stored::uint8, description);
  file.add(mask.values());
  return std::move(file).finish();
}

}  // namespace vitrine::io
