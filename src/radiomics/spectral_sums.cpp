#include <algorithm>
#include <cmath>
#include <cstring>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/detail/autocorrelation.hpp"
#include "vitrine/radiomics/detail/lane_fft.hpp"

namespace vitrine::radiomics {
namespace {

typedef double Pair __attribute__((vector_size(16)));

constexpr std::size_t lanes = Lanes::count;
constexpr std::size_t rows_together = 2 * lanes;  // real rows, or real columns of the weights

/// The fields whose products are wanted: 1 in the mask, the deviation from the mean in standard
/// deviations (so that it travels beside the 1 without drowning it), and its square.
constexpr std::size_t inside = 0, deviation = 1, square = 2, fields = 3;

/// A torus on which offsets within the region stay apart; the region's grid has a border without
/// voxels.
struct Torus {
  explicit Torus(std::array<Index, 3> size) {
    for (std::size_t a = 0; a < 3; ++a) {
      box[a] = static_cast<std::size_t>(size[a] - 2);
      period[a] = LaneFft::good_length(2 * box[a] - 1);
    }
    period[0] = std::max<std::size_t>(period[0], 4);  // rows hold the transforms of two real ones
    columns = period[0] / 2 + 1;
  }
  std::array<std::size_t, 3> box{}, period{};
  std::size_t columns = 0;  ///< of the spectrum of a real row
};

/// How many columns to keep at a time, a multiple of `rows_together`: sixteen bytes for each voxel
/// of the box at most, or what a cache holds.
std::size_t columns_at_once(const Torus& torus) {
  constexpr double bytes_a_voxel = 16, cache_bytes = 16 << 20;
  const double row_count = double(torus.box[1] * torus.box[2]);
  const double bytes = std::max(bytes_a_voxel * double(torus.box[0]) * row_count, cache_bytes);
  const double column_bytes =
      row_count * double(sizeof(Lanes)) * (double(fields) + 0.5) / double(lanes);
  const double whole = bytes / column_bytes / double(rows_together);
  const std::size_t groups = (torus.columns + rows_together - 1) / rows_together;
  const auto all = double(groups);
  const double blocks = std::ceil(all / std::max(std::floor(std::min(whole, all)), 1.0));
  return static_cast<std::size_t>(std::ceil(all / blocks)) * rows_together;
}

/// Spectra along rows of some columns: of the fields, four columns in an element, and of the
/// weights, real and eight columns in an element.
class Columns {
 public:
  Columns(const Torus& torus, std::size_t most)
      : torus_(torus),
        fields_(fields * most / lanes * torus.box[1] * torus.box[2]),
        weights_(most / rows_together * torus.box[1] * torus.box[2]),
        along_(torus.period[0]),
        rows_(fields * torus.box[0] * rows_together) {}

  void transform(const Region& region, double mean, double unit, std::size_t first,
                 std::size_t count);
  /// The elements of a slice, of the fields' group of columns or the weights'.
  std::span<const Lanes> field(std::size_t group, std::size_t f, std::size_t z) const {
    return std::span(fields_).subspan(field_at(group, f, z), torus_.box[1]);
  }
  std::span<const Lanes> weights(std::size_t group, std::size_t z) const {
    return std::span(weights_).subspan((group * torus_.box[2] + z) * torus_.box[1], torus_.box[1]);
  }

 private:
  std::size_t field_at(std::size_t group, std::size_t f, std::size_t z) const {
    return ((group * fields + f) * torus_.box[2] + z) * torus_.box[1];
  }
  void transform_fields(std::size_t y, std::size_t z);
  void transform_weights(const Vec3& spacing, std::size_t y, std::size_t z);

  const Torus& torus_;
  std::vector<Lanes> fields_, weights_;
  LaneFft along_;
  std::vector<double> rows_;  ///< field by field, `rows_together` rows side by side
  std::size_t first_ = 0, count_ = 0;
};

void Columns::transform(const Region& region, double mean, double unit, std::size_t first,
                        std::size_t count) {
  first_ = first;
  count_ = count;
  std::fill(fields_.begin(), fields_.end(), Lanes{});
  std::size_t v = 0;
  const std::size_t length = torus_.box[0] * rows_together;
  for (std::size_t z = 0; z < torus_.box[2]; ++z)
    for (std::size_t y = 0; y < torus_.box[1]; y += rows_together) {
      const std::size_t before = v;
      for (; v < region.voxels.size(); ++v) {
        const auto [i, j, k] = region.position(region.voxels[v]);
        const auto row = static_cast<std::size_t>(j - 1) - y;
        if (static_cast<std::size_t>(k - 1) != z || row >= rows_together) break;
        if (v == before) std::fill(rows_.begin(), rows_.end(), 0.0);
        const std::size_t at = static_cast<std::size_t>(i - 1) * rows_together + row;
        const double d = (region.hu[v] - mean) / unit;
        rows_[inside * length + at] = 1;
        rows_[deviation * length + at] = d;
        rows_[square * length + at] = d * d;
      }
      if (v > before) transform_fields(y, z);
      transform_weights(region.grid.spacing, y, z);
    }
}

/// Two real rows travel as one complex row: four rows of ones with those of their deviations,
/// then four rows of squares with the next four.
void Columns::transform_fields(std::size_t y, std::size_t z) {
  const std::size_t length = torus_.box[0] * rows_together, period = torus_.period[0];
  const std::size_t rows = std::min(rows_together, torus_.box[1] - y);
  struct Packed {
    std::size_t re, im, re_row, im_row;
  };
  const std::array<Packed, 3> together{
      {{inside, deviation, 0, 0}, {inside, deviation, lanes, lanes}, {square, square, 0, lanes}}};
  for (const Packed& p : together) {
    if (std::min(p.re_row, p.im_row) >= rows) continue;
    const auto input = along_.input();
    std::fill(input.begin(), input.begin() + std::ptrdiff_t(period / 2), Lanes{});
    for (std::size_t i = 0; i < torus_.box[0]; ++i) {
      const double* from = &rows_[i * rows_together];
      std::memcpy(input[i].re, from + p.re * length + p.re_row, sizeof input[i].re);
      std::memcpy(input[i].im, from + p.im * length + p.im_row, sizeof input[i].im);
    }
    const auto spectrum = along_.run_half();
    for (std::size_t c = 0; c < count_; ++c) {
      const std::size_t group = c / lanes, lane = c % lanes;
      const Lanes& here = spectrum[first_ + c];
      const Lanes& there = spectrum[(period - first_ - c) % period];
      Lanes* re = &fields_[field_at(group, p.re, z) + y + p.re_row];
      Lanes* im = &fields_[field_at(group, p.im, z) + y + p.im_row];
      for (std::size_t r = 0; r < lanes; ++r) {
        if (p.re_row + r < rows) {
          re[r].re[lane] = (here.re[r] + there.re[r]) / 2;
          re[r].im[lane] = (here.im[r] - there.im[r]) / 2;
        }
        if (p.im_row + r < rows) {
          im[r].re[lane] = (here.im[r] + there.im[r]) / 2;
          im[r].im[lane] = (there.re[r] - here.re[r]) / 2;
        }
      }
    }
  }
}

/// 1 / distance is even along a row, so its transform is real: two rows travel without mixing.
void Columns::transform_weights(const Vec3& spacing, std::size_t y, std::size_t z) {
  const std::size_t period = torus_.period[0];
  const std::size_t rows = std::min(rows_together, torus_.box[1] - y);
  const auto input = along_.input();
  std::fill(input.begin(), input.end(), Lanes{});
  const double dz = double(z) * spacing[2];
  for (std::size_t r = 0; r < rows; ++r) {
    const double dy = double(y + r) * spacing[1];
    const double across = dy * dy + dz * dz;
    for (std::size_t i = 0; i < torus_.box[0]; ++i) {
      const double dx = double(i) * spacing[0];
      const double squared = dx * dx + across;
      const double w = squared > 0 ? 1 / std::sqrt(squared) : 0;
      for (const std::size_t at : {i, (period - i) % period})
        (r < lanes ? input[at].re[r] : input[at].im[r - lanes]) = w;
    }
  }
  const auto spectrum = along_.run();
  for (std::size_t c = 0; c < count_; ++c) {
    const std::size_t group = c / rows_together, lane = c % rows_together;
    Lanes* to = &weights_[(group * torus_.box[2] + z) * torus_.box[1] + y];
    for (std::size_t r = 0; r < rows; ++r)
      (lane < lanes ? to[r].re[lane] : to[r].im[lane - lanes]) =
          r < lanes ? spectrum[first_ + c].re[r] : spectrum[first_ + c].im[r - lanes];
  }
}

Pair load(const double* from) {
  Pair x;
  std::memcpy(&x, from, sizeof x);
  return x;
}

/// Sums over the spectrum of some columns; one for each of four lanes.
struct ColumnSums {
  double weights[lanes] = {}, products[lanes] = {}, squares[lanes] = {};
  /// Adds w |M|^2, w |D|^2 and w Re(S conj M) of frequencies along an axis whose `weight` is even.
  void add(std::span<const Lanes> m, std::span<const Lanes> d, std::span<const Lanes> s,
           std::span<const Lanes> weight, bool second);
};

void ColumnSums::add(std::span<const Lanes> m, std::span<const Lanes> d, std::span<const Lanes> s,
                     std::span<const Lanes> weight, bool second) {
  for (std::size_t part = 0; part < lanes; part += 2) {
    Pair mm{}, dd{}, sm{};
    for (std::size_t k = 0; k < m.size(); ++k) {
      const Lanes& both = weight[std::min(k, m.size() - k)];
      const Pair w = load((second ? both.im : both.re) + part);
      const Pair mr = load(m[k].re + part), mi = load(m[k].im + part);
      const Pair dr = load(d[k].re + part), di = load(d[k].im + part);
      const Pair sr = load(s[k].re + part), si = load(s[k].im + part);
      mm += w * (mr * mr + mi * mi);
      dd += w * (dr * dr + di * di);
      sm += w * (sr * mr + si * mi);
    }
    for (std::size_t l = 0; l < 2; ++l) {
      weights[part + l] += mm[l];
      products[part + l] += dd[l];
      squares[part + l] += sm[l];
    }
  }
}

/// Transforms columns along the other two axes and sums their products.
class Planes {
 public:
  explicit Planes(const Torus& torus)
      : torus_(torus),
        across_(torus.period[1]),
        up_{LaneFft(torus.period[2]), LaneFft(torus.period[2]), LaneFft(torus.period[2])},
        plane_(fields * torus.period[1] * torus.box[2]),
        slices_((torus.period[1] / 2 + 1) * torus.box[2]),
        spectrum_((torus.period[1] / 2 + 1) * (torus.period[2] / 2 + 1)) {}

  /// The spectrum of the weights, of one group of their columns.
  void transform_weights(const Columns& columns, std::size_t group);
  /// The products of a group of the fields' columns, the second one of its weights' or the first.
  ColumnSums products(const Columns& columns, std::size_t group, bool second);

 private:
  /// Copies real columns that are even about their first element.
  static void copy_even(std::span<const Lanes> from, LaneFft& to);
  const Torus& torus_;
  LaneFft across_;
  std::array<LaneFft, fields> up_;
  std::vector<Lanes> plane_, slices_, spectrum_;
};

void Planes::copy_even(std::span<const Lanes> from, LaneFft& to) {
  const auto input = to.input();
  std::fill(input.begin(), input.end(), Lanes{});
  for (std::size_t i = 0; i < from.size(); ++i)
    input[i] = input[(input.size() - i) % input.size()] = from[i];
}

void Planes::transform_weights(const Columns& columns, std::size_t group) {
  const std::size_t rows = torus_.period[1] / 2 + 1, slices = torus_.period[2] / 2 + 1;
  for (std::size_t z = 0; z < torus_.box[2]; ++z) {
    copy_even(columns.weights(group, z), across_);
    const auto row = across_.run();
    for (std::size_t y = 0; y < rows; ++y) slices_[y * torus_.box[2] + z] = row[y];
  }
  for (std::size_t y = 0; y < rows; ++y) {
    copy_even(std::span(slices_).subspan(y * torus_.box[2], torus_.box[2]), up_[0]);
    const auto column = up_[0].run();
    std::copy(column.begin(), column.begin() + std::ptrdiff_t(slices),
              spectrum_.begin() + std::ptrdiff_t(y * slices));
  }
}

ColumnSums Planes::products(const Columns& columns, std::size_t group, bool second) {
  const auto put = [](std::span<const Lanes> from, LaneFft& to) {
    const auto input = to.input();
    std::copy(from.begin(), from.end(), input.begin());
    std::fill(input.begin() + std::ptrdiff_t(from.size()),
              input.begin() + std::ptrdiff_t(std::max(input.size() / 2, from.size())), Lanes{});
  };
  const std::size_t height = torus_.period[1], depth = torus_.box[2];
  for (std::size_t f = 0; f < fields; ++f)
    for (std::size_t z = 0; z < depth; ++z) {
      put(columns.field(group, f, z), across_);
      const auto row = across_.run_half();
      for (std::size_t y = 0; y < height; ++y) plane_[(y * fields + f) * depth + z] = row[y];
    }
  ColumnSums sums;
  const std::size_t slices = torus_.period[2] / 2 + 1;
  for (std::size_t y = 0; y < height; ++y) {
    std::array<std::span<const Lanes>, fields> column;
    for (std::size_t f = 0; f < fields; ++f) {
      put(std::span(plane_).subspan((y * fields + f) * depth, depth), up_[f]);
      column[f] = up_[f].run_half();
    }
    sums.add(column[inside], column[deviation], column[square],
             std::span(spectrum_).subspan(std::min(y, height - y) * slices, slices), second);
  }
  return sums;
}

}  // namespace

double spectral_steps(const Region& region) {
  const Torus torus(region.grid.size);
  const double points = double(torus.columns) * double(torus.period[1] * torus.period[2]);
  return points * math::log2(points);
}

PairSums spectral_distance_sums(const Region& region, double mean) {
  const Torus torus(region.grid.size);
  double variance = 0;
  for (const float hu : region.hu) variance += (hu - mean) * (hu - mean);
  variance = variance > 0 ? variance / double(region.hu.size()) : 1;

  const std::size_t most = columns_at_once(torus);
  Columns columns(torus, most);
  Planes planes(torus);
  PairSums sums;
  double squares = 0;  // sum w (x_i - mean)^2 over ordered pairs
  for (std::size_t first = 0; first < torus.columns; first += most) {
    const std::size_t count = std::min(most, torus.columns - first);
    columns.transform(region, mean, std::sqrt(variance), first, count);
    for (std::size_t c = 0; c < count; c += lanes) {
      const bool second = c / lanes % 2 == 1;
      if (!second) planes.transform_weights(columns, c / rows_together);
      const ColumnSums part = planes.products(columns, c / lanes, second);
      for (std::size_t l = 0; l < std::min(lanes, count - c); ++l) {
        // Columns but the first and the last stand for two frequencies.
        const std::size_t column = first + c + l;
        const double twice = column == 0 || column + 1 == torus.columns ? 1 : 2;
        sums.weights += twice * part.weights[l];
        sums.products += twice * part.products[l] * variance;
        squares += twice * part.squares[l] * variance;
      }
    }
  }
  const double points = double(torus.period[0]) * double(torus.period[1] * torus.period[2]);
  sums.weights /= points;  // Parseval
  sums.products /= points;
  sums.square_differences = 2 * squares / points - 2 * sums.products;
  return sums;
}

}  // namespace vitrine::radiomics
