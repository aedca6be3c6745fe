#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::radiomics::pyradiomics {

/// Wavelets whose filters are known here, by their names in PyWavelets.
const std::vector<std::string>& wavelet_names();

/// Decomposition filters of a wavelet, of even length.
struct WaveletFilters {
  std::vector<double> low, high;
};
WaveletFilters wavelet_filters(std::string_view name);

}  // namespace vitrine::radiomics::pyradiomics
