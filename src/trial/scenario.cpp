#include "vitrine/trial/scenario.hpp"

#include <algorithm>

#include "vitrine/core/hash.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/trial/algorithm_levels.hpp"
#include "vitrine/trial/arm.hpp"
#include "vitrine/trial/bin_levels.hpp"
#include "vitrine/trial/design_check.hpp"
#include "vitrine/trial/detail/context_check.hpp"
#include "vitrine/trial/detail/distinct.hpp"
#include "vitrine/trial/detail/feature_names.hpp"
#include "vitrine/trial/detail/geometry_check.hpp"
#include "vitrine/trial/detail/protocol_check.hpp"
#include "vitrine/trial/kind_of.hpp"

namespace vitrine::trial {

const Schema<Header>& Header::schema() {
  static const auto s =
      Schema<Header>("trial", "Name, seed and purpose")
          .required("name", &Header::name, "short name of the trial")
          .name_of_at_most(40)
          .required("seed", &Header::seed, "everything random derives from this number")
          .between(0, 9007199254740992.0)
          .optional("context_of_use", &Header::context_of_use, "why the trial is run");
  return s;
}

const Schema<Protocol>& Protocol::schema() {
  static const auto s =
      Schema<Protocol>("protocol", "Exposure, slices and reconstruction")
          .optional("name", &Protocol::name, "short name of the protocol")
          .name_of_at_most(40)
          .optional("tube_voltage", &Protocol::tube_voltage, unit::kv, "peak tube voltage")
          .between(40, 150)
          .optional("tube_load", &Protocol::tube_load, unit::mas,
                    "tube current times time, per rotation")
          .between(0.1, 2000)
          .required("kernel", &Protocol::kernel, "reconstruction kernel")
          .optional("slice_thickness", &Protocol::slice_thickness, unit::mm, "thickness of a slice")
          .between(0.3, 20)
          .optional("slice_increment", &Protocol::slice_increment, unit::mm,
                    "spacing of slice centres")
          .between(0.1, 20)
          .optional("slices", &Protocol::slices, "number of slices")
          .between(1, 2000)
          .optional("matrix", &Protocol::matrix, "pixels along each edge of the image")
          .between(16, 2048)
          .optional("field_of_view", &Protocol::field_of_view, unit::mm, "edge of the square image")
          .between(10, 1000)
          .optional("centre", &Protocol::centre, "what the middle slice is aimed at")
          .one_of({"lesions", "origin"})
          .optional("reconstruction_target", &Protocol::reconstruction_target,
                    "where the middle of the images lies within the slices: on the gantry's axis, "
                    "or at the middle of the patient's lesions, for images of these alone")
          .one_of({"isocentre", "lesions"})
          .unless_default()
          .optional("orientation", &Protocol::orientation, recon::orientation_doc)
          .optional("full_coverage_radius", &Protocol::full_coverage_radius, unit::mm,
                    "inside this radius every slice is seen by all views")
          .between(0, 400)
          .optional("mode", &Protocol::mode,
                    "axial: rotations with the table at rest between them; helical: the table "
                    "moves on while the tube turns")
          .one_of({"axial", "helical"})
          .unless_default()
          .optional("pitch", &Protocol::pitch,
                    "of a helical scan: table travel per rotation over the width of all rows at "
                    "the isocentre")
          .between(0.1, 2)
          .unless_default()
          .optional("rotation_time", &Protocol::rotation_time, unit::s, "time of a rotation")
          .between(0.1, 120)
          .optional("scan_arc", &Protocol::scan_arc, unit::deg,
                    "of an axial scan: what each rotation turns, half a turn and the fan at least")
          .between(180, 360)
          .unless_default()
          .optional("table_time", &Protocol::table_time, unit::s,
                    "time that the table takes between two rotations")
          .between(0, 60)
          .optional(
              "gantry_tilt", &Protocol::gantry_tilt, unit::deg,
              "tilt of the gantry, its top towards the feet; slices are parallel to its plane")
          .between(-30, 30)
          .unless_default()
          .optional("flying_focal_spot", &Protocol::flying_focal_spot,
                    "which way the scanner deflects its focal spot between readings")
          .one_of({"none", "in_plane", "z", "both"})
          .unless_default()
          .optional("motion", &Protocol::motion,
                    "how the patient moves during the scan (not at all if nothing is said)")
          .optional("contrast", &Protocol::contrast, "contrast medium (none if nothing is said)")
          .optional("tube_current_modulation", &Protocol::tube_current_modulation,
                    "tube current that follows the patient (constant if nothing is said)")
          .optional("water_correction", &Protocol::water_correction,
                    "beam hardening is corrected as that of water; false leaves it in the image")
          .unless_default()
          .optional("truncation_extension", &Protocol::truncation_extension,
                    "lines that end inside the patient go on as a water cylinder would; false "
                    "leaves a bright rim in the image")
          .unless_default()
          .optional("corrections", &Protocol::corrections,
                    "of artefacts, in the measured lines (none if nothing is said)")
          .optional("denoise", &Protocol::denoise,
                    "edge-preserving noise reduction of the image (none if nothing is said)")
          .optional("algorithm", &Protocol::algorithm, algorithm_doc)
          .optional("bins", &Protocol::bins,
                    "of photon-counting scanners: what images are made of (total, bin1, bin2, ..., "
                    "threshold1, ...), of dual_energy low_kv or high_kv, or a spectral image of "
                    "either (vmi_70kev, iodine_map, water_map, vnc)")
          .unless_default()
          .optional("dual_energy", &Protocol::dual_energy,
                    "a second scan of the same rays at a higher tube voltage, for spectral images "
                    "(none if nothing is said)")
          .optional("spectral", &Protocol::spectral,
                    "basis materials of spectral images (water and iodine if nothing is said)")
          .rule("pitch goes with mode: helical (an axial scan has none)",
                [](const Protocol& p) { return p.pitch == 1.0 || p.mode == "helical"; })
          .rule("corrections.rings needs whole turns (scan_arc_deg of 360)",
                [](const Protocol& p) {
                  return p.scan_arc == Protocol{}.scan_arc || !p.corrections ||
                         !p.corrections->rings;
                })
          .rule("scan_arc_deg goes with mode: axial (a helix turns on and on)",
                [](const Protocol& p) {
                  return p.scan_arc == Protocol{}.scan_arc || p.mode == "axial";
                });
  return s;
}

namespace {

bool names_differ(const std::vector<Scanner>& scanners) {
  std::vector<std::string> names;
  for (const Scanner& scanner : scanners) names.push_back(scanner.name);
  return detail::distinct(std::move(names));
}

constexpr const char* image_quality = "image_quality";  // of `analyse`

/// Whether a factor of any scanner has levels of its own, and not the protocol's value.
template <class T>
bool varied(const Arms& arms, std::vector<T> FactorValues<Levels>::*levels) {
  return std::ranges::any_of(
      arms.scanners, [&](const Scanner& each) { return !(varied_on(arms, each).*levels).empty(); });
}

/// If lesions of any patient take contrast medium up.
bool take_up_contrast(const phantoms::Cohort& patients) {
  const auto any = [](const std::vector<phantoms::LesionSpec>& lesions) {
    return std::ranges::any_of(lesions, [](const phantoms::LesionSpec& lesion) {
      return lesion.enhancement && kind_of(lesion.enhancement) != "none";
    });
  };
  return any(patients.lesions) ||
         std::ranges::any_of(patients.strata, [&](const phantoms::CohortStratum& stratum) {
           return stratum.lesions && any(*stratum.lesions);
         });
}

}  // namespace

const Schema<Arms>& Arms::schema() {
  static const auto s =
      Schema<Arms>("arms", "The scanner variants that every patient goes through")
          .required("scanners", &Arms::scanners, "scanner files or inline scanners")
          .optional("sites", &Arms::sites,
                    "sites with a machine of a scanner's type each; arms are then of sites")
          .unless_default()
          .optional("protocol", &Arms::protocol, "protocol file or inline protocol")
          .unless_default()
          .optional("protocols", &Arms::protocols,
                    "several of them in place of `protocol`: a factor, as scanners are")
          .unless_default()
          .optional("design", &Arms::design, "how the levels combine to arms")
          .optional("vary", &Arms::vary, "levels of each factor")
          .optional("reference", &Arms::reference, "the arm that the others are compared with")
          .optional("repeat", &Arms::repeat, "repeated scans of one arm")
          .optional("follow_up", &Arms::follow_up,
                    "later visits, scanned in one arm or in every one")
          .optional("noiseless", &Arms::noiseless,
                    "make and measure an image without noise, too, one for all doses of an arm "
                    "(truth levels T1 and T2); without, up to half of the reconstructions are "
                    "saved, and what compares with these truths stays empty")
          .unless_default()
          .rule("scanners must list at least one scanner",
                [](const Arms& a) { return !a.scanners.empty(); })
          .rule("scanners must have different names (arms are named after them)",
                [](const Arms& a) { return names_differ(a.scanners); })
          .rule(
              "corrections.bone goes with water_correction and energy-integrating scanners",
              detail::with_every_protocol([](const Arms& a) {
                const auto& made = a.protocol.corrections;
                return !made || !made->bone ||
                       (a.protocol.water_correction &&
                        std::none_of(a.scanners.begin(), a.scanners.end(), [](const Scanner& each) {
                          return each.detector.sensor.has_value();
                        }));
              }))
          .rule("vary.corrections needs something that corrects (add corrections to the protocol)",
                detail::with_every_protocol([](const Arms& a) {
                  return !varied(a, &Factors::corrections) ||
                         (a.protocol.corrections && a.protocol.corrections->any());
                }))
          .rule("vary.motion_percent needs something that moves (add motion to the protocol)",
                detail::with_every_protocol([](const Arms& a) {
                  return !varied(a, &Factors::motion) || !a.protocol.motion.empty();
                }))
          .rule(
              "vary.contrast_delay_s needs contrast medium (add a contrast block to the protocol)",
              detail::with_every_protocol([](const Arms& a) {
                return !varied(a, &Factors::contrast_delay) || a.protocol.contrast;
              }))
          .checked(detail::check_protocols)
          .checked(detail::with_every_protocol(detail::check_focal_spots))
          .checked(detail::with_every_protocol(detail::check_scan_arc))
          .rule(
              "protocol.pitch leaves gaps: each half turn must see every slice, which a table "
              "travel of 1 / (0.5 + fan angle / 180 deg) collimations at most allows (1.55 for a "
              "fan of 26 deg to either side). Lower the pitch",
              detail::with_every_protocol([](const Arms& a) {
                return a.protocol.mode != "helical" ||
                       std::all_of(a.scanners.begin(), a.scanners.end(), [&](const Scanner& each) {
                         return a.protocol.pitch <= largest_pitch(hardware_geometry(each));
                       });
              }))
          .checked(detail::with_every_protocol(check_dual_energy))
          .checked(detail::with_every_protocol(check_bins))
          .checked(detail::with_every_protocol(check_algorithms));
  return s;
}

namespace {

/// Perturbations with names of their own, which do not leave the slices that settings keep.
void check_perturbations(const Measure& measure, const Value& node, Diagnostics& problems) {
  const Value* list = node.find("perturbations");
  const Value& where = list ? *list : node;
  radiomics::check_perturbations(measure.perturbations, where, problems);
  for (const radiomics::Perturbation& p : measure.perturbations) try {
      radiomics::check_slices(p, measure.settings);
    } catch (const Error& error) {
      problems.error(where.where, error.what());
    }
}

/// Preprocessings with names of their own, which no method of harmonisation.csv has.
void check_preprocessing(const Measure& measure, const Value& node, Diagnostics& problems) {
  const Value* list = node.find("preprocessing");
  radiomics::check_preprocessing(measure.preprocessing, list ? *list : node, problems);
  for (const radiomics::Preprocessing& each : measure.preprocessing)
    if (std::ranges::find(combat_methods(), each.name) != combat_methods().end())
      problems.error((list ? *list : node).where,
                     str("a preprocessing cannot be called '", each.name,
                         "' (harmonisation.csv names a way of ComBat so). Choose another name"));
}

/// Steps that the voxels of a protocol's images refuse.
void check_preprocessed_voxels(const Scenario& scenario, const Value& root, Diagnostics& problems) {
  const auto& all = scenario.measure.preprocessing;
  const Value* measure = root.find("measure");
  const Value* list = measure ? measure->find("preprocessing") : nullptr;
  if (!list) return;
  for (const Arms& each : each_protocol(scenario.arms))
    radiomics::check_spacing(
        all, image_grid(each.protocol).spacing,
        scenario.arms.protocols.size() > 1 ? str(" (protocol ", each.protocol.name, ")") : "",
        *list, problems);
}

void check_stress_label(const Scenario& scenario, const Value& root, Diagnostics& problems) {
  if (!scenario.stress) return;
  const std::string problem = label_problem(*scenario.stress, scenario.patients);
  const Value* block = root.find("stress");
  const Value* label = block ? block->find("label") : nullptr;
  if (!problem.empty()) problems.error(label ? label->where : root.where, problem);
}

/// Limits of response need patients who come back.
void check_response_limits(const Scenario& scenario, const Value& root, Diagnostics& problems) {
  if (!scenario.stress || !scenario.arms.follow_up.days.empty()) return;
  const Value* stress = root.find("stress");
  const Value* accept = stress ? stress->find("accept") : nullptr;
  const auto* list = accept ? accept->as<Value::List>() : nullptr;
  for (std::size_t i = 0; i < scenario.stress->accept.size(); ++i)
    if (const std::string& metric = scenario.stress->accept[i].metric; is_of_response(metric))
      problems.error(list ? (*list)[i].where : root.where,
                     str("accept: ", metric,
                         " is of later visits (and the arms have none). Add arms.follow_up: "
                         "{days: [...], scans: every_arm}"));
}

}  // namespace

const Schema<Measure>& Measure::schema() {
  static const auto s =
      Schema<Measure>("measure", "What is measured in every lesion of every image")
          .optional("masks", &Measure::masks, "whose contours")
          .one_of({"truth"})
          .optional("settings", &Measure::settings, "image processing before the features")
          .optional("features", &Measure::features,
                    "feature families, or single features (morphology.sphericity)")
          .optional("perturbations", &Measure::perturbations,
                    "changes of image and mask under which the arms' own scans are measured again")
          .unless_default()
          .optional("preprocessing", &Measure::preprocessing,
                    "preprocessings under test: all images, and the truth, are measured once more "
                    "after each")
          .unless_default()
          .optional("truth_energy", &Measure::truth_energy, unit::kev,
                    "energy at which the object's HU are stated")
          .between(20, 150)
          .rule(
              "settings.filters must be left out (a trial measures the images themselves; "
              "`vitrine features` measures response maps of its images)",
              [](const Measure& m) { return m.settings.filters.empty(); })
          .checked([](const Measure& measure, const Value& node, Diagnostics& problems) {
            detail::check_feature_names(measure.features, node, problems);
          })
          .checked(check_perturbations)
          .checked(check_preprocessing);
  return s;
}

const Schema<Outputs>& Outputs::schema() {
  static const auto s = Schema<Outputs>("outputs", "What is written")
                            .optional("images", &Outputs::images, "image formats")
                            .one_of({"nifti", "dicom"})
                            .optional("tables", &Outputs::tables, "table formats")
                            .one_of({"csv"})
                            .optional("report", &Outputs::report, "report format")
                            .one_of({"html", "none"})
                            .optional("raw", &Outputs::raw,
                                      "raw data of every scan, as HDF5 (none if nothing is said)")
                            .one_of({"none", "signal", "line_integrals"})
                            .optional("raw_packed", &Outputs::raw_packed,
                                      "pack raw data without loss (yes if nothing is said)");
  return s;
}

const Schema<Simulation>& Simulation::schema() {
  static const auto s =
      Schema<Simulation>("simulation", "Sampling of the simulated measurement")
          .optional(
              "quality", &Simulation::quality,
              "draft: few patients, coarse sampling and small images, for trying a scenario out")
          .one_of({"full", "draft"})
          .unless_default()
          .optional("sub_columns", &Simulation::sub_columns,
                    "rays across a detector cell (and the focal spot)")
          .between(1, 8)
          .optional("sub_rows", &Simulation::sub_rows, "rays along a detector cell's height")
          .between(1, 8)
          .optional(
              "sub_views", &Simulation::sub_views,
              "instants of a reading, during which the gantry turns on (1: no blur by rotation)")
          .between(1, 16)
          .unless_default()
          .optional("motion_step", &Simulation::motion_step, unit::s,
                    "time for which a moving patient is held still")
          .between(0.001, 1);
  return s;
}

bool wants_image_quality(const Scenario& scenario) { return asks_for(scenario, image_quality); }

const Schema<Scenario>& Scenario::schema() {
  static const auto s =
      Schema<Scenario>("scenario", "One virtual imaging trial")
          .required("vitrine", &Scenario::version, "version of the scenario format")
          .between(1, 1)
          .required("trial", &Scenario::trial, "name, seed and purpose")
          .required("patients", &Scenario::patients, "who is scanned")
          .required("arms", &Scenario::arms, "how they are scanned")
          .optional("measure", &Scenario::measure, "what is measured")
          .optional("analyse", &Scenario::analyse,
                    "which statistics are computed; image_quality is that of a test phantom, "
                    "random_arms declares the arms a sample of many, so that intervals hold for "
                    "arms that were not scanned")
          .one_of({"icc", "repeatability", "bias_vs_truth", "volume_correlation", "occc",
                   "reproducibility", "bland_altman", "friedman", "linearity", "feature_clusters",
                   "random_arms", "variance_components", "harmonisation", "known_signal",
                   image_quality})
          .optional("statistics", &Scenario::statistics, "how they are computed")
          .unless_default()
          .optional("outputs", &Scenario::outputs, "what is written")
          .optional("simulation", &Scenario::simulation, "how finely the world is sampled")
          .optional("stress", &Scenario::stress,
                    "models that `vitrine stress` tries on the images (none if nothing is said)")
          .rule("stress needs outputs.images with nifti (models read files)",
                [](const Scenario& x) {
                  return !x.stress ||
                         std::ranges::find(x.outputs.images, "nifti") != x.outputs.images.end();
                })
          .rule(
              "outputs.raw: signal does not go with dual_energy (a file holds one scan). Use raw: "
              "line_integrals, which keeps a file for each level of bins",
              [](const Scenario& x) {
                return x.outputs.raw.value_or("none") != "signal" ||
                       detail::with_every_protocol(
                           [](const Arms& a) { return !a.protocol.dual_energy; })(x.arms);
              })
          .checked(check_design)
          .checked(check_maps)
          .checked(check_statistics)
          .checked(check_preprocessed_voxels)
          .checked(check_response_limits)
          .checked(detail::check_context_of_use)
          .checked(check_stress_label)
          .rule(
              "analyse: image_quality needs a test phantom, an upright gantry and axial slices "
              "(its "
              "parts say where to measure, in slices across its axis). Use an anatomy such as "
              "acr464, wire "
              "or water_cylinder, or leave image_quality out",
              [](const Scenario& x) {
                return !x.patients.anatomy || !wants_image_quality(x) ||
                       (x.patients.anatomy->test_phantom() &&
                        detail::with_every_protocol([](const Arms& a) {
                          return a.protocol.gantry_tilt == 0.0 &&
                                 image_axes(a.protocol) == Mat3::Identity();
                        })(x.arms));
              })
          .rule(
              "patients.cardiac_output_percent and an enhancement of lesions need contrast medium "
              "(add a contrast block to the protocol)",
              [](const Scenario& x) {
                return std::ranges::any_of(
                           each_protocol(x.arms),
                           [](const Arms& a) { return bool(a.protocol.contrast); }) ||
                       (!x.patients.cardiac_output && !take_up_contrast(x.patients));
              });
  return s;
}

std::string fingerprint(const Scenario& scenario) {
  std::string all = to_json(Scenario::schema().write(scenario));
  for (const FileRecord& file : scenario.files) all += str('\n', file.sha256);
  return sha256(all).hex();
}

}  // namespace vitrine::trial
