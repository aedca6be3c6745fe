#include <memory>
#include <numbers>

#include "item.hpp"
#include "vitrine/physics/voxel_projector.hpp"

namespace vitrine::bench {
namespace {

/// A disc or cylinder of 0.8 of the half-width, mu = 0.02/mm.
std::vector<float> cylinder(const Grid& grid) {
  std::vector<float> out(std::size_t(grid.count()));
  const double radius = 0.4 * double(grid.size[0]) * grid.spacing.x();
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        const Vec3 p = grid.centre(i, j, 0);
        const bool inside = p.x() * p.x() + p.y() * p.y() < radius * radius;
        out[std::size_t(grid.offset(i, j, k))] = inside ? 0.02f : 0.0f;
      }
  return out;
}

Grid centred(Index n, Index slices, double voxel) {
  Grid grid;
  grid.size = {n, n, slices};
  grid.spacing = Vec3::Constant(voxel);
  grid.origin = -0.5 * voxel * Vec3(double(n - 1), double(n - 1), double(slices - 1));
  return grid;
}

std::vector<double> views(Index n, double arc) {
  std::vector<double> angles;
  for (Index v = 0; v < n; ++v) angles.push_back(arc * double(v) / double(n));
  return angles;
}

ScanGeometry cone(Index columns, Index rows, Index n) {
  ScanGeometry g;
  g.columns = columns;
  g.rows = rows;
  g.view_angles = views(n, 2.0 * std::numbers::pi);
  g.table_positions.assign(std::size_t(n), 0.0);
  g.views_per_rotation = n;
  return g;
}

struct Work {
  Grid grid;
  std::function<physics::VoxelProjector(const Grid&, physics::Footprint, Isa)> make;
  double steps;
};

template <class Geometry>
auto projector_of(const Geometry& g) {
  return [g](const Grid& grid, physics::Footprint footprint, Isa isa) {
    return physics::VoxelProjector(grid, g, footprint, isa);
  };
}

/// 512^2 pixels of 1 mm, 720 parallel views over 180 degrees x 729 bins of 1 mm.
Work parallel_slice() {
  physics::ParallelGeometry g;
  g.columns = 729;
  g.view_angles = views(720, std::numbers::pi);
  return {centred(512, 1, 1.0), projector_of(g), 512.0 * 720 * 729};
}

/// 512^2 pixels of 0.8 mm, 984 views over 360 degrees x 888 channels of 1.0239 mm.
Work fan_slice() {
  ScanGeometry g = cone(888, 1, 984);
  g.source_to_iso = 541.0;
  g.source_to_detector = 949.0;
  g.column_angle = 1.0239 / g.source_to_detector;
  g.row_pitch = 1.0;
  return {centred(512, 1, 0.8), projector_of(g), 512.0 * 984 * 888};
}

/// 256^3 voxels of 1 mm, 360 views x 384^2 cells of 2 mm.
Work cone_volume() {
  ScanGeometry g = cone(384, 384, 360);
  g.source_to_iso = 600.0;
  g.source_to_detector = 1200.0;
  g.column_angle = 2.0 / g.source_to_detector;
  g.row_pitch = 2.0;
  return {centred(256, 256, 1.0), projector_of(g), 256.0 * 360 * 384 * 384};
}

enum class Direction { forward, back };

Item item(const char* name, const char* what, Work (*work)(), physics::Footprint footprint,
          Direction direction) {
  return {name, what, work().steps, "ray steps", [=](Isa isa) -> std::function<void()> {
            const Work w = work();
            auto projector =
                std::make_shared<physics::VoxelProjector>(w.make(w.grid, footprint, isa));
            auto volume = std::make_shared<std::vector<float>>(cylinder(w.grid));
            auto rays = std::make_shared<std::vector<float>>(projector->rays());
            projector->forward(*volume, *rays);
            if (direction == Direction::forward) return [=] { projector->forward(*volume, *rays); };
            return [=] { projector->back(*rays, *volume); };
          }};
}

}  // namespace

std::vector<Item> voxel_items() {
  using physics::Footprint;
  constexpr auto joseph = Footprint::joseph, driven = Footprint::distance_driven;
  constexpr auto there = Direction::forward, back = Direction::back;
  const char* parallel = "512^2 x 1 mm, 720 parallel views x 729 bins of 1 mm";
  const char* fan = "512^2 x 0.8 mm, 984 fan views x 888 channels";
  const char* volume = "256^3 x 1 mm, 360 cone views x 384^2 cells of 2 mm";
  return {item("W1", parallel, parallel_slice, joseph, there),
          item("W1b", parallel, parallel_slice, joseph, back),
          item("W1d", parallel, parallel_slice, driven, there),
          item("W2", fan, fan_slice, joseph, there),
          item("W2b", fan, fan_slice, joseph, back),
          item("W2d", fan, fan_slice, driven, there),
          item("W3", volume, cone_volume, joseph, there),
          item("W3b", volume, cone_volume, joseph, back),
          item("W3d", volume, cone_volume, driven, there)};
}

}  // namespace vitrine::bench
