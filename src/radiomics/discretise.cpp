#include <algorithm>
#include <cmath>

#include "vitrine/radiomics/region.hpp"

namespace vitrine::radiomics {
namespace {

constexpr double most_levels = 65535;  // what a std::uint16_t holds

}  // namespace

Levels discretise(const Region& region, const Settings& settings) {
  Levels levels;
  if (region.voxels.empty()) return levels;
  const auto [lowest, highest] = std::minmax_element(region.hu.begin(), region.hu.end());
  const double minimum = *lowest, maximum = *highest;

  // Fixed number: floor(N (x - min) / (max - min)) + 1, the maximum in the last bin; fixed size:
  // floor((x - start) / width) + 1. The division comes last, so whole HU on a bin's edge stay
  // exact.
  const bool fixed_number = settings.bin_count.has_value();
  const double scale = fixed_number ? double(*settings.bin_count) : 1.0;
  const double width = fixed_number
                           ? maximum - minimum
                           : settings.bin_width_hu.value_or(Settings::default_bin_width_hu);
  const double start = !fixed_number && settings.range_hu ? (*settings.range_hu)[0] : minimum;
  const double most = fixed_number ? scale : most_levels;
  if (!fixed_number && std::floor((maximum - start) / width) + 1 > most_levels) {
    levels.overflow = true;
    return levels;
  }
  levels.volume.assign(region.morphological.size(), 0);
  for (std::size_t v = 0; v < region.voxels.size(); ++v) {
    const double bin = width > 0 ? std::floor(scale * (double(region.hu[v]) - start) / width) : 0.0;
    const auto level = std::uint16_t(std::min(bin + 1, most));
    levels.volume[static_cast<std::size_t>(region.voxels[v])] = level;
    levels.count = std::max(levels.count, int(level));
  }
  return levels;
}

}  // namespace vitrine::radiomics
