#include <cstring>

#include "files.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/io/nifti.hpp"

using namespace vitrine;

namespace {

constexpr const char* endings[] = {".nii", ".nii.gz", ".nrrd", ".mha"};

Image ramp() {
  Image image(Grid{{5, 4, 3}, Vec3(0.7, 0.8, 2.5), Vec3(-10, 20, 30), Mat3::Identity()});
  for (std::size_t i = 0; i < image.values().size(); ++i) image.values()[i] = float(i) - 20;
  return image;
}

std::string shorts() {
  std::string bytes;
  for (int i = 0; i < 60; ++i) bytes += {char(i), char(0)};
  return bytes;
}

}  // namespace

/// The first byte says which format the rest is; an image that is taken is finite and of its size.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  const io::Path path =
      fuzz::scratch() / (std::string("image") + endings[data[0] % std::size(endings)]);
  io::write_file(path, std::as_bytes(std::span(data, size).subspan(1)));
  constexpr std::uint64_t most = 16 * io::mebibyte;
  const int image = fuzz::taken([&] {
    const Image read = io::read_image(path, most);
    fuzz::expect(Index(read.values().size()) == read.grid().count());
    for (const float v : read.values()) fuzz::expect(v - v == 0.0f);
    const Mat3 axes = read.grid().axes;
    fuzz::expect((axes.transpose() * axes - Mat3::Identity()).norm() < 1e-9);
  });
  fuzz::taken([&] { io::read_mask(path, 1, most); });
  fuzz::taken([&] { io::read_labels(path, most); });
  return image;
}

std::vector<std::string> fuzz::seeds() {
  const std::string zipped = text_of(io::encode_nifti(ramp(), "seed"));
  // The same without compression: header, then voxels.
  io::write_file(scratch() / "seed.nii.gz", zipped);
  const std::string plain = [&] {
    std::string header(352, '\0');
    const auto put = [&](std::size_t at, auto value) {
      std::memcpy(&header[at], &value, sizeof value);
    };
    put(0, std::int32_t{348});
    for (const auto& [at, value] : {std::pair(40, 3),
                                    {42, 5},
                                    {44, 4},
                                    {46, 3},
                                    {48, 1},
                                    {50, 1},
                                    {52, 1},
                                    {54, 1},
                                    {70, 4},
                                    {72, 16},
                                    {252, 1}})
      put(std::size_t(at), std::int16_t(value));
    for (const auto& [at, value] :
         {std::pair(76, 1.0f), {80, 0.7f}, {84, 0.8f}, {88, 2.5f}, {108, 352.0f}, {112, 1.0f}})
      put(std::size_t(at), value);
    header[123] = 2;
    std::memcpy(&header[344], "n+1", 4);
    return header + shorts();
  }();
  const std::string nrrd =
      "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: 5 4 3\n"
      "space directions: (0.7,0,0) (0,0.8,0) (0,0,2.5)\nkinds: domain domain domain\nendian: "
      "little\n"
      "encoding: raw\nspace origin: (-10,20,30)\n\n" +
      shorts();
  const std::string meta =
      "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = "
      "False\nCompressedData = False\n"
      "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = -10 20 30\nElementSpacing = 0.7 0.8 "
      "2.5\nDimSize = 5 4 3\n"
      "ElementType = MET_SHORT\nElementDataFile = LOCAL\n" +
      shorts();
  using namespace std::string_literals;
  return {"\0"s + plain, "\1" + zipped, "\2" + nrrd, "\3" + meta};
}
