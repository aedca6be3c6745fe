#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/core/catalogue.hpp"
#include "vitrine/model/raw_scan.hpp"
#include "vitrine/recon/algorithm.hpp"
#include "vitrine/recon/corrections.hpp"
#include "vitrine/recon/denoise.hpp"
#include "vitrine/recon/kernel.hpp"
#include "vitrine/recon/orientation.hpp"

namespace vitrine::recon {

/// A scan that somebody else measured, as its owner describes it: where the values lie, how they
/// were taken, and which image is wanted (docs/formats/sinogram.md).
struct SinogramFile {
  /// The reading without object, or without beam: one number, or views of the data's layout.
  struct Reference {
    std::optional<double> counts;
    std::vector<std::string> files;
    std::string dataset;
    std::int64_t views = 1;  ///< that are averaged
    static const Schema<Reference>& schema();
  };
  struct Data {
    std::vector<std::string> files;  ///< one after the other along the views, equally long
    std::string dataset;             ///< of HDF5 files; empty: raw float32
    std::vector<std::string> axes{"view", "row", "column"};  ///< slowest first
    std::vector<std::string> reversed;                       ///< of column and row
    std::string byte_order = "little";
    std::int64_t offset = 0;  ///< bytes before the first value of each raw file
    std::string quantity = "line_integral";
    std::string negative = "refuse";  ///< what becomes of negative readings
    std::optional<Reference> air, dark;
    static const Schema<Data>& schema();
  };
  struct Detector {
    std::string shape = "curved";
    std::int64_t columns = 0, rows = 1;
    double column_pitch = 0.0, row_pitch = 0.0;  ///< mm, at the detector
    double column_offset = 0.0;                  ///< columns
    static const Schema<Detector>& schema();
  };
  struct Geometry {
    Detector detector;
    double source_to_iso = 0.0, source_to_detector = 0.0;  ///< mm
    double gantry_tilt = 0.0;                              ///< rad
    static const Schema<Geometry>& schema();
  };
  struct Views {
    std::optional<std::int64_t> count, per_rotation;
    std::optional<double> step;  ///< rad
    std::vector<double> angles;  ///< rad
    double start = 0.0;          ///< rad
    std::string direction = "increasing";
    double table_start = 0.0, table_per_rotation = 0.0;  ///< mm
    std::vector<double> table_positions;                 ///< mm
    static const Schema<Views>& schema();
  };
  struct Water {
    double attenuation = 0.0, air_attenuation = 0.0;  ///< 1/mm
    std::vector<double> polynomial;                   ///< of the line integral, from power 1 on
    double polynomial_limit = 12.0;
    static const Schema<Water>& schema();
  };
  struct Noise {
    double quanta = 1e5;      ///< of a reading without object
    double electronic = 0.0;  ///< standard deviation, quanta
    static const Schema<Noise>& schema();
  };
  struct Images {
    Pick<Kernel> kernel;
    Pick<Algorithm> algorithm = default_algorithm();
    std::optional<double> slice_thickness;  ///< mm; none: a row at the isocentre
    std::optional<double> slice_increment;  ///< mm; none: the thickness
    std::int64_t slices = 1, matrix = 512;
    double field_of_view = 0.0;                   ///< mm
    std::optional<std::array<double, 3>> centre;  ///< mm; none: the table's middle position
    Pick<Orientation> orientation;                ///< none: parallel to the gantry's plane
    bool truncation_extension = true;
    std::optional<Corrections> corrections;
    std::optional<Denoise> denoise;
    static const Schema<Images>& schema();
  };

  std::int64_t version = 1;
  std::string name;
  Data data;
  Geometry geometry;
  Views views;
  Water water;
  Noise noise;
  Images images;
  std::optional<double> tube_voltage;  ///< keV, for image headers
  /// Its checks hold geometry, views and images against each other.
  static const Schema<SinogramFile>& schema();
};

/// The scan and the image that a file describes, as if a trial had kept them. Views go on in the
/// sense of growing angles: those that were stored otherwise are reversed.
RawScan raw_scan(const SinogramFile& file);

/// Whether `raw_scan` has the views in the opposite order.
bool views_are_reversed(const SinogramFile& file);

/// Why an image cannot be made of a scan: one message each, with the key and the option of recon
/// that helps; none if it can.
struct Misfit {
  std::string key;  ///< of the block `images`
  std::string message;
};
std::vector<Misfit> misfits(const ScanGeometry& scan, const RawScan::Box& box,
                            double slice_thickness);

}  // namespace vitrine::recon
