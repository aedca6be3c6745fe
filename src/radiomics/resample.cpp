#include <algorithm>
#include <cmath>
#include <cstdint>

#include "vitrine/radiomics/detail/resample.hpp"

namespace vitrine::radiomics {
namespace {

/// Spacings come from files as 32-bit floats; 0.976999998 for 0.977 must not add a sample.
constexpr double size_slack = 1e-4;

/// Pole of the cubic B-spline's prefilter (Unser 1999); it decays to 1e-12 in 21 samples.
const double pole = std::sqrt(3.0) - 2.0;
constexpr Index spline_margin = 24;

/// Halves are rounded up even if interpolation left them a rounding error short.
constexpr double half = 0.5 + 1e-7;

/// Samples in, B-spline coefficients out, with mirror ends; the margin keeps those out of sight.
void prefilter(std::span<double> line) {
  const auto n = std::ssize(line);
  if (n < 2) return;
  const auto at = [&](Index i) -> double& { return line[static_cast<std::size_t>(i)]; };
  for (double& x : line) x *= 6.0;
  double sum = 0, weight = 1;
  for (Index i = 0; i < std::min(n, spline_margin); ++i, weight *= pole) sum += weight * at(i);
  at(0) = sum;
  for (Index i = 1; i < n; ++i) at(i) += pole * at(i - 1);
  at(n - 1) = pole / (pole * pole - 1) * (at(n - 1) + pole * at(n - 2));
  for (Index i = n - 2; i >= 0; --i) at(i) = pole * (at(i + 1) - at(i));
}

}  // namespace

Axis::Axis(Index size, double input_spacing, double spacing)
    : input_size(size), whole_size(size), output_size(size), step(1) {
  if (spacing <= 0) return;
  step = spacing / input_spacing;
  output_size = std::max<Index>(1, Index(std::ceil(double(size) / step - size_slack)));
}

std::array<Axis, 3> interpolation_axes(const Grid& image, const Settings& settings,
                                       const PartOf& part) {
  std::array<Axis, 3> axes;
  for (std::size_t a = 0; a < 3; ++a) {
    const bool kept = a == 2 && settings.in_plane_only;
    const Index whole = part.whole[a] > 0 ? part.whole[a] : image.size[a];
    axes[a] = Axis(whole, image.spacing[Index(a)], kept ? 0 : settings.spacing_mm);
    axes[a].input_size = image.size[a];
    axes[a].first = part.first[a];
  }
  return axes;
}

Interpolation interpolation_of(const Settings& settings) {
  return settings.spacing_mm <= 0 ? Interpolation::nearest : settings.interpolation;
}

float round_hu(float hu) { return float(std::floor(double(hu) + half)); }

PointTaps taps_at(double x, Index size, Interpolation kind) {
  PointTaps taps;
  const auto add = [&](Index index, double weight) {
    taps.index[std::size_t(taps.count)] = index;
    taps.weight[std::size_t(taps.count++)] = weight;
  };
  const auto inside = [&](Index i) { return std::clamp<Index>(i, 0, size - 1); };
  const double whole = std::floor(x), f = x - whole, g = 1 - f;
  const auto i = Index(whole);
  switch (kind) {
    case Interpolation::nearest:
      add(inside(Index(std::floor(x + 0.5))), 1);
      break;
    case Interpolation::linear:
      add(inside(i), g);
      add(inside(i + 1), f);
      break;
    case Interpolation::cubic: {  // the spline's box reaches beyond the image: nothing to clamp
      const auto weights = cubic_weights(f);
      for (std::size_t tap = 0; tap < weights.size(); ++tap) add(i + Index(tap) - 1, weights[tap]);
      break;
    }
  }
  return taps;
}

Taps interpolation_taps(const Axis& axis, Index first, Index last, Interpolation kind) {
  Taps taps;
  taps.first = first;
  for (Index j = first; j <= last; ++j) {
    const PointTaps at = taps_at(axis.position(j), axis.input_size, kind);
    taps.per_sample = at.count;
    taps.index.insert(taps.index.end(), at.index.begin(), at.index.begin() + at.count);
    taps.weight.insert(taps.weight.end(), at.weight.begin(), at.weight.begin() + at.count);
  }
  return taps;
}

std::array<double, 4> cubic_weights(double fraction) {
  const double f = fraction, g = 1 - f;
  return {g * g * g / 6, (4 - 6 * f * f + 3 * f * f * f) / 6, (4 - 6 * g * g + 3 * g * g * g) / 6,
          f * f * f / 6};
}

Spline cubic_spline(const Image& image, std::array<Index, 3> low, std::array<Index, 3> high) {
  const auto& size = image.grid().size;
  return cubic_spline(
      [&](Index i, Index j, Index k) {
        return double(image(std::clamp<Index>(i, 0, size[0] - 1),
                            std::clamp<Index>(j, 0, size[1] - 1),
                            std::clamp<Index>(k, 0, size[2] - 1)));
      },
      low, high);
}

Spline cubic_spline(FunctionRef<double(Index, Index, Index)> sample, std::array<Index, 3> low,
                    std::array<Index, 3> high) {
  Spline spline;
  for (std::size_t a = 0; a < 3; ++a) {
    spline.low[a] = low[a] - spline_margin;
    spline.size[a] = high[a] - low[a] + 1 + 2 * spline_margin;
  }
  const auto [nx, ny, nz] = spline.size;
  spline.coefficients.reserve(static_cast<std::size_t>(nx * ny * nz));
  for (Index k = 0; k < nz; ++k)
    for (Index j = 0; j < ny; ++j)
      for (Index i = 0; i < nx; ++i)
        spline.coefficients.push_back(
            sample(spline.low[0] + i, spline.low[1] + j, spline.low[2] + k));

  const std::array<Index, 3> stride{1, nx, nx * ny};
  std::vector<double> line;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::size_t u = (axis + 1) % 3, v = (axis + 2) % 3;
    line.resize(static_cast<std::size_t>(spline.size[axis]));
    for (Index b = 0; b < spline.size[v]; ++b)
      for (Index a = 0; a < spline.size[u]; ++a) {
        double* start = spline.coefficients.data() + a * stride[u] + b * stride[v];
        for (std::size_t i = 0; i < line.size(); ++i) line[i] = start[Index(i) * stride[axis]];
        prefilter(line);
        for (std::size_t i = 0; i < line.size(); ++i) start[Index(i) * stride[axis]] = line[i];
      }
  }
  return spline;
}

template <class T>
RowSampler<T>::RowSampler(const T* data, std::array<Index, 3> low, std::array<Index, 3> size,
                          const std::array<Taps, 3>& taps)
    : data_(data), low_(low), size_(size), taps_(taps) {
  const auto [min, max] = std::minmax_element(taps[0].index.begin(), taps[0].index.end());
  first_column_ = *min;
  columns_.resize(static_cast<std::size_t>(*max - *min + 1));
  row_.resize(static_cast<std::size_t>(taps[0].size()));
}

template <class T>
std::span<const double> RowSampler<T>::operator()(Index j, Index k) {
  const auto& [along_i, along_j, along_k] = taps_;
  std::fill(columns_.begin(), columns_.end(), 0.0);
  for (int b = 0; b < along_k.per_sample; ++b)
    for (int a = 0; a < along_j.per_sample; ++a) {
      const auto at_j = static_cast<std::size_t>(j * along_j.per_sample + a);
      const auto at_k = static_cast<std::size_t>(k * along_k.per_sample + b);
      const double weight = along_j.weight[at_j] * along_k.weight[at_k];
      if (weight == 0) continue;  // a voxel without weight may hold anything, even not-a-number
      const Index row = (along_k.index[at_k] - low_[2]) * size_[1] + along_j.index[at_j] - low_[1];
      const T* source = data_ + row * size_[0] + first_column_ - low_[0];
      for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i] += weight * double(source[i]);
    }
  std::size_t tap = 0;
  for (double& sample : row_) {
    sample = 0;
    for (int a = 0; a < along_i.per_sample; ++a, ++tap)
      if (along_i.weight[tap] != 0)
        sample += along_i.weight[tap] *
                  columns_[static_cast<std::size_t>(along_i.index[tap] - first_column_)];
  }
  return row_;
}

void for_each_row(const Image& image, const std::array<Axis, 3>& axes, const SampleBox& box,
                  Interpolation kind,
                  FunctionRef<void(Index, Index, std::span<const double>)> use) {
  std::array<Taps, 3> taps;
  std::array<Index, 3> low{}, high{};  // input voxels
  for (std::size_t a = 0; a < 3; ++a) {
    taps[a] = interpolation_taps(axes[a], box.first[a], box.last[a], kind);
    low[a] = Index(std::floor(axes[a].position(box.first[a])));
    high[a] = Index(std::ceil(axes[a].position(box.last[a])));
  }
  const auto visit = [&](auto row_at) {
    for (Index k = box.first[2]; k <= box.last[2]; ++k)
      for (Index j = box.first[1]; j <= box.last[1]; ++j)
        use(j, k, row_at(j - box.first[1], k - box.first[2]));
  };
  if (kind == Interpolation::cubic) {
    const Spline spline = cubic_spline(image, low, high);
    visit(RowSampler<double>(spline.coefficients.data(), spline.low, spline.size, taps));
  } else {
    visit(RowSampler<float>(image.values().data(), {0, 0, 0}, image.grid().size, taps));
  }
}

template class RowSampler<float>;
template class RowSampler<double>;
template class RowSampler<std::uint8_t>;

}  // namespace vitrine::radiomics
