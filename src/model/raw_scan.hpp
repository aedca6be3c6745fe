#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/model/scan.hpp"

namespace vitrine {

/// What a scan's raw data say of themselves, beside the values: enough to reconstruct them without
/// the scenario that they come from.
struct RawScan {
  enum class Quantity {
    signal,         ///< quantity::Signal, noise included
    line_integral,  ///< quantity::LineIntegral: the signal's logarithm after the water correction
  };

  /// Where the data come from.
  struct Origin {
    std::string trial, fingerprint;  ///< the scenario's name and SHA-256
    std::string case_id, visit, sex, body_part;
    std::string scan;  ///< name of this scan among those of the case, fit for a file name
    std::string scanner, protocol;
    std::string software, isa;
    std::int64_t seed = 0;
  };

  /// Tube and beam. Columns have what they see with nothing but air in the beam: the air scan.
  struct Beam {
    double tube_voltage = 0.0;           ///< keV
    double tube_load = 0.0;              ///< mAs per rotation
    std::vector<double> view_tube_load;  ///< the same of every view; none: it is constant
    double ctdi_vol = 0.0;               ///< mGy
    std::vector<double> energies;        ///< keV, of `fluence`
    /// Behind the flat filters, before the bowtie, at 1 m: photons / (mAs mm^2 keV).
    std::vector<double> fluence;
    double effective_energy = 0.0;        ///< keV, at which the two attenuations are taken
    double mu_water = 0.0, mu_air = 0.0;  ///< 1/mm: the CT numbers' scale
    double half_value_layer = 0.0;        ///< mm of aluminium
    double electronic_noise = 0.0;        ///< keV per cell and reading, standard deviation
    double focal_spot_width = 0.0, focal_spot_length = 0.0;  ///< mm
    std::vector<double> air_signal;                          ///< keV/mAs, per column
    std::vector<double> air_quanta;       ///< equivalent quanta per mAs, per column
    std::vector<double> detected_energy;  ///< keV, mean, per column
  };

  /// From a column's log attenuation p = -ln(signal) to a line integral: p times a polynomial of p
  /// between 0 and `limit`, straight on beyond either end. Of one column after the other.
  /// With a heel effect: of the columns of one row after the other, mixed linearly between rows.
  struct WaterTable {
    std::vector<double> rows;         ///< that it was fitted in, ascending; none: all are alike
    std::int64_t terms = 0;           ///< of the polynomial
    std::vector<float> coefficients;  ///< `terms` a column, lowest power first
    std::vector<float> low_slope, limit, limit_slope;
  };

  /// What line integrals lack behind a second material (recon::HardeningTable); without a name
  /// there is none.
  struct Hardening {
    std::string material;
    double attenuation = 0.0;  ///< 1/mm
    double most_line = 0.0, most_length = 0.0, columns_apart = 1.0;
    std::vector<double> coefficients;  ///< 16 a fitted column
  };

  /// An image that was made of these data.
  struct Made {
    std::string series;            ///< what its files are called
    std::string kernel;            ///< canonical, as JSON
    double slice_thickness = 0.0;  ///< mm
    double noise_reduction = 0.0;  ///< recon::Denoise
    double edge_contrast = 1.0;
    std::string algorithm = {};    ///< canonical, as JSON; none: filtered back projection
    std::string corrections = {};  ///< recon::Corrections as JSON; empty: none
  };
  /// Where the images are.
  struct Box {
    double field_of_view = 0.0;  ///< mm
    double slice_increment = 0.0;
    Vec3 centre = Vec3::Zero();
    std::int64_t matrix = 0, slices = 0;
    std::optional<Mat3> axes = {};  ///< of rows, columns, slices; none: parallel to the gantry
  };

  Quantity quantity = Quantity::signal;
  Origin origin;
  ScanGeometry geometry;
  Beam beam;
  WaterTable water;
  Hardening hardening;
  Box box;
  bool truncation_extension = true;  ///< of lines that end inside the object
  std::vector<Made> images;
};

}  // namespace vitrine
