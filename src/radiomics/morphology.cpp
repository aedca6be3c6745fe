#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/detail/autocorrelation.hpp"
#include "vitrine/radiomics/detail/bounding_box.hpp"
#include "vitrine/radiomics/detail/convex_hull.hpp"
#include "vitrine/radiomics/detail/ellipsoid.hpp"
#include "vitrine/radiomics/detail/families.hpp"
#include "vitrine/radiomics/detail/marching_cubes.hpp"

namespace vitrine::radiomics {
namespace {

/// Volume and area of a body that encloses the region, for the density features.
struct Body {
  double volume = 0;  ///< mm^3
  double area = 0;    ///< mm^2
};

/// What the features need of a region's shape and of how intensities lie in it.
///
/// Lengths are along the voxel axes, in mm: no feature depends on where the grid lies or is turned
/// to.
struct Shape {
  explicit Shape(const Subject& subject);

  double volume = 0, area = 0;    ///< of the mesh
  double voxel_volume = 0;        ///< of the voxels
  std::size_t voxel_count = 0;    ///< of the morphological mask
  double maximum_diameter = 0;    ///< between mesh vertices
  Vec3 variances = Vec3::Zero();  ///< of voxel centres along their principal axes, largest first
  Body axis_aligned_box, oriented_box, inertia_ellipsoid, smallest_ellipsoid, hull;

  std::string_view no_intensity;  ///< why what follows is absent, or ""
  std::size_t intensity_count = 0;
  double mean_hu = 0, variance_hu = 0;
  double centre_shift = 0;  ///< between the centres of mass of shape and intensities
  bool has_centre = false;  ///< intensities do not sum to zero
  PairSums pairs;           ///< if wanted

 private:
  void measure_surface(const Subject& subject);
  void measure_axes(const Region& region);
  void measure_intensities(const Subject& subject);
  Vec3 centre_ = Vec3::Zero();
};

Vec3 centre_of(const Region& region, std::int32_t voxel) {
  const auto [i, j, k] = region.position(voxel);
  return region.grid.spacing.cwiseProduct(Vec3(double(i), double(j), double(k)));
}

Shape::Shape(const Subject& subject)
    : voxel_volume(double(subject.region.morphological_voxels.size()) *
                   subject.region.grid.voxel_volume()),
      voxel_count(subject.region.morphological_voxels.size()),
      no_intensity(subject.region.no_intensity) {
  measure_surface(subject);
  measure_axes(subject.region);
  if (no_intensity.empty()) measure_intensities(subject);
}

void Shape::measure_surface(const Subject& subject) {
  const Region& region = subject.region;
  const Vec3& spacing = region.grid.spacing;
  const Surface surface = marching_cubes(region.morphological, region.grid.size, spacing);
  volume = surface.volume;
  area = surface.area;

  const ConvexHull convex = convex_hull(surface.outline);
  std::vector<Vec3> points;
  for (const HalfVoxel& p : convex.vertices)
    points.push_back(0.5 * spacing.cwiseProduct(Vec3(p[0], p[1], p[2])));
  for (const auto& triangle : convex.triangles) {
    const Vec3 a = points[std::size_t(triangle[0])] - points[0];
    const Vec3 b = points[std::size_t(triangle[1])] - points[0];
    const Vec3 c = points[std::size_t(triangle[2])] - points[0];
    hull.volume += a.dot(b.cross(c)) / 6;
    hull.area += (b - a).cross(c - a).norm() / 2;
  }
  Vec3 low = points[0], high = points[0];
  double longest = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    low = low.cwiseMin(points[i]);
    high = high.cwiseMax(points[i]);
    for (std::size_t j = 0; j < i; ++j)
      longest = std::max(longest, (points[i] - points[j]).squaredNorm());
  }
  maximum_diameter = std::sqrt(longest);
  const BoxSize aligned{high - low};
  axis_aligned_box = {aligned.volume(), aligned.area()};
  if (subject.wants(
          {"morphology.volume_density_oriented_box", "morphology.area_density_oriented_box"})) {
    const BoxSize oriented = smallest_box(convex, spacing).size;
    oriented_box = {oriented.volume(), oriented.area()};
  }
  if (subject.wants({"morphology.volume_density_smallest_ellipsoid",
                     "morphology.area_density_smallest_ellipsoid"})) {
    const Ellipsoid smallest = radiomics::smallest_ellipsoid(points).size;
    smallest_ellipsoid = {smallest.volume(), smallest.ibsi_area()};
  }
}

void Shape::measure_axes(const Region& region) {
  for (const std::int32_t voxel : region.morphological_voxels) centre_ += centre_of(region, voxel);
  centre_ /= double(voxel_count);
  Mat3 covariance = Mat3::Zero();
  for (const std::int32_t voxel : region.morphological_voxels) {
    const Vec3 d = centre_of(region, voxel) - centre_;
    covariance += d * d.transpose();
  }
  covariance /= double(std::max<std::size_t>(voxel_count, 2) - 1);
  const Eigen::SelfAdjointEigenSolver<Mat3> eigen(covariance, Eigen::EigenvaluesOnly);
  variances = eigen.eigenvalues().reverse().cwiseMax(0.0);
  // One voxel out of a plane already makes more variance than this; less is rounding.
  const double rounding = 1e-9 * region.grid.spacing.cwiseAbs2().minCoeff();
  variances = (variances.array() > rounding).select(variances, 0.0);
  const Ellipsoid inertia{2 * variances.cwiseSqrt()};
  inertia_ellipsoid = {inertia.volume(), inertia.ibsi_area()};
}

void Shape::measure_intensities(const Subject& subject) {
  const Region& region = subject.region;
  intensity_count = region.voxels.size();
  const double n = double(intensity_count);
  double sum = 0;
  Vec3 moment = Vec3::Zero();
  for (std::size_t v = 0; v < intensity_count; ++v) {
    sum += region.hu[v];
    moment += double(region.hu[v]) * (centre_of(region, region.voxels[v]) - centre_);
  }
  mean_hu = sum / n;
  for (const float x : region.hu) variance_hu += (x - mean_hu) * (x - mean_hu) / n;
  has_centre = sum != 0;
  if (has_centre) centre_shift = (moment / sum).norm();
  if (subject.wants({"morphology.moran_i", "morphology.geary_c"}))
    pairs = inverse_distance_sums(region, mean_hu);
}

/// 36 pi V^2: the cube of the area of a sphere of that volume.
double cubed_sphere_area(const Shape& s) { return 36 * std::numbers::pi * s.volume * s.volume; }

double sphere_area(const Shape& s) { return math::cbrt(cubed_sphere_area(s)); }

/// 4 sqrt(variance), the axis of an ellipsoid of uniform density with that variance.
double axis_length(double variance) { return 4 * std::sqrt(variance); }

/// Ratio of two principal axes' lengths; both are zero for a single voxel.
Result axis_ratio(const Shape& s, Index axis) {
  if (s.voxel_count == 1) return Result::undefined(reason::single_voxel);
  return std::sqrt(s.variances[axis] / s.variances[0]);
}

template <Body Shape::*body>
Result volume_density(const Shape& s) {
  if ((s.*body).volume <= 0) return Result::undefined(reason::flat_shape);
  return s.volume / (s.*body).volume;
}

template <Body Shape::*body>
Result area_density(const Shape& s) {
  if ((s.*body).area <= 0)
    return Result::undefined(s.voxel_count == 1 ? reason::single_voxel : reason::flat_shape);
  return s.area / (s.*body).area;
}

Result centre_of_mass_shift(const Shape& s) {
  if (!s.no_intensity.empty()) return Result::undefined(s.no_intensity);
  if (!s.has_centre) return Result::undefined(reason::zero_mean);
  return s.centre_shift;
}

Result integrated_intensity(const Shape& s) {
  if (!s.no_intensity.empty()) return Result::undefined(s.no_intensity);
  return s.volume * s.mean_hu;
}

/// Why a spatial autocorrelation has no value, or "".
std::string_view no_autocorrelation(const Shape& s) {
  if (!s.no_intensity.empty()) return s.no_intensity;
  if (s.intensity_count == 1) return reason::single_voxel;
  if (s.variance_hu == 0) return reason::flat_region;
  return {};
}

Result moran_i(const Shape& s) {
  if (const auto why = no_autocorrelation(s); !why.empty()) return Result::undefined(why);
  return s.pairs.products / (s.pairs.weights * s.variance_hu);
}

Result geary_c(const Shape& s) {
  if (const auto why = no_autocorrelation(s); !why.empty()) return Result::undefined(why);
  const double n = double(s.intensity_count);
  return (n - 1) / n * s.pairs.square_differences / (2 * s.pairs.weights * s.variance_hu);
}

using Row = Feature<Shape>;
constexpr std::array table{
    Row{{"morphology", "morphology.volume_mesh", "RNU0", "mm^3", "V, enclosed by the mesh"},
        [](const Shape& s) -> Result { return s.volume; }},
    Row{{"morphology", "morphology.volume_voxels", "YEKZ", "mm^3",
         "voxel count times voxel volume"},
        [](const Shape& s) -> Result { return s.voxel_volume; }},
    Row{{"morphology", "morphology.surface_area", "C0JK", "mm^2", "A, of the mesh"},
        [](const Shape& s) -> Result { return s.area; }},
    Row{{"morphology", "morphology.surface_to_volume", "2PR5", "1/mm", "A / V"},
        [](const Shape& s) -> Result { return s.area / s.volume; }},
    Row{{"morphology", "morphology.compactness_1", "SKGS", "1", "V / (sqrt(pi) A^(3/2))"},
        [](const Shape& s) -> Result {
          return s.volume / (std::sqrt(std::numbers::pi * s.area) * s.area);
        }},
    Row{{"morphology", "morphology.compactness_2", "BQWJ", "1", "36 pi V^2 / A^3"},
        [](const Shape& s) -> Result { return cubed_sphere_area(s) / (s.area * s.area * s.area); }},
    Row{{"morphology", "morphology.spherical_disproportion", "KRCK", "1", "A / (36 pi V^2)^(1/3)"},
        [](const Shape& s) -> Result { return s.area / sphere_area(s); }},
    Row{{"morphology", "morphology.sphericity", "QCFX", "1", "(36 pi V^2)^(1/3) / A"},
        [](const Shape& s) -> Result { return sphere_area(s) / s.area; }},
    Row{{"morphology", "morphology.asphericity", "25C7", "1", "(A^3 / (36 pi V^2))^(1/3) - 1"},
        [](const Shape& s) -> Result { return s.area / sphere_area(s) - 1; }},
    Row{{"morphology", "morphology.centre_of_mass_shift", "KLMA", "mm",
         "|centre of voxels - centre of voxels weighted by intensity|"},
        centre_of_mass_shift},
    Row{{"morphology", "morphology.maximum_3d_diameter", "L0JK", "mm",
         "largest distance between mesh vertices"},
        [](const Shape& s) -> Result { return s.maximum_diameter; }},
    Row{{"morphology", "morphology.major_axis_length", "TDIC", "mm",
         "4 sqrt(largest eigenvalue of the sample covariance of voxel centres)"},
        [](const Shape& s) -> Result { return axis_length(s.variances[0]); }},
    Row{{"morphology", "morphology.minor_axis_length", "P9VJ", "mm", "4 sqrt(second eigenvalue)"},
        [](const Shape& s) -> Result { return axis_length(s.variances[1]); }},
    Row{{"morphology", "morphology.least_axis_length", "7J51", "mm", "4 sqrt(smallest eigenvalue)"},
        [](const Shape& s) -> Result { return axis_length(s.variances[2]); }},
    Row{{"morphology", "morphology.elongation", "Q3CK", "1", "minor / major axis length"},
        [](const Shape& s) -> Result { return axis_ratio(s, 1); }},
    Row{{"morphology", "morphology.flatness", "N17B", "1", "least / major axis length"},
        [](const Shape& s) -> Result { return axis_ratio(s, 2); }},
    Row{{"morphology", "morphology.volume_density_axis_aligned_box", "PBX1", "1",
         "V / volume of the box along the voxel axes"},
        volume_density<&Shape::axis_aligned_box>},
    Row{{"morphology", "morphology.area_density_axis_aligned_box", "R59B", "1",
         "A / area of the box along the voxel axes"},
        area_density<&Shape::axis_aligned_box>},
    Row{{"morphology", "morphology.volume_density_oriented_box", "ZH1A", "1",
         "V / volume of the smallest box around the convex hull, in any orientation"},
        volume_density<&Shape::oriented_box>},
    Row{{"morphology", "morphology.area_density_oriented_box", "IQYR", "1", "A / area of that box"},
        area_density<&Shape::oriented_box>},
    Row{{"morphology", "morphology.volume_density_inertia_ellipsoid", "6BDE", "1",
         "V / volume of the ellipsoid with the principal axes (IBSI: approximate enclosing)"},
        volume_density<&Shape::inertia_ellipsoid>},
    Row{{"morphology", "morphology.area_density_inertia_ellipsoid", "RDD2", "1",
         "A / area of that ellipsoid by IBSI's series"},
        area_density<&Shape::inertia_ellipsoid>},
    Row{{"morphology", "morphology.volume_density_smallest_ellipsoid", "SWZ1", "1",
         "V / volume of the minimum volume enclosing ellipsoid of the mesh"},
        volume_density<&Shape::smallest_ellipsoid>},
    Row{{"morphology", "morphology.area_density_smallest_ellipsoid", "BRI8", "1",
         "A / area of that ellipsoid by IBSI's series"},
        area_density<&Shape::smallest_ellipsoid>},
    Row{{"morphology", "morphology.volume_density_convex_hull", "R3ER", "1",
         "V / volume of the convex hull of the mesh"},
        volume_density<&Shape::hull>},
    Row{{"morphology", "morphology.area_density_convex_hull", "7T7F", "1",
         "A / area of the convex hull of the mesh"},
        area_density<&Shape::hull>},
    Row{{"morphology", "morphology.integrated_intensity", "99N0", "HU mm^3",
         "V times mean intensity"},
        integrated_intensity},
    Row{{"morphology", "morphology.moran_i", "N365", "1",
         "N / sum w * sum w (x_i - mean) (x_j - mean) / sum (x - mean)^2, w = 1 / distance"},
        moran_i},
    Row{{"morphology", "morphology.geary_c", "NPT7", "1",
         "(N - 1) / (2 sum w) * sum w (x_i - x_j)^2 / sum (x - mean)^2, w = 1 / distance"},
        geary_c},
};

std::vector<const FeatureInfo*> features() { return infos_of<Shape>(table); }

void extract_family(Subject& subject, std::vector<FeatureValue>& out) {
  const Region& region = subject.region;
  if (!region.no_shape.empty()) return append_undefined<Shape>(table, region.no_shape, out);
  append<Shape>(table, Shape(subject), out);
}

}  // namespace

constinit const Family morphology_family{
    {"morphology", "HCUG", "size and shape of the region, and how intensities lie in it"},
    features,
    extract_family};

}  // namespace vitrine::radiomics
