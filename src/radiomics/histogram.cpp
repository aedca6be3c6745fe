#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/detail/families.hpp"
#include "vitrine/radiomics/detail/sample.hpp"

namespace vitrine::radiomics {
namespace {

/// Voxels of every grey level from 1 to N_g, empty ones too; level i is at i - 1.
std::vector<Index> counts_of(const Region& region, const Levels& levels) {
  std::vector<Index> counts(static_cast<std::size_t>(levels.count), 0);
  for (const std::int32_t v : region.voxels)
    ++counts[levels.volume[static_cast<std::size_t>(v)] - 1u];
  return counts;
}

std::vector<float> ascending(const std::vector<Index>& counts) {
  std::vector<float> values;
  for (std::size_t i = 0; i < counts.size(); ++i)
    values.insert(values.end(), static_cast<std::size_t>(counts[i]), float(i + 1));
  return values;
}

/// Slope of the histogram at a level, and that level.
struct Slope {
  double value = 0, level = 0;
};

/// Grey levels as numbers, and how often each occurs.
struct Histogram {
  explicit Histogram(std::vector<Index> voxels)
      : counts(std::move(voxels)), levels(ascending(counts)) {
    const double n = double(levels.sorted.size());
    for (const Index count : counts) {
      if (count == 0) continue;
      const double p = double(count) / n;
      entropy -= p * math::log2(p);
      uniformity += p * p;
    }
    find_mode();
    if (counts.size() > 1) find_slopes();
  }

  std::vector<Index> counts;
  Sample levels;
  double mode = 1, entropy = 0, uniformity = 0;
  Slope steepest_rise, steepest_fall;

 private:
  /// The most frequent level; of several, the one nearest to the mean, then the lower one.
  void find_mode() {
    const Index most = *std::max_element(counts.begin(), counts.end());
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const double distance = std::abs(double(i + 1) - levels.mean);
      if (counts[i] != most || distance >= nearest) continue;
      nearest = distance;
      mode = double(i + 1);
    }
  }
  /// Central differences, one-sided at the ends; of equal slopes the lowest level's.
  void find_slopes() {
    const std::size_t last = counts.size() - 1;
    for (std::size_t i = 0; i <= last; ++i) {
      const std::size_t below = i == 0 ? 0 : i - 1, above = std::min(i + 1, last);
      const double slope = double(counts[above] - counts[below]) / double(above - below);
      if (i == 0 || slope > steepest_rise.value) steepest_rise = {slope, double(i + 1)};
      if (i == 0 || slope < steepest_fall.value) steepest_fall = {slope, double(i + 1)};
    }
  }
};

template <Slope Histogram::*slope, double Slope::*what>
Result gradient(const Histogram& h) {
  if (h.counts.size() < 2) return Result::undefined(reason::flat_region);
  return h.*slope.*what;
}

using Row = Feature<Histogram>;
constexpr std::array table{
    Row{{"histogram", "histogram.mean", "X6K6", "1", "sum of grey levels / N"},
        [](const Histogram& h) -> Result { return h.levels.mean; }},
    Row{{"histogram", "histogram.variance", "CH89", "1", "sum (level - mean)^2 / N"},
        [](const Histogram& h) -> Result { return h.levels.variance; }},
    Row{{"histogram", "histogram.skewness", "88K1", "1", "third central moment / variance^1.5"},
        [](const Histogram& h) { return skewness(h.levels); }},
    Row{{"histogram", "histogram.kurtosis", "C3I7", "1", "fourth central moment / variance^2 - 3"},
        [](const Histogram& h) { return kurtosis(h.levels); }},
    Row{{"histogram", "histogram.median", "WIFQ", "1", "50th percentile of levels"},
        [](const Histogram& h) -> Result { return h.levels.quantile(0.5); }},
    Row{{"histogram", "histogram.minimum", "1PR8", "1", "lowest level"},
        [](const Histogram& h) -> Result { return h.levels.sorted.front(); }},
    Row{{"histogram", "histogram.percentile_10", "GPMT", "1", "10th percentile of levels"},
        [](const Histogram& h) -> Result { return h.levels.quantile(0.1); }},
    Row{{"histogram", "histogram.percentile_90", "OZ0C", "1", "90th percentile of levels"},
        [](const Histogram& h) -> Result { return h.levels.quantile(0.9); }},
    Row{{"histogram", "histogram.maximum", "3NCY", "1", "highest level"},
        [](const Histogram& h) -> Result { return h.levels.sorted.back(); }},
    Row{{"histogram", "histogram.mode", "AMMC", "1",
         "most frequent level; of several the one nearest to the mean"},
        [](const Histogram& h) -> Result { return h.mode; }},
    Row{{"histogram", "histogram.interquartile_range", "WR0O", "1", "P75 - P25"},
        [](const Histogram& h) -> Result {
          return h.levels.quantile(0.75) - h.levels.quantile(0.25);
        }},
    Row{{"histogram", "histogram.range", "5Z3W", "1", "maximum - minimum"},
        [](const Histogram& h) -> Result {
          return double(h.levels.sorted.back()) - h.levels.sorted.front();
        }},
    Row{{"histogram", "histogram.mean_absolute_deviation", "D2ZX", "1", "sum |level - mean| / N"},
        [](const Histogram& h) -> Result { return h.levels.mean_distance_to(h.levels.mean); }},
    Row{{"histogram", "histogram.robust_mean_absolute_deviation", "WRZB", "1",
         "mean absolute deviation of P10 <= level <= P90"},
        [](const Histogram& h) -> Result { return robust_mean_absolute_deviation(h.levels); }},
    Row{{"histogram", "histogram.median_absolute_deviation", "4RNL", "1",
         "sum |level - median| / N"},
        [](const Histogram& h) -> Result {
          return h.levels.mean_distance_to(h.levels.quantile(0.5));
        }},
    Row{{"histogram", "histogram.coefficient_of_variation", "CWYJ", "1",
         "standard deviation / mean"},
        [](const Histogram& h) { return coefficient_of_variation(h.levels); }},
    Row{{"histogram", "histogram.quartile_coefficient_of_dispersion", "SLWD", "1",
         "(P75 - P25) / (P75 + P25)"},
        [](const Histogram& h) { return quartile_coefficient_of_dispersion(h.levels); }},
    Row{{"histogram", "histogram.entropy", "TLU2", "bit", "-sum p log2 p, p = count / N"},
        [](const Histogram& h) -> Result { return h.entropy; }},
    Row{{"histogram", "histogram.uniformity", "BJ5W", "1", "sum p^2"},
        [](const Histogram& h) -> Result { return h.uniformity; }},
    Row{{"histogram", "histogram.maximum_gradient", "12CE", "1",
         "largest (count(i + 1) - count(i - 1)) / 2; one-sided at the ends"},
        gradient<&Histogram::steepest_rise, &Slope::value>},
    Row{{"histogram", "histogram.maximum_gradient_level", "8E6O", "1", "where that is"},
        gradient<&Histogram::steepest_rise, &Slope::level>},
    Row{{"histogram", "histogram.minimum_gradient", "VQB3", "1",
         "smallest (count(i + 1) - count(i - 1)) / 2; one-sided at the ends"},
        gradient<&Histogram::steepest_fall, &Slope::value>},
    Row{{"histogram", "histogram.minimum_gradient_level", "RHQZ", "1", "where that is"},
        gradient<&Histogram::steepest_fall, &Slope::level>},
};

std::vector<const FeatureInfo*> features() { return infos_of<Histogram>(table); }

void extract_family(Subject& subject, std::vector<FeatureValue>& out) {
  const Region& region = subject.region;
  if (region.voxels.empty()) return append_undefined<Histogram>(table, region.no_intensity, out);
  const Levels& levels = subject.levels();
  if (levels.overflow) return append_undefined<Histogram>(table, reason::too_many_levels, out);
  append<Histogram>(table, Histogram(counts_of(region, levels)), out);
}

}  // namespace

constinit const Family histogram_family{
    {"histogram", "ZVCW", "grey levels of the region, after discretisation"},
    features,
    extract_family};

}  // namespace vitrine::radiomics
