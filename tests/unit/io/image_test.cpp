#include <libdeflate.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "scratch.hpp"
#include "vitrine/core/base64.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/io/nifti.hpp"
#include "vitrine/io/png.hpp"

using namespace vitrine;
using Catch::Matchers::Contains;
using Kind = Error::Kind;

namespace {

Mat3 oblique(bool mirrored) {
  Mat3 axes = (Eigen::AngleAxisd(0.4, Vec3(0.2, 1.0, -0.5).normalized()) *
               Eigen::AngleAxisd(-0.1, Vec3::UnitX()))
                  .toRotationMatrix();
  if (mirrored) axes.col(2) *= -1.0;
  return axes;
}

Grid small_grid() {
  Grid grid;
  grid.size = {7, 5, 3};
  grid.spacing = {0.977, 0.5, 1.25};
  grid.origin = {-123.5, 45.25, -600.0};
  return grid;
}

Image ramp(const Grid& grid) {
  Image image(grid);
  for (std::size_t i = 0; i < image.values().size(); ++i)
    image.values()[i] = float(i) * 13.0f - 1000.0f;
  return image;
}

void check_grid(const Grid& grid, const Grid& expected, double tolerance) {
  CHECK(grid.size == expected.size);
  CHECK(grid.spacing == expected.spacing);
  CHECK((grid.origin - expected.origin).norm() <= tolerance);
  CHECK((grid.axes - expected.axes).norm() <= tolerance);
}

io::Bytes inflated(std::span<const std::byte> bytes, std::size_t size, bool gzip) {
  io::Bytes out(size);
  libdeflate_decompressor* const inflate = libdeflate_alloc_decompressor();
  std::size_t made = 0;
  const auto call = gzip ? libdeflate_gzip_decompress : libdeflate_zlib_decompress;
  REQUIRE(call(inflate, bytes.data(), bytes.size(), out.data(), out.size(), &made) ==
          LIBDEFLATE_SUCCESS);
  libdeflate_free_decompressor(inflate);
  REQUIRE(made == size);
  return out;
}

/// As two gzip members.
io::Bytes packed(std::span<const std::byte> bytes) {
  io::Bytes out;
  for (const auto part : {bytes.first(bytes.size() / 3), bytes.subspan(bytes.size() / 3)}) {
    libdeflate_compressor* const compressor = libdeflate_alloc_compressor(6);
    io::Bytes member(libdeflate_gzip_compress_bound(compressor, part.size()));
    member.resize(libdeflate_gzip_compress(compressor, part.data(), part.size(), member.data(),
                                           member.size()));
    libdeflate_free_compressor(compressor);
    out.insert(out.end(), member.begin(), member.end());
  }
  return out;
}

/// A plain .nii file with one thing changed in its header.
template <class T>
io::Bytes altered(std::size_t offset, T value) {
  const Image image = ramp(small_grid());
  io::Bytes file = inflated(io::encode_nifti(image, "x"), 352 + 2 * image.values().size(), true);
  std::memcpy(file.data() + offset, &value, sizeof(value));
  return file;
}

std::uint32_t u32(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[at + i]);
  return value;
}

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("a NIfTI image along the patient's axes comes back exactly") {
  const Scratch scratch;
  const Image image = ramp(small_grid());
  io::write_file(scratch / "i.nii.gz", io::encode_nifti(image, "a ramp"));
  const Image back = io::read_image(scratch / "i.nii.gz");
  check_grid(back.grid(), image.grid(), 0.0);
  CHECK(std::equal(back.values().begin(), back.values().end(), image.values().begin()));
}

TEST_CASE("an oblique NIfTI image, mirrored or not, comes back to float precision") {
  const Scratch scratch;
  for (const bool mirrored : {false, true}) {
    Grid grid = small_grid();
    grid.axes = oblique(mirrored);
    io::write_file(scratch / "i.nii.gz", io::encode_nifti(ramp(grid), "oblique"));
    const Image back = io::read_image(scratch / "i.nii.gz");
    check_grid(back.grid(), grid, 3e-5);
    CHECK((back.grid().axes.transpose() * back.grid().axes - Mat3::Identity()).norm() < 1e-14);
    CHECK_NOTHROW(io::require_same_grid(grid, back.grid()));
  }
}

TEST_CASE("qform and sform of a NIfTI file say the same") {
  Grid grid = small_grid();
  grid.axes = oblique(true);
  const Image image = ramp(grid);
  io::Bytes file = inflated(io::encode_nifti(image, "x"), 352 + 2 * image.values().size(), true);
  const auto number = [&](std::size_t at) {
    float value = 0.0f;
    std::memcpy(&value, file.data() + at, sizeof(value));
    return double(value);
  };
  // nifti1.h: pixdim at 76, quatern_b at 256, qoffset at 268, srow at 280
  const Vec3 v(number(256), number(260), number(264));
  Mat3 q =
      Eigen::Quaterniond(std::sqrt(1.0 - v.squaredNorm()), v.x(), v.y(), v.z()).toRotationMatrix();
  q.col(2) *= number(76);
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column)
      CHECK(q(row, column) * grid.spacing[column] ==
            Approx(number(280 + std::size_t(16 * row + 4 * column))).margin(1e-6));
    CHECK(number(268 + std::size_t(4 * row)) == number(280 + std::size_t(16 * row + 12)));
  }
  CHECK(number(268) == -grid.origin.x());
}

TEST_CASE("HU are rounded and clamped as int16 and kept as float32") {
  const Scratch scratch;
  Image image(small_grid());
  const float given[] = {0.4f, 0.5f, -0.5f, 40000.0f, -40000.0f, -1000.25f};
  const float stored[] = {0.0f, 1.0f, -1.0f, 32767.0f, -32767.0f, -1000.0f};
  std::copy(std::begin(given), std::end(given), image.values().begin());
  io::write_file(scratch / "i.nii.gz", io::encode_nifti(image, ""));
  io::write_file(scratch / "f.nii.gz", io::encode_nifti(image, "", io::HuStorage::float32));
  const Image whole = io::read_image(scratch / "i.nii.gz"),
              exact = io::read_image(scratch / "f.nii.gz");
  CHECK(std::equal(std::begin(stored), std::end(stored), whole.values().begin()));
  CHECK(std::equal(std::begin(given), std::end(given), exact.values().begin()));
  image.values()[3] = not_a_number;
  CHECK_THAT(complaint(Kind::numeric, [&] { io::encode_nifti(image, ""); }), Contains("nan"));
}

TEST_CASE("a stream of several packed members reads as one image") {
  const Scratch scratch;
  Grid grid;
  grid.size = {256, 200, 61};  // 12 MB: one member holds 4 MiB
  Image image(grid);
  for (std::size_t i = 0; i < image.values().size(); ++i)
    image.values()[i] = float(i % 977) + 0.25f;
  io::NiftiStream stream(grid, io::NiftiStream::Stored::float32, "slabs");
  for (Index first = 0; first < grid.size[2]; first += 20) {
    const auto begin = std::size_t(grid.offset(0, 0, first));
    const auto count = std::size_t(grid.offset(0, 0, std::min<Index>(20, grid.size[2] - first)));
    stream.add(std::as_const(image).values().subspan(begin, count));
  }
  io::write_file(scratch / "s.nii.gz", std::move(stream).finish());
  const Image back = io::read_image(scratch / "s.nii.gz");
  CHECK(back.grid() == grid);
  CHECK(std::equal(back.values().begin(), back.values().end(), image.values().begin()));

  io::Bytes damaged = io::read_file(scratch / "s.nii.gz");
  damaged.resize(damaged.size() - 3);
  io::write_file(scratch / "d.nii.gz", damaged);
  CHECK_THROWS_AS(io::read_image(scratch / "d.nii.gz"), Error);
}

TEST_CASE("a mask is chosen by label, and a label that is absent is answered with those there") {
  const Scratch scratch;
  Mask labels(small_grid());
  labels(1, 2, 0) = 1;
  labels(3, 2, 1) = 2;
  labels(4, 2, 1) = 2;
  const io::Path path = scratch / "m.nii.gz";
  io::write_file(path, io::encode_nifti(labels, "labels"));
  const auto size = [](const Mask& mask) {
    return std::accumulate(mask.values().begin(), mask.values().end(), 0);
  };
  CHECK(size(io::read_mask(path)) == 3);
  CHECK(size(io::read_mask(path, 2)) == 2);
  CHECK(io::read_mask(path, 1)(1, 2, 0) == 1);
  CHECK_THAT(complaint(Kind::data, [&] { io::read_mask(path, 3); }),
             Contains("label 3") && Contains("1, 2"));

  Image soft(small_grid());
  soft(1, 1, 1) = 0.37f;
  io::write_file(path, io::encode_nifti(soft, "", io::HuStorage::float32));
  CHECK_THAT(complaint(Kind::data, [&] { io::read_mask(path); }), Contains("(1, 1, 1) is 0.37"));
  CHECK_THAT(complaint(Kind::data,
                       [&] {
                         io::write_file(path, io::encode_nifti(Mask(small_grid()), ""));
                         io::read_mask(path);
                       }),
             Contains("none"));
}

TEST_CASE("the same image gives the same NIfTI bytes, fast enough for a whole scan", "[speed]") {
  Grid grid;
  grid.size = {512, 512, 40};
  grid.spacing = {0.7, 0.7, 1.25};
  Image image(grid);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < image.values().size(); ++i) {
    state = state * 1664525u + 1013904223u;  // noise of a few tens of HU, as scans have
    image.values()[i] = float(int(state >> 26)) + (i / 512 % 512 < 100 ? -1000.0f : 40.0f);
  }
  const auto start = std::chrono::steady_clock::now();
  const io::Bytes once = io::encode_nifti(image, "x");
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  CHECK(once == io::encode_nifti(image, "x"));
  INFO(seconds << " s, " << once.size() << " bytes");
  CHECK(seconds < 5.0);
}

TEST_CASE("a nominal spacing is what a float was meant to say") {
  CHECK(io::nominal_spacing(double(0.977f)) == 0.977);
  CHECK(io::nominal_spacing(0.976999998) == 0.977);
  CHECK(io::nominal_spacing(0.68359375) == 0.68359375);
  CHECK(io::nominal_spacing(1.0 / 3.0) == 1.0 / 3.0);
  CHECK(io::nominal_spacing(0.97656249999999995) == 0.9765625);
}

TEST_CASE("a NIfTI header that would mislead or hang the library is refused by field") {
  const Scratch scratch;
  const auto says = [&](Kind kind, const io::Bytes& file) {
    io::write_file(scratch / "bad.nii", file);
    return complaint(kind, [&] { io::read_image(scratch / "bad.nii"); });
  };
  CHECK(says(Kind::data, altered<std::int32_t>(0, 348)).empty());
  CHECK_THAT(says(Kind::data, altered<float>(80, not_a_number)), Contains("spacing of nan"));
  CHECK_THAT(says(Kind::data, altered<float>(80, 0.0f)), Contains("spacing of 0"));
  CHECK_THAT(says(Kind::data, altered<float>(256, not_a_number)), Contains("qform"));
  CHECK_THAT(says(Kind::data, altered<float>(260, 5.0f)), Contains("no rotation"));
  CHECK_THAT(says(Kind::data, altered<float>(284, not_a_number)), Contains("sform"));
  CHECK_THAT(says(Kind::data, altered<std::int16_t>(42, 32767)), Contains("cut short"));
  CHECK_THAT(says(Kind::data, altered<std::int16_t>(42, -5)), Contains("side of -5"));
  CHECK_THAT(says(Kind::data, altered<std::int16_t>(42, 0)), Contains("side of 0"));
  CHECK_THAT(says(Kind::data, altered<float>(108, 1e30f)), Contains("begin at byte"));
  CHECK_THAT(says(Kind::data, altered<float>(112, not_a_number)), Contains("scl_slope"));
  CHECK_THAT(says(Kind::unsupported, altered<std::int16_t>(70, 128)), Contains("type 128"));
  CHECK_THAT(says(Kind::unsupported, altered<std::int16_t>(40, 2)), Contains("three-dimensional"));
  CHECK_THAT(says(Kind::unsupported, altered<char>(123, 1)), Contains("metres"));
  CHECK_THAT(says(Kind::unsupported, altered<std::int32_t>(0, 540)), Contains("NIfTI-2"));
  io::Bytes huge = altered<std::int16_t>(42, 32767);
  const std::int16_t sides[] = {32767, 32767};
  std::memcpy(huge.data() + 44, sides, sizeof(sides));
  CHECK_THAT(says(Kind::data, huge), Contains("more than the"));
  // A sheared sform with no qform to fall back to.
  io::Bytes sheared = altered<float>(284, 0.4f);
  std::memset(sheared.data() + 252, 0, 2);
  CHECK_THAT(says(Kind::data, sheared), Contains("not perpendicular"));
}

TEST_CASE("an image file that is empty, cut short, damaged or no file at all is refused") {
  const Scratch scratch;
  const io::Bytes packed = io::encode_nifti(ramp(small_grid()), "x");
  const io::Bytes plain = altered<std::int32_t>(0, 348);
  const auto says = [&](const char* name, std::span<const std::byte> file, Kind kind = Kind::data) {
    io::write_file(scratch / name, file);
    return complaint(kind, [&] { io::read_image(scratch / name); });
  };
  CHECK_THAT(says("a.nii", {}), Contains("0 bytes"));
  CHECK_THAT(says("a.nii.gz", {}), Contains("0 bytes"));
  CHECK_THAT(says("a.nii", std::span(plain).first(200)), Contains("200 bytes"));
  CHECK_THAT(says("a.nii", std::span(plain).first(plain.size() - 1)), Contains("cut short"));
  CHECK_THAT(says("a.nii.gz", std::span(packed).first(packed.size() - 1)), Contains("gzip"));
  io::Bytes damaged = packed;
  damaged[damaged.size() / 2] ^= std::byte{1};
  CHECK_THAT(says("a.nii.gz", damaged), Contains("gzip"));
  CHECK_THAT(says("a.nrrd", {}), Contains("no NRRD file"));
  CHECK_THAT(says("a.mha", {}), Contains("cut short"));
  CHECK_THAT(says("a.png", {}, Kind::unsupported), Contains("Known: .nii"));
  CHECK_THAT(complaint(Kind::io, [&] { io::read_image(scratch / "absent.nii"); }),
             Contains("No such file"));
  io::make_directories(scratch / "dir.nii");
  CHECK_THAT(complaint(Kind::io, [&] { io::read_mask(scratch / "dir.nii"); }),
             Contains("directory"));
  CHECK_THAT(complaint(Kind::data, [&] { io::read_image(scratch / "dir.nii"); }),
             Contains("no DICOM CT image"));
  Image image(small_grid());
  io::Bytes bad = inflated(io::encode_nifti(image, "x", io::HuStorage::float32),
                           352 + 4 * image.values().size(), true);
  std::memcpy(bad.data() + 352 + 4 * 8, &not_a_number, 4);
  CHECK_THAT(says("a.nii", bad), Contains("voxel 8") && Contains("nan"));
}

TEST_CASE("a packed NIfTI file reads as the same file unpacked, whatever its numbers") {
  const Scratch scratch;
  const std::size_t count = ramp(small_grid()).values().size();
  struct Type {
    std::int16_t number, bytes;
  };
  for (const Type type :
       {Type{2, 1}, {256, 1}, {4, 2}, {512, 2}, {8, 4}, {768, 4}, {16, 4}, {64, 8}})
    for (const auto& [slope, shift] :
         {std::pair(0.0f, 0.0f), {1.0f, 0.0f}, {1.0f, -5.5f}, {0.25f, 3.0f}}) {
      INFO("type " << type.number << ", slope " << slope << ", intercept " << shift);
      io::Bytes file = altered<float>(112, slope);
      const auto bits = std::int16_t(8 * type.bytes);
      std::memcpy(file.data() + 116, &shift, 4);
      std::memcpy(file.data() + 70, &type.number, 2);
      std::memcpy(file.data() + 72, &bits, 2);
      file.resize(352 + count * std::size_t(type.bytes));
      for (std::size_t i = 0; i < count; ++i) {
        std::byte* const at = file.data() + 352 + i * std::size_t(type.bytes);
        const double wide = 1.5 * double(i) - 70.0;
        const auto real = float(wide);
        const auto whole = std::uint32_t(i * 2654435761u);
        if (type.number == 64)
          std::memcpy(at, &wide, 8);
        else
          std::memcpy(at, type.number == 16 ? static_cast<const void*>(&real) : &whole,
                      std::size_t(type.bytes));
      }
      io::write_file(scratch / "i.nii", file);
      io::write_file(scratch / "i.nii.gz", packed(file));
      const Image plain = io::read_image(scratch / "i.nii"),
                  back = io::read_image(scratch / "i.nii.gz");
      CHECK(back.grid() == plain.grid());
      CHECK(std::ranges::equal(back.values(), plain.values()));
      CHECK(plain.values()[1] != plain.values()[2]);
    }
}

TEST_CASE("a big-endian NIfTI file is read, with a slope and without") {
  const Scratch scratch;
  for (const float slope : {1.0f, 2.0f}) {
    io::Bytes file = altered<float>(112, slope);
    const auto swap = [&](std::size_t at, std::size_t size) {
      std::reverse(file.begin() + std::ptrdiff_t(at), file.begin() + std::ptrdiff_t(at + size));
    };
    swap(0, 4);
    for (std::size_t at = 40; at < 56; at += 2) swap(at, 2);
    for (const std::size_t at : {68, 70, 72, 74, 120, 252, 254}) swap(at, 2);
    for (std::size_t at = 76; at < 120; at += 4) swap(at, 4);
    for (std::size_t at = 256; at < 328; at += 4) swap(at, 4);
    for (std::size_t at = 352; at < file.size(); at += 2) swap(at, 2);
    io::write_file(scratch / "big.nii", file);
    io::write_file(scratch / "big.nii.gz", packed(file));
    for (const char* name : {"big.nii", "big.nii.gz"}) {
      const Image back = io::read_image(scratch / name);
      check_grid(back.grid(), small_grid(), 0.0);
      CHECK(back.values()[2] == slope * (26.0f - 1000.0f));
    }
  }
}

TEST_CASE("NRRD and MetaImage are read, whole, packed and with their data apart, in LPS") {
  const Scratch scratch;
  const Grid grid = small_grid();
  const Image image = ramp(grid);
  std::vector<std::int16_t> stored(image.values().begin(), image.values().end());
  const auto raw = std::as_bytes(std::span(stored));
  const auto packed = [&](bool gzip) {
    libdeflate_compressor* const deflate = libdeflate_alloc_compressor(6);
    io::Bytes out(raw.size() * 2 + 100);
    const auto call = gzip ? libdeflate_gzip_compress : libdeflate_zlib_compress;
    out.resize(call(deflate, raw.data(), raw.size(), out.data(), out.size()));
    libdeflate_free_compressor(deflate);
    return out;
  };
  const auto write = [&](const char* name, const std::string& header,
                         std::span<const std::byte> data) {
    io::Bytes file = bytes_of(header);
    file.insert(file.end(), data.begin(), data.end());
    io::write_file(scratch / name, file);
  };
  const std::string meta =
      "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
      "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = -123.5 45.25 -600\nElementSpacing = 0.977 0.5 "
      "1.25\n"
      "DimSize = 7 5 3\nElementType = MET_SHORT\n";
  const std::string nrrd_ras =
      "NRRD0004\n# by hand\ntype: short\ndimension: 3\nspace: right-anterior-superior\nsizes: 7 5 "
      "3\n"
      "space directions: (-0.977,0,0) (0,-0.5,0) (0,0,1.25)\nkinds: domain domain domain\nendian: "
      "little\n"
      "space origin: (123.5,-45.25,-600)\n";
  const io::Bytes zlib = packed(false), gzip = packed(true);
  write("a.mha", meta + "ElementDataFile = LOCAL\n", raw);
  write("b.mha",
        meta + "CompressedData = True\nCompressedDataSize = " + std::to_string(zlib.size()) +
            "\nElementDataFile = LOCAL\n",
        zlib);
  write("c.mhd", meta + "ElementDataFile = c.raw\n", {});
  write("c.raw", "", raw);
  write("d.nrrd", nrrd_ras + "encoding: raw\n\n", raw);
  write("e.nrrd", nrrd_ras + "encoding: gzip\n\n", gzip);
  write("f.nhdr", nrrd_ras + "encoding: raw\ndata file: c.raw\n", {});
  for (const char* name : {"a.mha", "b.mha", "c.mhd", "d.nrrd", "e.nrrd", "f.nhdr"}) {
    INFO(name);
    const Image back = io::read_image(scratch / name);
    check_grid(back.grid(), grid, 0.0);
    CHECK(std::equal(back.values().begin(), back.values().end(), image.values().begin()));
  }

  const auto says = [&](Kind kind, const char* name, const std::string& header,
                        std::span<const std::byte> data) {
    write(name, header, data);
    return complaint(kind, [&] { io::read_image(scratch / name); });
  };
  const auto with = [](std::string text, const std::string& old, const std::string& replacement) {
    return text.replace(text.find(old), old.size(), replacement);
  };
  const std::string whole_meta = meta + "ElementDataFile = LOCAL\n",
                    whole_nrrd = nrrd_ras + "encoding: raw\n\n";
  const auto less = raw.first(raw.size() - 1);
  CHECK_THAT(says(Kind::data, "x.mha", whole_meta, less), Contains("cut short"));
  CHECK_THAT(says(Kind::data, "x.mha", meta + "CompressedData = True\nElementDataFile = LOCAL\n",
                  std::span(zlib).first(zlib.size() - 1)),
             Contains("compressed data"));
  CHECK_THAT(says(Kind::data, "x.mha", with(whole_meta, "7 5 3", "70000 5 3"), raw),
             Contains("side of 70000"));
  CHECK_THAT(says(Kind::data, "x.mha", with(whole_meta, "7 5 3", "60000 60000 60000"), raw),
             Contains("more than the"));
  CHECK_THAT(says(Kind::data, "x.mha", with(whole_meta, "0.977", "nan"), raw),
             Contains("ElementSpacing"));
  CHECK_THAT(says(Kind::data, "x.mha", with(whole_meta, "1 0 0 0 1 0", "1 0 0 1 1 0"), raw),
             Contains("perpendicular"));
  CHECK_THAT(says(Kind::unsupported, "x.mha", meta + "ElementDataFile = ../../etc/passwd\n", {}),
             Contains("own directory"));
  CHECK_THAT(says(Kind::unsupported, "x.mha", meta + "ElementDataFile = LIST\n", {}),
             Contains("LIST"));
  CHECK_THAT(says(Kind::data, "x.mha", meta, {}), Contains("no end"));
  CHECK_THAT(says(Kind::data, "x.nrrd", whole_nrrd, less), Contains("cut short"));
  CHECK_THAT(says(Kind::data, "x.nrrd", nrrd_ras + "encoding: gzip\n\n", std::span(gzip).first(20)),
             Contains("compressed data"));
  CHECK_THAT(says(Kind::data, "x.nrrd", with(whole_nrrd, "0.977", "inf"), raw),
             Contains("space directions"));
  CHECK_THAT(says(Kind::unsupported, "x.nrrd",
                  with(whole_nrrd, "right-anterior-superior", "scanner-xyz"), raw),
             Contains("scanner-xyz"));
  CHECK_THAT(
      says(Kind::unsupported, "x.nrrd", with(whole_nrrd, "dimension: 3", "dimension: 4"), raw),
      Contains("dimension"));
  CHECK_THAT(says(Kind::data, "x.nrrd", with(whole_nrrd, "endian: little\n", ""), raw),
             Contains("endian"));
}

TEST_CASE("image and mask must lie on one grid") {
  const Grid image = small_grid();
  Grid mask = image;
  mask.origin.x() += 0.005;
  CHECK_NOTHROW(io::require_same_grid(image, mask));
  mask.origin.x() += 0.01;
  CHECK_THAT(complaint(Kind::data, [&] { io::require_same_grid(image, mask); }),
             Contains("apart") && Contains("origin in mm") && !Contains("spacing in mm"));
  mask = image;
  mask.size[2] = 4;
  CHECK_THAT(complaint(Kind::data, [&] { io::require_same_grid(image, mask); }),
             Contains("size in voxels: image (7, 5, 3), mask (7, 5, 4)"));
  mask = image;
  mask.spacing.y() *= 2;
  CHECK_THAT(complaint(Kind::data, [&] { io::require_same_grid(image, mask); }),
             Contains("spacing in mm") && !Contains("size in voxels"));
}

TEST_CASE("a PNG unpacks to the pixels that went in") {
  for (const auto kind : {io::Pixels::gray, io::Pixels::rgb}) {
    const std::size_t channels = kind == io::Pixels::rgb ? 3 : 1;
    constexpr int width = 37, height = 23;
    std::vector<std::uint8_t> pixels(channels * width * height);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = std::uint8_t(i * i / 7 + i % 5);
    const io::Bytes png = io::encode_png(width, height, kind, pixels);
    CHECK(png == io::encode_png(width, height, kind, pixels));

    REQUIRE(u32(png, 0) == 0x89504E47u);
    REQUIRE(u32(png, 12) == 0x49484452u);  // IHDR
    CHECK(u32(png, 16) == width);
    CHECK(u32(png, 20) == height);
    std::size_t at = 8;
    io::Bytes rows;
    std::vector<std::string> chunks;
    while (at < png.size()) {
      const std::size_t length = u32(png, at);
      CHECK(u32(png, at + 8 + length) == libdeflate_crc32(0, png.data() + at + 4, length + 4));
      chunks.emplace_back(reinterpret_cast<const char*>(png.data()) + at + 4, 4);
      if (chunks.back() == "IDAT")
        rows = inflated(std::span(png).subspan(at + 8, length), (channels * width + 1) * height,
                        false);
      at += length + 12;
    }
    CHECK(chunks == std::vector<std::string>{"IHDR", "IDAT", "IEND"});

    std::vector<std::uint8_t> back(pixels.size());
    const std::size_t row_bytes = channels * width;
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t x = 0; x < row_bytes; ++x) {
        const std::size_t here = y * row_bytes + x;
        const int a = x >= channels ? back[here - channels] : 0, b = y ? back[here - row_bytes] : 0;
        const int c = x >= channels && y ? back[here - row_bytes - channels] : 0;
        const int p = a + b - c, pa = std::abs(p - a), pb = std::abs(p - b), pc = std::abs(p - c);
        const int guess[] = {0, a, b, (a + b) / 2, pa <= pb && pa <= pc ? a : pb <= pc ? b : c};
        const auto filter = std::to_integer<std::size_t>(rows[y * (row_bytes + 1)]);
        REQUIRE(filter < 5);
        back[here] =
            std::uint8_t(std::to_integer<int>(rows[y * (row_bytes + 1) + 1 + x]) + guess[filter]);
      }
    CHECK(back == pixels);
  }
  CHECK_THAT(complaint(Kind::data, [] { io::encode_png(2, 2, io::Pixels::gray, {}); }),
             Contains("needs 4 bytes"));
}

TEST_CASE("base64 is that of RFC 4648, section 10") {
  const auto encoded = [](std::string_view text) { return base64(std::as_bytes(std::span(text))); };
  CHECK(encoded("") == "");
  CHECK(encoded("f") == "Zg==");
  CHECK(encoded("fo") == "Zm8=");
  CHECK(encoded("foo") == "Zm9v");
  CHECK(encoded("foobar") == "Zm9vYmFy");
  CHECK(io::data_uri("image/png", bytes_of("foo")) == "data:image/png;base64,Zm9v");
}
