// What one photon is counted as, against integrals and single photons of another making.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <numbers>
#include <vector>

#include "vitrine/core/math.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/model/material.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/physics/counting/response.hpp"
#include "vitrine/physics/fluorescence.hpp"
#include "vitrine/physics/scattering.hpp"

using namespace vitrine;
using namespace vitrine::physics;

namespace {

CountingSensor ideal() {
  CountingSensor s;
  s.thresholds = {20.0, 50.0};
  return s;
}

CountingSensor real(const char* material = "cadmium_telluride") {
  CountingSensor s = ideal();
  s.material = material;
  s.thickness = 1.6;
  s.charge_cloud = 0.025;
  s.fluorescence = 1.0;
  s.scatter = 1.0;
  s.electronic_noise = 2.0;
  s.fano_factor = 0.1;
  return s;
}

double share(double below, double above, double sigma) {
  return math::normal_cdf(above / sigma) - math::normal_cdf(below / sigma);
}

/// Counts and pairs of many photons, one after the other, by their definition.
struct Tally {
  double photons = 0.0;
  std::map<std::size_t, double> counts;           // by bin
  std::map<std::array<int, 4>, double> products;  // of two counts: columns and rows apart, bins
};

/// Photons of an energy fall on cell (0, 0); K fluorescence, Compton scatter and the charge's
/// spread are drawn, and every pixel within two of a deposit is asked what it counts.
Tally single_photons(const CountingSensor& s, double column_pitch, double row_pitch, double energy,
                     int photons) {
  const Material& material = vitrine::material(s.material);
  const double px = column_pitch / double(s.columns), py = row_pitch / double(s.rows);
  const auto cross = [&](double e, bool of_photo) {
    const auto all = interactions(material, std::vector{e});
    return material.density * (of_photo ? all.photoelectric[0] : all.compton[0]);
  };
  const double photo = cross(energy, true), compton = cross(energy, false);
  struct Branch {
    double probability, energy;
  };
  std::vector<Branch> lines;
  for (const KLine& line : k_lines(material))
    for (const auto& part : material.parts)
      if (part.atomic_number == line.atomic_number && energy > line.edge) {
        Material one = material;
        one.parts = {{part.atomic_number, 1.0}};
        const double of_this = material.density * part.mass_fraction *
                               interactions(one, std::vector{energy}).photoelectric[0];
        lines.push_back({of_this / photo * line.yield, line.energy});
      }
  std::vector<double> mu_of_lines;
  for (const Branch& line : lines)
    mu_of_lines.push_back(cross(line.energy, true) + cross(line.energy, false));
  std::map<int, double> mu_by_kev;
  for (int e = 1; e <= int(energy) + 1; ++e)
    mu_by_kev[e] = cross(std::max(1, e), true) + cross(std::max(1, e), false);

  Tally tally;
  tally.photons = photons;
  Rng rng(Stream{std::uint64_t(energy), Draw::test}, 7);
  for (int n = 0; n < photons; ++n) {
    const double depth = -math::log(1.0 - rng.uniform()) / (photo + compton);
    const double x = rng.uniform() * column_pitch, y = rng.uniform() * row_pitch;
    if (depth > s.thickness) continue;
    double left = energy, gone = 0.0, mu = 0.0, cosine = 2.0 * rng.uniform() - 1.0;
    if (rng.uniform() < photo / (photo + compton)) {
      double u = rng.uniform();
      for (std::size_t l = 0; l < lines.size(); ++l) {
        if (u >= 0.0 && u < lines[l].probability) {
          gone = lines[l].energy;
          mu = mu_of_lines[l];
        }
        u -= lines[l].probability;
      }
      if (rng.uniform() >= s.fluorescence) gone = 0.0;
    } else if (rng.uniform() < s.scatter) {
      for (;;) {  // Klein and Nishina by rejection
        const double p = 1.0 / (1.0 + energy / 510.99895 * (1.0 - cosine));
        if (2.0 * rng.uniform() < p * p * (p + 1.0 / p - 1.0 + cosine * cosine)) {
          gone = p * energy;
          break;
        }
        cosine = 2.0 * rng.uniform() - 1.0;
      }
      const int below = int(gone);
      mu = mu_by_kev[below] + (gone - below) * (mu_by_kev[below + 1] - mu_by_kev[below]);
    }
    left -= gone;
    double x2 = x, y2 = y;
    if (gone > 0.0) {
      const double way = -math::log(1.0 - rng.uniform()) / mu;
      const double turn = 2.0 * std::numbers::pi * rng.uniform();
      const double side = way * std::sqrt(1.0 - cosine * cosine);
      const double end = depth + way * cosine;
      x2 += side * math::cos(turn);
      y2 += side * math::sin(turn);
      if (end < 0.0 || end > s.thickness) gone = 0.0;
    }
    std::vector<std::array<double, 3>> pixels;  // column, row, energy
    const auto leave = [&](double at_x, double at_y, double e) {
      const int i0 = int(std::floor(at_x / px)), j0 = int(std::floor(at_y / py));
      for (int i = i0 - 1; i <= i0 + 1; ++i) {
        const double column = share(i * px - at_x, (i + 1) * px - at_x, s.charge_cloud);
        if (column < 1e-6) continue;
        for (int j = j0 - 1; j <= j0 + 1; ++j) {
          const double part =
              e * column * share(j * py - at_y, (j + 1) * py - at_y, s.charge_cloud);
          bool found = false;
          for (auto& pixel : pixels)
            if (int(pixel[0]) == i && int(pixel[1]) == j) {
              pixel[2] += part;
              found = true;
            }
          if (!found) pixels.push_back({double(i), double(j), part});
        }
      }
    };
    leave(x, y, left);
    if (gone > 0.0) leave(x2, y2, gone);
    struct Count {
      int column, row, bin;
    };
    std::vector<Count> counts;
    for (const auto& [column, row, e] : pixels) {
      if (e < 1e-3) continue;
      const double deviation =
          std::sqrt(s.electronic_noise * s.electronic_noise + s.fano_factor * s.pair_energy * e);
      const double pulse = e + deviation * rng.normal();
      int bin = -1;
      for (const double threshold : s.thresholds) bin += pulse >= threshold;
      if (bin >= 0)
        counts.push_back({int(std::floor(column / double(s.columns))),
                          int(std::floor(row / double(s.rows))), bin});
    }
    for (const Count& a : counts) {
      tally.counts[std::size_t(a.bin)] += 1.0;
      for (const Count& b : counts)
        if (&a != &b) tally.products[{b.column - a.column, b.row - a.row, a.bin, b.bin}] += 1.0;
    }
  }
  return tally;
}

}  // namespace

TEST_CASE("an ideal sensor counts every photon it absorbs once, in the bin of its energy") {
  const std::vector<double> energies{15.0, 20.0, 49.5, 50.0, 120.0};
  const CountingSensor s = ideal();
  const CountingResponse response(s, 0.3, 0.3, energies, 16);
  for (std::size_t e = 0; e < energies.size(); ++e) {
    const auto all = interactions(material(s.material), std::vector{energies[e]});
    const double mu = material(s.material).density * (all.photoelectric[0] + all.compton[0]);
    const double absorbed = 1.0 - math::exp(-mu * s.thickness);
    const bool low = energies[e] >= 20.0 && energies[e] < 50.0, high = energies[e] >= 50.0;
    CHECK(std::abs(response.counts(e, 0) - (low ? absorbed : 0.0)) < 1e-12);
    CHECK(std::abs(response.counts(e, 1) - (high ? absorbed : 0.0)) < 1e-12);
    CHECK(response.variance(e) == response.total(e));
  }
}

TEST_CASE("charge sharing's counts and pairs are those of the double integral over a pixel") {
  // Without noise, fluorescence and scatter a photon's counts follow from its place alone.
  CountingSensor s = ideal();
  s.charge_cloud = 0.03;
  const double column_pitch = 0.25, row_pitch = 0.35, energy = 70.0;
  const CountingResponse response(s, column_pitch, row_pitch, std::vector{energy}, 16384);
  const auto all = interactions(material(s.material), std::vector{energy});
  const double absorbed = 1.0 - math::exp(-material(s.material).density *
                                          (all.photoelectric[0] + all.compton[0]) * s.thickness);
  constexpr int steps = 1000;
  std::array<double, 2> counts{};
  double columns[2][2] = {}, rows[2][2] = {};
  std::vector<std::array<double, 3>> across(steps), along(steps);
  for (int a = 0; a < steps; ++a)
    for (int i = 0; i < 3; ++i) {
      const double x = (a + 0.5) / steps * column_pitch, y = (a + 0.5) / steps * row_pitch;
      across[std::size_t(a)][std::size_t(i)] =
          share((i - 1) * column_pitch - x, i * column_pitch - x, s.charge_cloud);
      along[std::size_t(a)][std::size_t(i)] =
          share((i - 1) * row_pitch - y, i * row_pitch - y, s.charge_cloud);
    }
  for (int a = 0; a < steps; ++a)
    for (int b = 0; b < steps; ++b) {
      int bin[3][3];
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
          const double e = energy * across[std::size_t(a)][std::size_t(i)] *
                           along[std::size_t(b)][std::size_t(j)];
          bin[i][j] = e >= 50.0 ? 1 : e >= 20.0 ? 0 : -1;
          if (bin[i][j] >= 0) counts[std::size_t(bin[i][j])] += absorbed / (steps * steps);
        }
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
          if (bin[i][j] < 0) continue;
          if (i < 2 && bin[i + 1][j] >= 0)
            columns[bin[i][j]][bin[i + 1][j]] += absorbed / (steps * steps);
          if (j < 2 && bin[i][j + 1] >= 0)
            rows[bin[i][j]][bin[i][j + 1]] += absorbed / (steps * steps);
        }
    }
  for (std::size_t b = 0; b < 2; ++b) {
    CAPTURE(b);
    CHECK(std::abs(response.counts(0, b) / counts[b] - 1.0) < 0.01);
  }
  for (const auto& [kind, exact] :
       {std::pair(PairOf::columns, &columns), std::pair(PairOf::rows, &rows)}) {
    CHECK(std::abs(response.pairs(0, kind, 0, 0) / (*exact)[0][0] - 1.0) < 0.01);
    CHECK(std::abs(response.pairs(0, kind, 0, 1) - (*exact)[0][1]) < 1e-4);
  }
  // 70 keV cannot exceed 50 twice.
  CHECK(response.pairs(0, PairOf::columns, 1, 1) == 0.0);
}

TEST_CASE("counts and pairs are those of single photons within 1 %", "[full]") {
  struct Case {
    const char* material;
    double column_pitch, row_pitch, energy;
    std::int64_t pixels;
  };
  for (const Case& c :
       {Case{"cadmium_telluride", 0.275, 0.322, 60.0, 1},
        Case{"cadmium_telluride", 0.275, 0.322, 110.0, 1},
        Case{"cadmium_zinc_telluride", 0.5, 0.5, 80.0, 2}, Case{"silicon", 0.4, 0.5, 70.0, 1},
        Case{"gallium_arsenide", 0.25, 0.25, 60.0, 1}}) {
    CountingSensor s = real(c.material);
    s.columns = s.rows = c.pixels;
    if (std::string(c.material) == "silicon") s.thickness = 30.0;
    CAPTURE(c.material, c.energy);
    constexpr int photons = 400'000;
    const Tally tally = single_photons(s, c.column_pitch, c.row_pitch, c.energy, photons);
    const CountingResponse response(s, c.column_pitch, c.row_pitch, std::vector{c.energy}, 200'000);
    // 1 %, and four standard deviations of what was drawn.
    const auto agrees = [&](double value, double counted) {
      CAPTURE(value * photons, counted);
      CHECK(std::abs(value * photons - counted) <
            0.01 * counted + 4.0 * std::sqrt(counted) + 1e-5 * photons);
    };
    const auto product = [&](int columns, int rows, int b, int d) {
      const auto found = tally.products.find({columns, rows, b, d});
      return found == tally.products.end() ? 0.0 : found->second;
    };
    for (int b = 0; b < 2; ++b) {
      agrees(response.counts(0, std::size_t(b)), tally.counts.at(std::size_t(b)));
      for (int d = 0; d < 2; ++d) {
        const auto pairs = [&](PairOf kind) {
          return response.pairs(0, kind, std::size_t(b), std::size_t(d));
        };
        if (b <= d)
          agrees(pairs(PairOf::cell),
                 product(0, 0, b, d) / (b == d ? 2.0 : 1.0));  // each is met twice
        agrees(pairs(PairOf::columns), product(1, 0, b, d));
        agrees(pairs(PairOf::rows), product(0, 1, b, d));
        agrees(pairs(PairOf::diagonal), product(1, 1, b, d));
        agrees(pairs(PairOf::antidiagonal), product(1, -1, b, d));
      }
    }
  }
}

TEST_CASE("few points for each of many energies give what many points do", "[full]") {
  std::vector<double> energies;
  for (double e = 40.0; e < 100.0; e += 0.5) energies.push_back(e);
  const CountingResponse few(real(), 0.275, 0.322, energies);
  const CountingResponse many(real(), 0.275, 0.322, energies, 8192);
  const auto sum = [&](const auto& value) {
    double all = 0.0;
    for (std::size_t e = 0; e < energies.size(); ++e) all += value(e);
    return all;
  };
  for (std::size_t b = 0; b < 2; ++b) {
    const double exact = sum([&](std::size_t e) { return many.counts(e, b); });
    CHECK(std::abs(sum([&](std::size_t e) { return few.counts(e, b); }) / exact - 1.0) < 2e-3);
    for (const PairOf kind : {PairOf::columns, PairOf::rows}) {
      const double pairs = sum([&](std::size_t e) { return many.pairs(e, kind, 0, b); });
      CAPTURE(b, pairs);
      CHECK(std::abs(sum([&](std::size_t e) { return few.pairs(e, kind, 0, b); }) / pairs - 1.0) <
            0.005);
    }
  }
}
