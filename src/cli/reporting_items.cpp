#include "vitrine/cli/reporting_items.hpp"

#include <algorithm>

#include "vitrine/core/error.hpp"

namespace vitrine::cli {
namespace {

using report::Checklist;
using report::ReportingItem;

/// Adds items to a list in the guideline's order.
class Filler {
 public:
  Filler(std::string name, std::string source) : list_{std::move(name), std::move(source), {}} {}

  /// What the trial knows; the author's, where it does not.
  Filler& trial(const char* number, const char* topic, const std::string& text) {
    return text.empty() ? author(number, topic, "The scenario does not say.")
                        : add(number, topic, ReportingItem::Filled::by_trial, text);
  }
  Filler& author(const char* number, const char* topic, std::string what = "Yours to fill in.") {
    if (what.empty()) what = "Yours to fill in.";
    return add(number, topic, ReportingItem::Filled::by_author, std::move(what));
  }
  Filler& none(const char* number, const char* topic, std::string why) {
    return add(number, topic, ReportingItem::Filled::not_applicable, std::move(why));
  }
  Checklist done() { return std::move(list_); }

 private:
  Filler& add(const char* number, const char* topic, ReportingItem::Filled filled,
              std::string text) {
    list_.items.push_back({number, topic, filled, std::move(text)});
    return *this;
  }
  Checklist list_;
};

const std::string no_model = "No model is trained: the trial judges features.";

Checklist clear(const ReportingFacts& f) {
  Filler list("CLEAR", "Kocak et al., Insights Imaging 14 (2023) 75");
  list.author("1", "title names radiomics and its kind", "Say: virtual imaging trial, CT.")
      .author("2", "structured abstract")
      .author("3", "keywords")
      .author("4", "background")
      .author("5", "why radiomics")
      .trial("6", "objective", f.objective)
      .author("7", "guidelines followed",
              "This list may be the supplement; reporting_items.csv "
              "holds it as a table.")
      .none("8", "ethics", "Simulated patients: no data of a person.")
      .trial("9", "sample size", f.sample)
      .trial("10", "kind of study",
             "A simulation with a design fixed before it ran: section Design.")
      .trial("11", "who is eligible", f.population)
      .author("12", "flowchart of the pipeline", "Section Design has its steps in words.")
      .trial("13", "source of the data", f.source)
      .none("14", "overlap with earlier data", "Patients are drawn anew from the seed.")
      .none("15", "split of the data", no_model)
      .trial("16", "imaging protocol", f.protocol)
      .none("17", "predictors that are not radiomic", no_model)
      .trial("18", "reference standard", f.truth)
      .trial("19", "segmentation", f.masks)
      .none("20", "who segmented", "Nobody: masks are the truth.")
      .trial("21", "preprocessing of the images",
             "Resampling: " + f.resampling + " Rounding: " + f.rounding + " Re-segmentation: " +
                 f.resegmentation + (f.preprocessing.empty() ? "" : " " + f.preprocessing))
      .trial("22", "resampling", f.resampling)
      .trial("23", "discretisation",
             f.discretisation + " " + f.bins + " First bin from: " + f.first_bin)
      .trial("24", "image types", f.filters)
      .trial("25", "how features are extracted", f.software)
      .trial("26", "feature classes", f.families)
      .trial("27", "number of features", f.number)
      .trial("28", "all other parameters",
             "Defaults of vitrine " VITRINE_VERSION
             "; the canonical "
             "scenario in manifest.json states every one. Aggregation: " +
                 f.aggregation)
      .trial("29", "missing data", f.missing)
      .none("30", "balance of classes", no_model);
  if (f.robustness.empty())
    list.author("31", "reliability of the segmentation",
                "Not studied here: add measure.perturbations, or say that masks are the truth.");
  else
    list.trial("31", "reliability of the segmentation", f.robustness);
  list.trial("32", "scaling of features", f.harmonisation.empty() ? "None." : f.harmonisation)
      .trial("33", "reduction of dimensions",
             f.redundancy.empty() ? "None." : "Nothing is removed; " + f.redundancy)
      .none("34", "algorithm of the model", no_model)
      .none("35", "training and tuning", no_model)
      .trial("36", "confounders",
             "Every patient is scanned in every arm, so that patients do not "
             "confound arms; `vitrine plan` names factors that cannot be told apart.")
      .none("37", "choice of the model", no_model)
      .none("38", "how a model is tested", no_model)
      .trial("39", "measures of performance", f.statistics)
      .trial("40", "uncertainty", f.intervals)
      .trial("41", "statistical comparison", f.comparison)
      .none("42", "comparison with other predictors", no_model)
      .author("43", "how results are explained")
      .trial("44", "baseline characteristics", "patients.csv, lesions.csv; section Lesions.")
      .none("45", "flowchart of eligibility", "All drawn patients are in; failures are listed.")
      .trial("46", "statistics of the features", f.reproducibility)
      .none("47", "performance of the model", no_model)
      .none("48", "comparison of models", no_model)
      .author("49", "main findings", "Start from the section Answer.")
      .author("50", "earlier work")
      .author("51", "practical meaning",
              f.decision.empty() ? "Yours to fill in." : "The decision: " + f.decision)
      .author("52", "strengths and limits", f.limits)
      .author("53", "sharing of images and masks", "images/ and masks/ may be shared; say where.")
      .author("54", "sharing of features", f.sharing + " Say where.")
      .author("55", "sharing of the settings", "The scenario file is all of them. Say where.")
      .none("56", "sharing of the model's code", no_model)
      .none("57", "sharing of the model", no_model)
      .none("58", "a system ready for use", no_model);
  return list.done();
}

Checklist metrics(const ReportingFacts& f) {
  return Filler("METRICS", "Kocak et al., Insights Imaging 15 (2024) 8")
      .trial("1", "a guideline is followed", "CLEAR and the IBSI's, filled in on this page.")
      .trial("2", "representative population", f.population)
      .trial("3", "reference standard", f.truth)
      .none("4", "several centres", "Simulated scanners: " + f.scanners)
      .author("5", "source fit for clinical use", "Say how the arms relate to clinical protocols.")
      .trial("6", "protocol with its parameters", f.protocol)
      .trial("7", "time between image and reference", "None: the truth is of the scanned object.")
      .trial("8", "segmentation described", f.masks)
      .none("9", "automatic segmentation judged", "Masks are the truth.")
      .trial("10", "one reader or tool for the test masks", "One: the truth.")
      .trial("11", "preprocessing",
             f.resampling + " " + f.rounding + " " + f.discretisation + " " + f.bins)
      .trial("12", "standard software", f.software)
      .trial("13", "parameters of the extraction",
             "manifest.json states every one. " + f.aggregation)
      .trial("14", "features that are not robust", f.reproducibility)
      .trial("15", "redundant features", f.redundancy)
      .none("16", "number of features against data", no_model)
      .none("17", "robustness of deep learning", "No deep learning.")
      .none("18", "split of the data", no_model)
      .trial("19", "confounders", "Every patient is scanned in every arm.")
      .trial("20", "measures fit for the task", f.statistics)
      .trial("21", "uncertainty", f.intervals)
      .none("22", "calibration", no_model)
      .none("23", "one kind of image", "CT alone.")
      .none("24", "comparison with what is not radiomic", no_model)
      .none("25", "comparison with simple models", no_model)
      .none("26", "internal test", no_model)
      .none("27", "external test", no_model)
      .author("28", "data available", f.sharing + " Say where.")
      .author("29", "code available",
              "The scenario file with the version of the program. Say where.")
      .none("30", "model available", no_model)
      .done();
}

Checklist ibsi(const ReportingFacts& f) {
  Filler list("IBSI", "Zwanenburg et al., arXiv:1612.07003, reporting guidelines");
  const std::string nobody = "Simulated patients.";
  list.trial("1", "region that is imaged", f.population.empty() ? "Section Design." : f.population)
      .none("2a", "instructions before", nobody)
      .none("2b", "drugs before", nobody)
      .none("2c", "equipment for comfort", nobody);
  for (const char* number : {"4a", "4b", "4c", "4d"}) {
    if (f.contrast.empty())
      list.none(number, "contrast agent", "None was given.");
    else
      list.trial(number, "contrast agent", f.contrast);
  }
  list.none("4e", "competing substances", nobody)
      .none("5", "comorbidities", nobody)
      .trial("6", "protocol", f.protocol)
      .trial("7", "scanners", f.scanners)
      .trial("8", "modality", "CT, simulated.")
      .trial("9a", "static or dynamic",
             f.contrast.empty() ? "Static." : "Static scans at the delays stated.")
      .trial("10", "calibration", f.calibration)
      .trial("11", "instructions during the scan", f.motion)
      .trial("12", "correction of motion", "None.")
      .trial("13", "duration", f.duration)
      .trial("14", "tube voltage", f.voltage)
      .trial("15", "tube current", f.load)
      .trial("28", "resolution in the plane", f.in_plane)
      .trial("29", "slice thickness", f.thickness)
      .trial("30", "distance of slices", f.spacing)
      .trial("31a", "kernel", f.kernel)
      .trial("31b", "reconstruction", f.algorithm + " " + f.correction)
      .trial("31c", "exposure", f.load)
      .none("37", "registration", "One modality; masks are on the grid of the images.")
      .trial("40", "other conversions", f.conversions.empty() ? "None." : f.conversions)
      .trial("41", "anti-aliasing", "No filter before images are resampled.")
      .trial("42", "noise suppression", f.denoising)
      .trial("46", "normalisation of intensities",
             f.conversions.empty() ? "None: HU." : "None: HU, or mg/ml of a material.")
      .trial("47", "other processing", f.processing)
      .trial("48a", "segmentation", f.masks)
      .none("48b", "experts", "None.")
      .trial("48c", "automatic methods", "None: the truth.")
      .trial("48d", "image that was segmented", "None: the object itself.")
      .trial("49", "from contour to mask",
             "A voxel belongs to the mask if the lesion fills half of "
             "it or more.");
  const auto of_grid = [&](const char* number, const char* topic, const std::string& text) {
    if (f.resampled)
      list.trial(number, topic, text);
    else
      list.none(number, topic, "Images are not resampled.");
  };
  list.trial("50a", "interpolation of the image", f.resampling);
  of_grid("50b", "position of the grid", "Centres of both grids agree.");
  of_grid("50c", "size of the grid", "Size of the image over the new spacing, rounded up.");
  of_grid("50d", "beyond the image",
          "The edge voxels of the image continue outwards; the mask is empty there.");
  of_grid("51", "voxels after interpolation", f.resampling);
  list.trial("52", "rounding", f.rounding);
  of_grid("53", "interpolation of the mask", "Linear.");
  of_grid("54", "partly masked voxels", "Inside from 0.5.");
  list.trial("55", "re-segmentation", f.resegmentation)
      .trial("56a", "discretisation", f.discretisation)
      .trial("56b", "bins", f.bins)
      .trial("56c", "first bin from", f.first_bin)
      .trial("57", "filters", f.filters)
      .trial("58", "set of features", f.families + "; IBSI codes in stability.csv.")
      .trial("59", "compliance", f.software)
      .trial("60", "robustness",
             f.reproducibility + (f.robustness.empty() ? "" : " " + f.robustness))
      .trial("61", "software", f.software)
      .trial("62", "aggregation of matrices", f.aggregation);
  const auto of_family = [&](const char* number, const char* topic, const char* family,
                             const std::string& text) {
    if (std::ranges::find(f.measured_families, family) != f.measured_families.end())
      list.trial(number, topic, text);
    else
      list.none(number, topic, str("No feature of ", family, " is measured."));
  };
  const bool runs = std::ranges::find(f.measured_families, "glrlm") != f.measured_families.end();
  of_family("63", "weights of distances", runs ? "glrlm" : "glcm", "None.");
  of_family("64", "symmetry of co-occurrence", "glcm", "Symmetric.");
  of_family("65", "distance of co-occurrence", "glcm", "1 (Chebyshev).");
  of_family("66", "linkage of size zones", "glszm", "1 (Chebyshev).");
  of_family("67", "linkage of distance zones", "gldzm", "1 (Chebyshev).");
  of_family("68", "distance to the border", "gldzm",
            "Manhattan, to outside the mask as it is before re-segmentation.");
  of_family("69", "neighbourhood of NGTDM", "ngtdm", "1 (Chebyshev).");
  of_family("70", "neighbourhood of NGLDM", "ngldm", "1 (Chebyshev).");
  of_family("71", "coarseness of NGLDM", "ngldm", "0.");
  list.none("72", "models", no_model)
      .none("73", "comparison with known factors", no_model)
      .trial("74", "collinearity", f.redundancy)
      .none("75", "model available", no_model)
      .author("76", "data available", f.sharing + " Say where.");
  return list.done();
}

}  // namespace

std::vector<report::Checklist> reporting_items(const ReportingFacts& facts) {
  return {clear(facts), metrics(facts), ibsi(facts)};
}

}  // namespace vitrine::cli
