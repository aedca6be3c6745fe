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

}  // namespace

const Catalogue<Algorithm>& algorithms() {
  static const auto all = [] {
    Catalogue<Algorithm> c("algorithm", "How line integrals become an image");
    c.add<FilteredBackProjection>();
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
