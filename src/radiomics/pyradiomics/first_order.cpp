#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/detail/sample.hpp"
#include "vitrine/radiomics/pyradiomics/detail/classes.hpp"

namespace vitrine::radiomics::pyradiomics {
namespace {

/// What the first-order features need: the intensities and how many have each grey level.
struct Intensities : SampleOf<double> {
  explicit Intensities(const Specimen& specimen);

  double shifted_energy = 0;  ///< sum (x + voxelArrayShift)^2
  double voxel_volume = 0;    ///< mm^3
  double entropy = 0;         ///< of the grey levels, bit
  double uniformity = 0;
  bool has_levels = true;  ///< there are not too many
};

std::vector<double> ascending(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values;
}

Intensities::Intensities(const Specimen& specimen)
    : SampleOf(ascending(specimen.values)),
      voxel_volume(specimen.region.grid.voxel_volume()),
      has_levels(!specimen.levels.overflow) {
  const double shift = double(specimen.settings.voxel_array_shift);
  for (const double x : sorted) shifted_energy += (x + shift) * (x + shift);
  if (!has_levels) return;
  std::vector<double> counts(static_cast<std::size_t>(specimen.levels.count) + 1, 0.0);
  for (const std::int32_t v : specimen.region.voxels)
    ++counts[specimen.levels.volume[static_cast<std::size_t>(v)]];
  for (const double n : counts) {
    if (n == 0) continue;
    const double p = n / double(sorted.size());
    entropy -= p * math::log2(p);
    uniformity += p * p;
  }
}

Result of_levels(const Intensities& x, double value) {
  return x.has_levels ? Result(value) : Result::undefined(reason::too_many_levels);
}

using State = FeatureName::State;
using R = Row<Intensities>;
constexpr std::array table{
    R{{"10Percentile"}, [](const Intensities& x) -> Result { return x.quantile(0.1); }},
    R{{"90Percentile"}, [](const Intensities& x) -> Result { return x.quantile(0.9); }},
    R{{"Energy"}, [](const Intensities& x) -> Result { return x.shifted_energy; }},
    R{{"Entropy"}, [](const Intensities& x) { return of_levels(x, x.entropy); }},
    R{{"InterquartileRange"},
      [](const Intensities& x) -> Result { return x.quantile(0.75) - x.quantile(0.25); }},
    R{{"Kurtosis"},
      [](const Intensities& x) -> Result {
        return x.flat ? 0.0 : x.fourth / (x.variance * x.variance);
      }},
    R{{"Maximum"}, [](const Intensities& x) -> Result { return x.sorted.back(); }},
    R{{"Mean"}, [](const Intensities& x) -> Result { return x.mean; }},
    R{{"MeanAbsoluteDeviation"},
      [](const Intensities& x) -> Result { return x.mean_distance_to(x.mean); }},
    R{{"Median"}, [](const Intensities& x) -> Result { return x.quantile(0.5); }},
    R{{"Minimum"}, [](const Intensities& x) -> Result { return x.sorted.front(); }},
    R{{"Range"}, [](const Intensities& x) -> Result { return x.sorted.back() - x.sorted.front(); }},
    R{{"RobustMeanAbsoluteDeviation"},
      [](const Intensities& x) -> Result { return robust_mean_absolute_deviation(x); }},
    R{{"RootMeanSquared"},
      [](const Intensities& x) -> Result {
        return std::sqrt(x.shifted_energy / double(x.sorted.size()));
      }},
    R{{"Skewness"},
      [](const Intensities& x) -> Result {
        return x.flat ? 0.0 : x.third / (x.variance * std::sqrt(x.variance));
      }},
    R{{"StandardDeviation", State::by_name},
      [](const Intensities& x) -> Result { return std::sqrt(x.variance); }},
    R{{"TotalEnergy"},
      [](const Intensities& x) -> Result { return x.shifted_energy * x.voxel_volume; }},
    R{{"Uniformity"}, [](const Intensities& x) { return of_levels(x, x.uniformity); }},
    R{{"Variance"}, [](const Intensities& x) -> Result { return x.variance; }},
};

std::vector<Measured> measure(const Specimen& specimen, const std::vector<std::string>& names) {
  Means<Intensities> means(table, names);
  means.add(Intensities(specimen));
  return means.take();
}

}  // namespace

const ClassTable& first_order_class() {
  static const ClassTable made{info_of<Intensities>("firstorder", table), measure};
  return made;
}

}  // namespace vitrine::radiomics::pyradiomics
