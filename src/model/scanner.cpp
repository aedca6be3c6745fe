#include "vitrine/model/scanner.hpp"

#include <algorithm>

#include "vitrine/model/detail/check_material.hpp"
#include "vitrine/model/detail/check_profile.hpp"

namespace vitrine {
namespace {

/// What a detector of the other kind has, and what photon counting does not go with yet.
void check_kind(const Detector& x, const Value& node, Diagnostics& problems) {
  const bool counts = x.kind == "photon_counting";
  const auto at = [&](const char* key) {
    const Value* value = node.find(key);
    return value ? value->where : node.where;
  };
  if (counts && !x.sensor)
    problems.error(node.where,
                   "detector: kind photon_counting needs a sensor (what counts the photons). Add "
                   "sensor: {thresholds_kev: [25]}, or leave kind out.");
  if (!counts && x.sensor)
    problems.error(at("sensor"),
                   "detector: a sensor belongs to kind: photon_counting (a scintillator integrates "
                   "energy). Add kind: photon_counting, or remove sensor.");
  if (!counts) return;
  // A canonical form has them all, at their defaults.
  const Value mine = Detector::schema().write(x), initial = Detector::schema().write({});
  const auto changed = [&](const char* key) {
    const Value *now = mine.find(key), *was = initial.find(key);
    return (now ? to_json(*now) : "") != (was ? to_json(*was) : "");
  };
  for (const char* key : {"scintillator", "thickness_mm", "electronic_noise_kev", "swank_factor",
                          "x_ray_crosstalk", "optical_crosstalk", "lag", "gain_spread_percent",
                          "gain_drift", "dead_cells", "converter", "air_scan", "low_signal"})
    if (node.find(key) && changed(key))
      problems.error(at(key), str("detector: ", key,
                                  " belongs to kind: energy_integrating (photons are counted by a "
                                  "sensor, whose own keys say what it is like). Remove it."));
}

/// Rows of equal length, not negative, and not all 0.
bool is_image(const std::vector<std::vector<double>>& rows) {
  double sum = 0.0;
  for (const auto& row : rows) {
    if (row.empty() || row.size() != rows.front().size()) return false;
    for (const double weight : row) {
      if (!(weight >= 0.0)) return false;
      sum += weight;
    }
  }
  return sum > 0.0;
}

}  // namespace

const Schema<Filter>& Filter::schema() {
  static const auto s =
      Schema<Filter>("filter", "A plate in the beam")
          .optional("material", &Filter::material, "a material of `vitrine list material`")
          .required("thickness", &Filter::thickness, unit::mm, "thickness along the central ray")
          .between(0, 100)
          .checked([](const Filter& f, const Value& node, Diagnostics& problems) {
            detail::check_material(f.material, "material", node, problems);
          });
  return s;
}

const Schema<CylinderBowtie>& CylinderBowtie::schema() {
  static const auto s =
      Schema<CylinderBowtie>("cylinder_bowtie",
                             "The shape that makes up for the chords of a water cylinder")
          .optional("diameter", &CylinderBowtie::diameter, unit::mm, "of the cylinder on the axis")
          .between(20, 800)
          .optional("thinnest", &CylinderBowtie::thinnest, unit::mm,
                    "thickness along the central ray")
          .between(0, 50)
          .optional("energy", &CylinderBowtie::energy, unit::kev,
                    "where water and bowtie weaken a ray alike")
          .between(20, 150)
          .optional("share", &CylinderBowtie::share, unit::percent,
                    "of the chords that is made up for")
          .between(0, 100);
  return s;
}

const Schema<Bowtie>& Bowtie::schema() {
  static const auto s =
      Schema<Bowtie>("bowtie", "A beam-shaping filter, thicker towards the edge of the fan")
          .optional("material", &Bowtie::material, "a material of `vitrine list material`")
          .optional("angles", &Bowtie::angles, unit::deg,
                    "fan angles of the table, ascending from 0")
          .between(0, 60)
          .optional("thickness", &Bowtie::thickness, unit::mm,
                    "thickness along the ray at each angle")
          .between(0, 100)
          .optional("cylinder", &Bowtie::cylinder,
                    "a shape instead of a table: what equalises a water cylinder")
          .rule("cylinder stands in place of angles_deg and thickness_mm (remove one of them)",
                [](const Bowtie& b) {
                  return !b.cylinder || (b.angles.size() == 1 && b.thickness.front() == 0.0);
                })
          .checked([](const Bowtie& b, const Value& node, Diagnostics& problems) {
            detail::check_material(b.material, "material", node, problems);
          })
          .rule("angles_deg and thickness_mm must have the same length, at least 1",
                [](const Bowtie& b) {
                  return b.angles.size() == b.thickness.size() && !b.angles.empty();
                })
          .rule("angles_deg must ascend from 0", [](const Bowtie& b) {
            return b.angles.front() == 0.0 &&
                   std::adjacent_find(b.angles.begin(), b.angles.end(), std::greater_equal<>()) ==
                       b.angles.end();
          });
  return s;
}

const Schema<Detector>& Detector::schema() {
  static const auto s =
      Schema<Detector>("detector", "What a cell detects: a scintillator, or a sensor that counts")
          .optional("kind", &Detector::kind,
                    "energy_integrating: a scintillator; photon_counting: a sensor, which says "
                    "the rest")
          .one_of({"energy_integrating", "photon_counting"})
          .unless_default()
          .optional(
              "shape", &Detector::shape,
              "curved: columns at equal angles about the focal spot; flat: a panel across the "
              "central ray")
          .one_of({"curved", "flat"})
          .unless_default()
          .optional("scintillator", &Detector::scintillator,
                    "a material of `vitrine list material`")
          .optional("thickness", &Detector::thickness, unit::mm, "thickness of the scintillator")
          .between(0.05, 50)
          .optional("fill_factor", &Detector::fill_factor, "sensitive share of a cell's area")
          .between(0.1, 1)
          .optional("electronic_noise", &Detector::electronic_noise, unit::kev,
                    "standard deviation per cell and reading, as absorbed energy")
          .between(0, 1e6)
          .optional("swank_factor", &Detector::swank_factor,
                    "mean^2 / mean square of the light per absorbed energy (Swank, J Appl Phys 44 "
                    "(1973) 4199): quanta count that much less (1: every keV gives the same light)")
          .between(0.1, 1)
          .unless_default()
          .optional("x_ray_crosstalk", &Detector::x_ray_crosstalk,
                    "energy that neighbours absorb, by fluorescence and scatter (none if nothing "
                    "is said)")
          .optional("optical_crosstalk", &Detector::optical_crosstalk,
                    "light that neighbours get (none if nothing is said)")
          .optional("lag", &Detector::lag, "light that comes late (none if nothing is said)")
          .optional("gain_spread", &Detector::gain_spread, unit::percent,
                    "standard deviation of the cells' gains; the air scan takes it out, but for "
                    "the converter's steps")
          .between(0, 50)
          .unless_default()
          .optional("gain_drift", &Detector::gain_drift,
                    "gains that have changed since the air scan (none if nothing is said)")
          .optional("dead_cells", &Detector::dead_cells,
                    "cells that read nothing (none if nothing is said)")
          .optional("converter", &Detector::converter,
                    "steps and saturation (none if nothing is said)")
          .optional("air_scan", &Detector::air_scan,
                    "the scan that readings are calibrated with (without noise if nothing is said)")
          .optional("low_signal", &Detector::low_signal,
                    "treatment of readings with few quanta (none if nothing is said)")
          .optional("anti_scatter_grid", &Detector::anti_scatter_grid,
                    "septa on the detector (none if nothing is said)")
          .optional("sensor", &Detector::sensor,
                    "of kind photon_counting: what counts the photons (none of the other kind)")
          .checked(check_kind)
          .checked([](const Detector& x, const Value& node, Diagnostics& problems) {
            detail::check_material(x.scintillator, "scintillator", node, problems);
          });
  return s;
}

const Schema<FlyingFocalSpot>& FlyingFocalSpot::schema() {
  static const auto s =
      Schema<FlyingFocalSpot>("flying_focal_spot", "Deflection of the focal spot between readings")
          .optional("in_plane", &FlyingFocalSpot::in_plane, unit::mm,
                    "between the two positions in the plane of the fan; half a column at the "
                    "isocentre is column_pitch_mm / 2 x SID / (SDD - SID)")
          .between(0, 10)
          .optional("z", &FlyingFocalSpot::z, unit::mm,
                    "between the two positions along z; half a row is row_pitch_mm / 2 x SID / "
                    "(SDD - SID)")
          .between(0, 5)
          .optional("views_per_position", &FlyingFocalSpot::views_per_position,
                    "readings per rotation from each position (0: positions share the scanner's "
                    "views_per_rotation, a multiple of their number)")
          .between(0, 20000)
          .unless_default();
  return s;
}

const Schema<TubeOutput>& TubeOutput::schema() {
  static const auto s =
      Schema<TubeOutput>("tube_output", "Air kerma per mAs, free in air at the isocentre")
          .optional("tube_voltages", &TubeOutput::tube_voltages, unit::kv,
                    "where it was measured; a power of the voltage between, the tube model beyond")
          .between(40, 150)
          .required("kerma_per_mas", &TubeOutput::kerma, unit::mgy,
                    "behind filters and the bowtie's middle, at each tube voltage")
          .between(1e-4, 10)
          .rule("tube_voltages_kv and kerma_per_mas_mgy must have the same length, at least 1",
                [](const TubeOutput& o) {
                  return o.tube_voltages.size() == o.kerma.size() && !o.kerma.empty();
                })
          .rule("tube_voltages_kv must ascend", [](const TubeOutput& o) {
            return std::ranges::adjacent_find(o.tube_voltages, std::greater_equal<>()) ==
                   o.tube_voltages.end();
          });
  return s;
}

const Schema<Scanner>& Scanner::schema() {
  static const auto s =
      Schema<Scanner>("scanner", "A CT scanner's hardware")
          .required("name", &Scanner::name, "short name, used in tables and file names")
          .name_of_at_most(32)
          .optional("source", &Scanner::source, "where the numbers are published")
          .required("source_to_iso", &Scanner::source_to_iso, unit::mm,
                    "focal spot to rotation axis")
          .between(100, 2000)
          .required("source_to_detector", &Scanner::source_to_detector, unit::mm,
                    "focal spot to detector")
          .between(150, 4000)
          .required("columns", &Scanner::columns, "detector channels in a row")
          .between(16, 4096)
          .required("rows", &Scanner::rows, "detector rows")
          .between(1, 512)
          .required("column_pitch", &Scanner::column_pitch, unit::mm,
                    "channel spacing at the detector")
          .between(0.05, 10)
          .required("row_pitch", &Scanner::row_pitch, unit::mm, "row spacing at the detector")
          .between(0.05, 20)
          .optional("column_offset", &Scanner::column_offset,
                    "quarter-detector offset, in channels")
          .between(-2, 2)
          .required("views_per_rotation", &Scanner::views_per_rotation, "readings per rotation")
          .between(16, 16384)
          .required("anode_angle", &Scanner::anode_angle, unit::deg, "angle of the tungsten target")
          .between(5, 20)
          .optional("heel_effect", &Scanner::heel_effect,
                    "the beam is weaker and harder towards the anode (-z), row by row")
          .unless_default()
          .optional("focal_spot_width", &Scanner::focal_spot_width, unit::mm,
                    "effective width in the plane of the fan")
          .between(0, 3)
          .optional("focal_spot_length", &Scanner::focal_spot_length, unit::mm,
                    "effective length along z")
          .between(0, 3)
          .optional("focal_spot_shape", &Scanner::focal_spot_shape,
                    "uniform: a rectangle of width x length; gaussian: width and length are full "
                    "widths at half maximum; image: focal_spot_image over width x length")
          .one_of({"uniform", "gaussian", "image"})
          .unless_default()
          .optional("focal_spot_image", &Scanner::focal_spot_image,
                    "what parts of the focal spot emit, rows along z, columns across")
          .unless_default()
          .optional(
              "flying_focal_spot", &Scanner::flying_focal_spot,
              "how far the focal spot can be deflected between readings (not at all if nothing "
              "is said)")
          .optional("output", &Scanner::output,
                    "what the tube gives per mAs (the tube model's 1.6e8 photons per mAs and cm^2 "
                    "at 1 m, 120 kV and 7 degrees, if nothing is said)")
          .optional("tube_power", &Scanner::tube_power, unit::kw,
                    "the most that the tube takes, voltage times current (no limit if nothing is "
                    "said)")
          .between(0.001, 1000)
          .optional(
              "axis_offset", &Scanner::axis_offset, unit::mm,
              "misalignment: how far the axis is from where the reconstruction takes it to be, "
              "across the central ray")
          .between(-10, 10)
          .unless_default()
          .optional("filters", &Scanner::filters, "plates added to the tube's inherent filtration")
          .optional("bowtie", &Scanner::bowtie, "beam-shaping filter")
          .optional("detector", &Scanner::detector, "what a cell detects")
          .optional("scatter", &Scanner::scatter,
                    "scattered radiation in its scans (none if nothing is said)")
          .optional("deviations", &Scanner::deviations,
                    "how this machine differs from what its console says (not at all if nothing is "
                    "said)")
          .optional("profile", &Scanner::profile,
                    "what is known of this type: its console, its kernels, what its passport must "
                    "find, and where each number comes from (nothing if nothing is said)")
          .rule(
              "source_to_detector_mm must exceed source_to_iso_mm (the detector is behind the "
              "axis)",
              [](const Scanner& x) { return x.source_to_detector > x.source_to_iso; })
          .rule(
              "focal_spot_image belongs to focal_spot_shape: image, and must be rows of equal "
              "length that are not negative and not all 0",
              [](const Scanner& x) {
                return x.focal_spot_shape == "image" ? is_image(x.focal_spot_image)
                                                     : x.focal_spot_image.empty();
              })
          .rule(
              "heel_effect goes with an energy-integrating detector (rows that differ are not "
              "built "
              "for photon counting)",
              [](const Scanner& x) { return !x.heel_effect || !x.detector.sensor; })
          .rule(
              "scatter goes with an energy-integrating detector (scattered photons in energy bins "
              "are "
              "not built)",
              [](const Scanner& x) { return !x.scatter || !x.detector.sensor; })
          .rule(
              "sensor.charge_cloud_mm must be at most a third of a pixel (column_pitch_mm over "
              "sensor.columns, row_pitch_mm over sensor.rows): charge is shared with the eight "
              "pixels around alone",
              [](const Scanner& x) {
                const auto& sensor = x.detector.sensor;
                return !sensor || 3.0 * sensor->charge_cloud <=
                                      std::min(x.column_pitch / double(sensor->columns),
                                               x.row_pitch / double(sensor->rows));
              })
          .rule(
              "bowtie.cylinder.diameter_mm must be below twice source_to_iso_mm (the tube is "
              "outside of the cylinder)",
              [](const Scanner& x) {
                return !x.bowtie.cylinder || x.bowtie.cylinder->diameter < 2.0 * x.source_to_iso;
              })
          .checked(detail::check_profile);
  return s;
}

}  // namespace vitrine
