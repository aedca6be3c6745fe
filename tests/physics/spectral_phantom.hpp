#pragma once
#include <array>
#include <utility>
#include <vector>

#include "physics/water_phantom.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/physics/counting/acquire.hpp"
#include "vitrine/physics/projector.hpp"
#include "vitrine/recon/decomposition.hpp"
#include "vitrine/recon/spectral.hpp"

/// A photon-counting scanner and what its calibration makes of a scan.
namespace vitrine::test {

constexpr double mg_per_cm2 = 1e-5;  // g/mm^2: 1 mg/ml along 10 mm

inline Isa isa() { return best_isa(); }

/// Sensor of scenarios/scanners/generic_p64.yaml on a few rows.
inline Scanner counting_scanner(Index rows, std::vector<double> thresholds) {
  Scanner s = few_rows(rows);
  s.detector.kind = "photon_counting";
  CountingSensor sensor;
  sensor.thresholds = std::move(thresholds);
  sensor.columns = sensor.rows = 4;
  sensor.charge_cloud = 0.025;
  sensor.fluorescence = sensor.scatter = 1.0;
  sensor.electronic_noise = 2.0;
  sensor.fano_factor = 0.1;
  s.detector.sensor = sensor;
  return s;
}

/// Amounts of water, mm, and of a second material, g/mm^2.
struct Amounts {
  std::vector<float> water, second;
};

/// What a calibration makes of the counts of some views, each at one load [mAs].
inline Amounts part(const recon::MaterialDecomposition& calibration,
                    const physics::Counting& counting, const ScanGeometry& g, double load,
                    std::span<const float> counts, Isa isa) {
  const std::size_t bins = counting.bins(), size = counts.size() / bins;
  std::vector<float> readings(counts.size());
  for (std::size_t b = 0; b < bins; ++b)
    counting.air().relative(0, g.views(), counts, {b, b + 1},
                            std::span(readings).subspan(b * size, size));
  Amounts out{std::vector<float>(size), std::vector<float>(size)};
  const std::vector<double> loads(std::size_t(g.views()), load);
  calibration(g, loads, readings,
              counting.noiseless() ? recon::Readings::expected : recon::Readings::drawn, isa,
              out.water, out.second);
  return out;
}

}  // namespace vitrine::test
