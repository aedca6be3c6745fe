#include "vitrine/model/voxel_regions.hpp"

#include <algorithm>

#include "vitrine/core/parallel.hpp"

namespace vitrine {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// Distances along one line: the lower envelope of a parabola over each of its finite values.
class Envelope {
 public:
  Envelope(Index n, double spacing)
      : spacing_(spacing), value_(std::size_t(n)), vertex_(value_.size()), from_(value_.size()) {}

  void run(double* start, Index stride) {
    const Index n = std::ssize(value_);
    for (Index i = 0; i < n; ++i) value_[std::size_t(i)] = start[i * stride];
    Index count = 0;
    for (Index i = 0; i < n; ++i) {
      if (value_[std::size_t(i)] == infinite) continue;
      double meets = -infinite;
      while (count > 0 && (meets = crossing(vertex_[std::size_t(count - 1)], i)) <=
                              from_[std::size_t(count - 1)])
        --count;
      if (count == 0) meets = -infinite;
      vertex_[std::size_t(count)] = i;
      from_[std::size_t(count)] = meets;
      ++count;
    }
    if (count == 0) return;
    Index part = 0;
    for (Index i = 0; i < n; ++i) {
      while (part + 1 < count && from_[std::size_t(part + 1)] <= double(i)) ++part;
      const Index at = vertex_[std::size_t(part)];
      const double away = spacing_ * double(i - at);
      start[i * stride] = value_[std::size_t(at)] + away * away;
    }
  }

 private:
  /// Where the parabola over `b` falls below that over `a`, a < b, in voxels.
  double crossing(Index a, Index b) const {
    const double rise = (value_[std::size_t(b)] - value_[std::size_t(a)]) / (spacing_ * spacing_);
    return (rise + double(b * b - a * a)) / (2.0 * double(b - a));
  }

  double spacing_;
  std::vector<double> value_;
  std::vector<Index> vertex_;
  std::vector<double> from_;
};

}  // namespace

Components components_of(const Mask& mask) {
  const auto& size = mask.grid().size;
  const std::span<const std::uint8_t> in = mask.values();
  const std::array<Index, 3> stride{1, size[0], size[0] * size[1]};
  Components found;
  found.label.assign(in.size(), 0);
  std::vector<Index> open;
  for (Index start = 0; start < std::ssize(in); ++start) {
    if (in[std::size_t(start)] == 0 || found.label[std::size_t(start)] != 0) continue;
    Component part;
    part.first = size;
    part.last = {-1, -1, -1};
    const auto label = std::int32_t(found.parts.size() + 1);
    found.label[std::size_t(start)] = label;
    open.push_back(start);
    while (!open.empty()) {
      const Index at = open.back();
      open.pop_back();
      ++part.voxels;
      const std::array<Index, 3> place{at % size[0], at / stride[1] % size[1], at / stride[2]};
      for (std::size_t a = 0; a < 3; ++a) {
        part.first[a] = std::min(part.first[a], place[a]);
        part.last[a] = std::max(part.last[a], place[a]);
        for (const Index step : {Index{-1}, Index{1}}) {
          if (place[a] + step < 0 || place[a] + step >= size[a]) continue;
          const Index next = at + step * stride[a];
          if (in[std::size_t(next)] == 0 || found.label[std::size_t(next)] != 0) continue;
          found.label[std::size_t(next)] = label;
          open.push_back(next);
        }
      }
    }
    found.parts.push_back(part);
  }
  return found;
}

Mask mask_of(const Components& parts, std::size_t part, const Grid& grid) {
  VITRINE_EXPECT(std::ssize(parts.label) == grid.count());
  const Component& of = parts.parts[part];
  Grid box = grid;
  box.origin = grid.centre(of.first[0], of.first[1], of.first[2]);
  for (std::size_t a = 0; a < 3; ++a) box.size[a] = of.last[a] - of.first[a] + 1;
  Mask mask(box);
  for (Index k = 0; k < box.size[2]; ++k)
    for (Index j = 0; j < box.size[1]; ++j)
      for (Index i = 0; i < box.size[0]; ++i) {
        const Index at = grid.offset(of.first[0] + i, of.first[1] + j, of.first[2] + k);
        mask(i, j, k) = parts.label[std::size_t(at)] == std::int32_t(part + 1);
      }
  return mask;
}

Vec3 centre_of(const Mask& mask) {
  const auto& size = mask.grid().size;
  Vec3 sum = Vec3::Zero();
  double count = 0.0;
  for (Index k = 0; k < size[2]; ++k)
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i)
        if (mask(i, j, k) != 0) {
          sum += mask.grid().centre(i, j, k);
          count += 1.0;
        }
  return sum / count;
}

std::vector<double> squared_distance(const std::array<Index, 3>& size, const Vec3& spacing,
                                     std::span<const std::uint8_t> marked) {
  VITRINE_EXPECT(std::ssize(marked) == size[0] * size[1] * size[2]);
  std::vector<double> squares(marked.size(), infinite);
  for (std::size_t v = 0; v < marked.size(); ++v)
    if (marked[v] != 0) squares[v] = 0.0;
  const std::array<Index, 3> stride{1, size[0], size[0] * size[1]};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::size_t u = (axis + 1) % 3, v = (axis + 2) % 3;
    parallel_for(size[v], [&](Index b) {
      Envelope envelope(size[axis], spacing[Index(axis)]);
      for (Index a = 0; a < size[u]; ++a)
        envelope.run(squares.data() + a * stride[u] + b * stride[v], stride[axis]);
    });
  }
  return squares;
}

}  // namespace vitrine
