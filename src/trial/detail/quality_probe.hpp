#pragma once
#include <optional>

#include "vitrine/trial/detail/measurer.hpp"
#include "vitrine/trial/image_quality.hpp"

namespace vitrine::trial::detail {

/// Measures the image quality of a case's scans, if the scenario asks for it.
class QualityProbe {
 public:
  /// Throws Error (input) if the slices show nothing of the phantom that can be measured.
  QualityProbe(const Plan& plan, const Measurer& patient);

  /// Appends to the result; leaves repeats and later visits alone, which lie elsewhere.
  void measure(const Image& image, const Arm& arm, const Visit& visit, CaseResult& result) const;

 private:
  std::optional<PhantomParts> parts_;
};

}  // namespace vitrine::trial::detail
