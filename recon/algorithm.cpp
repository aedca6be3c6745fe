#include "vitrine/recon/algorithm.hpp"

#include "vitrine/recon/iterative.hpp"

namespace vitrine::recon {
namespace {

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
