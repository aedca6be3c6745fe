#include "vitrine/recon/corrections.hpp"

#include <algorithm>

#include "vitrine/core/parallel.hpp"

namespace vitrine::recon {

const Schema<Corrections>& Corrections::schema() {
  static const auto s =
      Schema<Corrections>("corrections",
                          "What is done to the measured lines before images are made")
          .optional("metal", &Corrections::metal,
                    "metal artefact reduction (none if nothing is said)");
  return s;
}

CorrectedScan::CorrectedScan(Rebinned measured, const Corrections& corrections,
                             const HounsfieldScale& scale, Isa isa)
    : data_(std::move(measured)), metal_(corrections.metal) {
  if (metal_) trace_ = reduce_metal(data_, *metal_, scale, isa);
}

Image CorrectedScan::reconstruct(const Kernel& kernel, const Grid& grid, double slice_thickness,
                                 const HounsfieldScale& scale, Isa isa) {
  if (trace_.empty()) return recon::reconstruct(data_, kernel, grid, slice_thickness, scale, isa);
  return recon::reconstruct(data_, trace_, *metal_, kernel, grid, slice_thickness, scale, isa);
}

Rebinned copy(const Rebinned& scan) {
  Rebinned other(scan.scan());
  other.extend_truncated(scan.extends_truncated());
  const Index half = scan.angles() / 2;
  parallel_for(scan.lines(), [&](Index n) {
    std::ranges::copy(scan.line(n / half, n % half), other.line(n / half, n % half).begin());
  });
  return other;
}

}  // namespace vitrine::recon
