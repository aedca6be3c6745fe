// Pencil beams through water: what the kernels of scatter in scans are made of.
#include "vitrine/physics/detail/pencils.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/carlo/detail/prepare.hpp"
#include "vitrine/physics/spectrum.hpp"

namespace vitrine::physics::detail {
namespace {

using namespace carlo;

/// The scanner's coarse cells, and as many around them that every pencil finds all its neighbours.
ScanGeometry wide_geometry(const Scanner& scanner, const CoarseCells& cells) {
  ScanGeometry g = hardware_geometry(scanner);
  g.column_angle *= double(g.columns) / double(cells.columns);
  g.row_pitch *= double(g.rows) / double(cells.rows);
  g.columns = cells.columns + cells.columns / 2;
  g.rows = 2 * cells.rows - 1;
  g.column_offset = 0.0;
  g.view_angles = {0.0};
  g.table_positions = {0.0};
  return g;
}

/// A pencil's photons and what a cell in its middle reads of air.
struct Beamlet {
  std::vector<double> photons;  ///< per energy, relative
  double per_mas = 0.0;         ///< photons in the whole of it
  double air = 0.0;             ///< keV/mAs
};

Beamlet beamlet(const Scanner& scanner, const Spectrum& incident, double middle, double width,
                double slopes) {
  const Material& bowtie = material(scanner.bowtie.material);
  const Material& scintillator = material(scanner.detector.scintillator);
  const double mass = bowtie_thickness(scanner, middle) * bowtie.density;
  constexpr double metre = 1000.0;
  const double scale = metre / scanner.source_to_detector;
  const AntiScatterGrid grid = scanner.detector.anti_scatter_grid.value_or(AntiScatterGrid{});
  const double area = scale * scale * scanner.column_pitch * scanner.row_pitch *
                      scanner.detector.fill_factor *
                      (1.0 - grid.septum_share * (1.0 - grid.transmission));
  Beamlet b;
  const auto mu = mass_attenuation(bowtie, incident.energies);
  for (std::size_t e = 0; e < incident.energies.size(); ++e) {
    const double energy = incident.energies[e];
    const double left = incident.fluence[e] * math::exp(-mass * mu[e]) * Spectrum::bin_width;
    const double absorbed =
        1.0 - math::exp(-linear_attenuation(scintillator, energy) * scanner.detector.thickness);
    b.photons.push_back(left);
    b.per_mas += left * metre * metre * width * slopes;
    b.air += left * absorbed * energy * area;
  }
  return b;
}

}  // namespace

std::vector<Spread> carry_pencils(const Scanner& scanner, double kv, const WaterBody& body,
                                  const Pencils& fan, const CoarseCells& cells,
                                  std::int64_t histories, Isa isa) {
  constexpr double length = 600.0;  // mm
  // Scatter falls off as exp(-0.0128 t / mm), where the beam has 0.02/mm.
  constexpr double guide = 0.6;
  Setup setup;
  setup.object = cylinder(material("water"), 2.0 * body.radius, length);
  setup.object.body.flattening = 2.0 * body.radius / body.thickness;
  setup.object.body.y = body.depth;
  setup.guide = guide;
  setup.geometry = wide_geometry(scanner, cells);
  const ScanGeometry& g = setup.geometry;
  setup.detector = coarse_detector(scanner, g.columns, g.rows);

  Spectrum incident = tube_spectrum(kv, scanner.anode_angle);
  for (const Filter& filter : scanner.filters)
    incident = filtered(std::move(incident), material(filter.material), filter.thickness);
  Source& source = setup.source;
  source.energies = incident.energies;
  source.slope_high = 0.5 * g.row_pitch / g.source_to_detector;
  source.slope_low = -source.slope_high;
  const double slopes =
      2.0 * source.slope_high / std::sqrt(1.0 + source.slope_high * source.slope_high);
  std::vector<Beamlet> beamlets;
  for (const double middle : fan.middles) {
    beamlets.push_back(beamlet(scanner, incident, middle, fan.width, slopes));
    // As many histories of every pencil.
    auto photons = beamlets.back().photons;
    const double all = std::accumulate(photons.begin(), photons.end(), 0.0);
    for (double& n : photons) n /= all;
    source.photons.push_back(std::move(photons));
  }
  source.fan_first = fan.middles.front() - 0.5 * fan.width;
  source.fan_width = fan.width;

  const Media media(setup.object.materials);
  carlo::detail::Prepared prepared = carlo::detail::prepare(setup, media);
  const std::size_t count = fan.middles.size();
  for (std::size_t k = 0; k < count; ++k) {
    prepared.fan_sine[k] = float(math::sin(fan.middles[k]));
    prepared.fan_cosine[k] = float(math::cos(fan.middles[k]));
  }
  const auto places = std::size_t(g.columns * g.rows);
  const std::size_t stride = std::size_t(carlo::detail::orders) * places;
  constexpr std::int64_t batch = 10'000;
  const std::int64_t batches = (histories + batch - 1) / batch;
  const Stream stream =
      make_stream(0, str("scatter kernel ", body.thickness, ' ', body.radius, ' ', body.depth),
                  Draw::transport);
  std::vector<double> sums(stride * count, 0.0);
  // A few batches at a time, each with sums of its own, added up in their order.
  constexpr std::int64_t at_once = 8;
  for (std::int64_t first = 0; first < batches; first += at_once) {
    const std::int64_t some = std::min(at_once, batches - first);
    std::vector<std::vector<double>> parts(std::size_t(some),
                                           std::vector<double>(sums.size() + 3, 0.0));
    parallel_for(some, [&](std::int64_t i) {
      auto& part = parts[std::size_t(i)];
      carlo::detail::Job job = prepared.job;
      job.key[0] = std::uint32_t(stream.key);
      job.key[1] = std::uint32_t(stream.key >> 32);
      job.draw = std::uint32_t(stream.draw);
      job.first = std::uint64_t((first + i) * batch);
      job.count = std::uint64_t(batch);
      job.cell = part.data();
      job.cells_per_bin = std::ptrdiff_t(stride);
      job.emitted = part.data() + sums.size();
      job.escaped = job.emitted + 1;
      job.region = job.emitted + 2;
      carlo::detail::kernels(isa).carry(job);
    });
    for (const auto& part : parts)
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += part[i];
  }

  std::vector<Spread> all;
  const auto columns = cells.columns, rows = cells.rows;
  const double fine =
      double(scanner.columns) / double(columns) * double(scanner.rows) / double(rows);
  for (std::size_t k = 0; k < count; ++k) {
    const double middle = fan.middles[k], half = 0.5 * fan.width;
    const double place = g.column_at(middle);
    const double width = g.column_at(middle + half) - g.column_at(middle - half);
    double air = beamlets[k].air;
    if (g.shape == DetectorShape::flat) air *= g.photon_share(place, 0.5 * double(g.rows - 1));
    const double factor = beamlets[k].per_mas * setup.detector->fill_factor * double(count) /
                          (double(batches * batch) * fine * air * width);
    const double* mine = sums.data() + k * stride;
    const auto sum = [&](Index column, Index row, int from, int to) {
      double total = 0.0;
      for (int order = from; order <= to; ++order)
        total += mine[std::size_t(order) * places + std::size_t(column * g.rows + row)];
      return total;
    };
    Spread spread;
    double energy = 0.0, squares = 0.0;
    for (Index column = 0; column < g.columns; ++column)
      for (Index row = 0; row < g.rows; ++row) {
        energy += sum(column, row, carlo::detail::single_compton, carlo::detail::multiple);
        squares += sum(column, row, carlo::detail::energy_square, carlo::detail::energy_square);
      }
    spread.energy = energy > 0.0 ? squares / energy : 0.0;
    for (Index apart = 1 - columns; apart < columns; ++apart)
      for (Index up = 0; up < rows; ++up) {
        // Between two columns of the wide detector, both rows that are so far away.
        const double at = std::clamp(place + double(apart), 0.0, double(g.columns - 1));
        const Index left = std::min(Index(at), g.columns - 2);
        const double share = at - double(left);
        for (std::size_t e = 0; e < events; ++e) {
          const int order = carlo::detail::single_compton + int(e);
          const auto value = [&](Index column) {
            return 0.5 * (sum(column, rows - 1 + up, order, order) +
                          sum(column, rows - 1 - up, order, order));
          };
          spread.kernels[e].push_back(
              float(factor * ((1.0 - share) * value(left) + share * value(left + 1))));
        }
      }
    all.push_back(std::move(spread));
  }
  return all;
}

}  // namespace vitrine::physics::detail
