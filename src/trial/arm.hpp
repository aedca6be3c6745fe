#pragma once
#include <optional>
#include <string>
#include <vector>

#include "vitrine/model/scan.hpp"
#include "vitrine/phantoms/cohort.hpp"
#include "vitrine/trial/scenario.hpp"

namespace vitrine::trial {

/// One way of scanning and reconstructing: a column of the study's design.
struct Arm {
  std::string name;          ///< unique, fit for a file name: `generic_a64_soft_80mAs`
  std::size_t scanner = 0;   ///< index into Arms::scanners
  std::size_t protocol = 0;  ///< index into Arms::protocols, if there are several
  Pick<recon::Kernel> kernel;
  std::string kernel_name;
  double tube_voltage = 0.0;  ///< keV
  double tube_load = 0.0;     ///< mAs per rotation
  double slice_thickness = 0.0;
  std::optional<double> contrast_delay;  ///< s; none without contrast medium, 0 before it
  double motion = 0.0;                   ///< strength of the protocol's motion
  recon::Denoise denoise{.reduction = 0.0};
  bool corrected = false;      ///< by the protocol's corrections
  std::string bins = "total";  ///< what of a photon-counting scan the image is made of
  Pick<recon::Algorithm> algorithm = {};
  std::string algorithm_name = {};
  std::string scan = {};  ///< name of the scan that the image is made of: no kernel, no thickness
  std::int64_t noise_repeats = 0;        ///< how often the scan is read out again (arms.repeat)
  std::vector<std::size_t> levels = {};  ///< of each factor (design_summary.hpp), scanner first

  /// Same image but for the noise, and what is done about it?
  bool same_but_dose(const Arm& other) const;
  double noise_reduction() const { return denoise.reduction; }
};

/// The arms as each protocol sees them: that one as their only `protocol`. Where there is one, as
/// they are.
std::vector<Arms> each_protocol(const Arms& arms);

/// An arm's protocol.
const Protocol& protocol_of(const Arms& arms, const Arm& arm);

/// Where the masks of a case are, as far as the lesion's name: `masks/case001/`; with several
/// protocols, whose slices differ, `masks/case001/chest/`.
std::string mask_folder(const Arms& arms, const std::string& case_id, const Protocol& protocol);

/// The arms that the design makes of the factors: scanner, protocol, contrast delay, motion,
/// voltage, load, kernel, thickness, algorithm, corrections, noise reduction, bins. `seed`: the
/// trial's. Throws an Error where the levels cannot be combined so.
std::vector<Arm> enumerate_arms(const Arms& arms, std::uint64_t seed);

/// What a scanner's arms may have of each factor: levels, or the protocol's one value. Lists hold
/// one at least, but for `contrast_delay` without contrast medium.
Factors levels_on(const Arms& arms, const Scanner& scanner);

/// Only what is said to vary; empty lists elsewhere.
Factors varied_on(const Arms& arms, const Scanner& scanner);

/// Whether a scanner's scans tell energies apart: it counts photons, or scans at two voltages.
bool parts_energies(const Arms& arms, const Scanner& scanner);

/// What a scanner's images are made of: the levels of `bins`, or `total` alone if its scans do not
/// tell energies apart.
std::vector<std::string> bins_of(const Arms& arms, const Scanner& scanner);

/// The arm that a selector names: the first that has all the levels that it gives.
std::size_t select_arm(const Arms& arms, const std::vector<Arm>& all, const ArmSelector& selector);

/// The delays of all arms, in the order of their first arms; one of none without contrast medium.
std::vector<std::optional<double>> contrast_delays(const std::vector<Arm>& all);

/// The strengths of motion of all arms, in the order of their first arms.
std::vector<double> motion_strengths(const std::vector<Arm>& all);

/// The tube voltages of a scanner's arms, likewise.
std::vector<double> tube_voltages(const std::vector<Arm>& all, std::size_t scanner);

/// A scan's tube: keV, mAs per rotation.
struct Tube {
  double voltage = 0.0, load = 0.0;
};
/// Those that an arm's images are made with: one, or with dual energy two.
std::vector<Tube> tubes(const Protocol& protocol, double tube_voltage, double tube_load);

/// That of an arm's image; of one that is made with both, the first.
Tube tube_of(const Protocol& protocol, const Arm& arm);

/// The tube voltages of a scanner's scans: `tube_voltages` and that of dual energy.
std::vector<double> beam_voltages(const Arms& arms, const std::vector<Arm>& all,
                                  std::size_t scanner);

/// What an arm injects.
std::optional<phantoms::Injection> injection(const Protocol& protocol, const Arm& arm);

/// What tables call the object that an arm images: `object`, with the delay where delays differ.
std::string object_name(const Arms& arms, const Arm& arm);

/// Where and how one scan happens: the identity for the arms' scans, drawn for a reposition repeat
/// and for a later visit.
struct Visit {
  std::string name = "scan";  ///< scan, reposition1, ..., visit2, ...
  std::string noise = {};     ///< of a scan that is read out again: noise1, ...
  bool missed = false;
  /// The `replicate` column.
  const std::string& replicate() const { return noise.empty() ? name : noise; }
  phantoms::PatientState state;
  Pose pose;
  double start_angle = 0.0;   ///< rad
  double table_offset = 0.0;  ///< mm
  /// What the slices are aimed at.
  struct Aim {
    double table = 0.0;                 ///< mm, position of the table
    double aside = 0.0;                 ///< mm from the axis along `aside_direction`
    Vec3 within_slices = Vec3::Zero();  ///< mm from there in the gantry's plane: to the lesions
  };
  /// Before the offset; none: at the middle of the lesions.
  std::optional<Aim> aim;
};

/// The repeat's random start angle, table offset, displacement, rotation and inspiration.
Visit reposition(const Scenario& scenario, std::string_view case_id, std::int64_t repeat);

/// The visits after the baseline, missed ones included. The patient lies as differently as in a
/// repeat, and breathes as differently.
std::vector<Visit> follow_up(const Scenario& scenario, std::string_view case_id);

/// Directions of rows, columns and slices.
Mat3 image_axes(const Protocol& protocol);

/// Where in the gantry's plane the slices' normal points; zero of slices parallel to that.
Vec3 aside_direction(const Protocol& protocol);

/// Where in the gantry's plane the images' middle may move within its slice: two directions, or
/// the one across `aside_direction`.
std::vector<Vec3> directions_within_slices(const Protocol& protocol);

/// Image grid of a protocol about a point of the patient, mm.
Grid image_grid(const Protocol& protocol, const Vec3& centre = Vec3::Zero());

/// Tube load of every view over the scan's mean `tube_load`, mAs, where the protocol has the
/// current follow what the views attenuate; empty: the same in all.
std::vector<double> view_loads(const Scanner& scanner, const Protocol& protocol,
                               double tube_voltage, double tube_load,
                               const std::vector<double>& attenuation,
                               const ScanGeometry& geometry);

/// Step-and-shoot rotations, or one helix, that cover the protocol's slices about table position z.
ScanGeometry scan_geometry(const Scanner& scanner, const Protocol& protocol, double z,
                           double start_angle);

/// How far from the table's middle position, along z, a scan's rays can meet a patient, mm.
double scan_reach(const ScanGeometry& geometry, double middle);

}  // namespace vitrine::trial
