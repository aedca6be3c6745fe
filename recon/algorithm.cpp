#include "vitrine/recon/algorithm.hpp"

#include <cmath>

#include "vitrine/recon/iterative.hpp"

namespace vitrine::recon {
namespace {

/// Core-seconds of filtering all lines of a scan, about.
double filter_seconds(const ScanGeometry& scan) {
  constexpr double per_sample = 8e-9;
  return per_sample * double(scan.views() * scan.columns * scan.rows);
}

class FilteredBackProjection final : public Algorithm {
 public:
  struct Params {};
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("fbp", "Filtered back projection of parallel lines, weighted (the default)");
    return s;
  }
  explicit FilteredBackProjection(Params) {}
  double memory(const ScanGeometry&, const Grid&, double) const override { return 0.0; }
  double seconds(const ScanGeometry& scan, const Grid& grid, double) const override {
    constexpr double per_update = 0.7e-9;  // voxel x view of a half turn
    return filter_seconds(scan) +
           per_update * double(grid.count()) * 0.5 * double(scan.views_per_rotation);
  }
  Image reconstruct(const ScanData& scan, const ImageOrder& order, Isa isa) const override {
    return recon::reconstruct(scan.lines, order.kernel, order.grid, order.slice_thickness,
                              order.scale, isa);
  }
};

class DirectBackProjection final : public Algorithm {
 public:
  struct Params {};
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>(
        "direct", "Filtered back projection of an axial scan's fan or cone views as they are");
    return s;
  }
  explicit DirectBackProjection(Params) {}
  bool wants_measured() const override { return true; }
  Takes takes() const override {
    return {.tilted_gantry = false, .flying_focal_spot = false, .helical = false};
  }
  double memory(const ScanGeometry& scan, const Grid&, double) const override {
    return double(sizeof(float)) * double(scan.views()) * double(scan.columns * scan.rows);
  }
  double seconds(const ScanGeometry& scan, const Grid& grid,
                 double slice_thickness) const override {
    constexpr double per_column = 35e-9;       // of voxels, and view
    constexpr double per_eight_voxels = 4e-9;  // of it, and plane of the slice
    const auto planes = double(sub_planes(slice_thickness, scan.row_pitch_at_iso()).size());
    const double columns = double(grid.size[0] * grid.size[1] * scan.views_per_rotation);
    return filter_seconds(scan) +
           columns * (per_column + per_eight_voxels * planes * std::ceil(double(grid.size[2]) / 8));
  }
  Image reconstruct(const ScanData& scan, const ImageOrder& order, Isa isa) const override {
    VITRINE_EXPECT(scan.measured != nullptr);
    Rebinned views = rebin(scan.measured->values, isa, Views::direct);
    views.extend_truncated(scan.lines.extends_truncated());
    return recon::reconstruct(views, order.kernel, order.grid, order.slice_thickness, order.scale,
                              isa);
  }
};

}  // namespace

const Catalogue<Algorithm>& algorithms() {
  static const auto all = [] {
    Catalogue<Algorithm> c("algorithm", "How line integrals become an image");
    c.add<FilteredBackProjection>();
    c.add<DirectBackProjection>();
    c.add<Iterative>();
    return c;
  }();
  return all;
}

const Catalogue<Algorithm>& catalogue_for(const Algorithm*) { return algorithms(); }

Pick<Algorithm> default_algorithm() {
  Diagnostics problems;
  return algorithms().make(Value("fbp"), problems);
}

}  // namespace vitrine::recon
