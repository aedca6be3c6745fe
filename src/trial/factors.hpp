#pragma once
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "vitrine/recon/algorithm.hpp"
#include "vitrine/recon/kernel.hpp"

namespace vitrine::trial {

/// What arms may differ in beside their scanner: levels of each factor, as `In` holds them.
template <template <class> class In>
struct FactorValues {
  In<std::string> protocol;  ///< names
  In<Pick<recon::Kernel>> kernel;
  In<Pick<recon::Algorithm>> algorithm;
  In<double> tube_voltage, tube_load, slice_thickness, contrast_delay;  ///< keV, mAs, mm, s
  In<std::string> bins;         ///< of several energies, and spectral images
  In<std::string> corrections;  ///< none, all: whether the protocol's are made
  In<double> motion;            ///< strengths: 0 still, 1 as the protocol says
  In<double> noise_reduction;   ///< shares, in place of the protocol's denoise.reduction

  auto each() { return tied(*this); }
  auto each() const { return tied(*this); }

 private:
  template <class Self>
  static auto tied(Self& x) {
    return std::tie(x.protocol, x.kernel, x.algorithm, x.tube_voltage, x.tube_load,
                    x.slice_thickness, x.contrast_delay, x.bins, x.corrections, x.motion,
                    x.noise_reduction);
  }
};

template <class T>
using Levels = std::vector<T>;
template <class T>
using Level = std::optional<T>;

/// Levels of each factor; an empty list leaves the protocol's value.
struct Factors : FactorValues<Levels> {
  static const Schema<Factors>& schema();
};

/// One arm by its levels; what is missing is the protocol's, and the scanner the first.
struct ListedArm : FactorValues<Level> {
  std::string scanner;
  static const Schema<ListedArm>& schema();
};

/// Names one arm by the levels that distinguish it; of what is left out, the first arm's.
struct ArmSelector {
  std::string scanner, protocol, kernel, algorithm, bins, corrections;
  std::optional<double> tube_voltage, tube_load, slice_thickness, contrast_delay, motion,
      noise_reduction;
  bool operator==(const ArmSelector&) const = default;
  static const Schema<ArmSelector>& schema();
};

/// `with` wherever it names levels, `base` elsewhere.
Factors replaced(const Factors& base, const Factors& with);

}  // namespace vitrine::trial
