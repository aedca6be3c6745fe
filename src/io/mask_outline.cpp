#include "vitrine/io/detail/mask_outline.hpp"

#include <map>

namespace vitrine::io::detail {
namespace {

using Point = Outline::value_type;

/// From one crossing to the next, the mask being on the same side of all. A crossing is the middle
/// of two neighbours of which one is in the mask.
std::map<Point, Point> steps_of(const Mask& mask, Index slice) {
  const Index nx = mask.grid().size[0], ny = mask.grid().size[1];
  const auto is_in = [&](Index i, Index j) {
    return i >= 0 && j >= 0 && i < nx && j < ny && mask(i, j, slice) != 0;
  };
  std::map<Point, Point> next;
  for (Index j = -1; j < ny; ++j)
    for (Index i = -1; i < nx; ++i) {
      // Corners of the square in a turn; edge e goes from corner e to the next.
      const std::array<Point, 4> corner{{{i, j}, {i + 1, j}, {i + 1, j + 1}, {i, j + 1}}};
      std::array<bool, 4> in{};
      for (std::size_t c = 0; c < 4; ++c) in[c] = is_in(corner[c][0], corner[c][1]);
      const auto middle = [&](std::size_t e) -> Point {
        const Point &a = corner[e], &b = corner[(e + 1) % 4];
        return {a[0] + b[0], a[1] + b[1]};
      };
      for (std::size_t c = 0; c < 4; ++c) {
        if (!in[c] || in[(c + 1) % 4]) continue;  // the last corner of a run that is inside
        std::size_t first = c;
        while (in[(first + 3) % 4]) first = (first + 3) % 4;
        next[middle(c)] = middle((first + 3) % 4);
      }
    }
  return next;
}

/// Points between two edges of one direction say nothing.
Outline without_straight_points(const Outline& loop) {
  Outline corners;
  const std::size_t n = loop.size();
  for (std::size_t p = 0; p < n; ++p) {
    const Point &a = loop[(p + n - 1) % n], &b = loop[p], &c = loop[(p + 1) % n];
    const Index turn = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]);
    if (turn != 0) corners.push_back(b);
  }
  return corners;
}

}  // namespace

std::vector<Outline> outlines_of(const Mask& mask, Index slice) {
  std::map<Point, Point> next = steps_of(mask, slice);
  std::vector<Outline> outlines;
  while (!next.empty()) {
    Outline loop;
    for (auto at = next.begin(); at != next.end();) {
      const Point to = at->second;
      loop.push_back(at->first);
      next.erase(at);
      at = next.find(to);
    }
    outlines.push_back(without_straight_points(loop));
  }
  return outlines;
}

}  // namespace vitrine::io::detail
