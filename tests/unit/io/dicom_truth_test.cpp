#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "dicom_samples.hpp"
#include "vitrine/io/dicom_mask.hpp"
#include "vitrine/io/dicom_truth.hpp"

using namespace vitrine;
using Catch::Matchers::Contains;

namespace {

/// Inclined, so that a mixed-up axis shows.
Grid inclined_grid() {
  Grid grid;
  grid.size = {23, 19, 6};
  grid.spacing = {0.7, 0.9, 1.25};
  grid.origin = {-20.5, 31.25, -612.5};
  const double s = std::sin(0.3), c = std::cos(0.3);
  grid.axes << 1, 0, 0, 0, c, -s, 0, s, c;
  return grid;
}

/// A ring with a pixel in its hole, two pixels that touch by a corner, a slice with nothing, and
/// pixels in the grid's corners.
Mask awkward_mask() {
  Mask mask(inclined_grid());
  for (Index j = 3; j < 12; ++j)
    for (Index i = 4; i < 15; ++i)
      if (i < 7 || i > 11 || j < 6 || j > 9) mask(i, j, 1) = 1;
  mask(9, 8, 1) = 1;
  mask(20, 16, 1) = mask(21, 17, 1) = 1;
  mask(0, 0, 3) = mask(22, 18, 3) = mask(22, 0, 4) = 1;
  return mask;
}

/// A ball of pixels.
Mask ball(double radius) {
  Mask mask(inclined_grid());
  for (Index k = 0; k < 6; ++k)
    for (Index j = 0; j < 19; ++j)
      for (Index i = 0; i < 23; ++i)
        mask(i, j, k) = std::hypot(double(i) - 11, double(j) - 9, 2.0 * (double(k) - 3)) < radius;
  return mask;
}

io::DicomRegion region_of(const std::string& label, const Mask& mask) {
  io::DicomRegion region;
  region.label = label;
  region.category = {"49755003", "SCT", "Morphologically Altered Structure"};
  region.type = {"52988006", "SCT", "Lesion"};
  region.site = {"39607008", "SCT", "Lung"};
  region.tracking_uid = io::dicom_uid(label);
  region.colour = {255, 0, 0};
  region.shape = std::make_shared<io::DicomShape>(io::shape_of(mask, mask.grid()));
  region.measurements = {{{"Q4LE", "IBSI", "Mean"}, -163.5441176470588, "[hnsf'U]", {}},
                         {{"9ZK5", "IBSI", "Entropy"}, 3.25, "1", {"ITBB", "IBSI", "3d_average"}},
                         {{"a.feature.without.a.code", "99VITRINE", "Of our own"},
                          std::numeric_limits<double>::quiet_NaN(),
                          "1",
                          {}}};
  return region;
}

struct Objects {
  Mask first = awkward_mask(), second = ball(7.5);
  std::vector<io::DicomRegion> regions{region_of("lesion01", first), region_of("lesion02", second)};
  io::DicomTruth truth{first.grid(), full_series(), regions};
};

/// Components by flood fill; pixels off the slice are outside.
int parts(const Mask& mask, Index k, bool inside) {
  const auto [nx, ny, nz] = mask.grid().size;
  std::set<std::pair<Index, Index>> left;
  for (Index j = -1; j <= ny; ++j)
    for (Index i = -1; i <= nx; ++i)
      if ((i >= 0 && j >= 0 && i < nx && j < ny && mask(i, j, k)) == inside) left.insert({i, j});
  int count = 0;
  for (; !left.empty(); ++count) {
    std::vector<std::pair<Index, Index>> stack{*left.begin()};
    left.erase(left.begin());
    while (!stack.empty()) {
      const auto [i, j] = stack.back();
      stack.pop_back();
      for (Index b = -1; b <= 1; ++b)
        for (Index a = -1; a <= 1; ++a)
          if (!(inside && a != 0 && b != 0) && left.erase({i + a, j + b}))  // corners join outside
            stack.push_back({i + a, j + b});
    }
  }
  return count;
}

DcmItem& item(DcmItem& of, const DcmTagKey& tag, long n) {
  DcmItem* found = nullptr;
  REQUIRE(of.findAndGetSequenceItem(tag, found, n).good());
  return *found;
}

std::string text(DcmItem& of, const DcmTagKey& tag) {
  OFString value;
  REQUIRE(of.findAndGetOFStringArray(tag, value).good());
  return value.c_str();
}

unsigned long items_in(DcmItem& of, const DcmTagKey& tag) {
  DcmSequenceOfItems* sequence = nullptr;
  REQUIRE(of.findAndGetSequence(tag, sequence).good());
  return sequence->card();
}

DcmDataset& load(DcmFileFormat& file, const io::Path& path) {
  REQUIRE(file.loadFile(path.c_str()).good());
  return *file.getDataset();
}

/// Area of a contour, signed by how it turns about the slices' normal, mm^2.
double signed_area(const std::string& data, const Vec3& normal) {
  std::vector<double> mm;
  std::istringstream in(data);
  for (std::string number; std::getline(in, number, '\\');) mm.push_back(std::stod(number));
  REQUIRE(mm.size() >= 12);
  const auto point = [&](std::size_t p) { return Vec3(mm[3 * p], mm[3 * p + 1], mm[3 * p + 2]); };
  Vec3 sum = Vec3::Zero();
  const std::size_t n = mm.size() / 3;
  for (std::size_t p = 0; p < n; ++p)
    sum += (point(p) - point(0)).cross(point((p + 1) % n) - point(0));
  return 0.5 * sum.dot(normal);
}

}  // namespace

TEST_CASE("a shape lies on the grid of its series, made of a mask or of a label alike") {
  const Mask mask = awkward_mask();
  Grid elsewhere = mask.grid();
  elsewhere.origin += Vec3(1.0, -2.0, 3.0);
  Mask moved(elsewhere);
  LabelMap labels(elsewhere);
  std::ranges::copy(mask.values(), moved.values().begin());
  for (std::size_t i = 0; i < labels.values().size(); ++i)
    labels.values()[i] = mask.values()[i] ? 7 : std::uint16_t(i % 7);
  const io::DicomShape shape = io::shape_of(mask, mask.grid());
  for (const io::DicomShape& other :
       {io::shape_of(moved, mask.grid()), io::shape_of(labels, 7, mask.grid())}) {
    CHECK(other.first == shape.first);
    CHECK(other.mask.grid() == shape.mask.grid());
    CHECK(std::ranges::equal(other.mask.values(), shape.mask.values()));
    CHECK(std::ranges::equal(other.contours, shape.contours, {}, &io::DicomContour::data,
                             &io::DicomContour::data));
  }
  CHECK(shape.contours.size() == 8);  // a ring's two, in its hole one, two apart; three corners
  CHECK(std::ranges::is_sorted(shape.contours, {}, &io::DicomContour::slice));
  CHECK(io::shape_of(labels, 8, mask.grid()).mask.values().empty());
}

TEST_CASE("segments are read back as the masks they were made of") {
  const Scratch scratch;
  const Objects made;
  io::write_file(scratch / "seg.dcm", io::encode_dicom_segmentation(made.truth));
  for (const auto& [label, mask] :
       {std::pair("lesion01", &made.first), std::pair("lesion02", &made.second)}) {
    const Mask back = io::read_dicom_segment(scratch / "seg.dcm", label);
    // Slices from the segment's lowest on: the same voxels at the same places.
    const Vec3 shift = back.grid().origin - mask->grid().origin;
    const auto first = Index(std::lround(shift.dot(mask->grid().axes.col(2)) / 1.25));
    CHECK((back.grid().origin - mask->grid().centre(0, 0, first)).norm() < 1e-9);
    CHECK((back.grid().axes - mask->grid().axes).norm() < 1e-12);
    std::size_t wrong = 0;
    for (Index k = 0; k < 6; ++k)
      for (Index j = 0; j < 19; ++j)
        for (Index i = 0; i < 23; ++i) {
          const bool there = k >= first && k < first + back.grid().size[2];
          wrong += (there && back(i, j, k - first)) != ((*mask)(i, j, k) != 0);
        }
    CHECK(wrong == 0);
  }
}

TEST_CASE("a segment's colour is CIELab about D50") {
  const Scratch scratch;
  Objects made;
  made.regions[0].colour = {255, 255, 255};
  made.regions[1].colour = {255, 0, 0};
  io::write_file(scratch / "seg.dcm", io::encode_dicom_segmentation(made.truth));
  DcmFileFormat file;
  DcmDataset& data = load(file, scratch / "seg.dcm");
  const auto lab = [&](long segment) {
    const Uint16* coded = nullptr;
    unsigned long count = 0;
    REQUIRE(item(data, DCM_SegmentSequence, segment)
                .findAndGetUint16Array(DCM_RecommendedDisplayCIELabValue, coded, &count)
                .good());
    REQUIRE(count == 3);
    return std::array<double, 3>{coded[0] / 655.35, coded[1] / 257.0 - 128.0,
                                 coded[2] / 257.0 - 128.0};
  };
  const auto white = lab(0), red = lab(1);
  CHECK(white[0] == Approx(100.0));
  CHECK(white[1] == Approx(0.0).margin(0.01));
  CHECK(white[2] == Approx(0.0).margin(0.01));
  // sRGB's red as B. Lindbloom's CIE colour calculator has it (D50, Bradford).
  CHECK(red[0] == Approx(54.29).margin(0.01));
  CHECK(red[1] == Approx(80.81).margin(0.02));
  CHECK(red[2] == Approx(69.89).margin(0.02));
}

TEST_CASE("contours are read back as the masks they were drawn about") {
  const Scratch scratch;
  const Objects made;
  io::write_file(scratch / "rt.dcm", io::encode_dicom_contours(made.truth));
  for (const auto& [label, mask] :
       {std::pair("lesion01", &made.first), std::pair("lesion02", &made.second)}) {
    const Mask back = io::read_dicom_contours(scratch / "rt.dcm", label, mask->grid());
    CHECK(std::ranges::equal(back.values(), mask->values()));
  }
}

TEST_CASE("a slice's contours have N - E/2 pixels of area: marching squares cut the corners") {
  const Scratch scratch;
  const Objects made;
  io::write_file(scratch / "rt.dcm", io::encode_dicom_contours(made.truth));
  DcmFileFormat file;
  DcmDataset& data = load(file, scratch / "rt.dcm");
  const double pixel = 0.7 * 0.9;
  for (const Mask* mask : {&made.first, &made.second}) {
    DcmItem& roi = item(data, DCM_ROIContourSequence, mask == &made.second);
    std::map<Index, double> area;
    for (unsigned long c = 0; c < items_in(roi, DCM_ContourSequence); ++c) {
      DcmItem& contour = item(roi, DCM_ContourSequence, long(c));
      const std::string drawn_on =
          text(item(contour, DCM_ContourImageSequence, 0), DCM_ReferencedSOPInstanceUID);
      Index slice = -1;
      for (Index k = 0; k < 6; ++k)
        if (drawn_on == io::dicom_uid(str(full_series().series_uid, "/slice ", k + 1))) slice = k;
      area[slice] += signed_area(text(contour, DCM_ContourData), mask->grid().axes.col(2));
    }
    for (Index k = 0; k < 6; ++k) {
      double pixels = 0;
      for (Index j = 0; j < 19; ++j)
        for (Index i = 0; i < 23; ++i) pixels += (*mask)(i, j, k);
      const int euler = parts(*mask, k, true) - (parts(*mask, k, false) - 1);
      INFO("slice " << k << ", " << pixels << " pixels, E = " << euler);
      // Coordinates are whole tenths of a micrometre: 1e-4 mm along an outline below 100 mm.
      CHECK(area[k] == Approx((pixels - 0.5 * euler) * pixel).margin(0.01));
    }
  }
}

TEST_CASE("a report's numbers are the measurements, bit by bit, or said not to be numbers") {
  const Scratch scratch;
  const Objects made;
  io::write_file(scratch / "sr.dcm", io::encode_dicom_report(made.truth));
  DcmFileFormat file;
  DcmDataset& data = load(file, scratch / "sr.dcm");
  DcmItem& all = item(data, DCM_ContentSequence, 5);
  REQUIRE(items_in(all, DCM_ContentSequence) == 2);
  for (long g = 0; g < 2; ++g) {
    DcmItem& group = item(all, DCM_ContentSequence, g);
    std::vector<DcmItem*> numbers;
    std::set<std::string> said;
    for (unsigned long n = 0; n < items_in(group, DCM_ContentSequence); ++n) {
      DcmItem& one = item(group, DCM_ContentSequence, long(n));
      if (text(one, DCM_ValueType) == "NUM") numbers.push_back(&one);
      if (text(one, DCM_ValueType) == "UIDREF") said.insert(text(one, DCM_UID));
      if (text(one, DCM_ValueType) != "IMAGE") continue;
      DcmItem& segment = item(one, DCM_ReferencedSOPSequence, 0);
      CHECK(text(segment, DCM_ReferencedSOPClassUID) == UID_SegmentationStorage);
      CHECK(text(segment, DCM_ReferencedSegmentNumber) == std::to_string(g + 1));
    }
    CHECK(said.contains(made.regions[std::size_t(g)].tracking_uid));
    CHECK(said.contains(full_series().series_uid));
    REQUIRE(numbers.size() == 3);
    double value = 0;
    REQUIRE(item(*numbers[0], DCM_MeasuredValueSequence, 0)
                .findAndGetFloat64(DCM_FloatingPointValue, value)
                .good());
    CHECK(value == -163.5441176470588);
    CHECK(text(item(*numbers[0], DCM_ConceptNameCodeSequence, 0), DCM_CodeValue) == "Q4LE");
    CHECK(text(item(item(*numbers[1], DCM_ContentSequence, 0), DCM_ConceptCodeSequence, 0),
               DCM_CodeValue) == "ITBB");
    CHECK(items_in(*numbers[2], DCM_MeasuredValueSequence) == 0);
    CHECK(text(item(*numbers[2], DCM_ConceptNameCodeSequence, 0), DCM_LongCodeValue) ==
          "a.feature.without.a.code");
  }
}

TEST_CASE("image, segments, contours and report are of one patient, study and frame of reference") {
  const Scratch scratch;
  const Objects made;
  Image image(made.first.grid());
  io::write_file(scratch / "ct.dcm", io::encode_dicom(image, full_series()).front().bytes);
  io::write_file(scratch / "seg.dcm", io::encode_dicom_segmentation(made.truth));
  io::write_file(scratch / "rt.dcm", io::encode_dicom_contours(made.truth));
  io::write_file(scratch / "sr.dcm", io::encode_dicom_report(made.truth));
  std::set<std::string> instances, series;
  DcmFileFormat ct_file;
  DcmDataset& ct = load(ct_file, scratch / "ct.dcm");
  for (const char* name : {"ct.dcm", "seg.dcm", "rt.dcm", "sr.dcm"}) {
    INFO(name);
    DcmFileFormat file;
    DcmDataset& data = load(file, scratch / name);
    for (const DcmTagKey& tag :
         {DCM_PatientName, DCM_PatientID, DCM_PatientSex, DCM_PatientAge, DCM_PatientWeight,
          DCM_StudyInstanceUID, DCM_StudyDate, DCM_StudyID, DCM_StudyDescription,
          DCM_ClinicalTrialSponsorName, DCM_ClinicalTrialProtocolID, DCM_ClinicalTrialSubjectID,
          DCM_ClinicalTrialTimePointID, DcmTagKey(0x0008, 0x001C)})
      CHECK(text(data, tag) == text(ct, tag));
    if (name[0] != 's' || name[1] != 'r')
      CHECK(text(data, DCM_FrameOfReferenceUID) == text(ct, DCM_FrameOfReferenceUID));
    instances.insert(text(data, DCM_SOPInstanceUID));
    series.insert(text(data, DCM_SeriesInstanceUID));
  }
  CHECK(instances.size() == 4);
  CHECK(series.size() == 4);
  CHECK(io::encode_dicom_report(made.truth) == io::encode_dicom_report(Objects().truth));
}

TEST_CASE("dciodvfy and dcentvfy find no error in segments, contours and report") {
  if (!installed("dciodvfy") || !installed("dcentvfy")) {
    WARN("skipped: dciodvfy and dcentvfy (package dicom3tools) are not installed");
    return;
  }
  const Scratch scratch;
  const Objects made;
  Image image(made.first.grid());
  io::write_files(scratch.path(), io::encode_dicom(image, full_series()));
  io::write_file(scratch / "seg.dcm", io::encode_dicom_segmentation(made.truth));
  io::write_file(scratch / "rt.dcm", io::encode_dicom_contours(made.truth));
  io::write_file(scratch / "sr.dcm", io::encode_dicom_report(made.truth));
  CHECK(dciodvfy_errors(scratch / "seg.dcm", "Segmentation") == "");
  CHECK(dciodvfy_errors(scratch / "rt.dcm", "RTStructureSet") == "");
  CHECK(dciodvfy_errors(scratch / "sr.dcm", "ComprehensiveSR") == "");
  const std::string between = run("dcentvfy '" + scratch.path().string() + "'/*.dcm");
  CHECK_THAT(between, !Contains("Error"));
  if (!installed("dsrdump")) {
    WARN("skipped: dsrdump (package dcmtk) is not installed");
    return;
  }
  const std::string dump = run("dsrdump '" + (scratch / "sr.dcm").string() + "'");
  CHECK_THAT(dump,
             Contains("Imaging Measurement Report") && Contains("-163.5441") && !Contains("E: "));
}

TEST_CASE("what cannot be said in DICOM is refused") {
  Objects made;
  made.regions.clear();
  made.truth.regions = made.regions;
  CHECK_THAT(complaint(Error::Kind::input, [&] { io::encode_dicom_segmentation(made.truth); }),
             Contains("no region has a voxel"));
  // A comb whose outline goes up and down: too many points for one value.
  Grid wide;
  wide.size = {8000, 3, 1};
  Mask comb(wide);
  for (Index i = 0; i < 8000; ++i) {
    comb(i, 0, 0) = 1;
    comb(i, 1, 0) = std::uint8_t(i % 2);
  }
  made.regions = {region_of("comb", comb)};
  made.truth.grid = wide;
  made.truth.regions = made.regions;
  CHECK_THAT(complaint(Error::Kind::unsupported, [&] { io::encode_dicom_contours(made.truth); }),
             Contains("contour of 'comb'") && Contains("Use the Segmentation"));
}
