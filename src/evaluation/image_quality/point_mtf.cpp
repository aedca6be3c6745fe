#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/image_quality/detail/bessel.hpp"
#include "vitrine/evaluation/image_quality/detail/transform.hpp"
#include "vitrine/evaluation/image_quality/mtf.hpp"

namespace vitrine::evaluation {

std::vector<double> detail::mtf_frequencies(double nyquist) {
  constexpr double usual_step = 0.01;  // 1/mm
  constexpr int fewest = 200;
  const int steps = std::max(fewest, int(std::ceil(nyquist / usual_step)));
  std::vector<double> frequency(std::size_t(steps) + 1);
  for (int i = 0; i <= steps; ++i) frequency[std::size_t(i)] = nyquist * double(i) / double(steps);
  return frequency;
}

namespace {

constexpr double pi = std::numbers::pi;
constexpr double ring_width = 0.25;  // of the background's ring, in radii of the region

/// a + b x + c y, with positions from a centre.
struct Tilted {
  Vec2 centre{0.0, 0.0};
  Eigen::Vector3d coefficients = Eigen::Vector3d::Zero();
  double operator()(const Vec2& at) const {
    return coefficients[0] + coefficients[1] * (at.x() - centre.x()) +
           coefficients[2] * (at.y() - centre.y());
  }
};

/// Least squares over the ring; `noise` gets the standard deviation about it.
Tilted background(const Plane& plane, const Vec2& centre, double radius, double& noise) {
  Tilted tilted{centre, {}};
  Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
  Eigen::Vector3d right = Eigen::Vector3d::Zero();
  double count = 0.0;
  const auto in_ring = [&](auto&& visit) {
    for_disc(plane, centre, radius * (1.0 + ring_width), [&](const Vec2& at, double v) {
      if ((at - centre).norm() > radius) visit(at, v);
    });
  };
  in_ring([&](const Vec2& at, double v) {
    const Eigen::Vector3d row(1.0, at.x() - centre.x(), at.y() - centre.y());
    normal += row * row.transpose();
    right += v * row;
    count += 1.0;
  });
  constexpr double fewest = 8.0;
  require(count >= fewest, Error::Kind::input, "the ring around the spot has ", count,
          " pixels (a background needs ", fewest, "). Use a larger --radius or smaller pixels.");
  tilted.coefficients = normal.ldlt().solve(right);
  double squares = 0.0;
  in_ring([&](const Vec2& at, double v) { squares += (v - tilted(at)) * (v - tilted(at)); });
  noise = std::sqrt(squares / (count - 3.0));
  return tilted;
}

/// The brightest pixel that a region fits around, or near to a point.
Vec2 brightest(const Plane& plane, const PointOptions& options) {
  const double outer = options.radius * (1.0 + ring_width);
  Vec2 best(0.0, 0.0);
  double highest = -std::numeric_limits<double>::infinity();
  const auto take = [&](const Vec2& at, double v) {
    if (v > highest) highest = v, best = at;
  };
  if (options.near) {
    require_inside(plane, *options.near, options.search, "the search for a wire");
    for_disc(plane, *options.near, options.search, take);
  } else {
    const auto margin = Index(std::ceil(outer / plane.pixel));
    for (Index j = margin; j < plane.rows - margin; ++j)
      for (Index i = margin; i < plane.columns - margin; ++i)
        take(plane.position(i, j), plane(i, j));
  }
  require(std::isfinite(highest), Error::Kind::input, "a region of ", outer,
          " mm does not fit into the image (which is ", double(plane.columns) * plane.pixel, " x ",
          double(plane.rows) * plane.pixel, " mm). Use a smaller --radius.");
  return best;
}

/// Centre of mass of the spot within twice its width, found again and again until it stays.
Vec2 centre_of_mass(const Plane& plane, Vec2 centre, double radius, const Tilted& level,
                    double highest) {
  double area = 0.0;
  for_disc(plane, centre, radius, [&](const Vec2& at, double v) {
    if (v - level(at) > 0.5 * highest) area += plane.pixel * plane.pixel;
  });
  const double width = 2.0 * std::sqrt(std::max(area, plane.pixel * plane.pixel) / pi);
  const double reach = std::min(radius, std::max(2.0 * width, 3.0 * plane.pixel));
  for (int round = 0; round < 20; ++round) {
    Vec2 sum(0.0, 0.0);
    double weight = 0.0;
    for_disc(plane, centre, reach, [&](const Vec2& at, double v) {
      sum += (v - level(at)) * (at - centre);
      weight += v - level(at);
    });
    if (weight <= 0.0) return centre;
    const Vec2 step = sum / weight;
    centre += step;
    if (step.norm() < 1e-6 * plane.pixel) break;
  }
  return centre;
}

}  // namespace

PointMtf point_mtf(const Plane& plane, const PointOptions& options) {
  PointMtf result;
  const Vec2 first = brightest(plane, options);
  require_inside(plane, first, options.radius * (1.0 + ring_width), "the ring around the wire");
  Tilted level = background(plane, first, options.radius, result.noise);
  const auto peak_over = [&](const Vec2& centre) {
    double highest = -std::numeric_limits<double>::infinity();
    for_disc(plane, centre, 0.5 * options.radius,
             [&](const Vec2& at, double v) { highest = std::max(highest, v - level(at)); });
    return highest;
  };
  result.contrast = peak_over(first);
  constexpr double clear = 5.0;
  require(result.contrast > clear * result.noise && result.contrast > 0.0, Error::Kind::data,
          "no wire or bead found (the brightest point, at (", first.x(), ", ", first.y(),
          ") mm, is ", result.contrast, " HU over a background with a standard deviation of ",
          result.noise, " HU). Say where it is with --at, or average slices.");
  result.centre = centre_of_mass(plane, first, options.radius, level, result.contrast);
  require_inside(plane, result.centre, options.radius * (1.0 + ring_width),
                 "the ring around the wire");
  level = background(plane, result.centre, options.radius, result.noise);
  result.background = level(result.centre);

  std::vector<double> distance, spread;
  for_disc(plane, result.centre, options.radius, [&](const Vec2& at, double v) {
    distance.push_back((at - result.centre).norm());
    spread.push_back(v - level(at));
  });
  Mtf& mtf = result.mtf;
  mtf.frequency = detail::mtf_frequencies(plane.nyquist());
  double at_zero = 0.0;
  for (const double p : spread) at_zero += p;
  require(at_zero > 0.0, Error::Kind::data, "the spot sums to ", at_zero,
          " HU over its background (the MTF is relative to that sum). Choose a --radius without "
          "other structure, or average slices.");
  for (const double f : mtf.frequency) {
    double sum = 0.0;
    for (std::size_t p = 0; p < spread.size(); ++p)
      sum += spread[p] * detail::bessel_j0(2.0 * pi * f * distance[p]);
    const double x = pi * f * options.diameter;
    const double own =
        options.object == PointObject::wire ? detail::jinc(x) : detail::ball_transform(x);
    constexpr double smallest = 0.1;  // beyond it the object hides what is to be seen
    mtf.value.push_back(own > smallest ? std::abs(sum / at_zero) / own : 0.0);
  }
  mtf.value.front() = 1.0;
  return result;
}

}  // namespace vitrine::evaluation
