#include "vitrine/radiomics/detail/marching_cubes.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace vitrine::radiomics {
namespace {

// Corner c of a cube is at (c & 1, c >> 1 & 1, c >> 2 & 1); a cube's case has the bits of the
// corners that are inside.

/// Corners of the six faces, anticlockwise as seen from outside the cube.
constexpr std::array<std::array<int, 4>, 6> faces{
    {{0, 4, 6, 2}, {1, 3, 7, 5}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 2, 3, 1}, {4, 5, 7, 6}}};

/// One of the 256 cases: the surface's triangles and the share of the cube inside.
struct CubeCase {
  std::vector<Triangle> triangles;  ///< normals point outside; cube edges have length 1
  double inside = 0;
};

Vec3 corner(int c) { return {double(c & 1), double(c >> 1 & 1), double(c >> 2 & 1)}; }

/// Volume of the cone from the cube's centre over a triangle, positive if the centre is behind it.
double cone(const Triangle& t) {
  const Vec3 centre = Vec3::Constant(0.5);
  return (t[0] - centre).dot((t[1] - centre).cross(t[2] - centre)) / 6;
}

double area_of(const Triangle& t, const Vec3& spacing) {
  const Vec3 u = (t[1] - t[0]).cwiseProduct(spacing), v = (t[2] - t[0]).cwiseProduct(spacing);
  return 0.5 * u.cross(v).norm();
}

/// The triangulation of a polygon that has the largest sum of `gain` over its triangles.
template <class Gain>
std::vector<Triangle> best_triangulation(const std::vector<Vec3>& polygon, Gain gain) {
  if (polygon.size() < 3) return {};
  std::vector<Triangle> best;
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t apex = 1; apex + 1 < polygon.size();
       ++apex) {  // of the triangle on side last-first
    const auto split = polygon.begin() + std::ptrdiff_t(apex);
    std::vector<Triangle> triangles{{polygon.front(), *split, polygon.back()}};
    for (const auto& part :
         {std::vector<Vec3>(polygon.begin(), split + 1), std::vector<Vec3>(split, polygon.end())})
      for (const Triangle& t : best_triangulation(part, gain)) triangles.push_back(t);
    double sum = 0;
    for (const Triangle& t : triangles) sum += gain(t);
    if (sum > most + 1e-12) {
      most = sum;
      best = std::move(triangles);
    }
  }
  return best;
}

std::vector<Triangle> fan_around_mean(const std::vector<Vec3>& polygon) {
  Vec3 mean = Vec3::Zero();
  for (const Vec3& p : polygon) mean += p;
  mean /= double(polygon.size());
  std::vector<Triangle> fan;
  for (std::size_t i = 0; i < polygon.size(); ++i)
    fan.push_back({mean, polygon[i], polygon[(i + 1) % polygon.size()]});
  return fan;
}

/// Triangles of a polygon, chosen by a rule that no mirror or turn of the cube changes.
///
/// Where polygons are not flat, the side with fewer corners gets the larger volume, as in the
/// tables of Lorensen and Cline 1987 (among equal volumes the smaller area); between equal sides a
/// fan around the mean gives neither an advantage.
std::vector<Triangle> triangulate(const std::vector<Vec3>& polygon, int corners_inside) {
  if (corners_inside == 4 && polygon.size() > 4) return fan_around_mean(polygon);
  const double sign = corners_inside < 4 ? 1 : -1;
  return best_triangulation(polygon, [sign](const Triangle& t) {
    return sign * cone(t) - 1e-6 * area_of(t, Vec3::Ones());
  });
}

/// The share of the cube inside, of its polygons' triangles and of what its faces say.
double share_inside(int bits, const std::vector<Triangle>& triangles) {
  const auto inside = [bits](int c) { return (bits >> c & 1) != 0; };
  double face_parts = 0;
  for (const auto& face : faces) {
    const auto count = std::count_if(face.begin(), face.end(), inside);
    const bool diagonal = count == 2 && inside(face[0]) == inside(face[2]);
    constexpr std::array part{0.0, 0.125, 0.5, 0.875, 1.0};
    face_parts += diagonal ? 0.25 : part[static_cast<std::size_t>(count)];
  }
  // Cones from the cube's centre over the inside parts of its faces and over the surface.
  double share = face_parts * 0.5 / 3;
  for (const Triangle& t : triangles) share += cone(t);
  return share;
}

CubeCase make_case(int bits) {
  CubeCase result;
  for (const auto& polygon : surface_polygons(bits))
    for (const Triangle& t : triangulate(polygon, std::popcount(unsigned(bits))))
      result.triangles.push_back(t);
  result.inside = share_inside(bits, result.triangles);
  return result;
}

const std::array<CubeCase, 256>& cube_cases() {
  static const std::array<CubeCase, 256> cases = [] {
    std::array<CubeCase, 256> all;
    for (int bits = 0; bits < 256; ++bits) all[static_cast<std::size_t>(bits)] = make_case(bits);
    return all;
  }();
  return cases;
}

/// How many cubes there are of each case: all that volume and area depend on.
std::array<Index, 256> count_cases(std::span<const std::uint8_t> mask, std::array<Index, 3> size) {
  std::array<Index, 256> counts{};
  for_each_cube(mask, size, [&](int corners, Index, Index, Index) {
    ++counts[static_cast<std::size_t>(corners)];
  });
  return counts;
}

/// Vertices next to the first and last voxel of every row.
///
/// Any vertex beside a voxel between those two is a mean of points of the hull on the same line, so
/// it is not extreme.
std::vector<HalfVoxel> outline(std::span<const std::uint8_t> mask, std::array<Index, 3> size) {
  std::vector<HalfVoxel> points;
  const auto [nx, ny, nz] = size;
  const std::array<Index, 3> step{1, nx, nx * ny};
  for (Index k = 1; k + 1 < nz; ++k)
    for (Index j = 1; j + 1 < ny; ++j) {
      const std::uint8_t* row = mask.data() + (k * ny + j) * nx;
      Index first = 0, last = nx - 1;
      while (first < nx && !row[first]) ++first;
      if (first == nx) continue;
      while (!row[last]) --last;
      const auto add_around = [&](Index i) {
        const HalfVoxel centre{std::int32_t(2 * i), std::int32_t(2 * j), std::int32_t(2 * k)};
        for (std::size_t axis = 0; axis < 3; ++axis)
          for (const int side : {-1, 1}) {
            if (row[i + side * step[axis]]) continue;
            points.push_back(centre);
            points.back()[axis] += side;
          }
      };
      add_around(first);
      if (last != first) add_around(last);
    }
  return points;
}

}  // namespace

// Walking a face anticlockwise, the boundary enters the inside on one edge and leaves it on the
// next crossed one; the surface runs from the first to the second. Every crossed edge is entered on
// one face and left on another, so these steps close to loops around the cube.
std::vector<std::vector<Vec3>> surface_polygons(int corners) {
  const auto inside = [corners](int c) { return (corners >> c & 1) != 0; };
  const auto edge = [](int a, int b) { return a < b ? a * 8 + b : b * 8 + a; };
  std::array<int, 64> next;
  next.fill(-1);
  for (const auto& face : faces)
    for (std::size_t entry = 0; entry < 4; ++entry) {
      if (inside(face[entry]) || !inside(face[(entry + 1) % 4])) continue;
      std::size_t exit = entry + 1;
      while (inside(face[(exit + 1) % 4])) ++exit;
      next[static_cast<std::size_t>(edge(face[entry], face[(entry + 1) % 4]))] =
          edge(face[exit % 4], face[(exit + 1) % 4]);
    }
  std::vector<std::vector<Vec3>> polygons;
  for (int start = 0; start < 64; ++start) {
    std::vector<Vec3> polygon;
    for (int e = start; next[static_cast<std::size_t>(e)] >= 0;) {
      polygon.push_back(0.5 * (corner(e / 8) + corner(e % 8)));
      e = std::exchange(next[static_cast<std::size_t>(e)], -1);
    }
    if (!polygon.empty()) polygons.push_back(std::move(polygon));
  }
  return polygons;
}

Surface marching_cubes(std::span<const std::uint8_t> mask, std::array<Index, 3> size,
                       const Vec3& spacing) {
  VITRINE_EXPECT(std::ssize(mask) == size[0] * size[1] * size[2]);
  const auto counts = count_cases(mask, size);
  Surface surface;
  for (std::size_t bits = 0; bits < 256; ++bits) {
    if (counts[bits] == 0) continue;
    const CubeCase& cube = cube_cases()[bits];
    surface.volume += double(counts[bits]) * cube.inside;
    double area = 0;
    for (const Triangle& t : cube.triangles) area += area_of(t, spacing);
    surface.area += double(counts[bits]) * area;
  }
  surface.volume *= spacing.prod();
  surface.outline = outline(mask, size);
  return surface;
}

}  // namespace vitrine::radiomics
