#include "vitrine/recon/iterative.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/recon/detail/fit_grids.hpp"
#include "vitrine/recon/penalised_fit.hpp"

namespace vitrine::recon {
namespace {

constexpr Unit per_mm{"per_mm", 1.0};
constexpr std::int64_t outer_iterations = 2;
/// A fan that ends at more than this (a line integral) is truncated: as the filter's extension has
/// it (line_filter.hpp).
constexpr double truncated = 0.1;
/// Rows at the near corner of the outer grid that its voxels may be high (voxel_projector.cpp: 8),
/// less the cosine of a flat detector's fan.
constexpr double rows_a_voxel = 6.5;
/// Then objects are looked for up to this share of the scan's field of view.
constexpr double beyond = 1.35;

/// What the fit starts from: as sharp as it is to become, and nothing that voxels or columns cannot
/// hold.
class Start final : public Kernel {
 public:
  Start(double half_frequency, double end) : half_(half_frequency), end_(end) {}
  double gain(double f) const override {
    const double x = f / half_;
    if (f >= end_) return 0.0;
    return (0.5 + 0.5 * math::cos(std::numbers::pi * f / end_)) / (1.0 + x * x * x);
  }

 private:
  double half_, end_;  // 1/mm
};

/// Mean line integral in the first and the last column of each view: the largest.
double edge_value(const MeasuredRays& rays) {
  const ScanGeometry& g = rays.values.geometry();
  std::vector<double> most(std::size_t(g.views()));
  parallel_for(g.views(), [&](Index v) {
    for (const Index c : {Index{0}, g.columns - 1}) {
      double sum = 0.0;
      for (const float p :
           rays.values.view(v).subspan(std::size_t(c * g.rows), std::size_t(g.rows)))
        sum += double(p);
      most[std::size_t(v)] = std::max(most[std::size_t(v)], sum / double(g.rows));
    }
  });
  return *std::ranges::max_element(most);
}

/// Attenuation, 1/mm, from CT numbers.
void to_attenuation(const HounsfieldScale& scale, std::span<float> values) {
  for (float& v : values)
    v = float(scale.mu_water + 1e-3 * double(v) * (scale.mu_water - scale.mu_air));
}

void check(const ScanGeometry& scan, const Grid& grid) {
  require(scan.tilt == 0.0 && grid.axes == Mat3::Identity(), Error::Kind::unsupported,
          "iterative reconstruction takes scans of an upright gantry. Use algorithm: fbp.");
  require(scan.focal_shifts.empty(), Error::Kind::unsupported,
          "iterative reconstruction knows no flying focal spot. Use algorithm: fbp.");
}

}  // namespace

const Schema<Iterative::Params>& Iterative::schema() {
  static const auto s =
      Schema<Params>("iterative",
                     "Penalised weighted least squares with an edge-preserving prior; filters none")
          .optional("iterations", &Params::iterations, "passes over all views")
          .between(1, 200)
          .optional("subsets", &Params::subsets,
                    "parts of the views that update the image one after the other: more converge "
                    "faster, too many not at all")
          .between(1, 60)
          .optional("half_frequency", &Params::half_frequency, per_mm,
                    "frequency whose transfer falls to a half in even regions: the less, the "
                    "smoother, whatever the dose")
          .between(0.05, 5)
          .optional("edge", &Params::edge, unit::hu,
                    "difference of neighbouring voxels from which on edges are kept")
          .between(0.5, 2000);
  return s;
}

double Iterative::seconds(const ScanGeometry& scan, const Grid& grid, double) const {
  constexpr double per_step = 0.65e-9;  // ray x plane of voxels
  const double passes = 2.0 * double(p_.iterations) + 3.0;
  return per_step * passes * double(scan.views() * scan.columns * scan.rows) * double(grid.size[0]);
}

double Iterative::memory(const ScanGeometry& scan, const Grid& grid, double slice_thickness) const {
  const detail::FitGrid fine(grid, slice_thickness, scan);
  const double rays = double(scan.columns) * double(scan.rows) * double(scan.views());
  // The grid, where to go on, gradient, step, kappa, and the projector's copy; what is left of the
  // rays, and a subset's.
  return sizeof(float) *
         (6.5 * double(fine.voxels.count()) + rays * (1.0 + 2.0 / double(p_.subsets)));
}

Image Iterative::reconstruct(const ScanData& scan, const ImageOrder& order, Isa isa) const {
  VITRINE_EXPECT(scan.measured != nullptr);
  const MeasuredRays& rays = *scan.measured;
  const ScanGeometry& g = rays.values.geometry();
  check(g, order.grid);
  const double per_hu = 1e-3 * (order.scale.mu_water - order.scale.mu_air);
  const Prior prior{p_.half_frequency, p_.edge * per_hu};
  const detail::FitGrid fine(order.grid, order.slice_thickness, g);
  const auto started = [&](const Grid& grid, double half_frequency) {
    const double finest = std::max(grid.spacing.x(), g.column_angle * g.source_to_iso);
    Image image = recon::reconstruct(scan.lines, Start(half_frequency, 0.5 / finest), grid,
                                     grid.spacing.z(), order.scale, isa);
    to_attenuation(order.scale, image.values());
    return image;
  };

  PenalisedFit fit(fine.voxels, rays, prior, p_.subsets, isa);
  const bool cut_off = edge_value(rays) > truncated;
  // Near the focal spot rows are finer than the projector allows.
  const double farthest = std::max(0.5 * g.source_to_iso, g.field_of_view_radius());
  const double radius = std::min(farthest, g.field_of_view_radius() * (cut_off ? beyond : 1.0));
  const auto [low, high] = fit.seen(radius);
  const detail::OuterGrid outer(fine.voxels, radius, low, high,
                                rows_a_voxel * g.row_pitch / g.source_to_detector *
                                    (g.source_to_iso - std::sqrt(2.0) * (radius + 4.0)));
  if (outer.needed) {
    // As sharp as its voxels hold: what it blurs away would stay in the rays. Its noise is theirs.
    constexpr double sharp = 5.0;
    const double coarse = std::min(p_.half_frequency, 0.25 / outer.voxels.spacing.x());
    Image around = started(outer.voxels, sharp);
    if (cut_off)
      PenalisedFit(outer.voxels, rays, {coarse, prior.edge}, p_.subsets, isa)
          .improve(around.values(), outer_iterations);
    const auto& size = outer.voxels.size;
    for (Index k = 0; k < size[2]; ++k)
      for (Index j = 0; j < size[1]; ++j)
        for (Index i = 0; i < size[0]; ++i) around(i, j, k) *= float(outer.outside(i, j, k));
    fit.subtract(outer.voxels, around.values());
  }
  Image voxels = started(fine.voxels, p_.half_frequency);
  fit.improve(voxels.values(), p_.iterations);

  Image image(order.grid);
  const auto shares = fine.shares(order.slice_thickness);
  const auto& size = order.grid.size;
  const double seen = g.field_of_view_radius();
  parallel_for(size[2], [&](Index k) {
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i) {
        const Vec3 p = order.grid.centre(i, j, k);
        double mu = 0.0;
        for (const auto& [n, share] : shares)
          mu += share * double(voxels(i, j, fine.first + k * fine.per_slice + n));
        image(i, j, k) = p.x() * p.x() + p.y() * p.y() < seen * seen ? float(order.scale(mu))
                                                                     : outside_field_of_view;
      }
  });
  return image;
}

}  // namespace vitrine::recon
