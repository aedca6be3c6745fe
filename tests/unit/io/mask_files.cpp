#include "mask_files.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "vitrine/core/error.hpp"

namespace vitrine {
namespace {

void must(bool ok) { require(ok, Error::Kind::io, "DCMTK cannot write a test file"); }

void put(DcmItem& item, const DcmTagKey& tag, const std::string& text) {
  must(item.putAndInsertString(tag, text.c_str()).good());
}

DcmItem& append(DcmItem& to, const DcmTagKey& sequence) {
  DcmItem* item = nullptr;
  must(to.findOrCreateSequenceItem(sequence, item, -2).good());
  return *item;
}

void save(DcmFileFormat& file, const io::Path& path) {
  put(*file.getDataset(), DCM_SOPInstanceUID, "2.25.1");
  must(file.saveFile(path.c_str(), EXS_LittleEndianExplicit).good());
}

}  // namespace

void write_structure_set(const io::Path& path, const std::vector<Roi>& rois,
                         const std::string& last_coordinate) {
  DcmFileFormat file;
  DcmDataset& data = *file.getDataset();
  put(data, DCM_SOPClassUID, UID_RTStructureSetStorage);
  for (const Roi& roi : rois) {
    DcmItem& item = append(data, DCM_StructureSetROISequence);
    put(item, DCM_ROINumber, std::to_string(roi.number));
    put(item, DCM_ROIName, roi.name);
    put(item, DCM_ReferencedFrameOfReferenceUID, "1.2.3");
    DcmItem& drawn = append(data, DCM_ROIContourSequence);
    put(drawn, DCM_ReferencedROINumber, std::to_string(roi.number));
    for (const auto& contour : roi.contours) {
      DcmItem& at = append(drawn, DCM_ContourSequence);
      put(at, DCM_ContourGeometricType, roi.type);
      std::string text;
      for (const Vec3& p : contour)
        for (Index a = 0; a < 3; ++a) {
          char number[32];
          std::snprintf(number, sizeof number, "%.10g", p[a]);
          text += (text.empty() ? "" : "\\") + std::string(number);
        }
      if (!last_coordinate.empty()) text += "\\" + last_coordinate;
      put(at, DCM_ContourData, text);
    }
  }
  save(file, path);
}

void write_segmentation(const io::Path& path, const Mask& mask, SegmentationStyle style) {
  const Grid& grid = mask.grid();
  DcmFileFormat file;
  DcmDataset& data = *file.getDataset();
  put(data, DCM_SOPClassUID, UID_SegmentationStorage);
  put(data, DCM_FrameOfReferenceUID, "1.2.3");
  put(data, DCM_SegmentationType, style.fractional ? "FRACTIONAL" : "BINARY");
  const auto [nx, ny, nz] = grid.size;
  data.putAndInsertUint16(DCM_Rows, Uint16(ny));
  data.putAndInsertUint16(DCM_Columns, Uint16(nx));
  data.putAndInsertUint16(DCM_BitsAllocated, style.fractional ? 8 : 1);
  if (style.fractional) data.putAndInsertUint16(DCM_MaximumFractionalValue, 200);
  for (const auto& [number, name] : {std::pair(1, "lesion"), std::pair(2, "rest")}) {
    DcmItem& segment = append(data, DCM_SegmentSequence);
    segment.putAndInsertUint16(DCM_SegmentNumber, Uint16(number));
    put(segment, DCM_SegmentLabel, name);
  }
  const auto text = [](double a, double b, double c) {
    char out[80];
    std::snprintf(out, sizeof out, "%.10g\\%.10g\\%.10g", a, b, c);
    return std::string(out);
  };
  DcmItem& shared = append(data, DCM_SharedFunctionalGroupsSequence);
  const Vec3 right = grid.axes.col(0), down = grid.axes.col(1);
  put(append(shared, DCM_PlaneOrientationSequence), DCM_ImageOrientationPatient,
      text(right[0], right[1], right[2]) + "\\" + text(down[0], down[1], down[2]));
  DcmItem& measures = append(shared, DCM_PixelMeasuresSequence);
  put(measures, DCM_PixelSpacing,
      std::to_string(grid.spacing.y()) + "\\" + std::to_string(grid.spacing.x()));
  put(measures, DCM_SliceThickness, std::to_string(grid.spacing.z()));

  std::vector<bool> pixels;
  const auto add_frame = [&](Index k, int segment) {
    DcmItem& frame = append(data, DCM_PerFrameFunctionalGroupsSequence);
    const Vec3 corner = grid.centre(0, 0, k);
    put(append(frame, DCM_PlanePositionSequence), DCM_ImagePositionPatient,
        text(corner[0], corner[1], corner[2]));
    append(frame, DCM_SegmentIdentificationSequence)
        .putAndInsertUint16(DCM_ReferencedSegmentNumber, Uint16(segment));
    for (Index j = 0; j < ny; ++j)
      for (Index i = 0; i < nx; ++i) pixels.push_back((mask(i, j, k) != 0) == (segment == 1));
  };
  for (Index n = 0; n < nz; ++n) {
    const Index k = style.reversed ? nz - 1 - n : n;
    bool any = false;
    for (Index j = 0; j < ny; ++j)
      for (Index i = 0; i < nx; ++i) any = any || mask(i, j, k);
    if (any) add_frame(k, 1);
  }
  add_frame(0, 2);
  std::vector<Uint8> bytes;
  if (style.fractional) {
    // Half of 200 is inside, just below it outside.
    for (const bool set : pixels) bytes.push_back(set ? 100 : 99);
  } else {
    bytes.resize((pixels.size() + 7) / 8);
    for (std::size_t p = 0; p < pixels.size(); ++p)
      if (pixels[p]) bytes[p / 8] = Uint8(bytes[p / 8] | 1u << p % 8);
  }
  bytes.resize(bytes.size() - std::size_t(style.cut_bytes));
  if (bytes.size() % 2) bytes.push_back(0);
  must(data.putAndInsertUint8Array(DCM_PixelData, bytes.data(), bytes.size()).good());
  save(file, path);
}

}  // namespace vitrine
