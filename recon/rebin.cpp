#include "vitrine/recon/rebin.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/recon/detail/flat_rows.hpp"
#include "vitrine/recon/detail/hot.hpp"
#include "vitrine/recon/detail/scratch.hpp"

namespace vitrine::recon {
namespace {

constexpr double two_pi = 2.0 * std::numbers::pi;
constexpr int taps = detail::rebin_taps;

/// Refuses what is neither whole axial turns nor one even helix; the table's advance per view.
double advance_of(const ScanGeometry& scan) {
  const Index views = scan.views_per_rotation;
  const auto unsupported = [](const auto&... why) {
    throw Error(Error::Kind::unsupported,
                str("this scan cannot be reconstructed by filtered back projection (", why...,
                    "). Use full axial turns that start at one angle, or a helix of even pitch"));
  };
  if (std::ssize(scan.table_positions) != scan.views())
    unsupported(scan.table_positions.size(), " table positions for ", scan.views(), " views");
  if (!scan.focal_shifts.empty()) unsupported("its focal spot flies");
  if (views < 2 * taps || scan.views() < views)
    unsupported(scan.views(), " views are no whole turn of ", views);
  if (scan.columns < 2 * taps || scan.rows < 1)
    unsupported(scan.columns, " columns, ", scan.rows, " rows");
  for (Index v = 0; v < scan.views(); ++v) {
    const double expected = scan.view_angles[0] + two_pi * double(v % views) / double(views);
    const double turns = (scan.view_angles[std::size_t(v)] - expected) / two_pi;
    if (std::abs(turns - std::round(turns)) > 1e-9)
      unsupported("view ", v, " is at ", scan.view_angles[std::size_t(v)], " rad, not at ",
                  expected);
  }
  const std::vector<double>& table = scan.table_positions;
  const double advance = table[1] - table[0];
  for (Index v = 1; v < scan.views(); ++v) {
    const auto i = std::size_t(v);
    if (advance == 0.0 && v % views != 0 && table[i] != table[i - 1])
      unsupported("the table moves during a turn, at view ", v);
    if (advance != 0.0 && std::abs(table[i] - table[0] - double(v) * advance) > 1e-6)
      unsupported("the table does not move evenly, at view ", v);
  }
  if (advance == 0.0 && scan.views() % views != 0)
    unsupported(scan.views(), " views are no whole number of turns of ", views);
  return advance;
}

/// Weights of the points 0..5 for the value at x, exact for polynomials of degree 5.
std::array<double, taps> lagrange(double x) {
  std::array<double, taps> weights;
  for (int i = 0; i < taps; ++i) {
    double w = 1.0;
    for (int k = 0; k < taps; ++k)
      if (k != i) w *= (x - k) / (i - k);
    weights[std::size_t(i)] = w;
  }
  return weights;
}

/// First taps and weights of many positions.
struct Interpolation {
  std::vector<std::int32_t> first;
  std::vector<float> weights;

  void add(std::int32_t first_tap, double position) {
    first.push_back(first_tap);
    for (const double w : lagrange(position)) weights.push_back(float(w));
  }
};

}  // namespace

Rebinned::Rebinned(const ScanGeometry& scan) : scan_(scan) {
  const double per_view = advance_of(scan);
  const Index views = scan.views_per_rotation;
  advance_ = per_view * double(views) / two_pi;
  angles_ = 2 * ((views + 1) / 2);
  spacing_ = scan.source_to_iso * scan.column_angle;
  // Sample j lies at the column whose ray passes nearest: the same offset, no interpolation there.
  const double first = scan.source_to_iso * math::sin(scan.fan_angle(0.0)) / spacing_;
  const double last =
      scan.source_to_iso * math::sin(scan.fan_angle(double(scan.columns - 1))) / spacing_;
  const double offset = scan.column_at(0.0);
  const double lowest = std::ceil(first + offset - 1e-9),
               highest = std::floor(last + offset + 1e-9);
  samples_ = Index(highest - lowest) + 1;
  centre_ = offset - lowest;
  padded_rows_ = (scan.rows + detail::row_batch - 1) / detail::row_batch * detail::row_batch;
  if (!is_helical()) {
    first_angle_ = scan.view_angles[0];
    for (Index turn = 0; turn < scan.views() / views; ++turn)
      source_z_.insert(source_z_.end(), std::size_t(angles_),
                       scan.table_positions[std::size_t(turn * views)]);
  } else {  // lines all of whose rays lie between measured views
    const double views_per_angle = double(views) / double(angles_);
    const double early = -scan.fan_angle(0.0) / two_pi * double(views);
    const double late = scan.fan_angle(double(scan.columns - 1)) / two_pi * double(views);
    const double first_line = std::ceil((early + 2.0) / views_per_angle);
    const double last_line = std::floor((double(scan.views()) - 4.0 - late) / views_per_angle);
    require(last_line - first_line + 1.0 >= 0.5 * double(angles_), Error::Kind::unsupported,
            "this helical scan is too short (", scan.views(), " views of ", views,
            " a turn leave no half turn of parallel rays). Scan farther");
    first_angle_ = scan.view_angles[0] + two_pi * first_line / double(angles_);
    first_view_ = first_line * views_per_angle;
    for (double line = first_line; line <= last_line; line += 1.0)
      source_z_.push_back(scan.table_positions[0] + line * views_per_angle * per_view);
  }
  values_ = Buffer<float>(source_z_.size() * std::size_t(samples_ * padded_rows_));
}

double Rebinned::angle(Index i) const {
  return first_angle_ + two_pi * double(i) / double(angles_);
}

double Rebinned::lead(double t) const {
  return advance_ * math::asin(std::clamp(t / scan_.source_to_iso, -1.0, 1.0));
}

double Rebinned::view_of(Index line) const {
  return first_view_ + double(line) * double(scan_.views_per_rotation) / double(angles_);
}

std::span<float> Rebinned::line(Index half_turn, Index i) {
  const auto size = std::size_t(samples_ * padded_rows_);
  return values_.span().subspan(std::size_t(half_turn * (angles_ / 2) + i) * size, size);
}
std::span<const float> Rebinned::line(Index half_turn, Index i) const {
  const auto size = std::size_t(samples_ * padded_rows_);
  return values_.span().subspan(std::size_t(half_turn * (angles_ / 2) + i) * size, size);
}

Rebinned rebin(const Sinogram<quantity::LineIntegral>& sinogram, Isa isa) {
  const ScanGeometry& scan = sinogram.geometry();
  Rebinned out(scan);
  const Index views = scan.views_per_rotation, columns = scan.columns;

  // The ray of sample t has fan angle asin(t / sid).
  Interpolation across;
  for (Index j = 0; j < out.samples(); ++j) {
    const double fan =
        math::asin(std::clamp(out.position(double(j)) / scan.source_to_iso, -1.0, 1.0));
    const double column = scan.column_at(fan);
    const double first = std::clamp(std::floor(column + 1e-9) - 2.0, 0.0, double(columns - taps));
    across.add(std::int32_t(first), column - first);
  }
  // FDK: the cosine of the cone angle; of a flat detector's rows once they are those of a curved
  // one.
  const bool flat = scan.shape == DetectorShape::flat;
  std::vector<float> row_weights(std::size_t(out.padded_rows()), flat ? 1.0f : 0.0f);
  for (Index r = 0; r < scan.rows && !flat; ++r) {
    const double tangent = scan.row_tangent(double(r));
    row_weights[std::size_t(r)] = float(1.0 / std::sqrt(1.0 + tangent * tangent));
  }

  std::optional<detail::FlatRows> flat_rows;
  if (flat) {
    std::vector<double> cosines;
    for (Index j = 0; j < out.samples(); ++j) {
      const double t = out.position(double(j)) / scan.source_to_iso;
      cosines.push_back(std::sqrt(std::max(1.0 - t * t, 0.0)));
    }
    flat_rows.emplace(scan, cosines);
  }

  const detail::HotKernels& hot = detail::hot_kernels(isa);
  detail::ScratchPool pool(std::size_t(columns * out.padded_rows()));
  const Index half = out.angles() / 2;
  parallel_for(out.lines(), [&](Index n) {
    // An axial turn closes: its views are taken modulo one turn. A helix has all that it needs.
    const Index turn = out.is_helical() ? 0 : n / out.angles();
    const Index in_turn = out.is_helical() ? scan.views() : views;
    const double axial_view = out.view_of(n - turn * out.angles());
    // The ray of column c that has parallel angle theta is measured at view angle theta + fan(c).
    Interpolation between;
    for (Index c = 0; c < columns; ++c) {
      const double view = axial_view + scan.fan_angle(double(c)) / two_pi * double(views);
      const double first = std::floor(view + 1e-9) - 2.0;
      const auto wrapped =
          std::int32_t(first - std::floor(first / double(in_turn)) * double(in_turn));
      between.add(wrapped, view - first);
    }
    const auto scratch = pool.borrow();
    detail::RebinJob job;
    job.views = sinogram.view(turn * views).data();
    job.view_count = in_turn;
    job.columns = columns;
    job.rows = scan.rows;
    job.padded_rows = out.padded_rows();
    job.samples = out.samples();
    job.first_view = between.first.data();
    job.view_weights = between.weights.data();
    job.first_column = across.first.data();
    job.column_weights = across.weights.data();
    job.row_weights = row_weights.data();
    job.scratch = scratch.data();
    job.out = out.line(n / half, n % half).data();
    hot.rebin(job);
    if (flat_rows) flat_rows->curve(out.padded_rows(), out.line(n / half, n % half));
  });
  return out;
}

}  // namespace vitrine::recon
