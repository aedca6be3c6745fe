#pragma once
#include "vitrine/core/isa.hpp"
#include "vitrine/core/schema.hpp"
#include "vitrine/recon/rebin.hpp"

namespace vitrine::recon {

/// Takes away what cells whose gain has drifted leave: rings.
struct RingCorrection {
  double strength = 1.0;  ///< share of what is found that is taken away
  double largest = 0.1;   ///< line integral: what stands out more is no drift, and stays
  static const Schema<RingCorrection>& schema();
};

/// Subtracts from every sample of a row what the same sample of all lines has too much: the most
/// frequent value of what stands out of a local cubic over 23 samples (Savitzky and Golay, Anal
/// Chem 36 (1964) 1627), so that edges, which pass in some lines alone, do not count.
///
/// An object about the axis stands out in all lines. The ray from the other side, at -t, has it
/// too; a cell has not. Where both sides share more than they differ by nothing is subtracted.
///
/// A strength of 0 leaves the bits. Equal bits for any number of threads.
void correct_rings(Rebinned& scan, const RingCorrection& how);

}  // namespace vitrine::recon
