#include <sys/resource.h>

#include <chrono>
#include <cstring>
#include <random>
#include <sstream>

#include "scratch.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/io/nifti.hpp"

using namespace vitrine;
using Catch::Matchers::Contains;
using Kind = Error::Kind;

namespace {

/// A MetaImage of 3 x 2 x 2 voxels.
template <class T>
io::Bytes meta(const char* type, const std::vector<T>& voxels,
               const std::string& axes = "1 0 0 0 1 0 0 0 1") {
  std::ostringstream out;
  out << "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
      << "TransformMatrix = " << axes << "\nOffset = 1 2 3\nElementSpacing = 1 1 2\n"
      << "DimSize = 3 2 2\nElementType = " << type << "\nElementDataFile = LOCAL\n";
  out.write(reinterpret_cast<const char*>(voxels.data()),
            std::streamsize(voxels.size() * sizeof(T)));
  return bytes_of(out.str());
}

template <class T>
std::vector<std::int64_t> values(const Scratch& scratch, const char* type,
                                 const std::vector<T>& voxels) {
  io::write_file(scratch / "l.mha", meta(type, voxels));
  const LabelImage image = io::read_labels(scratch / "l.mha");
  std::vector<std::int64_t> out;
  for (const std::uint16_t i : image.index) out.push_back(image.labels.at(i).value);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < image.labels.size(); ++i) {
    count += image.labels[i].voxels;
    if (i > 0) CHECK(image.labels[i - 1].value < image.labels[i].value);
  }
  CHECK(count == voxels.size());
  return out;
}

}  // namespace

TEST_CASE("labels of every type come back as they were written") {
  const Scratch scratch;
  const std::vector<std::int64_t> small{0, 0, 5, 5, 5, 2, 9, 0, 1, 2, 3, 127};
  const std::vector<std::int64_t> large{0, -3, 70000, 5, 5, 2, 2147483647, 0, 1, 2, 3, -2147483648};
  const auto as = [](auto type, const std::vector<std::int64_t>& labels) {
    return std::vector<decltype(type)>(labels.begin(), labels.end());
  };
  CHECK(values(scratch, "MET_UCHAR", as(std::uint8_t{}, small)) == small);
  CHECK(values(scratch, "MET_CHAR", as(std::int8_t{}, small)) == small);
  CHECK(values(scratch, "MET_USHORT", as(std::uint16_t{}, small)) == small);
  CHECK(values(scratch, "MET_SHORT", as(std::int16_t{}, small)) == small);
  CHECK(values(scratch, "MET_INT", as(std::int32_t{}, large)) == large);
  CHECK(values(scratch, "MET_FLOAT", as(float{}, small)) == small);
  CHECK(values(scratch, "MET_DOUBLE", as(double{}, small)) == small);
}

TEST_CASE("what is no image of labels is refused with the voxel") {
  const Scratch scratch;
  const auto said = [&](const io::Bytes& file) {
    io::write_file(scratch / "l.mha", file);
    return complaint(Kind::data, [&] { io::read_labels(scratch / "l.mha"); });
  };
  std::vector<float> voxels(12, 1.0f);
  voxels[4] = 0.25f;
  CHECK_THAT(said(meta("MET_FLOAT", voxels)), Contains("voxel (1, 1, 0) is 0.25"));
  voxels[4] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THAT(said(meta("MET_FLOAT", voxels)), Contains("voxel (1, 1, 0) is nan"));
  voxels[4] = 1e10f;
  CHECK_THAT(said(meta("MET_FLOAT", voxels)), Contains("32 bits"));
  const std::vector<std::uint8_t> plain(12, 1);
  CHECK(said(meta("MET_UCHAR", plain)).empty());
  CHECK_THAT(said(meta("MET_UCHAR", plain, "1 0 0 0.3 1 0 0 0 1")), Contains("perpendicular"));
  CHECK_THAT(said(meta("MET_UCHAR", plain, "1 0 0 1 0 0 0 0 1")), Contains("perpendicular"));
  CHECK_THAT(said(meta("MET_UCHAR", plain, "1 0 0 0 0 0 0 0 1")), Contains("perpendicular"));
  CHECK_THAT(said(meta("MET_UCHAR", std::vector<std::uint8_t>(11, 1))), Contains("cut short"));
  // Right and oblique: honoured exactly.
  CHECK(said(meta("MET_UCHAR", plain, "0.6 0.8 0 -0.8 0.6 0 0 0 1")).empty());
  const LabelImage turned = io::read_labels(scratch / "l.mha");
  CHECK((turned.grid.axes.col(0) - Vec3(0.6, 0.8, 0)).norm() < 1e-12);
}

TEST_CASE("an image of too many labels is taken for a CT image") {
  const Scratch scratch;
  Grid grid;
  grid.size = {300, 300, 1};
  Image image(grid);
  for (std::size_t i = 0; i < image.values().size(); ++i) image.values()[i] = float(i);
  io::write_file(scratch / "f.nii.gz", io::encode_nifti(image, "", io::HuStorage::float32));
  CHECK_THAT(complaint(Kind::unsupported, [&] { io::read_labels(scratch / "f.nii.gz"); }),
             Contains("more than 65536 different labels"));
}

TEST_CASE("the files of an image are one, or a header and its voxels") {
  const Scratch scratch;
  io::write_file(scratch / "l.mha", meta("MET_UCHAR", std::vector<std::uint8_t>(12, 1)));
  CHECK(io::files_of_image(scratch / "l.mha").size() == 1);
  const std::string header =
      "ObjectType = Image\nNDims = 3\nDimSize = 3 2 2\nElementType = MET_UCHAR\n"
      "ElementDataFile = l.raw\n";
  io::write_file(scratch / "l.mhd", bytes_of(header));
  io::write_file(scratch / "l.raw", io::Bytes(12, std::byte{3}));
  const auto files = io::files_of_image(scratch / "l.mhd");
  REQUIRE(files.size() == 2);
  CHECK(files[1].filename() == "l.raw");
  CHECK(io::read_labels(scratch / "l.mhd").labels.front().value == 3);
}

TEST_CASE("a damaged file of labels is an error, whatever is damaged") {
  const Scratch scratch;
  Grid grid;
  grid.size = {9, 8, 7};
  Mask mask(grid);
  for (std::size_t i = 0; i < mask.values().size(); ++i) mask.values()[i] = std::uint8_t(i % 5);
  const io::Bytes nifti = io::encode_nifti(mask, "labels");
  const io::Bytes text = meta("MET_SHORT", std::vector<std::int16_t>(12, 7));
  std::mt19937 random(11);
  int refused = 0;
  for (int n = 0; n < 400; ++n) {
    io::Bytes file = n % 2 ? nifti : text;
    const auto at = random() % file.size();
    if (n % 4 < 2)
      file[at] ^= std::byte(1u << random() % 8);
    else
      file.resize(at);
    const auto path = scratch / (n % 2 ? "l.nii.gz" : "l.mha");
    io::write_file(path, file);
    try {
      const LabelImage image = io::read_labels(path, io::mebibyte);
      CHECK(Index(image.index.size()) == image.grid.count());
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > 200);
}

TEST_CASE("a label map of 100 million voxels is read in seconds, without a copy in floats",
          "[full]") {
  const Scratch scratch;
  const std::string header =
      "ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = 500 500 400\n"
      "ElementSpacing = 0.7 0.7 0.7\nElementType = MET_UCHAR\nElementDataFile = l.raw\n";
  io::write_file(scratch / "l.mhd", bytes_of(header));
  {
    io::Bytes voxels(100'000'000);
    for (std::size_t v = 0; v < voxels.size(); ++v) voxels[v] = std::byte(v / 40 % 100);
    io::write_file(scratch / "l.raw", voxels);
  }
  const auto peak = [] {  // kB
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const auto before = peak();
  const auto start = std::chrono::steady_clock::now();
  const LabelImage image = io::read_labels(scratch / "l.mhd");
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  CAPTURE(seconds, before, peak());
  CHECK(image.labels.size() == 100);
  CHECK(image.labels[7].voxels == 1'000'000);
  CHECK(seconds < 20.0);
  CHECK(peak() - before < 400'000);  // bytes of the file and two for every voxel; floats: 400 MB
}
