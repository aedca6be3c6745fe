#include "vitrine/recon/corrections.hpp"

#include <utility>

namespace vitrine::recon {

const Schema<Corrections>& Corrections::schema() {
  static const auto s =
      Schema<Corrections>("corrections",
                          "What is done to the measured lines before images are made")
          .optional("rings", &Corrections::rings,
                    "rings of cells whose gain has drifted (none if nothing is said)")
          .optional("metal", &Corrections::metal,
                    "metal artefact reduction (none if nothing is said)")
          .optional("bone", &Corrections::bone,
                    "second pass of the beam-hardening correction (none if nothing is said)");
  return s;
}

double Corrections::seconds(const ScanGeometry& scan) const {
  // First images of the whole field of view, as fine as columns, and lines through them.
  constexpr double of_rings = 0.5e-9, of_metal = 1.8e-9, of_bone = 0.8e-9;
  const double each = (rings ? of_rings : 0.0) + (metal ? of_metal : 0.0) + (bone ? of_bone : 0.0);
  return each * double(scan.views() * scan.columns * scan.rows) * double(scan.columns);
}

CorrectedScan::CorrectedScan(Rebinned measured, const Corrections& corrections,
                             const HounsfieldScale& scale, const HardeningTable* hardening, Isa isa)
    : data_(std::move(measured)), metal_(corrections.metal) {
  require(!corrections.any() || data_.kind() == Views::rebinned, Error::Kind::unsupported,
          "artefacts are corrected in parallel lines (this scan is to be back projected from its "
          "own views). Use algorithm: fbp");
  require(!corrections.rings || !data_.is_short(), Error::Kind::unsupported,
          "rings are told from the object by whole turns (this is a short scan). Turn by 360 deg");
  if (corrections.rings) correct_rings(data_, *corrections.rings);
  if (metal_) trace_ = reduce_metal(data_, *metal_, scale, isa);
  if (corrections.bone) {
    VITRINE_EXPECT(hardening != nullptr);
    const std::vector<float> before = trace_.values_in(data_);
    correct_hardening(data_, *corrections.bone, *hardening, scale, isa);
    trace_.follow(before, trace_.values_in(data_));
  }
}

Image CorrectedScan::reconstruct(const Algorithm& algorithm, const MeasuredRays* rays,
                                 const ImageOrder& order, Isa isa) {
  Image image = algorithm.reconstruct({data_, rays}, order, isa);
  if (metal_)
    put_metal_back(image, data_, trace_, *metal_, order.kernel, order.slice_thickness, order.scale,
                   isa);
  return image;
}

}  // namespace vitrine::recon
