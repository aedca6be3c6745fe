#include <hdf5.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>

#include "dicom_samples.hpp"
#include "scratch.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/io/dicom.hpp"
#include "vitrine/io/hdf5.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/io/nifti.hpp"

using namespace vitrine;
using Catch::Matchers::Contains;
using Kind = Error::Kind;

TEST_CASE("a map says mg/ml in tenths, and is not read as HU") {
  const Scratch scratch;
  const Image image = slices(30, 2);
  io::DicomSeries map = full_series();
  map.in_mg_per_ml = true;
  map.image_flavor = "MAT_SPECIFIC";
  map.window = {6.5, 17.0};
  const auto files = io::encode_dicom(image, map);
  io::write_files(scratch.path(), files);
  CHECK_THAT(complaint(Kind::unsupported, [&] { io::read_dicom_series(scratch.path()); }),
             Contains("counts mg/ml") && Contains("MGML"));
  const auto& bytes = files.front().bytes;
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  CHECK_THAT(text, Contains("MGML") && Contains("AXIAL\\MAT_SPECIFIC") && Contains("6.5"));
  // Value 30 is stored as 300 tenths: the last pixels are the image's last.
  std::int16_t last = 0;
  std::memcpy(&last, bytes.data() + bytes.size() - 2, 2);
  const Index pixels = image.grid().size[0] * image.grid().size[1];
  CHECK(float(last) == Approx(10.0f * image.values()[std::size_t(pixels - 1)]));
}

TEST_CASE("a NIfTI map keeps its decimals, and is not read as HU") {
  const Scratch scratch;
  const Image image = slices(30, 2);
  io::write_file(scratch / "map.nii.gz", io::encode_nifti(image, "", io::HuStorage::mg_per_ml));
  CHECK_THAT(complaint(Kind::unsupported, [&] { io::read_image(scratch / "map.nii.gz"); }),
             Contains("counts mg/ml"));
  io::write_file(scratch / "hu.nii.gz", io::encode_nifti(image, "", io::HuStorage::float32));
  CHECK_NOTHROW(io::read_image(scratch / "hu.nii.gz"));
}

TEST_CASE("a DICOM series comes back with its HU and grid") {
  const Scratch scratch;
  const Image image = slices(30, 5);
  const auto files = io::encode_dicom(image, full_series());
  REQUIRE(files.size() == 5);
  CHECK(files[0].name == "IM0001.dcm");
  io::write_files(scratch.path(), files);
  io::write_file(scratch / "README.txt", "no DICOM");
  const Image back = io::read_image(scratch.path());
  CHECK(back.grid().size == image.grid().size);
  CHECK(back.grid().spacing == image.grid().spacing);
  CHECK(back.grid().origin == image.grid().origin);
  CHECK(back.grid().axes == image.grid().axes);
  CHECK(std::equal(back.values().begin(), back.values().end(), image.values().begin()));
}

TEST_CASE("an oblique DICOM series comes back in its pose, whatever the names of its files") {
  const Scratch scratch;
  Grid grid = slices(8, 4).grid();
  grid.axes = Eigen::AngleAxisd(0.3, Vec3(1.0, 2.0, -0.5).normalized()).toRotationMatrix();
  Image image(grid);
  for (std::size_t i = 0; i < image.values().size(); ++i) image.values()[i] = float(i);
  auto files = io::encode_dicom(image, full_series());
  std::swap(files[0].name, files[3].name);
  io::write_files(scratch.path(), files);
  const Image back = io::read_dicom_series(scratch.path());
  CHECK_NOTHROW(io::require_same_grid(grid, back.grid()));
  CHECK((back.grid().axes - grid.axes).norm() < 1e-9);
  CHECK(std::equal(back.values().begin(), back.values().end(), image.values().begin()));
}

TEST_CASE("each slice says where the middle of its field of view is") {
  Grid grid = slices(8, 4).grid();
  grid.axes = Eigen::AngleAxisd(0.3, Vec3(1.0, 2.0, -0.5).normalized()).toRotationMatrix();
  const auto files = io::encode_dicom(Image(grid), full_series());
  for (Index k = 0; k < 4; ++k) {
    const auto& bytes = files[std::size_t(k)].bytes;
    const std::array head{0x18, 0x00, 0x18, 0x93, 0x46, 0x44, 24, 0};  // (0018,9318), FD, length
    const auto at = std::search(bytes.begin(), bytes.end(), head.begin(), head.end(),
                                [](auto byte, int value) { return int(byte) == value; });
    REQUIRE(bytes.end() - at >= 32);
    Vec3 said;
    std::memcpy(said.data(), &*at + 8, 24);
    const Vec3 middle =
        0.5 * (grid.centre(0, 0, k) + grid.centre(grid.size[0] - 1, grid.size[1] - 1, k));
    CHECK((said - middle).norm() < 1e-9);
  }
}

TEST_CASE("HU beyond what DICOM holds are clamped, and fractions rounded") {
  const Scratch scratch;
  Image image = slices(4, 1);
  const float given[] = {1e6f, -1e6f, 0.5f, -0.5f, 3071.4f, 0.49999997f, 2.5f, -1000.5f},
              stored[] = {31743.0f, -32768.0f, 1.0f, -1.0f, 3071.0f, 0.0f, 3.0f, -1001.0f};
  std::copy(std::begin(given), std::end(given), image.values().begin());
  io::write_files(scratch.path(), io::encode_dicom(image, full_series()));
  const Image back = io::read_dicom_series(scratch.path());
  CHECK(std::equal(std::begin(stored), std::end(stored), back.values().begin()));
  image.values()[7] = std::numeric_limits<float>::infinity();
  CHECK_THAT(complaint(Kind::numeric, [&] { io::encode_dicom(image, full_series()); }),
             Contains("inf"));
}

TEST_CASE("the same series gives the same bytes, quickly") {
  const Image image = slices(510, 40);
  const auto start = std::chrono::steady_clock::now();
  const auto once = io::encode_dicom(image, full_series());
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto twice = io::encode_dicom(image, full_series());
  for (std::size_t k = 0; k < once.size(); ++k) REQUIRE(once[k].bytes == twice[k].bytes);
  INFO(seconds << " s");
  CHECK(seconds < 3.0);
}

TEST_CASE("UIDs are made from text alone: of a fixed form, and different for different text") {
  CHECK(io::dicom_uid("a") == io::dicom_uid("a"));
  CHECK(io::dicom_uid("a") != io::dicom_uid("b"));
  for (int i = 0; i < 100; ++i) {
    const std::string uid = io::dicom_uid(std::to_string(i));
    CHECK(uid.starts_with("2.25."));
    CHECK(uid.size() <= 64);
    CHECK(uid.find_first_not_of("0123456789.") == std::string::npos);
  }
}

TEST_CASE("dciodvfy finds no error in a series but the attribute it does not know") {
  if (!installed("dciodvfy")) {
    WARN("skipped: dciodvfy (package dicom3tools) is not installed");
    return;
  }
  const Scratch scratch;
  io::DicomSeries bare;
  bare.patient.id = "p";
  bare.study_uid = io::dicom_uid("study");
  bare.series_uid = io::dicom_uid("series");
  bare.frame_of_reference_uid = io::dicom_uid("frame");
  for (const auto& series : {full_series(), enhanced_series(), bare}) {
    io::write_files(scratch.path(), io::encode_dicom(slices(16, 2), series));
    for (const char* name : {"IM0001.dcm", "IM0002.dcm"})
      CHECK(dciodvfy_errors(scratch / name, "CTImage").empty());
  }
}

TEST_CASE("an enhanced series says what was injected and how long before the acquisition") {
  const auto text = [](const io::DicomSeries& series) {
    const auto file = io::encode_dicom(slices(4, 1), series).front();
    return std::string(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
  };
  io::DicomSeries series = enhanced_series();
  series.time = "235930";
  const std::string enhanced = text(series), plain = text(full_series());
  for (const char* said : {"iodinated contrast medium", "INTRAVENOUS", "IODINE", "107.5", "26.875",
                           "000042"}) {  // 72 s after 23:59:30
    INFO(said);
    CHECK(enhanced.find(said) != std::string::npos);
  }
  CHECK(plain.find("IODINE") == std::string::npos);
}

TEST_CASE("text that DICOM cannot hold is refused by attribute") {
  const Image image = slices(4, 1);
  const auto says = [&](const auto& change) {
    io::DicomSeries series = full_series();
    change(series);
    return complaint(Kind::input, [&] { io::encode_dicom(image, series); });
  };
  CHECK_THAT(says([](auto& s) { s.acquisition.filter_type = std::string(17, 'x'); }),
             Contains("FilterType"));
  CHECK_THAT(says([](auto& s) { s.patient.sex = "f!"; }), Contains("PatientSex"));
  CHECK_THAT(says([](auto& s) { s.date = "2026-01-01"; }), Contains("Date"));
  CHECK_THAT(says([](auto& s) { s.series_description = "a\\b"; }), Contains("backslash"));
  CHECK_THAT(says([](auto& s) { s.patient.id.clear(); }), Contains("patient id"));
  CHECK_THAT(says([](auto& s) { s.study_uid = "1.2.x"; }), Contains("StudyInstanceUID"));
  CHECK_THAT(says([](auto& s) { s.patient.id = std::string(65, 'x'); }), Contains("PatientID"));
  CHECK(says([](auto& s) { s.series_description = "K\xC3\xB6rper"; }).empty());
  CHECK(says([](auto& s) {
          for (int i = 0; i < 40; ++i) s.series_description += "\xC3\xB6x";
          s.reconstruction.kernel = "a kernel with a very long name";
        }).empty());
}

TEST_CASE("a DICOM series with a gap, a double, a cut file or a second series is refused") {
  const Image image = slices(8, 5);
  const auto files = io::encode_dicom(image, full_series());
  const auto says = [&](const auto& change, Kind kind = Kind::data) {
    const Scratch scratch;
    io::write_files(scratch.path(), files);
    change(scratch);
    return complaint(kind, [&] { io::read_dicom_series(scratch.path()); });
  };
  CHECK_THAT(says([](const Scratch& s) { std::filesystem::remove(s / "IM0003.dcm"); }),
             Contains("a slice is missing"));
  CHECK_THAT(
      says([](const Scratch& s) { std::filesystem::copy_file(s / "IM0003.dcm", s / "copy.dcm"); }),
      Contains("same place"));
  CHECK_THAT(says([](const Scratch& s) { std::filesystem::resize_file(s / "IM0003.dcm", 1700); }),
             Contains("'"));
  CHECK_THAT(says([&](const Scratch& s) {
               std::filesystem::resize_file(s / "IM0003.dcm", files[2].bytes.size() - 10);
             }),
             Contains("'"));
  CHECK_THAT(says([&](const Scratch& s) {
               io::DicomSeries other = full_series();
               other.series_uid = io::dicom_uid("other");
               io::write_file(s / "other.dcm", io::encode_dicom(image, other)[0].bytes);
             }),
             Contains("2 CT series"));
  CHECK_THAT(says([](const Scratch& s) {
               for (const auto& entry : std::filesystem::directory_iterator(s.path()))
                 std::filesystem::remove(entry);
             }),
             Contains("no DICOM CT image"));
  CHECK_THAT(complaint(Kind::io, [] { io::read_dicom_series("/no/such/dir"); }),
             Contains("/no/such/dir"));
}

namespace {

io::H5File example() {
  io::H5File file;
  const std::vector<double> numbers{1.0, 2.5, -3.0, 0.0, 1e300, 6.0};
  const std::vector<float> many(50'000, 0.25f);
  const std::vector<std::int64_t> whole{-1, std::int64_t{1} << 60};
  const std::vector<std::uint8_t> flags{0, 1, 255};
  file.dataset("/truth/lesions/volume", std::span<const double>(numbers), {2, 3});
  file.dataset("/profiles/many", std::span<const float>(many), {100, 500});
  file.dataset("/whole", std::span<const std::int64_t>(whole), {2});
  file.dataset("/flags", std::span<const std::uint8_t>(flags), {3});
  file.dataset("/none", std::span<const double>(), {0});
  file.strings("/names", {"a", "", "K\xC3\xB6rper"});
  file.attribute("/", "format_version", std::int64_t{1});
  file.attribute("/truth/lesions", "unit", "mm^3");
  file.attribute("/whole", "scale", 0.5);
  Table table{{"case", "value", "note"}, {}};
  table.add({"c1", 1.5, "x"});
  table.add(
      {"c2", std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()});
  io::write_table(file, "/features", table);
  io::write_table(file, "/empty", Table{{"a"}, {}});
  return file;
}

template <class T>
std::vector<T> read(hid_t file, const char* path, hid_t type) {
  const hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
  REQUIRE(set >= 0);
  const hid_t space = H5Dget_space(set);
  std::vector<T> values(std::size_t(H5Sget_simple_extent_npoints(space)));
  if (!values.empty()) CHECK(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0);
  H5Sclose(space);
  H5Dclose(set);
  return values;
}

}  // namespace

TEST_CASE("an HDF5 file built in memory is read back from disk") {
  const Scratch scratch;
  io::write_file(scratch / "r.h5", example().bytes());
  const hid_t file = H5Fopen((scratch / "r.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  REQUIRE(file >= 0);
  CHECK(read<double>(file, "/truth/lesions/volume", H5T_NATIVE_DOUBLE) ==
        std::vector<double>{1.0, 2.5, -3.0, 0.0, 1e300, 6.0});
  CHECK(read<float>(file, "/profiles/many", H5T_NATIVE_FLOAT) == std::vector<float>(50'000, 0.25f));
  CHECK(read<std::int64_t>(file, "/whole", H5T_NATIVE_INT64) ==
        std::vector<std::int64_t>{-1, std::int64_t{1} << 60});
  CHECK(read<std::uint8_t>(file, "/flags", H5T_NATIVE_UINT8) ==
        std::vector<std::uint8_t>{0, 1, 255});
  CHECK(read<double>(file, "/none", H5T_NATIVE_DOUBLE).empty());
  const auto values = read<double>(file, "/features/value", H5T_NATIVE_DOUBLE);
  CHECK(values[0] == 1.5);
  CHECK(std::isnan(values[1]));

  const hid_t names = H5Dopen2(file, "/names", H5P_DEFAULT);
  const hid_t type = H5Dget_type(names);
  REQUIRE(H5Tget_size(type) == 7);
  std::string text(3 * 7, '?');
  H5Dread(names, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data());
  CHECK(text == std::string("a\0\0\0\0\0\0\0\0\0\0\0\0\0K\xC3\xB6rper", 21));
  H5Tclose(type);
  H5Dclose(names);

  std::int64_t version = 0;
  const hid_t attribute = H5Aopen(file, "format_version", H5P_DEFAULT);
  H5Aread(attribute, H5T_NATIVE_INT64, &version);
  CHECK(version == 1);
  H5Aclose(attribute);
  H5Fclose(file);
}

TEST_CASE("two builds of an HDF5 file, a second apart, have equal bytes") {
  const io::Bytes once = example().bytes();
  const auto start = std::chrono::system_clock::now();
  while (std::chrono::system_clock::now() - start < std::chrono::milliseconds(1100)) {
  }
  CHECK(sha256(once) == sha256(example().bytes()));
}

TEST_CASE("an HDF5 name used twice and a wrong shape are refused") {
  io::H5File file;
  const std::vector<double> two{1.0, 2.0};
  file.dataset("/a", std::span<const double>(two), {2});
  CHECK_THAT(complaint(Kind::io, [&] { file.dataset("/a", std::span<const double>(two), {2}); }),
             Contains("/a"));
  CHECK_THAT(complaint(Kind::data, [&] { file.dataset("/b", std::span<const double>(two), {3}); }),
             Contains("ask for 3"));
  CHECK_THAT(complaint(Kind::data, [&] { file.dataset("c", std::span<const double>(two), {2}); }),
             Contains("absolute"));
  CHECK_THAT(complaint(Kind::io, [&] { file.attribute("/missing", "a", 1.0); }),
             Contains("/missing"));
}
