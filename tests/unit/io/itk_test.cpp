#include <itkGDCMImageIO.h>
#include <itkGDCMSeriesFileNames.h>
#include <itkImageFileReader.h>
#include <itkImageSeriesReader.h>
#include <itkNiftiImageIO.h>

#include <algorithm>
#include <span>

#include "dicom_samples.hpp"
#include "vitrine/io/dicom_truth.hpp"
#include "vitrine/io/nifti.hpp"

using namespace vitrine;

// What we write, read by ITK: images by its GDCM and NIfTI readers, which have nothing of ours.
namespace {

using Volume3 = itk::Image<int, 3>;

Volume3::Pointer read_nifti(const io::Path& path) {
  const auto reader = itk::ImageFileReader<Volume3>::New();
  reader->SetImageIO(itk::NiftiImageIO::New());
  reader->SetFileName(path.string());
  reader->Update();
  return reader->GetOutput();
}

/// The one series of a directory, in the order that ITK gives its files.
Volume3::Pointer read_series(const io::Path& dir) {
  const auto names = itk::GDCMSeriesFileNames::New();
  names->SetDirectory(dir.string());
  REQUIRE(names->GetSeriesUIDs().size() == 1);
  const auto reader = itk::ImageSeriesReader<Volume3>::New();
  reader->SetImageIO(itk::GDCMImageIO::New());
  reader->SetFileNames(names->GetInputFileNames());
  reader->Update();
  return reader->GetOutput();
}

/// A file of several frames.
Volume3::Pointer read_frames(const io::Path& path) {
  const auto reader = itk::ImageFileReader<Volume3>::New();
  reader->SetImageIO(itk::GDCMImageIO::New());
  reader->SetFileName(path.string());
  reader->Update();
  return reader->GetOutput();
}

void check_place(const Volume3& read, const Grid& grid, double tolerance) {
  for (unsigned axis = 0; axis < 3; ++axis) {
    REQUIRE(Index(read.GetLargestPossibleRegion().GetSize(axis)) == grid.size[axis]);
    CHECK(read.GetSpacing()[axis] == Approx(grid.spacing[axis]).epsilon(tolerance));
    CHECK(read.GetOrigin()[axis] == Approx(grid.origin[axis]).epsilon(tolerance));
    for (unsigned row = 0; row < 3; ++row)
      CHECK(read.GetDirection()(row, axis) == Approx(grid.axes(row, axis)).margin(tolerance));
  }
}

Grid grid_along(const Mat3& axes) {
  Grid grid;
  grid.size = {24, 20, 7};  // GDCM wants frames of whole bytes
  grid.spacing = {0.6835937, 0.9, 1.25};
  grid.origin = {-176.155, 31.25, -612.5};
  grid.axes = axes;
  return grid;
}

std::vector<Grid> poses() {
  Mat3 coronal, sagittal;
  coronal << 1, 0, 0, 0, 0, 1, 0, -1, 0;    // rows run to the left, columns to the feet
  sagittal << 0, 0, -1, 1, 0, 0, 0, -1, 0;  // rows run to the back, columns to the feet
  const Mat3 oblique = Eigen::AngleAxisd(0.3, Vec3(1.0, 2.0, -0.5).normalized()).toRotationMatrix();
  return {grid_along(Mat3::Identity()), grid_along(coronal), grid_along(sagittal),
          grid_along(oblique)};
}

/// No two slices alike, with the ends of what DICOM holds.
Image numbers_on(const Grid& grid) {
  Image image(grid);
  for (std::size_t i = 0; i < image.values().size(); ++i)
    image.values()[i] = float((i * 7919) % 4096) - 1024.0f;
  image.values()[5] = 31743.0f;
  image.values()[6] = -32767.0f;
  return image;
}

io::DicomRegion region_of(const std::string& label, const Mask& mask) {
  io::DicomRegion region;
  region.label = label;
  region.category = {"49755003", "SCT", "Morphologically Altered Structure"};
  region.type = {"52988006", "SCT", "Lesion"};
  region.shape = std::make_shared<io::DicomShape>(io::shape_of(mask, mask.grid()));
  return region;
}

}  // namespace

TEST_CASE("ITK reads a CT series at its place, with the HU of the NIfTI file beside it") {
  for (const Grid& grid : poses()) {
    INFO("axes\n" << grid.axes);
    const Scratch scratch;
    const Image image = numbers_on(grid);
    auto files = io::encode_dicom(image, full_series());
    for (std::size_t k = 0; k < files.size(); ++k)  // no order by name
      files[k].name = str((k * 3) % files.size(), ".dcm");
    io::make_directories(scratch / "CT");
    io::write_files(scratch / "CT", files);
    io::write_file(scratch / "i.nii.gz", io::encode_nifti(image, ""));

    const auto series = read_series(scratch / "CT"), nifti = read_nifti(scratch / "i.nii.gz");
    check_place(*series, grid, 1e-9);
    check_place(*nifti, grid, 1e-6);  // in floats
    const std::span<const int> hu(series->GetBufferPointer(), image.values().size());
    CHECK(std::ranges::equal(hu, std::span(nifti->GetBufferPointer(), hu.size())));
    CHECK(std::ranges::equal(hu, image.values()));
  }
}

TEST_CASE("ITK reads a segment at the image's place, and several frame by frame") {
  for (const Grid& grid : poses()) {
    INFO("axes\n" << grid.axes);
    const Scratch scratch;
    Mask all(grid), some(grid);
    const auto plane = std::size_t(grid.size[0] * grid.size[1]);
    for (std::size_t i = 0; i < all.values().size(); ++i) {
      all.values()[i] = i * 7919 % 3 == 0 ? 1 : 0;
      some.values()[i] = i / plane >= 2 && i / plane < 5 && i * 7919 % 5 == 0 ? 1 : 0;
    }
    std::vector<int> wanted;  // GDCM makes 255 of a bit that is set
    for (const std::uint8_t in : all.values()) wanted.push_back(255 * in);
    const auto check_frames = [&](const std::vector<io::DicomRegion>& regions) {
      io::write_file(scratch / "SEG.dcm",
                     io::encode_dicom_segmentation({grid, full_series(), regions}));
      const auto read = read_frames(scratch / "SEG.dcm");
      REQUIRE(read->GetLargestPossibleRegion().GetNumberOfPixels() == wanted.size());
      CHECK(std::ranges::equal(std::span(read->GetBufferPointer(), wanted.size()), wanted));
      return read;
    };
    check_place(*check_frames({region_of("all", all)}), grid, 1e-9);
    // Frames that begin anew with each segment have no place in GDCM.
    for (const std::uint8_t in : some.values().subspan(2 * plane, 3 * plane))
      wanted.push_back(255 * in);
    check_frames({region_of("all", all), region_of("some", some)});
  }
}

TEST_CASE("ITK reads a NIfTI file of several packed members as one image") {
  const Scratch scratch;
  Grid grid = grid_along(Mat3::Identity());
  grid.size = {256, 200, 61};  // 6 MB: one member holds 4 MiB
  const Image image = numbers_on(grid);
  io::write_file(scratch / "i.nii.gz", io::encode_nifti(image, ""));
  const auto read = read_nifti(scratch / "i.nii.gz");
  check_place(*read, grid, 1e-6);
  CHECK(std::ranges::equal(std::span(read->GetBufferPointer(), image.values().size()),
                           image.values()));
}
