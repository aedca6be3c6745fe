#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/io/file.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::io {

/// A DICOM unique identifier made from text: `2.25.` and 128 bits of its SHA-256, marked as a
/// version 8 UUID (RFC 9562). The same text gives the same identifier, on every machine.
std::string dicom_uid(std::string_view key);

/// A coded concept (PS3.3, 8.8); empty: none. Values of more than 16 characters are Long Code
/// Values.
struct DicomCode {
  std::string value, scheme, meaning;
  bool empty() const { return value.empty(); }
};

/// What a CT series says about itself beside its voxels. Empty text and absent numbers are left out
/// where DICOM allows it, else written empty. Descriptions that are too long (kernel and station:
/// 16 characters, others 64) are cut; identifiers are not, they throw. Dates are `YYYYMMDD`, times
/// `HHMMSS`: given, never read from a clock.
struct DicomSeries {
  struct Patient {
    std::string name = "Vitrine^Synthetic", id;  ///< family^given; id must not be empty
    std::string sex;                             ///< M, F, O or empty
    std::string birth_date;
    std::optional<int> age_years;
    std::optional<double> height_m, weight_kg;
  };
  struct Trial {  ///< the Clinical Trial attributes, written if protocol_id is not empty
    std::string sponsor = "Vitrine", protocol_id, protocol_name, site_id, site_name, subject_id;
    std::string coordinating_center, time_point_id, series_id;
  };
  struct Equipment {
    std::string manufacturer = "Vitrine", model, software_versions, station_name, serial_number;
  };
  struct Acquisition {
    std::string protocol;
    std::optional<double> tube_voltage_kv, exposure_mas, tube_current_ma, exposure_time_ms;
    std::optional<double> rotation_time_s, ctdi_vol_mgy;
    std::optional<double> source_to_detector_mm, source_to_patient_mm;
    double gantry_tilt_deg = 0.0;
    std::optional<double> collimation_row_mm, collimation_total_mm;
    std::optional<double> pitch, table_feed_mm;  ///< helical scans; per rotation
    std::optional<double> focal_spot_mm, data_collection_diameter_mm;
    std::string filter_type;      ///< at most 16 characters, e.g. BODY
    std::string filter_material;  ///< a code word, e.g. ALUMINUM
  };
  struct Contrast {  ///< iodinated, into a vein; written if there is an agent
    std::string agent;
    std::optional<double> volume_ml, flow_ml_per_s, concentration_mg_per_ml;
    int acquired_after_s = 0;  ///< of the acquisition, from the start of the injection at `time`
  };
  struct Reconstruction {
    std::string kernel;
    std::optional<double> diameter_mm;
    std::optional<double> slice_thickness_mm;  ///< nominal; the grid's slice spacing if absent
  };

  bool synthetic = true;  ///< whether the patient is; else nothing is said of it
  Patient patient;
  Trial trial;
  Equipment equipment;
  Acquisition acquisition;
  Contrast contrast;
  Reconstruction reconstruction;

  std::string study_uid, series_uid, frame_of_reference_uid;  ///< of `dicom_uid`
  std::string study_id, study_description, series_description,
      body_part;  ///< body_part: e.g. CHEST
  std::string comments;
  /// Fourth value of Image Type, of multi-energy images (PS3.3, C.8.2.1.1.1): VMI, MAT_SPECIFIC,
  /// MAT_REMOVED; empty: none.
  std::string image_flavor;
  bool in_mg_per_ml = false;  ///< the voxels count mg/ml, not HU
  struct Window {
    double level = 0.0, width = 0.0;
  };
  std::optional<Window> window;  ///< the grey scale to begin with, in the voxels' unit
  int series_number = 1, acquisition_number = 1;
  std::string date = "20000101", time = "000000";
};

/// One CT Image Storage file per slice, `IM0001.dcm` being the grid's first. Explicit VR little
/// endian, 16-bit whole HU (rounded, clamped to [-32768, 31743]) with intercept -1024, or tenths of
/// mg/ml with rescale type MGML (PS3.3, C.11.1.1.2); Synthetic Data (0008,001C) is YES if the
/// patient is synthetic. Throws Error (input) for text that DICOM cannot hold, Error (numeric) for
/// HU that are not finite.
std::vector<NamedBytes> encode_dicom(const Image& image, const DicomSeries& series);
/// The same of an image's values on a grid of the same size: NIfTI rounds its own to 32 bits.
std::vector<NamedBytes> encode_dicom(const Grid& grid, std::span<const float> values,
                                     const DicomSeries& series);

/// Read the one CT series of a directory (not below it), sorted by position. Files that are no
/// DICOM are passed over. Throws Error (data) if slices are missing, doubled, unevenly spaced or of
/// different sizes, or if there are several series; Error (unsupported) if pixels are compressed or
/// count something else than HU.
Image read_dicom_series(const Path& dir, std::uint64_t most_bytes = 4 * gibibyte);

}  // namespace vitrine::io
