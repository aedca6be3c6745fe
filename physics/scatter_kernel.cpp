#include "vitrine/physics/scatter_kernel.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/detail/between.hpp"
#include "vitrine/physics/detail/pencils.hpp"
#include "vitrine/physics/detail/sub_views.hpp"
#include "vitrine/physics/detail/water_equivalent.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/projector.hpp"

namespace vitrine::physics {
namespace {

// The bodies that tables are made of: thickness along the central ray, mm, and width over it.
constexpr std::array thicknesses{60.0, 120.0, 180.0, 240.0, 300.0, 360.0, 430.0};
constexpr std::array aspects{0.6, 1.0, 1.7};
// Places of pencils in half a body, of its half width.
constexpr std::size_t pencils = 10;
// How far scattered photons go along the detector: two mean free paths in water at 60 keV are 100.
constexpr double reach = 50.0;  // mm
double place_of(std::size_t pencil) { return (double(pencil) + 0.5) / double(pencils); }

/// Least-squares polynomials over some points: their values there by those of the data, [to][from].
std::vector<double> polynomial_fit(std::span<const double> points, std::size_t degree) {
  const std::size_t count = points.size();
  // Orthonormal over the points (Gram and Schmidt).
  std::vector<std::vector<double>> basis(degree + 1, std::vector<double>(count, 1.0));
  std::vector<double> fit(count * count, 0.0);
  for (std::size_t n = 0; n <= degree; ++n) {
    auto& p = basis[n];
    for (std::size_t i = 0; n > 0 && i < count; ++i) p[i] = points[i] * basis[n - 1][i];
    for (std::size_t m = 0; m < n; ++m) {
      double product = 0.0;
      for (std::size_t i = 0; i < count; ++i) product += p[i] * basis[m][i];
      for (std::size_t i = 0; i < count; ++i) p[i] -= product * basis[m][i];
    }
    double square = 0.0;
    for (const double value : p) square += value * value;
    for (double& value : p) value /= std::sqrt(square);
    for (std::size_t to = 0; to < count; ++to)
      for (std::size_t from = 0; from < count; ++from) fit[to * count + from] += p[to] * p[from];
  }
  return fit;
}

/// Pencils through half of what the focal spot sees of a body, `seen` mm at the axis.
std::vector<detail::Pencil> fan_over(double seen, double source_to_iso) {
  std::vector<detail::Pencil> fan;
  const auto edge = [&](double u) { return math::asin(u * seen / source_to_iso); };
  constexpr double half = 0.5 / double(pencils);
  for (std::size_t k = 0; k < pencils; ++k)
    fan.push_back({edge(place_of(k) - half), edge(place_of(k) + half)});
  return fan;
}

}  // namespace

/// The ellipse that a view's attenuation looks like.
struct ScatterKernel::Body {
  double thickness = 0.0, width = 0.0, middle = 0.0;  ///< mm
  std::vector<double> ratio;  ///< of each column: thickness there over the ellipse's, smoothed

  double place(double x) const { return 2.0 * (x - middle) / width; }
  double chord(double x) const {
    const double u = place(x);
    return thickness * std::sqrt(std::max(0.0, 1.0 - u * u));
  }
};

std::size_t ScatterKernel::table(std::size_t thickness, std::size_t aspect,
                                 std::size_t pencil) const {
  return (thickness * aspects.size() + aspect) * pencils + pencil;
}

ScatterKernel::ScatterKernel(const Scanner& scanner, double kv, Isa isa, std::int64_t histories)
    : isa_(isa) {
  const ScanGeometry hardware = hardware_geometry(scanner);
  const CoarseCells cells = scatter_cells(hardware);
  columns_ = cells.columns;
  rows_ = cells.rows;
  source_to_iso_ = scanner.source_to_iso;
  const double width = double(hardware.columns) / double(columns_);
  for (Index c = 0; c < columns_; ++c)
    rays_.push_back(scanner.source_to_iso *
                    math::sin(hardware.fan_angle((double(c) + 0.5) * width - 0.5)));
  // Without a grid, which lets few through, half of them tell as much.
  if (const auto& grid = scanner.detector.anti_scatter_grid; !grid || grid->ratio <= 1.0)
    histories /= 2;
  calibrate(scanner, kv, histories);
  set_decay();
  smooth();
  set_gain(scanner, kv, histories);
}

void ScatterKernel::calibrate(const Scanner& scanner, double kv, std::int64_t histories) {
  for (std::size_t t = 0; t < thicknesses.size(); ++t)
    for (const double aspect : aspects) {
      const double thickness = thicknesses[t];
      // As the focal spot sees it an ellipse of half axes a and b reaches to x^2 = a^2 cos^2 g +
      // b^2 sin^2 g, x = d sin g: `seen` is x, and the chord of a ray at x 2 a b sqrt(q - x^2) / q.
      const double d = source_to_iso_, along = 0.5 * thickness;
      const double seen = std::min(along * aspect, 0.95 * d);
      const double radius =
          seen * std::sqrt((1.0 - along * along / (d * d)) / (1.0 - seen * seen / (d * d)));
      for (std::size_t k = 0; k < pencils; ++k) {
        const double x = place_of(k) * seen, sine = x / d;
        const double q = radius * radius * (1.0 - sine * sine) + along * along * sine * sine;
        chords_.push_back(2.0 * radius * along * std::sqrt(std::max(0.0, q - x * x)) / q);
      }
      for (const auto& spread :
           detail::carry_pencils(scanner, kv, {thickness, radius, 0.0}, fan_over(seen, d),
                                 {columns_, rows_}, histories, isa_)) {
        energies_.push_back(spread.energy);
        kernels_.insert(kernels_.end(), spread.kernel.begin(), spread.kernel.end());
      }
    }
}

/// From a cylinder 60 mm before and behind the axis.
void ScatterKernel::set_gain(const Scanner& scanner, double kv, std::int64_t histories) {
  constexpr double radius = 135.0, depth = 60.0;  // mm
  const auto all = [&](double behind) {
    const double seen = radius * source_to_iso_ / (source_to_iso_ + behind);
    double sum = 0.0;
    for (const auto& spread :
         detail::carry_pencils(scanner, kv, {2.0 * radius, radius, behind},
                               fan_over(seen, source_to_iso_), {columns_, rows_}, histories, isa_))
      for (const float value : spread.kernel) sum += double(value);
    return sum;
  };
  gain_ = math::log(all(depth) / all(-depth)) / (2.0 * depth);
}

/// Least squares of ln(all scatter of a pencil / t) = a - decay t, then tables over t exp(-decay
/// t).
void ScatterKernel::set_decay() {
  const std::size_t size = kernels_.size() / chords_.size();
  double n = 0.0, t1 = 0.0, t2 = 0.0, y1 = 0.0, ty = 0.0;
  for (std::size_t i = 0; i < chords_.size(); ++i) {
    double all = 0.0;
    for (std::size_t j = i * size; j < (i + 1) * size; ++j) all += double(kernels_[j]);
    if (!(all > 0.0)) continue;
    const double t = chords_[i], y = math::log(all / t);
    n += 1.0;
    t1 += t;
    t2 += t * t;
    y1 += y;
    ty += t * y;
  }
  decay_ = -(n * ty - t1 * y1) / (n * t2 - t1 * t1);
  for (std::size_t i = 0; i < chords_.size(); ++i) {
    const auto factor = float(math::exp(decay_ * chords_[i]) / chords_[i]);
    for (std::size_t j = i * size; j < (i + 1) * size; ++j) kernels_[j] *= factor;
  }
}

/// Tables change smoothly with the pencil's place in the body and with the body's thickness: what
/// does not is noise.
void ScatterKernel::smooth() {
  const std::size_t size = kernels_.size() / chords_.size();
  const auto rows = std::size_t(rows_), last = size / rows - 1;
  std::vector<float> raw(pencils * size);
  // By places, from one side of the body to the other: there the kernel is mirrored.
  std::array<double, 2 * pencils> places{};
  for (std::size_t k = 0; k < pencils; ++k) {
    places[k] = place_of(k);
    places[pencils + k] = -place_of(k);
  }
  const std::vector<double> across = polynomial_fit(places, 5);
  for (std::size_t body = 0; body < chords_.size(); body += pencils) {
    float* const all = kernels_.data() + body * size;
    std::copy_n(all, raw.size(), raw.begin());
    for (std::size_t to = 0; to < pencils; ++to)
      for (std::size_t j = 0; j < size; ++j) {
        const std::size_t mirrored = (last - j / rows) * rows + j % rows;
        const double* const fit = across.data() + to * places.size();
        double sum = 0.0;
        for (std::size_t from = 0; from < pencils; ++from)
          sum += fit[from] * double(raw[from * size + j]) +
                 fit[pencils + from] * double(raw[from * size + mirrored]);
        all[to * size + j] = float(sum);
      }
  }
  const std::vector<double> through = polynomial_fit(thicknesses, 3);
  const std::size_t bodies = aspects.size() * pencils * size;
  for (std::size_t j = 0; j < bodies; ++j) {
    std::array<double, thicknesses.size()> values{};
    for (std::size_t t = 0; t < thicknesses.size(); ++t)
      for (std::size_t from = 0; from < thicknesses.size(); ++from)
        values[t] += through[t * thicknesses.size() + from] * double(kernels_[from * bodies + j]);
    for (std::size_t t = 0; t < thicknesses.size(); ++t)
      kernels_[t * bodies + j] = float(std::max(0.0, values[t]));
  }
}

double ScatterKernel::step(Index column) const {
  const Index before = std::max<Index>(column - 1, 0), after = std::min(column + 1, columns_ - 1);
  return std::abs(rays_[std::size_t(after)] - rays_[std::size_t(before)]) / double(after - before);
}

/// Of an ellipse of thickness T and width W seen from afar: area pi T W / 4, variance W^2 / 16.
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
  constexpr double quarter_pi = 0.78539816339744831;
  body.width = std::max(4.0 * std::sqrt(second / area), 1.0);
  body.thickness = area / (quarter_pi * body.width);
  // What is there against the ellipse, over the distance that scattered photons go: 50 mm.
  for (std::size_t c = 0; c < columns; ++c) {
    double there = 0.0, ellipse = 0.0;
    for (std::size_t o = 0; o < columns; ++o) {
      if (std::abs(rays_[o] - rays_[c]) > reach) continue;
      there += mean[o];
      ellipse += body.chord(rays_[o]);
    }
    body.ratio.push_back(ellipse > 0.0 ? std::clamp(there / ellipse, 0.3, 2.0) : 1.0);
  }
  return body;
}

/// What is left of each column's scatter where the body within 50 mm of it absorbs more than water:
/// what reaches the detector has scattered more than once.
std::vector<double> ScatterKernel::albedos(std::span<const double> water,
                                           std::span<const double> scattering) const {
  // Times more, on average: two thirds of the scatter behind 32 cm are of two events and more;
  // makes heads and bodies of fat or bone right (docs/methods/scatter.md).
  constexpr double again = 0.7;
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
    if (there > 0.0) all[c] = math::exp(again * math::log(there / of_water));
  }
  return all;
}

std::vector<double> ScatterKernel::scatter(std::span<const double> water,
                                           std::span<const double> scattering,
                                           std::span<const double> air,
                                           const BodyPlace& place) const {
  const auto rows = std::size_t(rows_), columns = std::size_t(columns_), apart = 2 * columns - 1;
  VITRINE_EXPECT(water.size() == columns * rows && air.size() == columns);
  VITRINE_EXPECT(scattering.size() == water.size());
  std::vector<double> out(2 * columns * rows, 0.0);
  const Body body = body_of(water);
  const std::vector<double> albedo = albedos(water, scattering);
  if (body.thickness <= 0.0) return out;
  // Behind the axis a body is wider than it looks, and nearer to the detector. Photons go as much
  // farther in it, to its sides as well, as it is less dense.
  const double wider = place.density * (1.0 + place.depth / source_to_iso_);
  const double nearer = math::exp(gain_ * std::clamp(place.depth, -150.0, 150.0));
  const std::size_t size = apart * rows;
  std::vector<float> kernel(size);
  for (std::size_t c = 0; c < columns; ++c) {
    const double u = body.place(rays_[c]);
    const double thickness = body.thickness * body.ratio[c];
    const detail::Between t = detail::between(thicknesses, thickness);
    const double aspect =
        wider * body.width / std::clamp(thickness, thicknesses.front(), thicknesses.back());
    constexpr std::array logs{-0.51082562376599072, 0.0, 0.53062825106217038};  // of the aspects
    const detail::Between a = detail::between(logs, math::log(aspect));
    static const auto places = [] {
      std::array<double, pencils> all{};
      for (std::size_t k = 0; k < pencils; ++k) all[k] = place_of(k);
      return all;
    }();
    const detail::Between p = detail::between(places, std::abs(u));
    std::ranges::fill(kernel, 0.0f);
    double energy = 0.0;
    for (int corner = 0; corner < 8; ++corner) {
      const double weight = (corner & 1 ? t.share : 1.0 - t.share) *
                            (corner & 2 ? a.share : 1.0 - a.share) *
                            (corner & 4 ? p.share : 1.0 - p.share);
      if (weight == 0.0) continue;
      const std::size_t i =
          table(corner & 1 ? t.second() : t.first, corner & 2 ? a.second() : a.first,
                corner & 4 ? p.second() : p.first);
      energy += weight * energies_[i];
      const float* from = kernels_.data() + i * size;
      for (std::size_t j = 0; j < size; ++j) kernel[j] += float(weight) * from[j];
    }
    // Of a pencil on the other side the mirror image.
    const bool mirrored = u < 0.0;
    for (std::size_t r = 0; r < rows; ++r) {
      const double way = water[c * rows + r];
      const double amount =
          nearer * air[c] * scattering[c * rows + r] * albedo[c] * math::exp(-decay_ * way);
      if (!(amount > 0.0)) continue;
      for (std::size_t d = 0; d < columns; ++d) {
        const std::size_t between_them = mirrored ? columns - 1 + c - d : columns - 1 + d - c;
        const float* from = kernel.data() + between_them * rows;
        for (std::size_t q = 0; q < rows; ++q) {
          const double scattered = amount * double(from[q > r ? q - r : r - q]);
          out[d * rows + q] += scattered;
          out[(columns + d) * rows + q] += scattered * energy;
        }
      }
    }
  }
  return out;
}

/// What one view sees of a body.
struct ScatterKernel::Seen {
  std::vector<double> water, scattering;  ///< [column][row], mm
  double width = 0.0;                     ///< of what is there at all, at the axis, mm
};

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
    const double section = seen[i].width * width;
    if (!(section > 0.0)) continue;
    all[i].density = std::clamp(bodies[i].thickness * bodies[i].width * count / section, 0.3, 1.6);
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
      for (Index c = 0; c < columns_; ++c)
        for (Index r = 0; r < rows_; ++r) {
          constexpr Index every = 3;       // cells: their mean is wanted alone
          constexpr double something = 2;  // mm of water
          double weakening = 0.0, scatters = 0.0;
          Index met = 0, inside = 0;
          for (Index i = edge(c, columns_, scan.columns); i < edge(c + 1, columns_, scan.columns);
               i += every)
            for (Index j = edge(r, rows_, scan.rows); j < edge(r + 1, rows_, scan.rows);
                 j += every) {
              const auto cell = std::size_t(i * scan.rows + j);
              const double s = std::max(double(signal[cell]), 1e-12);
              const double hardness = s * quanta[cell] / std::max(double(worth[cell]), 1e-300);
              const detail::Water one = lengths[std::size_t(c)].of(-math::log(s), hardness);
              weakening += one.weakening;
              scatters += one.scattering;
              inside += one.weakening > something;
              ++met;
            }
          body.water.push_back(weakening / double(met));
          body.scattering.push_back(scatters / double(met));
          body.width += step(c) * double(inside) / double(met * rows_);
        }
    });
  }
  const std::vector<BodyPlace> where = places(bodies, scan, views);
  parallel_for(std::ssize(views), [&](Index v) {
    const auto view = std::size_t(v);
    const std::vector<double> all =
        scatter(bodies[view].water, bodies[view].scattering, air, where[view]);
    const auto cells = std::ptrdiff_t(out.cells());
    std::copy_n(all.begin(), cells, out.mean.begin() + v * cells);
    std::copy_n(all.begin() + cells, cells, out.square.begin() + v * cells);
  });
  return out;
}

}  // namespace vitrine::physics
