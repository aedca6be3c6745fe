#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/radiomics/detail/families.hpp"

namespace vitrine::radiomics {
namespace {

/// Intensities of the region, sorted, and their central moments (population, 1/N).
struct Sample {
  explicit Sample(const Region& region) : sorted(region.hu.begin(), region.hu.end()) {
    std::sort(sorted.begin(), sorted.end());
    const double n = double(sorted.size());
    for (const float x : sorted) sum += x;
    mean = sum / n;
    for (const float x : sorted) {
      const double d = x - mean, d2 = d * d;
      variance += d2;
      third += d2 * d;
      fourth += d2 * d2;
      energy += double(x) * double(x);
    }
    variance /= n;
    third /= n;
    fourth /= n;
    flat = sorted.front() == sorted.back();
  }

  /// Linear between order statistics: the p-quantile of N values is at position p (N - 1).
  double quantile(double p) const {
    const double at = p * double(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (at - double(below)) * (double(sorted[above]) - double(sorted[below]));
  }
  double mean_distance_to(double centre) const {
    double total = 0;
    for (const float x : sorted) total += std::abs(x - centre);
    return total / double(sorted.size());
  }

  std::vector<float> sorted;
  double sum = 0, mean = 0, variance = 0, third = 0, fourth = 0, energy = 0;
  bool flat = false;
};

/// Mean absolute deviation of the values from the 10th to the 90th percentile, both included.
double robust_mean_absolute_deviation(const Sample& x) {
  const double low = x.quantile(0.1), high = x.quantile(0.9);
  double sum = 0, deviation = 0;
  Index n = 0;
  for (const float v : x.sorted)
    if (v >= low && v <= high) {
      sum += v;
      ++n;
    }
  if (n == 0) return 0;  // two far values and nothing between the percentiles
  const double mean = sum / double(n);
  for (const float v : x.sorted)
    if (v >= low && v <= high) deviation += std::abs(v - mean);
  return deviation / double(n);
}

Result skewness(const Sample& x) {
  if (x.flat) return Result::undefined(reason::flat_region);
  return x.third / (x.variance * std::sqrt(x.variance));
}

Result kurtosis(const Sample& x) {
  if (x.flat) return Result::undefined(reason::flat_region);
  return x.fourth / (x.variance * x.variance) - 3;
}

Result coefficient_of_variation(const Sample& x) {
  if (x.mean == 0) return Result::undefined(reason::zero_mean);
  return std::sqrt(x.variance) / x.mean;
}

Result quartile_coefficient_of_dispersion(const Sample& x) {
  const double low = x.quantile(0.25), high = x.quantile(0.75);
  if (low + high == 0) return Result::undefined(reason::zero_mean);
  return (high - low) / (high + low);
}

using Row = Feature<Sample>;
constexpr std::array table{
    Row{{"statistics", "statistics.mean", "Q4LE", "HU", "sum x / N"},
        [](const Sample& x) -> Result { return x.mean; }},
    Row{{"statistics", "statistics.variance", "ECT3", "HU^2", "sum (x - mean)^2 / N"},
        [](const Sample& x) -> Result { return x.variance; }},
    Row{{"statistics", "statistics.skewness", "KE2A", "1", "third central moment / variance^1.5"},
        skewness},
    Row{{"statistics", "statistics.kurtosis", "IPH6", "1",
         "fourth central moment / variance^2 - 3"},
        kurtosis},
    Row{{"statistics", "statistics.median", "Y12H", "HU", "50th percentile"},
        [](const Sample& x) -> Result { return x.quantile(0.5); }},
    Row{{"statistics", "statistics.minimum", "1GSF", "HU", "smallest x"},
        [](const Sample& x) -> Result { return x.sorted.front(); }},
    Row{{"statistics", "statistics.percentile_10", "QG58", "HU", "10th percentile"},
        [](const Sample& x) -> Result { return x.quantile(0.1); }},
    Row{{"statistics", "statistics.percentile_90", "8DWT", "HU", "90th percentile"},
        [](const Sample& x) -> Result { return x.quantile(0.9); }},
    Row{{"statistics", "statistics.maximum", "84IY", "HU", "largest x"},
        [](const Sample& x) -> Result { return x.sorted.back(); }},
    Row{{"statistics", "statistics.interquartile_range", "SALO", "HU", "P75 - P25"},
        [](const Sample& x) -> Result { return x.quantile(0.75) - x.quantile(0.25); }},
    Row{{"statistics", "statistics.range", "2OJQ", "HU", "maximum - minimum"},
        [](const Sample& x) -> Result { return double(x.sorted.back()) - x.sorted.front(); }},
    Row{{"statistics", "statistics.mean_absolute_deviation", "4FUA", "HU", "sum |x - mean| / N"},
        [](const Sample& x) -> Result { return x.mean_distance_to(x.mean); }},
    Row{{"statistics", "statistics.robust_mean_absolute_deviation", "1128", "HU",
         "mean absolute deviation of P10 <= x <= P90"},
        [](const Sample& x) -> Result { return robust_mean_absolute_deviation(x); }},
    Row{{"statistics", "statistics.median_absolute_deviation", "N72L", "HU",
         "sum |x - median| / N"},
        [](const Sample& x) -> Result { return x.mean_distance_to(x.quantile(0.5)); }},
    Row{{"statistics", "statistics.coefficient_of_variation", "7TET", "1",
         "standard deviation / mean"},
        coefficient_of_variation},
    Row{{"statistics", "statistics.quartile_coefficient_of_dispersion", "9S40", "1",
         "(P75 - P25) / (P75 + P25)"},
        quartile_coefficient_of_dispersion},
    Row{{"statistics", "statistics.energy", "N8CA", "HU^2", "sum x^2"},
        [](const Sample& x) -> Result { return x.energy; }},
    Row{{"statistics", "statistics.root_mean_square", "5ZWQ", "HU", "sqrt(sum x^2 / N)"},
        [](const Sample& x) -> Result { return std::sqrt(x.energy / double(x.sorted.size())); }},
};

std::vector<const FeatureInfo*> features() { return infos_of<Sample>(table); }

void extract_family(Subject& subject, std::vector<FeatureValue>& out) {
  const Region& region = subject.region;
  if (region.voxels.empty()) return append_undefined<Sample>(table, region.no_intensity, out);
  append<Sample>(table, Sample(region), out);
}

}  // namespace

constinit const Family statistics_family{
    {"statistics", "UHIW", "intensities of the region, before discretisation"},
    features,
    extract_family};

}  // namespace vitrine::radiomics
