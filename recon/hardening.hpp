#pragma once
#include <string>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/schema.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/preprocess.hpp"
#include "vitrine/recon/rebin.hpp"

namespace vitrine::recon {

/// Second pass of the beam-hardening correction: for what is not water (Joseph & Spital, J Comput
/// Assist Tomogr 2 (1978) 100).
struct BoneCorrection {
  std::string material = "cortical_bone";  ///< or a solution: iodine 20 mg/ml
  double from = 100.0;                     ///< HU from which on a voxel holds some of the material
  double full = 250.0;                     ///< HU from which on all beyond water is the material
  static const Schema<BoneCorrection>& schema();
};

/// What a scan's lines lack behind a second material once they are corrected as if all were water:
/// per column, a polynomial of the line and of the material's length.
class HardeningTable {
 public:
  static constexpr int powers = 4;  ///< of either
  /// The numbers of a table, for a file.
  struct Numbers {
    std::string material;
    double attenuation = 0.0;                   ///< of the material, 1/mm
    double most_line = 0.0, most_length = 0.0;  ///< of the fit: what is beyond counts as these
    double columns_apart = 1.0;                 ///< from fitted one to fitted one
    std::vector<double> coefficients;           ///< powers x powers a fitted column
  };

  /// `water` corrected the lines. The beam must know the material. With a heel effect that of the
  /// middle row is taken.
  HardeningTable(const physics::Beam& beam, const WaterCorrection& water, const Material& material);

  explicit HardeningTable(Numbers known);

  const Numbers& numbers() const { return n_; }
  double attenuation() const {
    return n_.attenuation;
  }  ///< of the material, 1/mm, at the reference energy
  /// To be added to a line integral of a (fractional) column behind `length` mm of the material.
  double missing(double column, double line, double length) const;
  /// Largest error of the fit over its range, line integral.
  double residual() const { return residual_; }

 private:
  Numbers n_;
  double residual_ = 0.0;
};

/// Adds to a scan's lines what they lack: the first image is parted into water and the material,
/// the material is projected.
///
/// Where nothing is above `from` lines keep their bits. Equal bits for any number of threads.
void correct_hardening(Rebinned& scan, const BoneCorrection& how, const HardeningTable& table,
                       const HounsfieldScale& scale, Isa isa);

}  // namespace vitrine::recon
