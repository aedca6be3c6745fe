#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/detail/convex_hull.hpp"
#include "vitrine/radiomics/detail/marching_cubes.hpp"
#include "vitrine/radiomics/pyradiomics/detail/classes.hpp"
#include "vitrine/radiomics/pyradiomics/detail/mesh.hpp"

namespace vitrine::radiomics::pyradiomics {
namespace {

/// Variances of voxel centres along their principal axes, smallest first; of the population, so
/// that they are smaller than IBSI's by (N - 1) / N.
Vec3 principal_variances(const Region& region, std::size_t axes) {
  Vec3 centre = Vec3::Zero();
  const auto place = [&](std::int32_t voxel) {
    const auto p = region.position(voxel);
    Vec3 mm = Vec3::Zero();
    for (std::size_t a = 0; a < axes; ++a)
      mm[Index(a)] = region.grid.spacing[Index(a)] * double(p[a]);
    return mm;
  };
  for (const std::int32_t v : region.voxels) centre += place(v);
  centre /= double(region.voxels.size());
  Mat3 covariance = Mat3::Zero();
  for (const std::int32_t v : region.voxels) {
    const Vec3 d = place(v) - centre;
    covariance += d * d.transpose();
  }
  covariance /= double(region.voxels.size());
  const Eigen::SelfAdjointEigenSolver<Mat3> eigen(covariance, Eigen::EigenvaluesOnly);
  return eigen.eigenvalues().cwiseMax(0.0);
}

/// 4 sqrt(variance).
double axis_length(double variance) { return 4 * std::sqrt(variance); }

Result axis_ratio(double smaller, double larger) {
  if (larger <= 0) return Result::undefined(reason::single_voxel);
  return std::sqrt(smaller / larger);
}

/// What the features of a volume need.
struct Shape {
  explicit Shape(const Specimen& specimen);

  double volume = 0, area = 0, voxel_volume = 0;
  std::array<double, 3> plane_diameter{};
  double diameter = 0;
  Vec3 variances;  ///< smallest first
};

Shape::Shape(const Specimen& specimen) {
  const Region& region = specimen.region;
  const Grid& grid = region.grid;
  const Mesh mesh = classic_mesh(region.morphological, grid.size, grid.spacing);
  volume = mesh.volume;
  area = mesh.area;
  voxel_volume = double(region.voxels.size()) * grid.voxel_volume();
  plane_diameter = plane_diameters(region.morphological, grid.size, grid.spacing);
  const auto surface = marching_cubes(region.morphological, grid.size, grid.spacing);
  const ConvexHull hull = convex_hull(surface.outline);
  double most = 0;
  for (std::size_t i = 0; i < hull.vertices.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const auto &a = hull.vertices[i], &b = hull.vertices[j];
      const Vec3 d(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
      most = std::max(most, (0.5 * grid.spacing.cwiseProduct(d)).squaredNorm());
    }
  diameter = std::sqrt(most);
  variances = principal_variances(region, 3);
}

/// 36 pi V^2: the cube of the area of a sphere of that volume.
double sphere_area(const Shape& s) {
  return math::cbrt(36 * std::numbers::pi * s.volume * s.volume);
}

using State = FeatureName::State;
using R = Row<Shape>;
constexpr std::array table{
    R{{"Compactness1", State::by_name},
      [](const Shape& s) -> Result {
        return s.volume / (std::sqrt(std::numbers::pi * s.area) * s.area);
      }},
    R{{"Compactness2", State::by_name},
      [](const Shape& s) -> Result {
        return 36 * std::numbers::pi * s.volume * s.volume / (s.area * s.area * s.area);
      }},
    R{{"Elongation"}, [](const Shape& s) { return axis_ratio(s.variances[1], s.variances[2]); }},
    R{{"Flatness"}, [](const Shape& s) { return axis_ratio(s.variances[0], s.variances[2]); }},
    R{{"LeastAxisLength"}, [](const Shape& s) -> Result { return axis_length(s.variances[0]); }},
    R{{"MajorAxisLength"}, [](const Shape& s) -> Result { return axis_length(s.variances[2]); }},
    R{{"Maximum2DDiameterColumn"}, [](const Shape& s) -> Result { return s.plane_diameter[1]; }},
    R{{"Maximum2DDiameterRow"}, [](const Shape& s) -> Result { return s.plane_diameter[0]; }},
    R{{"Maximum2DDiameterSlice"}, [](const Shape& s) -> Result { return s.plane_diameter[2]; }},
    R{{"Maximum3DDiameter"}, [](const Shape& s) -> Result { return s.diameter; }},
    R{{"MeshVolume"}, [](const Shape& s) -> Result { return s.volume; }},
    R{{"MinorAxisLength"}, [](const Shape& s) -> Result { return axis_length(s.variances[1]); }},
    R{{"SphericalDisproportion", State::by_name},
      [](const Shape& s) -> Result { return s.area / sphere_area(s); }},
    R{{"Sphericity"}, [](const Shape& s) -> Result { return sphere_area(s) / s.area; }},
    R{{"SurfaceArea"}, [](const Shape& s) -> Result { return s.area; }},
    R{{"SurfaceVolumeRatio"}, [](const Shape& s) -> Result { return s.area / s.volume; }},
    R{{"VoxelVolume"}, [](const Shape& s) -> Result { return s.voxel_volume; }},
};

std::vector<Measured> measure(const Specimen& specimen, const std::vector<std::string>& names) {
  Means<Shape> means(table, names);
  means.add(Shape(specimen));
  return means.take();
}

/// What the features of a slice need; it lies across the region's last axis.
struct PlaneShape {
  explicit PlaneShape(const Region& region);

  double area = 0, perimeter = 0, pixel_area = 0, diameter = 0;
  double major = 0, minor = 0;  ///< principal variances
};

PlaneShape::PlaneShape(const Region& region) {
  const auto& size = region.grid.size;
  const Vec3& spacing = region.grid.spacing;
  const auto pixels = static_cast<std::size_t>(size[0] * size[1]);
  const Index slice = region.position(region.voxels.front())[2];
  const std::span<const std::uint8_t> mask(
      region.morphological.data() + static_cast<std::size_t>(slice) * pixels, pixels);
  const Outline outline = classic_outline(mask, {size[0], size[1]}, {spacing[0], spacing[1]});
  area = outline.area;
  perimeter = outline.perimeter;
  pixel_area = double(region.voxels.size()) * spacing[0] * spacing[1];
  diameter = plane_diameters(mask, {size[0], size[1], 1}, spacing)[2];
  const Vec3 variances = principal_variances(region, 2);  // the first is that across the slice
  minor = variances[1];
  major = variances[2];
}

double disc_perimeter(const PlaneShape& s) { return 2 * std::sqrt(std::numbers::pi * s.area); }

using R2 = Row<PlaneShape>;
constexpr std::array plane_table{
    R2{{"Elongation"}, [](const PlaneShape& s) { return axis_ratio(s.minor, s.major); }},
    R2{{"MajorAxisLength"}, [](const PlaneShape& s) -> Result { return axis_length(s.major); }},
    R2{{"MaximumDiameter"}, [](const PlaneShape& s) -> Result { return s.diameter; }},
    R2{{"MeshSurface"}, [](const PlaneShape& s) -> Result { return s.area; }},
    R2{{"MinorAxisLength"}, [](const PlaneShape& s) -> Result { return axis_length(s.minor); }},
    R2{{"Perimeter"}, [](const PlaneShape& s) -> Result { return s.perimeter; }},
    R2{{"PerimeterSurfaceRatio"},
       [](const PlaneShape& s) -> Result { return s.perimeter / s.area; }},
    R2{{"PixelSurface"}, [](const PlaneShape& s) -> Result { return s.pixel_area; }},
    R2{{"SphericalDisproportion", State::by_name},
       [](const PlaneShape& s) -> Result { return s.perimeter / disc_perimeter(s); }},
    R2{{"Sphericity"},
       [](const PlaneShape& s) -> Result { return disc_perimeter(s) / s.perimeter; }},
};

std::vector<Measured> measure_plane(const Specimen& specimen,
                                    const std::vector<std::string>& names) {
  Means<PlaneShape> means(plane_table, names);
  means.add(PlaneShape(specimen.region));
  return means.take();
}

}  // namespace

const ClassTable& shape_class() {
  static const ClassTable made{info_of<Shape>("shape", table), measure};
  return made;
}
const ClassTable& shape_2d_class() {
  static const ClassTable made{info_of<PlaneShape>("shape2D", plane_table), measure_plane};
  return made;
}

}  // namespace vitrine::radiomics::pyradiomics
