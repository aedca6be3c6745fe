#include "vitrine/model/deviations.hpp"

#include "vitrine/core/units.hpp"

namespace vitrine {

const Schema<Deviations>& Deviations::schema() {
  static const auto s =
      Schema<Deviations>("deviations", "How one machine differs from what its console says")
          .optional("tube_output", &Deviations::tube_output, unit::percent,
                    "more photons per mAs than the tube of its type; the console's mAs and CTDIvol "
                    "stay")
          .between(-50, 50)
          .optional("calibration", &Deviations::calibration_offset, unit::hu,
                    "added to every CT number: what water is measured as")
          .between(-50, 50)
          .optional("calibration_scale", &Deviations::calibration_scale, unit::percent,
                    "by which CT numbers are too far from 0, before calibration_hu is added")
          .between(-20, 20)
          .optional("kernel_frequency", &Deviations::kernel_frequency, unit::percent,
                    "by which the kernel reaches higher frequencies (below 0: a softer one)")
          .between(-50, 50)
          .optional("slice_thickness", &Deviations::slice_thickness, unit::percent,
                    "by which slices are thicker than their headers say")
          .between(-50, 50);
  return s;
}

Deviations combined(const Deviations& first, const Deviations& second) {
  const auto both = [](double a, double b) { return (1.0 + a) * (1.0 + b) - 1.0; };
  const auto share = [&](double a, double b) { return a == 0.0 ? b : b == 0.0 ? a : both(a, b); };
  Deviations out;
  out.tube_output = share(first.tube_output, second.tube_output);
  out.calibration_scale = share(first.calibration_scale, second.calibration_scale);
  out.calibration_offset =
      first.calibration_offset * (1.0 + second.calibration_scale) + second.calibration_offset;
  out.kernel_frequency = share(first.kernel_frequency, second.kernel_frequency);
  out.slice_thickness = share(first.slice_thickness, second.slice_thickness);
  return out;
}

}  // namespace vitrine
