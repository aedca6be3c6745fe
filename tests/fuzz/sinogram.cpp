#include "fuzz.hpp"
#include "vitrine/config/yaml.hpp"
#include "vitrine/recon/sinogram_file.hpp"

using namespace vitrine;

/// A description of somebody's sinogram: what is taken makes a scan whose views are all there or
/// are refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  return fuzz::taken([&] {
    Diagnostics problems;
    const Value tree = config::parse_yaml(text, "fuzz.yaml", problems);
    const auto file = recon::SinogramFile::schema().read(tree, problems);
    problems.throw_if_any();
    const RawScan scan = recon::raw_scan(file);
    const auto& geometry = scan.geometry;
    fuzz::expect(geometry.views() > 0 && geometry.columns > 0 && geometry.rows > 0);
    fuzz::expect(Index(geometry.view_angles.size()) == geometry.views());
  });
}

std::vector<std::string> fuzz::seeds() {
  const std::string common =
      "sinogram: 1\nname: seed\ngeometry:\n  source_to_isocentre_mm: 541\n  source_to_detector_mm: "
      "949\n"
      "  detector: {shape: curved, columns: 256, rows: 8, column_pitch_mm: 1.5, row_pitch_mm: 1.5, "
      "column_offset: 0.25}\n"
      "water: {attenuation_per_mm: 0.0193}\n"
      "images: {kernel: soft, field_of_view_mm: 200, matrix: 256, slices: 3, slice_thickness_mm: "
      "1, slice_increment_mm: 1}\n";
  return {
      common +
          "data: {files: [a.f32], axes: [view, row, column], quantity: line_integral}\nviews: "
          "{per_rotation: 360}\n",
      common +
          "data: {files: [a.h5], dataset: /d, quantity: transmission}\n"
          "views: {count: 720, per_rotation: 360, table_per_rotation_mm: 6, start_angle_deg: 10, "
          "direction: decreasing}\n"};
}
