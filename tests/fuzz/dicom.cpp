#include "vitrine/io/dicom.hpp"
#include "files.hpp"
#include "mask_files.hpp"
#include "vitrine/io/dicom_mask.hpp"
#include "vitrine/io/image_reader.hpp"

using namespace vitrine;

namespace {

const Grid grid{{6, 5, 3}, Vec3(0.7, 0.8, 2.5), Vec3(-10, 20, 30), Mat3::Identity()};

std::vector<io::NamedBytes> series() {
  Image image(grid);
  for (std::size_t i = 0; i < image.values().size(); ++i) image.values()[i] = float(i) - 20;
  io::DicomSeries about;
  about.patient.id = "seed";
  about.study_uid = about.series_uid = about.frame_of_reference_uid = io::dicom_uid("seed");
  return io::encode_dicom(image, about);
}

/// A series of which one slice can be exchanged.
io::Path series_with(std::span<const std::byte> slice) {
  static const io::Path dir = [] {
    const io::Path made = fuzz::scratch() / "series";
    io::make_directories(made);
    io::write_files(made, series());
    return made;
  }();
  io::write_file(dir / series()[1].name, slice);
  return dir;
}

}  // namespace

/// The first byte says what the rest is: a slice of a CT series, a Segmentation, a Structure Set.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  const auto bytes = std::as_bytes(std::span(data, size).subspan(1));
  if (data[0] % 3 == 0)
    return fuzz::taken([&] {
      const Image image = io::read_image(series_with(bytes), io::mebibyte);
      for (const float v : image.values()) fuzz::expect(v - v == 0.0f);
    });
  const io::Path path = fuzz::scratch() / "mask.dcm";
  io::write_file(path, bytes);
  return fuzz::taken([&] {
    const Mask mask = data[0] % 3 == 1 ? io::read_dicom_segment(path, "lesion")
                                       : io::read_dicom_contours(path, "lesion", grid);
    for (const std::uint8_t v : mask.values()) fuzz::expect(v <= 1);
  });
}

std::vector<std::string> fuzz::seeds() {
  using namespace std::string_literals;
  std::vector<std::string> seeds{"\0"s + text_of(series()[1].bytes)};
  const io::Path path = scratch() / "seed.dcm";
  Mask mask(grid);
  mask(2, 2, 1) = mask(3, 2, 1) = 1;
  for (const bool fractional : {false, true}) {
    SegmentationStyle style;
    style.fractional = fractional;
    write_segmentation(path, mask, style);
    seeds.push_back("\1" + file_text(path));
  }
  const auto corner = [](Index i, Index j) { return grid.centre(i, j, 1); };
  write_structure_set(path,
                      {{"lesion", 1, {{corner(1, 1), corner(4, 1), corner(4, 3), corner(1, 3)}}}});
  seeds.push_back("\2" + file_text(path));
  return seeds;
}
