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

/// A kernel on another frequency axis: gain(f) = kernel.gain(f / factor), sharper above factor 1.
/// Refers to the kernel.
class StretchedKernel final : public Kernel {
 public:
  StretchedKernel(const Kernel& kernel, double factor) : kernel_(kernel), factor_(factor) {}
  double gain(double f) const override { return kernel_.gain(f / factor_); }

 private:
  const Kernel& kernel_;
  double factor_;
};

/// The built-in kernels.
const Catalogue<Kernel>& kernels();
const Catalogue<Kernel>& catalogue_for(const Kernel*);

/// Lowest frequency [1/mm] from which on the gain stays below `level`, searched up to 5 /mm.
double frequency_at(const Kernel& kernel, double level);

}  // namespace vitrine::recon
