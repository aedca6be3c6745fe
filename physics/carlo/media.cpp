#include "vitrine/physics/carlo/media.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/carlo/detail/job.hpp"
#include "vitrine/physics/scattering.hpp"

namespace vitrine::physics::carlo {
namespace {

/// Arguments of a table whose steps are equal between powers of two.
std::vector<double> arguments(double lowest, int steps_log2, int points) {
  std::vector<double> out;
  const int steps = 1 << steps_log2;
  for (int i = 0; i < points; ++i)
    out.push_back(std::ldexp(lowest, i / steps) * (1.0 + double(i % steps) / double(steps)));
  return out;
}

std::vector<double> squares() {
  return arguments(double(detail::lowest_square), detail::square_steps_log2, detail::square_points);
}

/// Linear in the table and to 0 below it, as the kernel looks it up.
double looked_up(std::span<const double> squares, std::span<const double> table, double square) {
  if (square <= squares.front()) return table.front() * square / squares.front();
  const auto above = std::upper_bound(squares.begin(), squares.end() - 1, square);
  const auto i = std::size_t(above - squares.begin()) - 1;
  const double share = (square - squares[i]) / (squares[i + 1] - squares[i]);
  return table[i] + share * (table[i + 1] - table[i]);
}

/// Integral over all directions of the angular shape of Compton events.
double shape_integral(double energy, std::span<const double> squares,
                      std::span<const double> incoherent) {
  const double k = energy / 510.99895;  // electron rest energy, CODATA 2018
  const double transfer = energy * transfer_per_energy;
  constexpr int steps = 400;
  double sum = 0.0;
  for (int i = 0; i < steps; ++i) {
    const double s = (double(i) + 0.5) / steps, weight = 4.0 * s / steps;  // d cos = 4 s ds
    const double c = 1.0 - 2.0 * s * s, p = 1.0 / (1.0 + k * (1.0 - c));
    sum += weight * 0.5 * p * (1.0 + p * (p - 1.0 + c * c)) *
           looked_up(squares, incoherent, transfer * transfer * s * s);
  }
  return 2.0 * std::numbers::pi * sum;
}

/// Integral over all directions of the angular shape of Rayleigh events: of F^2, linear between the
/// squares, times Thomson's factor, exactly (Simpson's rule for cubics).
double rayleigh_integral(double energy, std::span<const double> squares,
                         std::span<const double> coherent) {
  const double transfer = energy * transfer_per_energy, largest = transfer * transfer;
  const auto thomson = [&](double square) {
    const double c = 1.0 - 2.0 * square / largest;
    return 0.5 * (1.0 + c * c);
  };
  double sum = 0.0, from = 0.0, before = coherent.front();
  for (std::size_t i = 0; i < squares.size() && from < largest; ++i) {
    const double to = std::min(squares[i], largest);
    const double share = squares[i] > from ? (to - from) / (squares[i] - from) : 1.0;
    const double here = before + share * (coherent[i] - before);
    sum += (to - from) / 6.0 *
           (before * thomson(from) + 2.0 * (before + here) * thomson(0.5 * (from + to)) +
            here * thomson(to));
    from = to;
    before = here;
  }
  return 2.0 * std::numbers::pi * sum * 2.0 / largest;  // d cos = 2 / largest d square
}

}  // namespace

std::vector<double> Media::energies() {
  return arguments(double(detail::lowest_energy), detail::energy_steps_log2, detail::energy_points);
}

Media::Media(std::vector<Material> materials) : materials_(std::move(materials)) {
  const std::vector<double> energies = Media::energies(), at = squares();
  std::vector<double> transfers;
  for (const double square : at) transfers.push_back(std::sqrt(square));
  const std::size_t count = materials_.size(), points = at.size();
  interaction_.resize(energies.size() * count * 4);
  norm_.resize(energies.size() * count);
  for (auto* table : {&incoherent_, &coherent_, &cumulative_}) table->resize(count * points);

  parallel_for(std::int64_t(count), [&](std::int64_t index) {
    const auto m = std::size_t(index);
    ScatterFactors factors = scatter_factors(materials_[m], transfers);
    // Relative to the last value of S, which is the electrons' number: floats hold that.
    const double electrons = factors.incoherent.back();
    double sum = factors.coherent.front() / electrons * at.front();
    for (std::size_t i = 0; i < points; ++i) {
      factors.incoherent[i] /= electrons;
      factors.coherent[i] /= electrons;
      if (i > 0) sum += 0.5 * (factors.coherent[i] + factors.coherent[i - 1]) * (at[i] - at[i - 1]);
      incoherent_[m * points + i] = float(factors.incoherent[i]);
      coherent_[m * points + i] = float(factors.coherent[i]);
      cumulative_[m * points + i] = float(sum);
    }
    const Interactions events = interactions(materials_[m], energies);
    for (std::size_t e = 0; e < energies.size(); ++e) {
      const double all = events.photoelectric[e] + events.compton[e] + events.rayleigh[e];
      float* const row = &interaction_[(e * count + m) * 4];
      row[0] = float(all);
      row[1] = float(events.compton[e] / all);
      row[2] = float((events.compton[e] + events.rayleigh[e]) / all);
      row[3] = float(1.0 / rayleigh_integral(energies[e], at, factors.coherent));
      norm_[e * count + m] = float(1.0 / shape_integral(energies[e], at, factors.incoherent));
    }
  });
}

double Media::mass_attenuation(std::size_t material, double energy) const {
  const std::vector<double> at = energies();
  const auto above = std::upper_bound(at.begin(), at.end() - 1, energy);
  const auto i = std::size_t(std::max<std::ptrdiff_t>(1, above - at.begin())) - 1;
  const double share = (energy - at[i]) / (at[i + 1] - at[i]);
  const std::size_t count = materials_.size();
  const double a = double(interaction_[(i * count + material) * 4]),
               b = double(interaction_[((i + 1) * count + material) * 4]);
  return a + share * (b - a);
}

}  // namespace vitrine::physics::carlo
