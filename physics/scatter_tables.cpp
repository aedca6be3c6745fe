#include "vitrine/physics/detail/scatter_tables.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/physics/detail/between.hpp"
#include "vitrine/physics/detail/pencils.hpp"
#include "vitrine/physics/detail/seen_ellipse.hpp"

namespace vitrine::physics::detail {
namespace {

// The bodies that tables are made of: thickness along the central ray, mm, and width over it.
constexpr std::array thicknesses{60.0, 120.0, 180.0, 240.0, 300.0, 360.0, 430.0};
constexpr std::array aspects{0.6, 1.0, 1.7};
constexpr std::array logs{-0.51082562376599072, 0.0, 0.53062825106217038};  // of the aspects
// Places of pencils in half a body, of its half width.
constexpr std::size_t pencils = 10;
constexpr double place_of(std::size_t pencil) { return (double(pencil) + 0.5) / double(pencils); }

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

// What a cell must see of matter for its scatter to tell of the kernel there.
constexpr double something = 0.05;

constexpr int parts = 9;  // of a column: its mean is taken over so many
double part_of_column(int part) { return (double(part) + 0.5) / double(parts) - 0.5; }

}  // namespace

GridView::GridView(const ScanGeometry& hardware, const AntiScatterGrid& grid, Index columns) {
  const double column = hardware.column_angle * double(hardware.columns) / double(columns);
  const auto seen = [&](double angle) {
    const double s = math::sin(angle), c = math::cos(angle);
    const double along = hardware.source_to_detector - hardware.source_to_iso * c;
    const double across = hardware.source_to_iso * s;
    const double slope = std::abs(across) / along;
    const double open = (1.0 - grid.septum_share) * std::max(0.0, 1.0 - grid.ratio * slope);
    return (open + (1.0 - open) * grid.transmission) / (1.0 + slope * slope);
  };
  double all = 0.0;
  for (Index apart = 0; apart < columns; ++apart) {
    double sum = 0.0;
    for (int to = 0; to < parts; ++to)
      for (int from = 0; from < parts; ++from)
        sum += seen((double(apart) + part_of_column(from) - part_of_column(to)) * column);
    if (!(sum > 0.0)) break;
    shares_.push_back(sum);
    all += apart == 0 ? sum : 2.0 * sum;
  }
  for (double& share : shares_) share /= all;
}

/// A body of the tables, and its pencils.
struct ScatterTables::Body {
  SeenEllipse ellipse;
  double column = 0.0;  ///< rad
  bool flat = false;
  Pencils fan;

  Body(const SeenEllipse& body, const ScanGeometry& hardware, Index columns)
      : ellipse(body),
        column(hardware.column_angle * double(hardware.columns) / double(columns)),
        flat(hardware.shape == DetectorShape::flat) {
    for (std::size_t k = 0; k < pencils; ++k)
      fan.middles.push_back(math::asin(place_of(k) * ellipse.half / ellipse.distance));
    fan.width = std::min(column, ellipse.half / ellipse.distance / double(pencils));
  }
  double chord(double angle) const { return ellipse.chord(ellipse.distance * math::sin(angle)); }
  double angle(std::size_t pencil, double columns_apart) const {
    const double from = fan.middles[pencil];
    return flat ? math::atan(math::tan(from) + columns_apart * column)
                : from + columns_apart * column;
  }
  /// Means over the pencil's width, and over a column so many apart.
  template <class Value>
  double over_pencil(std::size_t k, Value value) const {
    double sum = 0.0;
    for (int i = 0; i < parts; ++i)
      sum += value(chord(fan.middles[k] + part_of_column(i) * fan.width));
    return sum / double(parts);
  }
  template <class Value>
  double over_column(std::size_t k, Index apart, Value value) const {
    double sum = 0.0;
    for (int i = 0; i < parts; ++i)
      sum += value(chord(angle(k, double(apart) + part_of_column(i))));
    return sum / double(parts);
  }
  /// Of the columns from 1 - columns to columns - 1 apart: `value` of the water, as their cells see
  /// it.
  template <class Value>
  std::vector<double> seen_by(std::size_t k, Index columns, const GridView& view,
                              Value value) const {
    std::vector<double> there, all;
    for (Index apart = 1 - columns; apart < columns; ++apart)
      there.push_back(over_column(k, apart, value));
    const double beyond = value(0.0);
    for (Index i = 0; i < std::ssize(there); ++i) {
      double sum = 0.0;
      for (Index o = -view.reach(); o <= view.reach(); ++o)
        sum += view.share(o) *
               (i + o < 0 || i + o >= std::ssize(there) ? beyond : there[std::size_t(i + o)]);
      all.push_back(sum);
    }
    return all;
  }
};

ScatterTables::ScatterTables(const Scanner& scanner, double kv, std::int64_t histories, Isa isa)
    : view_(hardware_geometry(scanner),
            scanner.detector.anti_scatter_grid.value_or(AntiScatterGrid{}),
            scatter_cells(hardware_geometry(scanner)).columns) {
  const CoarseCells cells = scatter_cells(hardware_geometry(scanner));
  columns_ = cells.columns;
  rows_ = cells.rows;
  // Without a grid, which lets few through, half of them tell as much.
  const auto& grid = scanner.detector.anti_scatter_grid;
  has_grid_ = grid && grid->ratio > 1.0;
  if (!has_grid_) histories /= 2;
  falling_[multiple].last_seen = has_grid_;
  calibrate(scanner, kv, histories, isa);
  set_gain(scanner, kv, histories, isa);
}

void ScatterTables::calibrate(const Scanner& scanner, double kv, std::int64_t histories, Isa isa) {
  const ScanGeometry hardware = hardware_geometry(scanner);
  std::vector<Body> bodies;
  for (const double thickness : thicknesses)
    for (const double aspect : aspects) {
      const double d = scanner.source_to_iso;
      bodies.emplace_back(SeenEllipse{thickness, std::min(0.5 * thickness * aspect, 0.95 * d), d},
                          hardware, columns_);
      const Body& body = bodies.back();
      for (const Spread& spread :
           carry_pencils(scanner, kv, {thickness, body.ellipse.radius(), 0.0}, body.fan,
                         {columns_, rows_}, histories, isa)) {
        energies_.push_back(spread.energy);
        for (std::size_t e = 0; e < events; ++e)
          kernels_[e].insert(kernels_[e].end(), spread.kernels[e].begin(), spread.kernels[e].end());
      }
    }
  for (std::size_t event = 0; event < events; ++event) {
    set_falling(event, bodies);
    divide(event, bodies);
    smooth(kernels_[event]);
  }
}

/// From a cylinder 60 mm before and behind the axis: what there is over what tables say.
void ScatterTables::set_gain(const Scanner& scanner, double kv, std::int64_t histories, Isa isa) {
  constexpr double radius = 135.0, depth = 60.0;  // mm
  const ScanGeometry hardware = hardware_geometry(scanner);
  ScanGeometry wide = hardware;
  wide.column_angle *= double(wide.columns) / double(columns_);
  wide.columns = columns_;
  wide.column_offset = 0.0;
  const auto over_tables = [&](double behind) {
    const double distance = scanner.source_to_iso + behind;
    const Body body({2.0 * radius, radius, distance}, hardware, columns_);
    const auto spreads = carry_pencils(scanner, kv, {2.0 * radius, radius, behind}, body.fan,
                                       {columns_, rows_}, histories, isa);
    double there = 0.0, said = 0.0;
    Kernel kernel;
    for (std::size_t k = 0; k < pencils; ++k) {
      find(2.0 * radius, 2.0 * radius, place_of(k), kernel);
      for (std::size_t e = 0; e < events; ++e) {
        const Falling& f = falling_[e];
        const double sent = body.over_pencil(k, [&](double w) { return f.sent(w, w); });
        const auto received =
            body.seen_by(k, columns_, view_, [&](double w) { return f.received(w); });
        for (Index a = 0; a < 2 * columns_ - 1; ++a) {
          const double column = wide.column_at(body.angle(k, double(a - columns_ + 1)));
          if (column < -0.5 || column > double(columns_) - 0.5) continue;
          for (Index r = 0; r < rows_; ++r) {
            // So many pairs of rows are that far apart.
            const double pairs = double((rows_ - r) * (r > 0 ? 2 : 1));
            const auto i = std::size_t(a * rows_ + r);
            there += pairs * double(spreads[k].kernels[e][i]);
            said += pairs * sent * received[std::size_t(a)] * double(kernel.of[e][i]);
          }
        }
      }
    }
    return there / said;
  };
  const double ratio = over_tables(depth) / over_tables(-depth);
  if (ratio > 0.0 && std::isfinite(ratio)) gain_ = math::log(ratio) / (2.0 * depth);
}

/// Least squares of ln(scatter / (t seen)) = a(columns apart) - source t - receiver t', each with
/// the weight of its share of the pencil's scatter; t' is the water that the cell sees.
void ScatterTables::set_falling(std::size_t event, const std::vector<Body>& bodies) {
  const auto& kernels = kernels_[event];
  const auto rows = std::size_t(rows_), apart = std::size_t(2 * columns_ - 1);
  struct Point {
    double w, t, d, y;  // weight, pencil's and cell's water, logarithm
  };
  double tt = 0.0, td = 0.0, dd = 0.0, ty = 0.0, dy = 0.0;
  std::vector<std::vector<Point>> groups(static_cast<std::size_t>(columns_));
  const Falling unit{0.0, 0.0, falling_[event].last_seen};
  for (std::size_t b = 0; b < bodies.size(); ++b)
    for (std::size_t k = 0; k < pencils; ++k) {
      const float* all = kernels.data() + (b * pencils + k) * apart * rows;
      std::vector<double> sums(apart, 0.0);
      double total = 0.0;
      for (std::size_t a = 0; a < apart; ++a) {
        for (std::size_t r = 0; r < rows; ++r) sums[a] += double(all[a * rows + r]);
        total += sums[a];
      }
      if (!(total > 0.0)) continue;
      const double t = bodies[b].over_pencil(k, [](double water) { return water; });
      const auto water = bodies[b].seen_by(k, columns_, view_, [](double w) { return w; });
      const auto seen =
          bodies[b].seen_by(k, columns_, view_, [&](double w) { return unit.received(w); });
      for (std::size_t a = 0; a < apart; ++a) {
        if (!(sums[a] > 0.0) || !(seen[a] > something)) continue;
        const double y = math::log(sums[a] / (t * seen[a]));
        const auto group = std::size_t(std::abs(Index(a) - (columns_ - 1)));
        groups[group].push_back({sums[a] / total, t, water[a], y});
      }
    }
  for (const auto& group : groups) {
    double w = 0.0, t = 0.0, d = 0.0, y = 0.0;
    for (const Point& p : group) {
      w += p.w;
      t += p.w * p.t;
      d += p.w * p.d;
      y += p.w * p.y;
    }
    if (!(w > 0.0)) continue;
    for (const Point& p : group) {
      const double pt = p.t - t / w, pd = p.d - d / w, py = p.y - y / w;
      tt += p.w * pt * pt;
      td += p.w * pt * pd;
      dd += p.w * pd * pd;
      ty += p.w * pt * py;
      dy += p.w * pd * py;
    }
  }
  // Without a grid a cell sees all the body alike.
  Falling& f = falling_[event];
  const double determinant = tt * dd - td * td;
  if (has_grid_ && determinant > 1e-6 * tt * dd) {
    f.source = -(ty * dd - dy * td) / determinant;
    f.receiver = -(dy * tt - ty * td) / determinant;
  } else if (tt > 0.0) {
    f.source = -ty / tt;
  }
}

/// Tables over what falls.
void ScatterTables::divide(std::size_t event, const std::vector<Body>& bodies) {
  auto& kernels = kernels_[event];
  const Falling& f = falling_[event];
  const auto rows = std::size_t(rows_), apart = std::size_t(2 * columns_ - 1);
  for (std::size_t b = 0; b < bodies.size(); ++b)
    for (std::size_t k = 0; k < pencils; ++k) {
      float* const all = kernels.data() + (b * pencils + k) * apart * rows;
      const double sent = bodies[b].over_pencil(k, [&](double w) { return f.sent(w, w); });
      const auto received =
          bodies[b].seen_by(k, columns_, view_, [&](double w) { return f.received(w); });
      const auto matter = bodies[b].seen_by(k, columns_, view_, [&](double w) {
        return Falling{0.0, 0.0, f.last_seen}.received(w);
      });
      const auto middle = std::size_t(columns_ - 1);
      const auto tells = [&](std::size_t a) { return a == middle || matter[a] > something; };
      for (std::size_t a = 0; a < apart; ++a)
        for (std::size_t r = 0; r < rows; ++r)
          if (tells(a)) all[a * rows + r] = float(double(all[a * rows + r]) / (sent * received[a]));
      // Beside the body as where it ends.
      const auto hold = [&](std::size_t to, std::size_t from) {
        if (!tells(to)) std::copy_n(all + from * rows, rows, all + to * rows);
      };
      for (std::size_t a = middle + 1; a < apart; ++a) hold(a, a - 1);
      for (std::size_t a = middle; a-- > 0;) hold(a, a + 1);
    }
}

/// Tables change smoothly with the pencil's place in the body and with the body's thickness: what
/// does not is noise.
void ScatterTables::smooth(std::vector<float>& kernels) const {
  const auto rows = std::size_t(rows_), apart = std::size_t(2 * columns_ - 1);
  const std::size_t size = apart * rows, last = apart - 1;
  std::vector<float> raw(pencils * size);
  // By places, from one side of the body to the other: there the kernel is mirrored.
  std::array<double, 2 * pencils> places{};
  for (std::size_t k = 0; k < pencils; ++k) {
    places[k] = place_of(k);
    places[pencils + k] = -place_of(k);
  }
  const std::vector<double> across = polynomial_fit(places, 5);
  for (std::size_t body = 0; body < thicknesses.size() * aspects.size(); ++body) {
    float* const all = kernels.data() + body * pencils * size;
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
  const std::vector<double> through = polynomial_fit(thicknesses, 4);
  const std::size_t bodies = aspects.size() * pencils * size;
  for (std::size_t j = 0; j < bodies; ++j) {
    std::array<double, thicknesses.size()> values{};
    for (std::size_t t = 0; t < thicknesses.size(); ++t)
      for (std::size_t from = 0; from < thicknesses.size(); ++from)
        values[t] += through[t * thicknesses.size() + from] * double(kernels[from * bodies + j]);
    for (std::size_t t = 0; t < thicknesses.size(); ++t)
      kernels[t * bodies + j] = float(std::max(0.0, values[t]));
  }
}

void ScatterTables::find(double thickness, double width, double place, Kernel& kernel) const {
  const auto rows = std::size_t(rows_), apart = std::size_t(2 * columns_ - 1), size = apart * rows;
  static const auto places = [] {
    std::array<double, pencils> all{};
    for (std::size_t k = 0; k < pencils; ++k) all[k] = place_of(k);
    return all;
  }();
  const double table = std::clamp(thickness, thicknesses.front(), thicknesses.back());
  const Between t = between(thicknesses, table), a = between(logs, math::log(width / table));
  const Between p = between(places, std::abs(place));
  kernel.energy = 0.0;
  for (auto& values : kernel.of) values.assign(size, 0.0f);
  for (int corner = 0; corner < 8; ++corner) {
    const double weight = (corner & 1 ? t.share : 1.0 - t.share) *
                          (corner & 2 ? a.share : 1.0 - a.share) *
                          (corner & 4 ? p.share : 1.0 - p.share);
    if (weight == 0.0) continue;
    const std::size_t i = ((corner & 1 ? t.second() : t.first) * aspects.size() +
                           (corner & 2 ? a.second() : a.first)) *
                              pencils +
                          (corner & 4 ? p.second() : p.first);
    kernel.energy += weight * energies_[i];
    for (std::size_t event = 0; event < events; ++event) {
      auto& to = kernel.of[event];
      const float* from = kernels_[event].data() + i * size;
      for (std::size_t j = 0; j < size; ++j) to[j] += float(weight) * from[j];
    }
  }
  // Of a pencil on the other side the mirror image.
  if (place >= 0.0) return;
  for (auto& values : kernel.of)
    for (std::size_t low = 0, high = apart - 1; low < high; ++low, --high)
      std::swap_ranges(values.begin() + std::ptrdiff_t(low * rows),
                       values.begin() + std::ptrdiff_t((low + 1) * rows),
                       values.begin() + std::ptrdiff_t(high * rows));
}

}  // namespace vitrine::physics::detail
