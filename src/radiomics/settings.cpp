#include "vitrine/radiomics/settings.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "vitrine/radiomics/detail/word_codec.hpp"

namespace vitrine {
namespace {

constexpr std::array interpolations{
    radiomics::Word<radiomics::Interpolation>{radiomics::Interpolation::nearest, "nearest"},
    radiomics::Word<radiomics::Interpolation>{radiomics::Interpolation::linear, "linear"},
    radiomics::Word<radiomics::Interpolation>{radiomics::Interpolation::cubic, "cubic"},
};

using radiomics::Aggregation;
constexpr std::array aggregations{
    radiomics::AggregationInfo{Aggregation::average_2d, "2d_average", "BTW3"},
    radiomics::AggregationInfo{Aggregation::slice_merge_2d, "2d_slice_merge", "SUJT"},
    radiomics::AggregationInfo{Aggregation::direction_merge_2_5d, "2.5d_direction_merge", "JJUI"},
    radiomics::AggregationInfo{Aggregation::merge_2_5d, "2.5d_merge", "ZW7Z"},
    radiomics::AggregationInfo{Aggregation::average_3d, "3d_average", "ITBB"},
    radiomics::AggregationInfo{Aggregation::merge_3d, "3d_merge", "IAZD"},
};

using radiomics::Pooling;
constexpr std::array poolings{
    radiomics::PoolingInfo{Pooling::average_2d, "2d", "8QNN"},
    radiomics::PoolingInfo{Pooling::merge_2_5d, "2.5d", "62GR"},
    radiomics::PoolingInfo{Pooling::volume_3d, "3d", "KOBO"},
};

}  // namespace

template <>
struct Codec<radiomics::Interpolation>
    : radiomics::WordCodec<radiomics::Interpolation, interpolations> {};
template <>
struct Codec<radiomics::Aggregation> : radiomics::WordCodec<radiomics::Aggregation, aggregations> {
};
template <>
struct Codec<radiomics::Pooling> : radiomics::WordCodec<radiomics::Pooling, poolings> {};

namespace radiomics {

const AggregationInfo& describe(Aggregation aggregation) {
  return *std::find_if(aggregations.begin(), aggregations.end(),
                       [&](const AggregationInfo& info) { return info.value == aggregation; });
}

const PoolingInfo& describe(Pooling pooling) {
  return *std::find_if(poolings.begin(), poolings.end(),
                       [&](const PoolingInfo& info) { return info.value == pooling; });
}

std::string_view aggregation_code(std::string_view id) {
  for (const AggregationInfo& info : aggregations)
    if (info.id == id) return info.ibsi_code;
  for (const PoolingInfo& info : poolings)
    if (info.id == id) return info.ibsi_code;
  return {};
}

const Schema<Settings>& Settings::schema() {
  static const Schema<Settings> schema =
      Schema<Settings>("settings",
                       "How regions are prepared and measured (IBSI's processing scheme)")
          .optional("spacing", &Settings::spacing_mm, unit::mm,
                    "voxel size image and mask are interpolated to; 0 keeps the image's own grid")
          .between(0, 20)
          .optional("in_plane_only", &Settings::in_plane_only,
                    "interpolate within slices only, keeping their distance")
          .optional(
              "interpolation", &Settings::interpolation,
              "of intensities: nearest voxel, trilinear or tricubic B-spline (masks: trilinear)")
          .optional("round_intensities", &Settings::round_intensities,
                    "round intensities to whole HU after interpolation")
          .optional("range", &Settings::range_hu, unit::hu,
                    "re-segmentation: intensities outside [low, high] leave the intensity mask")
          .optional("outlier_sigma", &Settings::outlier_sigma,
                    "re-segmentation: intensities further than this many standard deviations from "
                    "the mean leave the intensity mask; 0 keeps all")
          .between(0, 100)
          .optional("bin_width", &Settings::bin_width_hu, unit::hu,
                    "fixed bin size of the discretisation, from the lower end of range_hu or the "
                    "region's minimum; 25 if neither this nor bin_count is given")
          .between(1e-3, 1e4)
          .optional("bin_count", &Settings::bin_count,
                    "fixed bin number of the discretisation, instead of bin_width_hu")
          .between(2, 1024)
          .optional("ivh_bin_width", &Settings::ivh_bin_width_hu, unit::hu,
                    "intensity-volume histogram: bins of this size, known by their centres; whole "
                    "HU if neither this nor ivh_bin_count is given")
          .between(1e-3, 1e4)
          .optional("ivh_bin_count", &Settings::ivh_bin_count,
                    "intensity-volume histogram: this many bins, known by their numbers")
          .between(2, 1e6)
          .optional("glcm", &Settings::glcm, "aggregation of the grey level co-occurrence matrices")
          .optional("glrlm", &Settings::glrlm, "aggregation of the grey level run length matrices")
          .unless_default()
          .optional("glszm", &Settings::glszm,
                    "aggregation of the grey level size zone matrices: averaged over slices, "
                    "slices merged, or zones of the volume")
          .unless_default()
          .optional("gldzm", &Settings::gldzm,
                    "aggregation of the grey level distance zone matrices")
          .unless_default()
          .optional("ngtdm", &Settings::ngtdm,
                    "aggregation of the neighbourhood grey tone difference matrices")
          .unless_default()
          .optional("ngldm", &Settings::ngldm,
                    "aggregation of the neighbouring grey level dependence matrices")
          .unless_default()
          .optional("filters", &Settings::filters,
                    "image types to measure: response maps of filters, and `original` for the "
                    "image itself; without any, the image itself")
          .unless_default()
          .optional("response_bin_count", &Settings::response_bin_count,
                    "fixed bin number of the discretisation of response maps")
          .between(2, 1024)
          .unless_default()
          .rule("give bin_width_hu or bin_count, not both (they are two ways to discretise)",
                [](const Settings& s) { return !(s.bin_width_hu && s.bin_count); })
          .rule("give ivh_bin_width_hu or ivh_bin_count, not both",
                [](const Settings& s) { return !(s.ivh_bin_width_hu && s.ivh_bin_count); })
          .checked([](const Settings& s, const vitrine::Value& node, Diagnostics& problems) {
            std::set<std::string> names;
            for (const auto& filter : s.filters)
              if (const std::string name = filter_name(filter); !names.insert(name).second)
                problems.error(node.where, str("settings: the filter ", name,
                                               " is there twice (columns are named by filters)"));
          })
          .rule("range_hu must be two finite numbers, the lower one first", [](const Settings& s) {
            return !s.range_hu ||
                   (std::isfinite((*s.range_hu)[0]) && std::isfinite((*s.range_hu)[1]) &&
                    (*s.range_hu)[0] < (*s.range_hu)[1]);
          });
  return schema;
}

}  // namespace radiomics
}  // namespace vitrine
