#include <algorithm>
#include <cmath>

#include "vitrine/core/hash.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/io/detail/dicom_attributes.hpp"
#include "vitrine/io/detail/quiet_dcmtk.hpp"

namespace vitrine::io {
namespace {

using namespace detail;

/// Stored numbers are (value - intercept) / slope.
struct Rescale {
  double intercept = -1024.0, slope = 1.0;
  const char* type = "HU";
};
Rescale rescale_of(const DicomSeries& series) {
  if (series.in_mg_per_ml) return {0.0, 0.1, "MGML"};
  return {};
}

void put_series_and_equipment(Attributes& to, const DicomSeries& series) {
  put_series(to, "CT", series.series_uid, series.series_number, series);
  to.describe(DCM_SeriesDescription, series.series_description);
  to.maybe(DCM_BodyPartExamined, series.body_part);
  if (series.body_part.empty())
    to.put(DCM_Laterality, std::string());  // asked for if it may be a paired one
  to.describe(DCM_ProtocolName, series.acquisition.protocol);
  to.put(DCM_PatientPosition, "HFS");
  to.put(DCM_FrameOfReferenceUID, series.frame_of_reference_uid);
  to.put(DCM_PositionReferenceIndicator, std::string());
  const auto& equipment = series.equipment;
  to.put(DCM_Manufacturer, equipment.manufacturer);
  to.describe(DCM_ManufacturerModelName, equipment.model);
  to.describe(DCM_SoftwareVersions, equipment.software_versions);
  to.describe(DCM_StationName, equipment.station_name);
  to.maybe(DCM_DeviceSerialNumber, equipment.serial_number);
}

/// `seconds` after a time of day HHMMSS.
std::string later(const std::string& time, int seconds) {
  const auto two = [&](std::size_t at) { return 10 * (time[at] - '0') + (time[at + 1] - '0'); };
  require(time.size() >= 6, Error::Kind::input, "the time '", time,
          "' has no seconds (an acquisition after an injection is so much later). Use HHMMSS.");
  const int day = 86400;
  const int sum = (3600 * two(0) + 60 * two(2) + two(4) + seconds) % day;
  std::string text;
  for (const int part : {sum / 3600, sum / 60 % 60, sum % 60})
    text += {char('0' + part / 10), char('0' + part % 10)};
  return text;
}

void put_contrast(Attributes& to, const DicomSeries& series) {
  const auto& bolus = series.contrast;
  if (bolus.agent.empty()) return;
  to.describe(DCM_ContrastBolusAgent, bolus.agent);
  to.put(DCM_ContrastBolusRoute, "INTRAVENOUS");
  to.put(DCM_ContrastBolusVolume, bolus.volume_ml);
  to.put(DCM_ContrastBolusTotalDose, bolus.volume_ml);  // mL of the undiluted agent
  to.put(DCM_ContrastBolusStartTime, series.time);
  to.put(DCM_ContrastFlowRate, bolus.flow_ml_per_s);
  if (bolus.volume_ml && bolus.flow_ml_per_s)
    to.put(DCM_ContrastFlowDuration, *bolus.volume_ml / *bolus.flow_ml_per_s);
  to.put(DCM_ContrastBolusIngredient, "IODINE");
  to.put(DCM_ContrastBolusIngredientConcentration, bolus.concentration_mg_per_ml);
}

void put_image(Attributes& to, const DicomSeries& series, const Grid& grid) {
  to.put(DCM_ImageType, "ORIGINAL\\PRIMARY\\AXIAL" +
                            (series.image_flavor.empty() ? "" : '\\' + series.image_flavor));
  to.put(DCM_ContentDate, series.date);
  to.put(DCM_ContentTime, series.time);
  to.put(DCM_AcquisitionDate, series.date);
  to.put(DCM_AcquisitionTime, series.contrast.agent.empty()
                                  ? series.time
                                  : later(series.time, series.contrast.acquired_after_s));
  to.put(DCM_AcquisitionNumber, std::to_string(series.acquisition_number));
  to.put(DCM_BurnedInAnnotation, "NO");
  to.put(DCM_LossyImageCompression, "00");
  to.describe(DCM_ImageComments, series.comments);

  to.put(DCM_PixelSpacing, decimals({grid.spacing.y(), grid.spacing.x()}));  // between rows first
  const Vec3 right = grid.axes.col(0), down = grid.axes.col(1);
  to.put(DCM_ImageOrientationPatient,
         decimals({right.x(), right.y(), right.z(), down.x(), down.y(), down.z()}));
  to.put(DCM_SliceThickness, series.reconstruction.slice_thickness_mm.value_or(grid.spacing.z()));
  to.put(DCM_SpacingBetweenSlices, grid.spacing.z());

  to.word(DCM_SamplesPerPixel, 1);
  to.put(DCM_PhotometricInterpretation, "MONOCHROME2");
  to.word(DCM_Rows, Uint16(grid.size[1]));
  to.word(DCM_Columns, Uint16(grid.size[0]));
  to.word(DCM_BitsAllocated, 16);
  to.word(DCM_BitsStored, 16);
  to.word(DCM_HighBit, 15);
  to.word(DCM_PixelRepresentation, 1);
  const Rescale rescale = rescale_of(series);
  to.put(DCM_RescaleIntercept, decimal(rescale.intercept));
  to.put(DCM_RescaleSlope, decimal(rescale.slope));
  to.put(DCM_RescaleType, rescale.type);
  if (series.window) {
    to.put(DCM_WindowCenter, decimal(series.window->level));
    to.put(DCM_WindowWidth, decimal(series.window->width));
  }
}

void put_technique(Attributes& to, const DicomSeries& series) {
  const auto& scan = series.acquisition;
  to.put(DCM_KVP, scan.tube_voltage_kv ? decimal(*scan.tube_voltage_kv) : std::string());
  to.integer(DCM_Exposure, scan.exposure_mas);
  if (scan.exposure_mas) to.integer(DCM_ExposureInuAs, 1000.0 * *scan.exposure_mas);
  to.integer(DCM_XRayTubeCurrent, scan.tube_current_ma);
  to.integer(DCM_ExposureTime, scan.exposure_time_ms);
  to.real(DCM_RevolutionTime, scan.rotation_time_s);
  to.real(DCM_CTDIvol, scan.ctdi_vol_mgy);
  if (scan.ctdi_vol_mgy)  // a CTDIvol means nothing without its phantom
    to.code(DCM_CTDIPhantomTypeCodeSequence, {"113691", "DCM", "IEC Body Dosimetry Phantom"});
  to.put(DCM_DistanceSourceToDetector, scan.source_to_detector_mm);
  to.put(DCM_DistanceSourceToPatient, scan.source_to_patient_mm);
  to.real(DCM_SingleCollimationWidth, scan.collimation_row_mm);
  to.real(DCM_TotalCollimationWidth, scan.collimation_total_mm);
  to.real(DCM_TableFeedPerRotation, scan.table_feed_mm);
  to.real(DCM_SpiralPitchFactor, scan.pitch);
  to.put(DCM_FocalSpots, scan.focal_spot_mm);
  to.put(DCM_DataCollectionDiameter, scan.data_collection_diameter_mm);
  to.maybe(DCM_FilterType, scan.filter_type);
  to.maybe(DCM_FilterMaterial, scan.filter_material);
  to.put(DCM_GantryDetectorTilt, decimal(scan.gantry_tilt_deg));
  to.describe(DCM_ConvolutionKernel, series.reconstruction.kernel);
  to.put(DCM_ReconstructionDiameter, series.reconstruction.diameter_mm);
}

/// Values of a slice as its pixels hold them. Throws Error (numeric) for one that is not finite.
std::vector<Uint16> stored_pixels(std::span<const float> values, const DicomSeries& series) {
  bool finite = true;
  for (const float value : values) finite &= std::isfinite(value);
  if (!finite)
    for (const float value : values)
      require(std::isfinite(value), Error::Kind::numeric, "the image holds ", value,
              " (no Hounsfield value). This is a fault of what made it.");
  const Rescale rescale = rescale_of(series);
  const auto intercept = float(rescale.intercept), slope = float(rescale.slope);
  const float shift = intercept / slope;
  std::vector<Uint16> stored(values.size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const float clamped = std::clamp(values[i] / slope, -32768.0f, 32767.0f + shift);
    // Halves go away from zero; the number below one half keeps what is just below it.
    const auto whole = float(int(clamped + std::copysign(0.49999997f, clamped)));
    stored[i] = Uint16(Sint16(whole - shift));
  }
  return stored;
}

Bytes encode_slice(const Grid& grid, std::span<const float> values, const DicomSeries& series,
                   Index k) {
  DcmFileFormat file;
  DcmDataset& data = *file.getDataset();
  Attributes to(data);
  put_common(to, UID_CTImageStorage, ct_instance_uid(series, k), series.synthetic);
  put_patient_and_study(to, series);
  put_series_and_equipment(to, series);
  put_image(to, series, grid);
  put_technique(to, series);
  put_contrast(to, series);
  const Vec3 corner = grid.centre(0, 0, k);
  to.put(DCM_InstanceNumber, std::to_string(k + 1));
  to.put(DCM_ImagePositionPatient, decimals(corner));
  to.put(DCM_SliceLocation, decimal(corner.dot(grid.axes.col(2))));
  to.point(DCM_ReconstructionTargetCenterPatient,
           0.5 * (corner + grid.centre(grid.size[0] - 1, grid.size[1] - 1, k)));

  const auto pixels = std::size_t(grid.size[0] * grid.size[1]);
  const std::vector<Uint16> stored =
      stored_pixels(values.subspan(std::size_t(k) * pixels, pixels), series);
  check(data.putAndInsertUint16Array(DCM_PixelData, stored.data(), stored.size()), "the pixels");
  return serialise(file, "the slice");
}

}  // namespace

std::string dicom_uid(std::string_view key) {
  Digest digest = sha256(key);
  digest.bytes[6] =
      std::uint8_t((digest.bytes[6] & 0x0Fu) | 0x80u);  // version 8: made to our own rule
  digest.bytes[8] = std::uint8_t((digest.bytes[8] & 0x3Fu) | 0x80u);  // the variant of RFC 9562
  unsigned __int128 number = 0;
  for (std::size_t i = 0; i < 16; ++i) number = number << 8 | digest.bytes[i];
  std::string digits;
  for (; number > 0; number /= 10) digits += char('0' + int(number % 10));
  std::reverse(digits.begin(), digits.end());
  return "2.25." + digits;
}

std::vector<NamedBytes> encode_dicom(const Image& image, const DicomSeries& series) {
  return encode_dicom(image.grid(), image.values(), series);
}

std::vector<NamedBytes> encode_dicom(const Grid& grid, std::span<const float> values,
                                     const DicomSeries& series) {
  VITRINE_EXPECT(std::ssize(values) == grid.count());
  for (std::size_t axis = 0; axis < 2; ++axis)
    require(grid.size[axis] >= 1 && grid.size[axis] <= 65535, Error::Kind::unsupported,
            "a side of ", grid.size[axis], " pixels does not fit into DICOM (1 to 65535).");
  require_complete(series);

  const detail::QuietDcmtk quiet;
  std::vector<NamedBytes> files(std::size_t(grid.size[2]));
  parallel_for(grid.size[2], [&](Index k) {
    const std::string number = std::to_string(k + 1);
    const std::string zeros(number.size() < 4 ? 4 - number.size() : 0, '0');
    files[std::size_t(k)] = {str("IM", zeros, number, ".dcm"),
                             encode_slice(grid, values, series, k)};
  });
  return files;
}

}  // namespace vitrine::io
