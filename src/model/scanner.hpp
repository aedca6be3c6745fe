#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/core/schema.hpp"
#include "vitrine/model/counting_sensor.hpp"
#include "vitrine/model/detector_effects.hpp"
#include "vitrine/model/deviations.hpp"
#include "vitrine/model/profile.hpp"
#include "vitrine/model/scatter.hpp"

namespace vitrine {

/// A plate in the beam; the same thickness for every ray.
struct Filter {
  std::string material = "aluminium";
  double thickness = 0.0;  ///< mm
  static const Schema<Filter>& schema();
};

/// The shape of a bowtie that makes up for the chords of a water cylinder about the axis.
struct CylinderBowtie {
  double diameter = 320.0;  ///< mm, of the cylinder
  double thinnest = 1.0;    ///< mm along the central ray
  double energy = 70.0;     ///< keV at which water and bowtie weaken a ray alike
  double share = 1.0;       ///< of the cylinder's chords that is made up for
  static const Schema<CylinderBowtie>& schema();
};

/// A filter whose thickness depends on the fan angle: by a table (monotone cubic between the
/// points, constant beyond the last, symmetric about the central ray), or by a shape.
struct Bowtie {
  std::string material = "aluminium";
  std::vector<double> angles{0.0};     ///< rad, ascending from 0
  std::vector<double> thickness{0.0};  ///< mm along the ray
  std::optional<CylinderBowtie> cylinder;
  static const Schema<Bowtie>& schema();
};

/// A cell, energy-integrating or photon-counting, and how cells are arranged.
struct Detector {
  std::string kind = "energy_integrating";  ///< or photon_counting: then it has a `sensor`
  std::string shape = "curved";             ///< curved (about the focal spot) or flat
  std::string scintillator = "gadolinium_oxysulfide";
  double thickness = 1.4;          ///< mm
  double fill_factor = 0.8;        ///< area that detects over the cell's area, if no grid is there
  double electronic_noise = 300.;  ///< keV, standard deviation per cell and reading
  double swank_factor = 1.0;       ///< of the light per absorbed keV: quanta count that much less
  std::optional<Crosstalk> x_ray_crosstalk, optical_crosstalk;
  std::optional<Lag> lag;
  double gain_spread = 0.0;  ///< standard deviation of the cells' relative gains
  std::optional<GainDrift> gain_drift;
  std::optional<DeadCells> dead_cells;
  std::optional<Converter> converter;
  std::optional<AirScan> air_scan;  ///< none: an endless one
  std::optional<LowSignal> low_signal;
  std::optional<AntiScatterGrid> anti_scatter_grid;
  std::optional<CountingSensor> sensor;  ///< that counts photons, in place of the scintillator
  static const Schema<Detector>& schema();
};

/// How far a scanner can deflect its focal spot between readings.
struct FlyingFocalSpot {
  double in_plane = 0.0;  ///< mm between the two positions in the plane of the fan
  double z = 0.0;         ///< mm between the two positions along z
  /// Readings per rotation from each position; 0: the scanner's, which the positions share.
  std::int64_t views_per_position = 0;
  static const Schema<FlyingFocalSpot>& schema();
};

/// What a tube gives per mAs, measured free in air at the isocentre behind filters and bowtie.
struct TubeOutput {
  std::vector<double> tube_voltages{120.0};  ///< keV, ascending
  std::vector<double> kerma;                 ///< air kerma per mAs at each, mGy
  static const Schema<TubeOutput>& schema();
};

/// The hardware: what does not change between patients. One YAML file in scenarios/scanners.
struct Scanner {
  std::string name;
  std::string source;          ///< where the numbers are published
  double source_to_iso = 0.0;  ///< mm
  double source_to_detector = 0.0;
  std::int64_t columns = 0, rows = 0;
  double column_pitch = 0.0, row_pitch = 0.0;  ///< mm at the detector
  double column_offset = 0.25;                 ///< columns
  std::int64_t views_per_rotation = 0;
  double anode_angle = 0.0;        ///< rad, between the target's face and the central ray
  bool heel_effect = false;        ///< the beam differs from row to row (anode towards -z)
  double focal_spot_width = 1.0;   ///< mm, in the plane of the fan
  double focal_spot_length = 1.0;  ///< mm, along z, as seen from the isocentre
  std::string focal_spot_shape = "uniform";  ///< uniform, gaussian (sizes are FWHM) or image
  /// Of shape image: what each part of width x length emits, along z then across.
  std::vector<std::vector<double>> focal_spot_image;
  std::optional<FlyingFocalSpot> flying_focal_spot;
  std::optional<TubeOutput> output;  ///< none: the tube model's own
  std::optional<double> tube_power;  ///< kW, the most that the tube takes; none: no limit
  double axis_offset = 0.0;  ///< mm: the axis is that far from where reconstruction takes it to be
  std::vector<Filter> filters;  ///< added to the tube's inherent filtration
  Bowtie bowtie;
  Detector detector;
  std::optional<Scatter> scatter;        ///< none: scans contain none
  std::optional<Deviations> deviations;  ///< none: it does what its console says
  std::optional<Profile> profile;        ///< none: nothing is known but the above
  static const Schema<Scanner>& schema();
};

}  // namespace vitrine
