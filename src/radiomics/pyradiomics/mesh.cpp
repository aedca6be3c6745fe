#include "vitrine/radiomics/pyradiomics/detail/mesh.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "vitrine/radiomics/detail/marching_cubes.hpp"

namespace vitrine::radiomics::pyradiomics {
namespace {

using Half = std::array<int, 3>;  // a point of the cube in half edges
using Diagonal = std::array<Half, 2>;

/// How one polygon that is not flat is cut, in one position of its cube; the classic table cuts
/// every other position of that cube as if it were turned.
struct Cut {
  int corners;  ///< inside
  std::vector<Diagonal> diagonals;
};
const std::vector<Cut>& cuts() {
  static const std::vector<Cut> all{
      {0b111, {{{{0, 2, 1}, {2, 0, 1}}}, {{{0, 2, 1}, {2, 1, 0}}}}},
      {0b11011, {{{{0, 1, 0}, {1, 0, 2}}}, {{{0, 1, 0}, {2, 2, 1}}}, {{{1, 0, 2}, {2, 2, 1}}}}},
      {0b11101, {{{{0, 1, 2}, {1, 0, 0}}}, {{{0, 1, 2}, {2, 2, 1}}}, {{{1, 0, 0}, {2, 2, 1}}}}},
      {0b11110, {{{{0, 1, 0}, {2, 0, 1}}}, {{{0, 2, 1}, {2, 0, 1}}}}},
      {0b11111, {{{{0, 2, 1}, {1, 0, 2}}}, {{{0, 2, 1}, {2, 0, 1}}}}},
      {0b111101,
       {{{{0, 1, 2}, {1, 0, 0}}},
        {{{0, 2, 1}, {1, 0, 0}}},
        {{{1, 0, 0}, {2, 1, 2}}},
        {{{1, 0, 0}, {2, 2, 1}}}}},
      {0b1101111, {{{{0, 0, 1}, {1, 2, 2}}}, {{{0, 0, 1}, {2, 1, 2}}}, {{{0, 0, 1}, {2, 2, 1}}}}},
  };
  return all;
}

/// Of the two turns that lead to the same corners, the table uses the second in these cubes.
constexpr std::array second_turn{27, 29, 39, 53, 58, 141, 159, 163, 183};
/// The one cube that is cut like no turned one.
constexpr int odd_cube = 54;
const std::vector<Diagonal> odd_diagonals{{{{2, 1, 0}, {0, 1, 2}}}, {{{2, 1, 0}, {0, 0, 1}}}};

/// One of the 24 turns of the cube.
struct Turn {
  std::array<std::size_t, 3> axis;
  std::array<int, 3> sign;
  Half operator()(const Half& p) const {
    Half q{};
    for (std::size_t a = 0; a < 3; ++a) q[a] = 1 + sign[a] * (p[axis[a]] - 1);
    return q;
  }
  int corners(int bits) const {
    int turned = 0;
    for (int c = 0; c < 8; ++c) {
      if (!(bits >> c & 1)) continue;
      const Half q = (*this)({2 * (c & 1), 2 * (c >> 1 & 1), 2 * (c >> 2 & 1)});
      turned |= 1 << (q[0] / 2 + q[1] + 2 * q[2]);
    }
    return turned;
  }
};

std::vector<Turn> make_turns() {
  std::vector<Turn> turns;
  std::array<std::size_t, 3> axis{0, 1, 2};
  do {
    int parity = 1;
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (axis[j] > axis[i]) parity = -parity;
    for (int signs = 0; signs < 8; ++signs) {
      const std::array<int, 3> sign{signs & 4 ? -1 : 1, signs & 2 ? -1 : 1, signs & 1 ? -1 : 1};
      if (parity * sign[0] * sign[1] * sign[2] == 1) turns.push_back({axis, sign});
    }
  } while (std::next_permutation(axis.begin(), axis.end()));
  return turns;
}

/// The diagonals of the cube's polygons that are not flat.
std::vector<Diagonal> diagonals_of(int corners) {
  if (corners == odd_cube) return odd_diagonals;
  static const std::vector<Turn> turns = make_turns();
  const bool second =
      std::find(second_turn.begin(), second_turn.end(), corners) != second_turn.end();
  for (const Cut& cut : cuts()) {
    std::vector<Turn> fitting;
    for (const Turn& turn : turns)
      if (turn.corners(cut.corners) == corners) fitting.push_back(turn);
    if (fitting.empty()) continue;
    const Turn& turn = second ? fitting.back() : fitting.front();
    std::vector<Diagonal> turned;
    for (const Diagonal& d : cut.diagonals) turned.push_back({turn(d[0]), turn(d[1])});
    return turned;
  }
  return {};
}

/// Cuts a polygon along those of the diagonals that join two of its corners; what is left without
/// one is flat, and any cut will do.
void cut_polygon(const std::vector<Vec3>& polygon, const std::vector<Diagonal>& diagonals,
                 std::vector<Triangle>& out) {
  const auto n = polygon.size();
  if (n < 3) return;
  const auto place = [&](const Half& p) -> std::optional<std::size_t> {
    for (std::size_t i = 0; i < n; ++i)
      if ((2 * polygon[i] - Vec3(p[0], p[1], p[2])).cwiseAbs().maxCoeff() < 0.25) return i;
    return {};
  };
  const auto split = [&](std::size_t a, std::size_t b) {
    const auto begin = polygon.begin();
    std::vector<Vec3> part(begin + std::ptrdiff_t(a), begin + std::ptrdiff_t(b) + 1);
    cut_polygon(part, diagonals, out);
    part.assign(begin + std::ptrdiff_t(b), polygon.end());
    part.insert(part.end(), begin, begin + std::ptrdiff_t(a) + 1);
    cut_polygon(part, diagonals, out);
  };
  for (const Diagonal& d : diagonals) {
    const auto a = place(d[0]), b = place(d[1]);
    if (!a || !b) continue;
    const auto low = std::min(*a, *b), high = std::max(*a, *b);
    if (high - low > 1 && high - low < n - 1) return split(low, high);
  }
  for (std::size_t i = 1; i + 1 < n; ++i) out.push_back({polygon[0], polygon[i], polygon[i + 1]});
}

/// One of the 256 cases: its triangles, normals outwards, and what its volume is made of.
struct Case {
  std::vector<Triangle> triangles;
  double volume = 0;          ///< sum of a . (b x c) / 6, from the cube's own corner
  Vec3 slope = Vec3::Zero();  ///< how that changes with the cube's place
};

Case make_case(int corners) {
  constexpr int apart = 0b110;  // the corner at low i, high j and k
  const bool flipped = (corners >> apart & 1) != 0;
  const int base = flipped ? corners ^ 0xff : corners;
  Case result;
  const auto diagonals = diagonals_of(base);
  for (const auto& polygon : surface_polygons(base))
    cut_polygon(polygon, diagonals, result.triangles);
  for (Triangle& t : result.triangles) {
    if (flipped) std::swap(t[1], t[2]);
    result.volume += t[0].dot(t[1].cross(t[2])) / 6;
    result.slope += (t[0].cross(t[1]) + t[1].cross(t[2]) + t[2].cross(t[0])) / 6;
  }
  return result;
}

const std::array<Case, 256>& cases() {
  static const std::array<Case, 256> all = [] {
    std::array<Case, 256> made;
    for (int corners = 0; corners < 256; ++corners)
      made[static_cast<std::size_t>(corners)] = make_case(corners);
    return made;
  }();
  return all;
}

/// Largest squared distance between vertices of one plane, given the first and last of each row.
class Plane {
 public:
  Plane(Index rows, double along, double across)
      : along_(along), across_(across), low_(static_cast<std::size_t>(rows), -1), high_(low_) {}
  void clear() {
    std::fill(low_.begin(), low_.end(), -1);
    std::fill(high_.begin(), high_.end(), -1);
  }
  /// A vertex at half voxel `at` of a row of half voxels.
  void add(Index row, Index at) {
    Index& low = low_[static_cast<std::size_t>(row)];
    Index& high = high_[static_cast<std::size_t>(row)];
    low = low < 0 ? at : std::min(low, at);
    high = std::max(high, at);
  }
  double largest() const {
    double most = 0;
    const auto rows = std::ssize(low_);
    for (Index a = 0; a < rows; ++a) {
      if (low(a) < 0) continue;
      for (Index b = a; b < rows; ++b) {
        if (low(b) < 0) continue;
        const double y = 0.5 * across_ * double(b - a);
        const double x =
            0.5 * along_ * double(std::max(std::abs(high(a) - low(b)), std::abs(high(b) - low(a))));
        most = std::max(most, x * x + y * y);
      }
    }
    return most;
  }

 private:
  Index low(Index row) const { return low_[static_cast<std::size_t>(row)]; }
  Index high(Index row) const { return high_[static_cast<std::size_t>(row)]; }
  double along_, across_;
  std::vector<Index> low_, high_;
};

}  // namespace

Mesh classic_mesh(std::span<const std::uint8_t> mask, std::array<Index, 3> size,
                  const Vec3& spacing) {
  struct Occurrence {
    Index count = 0;
    std::array<Index, 3> place{};  ///< sum of the cubes' voxels
  };
  std::array<Occurrence, 256> occurrences{};
  for_each_cube(mask, size, [&](int corners, Index i, Index j, Index k) {
    Occurrence& o = occurrences[static_cast<std::size_t>(corners)];
    ++o.count;
    o.place[0] += i;
    o.place[1] += j;
    o.place[2] += k;
  });
  Mesh mesh;
  for (std::size_t corners = 1; corners < 255; ++corners) {
    const Occurrence& o = occurrences[corners];
    if (o.count == 0) continue;
    const Case& cube = cases()[corners];
    mesh.volume += double(o.count) * cube.volume;
    for (std::size_t a = 0; a < 3; ++a) mesh.volume += double(o.place[a]) * cube.slope[Index(a)];
    double area = 0;
    for (const Triangle& t : cube.triangles)
      area += 0.5 *
              (t[1] - t[0]).cwiseProduct(spacing).cross((t[2] - t[0]).cwiseProduct(spacing)).norm();
    mesh.area += double(o.count) * area;
  }
  mesh.volume *= spacing.prod();
  return mesh;
}

Outline classic_outline(std::span<const std::uint8_t> mask, std::array<Index, 2> size,
                        const std::array<double, 2>& spacing) {
  const double slant = 0.5 * std::sqrt(spacing[0] * spacing[0] + spacing[1] * spacing[1]);
  Outline outline;
  double corners_cut = 0;  // in squares
  for (Index j = 0; j + 1 < size[1]; ++j)
    for (Index i = 0; i + 1 < size[0]; ++i) {
      const std::uint8_t* p = mask.data() + j * size[0] + i;
      const bool a = p[0], b = p[1], c = p[size[0]], d = p[size[0] + 1];
      const int inside = a + b + c + d;
      if (inside == 1 || inside == 3) {
        corners_cut += inside == 1 ? 0.125 : 0.875;
        outline.perimeter += slant;
      } else if (inside == 2 && a == d) {  // diagonal corners are kept apart
        corners_cut += 0.25;
        outline.perimeter += 2 * slant;
      } else if (inside == 2) {
        corners_cut += 0.5;
        outline.perimeter += a == b ? spacing[0] : spacing[1];
      } else if (inside == 4) {
        corners_cut += 1;
      }
    }
  outline.area = corners_cut * spacing[0] * spacing[1];
  return outline;
}

std::array<double, 3> plane_diameters(std::span<const std::uint8_t> mask, std::array<Index, 3> size,
                                      const Vec3& spacing) {
  std::array<double, 3> found{};
  const std::array<Index, 3> stride{1, size[0], size[0] * size[1]};
  // Of every row of half voxels along axis u, in the planes across axis w, the first and last
  // vertex.
  for (std::size_t w = 0; w < 3; ++w) {
    const std::size_t u = (w + 1) % 3, v = (w + 2) % 3;
    Plane plane(2 * size[v], spacing[Index(u)], spacing[Index(v)]);
    double most = 0;
    const auto at = [&](Index x, Index y, Index z) {
      return mask[static_cast<std::size_t>(x * stride[u] + y * stride[v] + z * stride[w])] != 0;
    };
    for (Index z = 0; z < size[w]; ++z) {
      plane.clear();  // through voxel centres: vertices along u and v
      for (Index y = 0; y < size[v]; ++y)
        for (Index x = 0; x < size[u]; ++x) {
          const bool here = at(x, y, z);
          if (x + 1 < size[u] && here != at(x + 1, y, z)) plane.add(2 * y, 2 * x + 1);
          if (y + 1 < size[v] && here != at(x, y + 1, z)) plane.add(2 * y + 1, 2 * x);
        }
      most = std::max(most, plane.largest());
      if (z + 1 == size[w]) break;
      plane.clear();  // between two layers of voxels: vertices along w
      for (Index y = 0; y < size[v]; ++y)
        for (Index x = 0; x < size[u]; ++x)
          if (at(x, y, z) != at(x, y, z + 1)) plane.add(2 * y, 2 * x);
      most = std::max(most, plane.largest());
    }
    found[w] = std::sqrt(most);
  }
  return found;
}

}  // namespace vitrine::radiomics::pyradiomics
