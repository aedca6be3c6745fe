#pragma once
#include <string>
#include <vector>

#include "vitrine/radiomics/filters/filter.hpp"
#include "vitrine/radiomics/settings.hpp"

/// IBSI 2, the benchmark of image filters (Zwanenburg et al., arXiv:2006.05470; Whybra et al.,
/// Radiology 310 (2024) e231319): the filters that this build has.
namespace vitrine::radiomics::ibsi {

/// Phase 1: a filter on a phantom, whose response map is compared with the reference map.
struct ResponseTest {
  std::string id;       ///< `3.a.2`
  std::string phantom;  ///< `checkerboard`
  Pick<ImageFilter> filter;
};
std::vector<ResponseTest> response_tests();

/// Phase 2: a filter on the prepared CT phantom, in whose region statistics are computed.
struct FilteredBenchmark {
  std::string id;  ///< `4.B`
  Settings settings;
  Pick<ImageFilter> filter;
};
std::vector<FilteredBenchmark> filtered_benchmarks();

/// Largest difference between two maps in percent of the reference's range.
double difference_percent(const Image& map, const Image& reference);

}  // namespace vitrine::radiomics::ibsi
