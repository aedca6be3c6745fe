#pragma once
#include <functional>
#include <string>
#include <vector>

#include "vitrine/trial/arm.hpp"

namespace vitrine::trial::detail {

/// One thing in which arms may differ, described once: its levels, and what a level does to an arm.
struct Factor {
  std::string key;                  ///< as in `vary`, or `scanner`
  std::vector<std::string> levels;  ///< of all scanners, each once, as people read them
  std::vector<std::string> tags;    ///< of the levels, in the names of arms
  /// What the arms of each scanner choose from, as designs number it: [scanner][protocol]; of all
  /// protocols alike many.
  std::vector<std::vector<std::vector<std::size_t>>> on;
  std::function<void(Arm&, std::size_t level)> set;
  std::function<bool(const ArmSelector&, const Arm&)> selected;  ///< by a selector, or not named
  std::function<std::string(const ArmSelector&)> wanted;         ///< the selector's level; or empty
  bool always_named = false;                                     ///< even if it has one level
  bool of_scan = false;  ///< a scan differs in it, not only the image
  int place = 0;         ///< in the names
};

/// All factors, in the order in which a full factorial design nests them: the scanner first, then
/// the protocol.
std::vector<Factor> factors_of(const Arms& arms);

/// If an arm has the levels that a selector names.
bool has_levels(const std::vector<Factor>& factors, const Arm& arm, const ArmSelector& selector);

/// What a design makes of them.
DesignSpace space_of(const Arms& arms, const std::vector<Factor>& factors, std::uint64_t seed);

}  // namespace vitrine::trial::detail
