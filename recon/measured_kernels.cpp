#include "vitrine/recon/measured_kernels.hpp"

#include <algorithm>

#include "vitrine/core/math.hpp"
#include "vitrine/core/monotone_cubic.hpp"

namespace vitrine::recon {
namespace {

constexpr Unit per_mm{"per_mm", 1.0};

/// Up to one peak, then down.
bool has_one_peak(const std::vector<double>& gains) {
  const auto peak = std::ranges::max_element(gains);
  return std::is_sorted(gains.begin(), peak) && std::is_sorted(peak, gains.end(), std::greater<>());
}

}  // namespace

const Schema<RollOff::Params>& RollOff::schema() {
  static const auto s =
      Schema<Params>("roll_off",
                     "(1 + boost x e^(1 - x)) exp(-(f / width)^steepness), x = (f / "
                     "boost_at)^boost_steepness: "
                     "what `vitrine fit-kernel` writes for a scanner's own kernel")
          .optional("width", &Params::width, per_mm, "frequency where the roll-off is at 37 %")
          .between(0.02, 5)
          .optional("steepness", &Params::steepness, "of the roll-off")
          .between(1, 16)
          .optional("boost", &Params::boost, "height of the hump that enhances edges (0: none)")
          .between(0, 20)
          .optional("boost_at", &Params::boost_at, per_mm, "frequency where the hump stands")
          .between(0.02, 5)
          .optional("boost_steepness", &Params::boost_steepness, "of the hump's flanks")
          .between(1, 8)
          .optional("name", &Params::name, kernel_name_doc)
          .name_of_at_most(longest_kernel_name)
          .unless_default();
  return s;
}

double RollOff::gain(double f) const {
  if (f <= 0.0) return 1.0;
  const double x = math::pow(f / p_.boost_at, p_.boost_steepness);
  return (1.0 + p_.boost * x * math::exp(1.0 - x)) *
         math::exp(-math::pow(f / p_.width, p_.steepness));
}

const Schema<TableKernel::Params>& TableKernel::schema() {
  static const auto s =
      Schema<Params>("table", "Any window by points, smooth between them")
          .optional("frequencies", &Params::frequencies, per_mm, "ascending from 0")
          .between(0, 5)
          .optional("gains", &Params::gains, "1 first, 0 last, with one peak at most")
          .between(0, 20)
          .optional("name", &Params::name, kernel_name_doc)
          .name_of_at_most(longest_kernel_name)
          .unless_default()
          .rule("frequencies_per_mm and gains must have the same length, at least 2",
                [](const Params& p) {
                  return p.frequencies.size() == p.gains.size() && p.gains.size() > 1;
                })
          .rule("frequencies_per_mm must ascend from 0",
                [](const Params& p) {
                  return !p.frequencies.empty() && p.frequencies.front() == 0.0 &&
                         std::ranges::adjacent_find(p.frequencies, std::greater_equal<>()) ==
                             p.frequencies.end();
                })
          .rule("gains must begin with 1, end with 0 and rise to one peak at most",
                [](const Params& p) {
                  return !p.gains.empty() && p.gains.front() == 1.0 && p.gains.back() == 0.0 &&
                         has_one_peak(p.gains);
                });
  return s;
}

double TableKernel::gain(double f) const { return monotone_cubic(p_.frequencies, p_.gains, f); }

}  // namespace vitrine::recon
