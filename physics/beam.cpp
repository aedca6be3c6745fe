#include "vitrine/physics/beam.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/monotone_cubic.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/physics/detail/beam_fit.hpp"
#include "vitrine/physics/detail/beam_spectra.hpp"
#include "vitrine/physics/detail/between.hpp"
#include "vitrine/physics/detail/heel.hpp"
#include "vitrine/physics/incident.hpp"

namespace vitrine::physics {
namespace {

void add_material(std::vector<Material>& list, const Material& material) {
  for (const Material& known : list)
    if (known.name == material.name) return;
  list.push_back(material);
}

/// The most that a ray may meet of the bowtie, mm.
double thickest_bowtie(const Scanner& scanner) {
  constexpr double widest = 0.5 * std::numbers::pi;
  return scanner.bowtie.cylinder ? bowtie_thickness(scanner, widest)
                                 : *std::ranges::max_element(scanner.bowtie.thickness);
}

/// What a cell detects with, as an area at 1 m, mm^2.
double sensitive_area_of(const Scanner& scanner) {
  const double metre_over_distance = 1000.0 / scanner.source_to_detector;
  double area = metre_over_distance * metre_over_distance * scanner.column_pitch *
                scanner.row_pitch * scanner.detector.fill_factor;
  if (const auto& grid = scanner.detector.anti_scatter_grid)
    area *= 1.0 - grid->septum_share * (1.0 - grid->transmission);
  return area;
}

/// Throws Error where a channel would read (nearly) nothing with nothing but air in the beam.
void require_photons(const detail::FitTask& task, const Scanner& scanner) {
  constexpr double fewest = 100.0;  // quanta per mAs: a clinical beam has 1e5 to 1e6
  for (const double mass : {task.centre, task.edge}) {
    double signal = 0.0, square = 0.0;
    for (std::size_t e = 0; e < task.mean.size(); ++e) {
      const double left = math::exp(-mass * task.shaper[e]);
      signal += task.mean[e] * left;
      square += task.variance[e] * left;
    }
    const double quanta =
        square > 0.0 ? signal * signal / square * Spectrum::bin_width * sensitive_area_of(scanner)
                     : 0.0;
    require(quanta >= fewest, Error::Kind::input, "filters and bowtie of ", scanner.name, " leave ",
            quanta, " quanta per mAs in a reading of ",
            mass == task.centre ? "the central" : "the first", " channel without a patient (",
            fewest, " are needed; a usual beam has 1e5 to 1e6). Use thinner filters or a higher ",
            "tube voltage.");
  }
}

/// Where water attenuates as much.
ReferenceEnergy energy_of(double water_attenuation, double kv) {
  const Material& water = material("water");
  double low = 10.0, high = kv;
  for (int step = 0; step < 60; ++step) {
    const double middle = 0.5 * (low + high);
    (linear_attenuation(water, middle) > water_attenuation ? low : high) = middle;
  }
  const double energy = 0.5 * (low + high);
  return {energy, linear_attenuation(water, energy), linear_attenuation(material("air"), energy)};
}

}  // namespace

bool can_share_rays(const Scanner& scanner) {
  return !scanner.heel_effect && !scanner.detector.sensor;
}

double bowtie_thickness(const Bowtie& bowtie, double fan_angle) {
  return monotone_cubic(bowtie.angles, bowtie.thickness, std::abs(fan_angle));
}

double bowtie_thickness(const Scanner& scanner, double fan_angle) {
  if (!scanner.bowtie.cylinder) return bowtie_thickness(scanner.bowtie, fan_angle);
  const CylinderBowtie& shape = *scanner.bowtie.cylinder;
  const double radius = 0.5 * shape.diameter;
  const double beside = scanner.source_to_iso * math::sin(fan_angle);
  const double chord = 2.0 * std::sqrt(std::max(0.0, radius * radius - beside * beside));
  const double ratio = linear_attenuation(material("water"), shape.energy) /
                       linear_attenuation(material(scanner.bowtie.material), shape.energy);
  return shape.thinnest + shape.share * (2.0 * radius - chord) * ratio;
}

Beam::Beam(const Scanner& scanner, double kv, std::span<const Material> materials,
           std::span<const double> other_voltages)
    : kv_(kv),
      rows_(scanner.rows),
      materials_(materials.begin(), materials.end()),
      incident_(incident_spectrum(scanner, kv)),
      bowtie_material_(material(scanner.bowtie.material)),
      electronic_noise_(scanner.detector.sensor ? 0.0 : scanner.detector.electronic_noise),
      detector_(scanner.detector),
      spot_across_(SpotProfile::across(scanner)),
      spot_along_(SpotProfile::along(scanner)) {
  add_material(materials_, material("water"));
  add_material(materials_, material("air"));
  detail::Heel heel = detail::heel_of(scanner, kv);
  const auto& energies = incident_.energies;
  const std::size_t energy_count = energies.size();

  // What a photon of each energy adds to the signal and to its variance.
  detail::Taken taken =
      scanner.detector.sensor ? counted(scanner) : detail::taken_up(scanner.detector, incident_);
  absorbed_ = std::move(taken.absorbed);
  const std::vector<double>&mean = taken.mean, &variance = taken.variance;

  const ScanGeometry geometry = hardware_geometry(scanner);
  detail::FitTask task;
  task.materials = materials_;
  task.energies = energies;
  task.mean = mean;
  task.variance = variance;
  task.shaper = mass_attenuation(bowtie_material_, energies);
  task.thickest = thickest_bowtie(scanner) * bowtie_material_.density;
  task.centre = bowtie_thickness(scanner, 0.0) * bowtie_material_.density;
  task.edge = bowtie_thickness(scanner, geometry.fan_angle(0.0)) * bowtie_material_.density;
  task.rows = heel.ratio;
  if (response_) {
    task.keep_mixtures = true;
    for (std::size_t b = 1; b < response_->bins(); ++b) {
      task.bins.emplace_back(incident_.fluence);
      for (std::size_t e = 0; e < energy_count; ++e) task.bins.back()[e] *= response_->counts(e, b);
    }
  }
  require_photons(task, scanner);
  const auto tasks = detail::tasks_of_voltages(
      scanner, kv, task, can_share_rays(scanner) ? other_voltages : std::span<const double>{});
  const auto own = std::ranges::find(tasks, energies, &detail::FitTask::energies) - tasks.begin();
  detail::BeamFit fit = detail::fit_beam(tasks, std::size_t(own));
  const Quadrature& quadrature = fit.quadrature;
  const auto& bowtie_mu = task.shaper;
  const std::size_t nodes = quadrature.nodes.size();
  for (const std::size_t e : quadrature.nodes) node_energies_.push_back(energies[e]);
  fit_centre_ = fit.centre;
  fit_edge_ = fit.edge;
  rank_ = fit.basis.rank;
  heel_rows_ = std::move(heel.rows);
  heel_mean_ = std::move(fit.row_mean);
  heel_variance_ = std::move(fit.row_variance);
  coefficients_ = std::move(fit.basis.coefficient);
  functions_ = std::move(fit.basis.function);
  for (const auto& row : functions_)
    for (const double value : row) exponents_.push_back(float(-std::numbers::log2e * value));

  // Columns: the bowtie's own weights and absolute scale.
  const double sensitive_area = sensitive_area_of(scanner);
  columns_.resize(std::size_t(scanner.columns));
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    Column& column = columns_[c];
    column.bowtie = bowtie_thickness(scanner, geometry.fan_angle(double(c)));
    const double mass = column.bowtie * bowtie_material_.density;
    double signal = 0.0, square = 0.0, quanta_sum = 0.0;
    column.heel_signal.assign(heel_rows_.size(), 0.0);
    column.heel_square.assign(heel_rows_.size(), 0.0);
    for (std::size_t e = 0; e < energy_count; ++e) {
      const double left = math::exp(-mass * bowtie_mu[e]) * Spectrum::bin_width * sensitive_area;
      signal += mean[e] * left;
      square += variance[e] * left;
      quanta_sum += (response_ ? mean[e] * energies[e] : mean[e] / energies[e]) * left;
      for (std::size_t r = 0; r < heel_rows_.size(); ++r) {
        column.heel_signal[r] += mean[e] * heel.ratio[r][e] * left;
        column.heel_square[r] += variance[e] * heel.ratio[r][e] * left;
      }
    }
    column.air_signal = signal;
    column.air_quanta = signal * signal / square;
    column.mean_energy = response_ ? quanta_sum / signal : signal / quanta_sum;
    double mean_sum = 0.0, variance_sum = 0.0;
    for (std::size_t j = 0; j < nodes; ++j) {
      const double left = math::exp(-mass * bowtie_mu[quadrature.nodes[j]]);
      column.left.push_back(left);
      column.mean.push_back(quadrature.mean[j] * left);
      column.variance.push_back(quadrature.variance[j] * left);
      mean_sum += column.mean.back();
      variance_sum += column.variance.back();
    }
    for (double& w : column.mean) w /= mean_sum;
    for (double& w : column.variance) w /= variance_sum;
    for (const auto* weights : {&column.mean, &column.variance})
      for (const double w : heel_rows_.empty() ? *weights : column.left)
        weights_.push_back(float(w));
  }

  if (response_) set_bins(scanner, fit, bowtie_mu, sensitive_area);
  set_reference(scanner);
}

detail::Taken Beam::counted(const Scanner& scanner) {
  const CountingSensor& sensor = *scanner.detector.sensor;
  require(sensor.thresholds.back() < kv_, Error::Kind::input, "a threshold of ", scanner.name,
          " is ", sensor.thresholds.back(), " keV (no photon exceeds ", kv_,
          " keV at that tube voltage, so that its bin would stay empty). Lower the threshold or "
          "raise the voltage.");
  response_.emplace(sensor, scanner.column_pitch, scanner.row_pitch, incident_.energies);
  detail::Taken out;
  for (std::size_t e = 0; e < incident_.energies.size(); ++e) {
    out.absorbed.push_back(response_->total(e) / incident_.energies[e]);
    out.mean.push_back(incident_.fluence[e] * response_->total(e));
    out.variance.push_back(incident_.fluence[e] * response_->variance(e));
  }
  return out;
}

void Beam::set_bins(const Scanner& scanner, const detail::BeamFit& fit,
                    std::span<const double> bowtie_mu, double sensitive_area) {
  std::vector<double> photons = incident_.fluence, mass;
  for (double& each : photons) each *= Spectrum::bin_width * sensitive_area;
  for (const Column& column : columns_) mass.push_back(column.bowtie * bowtie_material_.density);
  bins_.emplace(CountingBins::Making{*response_, photons, bowtie_mu, mass, fit.quadrature.nodes,
                                     fit.quadrature.mean, fit.bins, fit.mixtures});
  for (Index column = 0; column < columns(); ++column)
    for (std::size_t b = 0; b < bins_->bins(); ++b)
      require(bins_->air(column, {b, b + 1}) > 0.0, Error::Kind::input, "bin ", b + 1, " of ",
              scanner.name, " counts nothing at ", kv_, " kV (its lower threshold is ",
              scanner.detector.sensor->thresholds[b],
              " keV). Move the thresholds apart or raise the voltage.");
}

/// Reference energy, kerma and half-value layer of the central ray.
void Beam::set_reference(const Scanner& scanner) {
  const ReferenceEnergy reference =
      energy_of(-math::log(water_signal(columns() / 2, 200.0)) / 200.0, kv_);
  effective_energy_ = reference.energy;
  mu_water_ = reference.mu_water;
  mu_air_ = reference.mu_air;
  const Spectrum central = filtered(incident_, bowtie_material_, bowtie_thickness(scanner, 0.0));
  half_value_layer_ = physics::half_value_layer(central, material("aluminium"));
  kerma_at_isocentre_ = physics::kerma_at_isocentre(scanner, incident_);
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

double Beam::air_signal(Index column, double row) const {
  const Column& here = columns_[std::size_t(column)];
  if (heel_rows_.empty()) return here.air_signal;
  const auto at = detail::between(heel_rows_, row);
  return at.of(here.heel_signal[at.first], here.heel_signal[at.second()]);
}

double Beam::air_quanta(Index column, double row) const {
  const Column& here = columns_[std::size_t(column)];
  if (heel_rows_.empty()) return here.air_quanta;
  const auto at = detail::between(heel_rows_, row);
  const double signal = at.of(here.heel_signal[at.first], here.heel_signal[at.second()]);
  return signal * signal / at.of(here.heel_square[at.first], here.heel_square[at.second()]);
}

double Beam::transmission(Index column, double row, std::span<const Path> paths) const {
  if (heel_rows_.empty()) return transmission(column, paths);
  const auto sums = integrals(paths);
  const auto at = detail::between(heel_rows_, row);
  double before = 0.0, behind = 0.0;
  for (std::size_t j = 0; j < nodes(); ++j) {
    double x = 0.0;
    for (std::size_t k = 0; k < rank_; ++k) x += functions_[j][k] * sums[k];
    const double weight = columns_[std::size_t(column)].left[j] *
                          at.of(heel_mean_[at.first][j], heel_mean_[at.second()][j]);
    before += weight;
    behind += weight * math::exp(-x);
  }
  return behind / before;
}

std::vector<float> Beam::row_weights(std::size_t lanes) const {
  std::vector<float> out;
  for (const auto* table : {&heel_mean_, &heel_variance_}) {
    std::vector<double> sums(lanes, 0.0);
    const auto weight = [&](std::size_t node, std::size_t row) {
      const auto at = detail::between(heel_rows_, double(row));
      return at.of((*table)[at.first][node], (*table)[at.second()][node]);
    };
    for (std::size_t j = 0; j < nodes(); ++j)
      for (std::size_t r = 0; r < lanes; ++r) sums[r] += weight(j, r);
    for (std::size_t j = 0; j < nodes(); ++j)
      for (std::size_t r = 0; r < lanes; ++r) out.push_back(float(weight(j, r) / sums[r]));
  }
  return out;
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

std::vector<double> Beam::left(std::span<const Path> paths) const {
  const auto sums = integrals(paths);
  std::vector<double> out;
  for (const auto& function : functions_) {
    double x = 0.0;
    for (std::size_t k = 0; k < rank_; ++k) x += function[k] * sums[k];
    out.push_back(math::exp(-x));
  }
  return out;
}

double Beam::bin_signal(Index column, BinWindow window, std::span<const Path> paths) const {
  return bins_->signal(column, window, left(paths));
}

double Beam::water_signal(Index column, BinWindow window, double length) const {
  const Path water{"water", length, 0.0};
  return bin_signal(column, window, std::span(&water, 1));
}

ReferenceEnergy Beam::reference(BinWindow window) const {
  return energy_of(-math::log(water_signal(columns() / 2, window, 200.0)) / 200.0, kv_);
}

double Beam::water_signal(Index column, double row, double length) const {
  const Path water{"water", length, 0.0};
  return transmission(column, row, std::span(&water, 1));
}

}  // namespace vitrine::physics
