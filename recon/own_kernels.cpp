#include "vitrine/recon/own_kernels.hpp"

#include <algorithm>

#include "vitrine/recon/kernel_fit.hpp"

namespace vitrine::recon {
namespace {

Pick<Kernel> made(const Value& node) {
  Diagnostics problems;
  Pick<Kernel> kernel = kernels().make(node, problems);
  problems.throw_if_any();
  return kernel;
}

/// Widths of the kind alone: nobody has changed a parameter.
bool by_its_kind_alone(const Pick<Kernel>& kernel, const std::string& kind) {
  return to_json(kernel.canonical) == to_json(made(Value(kind)).canonical);
}

}  // namespace

Pick<Kernel> own_kernel(const Pick<Kernel>& kernel, const Scanner& scanner) {
  const Value* kind = kernel ? kernel.canonical.find("kind") : nullptr;
  if (!kind || !scanner.profile) return kernel;
  const std::string& name = *kind->as<std::string>();
  const auto& all = scanner.profile->kernels;
  const auto own = std::ranges::find(all, name, &OwnKernel::name);
  if (own == all.end() || !by_its_kind_alone(kernel, name)) return kernel;
  Scanner as_measured = scanner;
  const FocalSpot& spot = scanner.profile->console.focal_spots.front();
  as_measured.focal_spot_width = spot.width;
  as_measured.focal_spot_length = spot.length;
  const RollOff::Params p =
      fit_kernel(MtfTarget{own->mtf50, own->mtf10, std::nullopt}, ScannerBlur(as_measured));
  return made(Value()
                  .set("kind", "roll_off")
                  .set("width_per_mm", p.width)
                  .set("steepness", p.steepness)
                  .set("name", name));
}

}  // namespace vitrine::recon
