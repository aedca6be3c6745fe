#pragma once
#include <span>
#include <string_view>
#include <vector>

namespace vitrine::radiomics {

/// An orthogonal wavelet by the filter that makes it.
struct WaveletFamily {
  std::string_view name;             ///< `db3` has 3 vanishing moments, 6 coefficients
  std::span<const double> low_pass;  ///< of the decomposition; even in number, sum sqrt(2)
};

/// Haar, Daubechies, symlets and Coiflets.
std::span<const WaveletFamily> wavelet_families();
/// One of them, which there must be.
const WaveletFamily& wavelet_family(std::string_view name);

/// The quadrature mirror of a low-pass filter: the same numbers from the end, with alternating
/// signs, the first one changed.
std::vector<double> high_pass(std::span<const double> low_pass);

}  // namespace vitrine::radiomics
