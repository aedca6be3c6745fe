#pragma once
#include "vitrine/core/catalogue.hpp"

namespace vitrine::recon {

/// The window on the ramp filter: what a scanner's console calls B40f or BONE.
class Kernel {
 public:
  virtual ~Kernel() = default;
  /// Gain at frequency f >= 0 [1/mm at the isocentre]: 1 at f = 0, finite, never negative, falling
  /// beyond its peak.
  virtual double gain(double f) const = 0;
};

/// Of the parameter `name` that every kernel has beside its own, for kernels that are shared.
inline constexpr const char* kernel_name_doc =
    "what arms and tables call it (its kind if nothing is said)";
inline constexpr std::size_t longest_kernel_name = 16;  ///< DICOM's ConvolutionKernel is a SH

/// The built-in kernels.
const Catalogue<Kernel>& kernels();
const Catalogue<Kernel>& catalogue_for(const Kernel*);

/// Lowest frequency [1/mm] from which on the gain stays below `level`, searched up to 5 /mm.
double frequency_at(const Kernel& kernel, double level);

}  // namespace vitrine::recon
