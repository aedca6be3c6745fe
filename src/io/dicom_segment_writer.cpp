#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/io/detail/dicom_derived.hpp"
#include "vitrine/io/detail/quiet_dcmtk.hpp"

namespace vitrine::io {
namespace {

using namespace detail;

/// A slice of a region.
struct Frame {
  std::size_t region;
  Index slice;  ///< of the CT
};

std::vector<Frame> frames_of(std::span<const DicomRegion> regions) {
  std::vector<Frame> frames;
  for (std::size_t r = 0; r < regions.size(); ++r) {
    const Mask& mask = regions[r].shape->mask;
    const auto plane = std::size_t(mask.grid().size[0] * mask.grid().size[1]);
    for (Index k = 0; k < mask.grid().size[2]; ++k)
      if (std::ranges::any_of(mask.values().subspan(std::size_t(k) * plane, plane),
                              [](std::uint8_t v) { return v != 0; }))
        frames.push_back({r, regions[r].shape->first[2] + k});
  }
  return frames;
}

/// One bit a pixel, the first in the lowest bit (PS3.5, 8.1.1); frames follow without a gap.
std::vector<Uint8> packed(const DicomTruth& truth, const std::vector<Frame>& frames) {
  const auto [nx, ny, nz] = truth.grid.size;
  const std::size_t bits = frames.size() * std::size_t(nx * ny);
  std::vector<Uint8> bytes(2 * ((bits + 15) / 16));  // an even number
  std::size_t start = 0;
  for (const Frame& frame : frames) {
    const DicomShape& shape = *truth.regions[frame.region].shape;
    const auto [mx, my, mz] = shape.mask.grid().size;
    const Index k = frame.slice - shape.first[2];
    for (Index j = 0; j < my; ++j) {
      const std::size_t row = start + std::size_t((shape.first[1] + j) * nx + shape.first[0]);
      for (Index i = 0; i < mx; ++i)
        if (shape.mask(i, j, k)) {
          const std::size_t bit = row + std::size_t(i);
          bytes[bit / 8] = Uint8(bytes[bit / 8] | 1u << bit % 8);
        }
    }
    start += std::size_t(nx * ny);
  }
  return bytes;
}

/// CIELab of an sRGB colour (IEC 61966-2-1) in ICC's connection space, D50, by Bradford's
/// adaptation, coded as PS3.3, C.10.7.1.1 wants it.
std::array<Uint16, 3> coded_lab(const std::array<std::uint8_t, 3>& colour) {
  const auto linear = [](std::uint8_t coded) {
    const double v = double(coded) / 255.0;
    return v <= 0.04045 ? v / 12.92 : math::pow((v + 0.055) / 1.055, 2.4);
  };
  const double r = linear(colour[0]), g = linear(colour[1]), b = linear(colour[2]);
  const auto f = [](double t) {
    constexpr double knee = 216.0 / 24389.0;
    return t > knee ? math::cbrt(t) : (24389.0 / 27.0 * t + 16.0) / 116.0;
  };
  const double x = f((0.4360747 * r + 0.3850649 * g + 0.1430804 * b) / 0.96422);
  const double y = f(0.2225045 * r + 0.7168786 * g + 0.0606169 * b);
  const double z = f((0.0139322 * r + 0.0971045 * g + 0.7141733 * b) / 0.82521);
  const auto coded = [](double share) {
    return Uint16(std::lround(65535.0 * std::clamp(share, 0.0, 1.0)));
  };
  return {coded((116.0 * y - 16.0) / 100.0), coded((500.0 * (x - y) + 128.0) / 255.0),
          coded((200.0 * (y - z) + 128.0) / 255.0)};
}

void put_segments(Attributes& to, const DicomTruth& truth) {
  for (std::size_t r = 0; r < truth.regions.size(); ++r) {
    const DicomRegion& region = truth.regions[r];
    Attributes segment = to.item(DCM_SegmentSequence);
    segment.word(DCM_SegmentNumber, Uint16(r + 1));
    segment.put(DCM_SegmentLabel, region.label);
    segment.code(DCM_SegmentedPropertyCategoryCodeSequence, region.category);
    segment.code(DCM_SegmentedPropertyTypeCodeSequence, region.type);
    if (!region.site.empty()) segment.code(DCM_AnatomicRegionSequence, region.site);
    segment.put(DCM_SegmentAlgorithmType, "AUTOMATIC");
    segment.put(DCM_SegmentAlgorithmName, "truth of the simulation");
    if (!region.tracking_uid.empty()) {
      segment.put(DCM_TrackingID, region.label);
      segment.put(DCM_TrackingUID, region.tracking_uid);
    }
    const std::array<Uint16, 3> lab = coded_lab(region.colour);
    check(segment.data().putAndInsertUint16Array(DCM_RecommendedDisplayCIELabValue, lab.data(), 3),
          "a segment's colour");
  }
}

void put_dimensions(Attributes& to, const std::string& organisation) {
  to.item(DCM_DimensionOrganizationSequence).put(DCM_DimensionOrganizationUID, organisation);
  const auto add = [&](const DcmTagKey& index, const DcmTagKey& group, const char* label) {
    Attributes dimension = to.item(DCM_DimensionIndexSequence);
    dimension.put(DCM_DimensionOrganizationUID, organisation);
    dimension.pointer(DCM_DimensionIndexPointer, index);
    dimension.pointer(DCM_FunctionalGroupPointer, group);
    dimension.put(DCM_DimensionDescriptionLabel, label);
  };
  add(DCM_ReferencedSegmentNumber, DCM_SegmentIdentificationSequence, "Segment");
  add(DCM_ImagePositionPatient, DCM_PlanePositionSequence, "Slice");
}

void put_frames(Attributes& to, const DicomTruth& truth, const std::vector<Frame>& frames) {
  const Grid& grid = truth.grid;
  Attributes shared = to.item(DCM_SharedFunctionalGroupsSequence);
  const Vec3 right = grid.axes.col(0), down = grid.axes.col(1);
  shared.item(DCM_PlaneOrientationSequence)
      .put(DCM_ImageOrientationPatient, decimals(right) + '\\' + decimals(down));
  Attributes measures = shared.item(DCM_PixelMeasuresSequence);
  measures.put(DCM_SliceThickness,
               truth.series.reconstruction.slice_thickness_mm.value_or(grid.spacing.z()));
  measures.put(DCM_SpacingBetweenSlices, grid.spacing.z());
  measures.put(DCM_PixelSpacing, decimals({grid.spacing.y(), grid.spacing.x()}));

  Index lowest = grid.size[2];
  for (const Frame& frame : frames) lowest = std::min(lowest, frame.slice);
  for (const Frame& frame : frames) {
    Attributes at = to.item(DCM_PerFrameFunctionalGroupsSequence);
    Attributes source = at.item(DCM_DerivationImageSequence);
    source.code(DCM_DerivationCodeSequence, {"113076", "DCM", "Segmentation"});
    source
        .refer(DCM_SourceImageSequence, UID_CTImageStorage,
               ct_instance_uid(truth.series, frame.slice))
        .code(DCM_PurposeOfReferenceCodeSequence,
              {"121322", "DCM", "Source image for image processing operation"});
    const std::array<Uint32, 2> place{Uint32(frame.region + 1), Uint32(frame.slice - lowest + 1)};
    check(at.item(DCM_FrameContentSequence)
              .data()
              .putAndInsertUint32Array(DCM_DimensionIndexValues, place.data(), 2),
          "a frame's place");
    at.item(DCM_PlanePositionSequence)
        .put(DCM_ImagePositionPatient, decimals(grid.centre(0, 0, frame.slice)));
    at.item(DCM_SegmentIdentificationSequence)
        .word(DCM_ReferencedSegmentNumber, Uint16(frame.region + 1));
  }
}

}  // namespace

Bytes encode_dicom_segmentation(const DicomTruth& truth) {
  const QuietDcmtk quiet;
  const DicomSeries& series = truth.series;
  const std::vector<Frame> frames = frames_of(truth.regions);
  require(!frames.empty(), Error::Kind::input,
          "no region has a voxel (a Segmentation must have a frame). Leave it out.");
  DcmFileFormat file;
  Attributes to(*file.getDataset());
  put_derived(to, segmentation, truth);
  to.put(DCM_FrameOfReferenceUID, series.frame_of_reference_uid);
  to.put(DCM_PositionReferenceIndicator, std::string());
  to.put(DCM_ContentDate, series.date);
  to.put(DCM_ContentTime, series.time);
  to.put(DCM_ImageType, "DERIVED\\PRIMARY");
  to.put(DCM_ContentLabel, "TRUTH");
  to.put(DCM_ContentDescription, "What the images were simulated from");
  to.put(DCM_ContentCreatorName, std::string());
  to.put(DCM_LossyImageCompression, "00");
  to.put(DCM_BurnedInAnnotation, "NO");
  to.put(DCM_SegmentationType, "BINARY");
  to.word(DCM_SamplesPerPixel, 1);
  to.put(DCM_PhotometricInterpretation, "MONOCHROME2");
  to.word(DCM_Rows, Uint16(truth.grid.size[1]));
  to.word(DCM_Columns, Uint16(truth.grid.size[0]));
  to.word(DCM_BitsAllocated, 1);
  to.word(DCM_BitsStored, 1);
  to.word(DCM_HighBit, 0);
  to.word(DCM_PixelRepresentation, 0);
  to.put(DCM_NumberOfFrames, std::to_string(frames.size()));
  put_segments(to, truth);
  put_dimensions(to, dicom_uid(series.series_uid + "/SEG/dimensions"));
  put_frames(to, truth, frames);
  Attributes its = to.item(DCM_ReferencedSeriesSequence);
  refer_to_ct(its, DCM_ReferencedInstanceSequence, truth);
  const std::vector<Uint8> bits = packed(truth, frames);
  check(to.data().putAndInsertUint8Array(DCM_PixelData, bits.data(), bits.size()), "the segments");
  return serialise(file, "the segmentation");
}

}  // namespace vitrine::io
