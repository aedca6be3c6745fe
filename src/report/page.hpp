#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vitrine/core/table.hpp"
#include "vitrine/evaluation/harmonisation.hpp"
#include "vitrine/evaluation/preprocessing.hpp"
#include "vitrine/evaluation/robustness.hpp"
#include "vitrine/evaluation/signal_ladder.hpp"
#include "vitrine/evaluation/stability.hpp"
#include "vitrine/evaluation/study_variance.hpp"
#include "vitrine/evaluation/verdict.hpp"
#include "vitrine/report/checklist.hpp"
#include "vitrine/report/line_chart.hpp"
#include "vitrine/report/measured.hpp"

/// The report: what a trial found, as one page that opens without a network.
namespace vitrine::report {

/// A name and what it is, as in a list of settings. Plain text: the page escapes it.
struct Fact {
  std::string name, value;
};

/// One place of a sheet: the same view in every display window, or one image where there is none.
struct Panel {
  std::string title;                ///< the arm
  std::string note;                 ///< what else to know, for instance "noise 14 HU"
  std::vector<std::string> images;  ///< data URIs, one per Page::windows, or exactly one
};

/// Images side by side.
struct Sheet {
  std::string title;
  std::string caption;  ///< what is shown, and on which grey scale
  std::vector<Panel> panels;
  bool small = false;  ///< narrow columns: crops of lesions
};

/// Slices of one arm one below the other, as codes of HU (stack_levels in figures.hpp).
struct Stack {
  std::string title, note;  ///< as of a Panel
  std::string image;        ///< data URI of a grey picture, `slices` squares high
};

/// The same slices in every arm, which the reader pages through and windows together.
struct Stacks {
  std::string caption;
  int slices = 0;
  double edge_mm = 0.0, slice_mm = 0.0;  ///< of a square, and from one slice to the next
  std::vector<Stack> arms;               ///< empty: none were drawn
};

/// What one preprocessing made of the features.
struct Preprocessed {
  std::string name, steps;  ///< steps in words
  std::vector<evaluation::PreprocessedFeature> features;
};

/// What harmonising by one method came to, judged by one truth.
struct Harmonised {
  std::string method;  ///< a way of ComBat, or the name of a preprocessing
  std::string batch;   ///< whose levels ComBat brings together; empty: a preprocessing
  std::string truth;
  std::string refused;  ///< why nothing was harmonised, or ""
  std::vector<evaluation::HarmonisedFeature> features;
};

/// Image quality of a test phantom; no rows and no charts: it was not asked for.
struct Quality {
  struct Figure {
    LineChart chart;
    std::string caption;
  };
  std::string subject;          ///< whose images these are: a case
  Table arms;                   ///< one row per arm: resolution, noise, uniformity, slice profile
  std::vector<Figure> figures;  ///< one curve per arm
  Table inserts;                ///< CT numbers of the inserts: one row per arm, the truth first
};

/// Everything the report says. Plain data; texts are escaped, tables keep their order.
struct Page {
  std::string title;  ///< name of the trial
  std::string question, decision, population;
  std::string unfinished;           ///< what is missing of the trial; empty: nothing
  evaluation::Tolerance tolerance;  ///< what `verdicts` are held against
  std::vector<evaluation::FeatureVerdict> verdicts;  ///< empty: the context was not judged

  std::vector<Fact> asked;  ///< the scenario in words: patients, arms, what was measured
  std::string scenario;     ///< its canonical echo, shown folded
  Table arms;               ///< one row per arm: scanner, kernel, mAs, CTDIvol, noise, photons
  Table sites;              ///< one row a site: its drawn deviations; empty without sites
  Table lesions;            ///< what is true about every lesion
  Table visits;             ///< true response at every visit; empty without follow-up
  Table contrast;           ///< enhancement in every scan; empty without contrast medium
  std::vector<std::string> windows;  ///< names of the display windows, first one shown
  std::vector<Sheet> sheets;
  Stacks stacks;

  Quality quality;

  std::vector<std::string> arm_names;  ///< of StabilityRow::arm_bias
  std::vector<evaluation::StabilityRow> stability;
  std::vector<evaluation::ArmFactor> factors;  ///< in which the arms differ; empty: not known
  Measured measured;  ///< features in the order of `stability`; empty: nothing to draw
  std::vector<evaluation::FeatureVariance> variances;  ///< empty without variance components
  std::vector<Preprocessed> preprocessed;              ///< empty without preprocessing
  std::vector<Harmonised> harmonised;                  ///< empty without harmonisation
  std::optional<evaluation::SignalLadder> signal;      ///< none without a known signal
  /// The statistics of one stratum's patients alone.
  struct Stratum {
    std::string name;
    std::size_t patients = 0;
    std::vector<evaluation::StabilityRow> rows;  ///< one per feature
  };
  std::vector<Stratum> strata;                        ///< empty without strata
  std::vector<evaluation::RobustnessRow> robustness;  ///< empty without perturbed masks
  Table masks;  ///< what perturbations made of the masks: one row a perturbation

  Table failures;                     ///< cases and stages that failed; empty: none did
  std::vector<std::string> limits;    ///< what a reader must know before believing this
  std::vector<Fact> provenance;       ///< fingerprint, seed, versions, instruction set
  std::vector<Checklist> checklists;  ///< of reporting guidelines
  Table files;                        ///< name and SHA-256 of each file that belongs to the result
};

/// The page as HTML: styles, scripts, chart library and images are inside, nothing is fetched.
///
/// The same page gives the same bytes. Without scripts every table, image and window switch still
/// works; charts, sorting and filters need them. Throws Error (data) if an image is not a data URI
/// or a panel's images do not match the windows.
std::string render(const Page& page);

}  // namespace vitrine::report
