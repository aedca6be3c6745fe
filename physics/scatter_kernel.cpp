#include "vitrine/physics/scatter_kernel.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/detail/scatter_tables.hpp"
#include "vitrine/physics/detail/seen_ellipse.hpp"
#include "vitrine/physics/detail/sub_views.hpp"
#include "vitrine/physics/detail/water_equivalent.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/projector.hpp"

namespace vitrine::physics {
namespace {

// How far scattered photons go along the detector: two mean free paths in water at 60 keV are 100.
constexpr double reach = 50.0;  // mm

}  // namespace

/// The ellipse that a view's attenuation looks like.
struct ScatterKernel::Body {
  detail::SeenEllipse ellipse;
  double middle = 0.0;        ///< mm
  std::vector<double> ratio;  ///< of each column: thickness there over the ellipse's, smoothed

  double place(double x) const { return (x - middle) / ellipse.half; }
};

/// What one view sees of a body: of coarse cells, [column][row].
struct ScatterKernel::Seen {
  std::vector<double> water, scattering;  ///< means, mm
  /// What pencils send out, and what cells see through their grids of matter on their own rays.
  std::array<std::vector<double>, detail::events> sent, received;
  std::vector<double>
      middle;          ///< of each column: where its pencils' middle is, in columns from its
  double width = 0.0;  ///< of what is there at all, at the axis, mm
};

ScatterKernel::ScatterKernel(const Scanner& scanner, double kv, Isa isa, std::int64_t histories)
    : tables_(std::make_shared<const detail::ScatterTables>(scanner, kv, histories, isa)),
      columns_(tables_->columns()),
      rows_(tables_->rows()),
      source_to_iso_(scanner.source_to_iso),
      isa_(isa) {
  const ScanGeometry hardware = hardware_geometry(scanner);
  const double width = double(hardware.columns) / double(columns_);
  for (Index c = 0; c < columns_; ++c)
    rays_.push_back(scanner.source_to_iso *
                    math::sin(hardware.fan_angle((double(c) + 0.5) * width - 0.5)));
}

double ScatterKernel::step(Index column) const {
  const Index before = std::max<Index>(column - 1, 0), after = std::min(column + 1, columns_ - 1);
  return std::abs(rays_[std::size_t(after)] - rays_[std::size_t(before)]) / double(after - before);
}

ScatterKernel::Body ScatterKernel::body_of(std::span<const double> water) const {
  Body body;
  const auto rows = std::size_t(rows_), columns = std::size_t(columns_);
  std::vector<double> mean(columns, 0.0);
  double area = 0.0, first = 0.0, second = 0.0;
  for (std::size_t c = 0; c < columns; ++c) {
    for (std::size_t r = 0; r < rows; ++r) mean[c] += water[c * rows + r] / double(rows);
    area += mean[c] * step(Index(c));
    first += mean[c] * step(Index(c)) * rays_[c];
  }
  if (!(area > 0.0)) return body;
  body.middle = first / area;
  for (std::size_t c = 0; c < columns; ++c) {
    const double x = rays_[c] - body.middle;
    second += mean[c] * step(Index(c)) * x * x;
  }
  constexpr double least = 0.25;  // mm
  body.ellipse =
      detail::seen_ellipse(area, std::max(std::sqrt(second / area), least), source_to_iso_);
  // What is there against the ellipse, over the distance that scattered photons go: 50 mm.
  for (std::size_t c = 0; c < columns; ++c) {
    double there = 0.0, ellipse = 0.0;
    for (std::size_t o = 0; o < columns; ++o) {
      if (std::abs(rays_[o] - rays_[c]) > reach) continue;
      there += mean[o];
      ellipse += body.ellipse.chord(rays_[o] - body.middle);
    }
    body.ratio.push_back(ellipse > 0.0 ? std::clamp(there / ellipse, 0.3, 2.0) : 1.0);
  }
  return body;
}

/// What is left of each column's scatter where the body within 50 mm of it absorbs more than water:
/// what reaches the detector has scattered more than once.
std::vector<double> ScatterKernel::albedos(std::span<const double> water,
                                           std::span<const double> scattering) const {
  const auto rows = std::size_t(rows_), columns = std::size_t(columns_);
  std::vector<double> all(columns, 1.0);
  for (std::size_t c = 0; c < columns; ++c) {
    double there = 0.0, of_water = 0.0;
    for (std::size_t o = 0; o < columns; ++o) {
      if (std::abs(rays_[o] - rays_[c]) > reach) continue;
      for (std::size_t r = 0; r < rows; ++r) {
        there += scattering[o * rows + r];
        of_water += water[o * rows + r];
      }
    }
    if (there > 0.0) all[c] = there / of_water;
  }
  return all;
}

std::vector<double> ScatterKernel::scatter(const Seen& seen, std::span<const double> air,
                                           const BodyPlace& place) const {
  const auto rows = std::size_t(rows_), columns = std::size_t(columns_), apart = 2 * columns - 1;
  const std::size_t cells = columns * rows;
  std::vector<double> out(2 * cells, 0.0);
  const Body body = body_of(seen.water);
  if (body.ellipse.thickness <= 0.0) return out;
  const std::vector<double> albedo = albedos(seen.water, seen.scattering);
  // Behind the axis a body is wider than it looks, and nearer to the detector. Photons go as much
  // farther in it, to its sides as well, as it is less dense.
  const double wider = place.density * (1.0 + place.depth / source_to_iso_);
  const double nearer = math::exp(tables_->gain() * std::clamp(place.depth, -150.0, 150.0));
  detail::ScatterTables::Kernel kernel;
  std::vector<float> shifted(apart * rows);
  for (std::size_t e = 0; e < detail::events; ++e) {
    for (std::size_t c = 0; c < columns; ++c) {
      const double x = rays_[c] + seen.middle[c] * step(Index(c));
      tables_->find(body.ellipse.thickness * body.ratio[c], 2.0 * wider * body.ellipse.half,
                    body.place(x), kernel);
      // From the middle of what the pencil meets.
      const double at = -seen.middle[c], floor = std::floor(at), share = at - floor;
      for (std::size_t a = 0; a < apart; ++a) {
        const auto from = [&](Index i) {
          return std::size_t(std::clamp<Index>(i, 0, Index(apart) - 1)) * rows;
        };
        const std::size_t left = from(Index(a) + Index(floor)),
                          right = from(Index(a) + Index(floor) + 1);
        for (std::size_t r = 0; r < rows; ++r)
          shifted[a * rows + r] = float((1.0 - share) * double(kernel.of[e][left + r]) +
                                        share * double(kernel.of[e][right + r]));
      }
      for (std::size_t r = 0; r < rows; ++r) {
        const double amount = nearer * air[c] * seen.sent[e][c * rows + r] *
                              (e == detail::multiple ? albedo[c] : 1.0);
        if (!(amount > 0.0)) continue;
        for (std::size_t d = 0; d < columns; ++d) {
          const float* from = shifted.data() + (columns - 1 + d - c) * rows;
          for (std::size_t q = 0; q < rows; ++q) {
            const double scattered =
                amount * double(from[q > r ? q - r : r - q]) * seen.received[e][d * rows + q];
            out[d * rows + q] += scattered;
            out[cells + d * rows + q] += scattered * kernel.energy;
          }
        }
      }
    }
  }
  return out;
}

/// How far behind the axis the body's middle is in each view, from where other views of the turn
/// see it (least squares of across = x cos + y sin), and how dense it is, from how wide views along
/// and across see it: its section is taken for an ellipse.
std::vector<BodyPlace> ScatterKernel::places(const std::vector<Seen>& seen,
                                             const ScanGeometry& scan,
                                             std::span<const Index> views) const {
  std::vector<Body> bodies;
  std::vector<double> sines, cosines;
  std::vector<BodyPlace> all(views.size());
  for (std::size_t i = 0; i < views.size(); ++i) {
    const double angle = scan.view_angles[std::size_t(views[i])];
    bodies.push_back(body_of(seen[i].water));
    sines.push_back(math::sin(angle));
    cosines.push_back(math::cos(angle));
  }
  const auto near = [&](std::size_t i, std::size_t j) {
    return 2 * std::abs(views[j] - views[i]) <= scan.views_per_rotation;
  };
  for (std::size_t i = 0; i < views.size(); ++i) {
    double cc = 0.0, cs = 0.0, ss = 0.0, cm = 0.0, sm = 0.0;
    for (std::size_t j = 0; j < views.size(); ++j) {
      if (!near(i, j)) continue;
      cc += cosines[j] * cosines[j];
      cs += cosines[j] * sines[j];
      ss += sines[j] * sines[j];
      cm += cosines[j] * bodies[j].middle;
      sm += sines[j] * bodies[j].middle;
    }
    // Views that are all alike do not tell.
    const double determinant = cc * ss - cs * cs;
    if (determinant < 0.01 * (cc + ss) * (cc + ss)) continue;
    const double x = (ss * cm - cs * sm) / determinant, y = (cc * sm - cs * cm) / determinant;
    all[i].depth = y * cosines[i] - x * sines[i];
  }
  for (std::size_t i = 0; i < views.size(); ++i) {
    // Views at right angles, the nearest to that; 15 degrees off they tell nothing.
    double best = 0.26, width = 0.0, count = 0.0;
    const auto along = [&](std::size_t j) {
      return std::abs(cosines[i] * cosines[j] + sines[i] * sines[j]);
    };
    for (std::size_t j = 0; j < views.size(); ++j)
      if (near(i, j)) best = std::min(best, along(j));
    for (std::size_t j = 0; best < 0.26 && j < views.size(); ++j) {
      if (!near(i, j) || along(j) > best + 0.01) continue;
      width += seen[j].width * (1.0 + all[j].depth / source_to_iso_);
      count += 1.0;
    }
    // Half axes a and b of the outline: they look like w and v from there and from here.
    const auto square = [](double x) { return x * x; };
    const double w = 0.5 * seen[i].width, v = count > 0.0 ? 0.5 * width / count : 0.0;
    const double s = square(w / source_to_iso_), z = square(v / source_to_iso_);
    const double mixed = (1.0 - s) * (1.0 - z) - s * z;
    if (!(w * v > 0.0) || !(mixed > 0.1)) continue;
    const double a = (w * w * (1.0 - z) - v * v * s) / mixed;
    const double b = (v * v * (1.0 - s) - w * w * z) / mixed;
    if (!(a > 0.0) || !(b > 0.0)) continue;
    const detail::SeenEllipse& e = bodies[i].ellipse;
    all[i].density = std::clamp(e.thickness * e.radius() / (2.0 * std::sqrt(a * b)), 0.3, 1.6);
  }
  return all;
}

namespace {

/// Equivalent quanta per mAs of every cell with nothing but air in the beam.
std::vector<double> air_quanta(const ScanGeometry& scan, const Beam& beam) {
  const bool heel = !beam.heel_rows().empty();
  std::vector<double> all;
  for (Index c = 0; c < scan.columns; ++c)
    for (Index r = 0; r < scan.rows; ++r)
      all.push_back((heel ? beam.air_quanta(c, double(r)) : beam.air_quanta(c)) *
                    scan.photon_share(double(c), double(r)));
  return all;
}

}  // namespace

ScatterMaps ScatterKernel::maps(const Scene& scene, const ScanGeometry& scan, const Beam& beam,
                                std::span<const Index> views) const {
  ScatterMaps out;
  out.views.assign(views.begin(), views.end());
  out.columns = columns_;
  out.rows = rows_;
  out.mean.resize(views.size() * out.cells());
  out.square.resize(out.mean.size());
  const auto edge = [](Index i, Index coarse, Index fine) { return i * fine / coarse; };
  const std::vector<float> cell_air = air_signals(scan, beam);
  std::vector<double> air;
  std::vector<detail::WaterEquivalent> lengths;
  for (Index c = 0; c < columns_; ++c) {
    const Index begin = edge(c, columns_, scan.columns), end = edge(c + 1, columns_, scan.columns);
    double sum = 0.0;
    for (Index i = begin * scan.rows; i < end * scan.rows; ++i)
      sum += double(cell_air[std::size_t(i)]);
    air.push_back(sum / double((end - begin) * scan.rows));
    lengths.emplace_back(beam, (begin + end) / 2);
  }
  const std::vector<double> quanta = air_quanta(scan, beam);
  std::vector<Seen> bodies(views.size());
  constexpr std::size_t at_once = 24;
  for (std::size_t first = 0; first < views.size(); first += at_once) {
    const std::size_t count = std::min(at_once, views.size() - first);
    const ScanGeometry part = detail::part_of(scan, views.subspan(first, count));
    const Exposure seen = expose(scene, part, beam, Sampling{1, 1, 1}, isa_);
    parallel_for(Index(count), [&](Index v) {
      const auto signal = seen.signal.view(v), worth = seen.quanta.view(v);
      Seen& body = bodies[first + std::size_t(v)];
      const auto cells = out.cells();
      body.water.assign(cells, 0.0);
      body.scattering.assign(cells, 0.0);
      body.middle.assign(std::size_t(columns_), 0.0);
      std::array<std::vector<double>, detail::events> there;
      for (auto* all : {&body.sent, &there})
        for (auto& values : *all) values.assign(cells, 0.0);
      for (Index c = 0; c < columns_; ++c) {
        const Index begin = edge(c, columns_, scan.columns),
                    end = edge(c + 1, columns_, scan.columns);
        double moment = 0.0, sum = 0.0;
        for (Index r = 0; r < rows_; ++r) {
          constexpr Index every = 3;       // cells: their mean is wanted alone
          constexpr double something = 2;  // mm of water
          const auto at = std::size_t(c * rows_ + r);
          double met = 0.0, inside = 0.0;
          for (Index i = begin; i < end; i += every)
            for (Index j = edge(r, rows_, scan.rows); j < edge(r + 1, rows_, scan.rows);
                 j += every) {
              const auto cell = std::size_t(i * scan.rows + j);
              const double s = std::max(double(signal[cell]), 1e-12);
              const double hardness = s * quanta[cell] / std::max(double(worth[cell]), 1e-300);
              const detail::Water one = lengths[std::size_t(c)].of(-math::log(s), hardness);
              body.water[at] += one.weakening;
              body.scattering[at] += one.scattering;
              for (std::size_t e = 0; e < detail::events; ++e) {
                const detail::Falling& f = tables_->falling(e);
                const double sent =
                    f.sent(one.weakening, e == detail::rayleigh ? one.coherent : one.scattering);
                body.sent[e][at] += sent;
                there[e][at] += f.received(one.weakening);
                sum += sent;
                moment += sent * (double(i) + 0.5 - 0.5 * double(begin + end));
              }
              inside += one.weakening > something;
              met += 1.0;
            }
          body.water[at] /= met;
          body.scattering[at] /= met;
          for (std::size_t e = 0; e < detail::events; ++e) {
            body.sent[e][at] /= met;
            there[e][at] /= met;
          }
          body.width += step(c) * inside / (met * double(rows_));
        }
        if (sum > 0.0) body.middle[std::size_t(c)] = moment / (sum * double(end - begin));
      }
      for (std::size_t e = 0; e < detail::events; ++e) {
        const double beyond = tables_->falling(e).received(0.0);
        body.received[e].assign(cells, 0.0);
        const Index far = tables_->view().reach();
        for (Index c = 0; c < columns_; ++c)
          for (Index r = 0; r < rows_; ++r)
            for (Index o = -far; o <= far; ++o)
              body.received[e][std::size_t(c * rows_ + r)] +=
                  tables_->view().share(o) * (c + o < 0 || c + o >= columns_
                                                  ? beyond
                                                  : there[e][std::size_t((c + o) * rows_ + r)]);
      }
    });
  }
  const std::vector<BodyPlace> where = places(bodies, scan, views);
  parallel_for(std::ssize(views), [&](Index v) {
    const auto view = std::size_t(v);
    const std::vector<double> all = scatter(bodies[view], air, where[view]);
    const auto cells = std::ptrdiff_t(out.cells());
    std::copy_n(all.begin(), cells, out.mean.begin() + v * cells);
    std::copy_n(all.begin() + cells, cells, out.square.begin() + v * cells);
  });
  return out;
}

}  // namespace vitrine::physics
