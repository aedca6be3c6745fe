#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/radiomics/detail/families.hpp"

namespace vitrine::radiomics {
namespace {

/// A level is 16 bytes of curve: steps finer than this say nothing more.
constexpr double most_levels = 1e7;

/// Intensity-volume histogram: which fraction of the region has at least a level's intensity.
struct Curve {
  std::vector<double> volume;  ///< nu: fraction of voxels of this level or a higher one
  double start = 0, step = 1;  ///< intensity of the first level, and between levels
  double low = 0, high = 0;    ///< intensities of fraction 0 and 1

  double intensity(std::size_t level) const { return start + double(level) * step; }
  /// gamma: where a level lies between the lowest and the highest intensity.
  double fraction(std::size_t level) const { return (intensity(level) - low) / (high - low); }

  /// Volume fraction of the first level whose intensity fraction is at least `gamma`.
  double volume_at(double gamma) const {
    for (std::size_t i = 0; i < volume.size(); ++i)
      if (fraction(i) >= gamma) return volume[i];
    return 0;
  }
  /// Intensity of the first level whose volume fraction is at most `nu`.
  double intensity_at(double nu) const {
    std::size_t i = 0;
    while (i < volume.size() && volume[i] > nu) ++i;
    return intensity(i);
  }
  /// Trapezoids of nu over gamma.
  double area() const {
    double sum = 0;
    for (std::size_t i = 1; i < volume.size(); ++i) sum += (volume[i - 1] + volume[i]) / 2;
    return sum * step / (high - low);
  }
};

/// Intensities of the region as levels from 0: whole HU, bins of fixed size with their centres, or
/// a fixed number of bins with their numbers.
struct Binning {
  Binning(const Region& region, const Settings& settings) {
    const auto [lowest, highest] = std::minmax_element(region.hu.begin(), region.hu.end());
    origin = settings.range_hu ? (*settings.range_hu)[0] : *lowest;
    const double end = settings.range_hu ? (*settings.range_hu)[1] : *highest;
    if (settings.ivh_bin_count) {
      origin = *lowest;
      levels = double(*settings.ivh_bin_count);
      scale = levels;
      width = double(*highest) - *lowest;
    } else if (settings.ivh_bin_width_hu) {
      width = *settings.ivh_bin_width_hu;
      levels = std::max(std::ceil((end - origin) / width),
                        std::floor((double(*highest) - origin) / width) + 1);
    } else {
      levels = std::floor(end - origin) + 1;
    }
    flat = *lowest == *highest && (settings.ivh_bin_count || !settings.range_hu);
  }
  double level(double hu) const {
    return std::clamp(std::floor(scale * (hu - origin) / width), 0.0, levels - 1);
  }

  double origin = 0, width = 1, scale = 1, levels = 0;
  bool flat = false;  ///< all intensities are one: no fraction of a range
};

Curve curve_of(const Region& region, const Settings& settings, const Binning& bins) {
  Curve curve;
  const auto n = static_cast<std::size_t>(bins.levels);
  std::vector<Index> counts(n, 0);
  for (const float hu : region.hu) ++counts[static_cast<std::size_t>(bins.level(hu))];
  curve.volume.resize(n);
  Index above = 0;
  for (std::size_t i = n; i-- > 0;) {
    above += counts[i];
    curve.volume[i] = double(above) / double(region.hu.size());
  }
  if (settings.ivh_bin_count) {
    curve.start = 1;
  } else if (settings.ivh_bin_width_hu) {
    curve.start = bins.origin + bins.width / 2;
    curve.step = bins.width;
  } else {
    curve.start = bins.origin;
  }
  curve.low = curve.intensity(0);
  curve.high = curve.intensity(n - 1);
  return curve;
}

using Row = Feature<Curve>;
constexpr std::array table{
    Row{{"ivh", "ivh.volume_at_intensity_10", "BC2M", "1",
         "largest fraction of voxels at or above 10 % of the range of intensities"},
        [](const Curve& c) -> Result { return c.volume_at(0.1); }},
    Row{{"ivh", "ivh.volume_at_intensity_90", "BC2M", "1", "the same at 90 %"},
        [](const Curve& c) -> Result { return c.volume_at(0.9); }},
    Row{{"ivh", "ivh.intensity_at_volume_10", "GBPN", "HU",
         "lowest intensity that at most 10 % of the voxels reach (a bin's number with "
         "ivh_bin_count)"},
        [](const Curve& c) -> Result { return c.intensity_at(0.1); }},
    Row{{"ivh", "ivh.intensity_at_volume_90", "GBPN", "HU", "the same for 90 %"},
        [](const Curve& c) -> Result { return c.intensity_at(0.9); }},
    Row{{"ivh", "ivh.volume_difference", "DDTU", "1",
         "volume at intensity 10 % - volume at intensity 90 %"},
        [](const Curve& c) -> Result { return c.volume_at(0.1) - c.volume_at(0.9); }},
    Row{{"ivh", "ivh.intensity_difference", "CNV2", "HU",
         "intensity at volume 10 % - intensity at volume 90 %"},
        [](const Curve& c) -> Result { return c.intensity_at(0.1) - c.intensity_at(0.9); }},
    Row{{"ivh", "ivh.area_under_curve", "9CMM", "1",
         "integral of the volume fraction over the intensity fraction, by trapezoids"},
        [](const Curve& c) -> Result { return c.area(); }},
};

std::vector<const FeatureInfo*> features() { return infos_of<Curve>(table); }

void extract_family(Subject& subject, std::vector<FeatureValue>& out) {
  const Region& region = subject.region;
  if (region.voxels.empty()) return append_undefined<Curve>(table, region.no_intensity, out);
  const Binning bins(region, subject.settings);
  if (bins.flat || bins.levels < 2) return append_undefined<Curve>(table, reason::flat_region, out);
  if (bins.levels > most_levels)
    return append_undefined<Curve>(table, reason::too_many_levels, out);
  append<Curve>(table, curve_of(region, subject.settings, bins), out);
}

}  // namespace

constinit const Family ivh_family{
    {"ivh", "P88C", "which part of the region has at least an intensity"},
    features,
    extract_family};

}  // namespace vitrine::radiomics
