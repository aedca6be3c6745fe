#include "vitrine/radiomics/filters/response.hpp"

#include <algorithm>

#include "vitrine/radiomics/detail/resample.hpp"

namespace vitrine::radiomics {
namespace {

constexpr std::int64_t default_ivh_bins = 1000;  // IBSI 1, configuration E

/// The families and features that a response map has.
std::vector<std::string> of_responses(std::span<const std::string> wanted) {
  std::vector<std::string> left;
  for (const std::string& id : wanted)
    if (id.substr(0, id.find('.')) != "morphology") left.push_back(id);
  return left;
}

}  // namespace

Image interpolated(const Image& image, const Settings& settings) {
  const auto axes = interpolation_axes(image.grid(), settings);
  Grid grid = image.grid();
  Vec3 first;
  SampleBox all;
  for (std::size_t a = 0; a < 3; ++a) {
    grid.size[a] = axes[a].output_size;
    grid.spacing[Index(a)] *= axes[a].step;
    first[Index(a)] = axes[a].position(0);
    all.last[a] = axes[a].output_size - 1;
  }
  grid.origin += image.grid().axes * image.grid().spacing.cwiseProduct(first);
  Image out(grid);
  for_each_row(image, axes, all, interpolation_of(settings),
               [&](Index j, Index k, std::span<const double> row) {
                 float* to = &out(0, j, k);
                 for (const double x : row)
                   *to++ = settings.round_intensities ? round_hu(float(x)) : float(x);
               });
  return out;
}

Region with_response(const Region& region, const Image& response) {
  VITRINE_EXPECT(response.grid().size == region.preparation.interpolated_size);
  Region filtered = region;
  for (std::size_t v = 0; v < region.voxels.size(); ++v) {
    const auto p = region.position(region.voxels[v]);
    filtered.hu[v] = response(p[0] + region.low[0], p[1] + region.low[1], p[2] + region.low[2]);
  }
  if (!region.surroundings) return filtered;
  Surroundings& around = *filtered.surroundings;
  auto to = around.hu.begin();
  for (Index k = 0; k < around.size[2]; ++k)
    for (Index j = 0; j < around.size[1]; ++j)
      for (Index i = 0; i < around.size[0]; ++i)
        *to++ = response(i + around.low[0] + region.low[0], j + around.low[1] + region.low[1],
                         k + around.low[2] + region.low[2]);
  return filtered;
}

Settings response_settings(const Settings& settings) {
  Settings of_response = settings;
  of_response.range_hu.reset();
  of_response.outlier_sigma = 0;
  of_response.round_intensities = false;
  of_response.bin_width_hu.reset();
  of_response.bin_count = settings.response_bin_count;
  of_response.ivh_bin_width_hu.reset();
  of_response.ivh_bin_count = settings.ivh_bin_count.value_or(default_ivh_bins);
  return of_response;
}

std::vector<FilteredFeatures> extract_filtered(const Image& image, const Region& region,
                                               const Settings& settings,
                                               std::span<const std::string> wanted, Isa isa) {
  if (settings.filters.empty())
    return {{std::string(original_filter), extract(region, settings, wanted)}};
  const Settings of_response = response_settings(settings);
  const std::vector<std::string> left = of_responses(wanted);
  std::vector<Image> to_filter;  // made for the first filter that needs it
  std::vector<FilteredFeatures> all;
  for (const Pick<ImageFilter>& filter : settings.filters) {
    FilteredFeatures& features = all.emplace_back(FilteredFeatures{filter_name(filter), {}});
    if (features.filter == original_filter) {
      features.values = extract(region, settings, wanted);
    } else if (!left.empty()) {
      if (to_filter.empty()) to_filter.push_back(interpolated(image, settings));
      features.values =
          extract(with_response(region, filter->apply(to_filter.front(), isa)), of_response, left);
    }
  }
  return all;
}

}  // namespace vitrine::radiomics
