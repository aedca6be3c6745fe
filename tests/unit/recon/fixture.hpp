#pragma once
#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/model/scene.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/image_grid.hpp"

namespace vitrine::recon {

using LineIntegrals = Sinogram<quantity::LineIntegral>;

inline Isa isa() { return best_isa(); }

inline Pick<Kernel> kernel(const Value& node) {
  Diagnostics problems;
  auto pick = kernels().make(node, problems);
  problems.throw_if_any();
  return pick;
}
inline Pick<Kernel> kernel(const char* kind, double cutoff) {
  return kernel(Value().set("kind", Value(kind)).set("cutoff_per_mm", Value(cutoff)));
}

/// Sum over the voxels about a point of what is denser than air, HU + 1000, and where it lies.
struct Weighed {
  double mass = 0.0;
  Vec3 centre = Vec3::Zero();
};
inline Weighed weigh(const Image& image, const Vec3& about, double radius) {
  const Grid& grid = image.grid();
  Weighed out;
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        const Vec3 p = grid.centre(i, j, k);
        if ((p - about).norm() > radius) continue;
        const double mass = double(image(i, j, k)) + 1000.0;
        out.mass += mass;
        out.centre += mass * p;
      }
  out.centre /= out.mass;
  return out;
}

/// A piece of a clinical detector: 0.58 x 0.625 mm cells at the isocentre, field of view 182 mm.
inline ScanGeometry small_scan(Index rows = 16, Index views = 360,
                               std::vector<double> stations = {0.0}) {
  ScanGeometry g;
  g.source_to_iso = 541.0;
  g.source_to_detector = 949.075;
  g.columns = 320;
  g.rows = rows;
  g.column_angle = 1.0239 / 949.075;
  g.row_pitch = 1.0964;
  g.column_offset = 0.25;
  g.views_per_rotation = views;
  g.view_angles = axial_view_angles(views, stations.size(), 0.4);
  for (const double z : stations)
    g.table_positions.insert(g.table_positions.end(), std::size_t(views), z);
  return g;
}

/// The first views of every turn of an axial scan, as many as are `degrees` long.
inline ScanGeometry first_part(ScanGeometry g, double degrees) {
  const Index turn = g.views_per_rotation, stations = g.views() / turn;
  const Index views = 1 + Index(std::ceil(degrees / 360.0 * double(turn) - 1e-9));
  ScanGeometry part = g;
  for (auto* of_view : {&part.view_angles, &part.table_positions}) of_view->clear();
  part.focal_shifts.clear();
  for (Index s = 0; s < stations; ++s)
    for (Index v = s * turn; v < s * turn + views; ++v) {
      part.view_angles.push_back(g.view_angles[std::size_t(v)]);
      part.table_positions.push_back(g.table_positions[std::size_t(v)]);
      if (!g.focal_shifts.empty()) part.focal_shifts.push_back(g.focal_shifts[std::size_t(v)]);
    }
  return part;
}

/// A helix of the small detector about z = 0 that leaves room for slices within +-`reach`.
inline ScanGeometry helix(double pitch, double reach, Index rows = 16, Index views = 360) {
  ScanGeometry g = small_scan(rows, views);
  const double per_view = pitch * double(rows) * g.row_pitch_at_iso() / double(views);
  const Index count = Index(2.0 * (reach + double(rows) * g.row_pitch_at_iso()) / per_view) + views;
  g.view_angles.clear();
  g.table_positions.clear();
  for (Index v = 0; v < count; ++v) {
    g.view_angles.push_back(0.4 + 2.0 * std::numbers::pi * double(v) / double(views));
    g.table_positions.push_back((double(v) - 0.5 * double(count - 1)) * per_view);
  }
  return g;
}

/// Full width at half of the maximum of equally spaced values, by linear interpolation.
inline double full_width(const std::vector<double>& y, double spacing) {
  const auto top = std::max_element(y.begin(), y.end());
  const double half = 0.5 * *top;
  auto right = top, left = top;
  while (*right > half) ++right;
  while (*left > half) --left;
  const double r = double(right - y.begin()) - (half - *right) / (*(right - 1) - *right);
  const double l = double(left - y.begin()) + (half - *left) / (*(left + 1) - *left);
  return (r - l) * spacing;
}

/// The same cells with the source so far away that all rays of a view are parallel.
inline ScanGeometry parallel_scan(Index rows, Index views) {
  ScanGeometry g = small_scan(rows, views);
  g.source_to_iso = 1e5;
  g.source_to_detector = 1.75e5;
  g.column_angle = 0.58 / g.source_to_iso;
  g.row_pitch = 0.625 * 1.75;
  return g;
}

struct Part {
  Solid solid;
  double mu;  ///< 1/mm
};

inline Solid cylinder(Vec3 centre, double radius, double half_length = 500.0) {
  Solid s;
  s.kind = Solid::Kind::cylinder;
  s.centre = centre;
  s.half_axes = Vec3(radius, radius, half_length);
  return s;
}
inline Solid ball(Vec3 centre, double radius) {
  Solid s;
  s.centre = centre;
  s.half_axes = Vec3(radius, radius, radius);
  return s;
}

/// Exact line integrals through the cells' centres.
inline LineIntegrals project(const ScanGeometry& g, const std::vector<Part>& parts) {
  LineIntegrals out(g);
  parallel_for(g.views(), [&](Index v) {
    const double b = g.view_angles[std::size_t(v)];
    const Vec3 u(std::cos(b), std::sin(b), 0.0), n(-std::sin(b), std::cos(b), 0.0);
    const FocalShift shift = g.focal_shift(v);
    const Mat3 axes = g.gantry_axes();
    const Vec3 moved = shift.across * u + shift.along * n + shift.z * Vec3::UnitZ();
    const Vec3 source = axes * (g.isocentre(v) + g.axis_offset * u - g.source_to_iso * n + moved);
    for (Index c = 0; c < g.columns; ++c)
      for (Index r = 0; r < g.rows; ++r) {
        const auto [across, along] = g.column_place(double(c));
        const double up = g.row_tangent(double(r)) * g.source_to_detector;
        const Vec3 direction =
            axes * (across * u + along * n + up * Vec3::UnitZ() - moved).normalized();
        double sum = 0.0;
        for (const Part& part : parts)
          sum += part.mu * intersect(part.solid, source, direction).length();
        out.view(v)[std::size_t(c * g.rows + r)] = float(sum);
      }
  });
  return out;
}

inline Grid box(double field_of_view, Index matrix, Vec3 centre = Vec3::Zero(), Index slices = 1,
                double increment = 0.625) {
  return image_grid({field_of_view, matrix, centre, slices, increment});
}

/// Mean over the voxels within `radius` of `centre`.
inline double roi_mean(const Image& image, const Vec3& centre, double radius) {
  double sum = 0.0;
  int count = 0;
  const Grid& grid = image.grid();
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        if ((grid.centre(i, j, k) - centre).norm() <= radius) {
          sum += double(image(i, j, k));
          ++count;
        }
  return sum / count;
}

inline constexpr double mu_70kev = 0.0193;  // of water, 1/mm
inline constexpr HounsfieldScale water_scale{mu_70kev, 0.0};

/// Wires 0.8 mm apart, finer than a ray's own limit: root mean square of what folds over beside
/// them, where there is nothing else.
inline double folded(const ScanGeometry& g) {
  std::vector<Part> wires;
  for (int i = -12; i <= 12; ++i) wires.push_back({cylinder({0.8 * i, 0, 0}, 0.2), 0.02});
  const Image image =
      reconstruct(rebin(project(g, wires), isa()), *kernel(Value("sharp")),
                  box(60, 200, {0, 20, 0}), 0.625, HounsfieldScale{1.0, 0.0}, isa());
  double square = 0.0;
  int n = 0;
  for (Index j = 0; j < 200; ++j)
    for (Index i = 0; i < 200; ++i) {
      if (image.grid().centre(i, j, 0).y() < 5.0) continue;
      const double v = double(image(i, j, 0)) + 1000.0;
      square += v * v;
      ++n;
    }
  return std::sqrt(square / n);
}

/// Relative rms over `count` voxels of an image of 100 x 100 x 20 against the voxel-by-voxel path.
inline double tiled_against_exact(const Rebinned& scan, const Image& image, const char* kind,
                                  double thickness, Index count) {
  std::vector<Vec3> points;
  std::vector<double> fast;
  for (Index n = 0; n < count; ++n) {
    const Index i = (n * 37) % 100, j = (n * 61 + 7) % 100, k = (n * 7) % 20;
    points.push_back(image.grid().centre(i, j, k));
    fast.push_back(double(image(i, j, k)));
  }
  const auto exact =
      reconstruct_points(scan, *kernel(Value(kind)), points, thickness, water_scale, isa());
  double difference = 0.0, size = 0.0;
  for (std::size_t n = 0; n < exact.size(); ++n) {
    difference += (exact[n] - fast[n]) * (exact[n] - fast[n]);
    size += (exact[n] + 1000.0) * (exact[n] + 1000.0);
  }
  return std::sqrt(difference / size);
}

/// Slice sensitivity profile at (x, 0): FWHM of a thin disc's mean CT number over z.
inline double slice_width(const std::function<ScanGeometry(double reach)>& scan_of,
                          double thickness, double x) {
  constexpr double disc = 0.05, spacing = 0.1;  // mm
  const double reach = 2.5 * thickness;
  const Rebinned scan =
      rebin(project(scan_of(reach), {{cylinder({x, 0, 0}, 6.0, 0.5 * disc), 1.0}}), isa());
  const Index slices = 2 * Index(reach / spacing) + 1;
  const Grid grid = box(8, 12, Vec3(x, 0, 0), slices, spacing);
  const Image image =
      reconstruct(scan, *kernel(Value("soft")), grid, thickness, HounsfieldScale{1.0, 0.0}, isa());
  std::vector<double> profile;
  for (Index k = 0; k < slices; ++k) {
    double sum = 0.0;
    for (Index j = 3; j < 9; ++j)
      for (Index i = 3; i < 9; ++i) sum += double(image(i, j, k)) + 1000.0;
    profile.push_back(sum);
  }
  return full_width(profile, spacing);
}

}  // namespace vitrine::recon
