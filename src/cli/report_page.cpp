#include "vitrine/cli/report_page.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <span>

#include "vitrine/cli/picture_file.hpp"
#include "vitrine/cli/quality_page.hpp"
#include "vitrine/cli/reporting_items.hpp"
#include "vitrine/io/png.hpp"
#include "vitrine/trial/bin_levels.hpp"
#include "vitrine/trial/kind_of.hpp"

namespace vitrine::cli {
namespace {

std::string rounded(double value, const char* format = "%.1f") {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// Means over cases of an image table's numeric column, for one arm's own scans.
double mean_of(const Table& images, const std::string& arm, const char* column) {
  const std::size_t at = images.column(column), arm_at = images.column("arm"),
                    replicate_at = images.column("replicate");
  double sum = 0.0;
  int n = 0;
  for (const auto& row : images.rows) {
    if (std::get<std::string>(row[arm_at]) != arm ||
        std::get<std::string>(row[replicate_at]) != "scan")
      continue;
    sum += std::get<double>(row[at]);
    ++n;
  }
  return n ? sum / n : std::nan("");
}

/// To `digits` decimals, for people; the tables on disk keep every digit.
double to_decimals(double value, int digits) {
  const double scale = digits == 0 ? 1.0 : digits == 1 ? 10.0 : 100.0;
  return std::round(value * scale) / scale;
}

bool is_map(const trial::Plan& plan, const trial::Arm& arm) {
  return trial::voxel_unit(plan.scenario.arms, arm.bins) == recon::VoxelUnit::mg_per_ml;
}

/// The one picture that a map has where an image in HU has several.
std::vector<std::string> maps(const std::vector<std::string>& kinds) {
  return {kinds.front().starts_with("lesion") ? "lesion_map" : "map"};
}

/// An arm's noise in the unit of its images: a number of HU, or text.
Table::Cell noise_of(const trial::Plan& plan, const Table& images, const trial::Arm& arm) {
  if (!is_map(plan, arm)) return to_decimals(mean_of(images, arm.name, "noise_hu"), 1);
  return to_text(to_decimals(mean_of(images, arm.name, "noise_mg_per_ml"), 2)) + " mg/ml";
}

/// `noise 21 HU`; nothing where no image without noise tells it.
std::string noise_text(const trial::Plan& plan, const Table& images, const trial::Arm& arm) {
  const Table::Cell noise = noise_of(plan, images, arm);
  if (const auto* text = std::get_if<std::string>(&noise))
    return plan.scenario.arms.noiseless ? str("noise ", *text) : "";
  const double hu = mean_of(images, arm.name, "noise_hu");
  return std::isnan(hu) ? "" : str("noise ", rounded(hu), " HU");
}

Table arm_table(const trial::Plan& plan, const Table& images) {
  Table table;
  table.columns = {"arm",
                   "scanner",
                   "kernel",
                   "tube voltage (kV)",
                   "tube load (mAs)",
                   "CTDIvol 32 cm (mGy)",
                   "noise (HU)",
                   "quanta per reading, air"};
  for (const trial::Arm& arm : plan.arms) {
    const trial::Tube tube = trial::tube_of(trial::protocol_of(plan.scenario.arms, arm), arm);
    table.add({arm.name, plan.scenario.arms.scanners[arm.scanner].name, arm.kernel_name,
               tube.voltage, tube.load, to_decimals(mean_of(images, arm.name, "ctdi_vol_mgy"), 2),
               noise_of(plan, images, arm),
               to_decimals(mean_of(images, arm.name, "photons_per_reading"), 0)});
  }
  return table;
}

/// Some columns of a table under readers' titles, numbers with so many decimals.
struct Column {
  const char* name;
  const char* title;
  int digits;
};
Table readable(const Table& all, std::span<const Column> wanted) {
  Table table;
  if (all.rows.empty()) return table;
  for (const Column& column : wanted) table.columns.emplace_back(column.title);
  for (const auto& row : all.rows) {
    std::vector<Table::Cell> cells;
    for (const Column& column : wanted) {
      const Table::Cell& cell = row[all.column(column.name)];
      const double* number = std::get_if<double>(&cell);
      if (!number)
        cells.push_back(cell);
      else if (std::isfinite(*number))
        cells.emplace_back(to_decimals(*number, column.digits));
      else
        cells.emplace_back("");
    }
    table.add(std::move(cells));
  }
  return table;
}

/// If rows say which of several protocols they are of.
bool of_protocols(const Table& table) {
  return std::ranges::find(table.columns, "protocol") != table.columns.end();
}

Table lesion_table(const Table& lesions) {
  std::vector<Column> wanted{{"case", "case", 0},
                             {"lesion", "lesion", 0},
                             {"shape", "shape", 0},
                             {"volume_mm3", "volume (mm3)", 1},
                             {"longest_axial_diameter_mm", "longest diameter (mm)", 1},
                             {"short_axis_mm", "short axis (mm)", 1},
                             {"density_g_per_cm3", "density (g/cm3)", 2},
                             {"mask_voxels", "voxels in the mask", 0}};
  if (of_protocols(lesions)) wanted.push_back({"protocol", "protocol", 0});
  return readable(lesions, wanted);
}

Table site_table(const trial::Plan& plan) {
  constexpr Column wanted[] = {{"site", "site", 0},
                               {"scanner", "scanner", 0},
                               {"tube_output_percent", "tube output (%)", 2},
                               {"calibration_hu", "calibration (HU)", 2},
                               {"calibration_scale_percent", "calibration scale (%)", 2},
                               {"kernel_frequency_percent", "kernel frequency (%)", 2},
                               {"slice_thickness_percent", "slice thickness (%)", 2},
                               {"focal_spot_percent", "focal spot (%)", 2},
                               {"electronic_noise_percent", "electronic noise (%)", 2}};
  return readable(trial::site_table(plan.sites), wanted);
}

/// One row a perturbation, of each protocol: means over the lesions of its masks.
Table mask_table(const Table& masks) {
  std::vector<Column> wanted{{"perturbation", "perturbation", 0},
                             {"volume_mm3", "volume (mm3)", 1},
                             {"volume_change_percent", "volume change (%)", 1},
                             {"dice", "Dice", 2},
                             {"inclusion_fraction", "inclusion", 2},
                             {"partial_volume_fraction", "partial volume", 2}};
  if (of_protocols(masks)) wanted.insert(wanted.begin(), {"protocol", "protocol", 0});
  Table means;
  std::vector<std::size_t> from;
  for (const Column& column : wanted) {
    means.columns.emplace_back(column.name);
    if (!masks.columns.empty()) from.push_back(masks.column(column.name));
  }
  const std::size_t names = of_protocols(masks) ? 2 : 1;  // numbers follow
  using Row = std::vector<Table::Cell>;
  std::vector<Row> kinds;  // protocol and perturbation, in their first rows' order
  const auto is_of = [&](const Row& row, const Row& kind) {
    for (std::size_t c = 0; c < names; ++c)
      if (row[from[c]] != kind[c]) return false;
    return true;
  };
  for (const Row& row : masks.rows) {
    if (std::ranges::any_of(kinds, [&](const Row& kind) { return is_of(row, kind); })) continue;
    Row& kind = kinds.emplace_back();
    for (std::size_t c = 0; c < names; ++c) kind.push_back(row[from[c]]);
  }
  for (const Row& kind : kinds) {
    Row cells = kind;
    for (std::size_t c = names; c < from.size(); ++c) {
      double sum = 0.0, n = 0.0;
      for (const Row& row : masks.rows) {
        const double value = std::get<double>(row[from[c]]);
        if (!is_of(row, kind) || std::isnan(value)) continue;
        sum += value;
        n += 1.0;
      }
      cells.emplace_back(sum / n);
    }
    means.add(std::move(cells));
  }
  return readable(means, wanted);
}

Table visit_table(const Table& visits) {
  constexpr Column wanted[] = {{"case", "case", 0},
                               {"replicate", "visit", 0},
                               {"day", "day", 0},
                               {"missed", "missed", 0},
                               {"sum_mm", "sum of diameters (mm)", 1},
                               {"nadir_mm", "nadir before (mm)", 1},
                               {"new_lesion", "new lesion", 0},
                               {"response", "RECIST 1.1", 0},
                               {"irecist", "iRECIST", 0}};
  return readable(visits, wanted);
}

/// One row a scan: what a reader wants to know of `contrast.csv`.
Table contrast_table(const Table& contrast) {
  constexpr const char* shown[] = {"aorta", "portal_vein", "liver"};
  Table table;
  if (contrast.rows.empty()) return table;
  table.columns = {"case",       "scan",        "delay (s)",
                   "time (s)",   "aorta (HU)",  "portal vein (HU)",
                   "liver (HU)", "lesions (HU)"};
  const std::size_t object = contrast.column("object"), hu = contrast.column("enhancement_hu");
  for (const auto& row : contrast.rows) {
    const auto& name = std::get<std::string>(row[object]);
    const double enhancement = std::get<double>(row[hu]);
    if (name == name_of(phantoms::Compartment{}))  // the first of a scan's rows
      table.add({row[0], row[1], row[2], to_decimals(std::get<double>(row[3]), 1), 0.0, 0.0, 0.0,
                 std::string()});
    auto& scan = table.rows.back();
    for (std::size_t i = 0; i < std::size(shown); ++i)
      if (name == shown[i]) scan[4 + i] = to_decimals(enhancement, 0);
    if (name.starts_with("lesion"))
      std::get<std::string>(scan[7]) += str(std::get<std::string>(scan[7]).empty() ? "" : ", ",
                                            to_text(to_decimals(enhancement, 0)));
  }
  return table;
}

/// What the slices of the protocols are: of several with their names.
std::string slices_of(const trial::Arms& arms) {
  std::string text;
  for (const trial::Arms& each : trial::each_protocol(arms)) {
    const trial::Protocol& p = each.protocol;
    if (!text.empty()) text += "; ";
    if (arms.protocols.size() > 1) text += p.name + ": ";
    text += str(p.slices, ' ', recon::plane_of(trial::image_axes(p)), " of ",
                to_text(p.slice_thickness), " mm every ", to_text(p.slice_increment), " mm");
  }
  return text;
}

std::string picture(const io::Path& path) { return io::data_uri("image/png", io::read_file(path)); }

std::vector<report::Sheet> sheets(const io::Path& dir, const trial::Plan& plan, const Table& images,
                                  bool lesions) {
  const io::Path folder = dir / "figures" / plan.cases.front();
  std::vector<report::Sheet> all;
  if (!std::filesystem::exists(folder)) return all;
  const auto panels = [&](const std::vector<std::string>& kinds, bool all_arms) {
    std::vector<report::Panel> list;
    for (std::size_t i = 0; i < plan.arms.size(); ++i) {
      if (!all_arms && i == plan.reference) continue;
      const std::string& arm = plan.arms[i].name;
      const bool map = is_map(plan, plan.arms[i]);
      const bool difference = kinds.front() == "difference";
      if (difference && map != is_map(plan, plan.arms[plan.reference])) continue;
      if (difference && !std::filesystem::exists(folder / (arm + "_difference.png")))
        continue;  // its protocol has other slices
      report::Panel panel{arm, noise_text(plan, images, plan.arms[i]), {}};
      for (const std::string& kind : map && !difference ? maps(kinds) : kinds)
        panel.images.push_back(picture(folder / (arm + '_' + kind + ".png")));
      list.push_back(std::move(panel));
    }
    return list;
  };
  all.push_back({"One patient in every arm",
                 str(lesions ? "The slice through the first lesion of " : "The middle slice of ",
                     plan.cases.front(),
                     ", the same window in every arm; maps of materials (mg/ml) have their own."),
                 panels({"lung", "mediastinum"}, true), false});
  if (lesions)
    all.push_back({"The lesion", "64 mm about the first lesion.",
                   panels({"lesion_lung", "lesion_mediastinum"}, true), true});
  all.push_back({"Differences",
                 str("Each arm minus the reference arm ", plan.arms[plan.reference].name,
                     "; white is 0; orange is above, blue below, full colour at 200 HU."),
                 panels({"difference"}, false), false});
  return all;
}

report::Stacks stacks(const io::Path& dir, const trial::Plan& plan, const Table& images,
                      bool lesions) {
  const io::Path folder = dir / "figures" / plan.cases.front();
  report::Stacks all;
  all.caption = str(stack_square, " mm about ", lesions ? "the first lesion of " : "the middle of ",
                    plan.cases.front(),
                    ", in steps of 4 HU (8 below -200 HU, 50 above 300 HU). Sliders move all arms; "
                    "dragging on a picture moves level (up, down) and width (left, right).");
  const auto slices_of = [&](const trial::Arm& arm) {
    const trial::Protocol& protocol = trial::protocol_of(plan.scenario.arms, arm);
    return std::pair(std::min<std::int64_t>(stack_slices, protocol.slices),
                     protocol.slice_increment);
  };
  for (const trial::Arm& arm : plan.arms) {
    const io::Path file = folder / (arm.name + "_stack.png");
    if (is_map(plan, arm) || !std::filesystem::exists(file)) continue;
    if (slices_of(arm) != slices_of(plan.arms.front())) continue;  // one slider moves all
    all.arms.push_back({arm.name, noise_text(plan, images, arm), picture(file)});
  }
  all.slices = int(slices_of(plan.arms.front()).first);
  all.edge_mm = stack_square;
  all.slice_mm = slices_of(plan.arms.front()).second;
  return all;
}

/// Noise over dose, a ring for every arm.
std::optional<report::Quality::Figure> noise_figure(const trial::Plan& plan, const Table& images) {
  constexpr std::size_t most = 24;  // what strokes and colours tell apart
  report::LineChart chart{"Noise and dose", "CTDIvol 32 cm / mGy", "noise / HU", {}};
  for (const trial::Arm& arm : plan.arms) {
    if (is_map(plan, arm) || chart.lines.size() == most) continue;
    const double noise = mean_of(images, arm.name, "noise_hu");
    if (std::isnan(noise)) continue;
    chart.lines.push_back({arm.name, {mean_of(images, arm.name, "ctdi_vol_mgy")}, {noise}});
  }
  if (chart.lines.size() < 2) return {};
  return report::Quality::Figure{
      chart,
      "Noise against dose, means over patients: quantum noise falls with the root of the "
      "dose, and a sharper kernel lifts it at the same dose."};
}

/// `gaussian (sd_mm 1), then z_score (region lesion)`.
std::string steps_of(const radiomics::Preprocessing& how) {
  std::string text;
  for (const auto& step : how.steps) {
    std::string given;
    for (const auto& [key, value, where] : *step.canonical.as<Value::Map>()) {
      if (key == "kind") continue;
      const auto* word = value.as<std::string>();
      given += str(given.empty() ? "" : ", ", key, ' ', word ? *word : to_json(value));
    }
    const auto* kind = step.canonical.find("kind")->as<std::string>();
    text += str(text.empty() ? "" : ", then ", *kind, " (", given, ')');
  }
  return text;
}

/// Beyond this many values the page would be slow to load; they are in features.csv.
constexpr std::size_t most_values = 4'000'000;

void add_features(report::Page& page, const trial::Analysis& analysis,
                  const std::vector<radiomics::Preprocessing>& preprocessing) {
  page.arm_names = analysis.study.arms;
  page.stability = analysis.rows;
  page.factors = analysis.study.factors;
  page.variances = analysis.variances;
  for (std::size_t p = 0; p < analysis.preprocessed.size(); ++p)
    page.preprocessed.push_back({analysis.preprocessed[p].name, steps_of(preprocessing[p]),
                                 analysis.preprocessed[p].features});
  for (const trial::HarmonisationRun& run : analysis.harmonised)
    page.harmonised.push_back(
        {run.method, run.batch, run.truth, run.result.refused, run.result.features});
  page.signal = analysis.signal;
  const auto& study = analysis.study;
  const std::size_t values = study.lesions.size() * study.arms.size() * study.features.size();
  if (values <= most_values)
    page.measured = report::measured(study);
  else
    page.measured.left_out = values;
}

}  // namespace

report::Page report_page(const io::Path& dir, const trial::Plan& plan,
                         const trial::TrialResult& result, const ShownTables& tables,
                         const trial::Analysis& analysis, Isa isa) {
  const trial::Scenario& s = plan.scenario;
  report::Page page;
  page.title = s.trial.name;
  page.question = s.trial.context_of_use.question;
  page.decision = s.trial.context_of_use.decision;
  page.population = s.trial.context_of_use.population;
  page.tolerance = s.trial.context_of_use.tolerance();
  page.verdicts = analysis.verdicts;
  const Table& images = tables.images;
  std::string scanners;
  for (const Scanner& scanner : s.arms.scanners)
    scanners += (scanners.empty() ? "" : ", ") + scanner.name;
  page.asked = {
      {"patients", str(result.cases.size(), " of ", plan.cases.size())},
      {"lesions", str(analysis.study.lesions.size())},
      {"arms", str(plan.arms.size(), ", ", trial::kind_of(s.arms.design))},
      {"scanners", scanners},
      {"reference arm (T1)", plan.arms[plan.reference].name},
      {"repeats", s.arms.repeat.count > 0 ? str(s.arms.repeat.count, " x ", s.arms.repeat.kind,
                                                " of ", trial::repeated_arms(plan))
                                          : "none"},
      {"slices", slices_of(s.arms)}};
  page.scenario = to_json(plan.written, 2);
  page.arms = images.rows.empty() ? Table{} : arm_table(plan, images);
  page.lesions = lesion_table(tables.lesions);
  page.sites = site_table(plan);
  for (const trial::StratumRows& stratum : analysis.by_stratum)
    page.strata.push_back({stratum.stratum, stratum.patients, stratum.rows});
  page.visits = visit_table(tables.visits);
  page.contrast = contrast_table(tables.contrast);
  page.windows = {"lung (-600, 1500 HU)", "mediastinum (40, 400 HU)"};
  if (!result.cases.empty() && result.cases.id(0) == plan.cases.front()) {
    page.sheets = sheets(dir, plan, images, !page.lesions.rows.empty());
    page.stacks = stacks(dir, plan, images, !page.lesions.rows.empty());
  }
  page.quality = quality_page(plan, tables.quality, tables.quality_curves);
  if (auto noise = noise_figure(plan, images))
    page.quality.figures.insert(page.quality.figures.begin(), std::move(*noise));
  add_features(page, analysis, s.measure.preprocessing);
  page.checklists = reporting_items(reporting_facts(plan, result, analysis));
  page.robustness = analysis.robust;
  page.masks = mask_table(tables.masks);
  page.failures.columns = {"case", "message"};
  for (const auto& failure : result.failures) page.failures.add({failure.case_id, failure.message});
  page.limits = {
      "Scattered radiation, crosstalk, afterglow and pile-up are there where a scanner's file says "
      "so and nowhere else; images without them are cleaner than a real scanner's.",
      "Noise is a Poisson process scaled to the mean and variance of the energy-integrated signal, "
      "plus Gaussian electronic noise.",
      "CTDIvol is a Monte Carlo's of a PMMA phantom, its scale the output that the scanner's file "
      "states; organs get other doses (`vitrine dose`).",
      "Scanners are generic, not models of a product."};
  if (s.simulation.quality == "draft")
    page.limits.insert(page.limits.begin(),
                       "Draft quality: two patients at most, coarse sampling and small images. It "
                       "shows what the trial does; its numbers are not to be used.");
  if (!page.lesions.rows.empty()) {
    page.limits.push_back(
        page.robustness.empty()
            ? "Masks are the truth; the variability of contours is not part of this trial."
            : "Masks are the truth and its perturbations, which are no model of an observer.");
    page.limits.push_back("Lung parenchyma has vessels and no fine texture.");
    page.limits.push_back(
        str("Few patients: intervals come from resampling ", result.cases.size(), " of them."));
  }
  if (!page.contrast.rows.empty())
    page.limits.push_back(
        "Contrast medium follows a compartment model of an average circulation; it stands still "
        "while a scan lasts.");
  page.provenance = {{"fingerprint", plan.fingerprint},
                     {"seed", to_text(double(s.trial.seed))},
                     {"vitrine", VITRINE_VERSION},
                     {"instruction-set level", std::string(to_string(isa))}};
  return page;
}

}  // namespace vitrine::cli
