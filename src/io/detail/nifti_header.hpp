#pragma once
#include <cstdint>
#include <string_view>

namespace vitrine::io::detail {

/// The header of a NIfTI-1 file, byte for byte (NIfTI-1 Data Format, nifti1.h of 2007).
struct NiftiHeader {
  std::int32_t sizeof_hdr;
  char data_type[10], db_name[18];
  std::int32_t extents;
  std::int16_t session_error;
  char regular, dim_info;
  std::int16_t dim[8];
  float intent_p1, intent_p2, intent_p3;
  std::int16_t intent_code, datatype, bitpix, slice_start;
  float pixdim[8], vox_offset, scl_slope, scl_inter;
  std::int16_t slice_end;
  char slice_code, xyzt_units;
  float cal_max, cal_min, slice_duration, toffset;
  std::int32_t glmax, glmin;
  char descrip[80], aux_file[24];
  std::int16_t qform_code, sform_code;
  float quatern_b, quatern_c, quatern_d, qoffset_x, qoffset_y, qoffset_z;
  float srow_x[4], srow_y[4], srow_z[4];
  char intent_name[16], magic[4];
};
static_assert(sizeof(NiftiHeader) == 348);

inline constexpr std::int16_t nifti_uint8 = 2, nifti_int16 = 4, nifti_float32 = 16,
                              nifti_float64 = 64, nifti_uint16 = 512;

/// The name of the intent of an image whose voxels count mg/ml.
inline constexpr std::string_view intent_mg_per_ml = "mg/ml";

}  // namespace vitrine::io::detail
