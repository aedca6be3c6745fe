#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine::report {

/// A picture of 8-bit pixels, rows from the top.
struct Bitmap {
  int width = 0, height = 0;
  int channels = 1;  ///< 1 grey, 3 red green blue
  std::vector<std::uint8_t> pixels;
};

/// A grey scale: black at level - width / 2, white at level + width / 2.
struct Window {
  std::string name;
  double level = 0.0, width = 1.0;  ///< HU
};

Window lung_window();         ///< -600, 1500 HU
Window mediastinum_window();  ///< 40, 400 HU
Window bone_window();         ///< 400, 1800 HU

/// What part of a slice is drawn, and how large.
struct Frame {
  Index slice = 0;
  double left = 0.0, top = 0.0;      ///< of the drawn square or rectangle, in voxels
  double columns = 0.0, rows = 0.0;  ///< its size, in voxels
  int width = 0, height = 0;         ///< pixels of the picture
};

/// A whole slice, one pixel a voxel.
Frame whole_slice(const Grid& grid, Index slice);
/// A square of `edge` mm about a point (patient space), in the slice nearest to it.
Frame square_about(const Grid& grid, const Vec3& centre, double edge, int pixels);

/// One slice as radiologists look at it (the patient's right on the left); linear between voxels.
Bitmap draw(const Image& image, const Frame& frame, const Window& window);
/// a - b in colour: white at 0, orange above, blue below, full colour at +-`range` HU.
/// Throws Error (data) if the grids differ.
Bitmap draw_difference(const Image& a, const Image& b, const Frame& frame, double range);
/// The mask's edge in a bright line, on a copy of the picture of the same frame.
Bitmap outlined(const Bitmap& picture, const Mask& mask, const Frame& frame);

/// HU that each of the 256 codes of a stack stands for: steps of 8 HU below -200 HU, of 4 HU to 300
/// HU, then of 50 HU to 1650 HU.
std::array<int, 256> stack_levels();
/// Squares of `slices` slices about `middle` one below the other, each pixel the code of the level
/// nearest to its HU. Near an end of the image they are its last slices; of an image with fewer
/// slices all.
Bitmap draw_stack(const Image& image, const Frame& middle, int slices);

/// Pictures of one size in a grid, `columns` side by side, with black gaps of `gap` pixels.
Bitmap contact_sheet(std::span<const Bitmap> pictures, int columns, int gap = 4);

}  // namespace vitrine::report
