#include "vitrine/trial/scenario.hpp"

#include <algorithm>
#include <set>

#include "vitrine/core/hash.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/radiomics/extract.hpp"
#include "vitrine/trial/algorithm_levels.hpp"
#include "vitrine/trial/arm.hpp"
#include "vitrine/trial/bin_levels.hpp"
#include "vitrine/trial/detail/geometry_check.hpp"

namespace vitrine::trial {

const Schema<ContextOfUse>& ContextOfUse::schema() {
  static const auto s =
      Schema<ContextOfUse>("context_of_use", "The question and the decision that the trial serves")
          .optional("question", &ContextOfUse::question, "what is asked")
          .optional("decision", &ContextOfUse::decision, "what will be decided with the answer")
          .optional("population", &ContextOfUse::population, "whom it is about")
          .optional("acceptable_bias", &ContextOfUse::acceptable_bias, unit::percent,
                    "largest bias that the decision tolerates")
          .between(0, 1000);
  return s;
}

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

const Schema<Factors>& Factors::schema() {
  static const auto s =
      Schema<Factors>("vary", "Levels of each factor; every combination is an arm")
          .optional("kernel", &Factors::kernel, "reconstruction kernels")
          .optional("algorithm", &Factors::algorithm, "reconstruction algorithms")
          .unless_default()
          .optional("tube_voltage", &Factors::tube_voltage, unit::kv, "tube voltages")
          .between(40, 150)
          .optional("tube_load", &Factors::tube_load, unit::mas, "tube loads per rotation")
          .between(0.1, 2000)
          .optional("slice_thickness", &Factors::slice_thickness, unit::mm, "slice thicknesses")
          .between(0.3, 20)
          .optional("bins", &Factors::bins,
                    "energy bins of photon-counting scanners: total, bin1 (the lowest), bin2, ..., "
                    "threshold1 (all above it), ...; spectral images of them: vmi_40kev to "
                    "vmi_190kev, iodine_map, water_map, vnc; other scanners have their one image")
          .unless_default()
          .optional("corrections", &Factors::corrections,
                    "none, all: without and with the protocol's corrections")
          .one_of({"none", "all"})
          .unless_default()
          .optional("motion", &Factors::motion, unit::percent,
                    "strengths of the protocol's motion (0: the patient lies still)")
          .between(0, 200)
          .optional("noise_reduction", &Factors::noise_reduction, unit::percent,
                    "steps of the protocol's denoise, or of its defaults (0: none)")
          .between(0, 80)
          .optional("contrast_delay", &Factors::contrast_delay, unit::s,
                    "phases: delays of the scan after the contrast medium (0: before it)")
          .between(0, 1200);
  return s;
}

namespace {

template <class T>
bool distinct(std::vector<T> items) {
  std::sort(items.begin(), items.end());
  return std::adjacent_find(items.begin(), items.end()) == items.end();
}

bool names_differ(const std::vector<Scanner>& scanners) {
  std::vector<std::string> names;
  for (const Scanner& scanner : scanners) names.push_back(scanner.name);
  return distinct(names);
}

bool is_level(const std::optional<double>& value, const std::vector<double>& levels,
              double fallback) {
  if (!value) return true;
  if (levels.empty()) return *value == fallback;
  return std::find(levels.begin(), levels.end(), *value) != levels.end();
}

/// True if some arm has the selector's level of corrections.
bool has_corrections(const Arms& arms, const ArmSelector& selector) {
  const auto levels = correction_levels(arms);
  return selector.corrections.empty() ||
         std::find(levels.begin(), levels.end(), selector.corrections) != levels.end();
}

/// True if `selector` names an arm of the design.
bool selects(const Arms& arms, const ArmSelector& selector) {
  const auto is_named = [&](const Scanner& x) { return x.name == selector.scanner; };
  if (!selector.scanner.empty() &&
      std::none_of(arms.scanners.begin(), arms.scanners.end(), is_named))
    return false;
  const auto kind_of = [](const Pick<recon::Kernel>& k) {
    return *k.canonical.find("kind")->as<std::string>();
  };
  bool kernel = selector.kernel.empty();
  for (const auto& level : arms.vary.kernel) kernel = kernel || kind_of(level) == selector.kernel;
  if (arms.vary.kernel.empty() && arms.protocol.kernel)
    kernel = kernel || kind_of(arms.protocol.kernel) == selector.kernel;
  return kernel && has_bins(arms, selector) && has_algorithm(arms, selector) &&
         has_corrections(arms, selector) &&
         is_level(selector.tube_voltage, arms.vary.tube_voltage, arms.protocol.tube_voltage) &&
         is_level(selector.tube_load, arms.vary.tube_load, arms.protocol.tube_load) &&
         is_level(selector.slice_thickness, arms.vary.slice_thickness,
                  arms.protocol.slice_thickness) &&
         is_level(selector.motion, arms.vary.motion, arms.protocol.motion.empty() ? 0.0 : 1.0) &&
         is_level(selector.noise_reduction, arms.vary.noise_reduction,
                  arms.protocol.denoise ? arms.protocol.denoise->reduction : 0.0) &&
         (!selector.contrast_delay || arms.protocol.contrast) &&
         is_level(selector.contrast_delay, arms.vary.contrast_delay,
                  arms.protocol.contrast ? arms.protocol.contrast->delay : 0.0);
}

/// Report every tube voltage and load that a scanner's tube cannot give, and means that the limits
/// of modulation exclude.
void check_tubes(const Arms& arms, const Value& node, Diagnostics& problems) {
  const Protocol& p = arms.protocol;
  const auto modulation =
      p.tube_current_modulation.value_or(physics::TubeCurrentModulation{0.0, 0.0, {}, {}});
  const auto all = [](const std::vector<double>& varied, double fixed) {
    return varied.empty() ? std::vector<double>{fixed} : varied;
  };
  for (const Scanner& scanner : arms.scanners)
    for (const double kv : all(arms.vary.tube_voltage, p.tube_voltage))
      for (const double load : all(arms.vary.tube_load, p.tube_load)) {
        const double current = load / p.rotation_time, power = kv * current / 1000.0;
        if (scanner.tube_power && power > *scanner.tube_power) {
          problems.error(
              node.where,
              str(scanner.name, " would need ", to_text(power), " kW for ", to_text(load),
                  " mAs in a rotation of ", to_text(p.rotation_time), " s at ", to_text(kv),
                  " kV (its tube takes ", to_text(*scanner.tube_power),
                  "). Lower the tube load or the voltage, or turn more slowly."));
          continue;
        }
        try {
          physics::current_limits(modulation, current, kv, scanner.tube_power);
        } catch (const Error& error) {
          problems.error(node.where, error.what());
        }
      }
}

constexpr const char* image_quality = "image_quality";  // of `analyse`

bool takes_up_contrast(const phantoms::LesionSpec& lesion) {
  return lesion.enhancement &&
         *lesion.enhancement.canonical.find("kind")->as<std::string>() != "none";
}

}  // namespace

const Schema<Arms>& Arms::schema() {
  static const auto s =
      Schema<Arms>("arms", "The scanner variants that every patient goes through")
          .required("scanners", &Arms::scanners, "scanner files or inline scanners")
          .required("protocol", &Arms::protocol, "protocol file or inline protocol")
          .optional("design", &Arms::design, "how the levels combine")
          .one_of({"full_factorial"})
          .optional("vary", &Arms::vary, "levels of each factor")
          .optional("reference", &Arms::reference, "the arm that the others are compared with")
          .optional("repeat", &Arms::repeat, "repeated scans of one arm")
          .optional("follow_up", &Arms::follow_up, "later visits, scanned in one arm")
          .rule("scanners must list at least one scanner",
                [](const Arms& a) { return !a.scanners.empty(); })
          .rule("scanners must have different names (arms are named after them)",
                [](const Arms& a) { return names_differ(a.scanners); })
          .rule("the levels of a factor must differ",
                [](const Arms& a) {
                  std::vector<std::string> kernels;
                  for (const auto& kernel : a.vary.kernel)
                    kernels.push_back(to_json(kernel.canonical));
                  return distinct(kernels) && distinct(a.vary.tube_voltage) &&
                         distinct(a.vary.tube_load) && distinct(a.vary.slice_thickness) &&
                         distinct(a.vary.contrast_delay) && distinct(a.vary.motion) &&
                         distinct(a.vary.noise_reduction) && distinct(a.vary.bins) &&
                         distinct(a.vary.corrections);
                })
          .rule(
              "corrections.bone goes with water_correction and energy-integrating scanners",
              [](const Arms& a) {
                const auto& made = a.protocol.corrections;
                return !made || !made->bone ||
                       (a.protocol.water_correction &&
                        std::none_of(a.scanners.begin(), a.scanners.end(), [](const Scanner& each) {
                          return each.detector.sensor.has_value();
                        }));
              })
          .rule("vary.corrections needs something that corrects (add corrections to the protocol)",
                [](const Arms& a) {
                  return a.vary.corrections.empty() ||
                         (a.protocol.corrections && a.protocol.corrections->any());
                })
          .rule("vary.motion_percent needs something that moves (add motion to the protocol)",
                [](const Arms& a) { return a.vary.motion.empty() || !a.protocol.motion.empty(); })
          .rule(
              "vary.contrast_delay_s needs contrast medium (add a contrast block to the protocol)",
              [](const Arms& a) { return a.vary.contrast_delay.empty() || a.protocol.contrast; })
          .checked(detail::check_focal_spots)
          .checked(detail::check_scan_arc)
          .rule(
              "protocol.pitch leaves gaps: each half turn must see every slice, which a table "
              "travel of 1 / (0.5 + fan angle / 180 deg) collimations at most allows (1.55 for a "
              "fan of 26 deg to either side). Lower the pitch",
              [](const Arms& a) {
                return a.protocol.mode != "helical" ||
                       std::all_of(a.scanners.begin(), a.scanners.end(), [&](const Scanner& each) {
                         return a.protocol.pitch <= largest_pitch(hardware_geometry(each));
                       });
              })
          .checked(check_tubes)
          .checked(check_dual_energy)
          .checked(check_bins)
          .checked(check_algorithms)
          .rule("reference must name an arm of this design (see scanners and vary)",
                [](const Arms& a) { return selects(a, a.reference); })
          .rule("repeat.of must name an arm of this design (see scanners and vary)",
                [](const Arms& a) { return a.repeat.count == 0 || selects(a, a.repeat.of); })
          .rule(
              "follow_up.of must name an arm of this design (see scanners and vary)",
              [](const Arms& a) { return a.follow_up.days.empty() || selects(a, a.follow_up.of); });
  return s;
}

namespace {

/// Families, or single features by their id.
void check_features(const Measure& measure, const Value& node, Diagnostics& problems) {
  const Value* features = node.find("features");
  const auto* list = features ? features->as<Value::List>() : nullptr;
  for (std::size_t i = 0; i < measure.features.size(); ++i) try {
      radiomics::kept_for(std::span(&measure.features[i], 1));
    } catch (const Error& error) {
      problems.error(list ? (*list)[i].where : node.where, error.what());
    }
}

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
          .optional("truth_energy", &Measure::truth_energy, unit::kev,
                    "energy at which the object's HU are stated")
          .between(20, 150)
          .rule(
              "settings.filters must be left out (a trial measures the images themselves; "
              "`vitrine features` measures response maps of its images)",
              [](const Measure& m) { return m.settings.filters.empty(); })
          .checked(check_features)
          .checked(check_perturbations);
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

bool wants_image_quality(const Scenario& scenario) {
  return std::ranges::find(scenario.analyse, image_quality) != scenario.analyse.end();
}

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
                    "which statistics are computed; image_quality is that of a test phantom")
          .one_of({"icc", "repeatability", "bias_vs_truth", "volume_correlation", image_quality})
          .optional("outputs", &Scenario::outputs, "what is written")
          .optional("simulation", &Scenario::simulation, "how finely the world is sampled")
          .rule(
              "outputs.raw: signal does not go with dual_energy (a file holds one scan). Use raw: "
              "line_integrals, which keeps a file for each level of bins",
              [](const Scenario& x) {
                return !x.arms.protocol.dual_energy || x.outputs.raw.value_or("none") != "signal";
              })
          .checked(check_maps)
          .rule(
              "analyse: image_quality needs a test phantom, an upright gantry and axial slices "
              "(its "
              "parts say where to measure, in slices across its axis). Use an anatomy such as "
              "acr464, wire "
              "or water_cylinder, or leave image_quality out",
              [](const Scenario& x) {
                const Protocol& protocol = x.arms.protocol;
                return !x.patients.anatomy || !wants_image_quality(x) ||
                       (x.patients.anatomy->test_phantom() && protocol.gantry_tilt == 0.0 &&
                        image_axes(protocol) == Mat3::Identity());
              })
          .rule(
              "patients.cardiac_output_percent and an enhancement of lesions need contrast medium "
              "(add a contrast block to the protocol)",
              [](const Scenario& x) {
                const auto& lesions = x.patients.lesions;
                return x.arms.protocol.contrast ||
                       (!x.patients.cardiac_output &&
                        std::none_of(lesions.begin(), lesions.end(), takes_up_contrast));
              });
  return s;
}

std::string fingerprint(const Scenario& scenario) {
  std::string all = to_json(Scenario::schema().write(scenario));
  for (const FileRecord& file : scenario.files) all += str('\n', file.sha256);
  return sha256(all).hex();
}

}  // namespace vitrine::trial
