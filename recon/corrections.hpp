#pragma once
#include <optional>

#include "vitrine/recon/algorithm.hpp"
#include "vitrine/recon/corrected_rays.hpp"
#include "vitrine/recon/hardening.hpp"
#include "vitrine/recon/metal.hpp"
#include "vitrine/recon/rings.hpp"

namespace vitrine::recon {

/// What is done to the lines of a scan before images are made of them: nothing, unless it is
/// written.
struct Corrections {
  std::optional<RingCorrection> rings;
  std::optional<MetalReduction> metal;
  std::optional<BoneCorrection> bone;
  static const Schema<Corrections>& schema();
  bool any() const { return rings || metal || bone; }
  /// Core-seconds that they take of one scan, about.
  double seconds(const ScanGeometry& scan) const;
};

/// The lines of a scan, and all that images of them need.
class CorrectedScan {
 public:
  /// As measured.
  explicit CorrectedScan(Rebinned measured) : data_(std::move(measured)) {}
  /// Corrected, in the order in which the corrections are listed; `scale` of the CT numbers,
  /// `hardening` of the beam if bone is corrected.
  CorrectedScan(Rebinned measured, const Corrections& corrections, const HounsfieldScale& scale,
                const HardeningTable* hardening, Isa isa);

  const Rebinned& lines() const { return data_; }
  /// The rays that the lines were made of, corrected alike.
  MeasuredRays rays(const MeasuredRays& measured, Isa isa) const {
    return corrected_rays(measured, data_, trace_, isa);
  }
  /// `rays` where the algorithm asks for them. Not from several threads at once: what metal hid is
  /// put back for a while.
  Image reconstruct(const Algorithm& algorithm, const MeasuredRays* rays, const ImageOrder& order,
                    Isa isa);

 private:
  Rebinned data_;
  std::optional<MetalReduction> metal_;
  MetalTrace trace_;
};

}  // namespace vitrine::recon
