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

/// Table positions of the turns, after checking that these are turns.
std::vector<double> stations_of(const ScanGeometry& scan) {
  const Index views = scan.views_per_rotation;
  const auto unsupported = [](const auto&... why) {
    throw Error(Error::Kind::unsupported,
                str("this scan cannot be reconstructed by axial filtered back projection (", why...,
                    "). Use full axial turns that start at one angle"));
  };
  if (views < 2 * taps || scan.views() % views != 0 || scan.views() == 0)
    unsupported(scan.views(), " views are no whole number of turns of ", views);
  if (std::ssize(scan.table_positions) != scan.views())
    unsupported(scan.table_positions.size(), " table positions for ", scan.views(), " views");
  if (!scan.focal_shifts.empty()) unsupported("its focal spot flies");
  if (scan.columns < 2 * taps || scan.rows < 1)
    unsupported(scan.columns, " columns, ", scan.rows, " rows");
  std::vector<double> stations;
  for (Index v = 0; v < scan.views(); ++v) {
    const auto i = std::size_t(v);
    if (v % views == 0) stations.push_back(scan.table_positions[i]);
    if (scan.table_positions[i] != stations.back())
      unsupported("the table moves during a turn, at view ", v);
    const double expected = scan.view_angles[0] + two_pi * double(v % views) / double(views);
    const double turns = (scan.view_angles[i] - expected) / two_pi;
    if (std::abs(turns - std::round(turns)) > 1e-9)
      unsupported("view ", v, " is at ", scan.view_angles[i], " rad, not at ", expected);
  }
  return stations;
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

Rebinned::Rebinned(const ScanGeometry& scan) : scan_(scan), station_z_(stations_of(scan)) {
  angles_ = 2 * ((scan.views_per_rotation + 1) / 2);
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
  values_ = Buffer<float>(std::size_t(stations() * angles_ * samples_ * padded_rows_));
}

double Rebinned::angle(Index i) const {
  return scan_.view_angles[0] + two_pi * double(i) / double(angles_);
}

std::span<float> Rebinned::line(Index station, Index angle) {
  const auto size = std::size_t(samples_ * padded_rows_);
  return values_.span().subspan(std::size_t(station * angles_ + angle) * size, size);
}
std::span<const float> Rebinned::line(Index station, Index angle) const {
  const auto size = std::size_t(samples_ * padded_rows_);
  return values_.span().subspan(std::size_t(station * angles_ + angle) * size, size);
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
  parallel_for(out.stations() * out.angles(), [&](Index task) {
    const Index station = task / out.angles(), i = task % out.angles();
    // The ray of column c that has parallel angle theta is measured at view angle theta + fan(c).
    Interpolation between;
    for (Index c = 0; c < columns; ++c) {
      const double view = double(i) * double(views) / double(out.angles()) +
                          scan.fan_angle(double(c)) / two_pi * double(views);
      const double first = std::floor(view + 1e-9) - 2.0;
      const auto wrapped = std::int32_t(first - std::floor(first / double(views)) * double(views));
      between.add(wrapped, view - first);
    }
    const auto scratch = pool.borrow();
    detail::RebinJob job;
    job.views = sinogram.view(station * views).data();
    job.view_count = views;
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
    job.out = out.line(station, i).data();
    hot.rebin(job);
    if (flat_rows) flat_rows->curve(out.padded_rows(), out.line(station, i));
  });
  return out;
}

}  // namespace vitrine::recon
