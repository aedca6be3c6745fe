#include "vitrine/io/dicom_truth.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "vitrine/core/parallel.hpp"
#include "vitrine/io/detail/dicom_derived.hpp"
#include "vitrine/io/detail/mask_outline.hpp"
#include "vitrine/model/voxel_regions.hpp"

namespace vitrine::io {
namespace {

constexpr double finest = 1e-4;  // mm

/// Voxels for which `is_in` holds, in the smallest box.
template <class Voxels, class IsIn>
DicomShape taken(const Voxels& volume, const Grid& grid, IsIn is_in) {
  VITRINE_EXPECT(volume.grid().size == grid.size);
  const auto [low, high] =
      box_of(grid.size, [&](Index i, Index j, Index k) { return is_in(volume(i, j, k)); });
  DicomShape shape;
  if (high[0] < 0) return shape;
  Grid box = grid;
  for (std::size_t a = 0; a < 3; ++a) box.size[a] = high[a] - low[a] + 1;
  box.origin = grid.centre(low[0], low[1], low[2]);
  shape.first = low;
  shape.mask = Mask(box);
  for (Index k = 0; k < box.size[2]; ++k)
    for (Index j = 0; j < box.size[1]; ++j)
      for (Index i = 0; i < box.size[0]; ++i)
        shape.mask(i, j, k) = is_in(volume(low[0] + i, low[1] + j, low[2] + k)) ? 1 : 0;
  return shape;
}

/// Of slice k of the shape's box.
DicomContour contour_of(const detail::Outline& outline, const DicomShape& shape, Index k,
                        const Grid& grid) {
  DicomContour contour{shape.first[2] + k, outline.size(), {}};
  for (const auto& [x, y] : outline) {
    const Vec3 voxel(double(shape.first[0]) + 0.5 * double(x),
                     double(shape.first[1]) + 0.5 * double(y), double(contour.slice));
    const Vec3 mm = grid.origin + grid.axes * grid.spacing.cwiseProduct(voxel);
    for (Index a = 0; a < 3; ++a) {
      if (!contour.data.empty()) contour.data += '\\';
      contour.data += detail::decimal(std::round(mm[a] / finest) * finest);
    }
  }
  return contour;
}

DicomShape with_contours(DicomShape shape, const Grid& grid) {
  std::vector<std::vector<DicomContour>> slices(std::size_t(shape.mask.grid().size[2]));
  parallel_for(std::ssize(slices), [&](Index k) {
    for (const detail::Outline& outline : detail::outlines_of(shape.mask, k))
      slices[std::size_t(k)].push_back(contour_of(outline, shape, k, grid));
  });
  for (std::vector<DicomContour>& slice : slices)
    std::ranges::move(slice, std::back_inserter(shape.contours));
  return shape;
}

}  // namespace

DicomShape shape_of(const Mask& mask, const Grid& grid) {
  return with_contours(taken(mask, grid, [](std::uint8_t v) { return v != 0; }), grid);
}

DicomShape shape_of(const LabelMap& labels, std::uint16_t value, const Grid& grid) {
  return with_contours(taken(labels, grid, [value](std::uint16_t v) { return v == value; }), grid);
}

namespace detail {

std::string series_uid(const Derived& object, const DicomSeries& ct) {
  return dicom_uid(str(ct.series_uid, '/', object.modality));
}

std::string instance_uid(const Derived& object, const DicomTruth& truth) {
  std::string key = str(truth.series.series_uid, '/', object.modality, "/1");
  for (const DicomRegion& region : truth.regions)
    key += str('/', region.label, ' ', region.tracking_uid);
  return dicom_uid(key);
}

void put_derived(Attributes& to, const Derived& object, const DicomTruth& truth) {
  const DicomSeries& ct = truth.series;
  require_complete(ct);
  put_common(to, object.sop_class, instance_uid(object, truth), ct.synthetic);
  put_patient_and_study(to, ct);
  put_series(to, object.modality, series_uid(object, ct), object.series_number, ct);
  to.describe(DCM_SeriesDescription, str(ct.synthetic ? "Synthetic truth, " : "", object.name, ", ",
                                         ct.series_description));
  to.put(DCM_Manufacturer, ct.equipment.manufacturer);
  to.put(DCM_ManufacturerModelName, "vitrine");
  to.put(DCM_DeviceSerialNumber, "software");
  to.describe(DCM_SoftwareVersions,
              ct.equipment.software_versions.empty() ? "vitrine" : ct.equipment.software_versions);
  to.put(DCM_InstanceNumber, "1");
}

void refer_to_ct(Attributes& to, const DcmTagKey& sequence, const DicomTruth& truth) {
  to.put(DCM_SeriesInstanceUID, truth.series.series_uid);
  for (Index k = 0; k < truth.grid.size[2]; ++k)
    to.refer(sequence, UID_CTImageStorage, ct_instance_uid(truth.series, k));
}

}  // namespace detail

}  // namespace vitrine::io
