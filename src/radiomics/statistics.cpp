#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/radiomics/detail/families.hpp"
#include "vitrine/radiomics/detail/sample.hpp"

namespace vitrine::radiomics {
namespace {

/// Intensities of the region.
Sample sample_of(const Region& region) {
  std::vector<float> values = region.hu;
  std::sort(values.begin(), values.end());
  return Sample(std::move(values));
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
  append<Sample>(table, sample_of(region), out);
}

}  // namespace

constinit const Family statistics_family{
    {"statistics", "UHIW", "intensities of the region, before discretisation"},
    features,
    extract_family};

}  // namespace vitrine::radiomics
