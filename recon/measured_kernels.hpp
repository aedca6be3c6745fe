#pragma once
#include <vector>

#include "vitrine/core/schema.hpp"
#include "vitrine/recon/kernel.hpp"

namespace vitrine::recon {

/// A window that falls as steeply as a scanner's does, with a hump where its edges are enhanced:
/// (1 + boost x exp(1 - x)) exp(-(f / width)^steepness), x = (f / boost_at)^boost_steepness.
class RollOff final : public Kernel {
 public:
  struct Params {
    double width = 0.45;           ///< 1/mm, where the roll-off is at 1/e
    double steepness = 2.5;        ///< exponent
    double boost = 0.0;            ///< height of the hump
    double boost_at = 0.4;         ///< 1/mm, where it stands
    double boost_steepness = 2.0;  ///< exponent of its flanks
    std::string name = {};
  };
  static const Schema<Params>& schema();
  explicit RollOff(const Params& params) : p_(params) {}
  double gain(double f) const override;
  const Params& params() const { return p_; }

 private:
  Params p_;
};

/// A window by points, monotone cubic between them, 0 beyond the last.
class TableKernel final : public Kernel {
 public:
  struct Params {
    std::vector<double> frequencies{0.0, 0.85};  ///< 1/mm, ascending from 0
    std::vector<double> gains{1.0, 0.0};         ///< 1 first, 0 last, one peak
    std::string name = {};
  };
  static const Schema<Params>& schema();
  explicit TableKernel(Params params) : p_(std::move(params)) {}
  double gain(double f) const override;

 private:
  Params p_;
};

}  // namespace vitrine::recon
