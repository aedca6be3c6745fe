#include "vitrine/evaluation/image_quality/uniformity.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"

namespace vitrine::evaluation {
namespace {

/// Pixels of the largest 4-connected part above a level.
std::vector<bool> largest_part(const Plane& plane, double level) {
  const std::size_t pixels = plane.value.size();
  std::vector<int> part(pixels, 0);
  std::vector<Index> waiting;
  int parts = 0, largest = 0;
  std::size_t most = 0;
  for (std::size_t seed = 0; seed < pixels; ++seed) {
    if (part[seed] != 0 || plane.value[seed] <= level) continue;
    ++parts;
    std::size_t size = 0;
    waiting.assign(1, Index(seed));
    part[seed] = parts;
    while (!waiting.empty()) {
      const Index p = waiting.back();
      waiting.pop_back();
      ++size;
      const Index i = p % plane.columns, j = p / plane.columns;
      const auto visit = [&](bool there, Index q) {
        if (!there || part[std::size_t(q)] != 0 || plane.value[std::size_t(q)] <= level) return;
        part[std::size_t(q)] = parts;
        waiting.push_back(q);
      };
      visit(i > 0, p - 1);
      visit(i + 1 < plane.columns, p + 1);
      visit(j > 0, p - plane.columns);
      visit(j + 1 < plane.rows, p + plane.columns);
    }
    if (size > most) most = size, largest = parts;
  }
  std::vector<bool> inside(pixels);
  for (std::size_t p = 0; p < pixels; ++p) inside[p] = largest != 0 && part[p] == largest;
  return inside;
}

/// Where the outermost pixel of the part lies on a ray, interpolated to the level.
Vec2 end_of_ray(const Plane& plane, const std::vector<bool>& inside, double level,
                const Vec2& centre, const Vec2& direction) {
  const double step = 0.5 * plane.pixel;
  const auto pixel_at = [&](const Vec2& at) -> Index {
    const Vec2 p = (at - plane.first) / plane.pixel;
    const auto i = Index(std::floor(p.x() + 0.5)), j = Index(std::floor(p.y() + 0.5));
    return i < 0 || j < 0 || i >= plane.columns || j >= plane.rows ? -1 : j * plane.columns + i;
  };
  double last = 0.0;
  for (double r = 0.0;; r += step) {
    const Index p = pixel_at(centre + r * direction);
    if (p < 0) break;
    if (inside[std::size_t(p)]) last = r;
  }
  const Index a = pixel_at(centre + last * direction);
  const Vec2 inner = plane.position(a % plane.columns, a / plane.columns);
  const Index b = pixel_at(inner + plane.pixel * direction);
  if (b < 0 || a == b) return inner;
  const double va = plane.value[std::size_t(a)], vb = plane.value[std::size_t(b)];
  const double w = va > level && vb < level ? (va - level) / (va - vb) : 0.5;
  return inner + w * (plane.position(b % plane.columns, b / plane.columns) - inner);
}

/// Least squares of |p - c|^2 = r^2, which is linear (Kasa 1976).
Outline circle(const std::vector<Vec2>& points) {
  Mat3 normal = Mat3::Zero();
  Vec3 right = Vec3::Zero();
  for (const Vec2& p : points) {
    const Vec3 row(p.x(), p.y(), 1.0);
    normal += row * row.transpose();
    right += p.squaredNorm() * row;
  }
  const Vec3 s = normal.ldlt().solve(right);
  const Vec2 centre(0.5 * s.x(), 0.5 * s.y());
  return {centre, std::sqrt(std::max(0.0, s.z() + centre.squaredNorm()))};
}

}  // namespace

Outline phantom_outline(const Plane& plane, double level) {
  const auto inside = largest_part(plane, level);
  Vec2 centre(0.0, 0.0);
  double count = 0.0;
  for (Index j = 0; j < plane.rows; ++j)
    for (Index i = 0; i < plane.columns; ++i)
      if (inside[std::size_t(j * plane.columns + i)]) centre += plane.position(i, j), count += 1.0;
  constexpr double fewest = 100.0;
  require(count >= fewest, Error::Kind::data, "no phantom found (", count,
          " connected pixels are "
          "above ",
          level, " HU). Give --centre and --phantom-radius.");
  centre /= count;
  constexpr int rays = 360;
  std::vector<Vec2> ends;
  for (int ray = 0; ray < rays; ++ray) {
    const double angle = 2.0 * std::numbers::pi * double(ray) / double(rays);
    ends.push_back(
        end_of_ray(plane, inside, level, centre, Vec2(math::cos(angle), math::sin(angle))));
  }
  // Fit, drop the worst, fit again: a table under the phantom is seen by a part of the rays.
  Outline outline = circle(ends);
  constexpr int rounds = 6;
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> off;
    for (const Vec2& p : ends)
      off.push_back(std::abs((p - outline.centre).norm() - outline.radius));
    std::vector<double> sorted = off;
    std::nth_element(sorted.begin(), sorted.begin() + rays / 2, sorted.end());
    const double limit = std::max(3.0 * sorted[rays / 2], 0.5 * plane.pixel);
    std::vector<Vec2> kept;
    for (std::size_t i = 0; i < ends.size(); ++i)
      if (off[i] <= limit) kept.push_back(ends[i]);
    outline = circle(kept);
  }
  std::size_t near = 0;
  for (const Vec2& p : ends)
    near += std::abs((p - outline.centre).norm() - outline.radius) < 2.0 * plane.pixel ? 1 : 0;
  require(near >= rays * 2 / 3, Error::Kind::data, "what is above ", level,
          " HU in this slice is not round (", near, " of ", rays,
          " rays end on the fitted circle of ", outline.radius,
          " mm), or leaves the image. Give --centre and --phantom-radius.");
  return outline;
}

Uniformity uniformity(const Plane& plane, const Outline& phantom, double radius, double gap) {
  const double distance = phantom.radius - gap - radius;
  require(distance >= 2.0 * radius, Error::Kind::input, "five regions of radius ", radius,
          " mm with a gap of ", gap, " mm do not fit into a phantom of radius ", phantom.radius,
          " mm (they would overlap). Use a smaller --roi.");
  Uniformity u;
  const Vec2 to[] = {{0, 0}, {1, 0}, {0, 1}, {-1, 0}, {0, -1}};
  for (std::size_t i = 0; i < u.region.size(); ++i) {
    u.centre[i] = phantom.centre + distance * to[i];
    u.region[i] = disc(plane, u.centre[i], radius, "a region of the uniformity");
    const double difference = u.region[i].mean - u.region[0].mean;
    if (std::abs(difference) > std::abs(u.largest_difference)) u.largest_difference = difference;
  }
  return u;
}

double contrast_to_noise(const RoiStatistics& a, const RoiStatistics& b) {
  return (a.mean - b.mean) / b.sd;
}

}  // namespace vitrine::evaluation
