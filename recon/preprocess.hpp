#pragma once
#include <algorithm>
#include <functional>
#include <span>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/beam.hpp"

namespace vitrine::recon {

/// Smallest signal that is believed; what is below counts as this (line integral 13.9). No patient
/// is that thick: such a reading is electronic noise behind metal, or zero.
inline constexpr float signal_floor = 0x1p-20f;

/// Water beam-hardening correction of one scan: turns a column's log attenuation p = -ln(signal)
/// into the line integral mu_water x length of the water that would have given it.
///
/// A polynomial p (c0 + c1 p + ... ) for every column, since a bowtie hardens each differently;
/// beyond the fitted range it goes on along its tangent.
class WaterCorrection {
 public:
  static constexpr std::size_t terms = 10;
  struct Column {
    float coefficients[terms];
    float low_slope;           ///< dy/dp at p = 0, for p < 0
    float limit, limit_slope;  ///< end of the fit in p, and the slope from there on
  };
  /// Mean signal behind `length` mm of water in a column, relative to the signal without water.
  using WaterSignal = std::function<double(Index column, double length)>;

  /// Fits water of 0 to `max_length` mm. `mu_water` [1/mm] is what the reconstruction will find in
  /// water, at the reference energy.
  WaterCorrection(Index columns, double mu_water, const WaterSignal& water_signal,
                  double max_length = 600.0);
  /// The same where rows differ: fitted in some rows, ascending from the first to the last, and
  /// interpolated between them.
  using RowWaterSignal = std::function<double(Index column, double row, double length)>;
  WaterCorrection(Index columns, std::span<const double> rows, double mu_water,
                  const RowWaterSignal& water_signal);
  /// The identity: monoenergetic data.
  static WaterCorrection none(Index columns);
  /// A correction that was fitted before: with rows that differ, the columns of one after the
  /// other.
  static WaterCorrection of(std::vector<Column> columns, std::vector<double> rows = {});

  Index columns() const { return std::ssize(columns_) / std::max<Index>(1, std::ssize(rows_)); }
  const Column& column(Index c) const { return columns_[std::size_t(c)]; }
  /// With rows that differ: those it was fitted in, and a column of the i-th.
  std::span<const double> rows() const { return rows_; }
  const Column& column(Index c, std::size_t i) const {
    return columns_[i * columns_.size() / rows_.size() + std::size_t(c)];
  }
  /// The corrected value of a log attenuation, in double.
  double apply(Index column, double p) const;
  /// Largest error of the fit over its range, as a share of the line integral: 1e-3 is 1 HU in
  /// water.
  double residual() const { return residual_; }

 private:
  WaterCorrection() = default;
  std::vector<double> rows_;
  std::vector<Column> columns_;  ///< of the first of `rows_`, then of the second, ...
  double residual_ = 0.0;
};

/// What a scan with this beam is corrected with.
WaterCorrection water_correction(const physics::Beam& beam);
/// The same for the image of some bins of a photon-counting beam.
WaterCorrection water_correction(const physics::Beam& beam, BinWindow bins);

/// Line integrals [mu_water x mm of water] from signals relative to air.
Sinogram<quantity::LineIntegral> line_integrals(const Sinogram<quantity::Signal>& signal,
                                                const WaterCorrection& correction, Isa isa);
/// The same in the signal's own memory.
Sinogram<quantity::LineIntegral> line_integrals(Sinogram<quantity::Signal>&& signal,
                                                const WaterCorrection& correction, Isa isa);
/// The same of some views alone; `out` may be the signal's memory.
void line_integrals(const ScanGeometry& geometry, std::span<const float> signal,
                    const WaterCorrection& correction, Isa isa, std::span<float> out);

}  // namespace vitrine::recon
