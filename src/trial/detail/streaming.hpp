#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "vitrine/trial/arm.hpp"

namespace vitrine::trial::detail {

/// What a scan takes in memory, in units of its readings: what comes out for one series, without
/// noise or at a dose, is as large as these, and so is each thing that is known of its rays before
/// the noise.
struct ScanSize {
  std::size_t read_outs = 1;  ///< without noise, at each dose, and its noise repeats
  std::size_t series = 1;     ///< of each
  std::size_t known = 2;      ///< before the noise: signal and quanta, and the higher bins' signals
  double bytes = 0.0;         ///< of the readings

  std::size_t outputs() const { return read_outs * series; }
  /// How many series of a read-out are made at once of what is kept: all, if they and what is known
  /// take no more than 6 GiB.
  std::size_t series_at_once() const;
  /// Whether all outputs are made while the rays are traced. That takes them all at once; keeping
  /// what is known, and making one read-out after the other of it, takes that and one's series.
  bool streams() const { return outputs() <= known + series_at_once(); }
  /// What stays of it once the rays are traced, until its images are made.
  std::size_t held() const { return streams() ? outputs() : known; }
};

/// What is known of a scanner's rays before the noise: signal and quanta, with dual energy twice,
/// and of one that counts photons the signals of its bins but the lowest.
std::size_t known_of_rays(const Arms& arms, const Scanner& scanner);

/// Tube voltages of some arms of a scanner with one contrast medium and motion, in the arms' order;
/// those of a group are traced together: scans at rest whose beams share their rays, as long as
/// what is held of all scans of a group at once takes no more than 6 GiB.
std::vector<std::vector<double>> voltage_groups(const Arms& arms, std::size_t scanner,
                                                std::span<const Arm> mine);

/// A scan of those at a voltage.
ScanSize scan_size(const Arms& arms, std::size_t scanner, std::span<const Arm> mine,
                   double voltage);

}  // namespace vitrine::trial::detail
