#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/core/catalogue.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/model/scanner.hpp"
#include "vitrine/phantoms/cohort.hpp"
#include "vitrine/phantoms/motion.hpp"
#include "vitrine/physics/tube_current.hpp"
#include "vitrine/radiomics/perturbation.hpp"
#include "vitrine/radiomics/preprocessing/preprocessing.hpp"
#include "vitrine/recon/corrections.hpp"
#include "vitrine/recon/denoise.hpp"
#include "vitrine/recon/orientation.hpp"
#include "vitrine/recon/spectral.hpp"
#include "vitrine/trial/context_of_use.hpp"
#include "vitrine/trial/design.hpp"
#include "vitrine/trial/dual_energy.hpp"
#include "vitrine/trial/sites.hpp"
#include "vitrine/trial/statistics.hpp"
#include "vitrine/trial/stress.hpp"

namespace vitrine::trial {

struct Header {
  std::string name;
  std::int64_t seed = 1;
  ContextOfUse context_of_use;
  static const Schema<Header>& schema();
};

/// What the technologist chooses: one YAML file in scenarios/protocols.
struct Protocol {
  std::string name = "protocol";
  double tube_voltage = 120.0;  ///< keV
  double tube_load = 80.0;      ///< mAs per rotation
  Pick<recon::Kernel> kernel;
  double slice_thickness = 1.25, slice_increment = 1.25;  ///< mm
  std::int64_t slices = 40;
  std::int64_t matrix = 512;
  double field_of_view = 360.0;                     ///< mm, edge of the square image
  std::string centre = "lesions";                   ///< what the middle slice is aimed at
  std::string reconstruction_target = "isocentre";  ///< where the images' middle lies in a slice
  double full_coverage_radius = 150.0;   ///< mm: inside it every slice is seen from all sides
  Pick<recon::Orientation> orientation;  ///< of slices; none: parallel to the gantry's plane
  std::string mode = "axial";            ///< axial (step and shoot) or helical
  double pitch = 1.0;          ///< helical: travel per rotation over the collimation at the axis
  double rotation_time = 0.5;  ///< s
  double table_time = 1.0;     ///< s between two rotations of a step-and-shoot scan
  double scan_arc = 360.0 * units::deg;        ///< of an axial rotation, rad: first view to last
  double gantry_tilt = 0.0;                    ///< rad about x; the top leans towards the feet
  std::string flying_focal_spot = "none";      ///< none, in_plane, z, both
  std::vector<Pick<phantoms::Motion>> motion;  ///< of the patient during the scan
  std::optional<phantoms::Injection> contrast;
  std::optional<physics::TubeCurrentModulation> tube_current_modulation;
  bool water_correction = true;      ///< of beam hardening
  bool truncation_extension = true;  ///< of lines that end inside the patient
  std::optional<recon::Corrections> corrections;
  std::optional<recon::Denoise> denoise;
  Pick<recon::Algorithm> algorithm;              ///< none: filtered back projection
  std::string bins = "total";                    ///< of several energies: what images are made of
  std::optional<DualEnergy> dual_energy;         ///< none: one tube voltage
  std::optional<recon::SpectralBasis> spectral;  ///< none: water and iodine

  recon::SpectralBasis basis() const { return spectral.value_or(recon::SpectralBasis{}); }
  /// How much of the gantry's axis the image's box takes, edge to edge: mm.
  double coverage() const;
  static const Schema<Protocol>& schema();
};

/// Repeated scans, for repeatability (reference: docs/methods/statistics.md): of one arm with the
/// patient repositioned, or further read-outs of the same scan with other noise, of every arm that
/// `of` names.
struct Repeat {
  std::string kind = "reposition";
  std::int64_t count = 0;
  ArmSelector of;
  double shift = 5.0;         ///< mm, largest in-plane displacement along x and y
  double rotation = 0.0524;   ///< rad, largest rotation about each axis
  double inspiration = 0.05;  ///< largest relative change of the lung volume
  std::int64_t noise() const { return kind == "noise" ? count : 0; }
  std::int64_t repositions() const { return kind == "reposition" ? count : 0; }
  static const Schema<Repeat>& schema();
};

/// Later visits of every patient: the lesions have changed, and the patient lies a little
/// differently.
struct FollowUp {
  std::vector<double> days;       ///< planned, since the baseline; none: no follow-up
  Distribution late{0.0};         ///< days after the planned one
  double missed = 0.0;            ///< share of the visits that do not take place
  std::string scans = "one_arm";  ///< or every_arm
  ArmSelector of;                 ///< the one arm
  bool in_every_arm() const { return scans == "every_arm"; }
  static const Schema<FollowUp>& schema();
};

struct Arms {
  std::vector<Scanner> scanners;
  std::vector<Sites> sites;  ///< none: each scanner is one machine
  Protocol protocol;
  std::vector<Protocol> protocols;  ///< several, a factor: then a plan's `protocol` is the first
  Pick<Design> design = default_design();
  Factors vary;
  ArmSelector reference;  ///< the arm of truth level T1 and of the difference images
  Repeat repeat;
  FollowUp follow_up;
  bool noiseless = true;  ///< images without noise are made, too: truth levels T1 and T2
  /// Of each scanner, where some are sites' machines: its type, or its own name. No key of the
  /// scenario.
  std::vector<std::string> scanner_types;
  static const Schema<Arms>& schema();
};

struct Measure {
  std::vector<std::string> masks{"truth"};
  radiomics::Settings settings;
  std::vector<std::string> features{"statistics", "morphology", "glcm"};
  std::vector<radiomics::Perturbation> perturbations;   ///< of the arms' own scans
  std::vector<radiomics::Preprocessing> preprocessing;  ///< under test, of all images and truths
  double truth_energy = 70.0;  ///< keV at which the object's HU are stated (truth level T0)
  static const Schema<Measure>& schema();
};

struct Outputs {
  std::vector<std::string> images{"nifti", "dicom"};
  std::vector<std::string> tables{"csv"};
  std::string report = "html";
  std::optional<std::string> raw;  ///< none: no raw data
  std::optional<bool> raw_packed;  ///< none: packed
  static const Schema<Outputs>& schema();
};

/// How finely the simulation samples the continuous world.
struct Simulation {
  std::string quality = "full";                ///< or draft (trial/draft.hpp)
  std::int64_t sub_columns = 2, sub_rows = 1;  ///< rays per detector cell
  std::int64_t sub_views = 1;                  ///< of a reading, while the gantry turns
  double motion_step = 0.02;                   ///< s for which a moving patient is held still
  static const Schema<Simulation>& schema();
};

/// A file that a trial read, or wrote, then relative to the output directory.
struct FileRecord {
  std::string path, sha256;
  std::uint64_t bytes = 0;
};

/// A whole trial as its author wrote it, checked.
struct Scenario {
  std::int64_t version = 1;
  Header trial;
  phantoms::Cohort patients;
  Arms arms;
  Measure measure;
  std::vector<std::string> analyse{"icc", "repeatability", "bias_vs_truth", "volume_correlation"};
  Statistics statistics;
  Outputs outputs;
  Simulation simulation;
  std::optional<Stress> stress;   ///< none: no model is tried
  std::vector<FileRecord> files;  ///< that the anatomy was read from; no key of the scenario
  static const Schema<Scenario>& schema();
};

/// If `analyse` asks for the image quality of a test phantom.
bool wants_image_quality(const Scenario& scenario);

/// SHA-256 of the canonical scenario and of the content of its files: equal for two scenarios that
/// mean the same.
std::string fingerprint(const Scenario& scenario);

}  // namespace vitrine::trial
