#pragma once
#include "vitrine/trial/analysis.hpp"

namespace vitrine::cli {

/// What a trial knows of itself, as sentences for the items of reporting guidelines. Empty: it does
/// not know, or there is none.
struct ReportingFacts {
  std::string objective, decision, population;
  std::string sample;         ///< patients and lesions, and how precise that makes the answer
  std::string source;         ///< of the data
  std::string scanners;       ///< and that they are models
  std::string protocol;       ///< how images are acquired
  std::string voltage, load;  ///< of the tube
  std::string in_plane, thickness, spacing;
  std::string kernel, algorithm, correction, denoising, motion, duration, contrast;
  std::string truth;       ///< the reference standard
  std::string masks;       ///< segmentation
  std::string robustness;  ///< of features against the masks
  std::string resampling, rounding, resegmentation, discretisation, bins, first_bin, filters;
  std::string families, number, aggregation;
  std::string missing, statistics, intervals, reproducibility, harmonisation, redundancy;
  std::string software, sharing, limits;
};

ReportingFacts reporting_facts(const trial::Plan& plan, const trial::TrialResult& result,
                               const trial::Analysis& analysis);

}  // namespace vitrine::cli
