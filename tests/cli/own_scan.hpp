#pragma once
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include "unit/io/scratch.hpp"
#include "vitrine/cli/recon_images.hpp"
#include "vitrine/model/scene.hpp"

namespace vitrine::cli {

/// A scan in the words of docs/formats/sinogram.md, which its rays follow and nothing else.
struct OwnScanner {
  Index views = 360, per_rotation = 360, columns = 200, rows = 1;
  bool flat = false, decreasing = false;
  double start_deg = 20.0, table_start = 0.0, table_per_rotation = 0.0;
  double sid = 541.0, sdd = 949.0, column_pitch = 1.6, row_pitch = 1.1, offset = 0.25;

  /// Line integrals [view][column][row] of balls and rods of water, 1/mm.
  std::vector<float> project(const std::vector<Solid>& solids, double mu) const {
    std::vector<float> out;
    for (Index v = 0; v < views; ++v) {
      const double turn = double(v) / double(per_rotation);
      const double b = start_deg * std::numbers::pi / 180.0 +
                       (decreasing ? -2.0 : 2.0) * std::numbers::pi * turn;
      const Vec3 source(sid * std::sin(b), -sid * std::cos(b),
                        table_start + table_per_rotation * turn);
      for (Index c = 0; c < columns; ++c) {
        const double x = (double(c) - 0.5 * double(columns - 1) - offset) * column_pitch;
        const double across = flat ? x : sdd * std::sin(x / sdd);
        const double along = flat ? sdd : sdd * std::cos(x / sdd);
        for (Index r = 0; r < rows; ++r) {
          const double up = (double(r) - 0.5 * double(rows - 1)) * row_pitch;
          const Vec3 ray(-along * std::sin(b) + across * std::cos(b),
                         along * std::cos(b) + across * std::sin(b), up);
          double sum = 0.0;
          for (const Solid& solid : solids)
            sum += mu * intersect(solid, source, ray.normalized()).length();
          out.push_back(float(sum));
        }
      }
    }
    return out;
  }

  /// The sinogram file; `data`, `images` and `more` are its lines of these blocks.
  std::string yaml(const std::string& data, const std::string& images,
                   const std::string& more = "") const {
    return str(
        "sinogram: 1\nname: own\ndata: {", data, "}\ngeometry:\n  source_to_isocentre_mm: ", sid,
        "\n  source_to_detector_mm: ", sdd, "\n  detector: {shape: ", flat ? "flat" : "curved",
        ", columns: ", columns, ", rows: ", rows, ", column_pitch_mm: ", column_pitch,
        ", row_pitch_mm: ", row_pitch, ", column_offset: ", offset, "}\nviews: {count: ", views,
        ", per_rotation: ", per_rotation, ", start_angle_deg: ", start_deg,
        ", direction: ", decreasing ? "decreasing" : "increasing",
        ", table_start_mm: ", table_start, ", table_per_rotation_mm: ", table_per_rotation, "}\n",
        more.find("water:") == std::string::npos ? "water: {attenuation_per_mm: 0.0193}\n" : "",
        more, "images: {", images, "}\n");
  }
};

inline constexpr double own_mu = 0.0193;  // of water, 1/mm

inline void write_floats(const io::Path& path, const std::vector<float>& values) {
  io::write_file(path, std::as_bytes(std::span(values)));
}

/// The one image that a file describes.
inline Image image_of(const io::Path& file, const ReconOptions& asked = {}) {
  const auto source = open_scan(file.string());
  ReconOptions options = asked;
  options.file = file.string();
  std::vector<Image> images;
  make_images(*source, orders_of(options, *source), best_isa(),
              [&](const ReconOrder&, const Image& image) { images.push_back(image); });
  REQUIRE(images.size() == 1);
  return images.front();
}

}  // namespace vitrine::cli
