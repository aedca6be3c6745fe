#pragma once
#include <span>
#include <string>
#include <vector>

#include "vitrine/radiomics/extract.hpp"
#include "vitrine/radiomics/filters/filter.hpp"

namespace vitrine::radiomics {

/// What filters act on: the whole image as `prepare` interpolates and rounds it.
Image interpolated(const Image& image, const Settings& settings);

/// The region with a response map's values, and its surroundings if it has any.
///
/// Which voxels belong to it was settled on the image: nothing is re-segmented. `response` is on
/// the grid of `interpolated`.
Region with_response(const Region& region, const Image& response);

/// How response maps are discretised, whose values are on a scale of their own: into
/// `response_bin_count` bins between the region's minimum and maximum, with `ivh_bin_count` or 1000
/// bins for the intensity-volume histogram; no range, no rounding.
Settings response_settings(const Settings& settings);

/// Features of one image type.
struct FilteredFeatures {
  std::string filter;  ///< `original`, or `filter_name`
  std::vector<FeatureValue> values;
};

/// Features in the region of `mask` of every filter of the settings in turn, or of the image itself
/// if they name none; see `extract`. Response maps have no morphology (it is the image's), so that
/// only `original` gives that family.
///
/// Filters work in parallel on the whole image; values have the same bits at any thread count.
/// Throws as `prepare` and `ImageFilter::apply` do.
std::vector<FilteredFeatures> extract_filtered(const Image& image, const Region& region,
                                               const Settings& settings,
                                               std::span<const std::string> wanted, Isa isa);

}  // namespace vitrine::radiomics
