#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <cmath>
#include <cstdlib>
#include <numbers>

#include "scratch.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/io/dicom_mask.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/io/mask_grid.hpp"

using namespace vitrine;
using Catch::Matchers::Contains;
using Kind = Error::Kind;

namespace {

Grid oblique_grid() {
  Grid grid{{41, 37, 6}, Vec3(0.7, 0.9, 2.5), Vec3(-20, 35, -600), Mat3::Identity()};
  grid.axes = Eigen::AngleAxisd(0.2, Vec3(1, 2, 3).normalized()).toRotationMatrix();
  return grid;
}

/// A polygon in patient space, from voxel coordinates.
std::vector<Vec3> polygon(const Grid& grid, const std::vector<Vec3>& voxels) {
  std::vector<Vec3> mm;
  for (const Vec3& v : voxels) mm.push_back(grid.origin + grid.axes * grid.spacing.cwiseProduct(v));
  return mm;
}

/// A circle about the middle of a slice, by its radius in mm, as a polygon of 720 corners.
std::vector<Vec3> circle(const Grid& grid, double radius, double slice) {
  std::vector<Vec3> voxels;
  for (int a = 0; a < 720; ++a) {
    const double angle = a * std::numbers::pi / 360;
    voxels.emplace_back(20 + radius * std::cos(angle) / grid.spacing.x(),
                        18 + radius * std::sin(angle) / grid.spacing.y(), slice);
  }
  return polygon(grid, voxels);
}

struct Roi {
  const char* name;
  int number;
  std::vector<std::vector<Vec3>> contours;
  const char* type = "CLOSED_PLANAR";
};

void put(DcmItem& item, const DcmTagKey& tag, const std::string& text) {
  REQUIRE(item.putAndInsertString(tag, text.c_str()).good());
}

DcmItem& append(DcmItem& to, const DcmTagKey& sequence) {
  DcmItem* item = nullptr;
  REQUIRE(to.findOrCreateSequenceItem(sequence, item, -2).good());
  return *item;
}

void save(DcmFileFormat& file, const io::Path& path) {
  put(*file.getDataset(), DCM_SOPInstanceUID, "2.25.1");
  REQUIRE(file.saveFile(path.c_str(), EXS_LittleEndianExplicit).good());
}

void write_structure_set(const io::Path& path, const std::vector<Roi>& rois,
                         const std::string& last_coordinate = {}) {
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

Mask contours(const io::Path& path, const std::string& label, const Grid& grid) {
  return io::read_dicom_contours(path, label, grid);
}

/// Voxels whose centre lies between two circles, but those within the polygons' error of one.
void check_ring(const Mask& mask, Index slice, double inner, double outer) {
  const Grid& grid = mask.grid();
  const double slack = outer * (1 - std::cos(std::numbers::pi / 720)) + 1e-6;
  for (Index j = 0; j < grid.size[1]; ++j)
    for (Index i = 0; i < grid.size[0]; ++i) {
      const double r =
          std::hypot(double(i - 20) * grid.spacing.x(), double(j - 18) * grid.spacing.y());
      if (std::abs(r - inner) < slack || std::abs(r - outer) < slack) continue;
      INFO("voxel " << i << ' ' << j << ", " << r << " mm from the middle");
      REQUIRE(int(mask(i, j, slice)) == int(r > inner && r < outer));
    }
}

/// A mask of about a third of the voxels, from a fixed seed.
Mask noisy_mask(const Grid& grid) {
  Mask mask(grid);
  Rng rng(make_stream(3, "mask", Draw::test), 0);
  for (auto& v : mask.values()) v = rng.uniform() < 0.3;
  return mask;
}

struct SegmentationStyle {
  bool fractional = false, reversed = false;
  int cut_bytes = 0;
};

/// Segment 1 ("lesion") is the mask, one frame for each slice that has a voxel; segment 2 its
/// complement in the first slice.
void write_segmentation(const io::Path& path, const Mask& mask, SegmentationStyle style = {}) {
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
  REQUIRE(data.putAndInsertUint8Array(DCM_PixelData, bytes.data(), bytes.size()).good());
  save(file, path);
}

bool equal(const Mask& a, const Mask& b) {
  return std::equal(a.values().begin(), a.values().end(), b.values().begin(), b.values().end());
}

}  // namespace

TEST_CASE("a voxel is in a structure set's region if its centre is, and rings have holes") {
  const Scratch scratch;
  const Grid grid = oblique_grid();
  const auto file = scratch / "rs.dcm";
  write_structure_set(file, {{"ring", 4, {circle(grid, 11, 2), circle(grid, 5, 2.04)}},
                             {"disc", 7, {circle(grid, 8, 0), circle(grid, 9, 5)}}});
  CHECK(io::kind_of_dicom_mask(file) == io::DicomMask::structure_set);
  CHECK(io::frame_of_reference(file) == "1.2.3");
  const Mask ring = contours(file, "ring", grid);
  check_ring(ring, 2, 5, 11);
  check_ring(ring, 3, 0, 0);
  const Mask disc = contours(file, "7", grid);
  check_ring(disc, 0, 0, 8);
  check_ring(disc, 5, 0, 9);
}

TEST_CASE(
    "neighbouring polygons share no voxel and leave none out, edges through centres included") {
  const Scratch scratch;
  const Grid grid = oblique_grid();
  const auto tile = [&](double x0, double x1, double y0, double y1) {
    return polygon(grid, {{x0, y0, 1}, {x1, y0, 1}, {x1, y1, 1}, {x0, y1, 1}});
  };
  const auto file = scratch / "rs.dcm";
  // Edges at whole voxel coordinates run through centres: rounding may put a tile's edge to either
  // side, so they are moved by a thousandth of a voxel.
  const double e = 1e-3;
  write_structure_set(file, {{"left", 1, {tile(3 - e, 10 - e, 4 - e, 9 - e)}},
                             {"right", 2, {tile(10 - e, 20 - e, 4 - e, 9 - e)}},
                             {"both", 3, {tile(3 - e, 20 - e, 4 - e, 9 - e)}}});
  const Mask left = contours(file, "left", grid), right = contours(file, "right", grid),
             both = contours(file, "both", grid);
  Index count = 0;
  for (std::size_t v = 0; v < both.values().size(); ++v) {
    REQUIRE(left.values()[v] + right.values()[v] == both.values()[v]);
    count += both.values()[v];
  }
  CHECK(count == 17 * 5);
}

TEST_CASE("contours that do not fit the image, and labels that are not there, are refused") {
  const Scratch scratch;
  const Grid grid = oblique_grid();
  const auto file = scratch / "rs.dcm";
  const auto refusal = [&](const Roi& roi, Kind kind, const std::string& tail = {}) {
    write_structure_set(file, {roi}, tail);
    return complaint(kind, [&] { contours(file, "", grid); });
  };
  CHECK_THAT(refusal({"a", 1, {circle(grid, 5, 1.5)}}, Kind::unsupported),
             Contains("between slices"));
  CHECK_THAT(refusal({"a", 1, {circle(grid, 5, 6)}}, Kind::data), Contains("at slice 6"));
  CHECK_THAT(refusal({"a", 1, {circle(grid, 5, 1)}, "POINT"}, Kind::unsupported),
             Contains("of type POINT"));
  CHECK_THAT(refusal({"a", 1, {circle(grid, 5, 1)}}, Kind::data, "1\\2"), Contains("triples"));
  CHECK_THAT(refusal({"a", 1, {circle(grid, 5, 1)}}, Kind::data, "1\\nan\\2"),
             Contains("no number"));
  CHECK_THAT(refusal({"a", 1, {circle(grid, 0.1, 1), circle(grid, 0.1, 1)}}, Kind::data),
             Contains("hold no voxel's centre"));
  write_structure_set(file, {{"heart", 1, {circle(grid, 5, 1)}}, {"lung", 2, {}}});
  CHECK_THAT(complaint(Kind::data, [&] { contours(file, "", grid); }),
             Contains("2 regions: 'heart' (1), 'lung' (2)"));
  CHECK_THAT(complaint(Kind::data, [&] { contours(file, "liver", grid); }),
             Contains("no region 'liver'"));
  CHECK_THAT(complaint(Kind::data, [&] { io::read_dicom_segment(file, ""); }),
             Contains("no DICOM Segmentation"));
}

TEST_CASE("a segmentation comes back voxel for voxel, whatever the order of its frames") {
  const Scratch scratch;
  Mask mask = noisy_mask(oblique_grid());
  for (Index j = 0; j < 37; ++j)
    for (Index i = 0; i < 41; ++i) mask(i, j, 3) = 0;  // a slice without a frame
  const auto file = scratch / "seg.dcm";
  for (const bool fractional : {false, true})
    for (const bool reversed : {false, true}) {
      INFO("fractional " << fractional << ", reversed " << reversed);
      write_segmentation(file, mask, {fractional, reversed, 0});
      CHECK(io::kind_of_dicom_mask(file) == io::DicomMask::segmentation);
      CHECK(equal(io::place_mask(io::read_dicom_segment(file, "lesion"), mask.grid()), mask));
      const Mask rest = io::place_mask(io::read_dicom_segment(file, "2"), mask.grid());
      for (Index j = 0; j < 37; ++j)
        for (Index i = 0; i < 41; ++i) REQUIRE(rest(i, j, 0) == 1 - mask(i, j, 0));
    }
  CHECK_THAT(complaint(Kind::data, [&] { io::read_dicom_segment(file, ""); }),
             Contains("'lesion' (1), 'rest' (2)"));
  write_segmentation(file, mask, {false, false, 10});
  CHECK_THAT(complaint(Kind::data, [&] { io::read_dicom_segment(file, "1"); }),
             Contains("cut short"));
}

TEST_CASE("a mask is placed on a grid whose axes are exchanged or reversed, and on no other") {
  const Grid image = oblique_grid();
  Grid part = image;  // axes (k, i reversed, j), of voxels 2 to 4, 30 down to 21 and 5 to 9
  part.size = {3, 10, 5};
  part.origin = image.centre(30, 5, 2);
  part.spacing = {image.spacing[2], image.spacing[0], image.spacing[1]};
  part.axes.col(0) = image.axes.col(2);
  part.axes.col(1) = -image.axes.col(0);
  part.axes.col(2) = image.axes.col(1);
  const Mask mask = noisy_mask(part);
  const Mask placed = io::place_mask(mask, image);
  Index found = 0, given = 0;
  for (const auto v : placed.values()) found += v;
  for (Index k = 0; k < 5; ++k)
    for (Index j = 0; j < 10; ++j)
      for (Index i = 0; i < 3; ++i) {
        given += mask(i, j, k);
        REQUIRE(placed(30 - j, 5 + k, 2 + i) == mask(i, j, k));
      }
  CHECK(found == given);
  CHECK(equal(io::resample_mask(mask, image), placed));

  Grid moved = part;
  moved.origin.x() += 0.02;
  CHECK_THAT(complaint(Kind::data, [&] { io::place_mask(noisy_mask(moved), image); }),
             Contains("origin differ"));
  moved = part;
  moved.origin = image.centre(5, 5, 2);
  CHECK_THAT(complaint(Kind::data, [&] { io::place_mask(noisy_mask(moved), image); }),
             Contains("outside the image"));
}

TEST_CASE("a sphere resampled to finer voxels keeps its volume and its place") {
  const Grid coarse{{40, 40, 40}, Vec3(1, 1, 1), Vec3(0, 0, 0), Mat3::Identity()};
  const Vec3 middle(20.3, 19.6, 18.9);
  Mask mask(coarse);
  for (Index k = 0; k < 40; ++k)
    for (Index j = 0; j < 40; ++j)
      for (Index i = 0; i < 40; ++i) mask(i, j, k) = (coarse.centre(i, j, k) - middle).norm() < 12;
  Grid fine = oblique_grid();
  fine.size = {70, 70, 70};
  fine.spacing = {0.6, 0.6, 0.6};
  fine.origin = middle - fine.axes * Vec3(20.7, 20.7, 20.7);
  const Mask resampled = io::resample_mask(mask, fine);
  double volume = 0;
  Vec3 centre = Vec3::Zero();
  for (Index k = 0; k < 70; ++k)
    for (Index j = 0; j < 70; ++j)
      for (Index i = 0; i < 70; ++i)
        if (resampled(i, j, k)) {
          volume += fine.voxel_volume();
          centre += fine.voxel_volume() * fine.centre(i, j, k);
        }
  // The voxelised sphere is within 1 % of 4/3 pi r^3, and so is what interpolation makes of it.
  CHECK(volume == Approx(4.0 / 3 * std::numbers::pi * 1728).epsilon(0.015));
  CHECK((centre / volume - middle).norm() < 0.1);
  fine.origin += Vec3(500, 0, 0);
  CHECK_THAT(complaint(Kind::data, [&] { io::resample_mask(mask, fine); }),
             Contains("nothing of the mask is left"));
}

TEST_CASE("IBSI's structure set of the CT phantom gives IBSI's mask of it", "[full]") {
  const char* folder = std::getenv("VITRINE_IBSI_DATA");
  const io::Path data =
      folder ? io::Path(folder) : io::Path(VITRINE_SOURCE_DIR) / ".." / "shared" / "ibsi";
  const io::Path phantom = data / "ct_phantom";
  if (!std::filesystem::exists(phantom / "rtstruct")) {
    WARN("skipped: " << phantom.string() << " is absent (VITRINE_IBSI_DATA names IBSI's data)");
    return;
  }
  const Mask mask = io::read_mask(phantom / "mask.nii.gz");
  const Image series = io::read_image(phantom / "dicom");
  CHECK(io::frame_of_reference(phantom / "dicom") ==
        io::frame_of_reference(phantom / "rtstruct" / "DCM_RS_00060.dcm"));
  const Mask drawn = contours(phantom / "rtstruct" / "DCM_RS_00060.dcm", "GTV-1", series.grid());
  CHECK_NOTHROW(io::require_same_grid(series.grid(), mask.grid()));
  CHECK(equal(drawn, mask));
}
