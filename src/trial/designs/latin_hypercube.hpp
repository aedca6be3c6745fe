#pragma once
#include <array>
#include <optional>

#include "vitrine/trial/design.hpp"

namespace vitrine::trial {

/// Intervals that levels are taken from, native units.
struct Intervals {
  using Ends = std::optional<std::array<double, 2>>;
  Ends tube_voltage, tube_load, slice_thickness, contrast_delay, motion, noise_reduction;
  static const Schema<Intervals>& schema();
};

/// Every factor's range is cut into as many strata as there are arms, and each arm has another
/// stratum of each factor (McKay, Beckman and Conover, Technometrics 21 (1979) 239), at its middle.
///
/// Which arm has which stratum is decided by the trial's seed and the factor's name; of 64 such
/// draws without equal arms, that is taken in which the largest correlation between two factors is
/// smallest.
class LatinHypercube final : public Design {
 public:
  struct Params {
    std::int64_t arms = 2;
    Intervals between;
  };
  static const Schema<Params>& schema();
  explicit LatinHypercube(Params params) : params_(params) {}
  Factors levels(const Factors& vary, const Factors& fixed, const ScannerNames& scanners,
                 std::size_t scanner) const override;
  void check(const DesignSpace& space, const Value& arms, Diagnostics& problems) const override;
  std::vector<DesignRow> rows(const DesignSpace& space) const override;
  bool is_interval(std::string_view factor) const override;

 private:
  Params params_;
};

/// The middles of `count` equal parts of [low, high], rounded to a power of ten that is a tenth of
/// a part's width at most.
std::vector<double> middles(double low, double high, std::size_t count);

}  // namespace vitrine::trial
