#include "vitrine/report/figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/core/parallel.hpp"

namespace vitrine::report {
namespace {

using Colour = std::array<std::uint8_t, 3>;

std::uint8_t byte(double share) {
  return std::uint8_t(std::floor(255.0 * std::clamp(share, 0.0, 1.0) + 0.5));
}

/// Voxel coordinates of a pixel's centre.
struct Place {
  double i, j;
};
Place place(const Frame& frame, int x, int y) {
  return {frame.left + (x + 0.5) * frame.columns / frame.width - 0.5,
          frame.top + (y + 0.5) * frame.rows / frame.height - 0.5};
}

/// Linear in the slice, the edge voxels continued outwards.
double sample(const Image& image, Index slice, const Place& at) {
  const auto& size = image.grid().size;
  const double i = std::clamp(at.i, 0.0, double(size[0] - 1));
  const double j = std::clamp(at.j, 0.0, double(size[1] - 1));
  const Index i0 = Index(i), j0 = Index(j);
  const Index i1 = std::min(i0 + 1, size[0] - 1), j1 = std::min(j0 + 1, size[1] - 1);
  const double u = i - double(i0), v = j - double(j0);
  return (1.0 - v) * ((1.0 - u) * double(image(i0, j0, slice)) + u * double(image(i1, j0, slice))) +
         v * ((1.0 - u) * double(image(i0, j1, slice)) + u * double(image(i1, j1, slice)));
}

Bitmap blank(const Frame& frame, int channels) {
  return {frame.width, frame.height, channels,
          std::vector<std::uint8_t>(std::size_t(frame.width * frame.height * channels))};
}

void check(const Grid& grid, const Frame& frame) {
  require(frame.slice >= 0 && frame.slice < grid.size[2], Error::Kind::data, "slice ", frame.slice,
          " is not in the image (it has ", grid.size[2], ")");
}

}  // namespace

Window lung_window() { return {"lung", -600.0, 1500.0}; }
Window mediastinum_window() { return {"mediastinum", 40.0, 400.0}; }
Window bone_window() { return {"bone", 400.0, 1800.0}; }

Frame whole_slice(const Grid& grid, Index slice) {
  return {.slice = slice,
          .columns = double(grid.size[0]),
          .rows = double(grid.size[1]),
          .width = int(grid.size[0]),
          .height = int(grid.size[1])};
}

Frame square_about(const Grid& grid, const Vec3& centre, double edge, int pixels) {
  const Vec3 voxel = (grid.axes.transpose() * (centre - grid.origin)).cwiseQuotient(grid.spacing);
  Frame frame{.columns = edge / grid.spacing.x(),
              .rows = edge / grid.spacing.y(),
              .width = pixels,
              .height = pixels};
  frame.slice = std::clamp<Index>(Index(std::floor(voxel.z() + 0.5)), 0, grid.size[2] - 1);
  frame.left = voxel.x() + 0.5 - 0.5 * frame.columns;
  frame.top = voxel.y() + 0.5 - 0.5 * frame.rows;
  return frame;
}

Bitmap draw(const Image& image, const Frame& frame, const Window& window) {
  check(image.grid(), frame);
  Bitmap picture = blank(frame, 1);
  parallel_for(frame.height, [&](std::int64_t y) {
    for (int x = 0; x < frame.width; ++x) {
      const double hu = sample(image, frame.slice, place(frame, x, int(y)));
      picture.pixels[std::size_t(y * frame.width + x)] =
          byte((hu - window.level) / window.width + 0.5);
    }
  });
  return picture;
}

Bitmap draw_difference(const Image& a, const Image& b, const Frame& frame, double range) {
  require(a.grid() == b.grid(), Error::Kind::data, "the two images have different grids");
  check(a.grid(), frame);
  constexpr std::array<double, 3> above{0.80, 0.33, 0.00}, below{0.00, 0.32, 0.62};
  Bitmap picture = blank(frame, 3);
  parallel_for(frame.height, [&](std::int64_t y) {
    for (int x = 0; x < frame.width; ++x) {
      const Place at = place(frame, x, int(y));
      const double d = (sample(a, frame.slice, at) - sample(b, frame.slice, at)) / range;
      const double strength = std::min(std::fabs(d), 1.0);
      const auto& colour = d > 0.0 ? above : below;
      for (std::size_t c = 0; c < 3; ++c)
        picture.pixels[std::size_t(y * frame.width + x) * 3 + c] =
            byte(1.0 + strength * (colour[c] - 1.0));
    }
  });
  return picture;
}

Bitmap outlined(const Bitmap& picture, const Mask& mask, const Frame& frame) {
  check(mask.grid(), frame);
  constexpr Colour line{255, 196, 0};
  const auto& size = mask.grid().size;
  const auto inside = [&](int x, int y) {
    const Place at = place(frame, x, y);
    const Index i = Index(std::floor(at.i + 0.5)), j = Index(std::floor(at.j + 0.5));
    return i >= 0 && j >= 0 && i < size[0] && j < size[1] && mask(i, j, frame.slice) != 0;
  };
  Bitmap out = blank(frame, 3);
  for (int y = 0; y < frame.height; ++y)
    for (int x = 0; x < frame.width; ++x) {
      const auto pixel = std::size_t(y * frame.width + x);
      const bool edge = !inside(x, y) && (inside(x - 1, y) || inside(x + 1, y) ||
                                          inside(x, y - 1) || inside(x, y + 1));
      for (std::size_t c = 0; c < 3; ++c)
        out.pixels[pixel * 3 + c] =
            edge ? line[c] : picture.pixels[picture.channels == 3 ? pixel * 3 + c : pixel];
    }
  return out;
}

std::array<int, 256> stack_levels() {
  std::array<int, 256> levels{};
  int hu = -1024;
  for (int& level : levels) {
    level = hu;
    hu += hu < -200 ? 8 : hu < 300 ? 4 : 50;
  }
  return levels;
}

Bitmap draw_stack(const Image& image, const Frame& middle, int slices) {
  check(image.grid(), middle);
  const auto levels = stack_levels();
  const Index all = image.grid().size[2], count = std::min<Index>(slices, all);
  const Index first = std::clamp<Index>(middle.slice - count / 2, 0, all - count);
  Frame tall = middle;
  tall.height = middle.height * int(count);
  Bitmap stack = blank(tall, 1);
  parallel_for(tall.height, [&](std::int64_t y) {
    for (int x = 0; x < middle.width; ++x) {
      const double hu =
          sample(image, first + y / middle.height, place(middle, x, int(y % middle.height)));
      const auto above = std::lower_bound(levels.begin() + 1, levels.end() - 1, hu);
      const bool lower = hu - *(above - 1) < *above - hu;
      stack.pixels[std::size_t(y * middle.width + x)] =
          std::uint8_t(above - levels.begin() - (lower ? 1 : 0));
    }
  });
  return stack;
}

Bitmap contact_sheet(std::span<const Bitmap> pictures, int columns, int gap) {
  if (pictures.empty()) return {};
  const Bitmap& first = pictures.front();
  for (const Bitmap& p : pictures)
    require(p.width == first.width && p.height == first.height && p.channels == first.channels,
            Error::Kind::data, "pictures of a contact sheet must have one size");
  const int count = int(pictures.size());
  columns = std::clamp(columns, 1, count);
  const int rows = (count + columns - 1) / columns;
  Bitmap sheet{
      columns * (first.width + gap) - gap, rows * (first.height + gap) - gap, first.channels, {}};
  sheet.pixels.resize(std::size_t(sheet.width) * std::size_t(sheet.height) *
                      std::size_t(sheet.channels));
  const auto line = std::size_t(first.width * first.channels);
  for (int n = 0; n < count; ++n)
    for (int y = 0; y < first.height; ++y) {
      const int top = n / columns * (first.height + gap) + y;
      const int left = n % columns * (first.width + gap);
      const auto from = pictures[std::size_t(n)].pixels.begin() + std::ptrdiff_t(line) * y;
      std::copy(from, from + std::ptrdiff_t(line),
                sheet.pixels.begin() + std::ptrdiff_t(top * sheet.width + left) * sheet.channels);
    }
  return sheet;
}

}  // namespace vitrine::report
