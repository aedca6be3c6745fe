#include "vitrine/physics/counting/response.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/model/material.hpp"
#include "vitrine/model/volume.hpp"
#include "vitrine/physics/fluorescence.hpp"
#include "vitrine/physics/scattering.hpp"

namespace vitrine::physics {
namespace {

constexpr double electron = 510.99895;  // keV, rest energy, CODATA 2018

/// Probability of a standard normal below x; beyond 8 deviations (1e-15) certain.
double below(double x) {
  constexpr double far = 8.0;
  return x > far ? 1.0 : x < -far ? 0.0 : math::normal_cdf(x);
}

/// Point i of an additive lattice in [0, 1)^d: multiples of the powers of 1 / g, where g is the
/// root of g^(d + 1) = g + 1 (the golden ratio for d = 1). Starts in the middle.
template <std::size_t d>
class Lattice {
 public:
  Lattice() {
    double g = 1.5;
    for (int step = 0; step < 64; ++step) g = math::pow(1.0 + g, 1.0 / double(d + 1));
    double power = 1.0;
    for (double& s : step_) s = power /= g;
  }
  std::array<double, d> operator()(std::size_t i) const {
    std::array<double, d> u;
    for (std::size_t k = 0; k < d; ++k) {
      const double x = 0.5 + double(i + 1) * step_[k];
      u[k] = x - std::floor(x);
    }
    return u;
  }

 private:
  std::array<double, d> step_{};
};

/// Energy left at a place, mm from the cell's corner.
struct Deposit {
  double x, y, energy;
};

/// The sensor's material at all energies up to the highest that is asked for.
class Absorber {
 public:
  Absorber(const Material& material, double highest) {
    std::vector<double> energies;
    for (double e = first; e < highest + 2.0 * spacing; e += spacing) energies.push_back(e);
    const Interactions all = interactions(material, energies);
    for (std::size_t i = 0; i < energies.size(); ++i)
      mu_.push_back(material.density * (all.photoelectric[i] + all.compton[i]));
  }
  /// 1/mm, of what leaves energy (Rayleigh scattering does not).
  double mu(double energy) const {
    const double at = std::max(0.0, (energy - first) / spacing);
    const auto i = std::min(std::size_t(at), mu_.size() - 2);
    return mu_[i] + (at - double(i)) * (mu_[i + 1] - mu_[i]);
  }

 private:
  static constexpr double first = 1.0, spacing = 0.25;  // keV
  std::vector<double> mu_;
};

/// The integrals of one energy.
class Photon {
 public:
  Photon(const CountingSensor& sensor, double column_pitch, double row_pitch,
         std::span<double> counts, std::span<double> pairs)
      : sensor_(sensor),
        pixel_{column_pitch / double(sensor.columns), row_pitch / double(sensor.rows)},
        counts_(counts),
        pairs_(pairs) {}

  /// What some deposits of one photon are counted as, `weight` times.
  void add(std::span<const Deposit> deposits, double weight) {
    used_ = 0;
    for (const Deposit& deposit : deposits) spread(deposit);
    const std::size_t bins = sensor_.bins();
    std::size_t counted = 0;
    for (std::size_t i = 0; i < used_; ++i) {
      Pixel& p = pixels_[i];
      double above = over(p.energy, 0);
      if (above < negligible) continue;
      for (std::size_t b = 0; b < bins; ++b) {
        const double next = b + 1 < bins ? over(p.energy, b + 1) : 0.0;
        p.bin[b] = above - next;
        counts_[b] += weight * p.bin[b];
        above = next;
      }
      std::swap(pixels_[counted++], p);
    }
    for (std::size_t i = 0; i < counted; ++i)
      for (std::size_t j = i + 1; j < counted; ++j) pair(pixels_[i], pixels_[j], weight);
  }

 private:
  static constexpr double negligible = 1e-9;
  static constexpr std::size_t most_bins = 8, most_pixels = 18;
  struct Pixel {
    std::int64_t column, row;
    double energy;
    std::array<double, most_bins> bin;
  };

  /// Probability that a pulse of this energy exceeds a threshold.
  double over(double energy, std::size_t threshold) const {
    const double noise = sensor_.electronic_noise;
    const double variance = noise * noise + sensor_.fano_factor * sensor_.pair_energy * energy;
    const double above = energy - sensor_.thresholds[threshold];
    if (variance == 0.0) return above >= 0.0 ? 1.0 : 0.0;
    return below(above / std::sqrt(variance));
  }

  void spread(const Deposit& d) {
    const auto column = std::int64_t(std::floor(d.x / pixel_[0]));
    const auto row = std::int64_t(std::floor(d.y / pixel_[1]));
    if (sensor_.charge_cloud == 0.0) {
      put(column, row, d.energy);
      return;
    }
    const auto across = shares(d.x - double(column) * pixel_[0], pixel_[0]);
    const auto along = shares(d.y - double(row) * pixel_[1], pixel_[1]);
    for (std::int64_t i = 0; i < 3; ++i)
      for (std::int64_t j = 0; j < 3; ++j)
        put(column + i - 1, row + j - 1, d.energy * across[std::size_t(i)] * along[std::size_t(j)]);
  }
  /// Of a cloud at x in a pixel of some width: before the pixel, in it, and behind it.
  std::array<double, 3> shares(double x, double width) const {
    const double before = below(-x / sensor_.charge_cloud);
    const double behind = below((x - width) / sensor_.charge_cloud);
    return {before, 1.0 - before - behind, behind};
  }
  void put(std::int64_t column, std::int64_t row, double energy) {
    for (std::size_t i = 0; i < used_; ++i)
      if (pixels_[i].column == column && pixels_[i].row == row) {
        pixels_[i].energy += energy;
        return;
      }
    pixels_[used_++] = {column, row, energy, {}};
  }

  static std::int64_t cell(std::int64_t pixel, std::int64_t pixels) {
    return pixel >= 0 ? pixel / pixels : -((-pixel + pixels - 1) / pixels);
  }
  void pair(const Pixel& p, const Pixel& q, double weight) {
    auto columns = cell(q.column, sensor_.columns) - cell(p.column, sensor_.columns);
    auto rows = cell(q.row, sensor_.rows) - cell(p.row, sensor_.rows);
    const Pixel *a = &p, *b = &q;
    if (columns < 0 || (columns == 0 && rows < 0)) {
      std::swap(a, b);
      columns = -columns;
      rows = -rows;
    }
    if (columns > 1 || rows > 1 || rows < -1) return;
    const PairOf kind = columns == 0 ? (rows == 0 ? PairOf::cell : PairOf::rows)
                        : rows == 0  ? PairOf::columns
                        : rows == 1  ? PairOf::diagonal
                                     : PairOf::antidiagonal;
    const std::size_t bins = sensor_.bins();
    for (std::size_t m = 0; m < bins; ++m)
      for (std::size_t n = 0; n < bins; ++n) {
        const bool ordered = kind != PairOf::cell || m <= n;
        const std::size_t low = ordered ? m : n, high = ordered ? n : m;
        pairs_[(std::size_t(kind) * bins + low) * bins + high] += weight * a->bin[m] * b->bin[n];
      }
  }

  const CountingSensor& sensor_;
  std::array<double, 2> pixel_;  // mm
  std::span<double> counts_, pairs_;
  std::array<Pixel, most_pixels> pixels_{};
  std::size_t used_ = 0;
};

/// A photon that leaves the place of the first interaction.
struct Leaving {
  double energy, mu, cosine;
};

/// Where it ends, if that is in the sensor.
bool arrive(const Leaving& photon, const std::array<double, 6>& u, double depth, double thickness,
            Deposit& where) {
  const double distance = -math::log1p(-u[5]) / photon.mu;
  const double end = depth + distance * photon.cosine;
  if (end < 0.0 || end > thickness) return false;
  const double across = distance * std::sqrt(std::max(0.0, 1.0 - photon.cosine * photon.cosine));
  const double turn = 2.0 * std::numbers::pi * u[4];
  where.x += across * math::cos(turn);
  where.y += across * math::sin(turn);
  where.energy = photon.energy;
  return true;
}

/// The sums over the lattice for one energy.
class Sum {
 public:
  /// `first`: where in the lattices this energy begins.
  Sum(const CountingSensor& sensor, double column_pitch, double row_pitch, const Absorber& absorber,
      std::size_t first, std::size_t points)
      : sensor_(sensor),
        pitch_{column_pitch, row_pitch},
        absorber_(absorber),
        first_(first),
        points_(points) {}

  /// All of the energy stays where the photon is absorbed.
  void whole(Photon& photon, double energy, double probability) const {
    for (std::size_t i = 0; i < points_; ++i) {
      const auto u = plane_(first_ + i);
      const Deposit all{u[0] * pitch_[0], u[1] * pitch_[1], energy};
      photon.add(std::span(&all, 1), probability / double(points_));
    }
  }
  /// Part of it flies off: in any direction as fluorescence, or as Compton scatter.
  void parted(Photon& photon, double energy, double probability, double line) const {
    const double mu = absorber_.mu(energy);
    const double absorbed = -math::expm1(-mu * sensor_.thickness);
    const double scatter = line == 0.0 ? klein_nishina(energy) : 1.0;
    for (std::size_t i = 0; i < points_; ++i) {
      const auto u = space_(first_ + i);
      const double depth = -math::log1p(-u[2] * absorbed) / mu;
      double weight = probability / double(points_);
      Leaving leaving{line, 0.0, 2.0 * u[3] - 1.0};
      if (line == 0.0) {
        leaving.energy = energy / (1.0 + energy / electron * (1.0 - leaving.cosine));
        weight *= section(leaving.energy / energy, leaving.cosine) / scatter;
      }
      leaving.mu = absorber_.mu(leaving.energy);
      std::array<Deposit, 2> both{};
      both[0] = {u[0] * pitch_[0], u[1] * pitch_[1], energy - leaving.energy};
      both[1] = both[0];
      const bool stays = arrive(leaving, u, depth, sensor_.thickness, both[1]);
      photon.add(std::span(both).first(stays ? 2 : 1), weight);
    }
  }

 private:
  /// Klein and Nishina's cross-section per cosine, without its constants: p^2 (p + 1/p - 1 + c^2)
  /// with p the photon's remaining share.
  static double section(double p, double c) { return p * p * (p + 1.0 / p - 1.0 + c * c); }
  /// Its mean over the lattice's cosines, so that the weights sum to 1.
  double klein_nishina(double energy) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < points_; ++i) {
      const double c = 2.0 * space_(first_ + i)[3] - 1.0;
      sum += section(1.0 / (1.0 + energy / electron * (1.0 - c)), c);
    }
    return sum / double(points_);
  }

  const CountingSensor& sensor_;
  std::array<double, 2> pitch_;
  const Absorber& absorber_;
  std::size_t first_, points_;
  Lattice<2> plane_;
  Lattice<6> space_;
};

}  // namespace

CountingResponse::CountingResponse(const CountingSensor& sensor, double column_pitch,
                                   double row_pitch, std::span<const double> energies,
                                   std::size_t points)
    : bins_(sensor.bins()),
      counts_(energies.size() * bins_, 0.0),
      pairs_(energies.size() * pair_kinds * bins_ * bins_, 0.0) {
  VITRINE_EXPECT(!energies.empty() && points > 0);
  const Material& material = vitrine::material(sensor.material);
  const Interactions all = interactions(material, energies);
  const std::vector<KLine> lines =
      sensor.fluorescence > 0.0 ? k_lines(material) : std::vector<KLine>{};
  // Photoelectric absorption by the element of each line.
  std::vector<std::vector<double>> by_element;
  for (const KLine& line : lines)
    for (const auto& part : material.parts)
      if (part.atomic_number == line.atomic_number) {
        Material one = material;
        one.parts = {{part.atomic_number, 1.0}};
        by_element.push_back(interactions(one, energies).photoelectric);
        for (double& each : by_element.back()) each *= part.mass_fraction;
      }
  const Absorber absorber(material, *std::ranges::max_element(energies));
  const std::size_t square = bins_ * bins_;

  parallel_for(std::ssize(energies), [&](Index index) {
    const auto e = std::size_t(index);
    const double energy = energies[e], photo = all.photoelectric[e], compton = all.compton[e];
    const double detected = -math::expm1(-material.density * (photo + compton) * sensor.thickness);
    // Energies have different parts of the lattice: sums over a spectrum are over all of them.
    const Sum sum(sensor, column_pitch, row_pitch, absorber, e * points, points);
    Photon photon(sensor, column_pitch, row_pitch, std::span(counts_).subspan(e * bins_, bins_),
                  std::span(pairs_).subspan(e * pair_kinds * square, pair_kinds * square));
    double whole = 1.0;
    for (std::size_t l = 0; l < lines.size(); ++l) {
      if (energy <= lines[l].edge) continue;
      const double probability =
          sensor.fluorescence * lines[l].yield * by_element[l][e] / (photo + compton);
      whole -= probability;
      sum.parted(photon, energy, detected * probability, lines[l].energy);
    }
    if (const double scattered = sensor.scatter * compton / (photo + compton); scattered > 0.0) {
      whole -= scattered;
      sum.parted(photon, energy, detected * scattered, 0.0);
    }
    sum.whole(photon, energy, detected * whole);
    make_even(e);
  });
}

/// A mirrored photon makes mirrored pairs: the mean of both.
void CountingResponse::make_even(std::size_t e) {
  const auto at = [&](PairOf kind, std::size_t b, std::size_t c) -> double& {
    return pairs_[((e * pair_kinds + std::size_t(kind)) * bins_ + b) * bins_ + c];
  };
  for (std::size_t b = 0; b < bins_; ++b)
    for (std::size_t c = b; c < bins_; ++c) {
      for (const PairOf kind : {PairOf::columns, PairOf::rows})
        at(kind, b, c) = at(kind, c, b) = 0.5 * (at(kind, b, c) + at(kind, c, b));
      const double mean = 0.25 * (at(PairOf::diagonal, b, c) + at(PairOf::diagonal, c, b) +
                                  at(PairOf::antidiagonal, b, c) + at(PairOf::antidiagonal, c, b));
      for (const PairOf kind : {PairOf::diagonal, PairOf::antidiagonal})
        at(kind, b, c) = at(kind, c, b) = mean;
    }
}

double CountingResponse::total(std::size_t e) const {
  double sum = 0.0;
  for (std::size_t b = 0; b < bins_; ++b) sum += counts(e, b);
  return sum;
}

double CountingResponse::variance(std::size_t e) const {
  double sum = total(e);
  const std::size_t size = pair_kinds * bins_ * bins_;
  for (std::size_t i = 0; i < size; ++i) sum += 2.0 * pairs_[e * size + i];
  return sum;
}

}  // namespace vitrine::physics
