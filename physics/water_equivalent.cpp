#include "vitrine/physics/detail/water_equivalent.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "vitrine/core/math.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/physics/scattering.hpp"

namespace vitrine::physics::detail {
namespace {

constexpr double fewer = 0.8;  // of the scattering water: where the slope is taken

/// Rayleigh events per Compton event over water's, by absorption over scattering, both as the beam
/// shows them, over water's. What tissue differs in from water is fat, which has 0.75 and shows
/// 0.38 (its fewer Rayleigh events are taken for less absorption), and mineral: cortical bone, 9.3,
/// has 1.6 below 5 degrees, which dominate (2.2 in all), spongiosa, 3.4, 1.03 (EPDL97, 50 to 80
/// keV).
double coherent_share(double absorption) {
  constexpr double of_fat = 0.4, of_mineral = 0.06;
  return 1.0 + (absorption < 1.0 ? of_fat : of_mineral) * (absorption - 1.0);
}

/// A column's weights at the beam's nodes; of a beam with a heel effect those of its middle row.
struct Weights {
  std::vector<double> mean, variance;
  Weights(const Beam& beam, Index column) {
    const std::size_t nodes = beam.nodes();
    const auto all = beam.weights(column);
    mean.assign(all.begin(), all.begin() + std::ptrdiff_t(nodes));
    variance.assign(all.begin() + std::ptrdiff_t(nodes), all.end());
    if (beam.heel_rows().empty()) return;
    const auto rows = std::size_t(beam.rows());
    const std::vector<float> heel = beam.row_weights(rows);
    for (std::size_t j = 0; j < nodes; ++j) {
      mean[j] *= double(heel[j * rows + rows / 2]);
      variance[j] *= double(heel[(nodes + j) * rows + rows / 2]);
    }
    for (auto* weights : {&mean, &variance}) {
      double sum = 0.0;
      for (const double w : *weights) sum += w;
      for (double& w : *weights) w /= sum;
    }
  }
};

}  // namespace

WaterEquivalent::WaterEquivalent(const Beam& beam, Index column) {
  const Material& water = material("water");
  const Interactions parts = interactions(water, beam.node_energies());
  const std::size_t nodes = beam.nodes();
  std::vector<double> scatter, absorption;  // 1/mm
  for (std::size_t j = 0; j < nodes; ++j) {
    scatter.push_back(water.density * (parts.compton[j] + parts.rayleigh[j]));
    absorption.push_back(water.density * parts.photoelectric[j]);
  }
  const Weights weights(beam, column);
  // -ln of the signal and hardness behind so much of both, mm of water's.
  const auto behind = [&](double scattering, double absorbing) {
    double mean = 0.0, variance = 0.0;
    for (std::size_t j = 0; j < nodes; ++j) {
      const double left = math::exp(-scatter[j] * scattering - absorption[j] * absorbing);
      mean += weights.mean[j] * left;
      variance += weights.variance[j] * left;
    }
    mean = std::max(mean, 1e-300);
    return std::pair(-math::log(mean), variance / mean);
  };
  constexpr double longest = 1000.0;  // mm
  for (double length = 0.0; length <= longest; length += step) {
    const auto [log, hardness] = behind(length, length);
    // As weak by more absorption, with less scatter: secant steps from a first guess.
    double low = length, high = 20.0 * length + 1.0;
    for (int i = 0; i < 50 && high - low > 1e-9 * high; ++i) {
      const double middle = 0.5 * (low + high);
      (behind(fewer * length, middle).first < log ? low : high) = middle;
    }
    logs_.push_back(log);
    hardness_.push_back(hardness);
    gain_.push_back(behind(fewer * length, low).second - hardness);
    double by_scatter = 0.0, by_absorption = 0.0;
    for (std::size_t j = 0; j < nodes; ++j) {
      const double left = weights.mean[j] * math::exp(-(scatter[j] + absorption[j]) * length);
      by_scatter += left * scatter[j];
      by_absorption += left * absorption[j];
    }
    exchange_.push_back(by_scatter / by_absorption);
  }
}

Water WaterEquivalent::of(double log, double hardness) const {
  if (log <= 0.0) return {};
  const auto above = std::ranges::upper_bound(logs_, log) - logs_.begin();
  const auto i = std::size_t(std::clamp<std::ptrdiff_t>(above, 1, std::ssize(logs_) - 1));
  const double share = (log - logs_[i - 1]) / (logs_[i] - logs_[i - 1]);
  const double length = step * (double(i) - 1.0 + share);
  const double of_water = hardness_[i - 1] + share * (hardness_[i] - hardness_[i - 1]);
  const double gain = gain_[i - 1] + share * (gain_[i] - gain_[i - 1]);
  constexpr double least = 1e-5;  // the rays' own precision
  if (!(gain > least)) return {length, length, length};
  // Fat scatters a few percent more than the water that weakens alike, metals next to nothing.
  const double scatters = std::clamp(1.0 - (1.0 - fewer) * (hardness - of_water) / gain, 0.0, 1.2);
  if (!(scatters > 0.0)) return {length, 0.0, 0.0};
  // As weak by a little less scatter and more absorption.
  const double exchange = exchange_[i - 1] + share * (exchange_[i] - exchange_[i - 1]);
  const double absorbs = std::max(0.0, 1.0 + exchange * (1.0 - scatters));
  return {length, length * scatters, length * scatters * coherent_share(absorbs / scatters)};
}

}  // namespace vitrine::physics::detail
