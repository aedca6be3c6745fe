#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/core/schema.hpp"

/// A photon-counting detector: a semiconductor that turns photons into pulses, which are counted by
/// their height. Every imperfection is off unless it is written.
namespace vitrine {

/// Pulses that come too close to be told apart.
struct PileUp {
  double dead_time = 20e-9;          ///< s, of one pixel after a count
  std::string kind = "paralysable";  ///< paralysable or non_paralysable
  double correction = 1.0;           ///< share of the loss that the calibration makes up for
  static const Schema<PileUp>& schema();
};

/// The sensor, its pixels and its thresholds.
struct CountingSensor {
  std::string material = "cadmium_telluride";
  double thickness = 1.6;                ///< mm
  std::vector<double> thresholds{25.0};  ///< keV, ascending: pulses between two are one bin's
  std::int64_t columns = 1, rows = 1;    ///< pixels of one cell: their counts are summed
  double charge_cloud = 0.0;             ///< mm, standard deviation of the charge at the pixels
  double fluorescence = 0.0;             ///< share of the K lines that leave where they are made
  double scatter = 0.0;                  ///< share of the Compton photons that leave
  double electronic_noise = 0.0;         ///< keV, standard deviation of a pulse
  double fano_factor = 0.0;              ///< of the number of charges
  double pair_energy = 4.43e-3;          ///< keV for one pair of charges
  std::optional<PileUp> pile_up;         ///< none: no pulse is lost

  std::size_t bins() const { return thresholds.size(); }
  static const Schema<CountingSensor>& schema();
};

/// Neighbouring energy bins that are read as one: [first, last), counted from the lowest.
struct BinWindow {
  std::size_t first = 0, last = 1;
  friend bool operator==(const BinWindow&, const BinWindow&) = default;
};

/// What a name stands for among so many bins: `total`; `bin1` (the lowest), `bin2`, ...;
/// `threshold1`, `threshold2`, ...: all pulses above that threshold. None if there is no such.
std::optional<BinWindow> bin_window(const std::string& name, std::size_t bins);

}  // namespace vitrine
