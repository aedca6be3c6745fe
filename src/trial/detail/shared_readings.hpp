#pragma once
#include <span>
#include <vector>

#include "vitrine/trial/detail/calibrated_beam.hpp"
#include "vitrine/trial/sink.hpp"

namespace vitrine::trial::detail {

/// What the rays of some views bring to a detector: signal, quanta, and of a photon-counting beam
/// the signals of its bins but the lowest, [bin][view][cell], or with dual energy signal and quanta
/// of the second scan.
struct TracedBlock {
  Index first = 0, count = 0;  ///< views
  std::span<const float> signal, quanta, higher;
};

/// The readings of one scan that tells energies apart, made once for all series of a block of
/// views, and parted into basis materials once for all spectral ones.
class SharedReadings {
 public:
  SharedReadings() = default;
  virtual ~SharedReadings() = default;
  SharedReadings(const SharedReadings&) = delete;
  SharedReadings& operator=(const SharedReadings&) = delete;

  /// Readings of a series, relative to air, or the line integrals of a spectral one. Blocks come in
  /// order, each once for every series.
  virtual void read(const TracedBlock& block, const Series& series, std::span<float> out) = 0;
  /// What became of them, once all blocks are there.
  virtual std::vector<FileRecord> files() { return {}; }
};

}  // namespace vitrine::trial::detail
