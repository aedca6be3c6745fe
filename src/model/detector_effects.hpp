#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "vitrine/core/schema.hpp"

/// What an energy-integrating detector does to its readings beside counting: parts of a scanner's
/// `detector`. Each does nothing unless it is written, and nothing where its amounts are 0.
namespace vitrine {

/// Signal that a cell hands on to its neighbours, along columns and along rows one after the other:
/// what x-rays (fluorescence, scatter in the scintillator) or light do.
struct Crosstalk {
  double columns = 0.0;  ///< share of a cell's signal that either neighbour in its row gets
  double rows = 0.0;     ///< share that either neighbour in its column gets
  static const Schema<Crosstalk>& schema();
};

/// Light that a scintillator gives off late, as a sum of exponentials.
struct Lag {
  std::vector<double> fractions;       ///< of the light, one per component
  std::vector<double> time_constants;  ///< s, one per component
  std::string before = "dark";         ///< what the detector saw before the scan: dark or air
  static const Schema<Lag>& schema();
};

/// Cells whose gain is another than when the scanner was calibrated.
struct GainDrift {
  double spread = 0.003;                   ///< standard deviation of the relative change
  double share = 1.0;                      ///< of the cells, at random
  std::vector<std::int64_t> columns = {};  ///< none: of all columns
  static const Schema<GainDrift>& schema();
};

/// Cells that read nothing.
struct DeadCells {
  double share = 0.0;                      ///< of the cells, at random
  std::vector<std::int64_t> columns = {};  ///< dead as a whole
  bool interpolated = true;                ///< from the cells beside them, along columns
  static const Schema<DeadCells>& schema();
};

/// What turns a cell's signal into a whole number.
struct Converter {
  std::int64_t bits = 20;
  double full_scale = 1e8;  ///< keV in one reading: where it saturates
  /// Size of a step, keV.
  double step() const { return full_scale / double((std::int64_t(1) << bits) - 1); }
  static const Schema<Converter>& schema();
};

/// The scan of air that readings are calibrated with, if it is not endless.
struct AirScan {
  std::int64_t views = 1000;
  double tube_load = 200.0;  ///< mAs per rotation
  static const Schema<AirScan>& schema();
};

/// How preprocessing treats readings of few quanta before their logarithm is taken.
struct LowSignal {
  double threshold = 2000.0;  ///< keV in one reading: below it, readings are averaged
  std::int64_t reach = 2;     ///< cells to either side, in columns and in rows
  static const Schema<LowSignal>& schema();
};

}  // namespace vitrine
