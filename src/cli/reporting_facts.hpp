#pragma once
#include <string>
#include <vector>

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
  std::string calibration;    ///< of the images' values
  std::string conversions;    ///< of images into others; empty: none
  std::string processing;     ///< of lines and images, beside the reconstruction
  std::string truth;          ///< the reference standard
  std::string masks;          ///< segmentation
  std::string robustness;     ///< of features against the masks
  std::string preprocessing;  ///< under test; empty: none
  std::string resampling, rounding, resegmentation, discretisation, bins, first_bin, filters;
  bool resampled = false;  ///< images are interpolated before features are measured
  std::string families, number, aggregation;
  std::vector<std::string> measured_families;  ///< their names
  std::string missing, statistics, comparison, intervals, reproducibility, harmonisation;
  std::string redundancy;
  std::string software, sharing, limits;
};

ReportingFacts reporting_facts(const trial::Plan& plan, const trial::TrialResult& result,
                               const trial::Analysis& analysis);

}  // namespace vitrine::cli
