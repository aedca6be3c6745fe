#include "vitrine/trial/detail/scan_memory.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"

namespace vitrine::trial::detail {
namespace {

constexpr double row_batch = 16.0;  // recon's rows come in batches

/// Views that a line of a scan is made of.
double fan_views(const ScanGeometry& g) {
  const double fan = 2.0 * g.fan_angle(double(g.columns - 1) - g.column_offset);
  return fan / (2.0 * std::numbers::pi) * double(g.views_per_rotation) + 6.0;
}

bool is_helical(const ScanGeometry& g) {
  return g.table_positions.back() != g.table_positions.front() &&
         g.table_positions[1] != g.table_positions[0];
}

}  // namespace

double line_bytes(const ScanGeometry& g) {
  const double fan = 2.0 * g.fan_angle(double(g.columns - 1) - g.column_offset);
  const double line = sizeof(float) * 2.0 * math::sin(0.5 * fan) / g.column_angle * row_batch *
                      std::ceil(double(g.rows) / row_batch);
  const double turns = double(g.views()) / turned_share(g);  // short scans have full turns' lines
  return line * (turns - (is_helical(g) ? fan_views(g) : 0.0));
}

double scan_memory(const ScanGeometry& g, std::span<const ScanSize> scans, std::size_t kept,
                   double voxels, std::optional<double> fit) {
  constexpr double block = 128.0;    // of views
  constexpr double filtered = 16e6;  // one block of filtered lines
  const double view = sizeof(float) * double(g.columns * g.rows);
  const double measured = fit ? view * double(g.views()) : 0.0;
  const double lines = measured + line_bytes(g);
  const double ring = view * (block + fan_views(g) * (is_helical(g) ? 1.0 : 2.0));
  const double images =
      sizeof(float) * voxels * (double(kept) + 2.0) + filtered + fit.value_or(0.0);
  double held = 0.0, rings = 0.0, afterwards = 0.0;
  for (const ScanSize& size : scans) {
    rings += double(size.known) * block * view;
    if (size.streams()) {
      held += double(size.outputs()) * lines;
      rings += double(size.outputs()) * ring;
    } else {
      held += double(size.known) * view * double(g.views());
      afterwards = std::max(afterwards, double(size.series_at_once()) * (lines + ring));
    }
  }
  return held + std::max(rings, afterwards + images);
}

}  // namespace vitrine::trial::detail
