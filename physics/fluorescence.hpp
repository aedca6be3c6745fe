#pragma once
#include <vector>

#include "vitrine/model/material.hpp"

namespace vitrine::physics {

/// A group of K fluorescence lines of one element of a material (K alpha or K beta).
struct KLine {
  int atomic_number = 0;
  double edge = 0.0;    ///< keV: photons below it make none
  double energy = 0.0;  ///< keV, mean of the group
  /// Of photons absorbed by the element above its edge, those that end in this line: the K shell's
  /// share of the absorption (1 - 1 / jump ratio), times its fluorescence yield, times the line's
  /// share of the K lines.
  double yield = 0.0;
};

/// The K lines of a material's elements above 1 keV (xraylib 4).
std::vector<KLine> k_lines(const Material& material);

}  // namespace vitrine::physics
