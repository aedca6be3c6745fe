#include "vitrine/physics/beam.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/physics/basis.hpp"
#include "vitrine/physics/quadrature.hpp"

namespace vitrine::physics {
namespace {

constexpr std::size_t node_count = 12;
constexpr std::size_t largest_rank = 8;       // of the tracing kernel
constexpr double largest_basis_error = 1e-4;  // of a line integral
constexpr double largest_line_integral = 12.0;
constexpr std::size_t training_paths = 500, test_paths = 500;

using Table = std::vector<std::vector<double>>;  // [material or path][energy or node]

/// The largest line integral at 70 keV that a material is expected to make: 12 for tissues; less
/// for what attenuates low energies far more than water does (bone about 4, iodine about 1).
double expected_line_integral(const Material& material) {
  const double contrast = mass_attenuation(material, 40.0) / mass_attenuation(material, 100.0);
  const double water = 1.572;  // the same ratio of water
  return largest_line_integral * std::min(1.0, math::pow(water / contrast, 1.3));
}

/// Random mixtures of the materials, as masses per area: [path][material], g/mm^2. Every tenth is
/// empty, short paths are as frequent as long ones.
Table random_paths(const std::vector<double>& mass_scale, std::size_t count, std::uint64_t set) {
  Table paths(count, std::vector<double>(mass_scale.size(), 0.0));
  for (std::size_t p = 0; p < count; ++p) {
    if (p % 10 == 0) continue;
    Rng rng(Stream{set, Draw::test}, p);
    const double u = rng.uniform();
    double share = u * u;
    for (int part = 0; part < 3; ++part) {
      const auto m = std::size_t(rng.below(mass_scale.size()));
      const double taken = share * rng.uniform();
      paths[p][m] += taken * mass_scale[m];
      share -= taken;
    }
  }
  return paths;
}

Table multiply(const Table& paths, const Table& mu) {
  Table out(paths.size(), std::vector<double>(mu.front().size(), 0.0));
  for (std::size_t p = 0; p < paths.size(); ++p)
    for (std::size_t m = 0; m < mu.size(); ++m)
      if (paths[p][m] != 0.0)
        for (std::size_t e = 0; e < mu[m].size(); ++e) out[p][e] += paths[p][m] * mu[m][e];
  return out;
}

double weighted_exp(const std::vector<double>& weights, const std::vector<double>& x) {
  double sum = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * math::exp(-x[i]);
  return sum;
}

void add_material(std::vector<Material>& list, const Material& material) {
  for (const Material& known : list)
    if (known.name == material.name) return;
  list.push_back(material);
}

/// ln of (weights behind x / weights behind y), relative to that of the first row: the largest.
double worst_error(const std::vector<double>& weights, const Table& approximate,
                   const std::vector<double>& reference, const Table& exact) {
  const auto difference = [&](std::size_t p) {
    return math::log(weighted_exp(weights, approximate[p]) / weighted_exp(reference, exact[p]));
  };
  double worst = 0.0;
  for (std::size_t p = 1; p < exact.size(); ++p)
    worst = std::max(worst, std::abs(difference(p) - difference(0)));
  return worst;
}

struct ChosenBasis {
  Basis basis;
  double error = 0.0;  ///< of line integrals, quadrature and basis together
};

/// The basis of the smallest rank that keeps line integrals right, on mixtures of its own.
ChosenBasis choose_basis(const Table& mu, const std::vector<double>& spectrum,
                         const Quadrature& quadrature, const std::vector<double>& mass_scale) {
  const std::size_t nodes = quadrature.nodes.size();
  Table node_mu(mu.size(), std::vector<double>(nodes));
  for (std::size_t m = 0; m < mu.size(); ++m)
    for (std::size_t j = 0; j < nodes; ++j) node_mu[m][j] = mu[m][quadrature.nodes[j]];
  const Table paths = random_paths(mass_scale, test_paths, 3);
  const Table node_x = multiply(paths, node_mu);
  std::vector<double> share(nodes, 0.0);  // of the signal, at each node
  for (const auto& x : node_x) {
    const double whole = weighted_exp(quadrature.mean, x);
    for (std::size_t j = 0; j < nodes; ++j)
      share[j] += quadrature.mean[j] * math::exp(-x[j]) / whole / double(test_paths);
  }
  for (double& s : share) s = std::max(s, 1e-6);

  const std::size_t last = std::min(nodes, largest_rank);
  for (std::size_t rank = 1;; ++rank) {
    ChosenBasis out{fit_basis(node_mu, mass_scale, share, rank)};
    Table basis_mu(mu.size(), std::vector<double>(nodes, 0.0));
    for (std::size_t m = 0; m < mu.size(); ++m)
      for (std::size_t j = 0; j < nodes; ++j)
        for (std::size_t k = 0; k < rank; ++k)
          basis_mu[m][j] += out.basis.coefficient[m][k] * out.basis.function[j][k];
    const Table x = multiply(paths, basis_mu);
    if (rank < last &&
        worst_error(quadrature.mean, x, quadrature.mean, node_x) > largest_basis_error)
      continue;
    out.error = worst_error(quadrature.mean, x, spectrum, multiply(paths, mu));
    return out;
  }
}

/// Kerma at the axis of the beam that the published CTDI is taken to belong to, mGy/mAs.
double published_kerma() {
  const Material& aluminium = material("aluminium");
  Spectrum tube = tube_spectrum(120.0, 7.0 * units::deg);
  double low = 0.0, high = 40.0;
  for (int step = 0; step < 40; ++step) {
    const double middle = 0.5 * (low + high);
    (half_value_layer(filtered(tube, aluminium, middle), aluminium) < 8.0 ? low : high) = middle;
  }
  const double metre_over_distance = 1000.0 / 570.0;
  return air_kerma(filtered(tube, aluminium, low)) * metre_over_distance * metre_over_distance;
}

}  // namespace

double bowtie_thickness(const Bowtie& bowtie, double fan_angle) {
  const auto& x = bowtie.angles;
  const auto& y = bowtie.thickness;
  VITRINE_EXPECT(!x.empty() && x.size() == y.size());
  const double angle = std::abs(fan_angle);
  if (angle >= x.back()) return y.back();
  const auto i = std::size_t(std::ranges::upper_bound(x, angle) - x.begin()) - 1;
  // Fritsch and Butland 1984: harmonic mean of the neighbouring slopes; 0 on the central ray.
  const auto slope = [&](std::size_t k) { return (y[k + 1] - y[k]) / (x[k + 1] - x[k]); };
  const auto tangent = [&](std::size_t k) {
    if (k == 0) return 0.0;
    if (k + 1 == x.size()) return slope(k - 1);
    const double before = slope(k - 1), after = slope(k);
    return before * after <= 0.0 ? 0.0 : 2.0 * before * after / (before + after);
  };
  const double h = x[i + 1] - x[i], t = (angle - x[i]) / h, r = 1.0 - t;
  return y[i] * r * r * (1.0 + 2.0 * t) + y[i + 1] * t * t * (1.0 + 2.0 * r) +
         h * t * r * (r * tangent(i) - t * tangent(i + 1));
}

Beam::Beam(const Scanner& scanner, double kv, std::span<const Material> materials)
    : kv_(kv),
      rows_(scanner.rows),
      materials_(materials.begin(), materials.end()),
      incident_(tube_spectrum(kv, scanner.anode_angle)),
      bowtie_material_(material(scanner.bowtie.material)),
      electronic_noise_(scanner.detector.electronic_noise),
      focal_spot_width_(scanner.focal_spot_width),
      focal_spot_length_(scanner.focal_spot_length) {
  add_material(materials_, material("water"));
  add_material(materials_, material("air"));
  for (const Filter& filter : scanner.filters)
    incident_ = filtered(std::move(incident_), material(filter.material), filter.thickness);
  const auto& energies = incident_.energies;
  const std::size_t energy_count = energies.size();

  // What a photon of each energy adds to the signal and to its variance.
  const Material& scintillator = material(scanner.detector.scintillator);
  absorbed_.resize(energy_count);
  std::vector<double> mean(energy_count), variance(energy_count);
  for (std::size_t e = 0; e < energy_count; ++e) {
    absorbed_[e] = 1.0 - math::exp(-linear_attenuation(scintillator, energies[e]) *
                                   scanner.detector.thickness);
    mean[e] = incident_.fluence[e] * absorbed_[e] * energies[e];
    variance[e] = mean[e] * energies[e];
  }

  // Nodes: fitted to mixtures of all materials behind every thickness of the bowtie.
  Table mu;
  std::vector<double> mass_scale;
  for (const Material& m : materials_) {
    mu.push_back(mass_attenuation(m, energies));
    mass_scale.push_back(expected_line_integral(m) / mass_attenuation(m, 70.0));
  }
  const double thickest = *std::ranges::max_element(scanner.bowtie.thickness);
  const auto bowtie_mu = mass_attenuation(bowtie_material_, energies);
  const auto behind_bowtie = [&](const Table& paths, std::uint64_t set) {
    Table x = multiply(paths, mu);
    for (std::size_t p = 0; p < x.size(); ++p) {
      const double mass =
          thickest * bowtie_material_.density * Rng(Stream{set, Draw::test}, p).uniform();
      for (std::size_t e = 0; e < energy_count; ++e) x[p][e] += mass * bowtie_mu[e];
    }
    return x;
  };
  const Quadrature quadrature = fit_quadrature(
      mean, variance, behind_bowtie(random_paths(mass_scale, training_paths, 1), 2), node_count);
  const std::size_t nodes = quadrature.nodes.size();
  for (const std::size_t e : quadrature.nodes) node_energies_.push_back(energies[e]);

  ChosenBasis chosen = choose_basis(mu, mean, quadrature, mass_scale);
  fit_error_ = chosen.error;
  Basis& basis = chosen.basis;
  rank_ = basis.rank;
  coefficients_ = std::move(basis.coefficient);
  functions_ = std::move(basis.function);
  for (const auto& row : functions_)
    for (const double value : row) exponents_.push_back(float(-std::numbers::log2e * value));

  // Columns: the bowtie's own weights and absolute scale.
  const double metre_over_distance = 1000.0 / scanner.source_to_detector;
  const double sensitive_area = metre_over_distance * metre_over_distance * scanner.column_pitch *
                                scanner.row_pitch * scanner.detector.fill_factor;
  columns_.resize(std::size_t(scanner.columns));
  const ScanGeometry geometry = hardware_geometry(scanner);
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    Column& column = columns_[c];
    column.bowtie = bowtie_thickness(scanner.bowtie, geometry.fan_angle(double(c)));
    const double mass = column.bowtie * bowtie_material_.density;
    double signal = 0.0, square = 0.0, quanta_sum = 0.0;
    for (std::size_t e = 0; e < energy_count; ++e) {
      const double left = math::exp(-mass * bowtie_mu[e]) * Spectrum::bin_width * sensitive_area;
      signal += mean[e] * left;
      square += variance[e] * left;
      quanta_sum += mean[e] / energies[e] * left;
    }
    column.air_signal = signal;
    column.air_quanta = signal * signal / square;
    column.mean_energy = signal / quanta_sum;
    double mean_sum = 0.0, variance_sum = 0.0;
    for (std::size_t j = 0; j < nodes; ++j) {
      const double left = math::exp(-mass * bowtie_mu[quadrature.nodes[j]]);
      column.mean.push_back(quadrature.mean[j] * left);
      column.variance.push_back(quadrature.variance[j] * left);
      mean_sum += column.mean.back();
      variance_sum += column.variance.back();
    }
    for (double& w : column.mean) w /= mean_sum;
    for (double& w : column.variance) w /= variance_sum;
    for (const double w : column.mean) weights_.push_back(float(w));
    for (const double w : column.variance) weights_.push_back(float(w));
  }

  set_reference(scanner);
}

/// Reference energy, kerma and dose of the central ray.
void Beam::set_reference(const Scanner& scanner) {
  const Material& water = material("water");
  const double effective = -math::log(water_signal(columns() / 2, 200.0)) / 200.0;
  double low = 10.0, high = kv_;
  for (int step = 0; step < 60; ++step) {
    const double middle = 0.5 * (low + high);
    (linear_attenuation(water, middle) > effective ? low : high) = middle;
  }
  effective_energy_ = 0.5 * (low + high);
  mu_water_ = linear_attenuation(water, effective_energy_);
  mu_air_ = linear_attenuation(material("air"), effective_energy_);
  const Spectrum central =
      filtered(incident_, bowtie_material_, bowtie_thickness(scanner.bowtie, 0.0));
  half_value_layer_ = physics::half_value_layer(central, material("aluminium"));
  const double metre_over_iso = 1000.0 / scanner.source_to_iso;
  kerma_at_isocentre_ = air_kerma(central) * metre_over_iso * metre_over_iso;
  constexpr double published_ctdi_32 = 0.078;  // mGy/mAs, 120 kV, mean of 43 scanners
  ctdi_vol_32_ = published_ctdi_32 * kerma_at_isocentre_ / published_kerma();
}

std::size_t Beam::known(std::string_view name) const {
  for (std::size_t m = 0; m < materials_.size(); ++m)
    if (materials_[m].name == name) return m;
  throw Error(Error::Kind::input,
              str("material '", name, "' is not among those the beam was built ",
                  "for. Give Beam every material of the scene."));
}

std::span<const double> Beam::coefficients(const Material& material) const {
  return coefficients_[known(material.name)];
}

std::vector<double> Beam::integrals(std::span<const Path> paths) const {
  std::vector<double> sums(rank_, 0.0);
  for (const Path& path : paths) {
    const std::size_t m = known(path.material);
    const double density = path.density != 0.0 ? path.density : materials_[m].density;
    for (std::size_t k = 0; k < rank_; ++k) sums[k] += coefficients_[m][k] * density * path.length;
  }
  return sums;
}

double Beam::transmission(Index column, std::span<const Path> paths) const {
  const auto sums = integrals(paths);
  const auto& weights = columns_[std::size_t(column)].mean;
  double signal = 0.0;
  for (std::size_t j = 0; j < nodes(); ++j) {
    double x = 0.0;
    for (std::size_t k = 0; k < rank_; ++k) x += functions_[j][k] * sums[k];
    signal += weights[j] * math::exp(-x);
  }
  return signal;
}

double Beam::exact_transmission(Index column, std::span<const Path> paths) const {
  const double bowtie = columns_[std::size_t(column)].bowtie;
  double before = 0.0, behind = 0.0;
  for (std::size_t e = 0; e < incident_.energies.size(); ++e) {
    const double energy = incident_.energies[e];
    const double weight = incident_.fluence[e] * absorbed_[e] * energy *
                          math::exp(-linear_attenuation(bowtie_material_, energy) * bowtie);
    double x = 0.0;
    for (const Path& path : paths) {
      const Material& m = materials_[known(path.material)];
      x += mass_attenuation(m, energy) * (path.density != 0.0 ? path.density : m.density) *
           path.length;
    }
    before += weight;
    behind += weight * math::exp(-x);
  }
  return behind / before;
}

double Beam::quanta(Index column, std::span<const Path> paths) const {
  const auto sums = integrals(paths);
  const Column& here = columns_[std::size_t(column)];
  double mean = 0.0, variance = 0.0;
  for (std::size_t j = 0; j < nodes(); ++j) {
    double x = 0.0;
    for (std::size_t k = 0; k < rank_; ++k) x += functions_[j][k] * sums[k];
    const double left = math::exp(-x);
    mean += here.mean[j] * left;
    variance += here.variance[j] * left;
  }
  return here.air_quanta * mean * mean / variance;
}

double Beam::water_signal(Index column, double length) const {
  const Path water{"water", length, 0.0};
  return transmission(column, std::span(&water, 1));
}

}  // namespace vitrine::physics
