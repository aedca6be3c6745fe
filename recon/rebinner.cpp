#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/pool.hpp"
#include "vitrine/recon/detail/flat_rows.hpp"
#include "vitrine/recon/detail/hot.hpp"
#include "vitrine/recon/rebin.hpp"

namespace vitrine::recon {
namespace {

constexpr double two_pi = 2.0 * std::numbers::pi;
constexpr int taps = detail::rebin_taps;

/// Weights of the points 0..5 for the value at x, exact for polynomials of degree 5.
std::array<double, taps> lagrange(double x) {
  std::array<double, taps> weights{};
  for (int i = 0; i < taps; ++i) {
    double w = 1.0;
    for (int k = 0; k < taps; ++k)
      if (k != i) w *= (x - k) / (i - k);
    weights[std::size_t(i)] = w;
  }
  return weights;
}

/// The same of the rays `first` to `first + 5` of a line for the value at t.
std::array<double, taps> lagrange(const std::vector<Spots::Ray>& rays, std::size_t first,
                                  double t) {
  std::array<double, taps> weights{};
  for (std::size_t i = 0; i < taps; ++i) {
    double w = 1.0;
    for (std::size_t k = 0; k < taps; ++k)
      if (k != i) w *= (t - rays[first + k].t) / (rays[first + i].t - rays[first + k].t);
    weights[i] = w;
  }
  return weights;
}

/// First taps and weights of many positions.
struct Interpolation {
  std::vector<std::int32_t> first;
  std::vector<float> weights;

  void add(std::int32_t first_tap, const std::array<double, taps>& of_taps) {
    first.push_back(first_tap);
    for (const double w : of_taps) weights.push_back(float(w));
  }
};

}  // namespace

struct Rebinner::State {
  State(const ScanGeometry& scan, Index block, Isa isa, Views kind);

  /// A line of a turn, or of a helix, and the views that it is made of: counted from the turn's
  /// first, and on beyond its last.
  struct Line {
    Index number, first, last;
    Index shift;     ///< what `first` and `last` are later than where the interpolation starts
    Index turn = 0;  ///< of a short scan: which of its turns the line's first rays belong to
  };
  Line line_of(Index number) const;
  Line short_line_of(Index number) const;
  /// View that the first tap of a ray is in, and where the ray lies from there, in steps of views
  /// from the same place.
  struct Tap {
    double first, position;
    Index turn = 0;  ///< of a short scan: -1 before its first view, 1 after a full turn
  };
  Tap tap(Index number, const Spots::Ray& ray) const;

  float* slot(Index view) { return ring.data() + std::size_t(view % capacity) * cells; }
  void made(Index views);
  void make(const Line& line);

  Rebinned out;
  ScanGeometry scan;
  const detail::HotKernels& hot;
  Index in_turn;  ///< views until the angles start again
  std::size_t cells;
  /// What depends on the focal spot's height.
  struct Height {
    std::vector<std::int32_t> column;  ///< per ray of a line
    Interpolation across;
    std::vector<float> row_weights;
  };
  Height height(Index index) const;
  /// Between a line's rays; `sine` of its angle.
  Interpolation across(Index height, double sine) const;
  std::vector<Height> heights;
  /// Of a detector of one row at rest: the same for every line, moved on by its number.
  std::optional<Interpolation> still;
  std::optional<detail::FlatRows> flat_rows;
  Pool<Buffer<float>> pool;
  std::vector<Line> lines;  ///< of one turn, in the order in which they can be made
  Index block, capacity = 0, replayed = 0;
  Buffer<float> ring, head;
  const float* source = nullptr;  ///< what lines are made of: the ring
  Index turn = 0, next = 0;       ///< view within the turn
  std::size_t next_line = 0;
};

Rebinner::State::Tap Rebinner::State::tap(Index number, const Spots::Ray& ray) const {
  // The ray of column c that has parallel angle theta is measured at view angle theta + fan(c).
  const auto whole = double(scan.views_per_rotation);
  double view = out.view_of(number) + ray.fan / two_pi * whole;
  Index in = 0;
  if (out.is_short()) {  // what no view measures takes the nearest, and counts nothing
    const double gap = 0.5 * (double(in_turn - 1) + whole);
    in = Index(std::floor((view - gap) / whole)) + 1;
    view = std::clamp(view - double(in) * whole, -1.0, double(in_turn));
  }
  const double period = double(out.spots().period());
  const double from_place = (view - double(ray.place)) / period;
  double first = std::floor(from_place + 1e-9) - 2.0;
  if (out.is_short()) {
    const double last = std::floor((double(in_turn - 1) - double(ray.place)) / period);
    first = std::clamp(first, 0.0, last - double(taps - 1));
  }
  return {first * period + double(ray.place), from_place - first, in};
}

Rebinner::State::Line Rebinner::State::short_line_of(Index number) const {
  // A line whose rays are measured by the last views and by the first ones is made when the first
  // are seen again.
  Line line{number, std::numeric_limits<Index>::max(), 0, 0, 1};
  const auto& rays = out.spots().line(out.height_of(number));
  for (const Spots::Ray& ray : rays) line.turn = std::min(line.turn, tap(number, ray).turn);
  for (const Spots::Ray& ray : rays) {
    const Tap at = tap(number, ray);
    const Index first = Index(at.first) + (at.turn - line.turn) * in_turn;
    line.first = std::min(line.first, first);
    line.last = std::max(line.last, first + (taps - 1) * out.spots().period());
  }
  return line;
}

Rebinner::State::Line Rebinner::State::line_of(Index number) const {
  if (out.is_short()) return short_line_of(number);
  double a = 1e300, b = -1e300;
  const auto& rays = out.spots().line(out.height_of(number));
  const auto ends = std::size_t(out.spots().across());  // each place's first and last
  for (std::size_t i = 0; i < ends; ++i)
    for (const Spots::Ray* ray : {&rays[i], &rays[rays.size() - 1 - i]}) {
      a = std::min(a, tap(number, *ray).first);
      b = std::max(b, tap(number, *ray).first);
    }
  // A turn at rest closes: what lies before its first view is seen again after its last one.
  Line line{number, Index(a), Index(b) + (taps - 1) * out.spots().period(), 0};
  while (line.first < 0) {
    line.first += in_turn;
    line.last += in_turn;
    line.shift += in_turn;
  }
  return line;
}

Rebinner::State::State(const ScanGeometry& geometry, Index most, Isa isa, Views kind)
    : out(geometry, kind),
      scan(geometry),
      hot(detail::hot_kernels(isa)),
      in_turn(out.turn_views()),
      cells(std::size_t(scan.columns * scan.rows)),
      pool(Pool<Buffer<float>>::of(
          std::size_t(scan.columns * out.spots().across() * out.padded_rows()))),
      block(std::min(most, in_turn)) {
  VITRINE_EXPECT(block >= 1);
  if (out.kind() == Views::direct) return;
  for (Index h = 0; h < out.spots().heights(); ++h) heights.push_back(height(h));
  if (scan.shape == DetectorShape::flat) {
    std::vector<double> cosines;
    for (Index j = 0; j < out.samples(); ++j) {
      const double t = out.position(double(j)) / scan.source_to_iso;
      cosines.push_back(std::sqrt(std::max(1.0 - t * t, 0.0)));
    }
    flat_rows.emplace(scan, cosines);
  }

  Index widest = 0, last = 0;
  for (Index n = 0; n < (out.is_helical() ? out.lines() : out.angles()); ++n) {
    const Line line = lines.emplace_back(line_of(n));
    widest = std::max(widest, line.last - line.first + 1);
    last = std::max(last, line.last);
  }
  std::ranges::stable_sort(lines, {}, &Line::last);
  if (scan.rows == 1 && !out.is_helical() && !out.is_short() && out.spots().period() == 1 &&
      out.angles() == scan.views_per_rotation) {
    still.emplace();
    for (const Spots::Ray& ray : out.spots().line(0)) {
      const Tap first = tap(0, ray);
      still->add(std::int32_t(first.first), lagrange(first.position));
    }
  }
  replayed = std::max<Index>(0, last + 1 - in_turn);
  VITRINE_EXPECT(replayed == 0 || !out.is_helical());
  // While a block comes in, its lines still need what came before it.
  capacity = widest + block;
  ring = Buffer<float>(std::size_t(capacity) * cells);
  source = ring.data();
  head = Buffer<float>(std::size_t(std::min(replayed, in_turn)) * cells);
}

Interpolation Rebinner::State::across(Index height, double sine) const {
  Interpolation made;
  const auto& rays = out.spots().line(height);
  const double last = double(std::ssize(rays) - taps);
  for (Index j = 0; j < out.samples(); ++j) {
    const double t = out.t_at(out.position(double(j)), sine, height);
    if (scan.focal_shifts.empty()) {  // the ray at t has fan angle asin(t / sid)
      const double column =
          scan.column_at(math::asin(std::clamp(t / scan.source_to_iso, -1.0, 1.0)));
      const double first = std::clamp(std::floor(column + 1e-9) - 2.0, 0.0, last);
      made.add(std::int32_t(first), lagrange(column - first));
    } else {
      const auto above = std::ranges::upper_bound(rays, t + 1e-9, {}, &Spots::Ray::t);
      const double first = std::clamp(double(above - rays.begin()) - 3.0, 0.0, last);
      made.add(std::int32_t(first), lagrange(rays, std::size_t(first), t));
    }
  }
  return made;
}

Rebinner::State::Height Rebinner::State::height(Index index) const {
  Height made;
  const auto& rays = out.spots().line(index);
  for (const Spots::Ray& ray : rays) made.column.push_back(ray.column);
  made.across = across(index, 0.0);
  // FDK: the cosine of the cone angle; of a flat detector's rows once they are those of a curved
  // one.
  const bool flat = scan.shape == DetectorShape::flat;
  made.row_weights.assign(std::size_t(out.padded_rows()), flat ? 1.0f : 0.0f);
  for (Index r = 0; r < scan.rows && !flat; ++r) {
    const double tangent =
        scan.row_tangent(double(r)) - out.spots().z(index) / scan.source_to_detector;
    made.row_weights[std::size_t(r)] = float(1.0 / std::sqrt(1.0 + tangent * tangent));
  }
  return made;
}

/// The next views of this turn are in the ring.
void Rebinner::State::made(Index views) {
  next += views;
  const auto begin = lines.begin() + std::ptrdiff_t(next_line);
  const auto end =
      std::ranges::find_if(begin, lines.end(), [&](const Line& line) { return line.last >= next; });
  parallel_for(end - begin, [&](Index i) { make(begin[i]); });
  next_line += std::size_t(end - begin);
}

void Rebinner::State::make(const Line& line) {
  Interpolation between;
  const Height& of = heights[std::size_t(out.height_of(line.number))];
  if (still) {
    between.first = still->first;
    for (std::int32_t& first : between.first)
      first = std::int32_t((first + line.number + line.shift) % capacity);
  }
  const auto& rays = out.spots().line(out.height_of(line.number));
  for (std::size_t i = 0; !still && i < rays.size(); ++i) {
    const Spots::Ray& ray = rays[i];
    const auto [first, position, in] = tap(line.number, ray);
    const Index later = line.shift + (in - line.turn) * in_turn;
    between.add(std::int32_t((Index(first) + later) % capacity), lagrange(position));
  }
  const auto scratch = pool.borrow();
  const Index half = out.angles() / 2, n = turn * out.angles() + line.number;
  const std::span<float> made = out.line(n / half, n % half);
  detail::RebinJob job;
  job.views = source;
  job.view_count = capacity;
  job.view_step = out.spots().period();
  job.columns = scan.columns;
  job.rays = std::ssize(of.column);
  job.rows = scan.rows;
  job.padded_rows = out.padded_rows();
  job.samples = out.samples();
  job.column = of.column.data();
  job.first_view = between.first.data();
  job.view_weights = still ? still->weights.data() : between.weights.data();
  std::optional<Interpolation> askew;
  if (out.is_askew() && out.is_helical())
    askew = across(out.height_of(line.number), math::sin(out.angle(n)));
  const Interpolation& between_rays = askew ? *askew : of.across;
  job.first_column = between_rays.first.data();
  job.column_weights = between_rays.weights.data();
  job.row_weights = of.row_weights.data();
  job.scratch = scratch->data();
  job.out = made.data();
  hot.rebin(job);
  if (flat_rows) flat_rows->curve(out.padded_rows(), made);
}

Rebinner::Rebinner(const ScanGeometry& scan, Index block, Isa isa, Views kind)
    : state_(std::make_unique<State>(scan, block, isa, kind)) {}
Rebinner::~Rebinner() = default;
Rebinner::Rebinner(Rebinner&&) noexcept = default;
Rebinner& Rebinner::operator=(Rebinner&&) noexcept = default;

std::span<float> Rebinner::room(Index count) {
  State& s = *state_;
  if (s.out.kind() == Views::direct) {  // where they stay
    const Index first = s.turn * s.in_turn + s.next;
    const Index views = std::min({count, s.block, s.in_turn - s.next});
    VITRINE_EXPECT(views >= 1 && first + views <= s.scan.views());
    return {s.out.view(first).data(), std::size_t(views) * s.cells};
  }
  const Index views =
      std::min({count, s.block, s.in_turn - s.next, s.capacity - s.next % s.capacity});
  VITRINE_EXPECT(views >= 1 && s.turn * s.in_turn + s.next + views <= s.scan.views());
  return {s.slot(s.next), std::size_t(views) * s.cells};
}

void Rebinner::take(Index count) {
  State& s = *state_;
  VITRINE_EXPECT(count >= 1 && std::size_t(count) * s.cells <= room(count).size());
  if (s.out.kind() == Views::direct) {
    s.next += count;
    if (s.next < s.in_turn) return;
    ++s.turn;
    s.next = 0;
    return;
  }
  const Index kept = Index(s.head.size() / s.cells);
  for (Index v = s.next; v < std::min(s.next + count, kept); ++v)
    std::copy_n(s.slot(v), s.cells, s.head.data() + std::size_t(v) * s.cells);
  s.made(count);
  if (s.next < s.in_turn) return;
  for (Index done = 0; done < s.replayed;) {
    const Index views = std::min(s.block, s.replayed - done);
    parallel_for(views, [&](Index i) {
      std::copy_n(s.head.data() + std::size_t((done + i) % s.in_turn) * s.cells, s.cells,
                  s.slot(s.next + i));
    });
    s.made(views);
    done += views;
  }
  ++s.turn;
  s.next = 0;
  s.next_line = 0;
  if (s.turn * s.in_turn < s.scan.views()) return;
  s.ring = {};
  s.head = {};
}

Rebinned Rebinner::finish() && {
  VITRINE_EXPECT(state_->turn * state_->in_turn == state_->scan.views());
  return std::move(state_->out);
}

Rebinned rebin(const Sinogram<quantity::LineIntegral>& sinogram, Isa isa, Views kind) {
  if (kind == Views::direct) {
    Rebinned views(sinogram.geometry(), kind);
    std::ranges::copy(sinogram.values(), views.view(0).data());
    return views;
  }
  // All views are there: no ring, lines straight from them.
  Rebinner::State all(sinogram.geometry(), 1, isa, kind);
  all.ring = {};
  all.capacity = all.in_turn;
  for (; all.turn * all.in_turn < all.scan.views(); ++all.turn) {
    all.source = sinogram.view(all.turn * all.in_turn).data();
    parallel_for(std::ssize(all.lines), [&](Index i) { all.make(all.lines[std::size_t(i)]); });
  }
  return std::move(all.out);
}

}  // namespace vitrine::recon
