#include <algorithm>
#include <cmath>

#include "vitrine/radiomics/detail/mask_change.hpp"

namespace vitrine::radiomics {
namespace {

/// One axis of the separable minimum: the nearest box along it, added to what the others found.
void spread(std::vector<double>& squares, const Grid& grid, std::size_t axis, double reach) {
  const double spacing = grid.spacing[Index(axis)];
  std::vector<double> step{0};  // squared distance to a box so many voxels away
  for (double d = 0.5 * spacing; d < reach; d += spacing) step.push_back(d * d);
  const std::array<Index, 3> stride{1, grid.size[0], grid.size[0] * grid.size[1]};
  const std::size_t u = (axis + 1) % 3, v = (axis + 2) % 3;
  const Index n = grid.size[axis];
  parallel_for(grid.size[v], [&](Index b) {
    std::vector<double> line(static_cast<std::size_t>(n));
    for (Index a = 0; a < grid.size[u]; ++a) {
      double* start = squares.data() + a * stride[u] + b * stride[v];
      for (Index i = 0; i < n; ++i) line[std::size_t(i)] = start[i * stride[axis]];
      for (Index i = 0; i < n; ++i) {
        double& nearest = start[i * stride[axis]];
        for (Index away = 1; away < std::ssize(step); ++away) {
          const double square = step[std::size_t(away)];
          if (square >= nearest) break;
          if (i >= away) nearest = std::min(nearest, line[std::size_t(i - away)] + square);
          if (i + away < n) nearest = std::min(nearest, line[std::size_t(i + away)] + square);
        }
      }
    }
  });
}

}  // namespace

std::uint64_t address_of(const std::array<Index, 3>& sample) {
  std::uint64_t address = 0;
  for (const Index s : sample) address = (address << 21) | (std::uint64_t(s) & 0x1fffff);
  return address;
}

MaskPart padded(const MaskPart& part, const std::array<Index, 3>& by) {
  MaskPart out{part.low, padded(part.mask, by)};
  for (std::size_t a = 0; a < 3; ++a) out.low[a] -= by[a];
  return out;
}

std::array<Index, 3> room_for(const Grid& grid, double reach) {
  std::array<Index, 3> room{};
  for (std::size_t a = 0; a < 3; ++a)
    room[a] = 1 + Index(std::ceil(reach / grid.spacing[Index(a)]));
  return room;
}

std::vector<double> squared_distances(const Mask& mask, bool inside, double reach) {
  std::vector<double> squares(mask.values().size(), reach * reach);
  for (std::size_t v = 0; v < squares.size(); ++v)
    if ((mask.values()[v] != 0) == inside) squares[v] = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) spread(squares, mask.grid(), axis, reach);
  return squares;
}

}  // namespace vitrine::radiomics
