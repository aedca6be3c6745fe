#pragma once
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "scratch.hpp"
#include "vitrine/io/dicom.hpp"

namespace vitrine {

inline Image slices(Index side, Index count) {
  Grid grid;
  grid.size = {side, side + 2, count};
  grid.spacing = {0.69, 0.71, 1.25};
  grid.origin = {-176.155, -170.3, -612.5};
  Image image(grid);
  for (std::size_t i = 0; i < image.values().size(); ++i)
    image.values()[i] = float(i % 4096) - 1024.0f;
  return image;
}

inline io::DicomSeries full_series() {
  io::DicomSeries series;
  series.patient = {"Vitrine^Case 01", "case01", "F", "", 63, 1.68, 71.5};
  series.trial = {"Vitrine",  "lung-nodule", "Stability of nodule features", "", "", "case01", "",
                  "baseline", "a64/soft"};
  series.equipment = {"Vitrine", "generic_a64", "0.1.0", "SIM1", "0001"};
  series.acquisition.protocol = "chest";
  series.acquisition.tube_voltage_kv = 120.0;
  series.acquisition.exposure_mas = 79.6;
  series.acquisition.tube_current_ma = 160.0;
  series.acquisition.exposure_time_ms = 500.0;
  series.acquisition.rotation_time_s = 0.5;
  series.acquisition.ctdi_vol_mgy = 5.4;
  series.acquisition.source_to_detector_mm = 1085.6;
  series.acquisition.source_to_patient_mm = 595.0;
  series.acquisition.collimation_row_mm = 0.625;
  series.acquisition.collimation_total_mm = 40.0;
  series.acquisition.focal_spot_mm = 1.0 / 3.0;
  series.acquisition.data_collection_diameter_mm = 500.0;
  series.acquisition.filter_type = "BODY";
  series.acquisition.filter_material = "ALUMINUM";
  series.reconstruction = {"soft", 353.28, 1.25};
  series.study_uid = io::dicom_uid("study");
  series.series_uid = io::dicom_uid("series");
  series.frame_of_reference_uid = io::dicom_uid("frame");
  series.study_id = "1";
  series.study_description = "lung-nodule-kernel-dose";
  series.series_description = "generic_a64 soft 80 mAs";
  series.body_part = "CHEST";
  series.comments = "Simulated: no real patient";
  series.date = "20260101";
  return series;
}

inline io::DicomSeries enhanced_series() {
  io::DicomSeries series = full_series();
  series.contrast = {"iodinated contrast medium", 107.5, 4.0, 350.0, 72};
  return series;
}

inline std::string run(const std::string& command) {
  FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe);
  std::string text;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) text += char(c);
  ::pclose(pipe);
  return text;
}

inline bool installed(const std::string& program) {
  return std::system(("command -v " + program + " > /dev/null").c_str()) == 0;
}

/// What dciodvfy says is wrong with a file of the IOD that it must find, but for Synthetic Data,
/// which it does not know.
inline std::string dciodvfy_errors(const io::Path& file, const std::string& iod) {
  const std::string output = run("dciodvfy '" + file.string() + "'");
  std::string errors = output.find(iod) == std::string::npos ? "no " + iod + ": " + output : "";
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("Error") && line.find("Synthetic") == std::string::npos &&
        line.find("0x0008,0x001c") == std::string::npos)
      errors += line + '\n';
  return errors;
}

}  // namespace vitrine
