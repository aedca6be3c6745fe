#include "vitrine/cli/reporting_facts.hpp"

#include <algorithm>
#include <set>

#include "vitrine/core/units.hpp"

namespace vitrine::cli {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// Different values over the arms, in the arms' order.
template <class Get>
std::string over_arms(const trial::Plan& plan, Get&& get) {
  std::vector<std::string> found;
  for (const trial::Arm& arm : plan.arms) {
    const std::string value = get(arm);
    if (std::ranges::find(found, value) == found.end()) found.push_back(value);
  }
  return joined(found);
}

std::string kind_of(const Value& canonical) {
  const Value* kind = canonical.find("kind");
  return kind ? *kind->as<std::string>() : to_json(canonical);
}

std::size_t lesions_of(const trial::Analysis& analysis) { return analysis.study.lesions.size(); }

void describe_sample(ReportingFacts& facts, const trial::Plan& plan,
                     const trial::TrialResult& result, const trial::Analysis& analysis) {
  const auto& context = plan.scenario.trial.context_of_use;
  facts.objective = context.question;
  facts.decision = context.decision;
  facts.population = context.population;
  facts.sample =
      str(result.cases.size(), " of ", plan.cases.size(), " simulated patients with ",
          lesions_of(analysis), " lesions, each in ", plan.arms.size(),
          " arms; `vitrine plan` forecasts the precision of such a sample before it is simulated.");
  facts.source = str("Simulated by vitrine " VITRINE_VERSION " from scenario '",
                     plan.scenario.trial.name, "', seed ", plan.scenario.trial.seed,
                     ", fingerprint ", plan.fingerprint, ". No data of a person.");
}

/// Spectral images: made of two energies or more, before anything is measured.
std::string conversions(const trial::Plan& plan) {
  std::vector<std::string> made;
  for (const trial::Arm& arm : plan.arms)
    if (arm.bins != trial::Arm{}.bins && std::ranges::find(made, arm.bins) == made.end())
      made.push_back(arm.bins);
  return made.empty() ? "" : "Images are made of energies: " + joined(made) + ".";
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

/// What voxels of each kind of image count, and by what.
std::string calibration(const trial::Plan& plan) {
  std::vector<std::string> monoenergetic, maps, other;
  bool plain = false, hardened = false;
  for (const trial::Arm& arm : plan.arms) {
    const trial::Protocol& protocol = trial::protocol_of(plan.scenario.arms, arm);
    std::string why;
    const auto spectral = recon::names_spectral(arm.bins)
                              ? recon::spectral_image(arm.bins, protocol.basis(), why)
                              : std::nullopt;
    if (!spectral) {
      plain = true;
      hardened |= !protocol.water_correction;
      continue;
    }
    add_once(other, protocol.basis().material);
    if (spectral->unit == recon::VoxelUnit::mg_per_ml)
      add_once(maps, arm.bins);
    else
      add_once(monoenergetic, arm.bins == "vnc"
                                  ? str("vnc of ", to_text(protocol.basis().vnc_energy), " keV")
                                  : arm.bins);
  }
  std::string text;
  const auto say = [&](const std::string& sentence) {
    text += (text.empty() ? "" : " ") + sentence;
  };
  if (plain)
    say(str(other.empty() ? "W" : "Images of what is detected: w",
            "ater is 0 HU and air -1000 HU, by their attenuation in the spectrum of each scanner "
            "and tube voltage."));
  if (hardened) say("Beam hardening is left, so that water within a patient is lower.");
  if (!monoenergetic.empty())
    say(str("Monoenergetic images (", joined(monoenergetic),
            "): water is 0 HU and air -1000 HU at the energy of each."));
  if (!maps.empty())
    say(str(
        "Maps (", joined(maps),
        "): mg/ml of the material, 0 without it and in air; water is 1000 mg/ml of water_map."));
  if (!other.empty())
    say(str("Those are made of lines of water and ", joined(other),
            ", calibrated by their attenuation in what each scanner detects."));
  if (!plan.sites.empty()) say("Machines of sites are off by what sites.csv says.");
  return text;
}

std::string processing(const trial::Plan& plan) {
  std::string text = "None.";
  const auto corrected = std::ranges::count_if(plan.arms, &trial::Arm::corrected);
  if (const auto& c = plan.scenario.arms.protocol.corrections; corrected > 0 && c) {
    std::vector<std::string> names;
    if (c->rings) names.emplace_back("rings");
    if (c->metal) names.emplace_back("metal");
    if (c->bone) names.emplace_back("beam hardening of bone");
    text = str("Corrected before the reconstruction, in ", corrected, " of ", plan.arms.size(),
               " arms: ", joined(names), ".");
  }
  return text;
}

void describe_acquisition(ReportingFacts& facts, const trial::Plan& plan) {
  const trial::Protocol& p = plan.scenario.arms.protocol;
  std::vector<std::string> names;
  for (const Scanner& scanner : plan.scenario.arms.scanners) names.push_back(scanner.name);
  facts.scanners = joined(names) + ": simulated, generic, no vendor's product.";
  facts.voltage =
      over_arms(plan, [](const auto& arm) { return to_text(arm.tube_voltage); }) + " kV";
  if (p.dual_energy)
    facts.voltage += str(", and of the same rays ", to_text(p.dual_energy->tube_voltage), " kV");
  facts.load =
      over_arms(plan, [](const auto& arm) { return to_text(arm.tube_load); }) + " mAs per rotation";
  facts.load +=
      p.tube_current_modulation ? ", modulated along the patient." : ", constant over the scan.";
  facts.in_plane = str(to_text(p.field_of_view), " mm field of view in ", p.matrix, " x ", p.matrix,
                       " pixels of ", to_text(p.field_of_view / double(p.matrix)), " mm.");
  facts.thickness =
      over_arms(plan, [](const auto& arm) { return to_text(arm.slice_thickness); }) + " mm";
  facts.spacing = to_text(p.slice_increment) + " mm";
  facts.kernel = over_arms(plan, [](const auto& arm) { return arm.kernel_name; });
  const std::string algorithms = over_arms(plan, [](const auto& arm) {
    return arm.algorithm ? kind_of(arm.algorithm.canonical)
                         : std::string("filtered_backprojection");
  });
  facts.algorithm = algorithms + "; every parameter is in the canonical scenario (manifest.json).";
  facts.correction =
      str("Beam hardening of water ", p.water_correction ? "corrected." : "left in the images.");
  facts.calibration = calibration(plan);
  facts.conversions = conversions(plan);
  facts.processing = processing(plan);
  facts.denoising = over_arms(plan, [](const auto& arm) {
    return arm.noise_reduction() > 0.0
               ? str(to_text(100.0 * arm.noise_reduction()), " % noise reduction")
               : std::string("none");
  });
  if (algorithms.find("iterative") != std::string::npos)
    facts.denoising += "; the iterative reconstruction suppresses noise itself (item 31b)";
  std::vector<std::string> motions;
  for (const auto& motion : p.motion) motions.push_back(kind_of(motion.canonical));
  facts.motion = motions.empty() ? "Patients hold still." : "Simulated motion: " + joined(motions);
  facts.duration =
      str(p.mode, " scan, ", to_text(p.rotation_time), " s per rotation",
          p.mode == "helical" ? str(", pitch ", to_text(p.pitch)) : std::string(), ".");
  if (p.contrast)
    facts.contrast =
        "Iodine, by the injection of the protocol; times, amounts and true "
        "enhancement of every scan are in contrast.csv.";
  if (const auto& all = plan.scenario.arms.protocols; all.size() > 1) {
    std::vector<std::string> of;
    for (const trial::Protocol& each : all) of.push_back(each.name);
    facts.in_plane += str(" This is of the first protocol of ", all.size(), " (", joined(of),
                          "); the scenario in manifest.json has them all.");
  }
  facts.protocol = str("CT. Tube ", facts.voltage, ", ", facts.load, " Kernel ", facts.kernel,
                       ", slices of ", facts.thickness, " every ", facts.spacing, ", ",
                       facts.in_plane, " The section Arms lists every arm with its dose.");
}

void describe_measurement(ReportingFacts& facts, const trial::Plan& plan,
                          const trial::Analysis& analysis) {
  const trial::Measure& measure = plan.scenario.measure;
  const radiomics::Settings& s = measure.settings;
  facts.truth =
      str("The simulated object itself: lesions are known exactly (lesions.csv), and each "
          "feature's true value is measured on the object (T0, at ",
          to_text(measure.truth_energy),
          " keV), on the noiseless image of the reference "
          "arm (T1) and on that of the same arm (T2).");
  facts.masks =
      "Truth masks: the object's own lesions on the grid of the images. No reader and no "
      "algorithm segmented anything.";
  if (!measure.perturbations.empty())
    facts.masks += " Perturbed copies of them show what contours do (masks.csv).";
  if (!measure.perturbations.empty())
    facts.robustness = str("ICC over ", measure.perturbations.size(),
                           " perturbations of the masks, each arm for itself (robustness.csv).");
  std::vector<std::string> tried;
  for (const auto& how : measure.preprocessing) tried.push_back(how.name);
  if (!tried.empty())
    facts.preprocessing =
        str("Under test beside the images as they are: ", joined(tried), " (preprocessing.csv).");
  facts.resampled = s.spacing_mm > 0.0;
  constexpr const char* interpolations[] = {"nearest neighbour", "linear", "cubic"};
  facts.resampling = s.spacing_mm > 0.0
                         ? str(interpolations[int(s.interpolation)], " to ", to_text(s.spacing_mm),
                               " mm", s.in_plane_only ? " within slices" : " isotropic",
                               "; grids share their centres; masks linear, cut at 0.5.")
                         : "None: features are measured on the grid of the images.";
  facts.rounding = !s.round_intensities ? "Not rounded."
                                        : str("Rounded to whole HU",
                                              facts.resampled ? " after interpolation." : ".");
  facts.resegmentation =
      s.range_hu ? str(to_text((*s.range_hu)[0]), " to ", to_text((*s.range_hu)[1]), " HU.") : "";
  if (s.outlier_sigma > 0.0)
    facts.resegmentation += str(facts.resegmentation.empty() ? "" : " ", "Voxels within ",
                                to_text(s.outlier_sigma), " standard deviations of the mean.");
  if (facts.resegmentation.empty()) facts.resegmentation = "None.";
  facts.discretisation = s.bin_count ? "Fixed bin number." : "Fixed bin size.";
  facts.bins =
      s.bin_count
          ? str(*s.bin_count, " bins.")
          : to_text(s.bin_width_hu.value_or(radiomics::Settings::default_bin_width_hu)) + " HU.";
  facts.first_bin =
      s.bin_count || !s.range_hu ? "The region's minimum." : to_text((*s.range_hu)[0]) + " HU.";
  std::vector<std::string> filters;
  for (const auto& filter : s.filters) filters.push_back(kind_of(filter.canonical));
  facts.filters = filters.empty() ? "None: the image itself." : joined(filters) + " (IBSI 2).";
  auto& families = facts.measured_families;
  for (const auto& feature : analysis.study.features)
    if (std::ranges::find(families, feature.family) == families.end())
      families.push_back(feature.family);
  facts.families = joined(families);
  facts.number = str(analysis.study.features.size(), " features.");
  facts.aggregation =
      str("glcm ", describe(s.glcm).id, " (", describe(s.glcm).ibsi_code, "), glrlm ",
          describe(s.glrlm).id, " (", describe(s.glrlm).ibsi_code, "); glszm, gldzm, ngtdm, ngldm ",
          describe(s.glszm).id, ", ", describe(s.gldzm).id, ", ", describe(s.ngtdm).id, ", ",
          describe(s.ngldm).id, '.');
}

/// What `analyse` asks for, and how it is found.
void describe_analyses(ReportingFacts& facts, const trial::Plan& plan,
                       const trial::Analysis& analysis) {
  const auto asked = [&](const char* what) { return trial::asks_for(plan.scenario, what); };
  constexpr std::pair<const char*, const char*> words[] = {
      {"icc", "ICC(A,1) and ICC(C,1)"},
      {"occc", "OCCC"},
      {"repeatability", "wSD, RC and wCV of repeats"},
      {"reproducibility", "RDC and QCD over the arms"},
      {"bias_vs_truth", "bias against three truths and CCC with the object"},
      {"linearity", "linearity against the truth"},
      {"bland_altman", "Bland-Altman"},
      {"friedman", "Friedman's test"},
      {"volume_correlation", "correlation with the true volume"},
      {"feature_clusters", "clusters of features"},
      {"variance_components", "variance components by REML"},
      {"harmonisation", "error to truth before and after ComBat"},
      {"known_signal",
       "areas under the ROC curve of a label that lesions were given, by penalised "
       "logistic regression in nested cross-validation"}};
  std::vector<std::string> statistics, comparisons, redundant;
  for (const auto& [name, text] : words)
    if (asked(name)) statistics.emplace_back(text);
  facts.statistics = statistics.empty() ? "" : joined(statistics) + ".";
  if (asked("friedman"))
    comparisons.emplace_back(
        "Friedman's test of the arms, adjusted over the features after Benjamini & Hochberg");
  if (asked("bland_altman"))
    comparisons.emplace_back("limits of agreement with the first arm (bland_altman.csv)");
  facts.comparison = comparisons.empty() ? "" : joined(comparisons) + ".";
  if (asked("feature_clusters"))
    redundant.emplace_back("clusters of features by Spearman's correlation");
  if (asked("volume_correlation")) redundant.emplace_back("each feature's correlation with volume");
  facts.redundancy = redundant.empty() ? "" : joined(redundant) + " (stability.csv).";
  const auto icc_by = [&](const char* method) {
    return std::ranges::any_of(analysis.rows,
                               [&](const auto& row) { return row.icc_method == method; });
  };
  facts.intervals =
      "95 % intervals: bootstrap over patients, keyed to the seed; of correlations and lines "
      "Student's t from leaving out one patient at a time";
  if (icc_by("anova")) facts.intervals += "; of ICCs from mean squares, the arms being a sample";
  if (icc_by("reml")) facts.intervals += "; of ICCs with gaps or several random factors by REML";
  facts.intervals +=
      ". An interval or number that the data do not carry is withheld with its reason.";
}

void describe_statistics(ReportingFacts& facts, const trial::Plan& plan,
                         const trial::Analysis& analysis) {
  Index values = 0, excluded = 0;
  for (const auto& row : analysis.rows) values += row.values, excluded += row.excluded;
  facts.missing = str(excluded, " of ", values,
                      " values are missing, each with its reason "
                      "(features.csv); none is imputed.");
  describe_analyses(facts, plan, analysis);
  const auto& repeat = plan.scenario.arms.repeat;
  facts.reproducibility =
      str("Over ", plan.arms.size(), " arms",
          repeat.count > 0 ? str(", and over ", repeat.count,
                                 repeat.kind == "noise" ? " further read-outs with other noise"
                                                        : " repositioned scans",
                                 " of ", trial::repeated_arms(plan))
                           : std::string(),
          ": section Stability.");
  if (!analysis.harmonised.empty()) {
    const std::string& refused = analysis.harmonised.front().result.refused;
    const bool done = std::ranges::any_of(
        analysis.harmonised, [](const auto& run) { return run.result.refused.empty(); });
    facts.harmonisation = done ? "ComBat, fitted without the patients that it is judged "
                                 "by: section Harmonisation."
                               : "None: ComBat was refused, " + refused + ".";
  }
  facts.software = "vitrine " VITRINE_VERSION
                   ", whose features are checked against the IBSI's "
                   "reference values (`vitrine conformance`).";
  facts.sharing =
      "results.sqlite, results.h5 and the CSV tables; the scenario and its seed make "
      "the same bytes again (manifest.json, SHA256SUMS).";
  facts.limits = "The section Limits says what this simulation leaves out.";
}

}  // namespace

ReportingFacts reporting_facts(const trial::Plan& plan, const trial::TrialResult& result,
                               const trial::Analysis& analysis) {
  ReportingFacts facts;
  describe_sample(facts, plan, result, analysis);
  describe_acquisition(facts, plan);
  describe_measurement(facts, plan, analysis);
  describe_statistics(facts, plan, analysis);
  return facts;
}

}  // namespace vitrine::cli
