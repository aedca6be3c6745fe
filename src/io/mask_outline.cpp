#include "vitrine/io/detail/mask_outline.hpp"

#include <algorithm>

namespace vitrine::io::detail {
namespace {

using Point = Outline::value_type;

/// From one crossing to the next, the mask being on the same side of all. A crossing is the middle
/// of two neighbours of which one is in the mask; none has two steps.
struct Step {
  Point from, to;
  bool taken = false;
};

/// Sorted by `from`.
std::vector<Step> steps_of(const Mask& mask, Index slice) {
  const Index nx = mask.grid().size[0], ny = mask.grid().size[1];
  const auto is_in = [&](Index i, Index j) {
    return i >= 0 && j >= 0 && i < nx && j < ny && mask(i, j, slice) != 0;
  };
  std::vector<Step> steps;
  for (Index j = -1; j < ny; ++j) {
    bool low = false, high = false;  // the pixels of this column, of rows j and j + 1
    for (Index i = -1; i < nx; ++i) {
      const bool next_low = is_in(i + 1, j), next_high = is_in(i + 1, j + 1);
      // Corners of the square in a turn; edge e goes from corner e to the next.
      const std::array<bool, 4> in{low, next_low, next_high, high};
      low = next_low;
      high = next_high;
      if (in[0] == in[1] && in[1] == in[2] && in[2] == in[3]) continue;
      const std::array<Point, 4> corner{{{i, j}, {i + 1, j}, {i + 1, j + 1}, {i, j + 1}}};
      const auto middle = [&](std::size_t e) -> Point {
        const Point &a = corner[e], &b = corner[(e + 1) % 4];
        return {a[0] + b[0], a[1] + b[1]};
      };
      for (std::size_t c = 0; c < 4; ++c) {
        if (!in[c] || in[(c + 1) % 4]) continue;  // the last corner of a run that is inside
        std::size_t first = c;
        while (in[(first + 3) % 4]) first = (first + 3) % 4;
        steps.push_back({middle(c), middle((first + 3) % 4)});
      }
    }
  }
  std::ranges::sort(steps, {}, &Step::from);
  return steps;
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
  std::vector<Step> steps = steps_of(mask, slice);
  std::vector<Outline> outlines;
  for (const Step& start : steps) {
    Outline loop;
    for (auto at = steps.begin() + (&start - steps.data()); !at->taken;
         at = std::ranges::lower_bound(steps, at->to, {}, &Step::from)) {
      at->taken = true;
      loop.push_back(at->from);
    }
    if (!loop.empty()) outlines.push_back(without_straight_points(loop));
  }
  return outlines;
}

}  // namespace vitrine::io::detail
