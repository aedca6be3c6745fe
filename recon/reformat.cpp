#include "vitrine/recon/reformat.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "vitrine/core/parallel.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/image_grid.hpp"

namespace vitrine::recon {
namespace {

constexpr double parallel_within = 1e-9;  // of a direction's components
/// Nodes beside a place that cubic convolution looks at, and one for rounding.
constexpr Index margin = 3;
/// Of a pixel: stack voxels along directions that no row or column has.
constexpr double finer = 0.75;

/// The rows' (0) or columns' (1) axis that is parallel to a direction, or -1.
int parallel_axis(const Grid& grid, const Vec3& direction) {
  for (int c = 0; c < 2; ++c)
    if (std::abs(std::abs(grid.axes.col(c).dot(direction)) - 1.0) < parallel_within) return c;
  return -1;
}

/// The four nodes about a place between nodes, counted from node 0, and what each weighs; one node
/// where the place is on it.
struct Nodes {
  Index first = 0;
  int count = 1;
  std::array<double, 4> weight{1.0, 0.0, 0.0, 0.0};
};

Nodes nodes_about(double place) {
  const double on = std::nearbyint(place);
  if (std::abs(place - on) < 1e-6) return {Index(on)};
  const double below = std::floor(place), t = place - below;
  // Keys' kernel with a = -1/2: third order, exact for parabolas.
  return {Index(below) - 1,
          4,
          {0.5 * t * (-1.0 + t * (2.0 - t)), 1.0 + 0.5 * t * t * (-5.0 + 3.0 * t),
           0.5 * t * (1.0 + t * (4.0 - 3.0 * t)), 0.5 * t * t * (t - 1.0)}};
}

/// The stack's value at a place counted in its voxels; none outside of the scan field of view.
double sample(const Image& stack, const Vec3& place) {
  const std::array<Nodes, 3> n{nodes_about(place.x()), nodes_about(place.y()),
                               nodes_about(place.z())};
  if (stack(Index(std::nearbyint(place.x())), Index(std::nearbyint(place.y())),
            Index(std::nearbyint(place.z()))) == outside_field_of_view)
    return std::numeric_limits<double>::quiet_NaN();
  double sum = 0.0;
  for (int c = 0; c < n[2].count; ++c)
    for (int b = 0; b < n[1].count; ++b) {
      double row = 0.0;
      for (int a = 0; a < n[0].count; ++a)
        row += n[0].weight[std::size_t(a)] *
               double(stack(n[0].first + a, n[1].first + b, n[2].first + c));
      sum += n[2].weight[std::size_t(c)] * n[1].weight[std::size_t(b)] * row;
    }
  return sum;
}

}  // namespace

SliceStack stack_for(const ScanGeometry& scan, const Grid& grid, double thickness) {
  const Mat3 gantry = scan.gantry_axes();
  if ((grid.axes - gantry).cwiseAbs().maxCoeff() < 1e-12) return {grid, thickness};
  SliceStack stack;
  stack.thickness = scan.row_pitch_at_iso();
  stack.grid.axes = gantry;
  const double pixel = std::min(grid.spacing.x(), grid.spacing.y());
  Vec3 first_node;
  for (int a = 0; a < 3; ++a) {
    const Vec3 direction = gantry.col(a);
    const double in_slices = 0.5 * thickness * std::abs(direction.dot(grid.axes.col(2)));
    auto [low, high] = reach_along(grid, direction);
    low -= in_slices;
    high += in_slices;
    const int same = parallel_axis(grid, direction);
    const double spacing = same >= 0 ? grid.spacing[same]
                           : a < 2   ? finer * pixel
                                     : std::min(pixel, stack.thickness);
    stack.grid.spacing[a] = spacing;
    first_node[a] = low - double(margin) * spacing;
    stack.grid.size[std::size_t(a)] =
        Index(std::ceil((high - low) / spacing - 1e-6)) + 1 + 2 * margin;
  }
  stack.grid.origin = gantry * first_node;
  return stack;
}

Image reformatted(const ScanGeometry& scan, const Grid& grid, double thickness,
                  const std::function<Image(const SliceStack&)>& make) {
  const SliceStack wanted = stack_for(scan, grid, thickness);
  if (wanted.grid == grid) return make(wanted);
  const Image stack = make(wanted);
  VITRINE_EXPECT(stack.grid() == wanted.grid);
  const Mat3 to_stack = wanted.grid.axes.transpose();
  const auto place_of = [&](const Vec3& point) -> Vec3 {
    return (to_stack * (point - wanted.grid.origin)).cwiseQuotient(wanted.grid.spacing);
  };
  const std::vector<double> planes =
      sub_planes(thickness, std::min(grid.spacing.x(), grid.spacing.y()));
  Image image(grid);
  parallel_for(grid.size[1] * grid.size[2], [&](Index row) {
    const Index j = row % grid.size[1], k = row / grid.size[1];
    for (Index i = 0; i < grid.size[0]; ++i) {
      double sum = 0.0;
      for (const double plane : planes)
        sum += sample(stack, place_of(grid.centre(i, j, k) + plane * grid.axes.col(2)));
      image(i, j, k) = std::isnan(sum) ? outside_field_of_view : float(sum / double(planes.size()));
    }
  });
  return image;
}

}  // namespace vitrine::recon
