#include "vitrine/io/dicom_truth.hpp"

#include "vitrine/io/detail/dicom_derived.hpp"
#include "vitrine/model/voxel_regions.hpp"

namespace vitrine::io {
namespace {

/// Voxels for which `is_in` holds, in the smallest box.
template <class Voxels, class IsIn>
void take(const Voxels& volume, DicomRegion& region, IsIn is_in) {
  const Grid& grid = volume.grid();
  const auto [low, high] =
      box_of(grid.size, [&](Index i, Index j, Index k) { return is_in(volume(i, j, k)); });
  Grid box = grid;
  box.size = {0, 0, 0};
  region.first = {0, 0, 0};
  if (high[0] >= 0) {
    for (std::size_t a = 0; a < 3; ++a) box.size[a] = high[a] - low[a] + 1;
    box.origin = grid.centre(low[0], low[1], low[2]);
    region.first = low;
  }
  region.mask = Mask(box);
  for (Index k = 0; k < box.size[2]; ++k)
    for (Index j = 0; j < box.size[1]; ++j)
      for (Index i = 0; i < box.size[0]; ++i)
        region.mask(i, j, k) = is_in(volume(low[0] + i, low[1] + j, low[2] + k)) ? 1 : 0;
}

}  // namespace

void take_box(const Mask& mask, DicomRegion& region) {
  take(mask, region, [](std::uint8_t v) { return v != 0; });
}

void take_box(const LabelMap& labels, std::uint16_t value, DicomRegion& region) {
  take(labels, region, [value](std::uint16_t v) { return v == value; });
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
