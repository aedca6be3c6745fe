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

/// Some arms of one way of scanning, by one scanner with one contrast medium and motion.
struct ScannedAlike {
  const Arms& view;  ///< as a protocol of theirs sees it
  std::vector<Arm> arms;
};

/// One scan: of which of some ways of scanning, and at which tube voltage, keV.
struct OneScan {
  std::size_t way = 0;
  double voltage = 0.0;
  bool operator==(const OneScan&) const = default;
};

/// The scans of arms of a scanner whose ways of scanning trace the same rays, in the arms' order,
/// those at one voltage together; those of a pass are traced at once: of one voltage, or of several
/// if the patient rests and the beams share their rays, as long as what is held of all scans of a
/// pass takes no more than 6 GiB.
std::vector<std::vector<OneScan>> trace_passes(std::span<const ScannedAlike> ways,
                                               std::size_t scanner);

/// How many different tube voltages a pass has.
std::size_t voltages_of(std::span<const OneScan> pass);

/// Arms at a voltage that have an image without noise each: one for all doses of a kernel and
/// thickness (truth level T2); none where the trial makes none.
std::vector<const Arm*> noiseless_arms(const Arms& arms, std::span<const Arm> mine, double voltage);

/// A scan of those at a voltage.
ScanSize scan_size(const Arms& arms, std::size_t scanner, std::span<const Arm> mine,
                   double voltage);

}  // namespace vitrine::trial::detail
