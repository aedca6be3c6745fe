#include "vitrine/model/detector_effects.hpp"

#include <algorithm>
#include <numeric>

namespace vitrine {

const Schema<Crosstalk>& Crosstalk::schema() {
  static const auto s =
      Schema<Crosstalk>("crosstalk",
                        "Signal that cells hand on to their neighbours; the sum stays. It blurs, "
                        "and correlates the noise")
          .optional("columns", &Crosstalk::columns, unit::percent,
                    "of a cell's signal that either neighbour in its row gets")
          .between(0, 25)
          .optional("rows", &Crosstalk::rows, unit::percent,
                    "of a cell's signal that the neighbours of the next and the last row get each")
          .between(0, 25);
  return s;
}

const Schema<Lag>& Lag::schema() {
  static const auto s =
      Schema<Lag>("lag",
                  "Light that the scintillator gives off late (primary decay and afterglow): a sum "
                  "of exponentials, as corrections of it assume (US patent 6493646)")
          .optional("fractions", &Lag::fractions, unit::percent,
                    "of the light that each component gives off")
          .between(0, 100)
          .optional("time_constants", &Lag::time_constants, unit::ms,
                    "of each component's exponential decay")
          .between(0.001, 100000)
          .optional("before", &Lag::before,
                    "what the detector saw until the scan began: dark (the first views are too "
                    "dark) or air (they are too bright)")
          .one_of({"dark", "air"})
          .rule("fractions_percent and time_constants_ms must have the same length",
                [](const Lag& x) { return x.fractions.size() == x.time_constants.size(); })
          .rule("fractions_percent must not sum to more than 100", [](const Lag& x) {
            return std::accumulate(x.fractions.begin(), x.fractions.end(), 0.0) <= 1.0 + 1e-9;
          });
  return s;
}

namespace {

bool are_columns(const std::vector<std::int64_t>& columns) {
  return std::all_of(columns.begin(), columns.end(), [](std::int64_t c) { return c >= 0; });
}

}  // namespace

const Schema<GainDrift>& GainDrift::schema() {
  static const auto s =
      Schema<GainDrift>("gain_drift",
                        "Cells whose gain has changed since the air scan: rings in the image")
          .optional("spread", &GainDrift::spread, unit::percent,
                    "standard deviation of the gain's change")
          .between(0, 50)
          .optional("cells", &GainDrift::share, unit::percent, "of the cells that drift")
          .between(0, 100)
          .optional("columns", &GainDrift::columns,
                    "numbers of the columns they are in (empty: all)")
          .rule("columns are counted from 0",
                [](const GainDrift& x) { return are_columns(x.columns); });
  return s;
}

const Schema<DeadCells>& DeadCells::schema() {
  static const auto s =
      Schema<DeadCells>("dead_cells", "Cells that read nothing but electronic noise")
          .optional("cells", &DeadCells::share, unit::percent, "of all cells, at random")
          .between(0, 50)
          .optional("columns", &DeadCells::columns, "numbers of columns that are dead as a whole")
          .optional("interpolated", &DeadCells::interpolated,
                    "the calibration knows them: readings are interpolated along the row")
          .rule("columns are counted from 0",
                [](const DeadCells& x) { return are_columns(x.columns); });
  return s;
}

const Schema<Converter>& Converter::schema() {
  static const auto s =
      Schema<Converter>("converter", "Analogue-to-digital converter: steps and saturation")
          .optional("bits", &Converter::bits, "of a reading")
          .between(4, 32)
          .optional("full_scale", &Converter::full_scale, unit::kev,
                    "absorbed energy in one reading where it saturates")
          .between(1, 1e15);
  return s;
}

const Schema<AirScan>& AirScan::schema() {
  static const auto s =
      Schema<AirScan>("air_scan",
                      "The scan of air that readings are divided by: its noise leaves rings")
          .optional("views", &AirScan::views, "that are averaged")
          .between(1, 1e9)
          .optional("tube_load", &AirScan::tube_load, unit::mas, "tube load per rotation")
          .between(0.1, 2000);
  return s;
}

const Schema<LowSignal>& LowSignal::schema() {
  static const auto s =
      Schema<LowSignal>(
          "low_signal",
          "Readings of few quanta are mixed with the mean of those around them: fewer "
          "streaks and less bias, at some resolution")
          .optional("threshold", &LowSignal::threshold, unit::kev,
                    "absorbed energy in one reading below which this begins (0: never)")
          .between(0, 1e9)
          .optional("reach_cells", &LowSignal::reach,
                    "how far the mean reaches to either side, along columns and rows")
          .between(0, 20);
  return s;
}

}  // namespace vitrine
