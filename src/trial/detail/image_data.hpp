#pragma once
#include <optional>
#include <utility>

#include "vitrine/recon/corrections.hpp"
#include "vitrine/trial/arm.hpp"

namespace vitrine::trial::detail {

/// The lines of a scan that the images of some arms are made of: as measured, corrected, or both.
class ImageData {
 public:
  /// `corrections` are those of the protocol, `plain` and `corrected` what the arms want.
  ImageData(recon::Rebinned measured, const std::optional<recon::Corrections>& corrections,
            bool plain, bool corrected, const recon::HounsfieldScale& scale,
            const recon::HardeningTable* hardening, Isa isa) {
    if (!corrected || !corrections) {
      plain_.emplace(std::move(measured));
      return;
    }
    if (plain) plain_.emplace(recon::copy(measured));
    corrected_.emplace(std::move(measured), *corrections, scale, hardening, isa);
  }

  /// The rays as the detector saw them, where an algorithm asks.
  void keep(std::optional<recon::MeasuredRays> measured) { measured_ = std::move(measured); }
  /// Those of an arm: null unless its algorithm asks.
  const recon::MeasuredRays* measured(const Arm& arm, Isa isa) {
    if (!measured_ || !arm.algorithm->wants_measured()) return nullptr;
    if (!arm.corrected || !corrected_) return &*measured_;
    if (!corrected_rays_) corrected_rays_ = corrected_->rays(*measured_, isa);
    return &*corrected_rays_;
  }

  recon::CorrectedScan& of(const Arm& arm) {
    return arm.corrected && corrected_ ? *corrected_ : plain_.value();
  }

 private:
  std::optional<recon::CorrectedScan> plain_, corrected_;
  std::optional<recon::MeasuredRays> measured_, corrected_rays_;
};

}  // namespace vitrine::trial::detail
