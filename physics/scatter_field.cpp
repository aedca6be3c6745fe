#include "vitrine/physics/scatter_field.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "vitrine/core/error.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/detail/scatter_job.hpp"
#include "vitrine/physics/detect.hpp"

namespace vitrine::physics {
namespace portable {
void add_scatter(const detail::ScatterJob&);
void subtract_scatter(const detail::ScatterJob&);
}  // namespace portable
namespace v3 {
void add_scatter(const detail::ScatterJob&);
void subtract_scatter(const detail::ScatterJob&);
}  // namespace v3

const detail::ScatterKernels& detail::scatter_kernels(Isa isa) {
  static constexpr ScatterKernels portable_kernels{portable::add_scatter,
                                                   portable::subtract_scatter},
      v3_kernels{v3::add_scatter, v3::subtract_scatter};
  return isa == Isa::portable ? portable_kernels : v3_kernels;
}

namespace {

/// Middles of `coarse` equal parts of `cells` cells, in cells.
std::vector<double> middles(Index cells, Index coarse) {
  std::vector<double> places;
  const double width = double(cells) / double(coarse);
  for (Index i = 0; i < coarse; ++i) places.push_back((double(i) + 0.5) * width - 0.5);
  return places;
}

bool stands_still(const ScanGeometry& g, Index a, Index b) {
  return g.table_positions[std::size_t(a)] == g.table_positions[std::size_t(b)];
}

}  // namespace

std::vector<Index> scatter_views(const ScanGeometry& geometry) {
  constexpr Index per_rotation = 24;  // 15 degrees
  const Index step = std::max<Index>(1, geometry.views_per_rotation / per_rotation);
  const Index views = geometry.views();
  std::vector<Index> picked;
  Index since = 0;  // the first view of this rotation, if the table rests
  for (Index v = 0; v < views; ++v) {
    const bool rests = v + 1 < views && stands_still(geometry, v, v + 1);
    const bool starts = v == 0 || (rests && !stands_still(geometry, v - 1, v));
    const bool ends = v + 1 == views || (v > 0 && stands_still(geometry, v - 1, v) && !rests);
    if (starts) since = v;
    if (ends || (v - since) % step == 0) picked.push_back(v);
  }
  return picked;
}

CoarseCells scatter_cells(const ScanGeometry& geometry) {
  constexpr double height = 10.0;  // mm at the isocentre
  const double collimation = double(geometry.rows) * geometry.row_pitch_at_iso();
  const auto rows = Index(std::lround(collimation / height));
  return {std::min<Index>(32, geometry.columns),
          std::clamp<Index>(rows, 1, std::min<Index>(16, geometry.rows))};
}

/// Hermite's cubic with finite differences of the neighbours as slopes; a straight line where a
/// neighbour is missing on both sides of an interval's end, and beyond the last place. Places below
/// `low` or above `high` do not count.
ScatterField::Taps ScatterField::taps(std::span<const double> places, double x, Index low,
                                      Index high) {
  Taps t{};
  if (low == high) {
    std::fill_n(t.at, 4, low);
    t.weight[1] = 1.0;
    return t;
  }
  const auto place = [&](Index i) { return places[std::size_t(i)]; };
  Index i = low;
  while (i + 2 <= high && place(i + 1) <= x) ++i;
  const double width = place(i + 1) - place(i), u = (x - place(i)) / width;
  t.at[0] = std::max(low, i - 1);
  t.at[1] = i;
  t.at[2] = i + 1;
  t.at[3] = std::min(high, i + 2);
  if (u < 0.0 || u > 1.0) {
    t.weight[1] = 1.0 - u;
    t.weight[2] = u;
    return t;
  }
  const double v = 1.0 - u;
  t.weight[1] = v * v * (1.0 + 2.0 * u);
  t.weight[2] = u * u * (1.0 + 2.0 * v);
  const auto slope = [&](int from, int to, double factor) {
    const double over = place(t.at[to]) - place(t.at[from]);
    t.weight[from] -= factor * width / over;
    t.weight[to] += factor * width / over;
  };
  slope(0, 2, u * v * v);
  slope(1, 3, -u * u * v);
  return t;
}

ScatterField::ScatterField(const ScanGeometry& geometry, const Beam& beam, ScatterMaps maps,
                           double strength, Isa isa)
    : geometry_(geometry), maps_(std::move(maps)), isa_(isa) {
  VITRINE_EXPECT(!maps_.views.empty() && maps_.mean.size() == maps_.views.size() * maps_.cells());
  VITRINE_EXPECT(maps_.square.size() == maps_.mean.size());
  for (auto* all : {&maps_.mean, &maps_.square})
    for (double& value : *all) value *= strength;
  const std::vector<double> columns = middles(geometry.columns, maps_.columns);
  for (Index c = 0; c < geometry.columns; ++c)
    column_taps_.push_back(taps(columns, double(c), 0, maps_.columns - 1));
  const std::vector<double> rows = middles(geometry.rows, maps_.rows);
  row_weights_.assign(std::size_t(maps_.rows * geometry.rows), 0.0f);
  for (Index r = 0; r < geometry.rows; ++r) {
    const Taps t = taps(rows, double(r), 0, maps_.rows - 1);
    for (int k = 0; k < 4; ++k)
      row_weights_[std::size_t(t.at[k] * geometry.rows + r)] += float(t.weight[k]);
  }
  per_air_ = air_signals(geometry, beam);
  for (float& air : per_air_) air = 1.0f / air;
}

ScatterField::Taps ScatterField::view_taps(Index view) const {
  const auto& picked = maps_.views;
  std::vector<double> places(picked.begin(), picked.end());
  const auto above = std::ranges::upper_bound(picked, view) - picked.begin();
  const Index i = std::clamp<Index>(above - 1, 0, std::ssize(picked) - 1);
  const auto number = [&](Index k) { return picked[std::size_t(k)]; };
  // Where the table rests, its rotation alone counts.
  Index low = 0, high = std::ssize(picked) - 1;
  const bool rests = (i < high && stands_still(geometry_, number(i), number(i + 1))) ||
                     (i > 0 && stands_still(geometry_, number(i - 1), number(i)));
  if (rests) {
    while (!stands_still(geometry_, number(low), view)) ++low;
    while (!stands_still(geometry_, number(high), view)) --high;
  }
  return taps(places, double(view), low, high);
}

std::vector<float> ScatterField::columns_of(const Taps& views,
                                            const std::vector<double>& maps) const {
  const auto cells = maps_.cells(), rows = std::size_t(maps_.rows);
  std::vector<double> map(cells, 0.0);
  for (int k = 0; k < 4; ++k) {
    if (views.weight[k] == 0.0) continue;
    const double* from = maps.data() + std::size_t(views.at[k]) * cells;
    for (std::size_t i = 0; i < cells; ++i) map[i] += views.weight[k] * from[i];
  }
  std::vector<float> out(column_taps_.size() * rows);
  for (std::size_t c = 0; c < column_taps_.size(); ++c) {
    const Taps& t = column_taps_[c];
    for (std::size_t r = 0; r < rows; ++r) {
      double sum = 0.0;
      for (int k = 0; k < 4; ++k) sum += t.weight[k] * map[std::size_t(t.at[k]) * rows + r];
      out[c * rows + r] = float(sum);
    }
  }
  return out;
}

void ScatterField::add(Index first, Index count, std::span<float> signal,
                       std::span<float> quanta) const {
  const auto cells = std::size_t(geometry_.columns * geometry_.rows);
  VITRINE_EXPECT(signal.size() == std::size_t(count) * cells && quanta.size() == signal.size());
  parallel_for(count, [&](Index v) {
    const Taps at = view_taps(first + v);
    const auto mean = columns_of(at, maps_.mean), square = columns_of(at, maps_.square);
    const auto offset = std::size_t(v) * cells;
    detail::scatter_kernels(isa_).add({geometry_.columns, geometry_.rows, maps_.rows, mean.data(),
                                       square.data(), row_weights_.data(), per_air_.data(), 0.0f,
                                       signal.data() + offset, quanta.data() + offset});
  });
}

void ScatterField::subtract(Index first, Index count, double share,
                            std::span<float> readings) const {
  const auto cells = std::size_t(geometry_.columns * geometry_.rows);
  VITRINE_EXPECT(readings.size() == std::size_t(count) * cells);
  parallel_for(count, [&](Index v) {
    const auto mean = columns_of(view_taps(first + v), maps_.mean);
    detail::scatter_kernels(isa_).subtract(
        {geometry_.columns, geometry_.rows, maps_.rows, mean.data(), nullptr, row_weights_.data(),
         per_air_.data(), float(share), readings.data() + std::size_t(v) * cells, nullptr});
  });
}

}  // namespace vitrine::physics
