#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "vitrine/core/isa.hpp"

namespace vitrine::bench {

/// What a run says of itself beside its time: seconds of its parts, memory.
using Parts = std::vector<std::pair<std::string, double>>;

/// One piece of work whose time is known to matter (docs/developers/performance.md).
struct Item {
  std::string name, what;
  double work = 0.0;                                  ///< how many units one run does
  std::string unit;                                   ///< `rays`, `voxel views`, ...
  std::function<std::function<void()>(Isa)> prepare;  ///< set up once; the result is one timed run
  /// A whole chain from nothing, first touch of its memory included: run without warming up.
  bool whole = false;
  std::shared_ptr<Parts> parts = {};  ///< of the last run
};

std::vector<Item> projection_items();
std::vector<Item> reconstruction_items();
/// Matched voxel projectors: Joseph forward, `b` back, `d` distance-driven forward.
std::vector<Item> voxel_items();
/// Filtered back projection of slices and of a cone, W4's helix, a slice from photons to HU.
std::vector<Item> slice_items();
/// Whole scans of a chest with their reconstruction.
std::vector<Item> chest_items();
/// The same chest again: another kernel, another dose, a lesion's box.
std::vector<Item> again_items();
/// An iteration of iterative reconstruction against the projections that it is made of.
std::vector<Item> iterative_items();
/// What each effect of W8b costs.
std::vector<Item> effect_items();
std::vector<Item> feature_items();
/// Variance components of a table of features.
std::vector<Item> statistics_items();
/// Photon histories of the Monte Carlo.
std::vector<Item> carlo_items();
/// Whole trials: a patient through all arms, and many tiny cases.
std::vector<Item> trial_items();
/// A finished trial's images as DICOM.
std::vector<Item> export_items();

}  // namespace vitrine::bench
