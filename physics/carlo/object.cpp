#include "vitrine/physics/carlo/object.hpp"

#include <cmath>
#include <numbers>

namespace vitrine::physics::carlo {
namespace {

double volume(const Rod& rod) {
  return std::numbers::pi * rod.radius * rod.radius / rod.flattening * (rod.high - rod.low);
}

bool holds(const Rod& rod, const Vec3& p) {
  const double x = p.x() - rod.x, y = (p.y() - rod.y) * rod.flattening;
  return x * x + y * y < rod.radius * rod.radius && p.z() > rod.low && p.z() < rod.high;
}

}  // namespace

std::vector<double> Object::masses() const {
  std::vector<double> mass(regions.size(), 0.0);
  if (!voxels.empty()) {
    for (const Content& voxel : voxels)
      mass[voxel.region] += double(voxel.density) * grid.voxel_volume();
    return mass;
  }
  double rest = volume(body);
  for (const Rod& insert : inserts) {
    rest -= volume(insert);
    mass[insert.content.region] += double(insert.content.density) * volume(insert);
  }
  mass[body.content.region] += double(body.content.density) * rest;
  return mass;
}

Object cylinder(const Material& material, double diameter, double length) {
  Object object;
  object.materials = {material};
  object.body = {
      0.0, 0.0, 0.5 * diameter, -0.5 * length, 0.5 * length, {float(material.density), 0, 0}, 1.0};
  return object;
}

Object voxelised(const Object& rods, double spacing) {
  Object out = rods;
  const Rod& body = rods.body;
  Grid& grid = out.grid;
  grid.spacing = Vec3::Constant(spacing);
  const Vec3 extent(2.0 * body.radius, 2.0 * body.radius, body.high - body.low);
  const Vec3 middle(body.x, body.y, 0.5 * (body.low + body.high));
  for (std::size_t a = 0; a < 3; ++a) {
    const auto i = Eigen::Index(a);
    grid.size[a] = Index(std::ceil(extent[i] / spacing - 1e-9));
    grid.origin[i] = middle[i] - 0.5 * double(grid.size[a] - 1) * spacing;
  }
  out.voxels.resize(std::size_t(grid.count()));
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        const Vec3 p = grid.centre(i, j, k);
        Content& voxel = out.voxels[std::size_t(grid.offset(i, j, k))];
        if (holds(body, p)) voxel = body.content;
        for (const Rod& insert : rods.inserts)
          if (holds(insert, p)) voxel = insert.content;
      }
  return out;
}

}  // namespace vitrine::physics::carlo
