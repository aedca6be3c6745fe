#include "vitrine/radiomics/region.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/radiomics/detail/box.hpp"
#include "vitrine/radiomics/detail/resample.hpp"
#include "vitrine/radiomics/feature.hpp"

namespace vitrine::radiomics {
namespace {

auto text(const auto& vector) { return str('(', vector[0], ", ", vector[1], ", ", vector[2], ')'); }

/// File formats round geometry to 32-bit floats: fields agree within 1e-5, origins within 1e-3
/// voxel.
void require_same_grid(const Grid& image, const Grid& mask) {
  const auto check = [](bool same, std::string_view field, const std::string& of_mask,
                        const std::string& of_image) {
    require(same, Error::Kind::data, "the mask's ", field, " is ", of_mask, " (the image's is ",
            of_image, "). Resample the mask onto the image's grid first");
  };
  check(image.size == mask.size, "size", text(mask.size), text(image.size));
  check(((image.spacing - mask.spacing).cwiseAbs().array() <= 1e-5 * image.spacing.array()).all(),
        "spacing in mm", text(mask.spacing), text(image.spacing));
  check((image.origin - mask.origin).cwiseAbs().maxCoeff() <= 1e-3 * image.spacing.minCoeff(),
        "origin in mm", text(mask.origin), text(image.origin));
  for (Index column = 0; column < 3; ++column)
    check((image.axes.col(column) - mask.axes.col(column)).cwiseAbs().maxCoeff() <= 1e-5,
          str("direction of axis ", column), text(mask.axes.col(column)),
          text(image.axes.col(column)));
}

[[noreturn]] void fail_not_finite(float value, std::array<Index, 3> voxel) {
  throw Error(Error::Kind::data, str("the image is ", value, " at voxel ", text(voxel),
                                     " (which is in the mask). Leave such voxels out of the mask"));
}

/// The part of `mask` in `box` as zeros and ones, and what the image holds there.
std::vector<std::uint8_t> binary_crop(const Image& image, const Mask& mask, const Box& box,
                                      Preparation& preparation) {
  std::vector<std::uint8_t> crop;
  IntensityRange& input = preparation.input;
  input = {0, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  double sum = 0;
  for (Index k = box.low[2]; k <= box.high[2]; ++k)
    for (Index j = box.low[1]; j <= box.high[1]; ++j)
      for (Index i = box.low[0]; i <= box.high[0]; ++i) {
        const bool inside = mask(i, j, k) != 0;
        crop.push_back(inside);
        if (!inside) continue;
        if (!std::isfinite(image(i, j, k))) fail_not_finite(image(i, j, k), {i, j, k});
        const double hu = image(i, j, k);
        sum += hu;
        input.min_hu = std::min(input.min_hu, hu);
        input.max_hu = std::max(input.max_hu, hu);
        ++preparation.input_voxels;
      }
  input.mean_hu = sum / double(preparation.input_voxels);
  preparation.input_box = box.size();
  return crop;
}

/// Output samples that may see the mask: within one input voxel of its box.
std::array<Index, 2> reach(const Axis& axis, Index low, Index high) {
  Index first = 0, last = axis.output_size - 1;
  while (first < last && axis.position(first) <= double(low) - 1) ++first;
  while (last > first && axis.position(last) >= double(high) + 1) --last;
  return {first, last};
}

/// Position of an output sample; there may be millions.
using Sample = std::array<std::int32_t, 3>;

/// Interpolates the mask; returns its box in output samples and fills `inside` with their
/// positions.
Box resample_mask(const std::vector<std::uint8_t>& crop, const Box& box,
                  const std::array<Axis, 3>& axes, std::vector<Sample>& inside) {
  std::array<Taps, 3> taps;
  std::array<Index, 3> size{}, low{};
  for (std::size_t a = 0; a < 3; ++a) {
    const auto [first, last] = reach(axes[a], box.low[a], box.high[a]);
    taps[a] = interpolation_taps(axes[a], first, last, Interpolation::linear);
    size[a] = box.high[a] - box.low[a] + 3;
    low[a] = box.low[a] - 1;
    // Beyond the crop the mask is zero as far as the image goes, and the crop has a border of
    // zeros.
    for (Index& index : taps[a].index) index = std::clamp(index, low[a], box.high[a] + 1);
  }
  std::vector<std::uint8_t> padded(static_cast<std::size_t>(size[0] * size[1] * size[2]), 0);
  auto source = crop.begin();
  for (Index k = 1; k + 1 < size[2]; ++k)
    for (Index j = 1; j + 1 < size[1]; ++j, source += size[0] - 2)
      std::copy(source, source + size[0] - 2, padded.begin() + (k * size[1] + j) * size[0] + 1);

  RowSampler<std::uint8_t> row_at(padded.data(), low, size, taps);
  Box found = nothing;
  for (Index k = 0; k < taps[2].size(); ++k)
    for (Index j = 0; j < taps[1].size(); ++j) {
      const auto row = row_at(j, k);
      for (std::size_t i = 0; i < row.size(); ++i)
        if (row[i] >= mask_threshold) {
          const std::array p{taps[0].first + Index(i), taps[1].first + j, taps[2].first + k};
          inside.push_back({std::int32_t(p[0]), std::int32_t(p[1]), std::int32_t(p[2])});
          found.include(p);
        }
    }
  return found;
}

Grid region_grid(const Grid& image, const std::array<Axis, 3>& axes, const Box& box) {
  Grid grid = image;
  Vec3 first;
  for (std::size_t a = 0; a < 3; ++a) {
    const auto component = Index(a);
    grid.size[a] = box.high[a] - box.low[a] + 3;
    grid.spacing[component] = image.spacing[component] * axes[a].step;
    first[component] = axes[a].position(box.low[a] - 1);
  }
  grid.origin = image.origin + image.axes * image.spacing.cwiseProduct(first);
  return grid;
}

/// Interpolates the image on the voxels of `region`, whose box in output samples is `box`.
void sample_image(const Image& image, const Box& input, const Box& box,
                  const std::array<Axis, 3>& axes, Interpolation kind, Region& region) {
  std::array<Taps, 3> taps;
  for (std::size_t a = 0; a < 3; ++a)
    taps[a] = interpolation_taps(axes[a], box.low[a], box.high[a], kind);
  const auto fill = [&](auto row_at) {
    std::span<const double> row;
    std::array<Index, 3> last{-1, -1, -1};
    for (const std::int32_t voxel : region.morphological_voxels) {
      const auto p = region.position(voxel);
      if (p[1] != last[1] || p[2] != last[2]) row = row_at(p[1] - 1, p[2] - 1);
      last = p;
      region.hu.push_back(float(row[static_cast<std::size_t>(p[0] - 1)]));
    }
  };
  if (kind == Interpolation::cubic) {
    const Spline spline = cubic_spline(image, input.low, input.high);
    fill(RowSampler<double>(spline.coefficients.data(), spline.low, spline.size, taps));
  } else {
    fill(RowSampler<float>(image.values().data(), {0, 0, 0}, image.grid().size, taps));
  }
}

void require_finite(const Region& region) {
  for (std::size_t v = 0; v < region.hu.size(); ++v)
    if (!std::isfinite(region.hu[v])) {
      const auto p = region.position(region.voxels[v]);
      throw Error(Error::Kind::data,
                  str("the interpolated image is ", region.hu[v], " at ",
                      text(region.grid.centre(p[0], p[1], p[2])),
                      " mm (a voxel next to the mask is not finite). Repair the image there"));
    }
}

void resegment(const Settings& settings, Region& region) {
  double low = -std::numeric_limits<double>::infinity(), high = -low;
  if (settings.range_hu) {
    low = (*settings.range_hu)[0];
    high = (*settings.range_hu)[1];
  }
  if (settings.outlier_sigma > 0) {  // of the region before the range is applied
    const double n = double(region.hu.size());
    double sum = 0, squares = 0;
    for (const float x : region.hu) sum += x;
    const double mean = sum / n;
    for (const float x : region.hu) squares += (x - mean) * (x - mean);
    const double reach = settings.outlier_sigma * std::sqrt(squares / n);
    low = std::max(low, mean - reach);
    high = std::min(high, mean + reach);
  }
  std::size_t kept = 0;
  for (std::size_t v = 0; v < region.hu.size(); ++v) {
    if (region.hu[v] < low || region.hu[v] > high) continue;
    region.hu[kept] = region.hu[v];
    region.voxels[kept++] = region.voxels[v];
  }
  region.hu.resize(kept);
  region.voxels.resize(kept);
}

IntensityRange range_of(const std::vector<float>& hu) {
  const auto [min, max] = std::minmax_element(hu.begin(), hu.end());
  double sum = 0;
  for (const float x : hu) sum += x;
  return {sum / double(hu.size()), *min, *max};
}

Surroundings surroundings_of(const Image& image, const std::array<Axis, 3>& axes, const Box& box,
                             const Settings& settings, const Vec3& spacing) {
  Surroundings around;
  SampleBox samples;
  const auto reach = surroundings_reach(spacing);
  for (std::size_t a = 0; a < 3; ++a) {
    samples.first[a] = std::max<Index>(box.low[a] - reach[a], 0);
    samples.last[a] = std::min(box.high[a] + reach[a], axes[a].output_size - 1);
    around.low[a] = samples.first[a] - box.low[a] + 1;
    around.size[a] = samples.last[a] - samples.first[a] + 1;
  }
  around.hu.reserve(static_cast<std::size_t>(around.size[0] * around.size[1] * around.size[2]));
  for_each_row(image, axes, samples, interpolation_of(settings),
               [&](Index, Index, std::span<const double> row) {
                 for (const double x : row)
                   around.hu.push_back(settings.round_intensities ? round_hu(float(x)) : float(x));
               });
  return around;
}

}  // namespace

std::array<Index, 3> surroundings_reach(const Vec3& spacing) {
  std::array<Index, 3> reach{};
  for (std::size_t a = 0; a < 3; ++a) reach[a] = Index(surroundings_radius / spacing[Index(a)]);
  return reach;
}

Region prepare(const Image& image, const Mask& mask, const Settings& settings, Keep keep,
               const PartOf& part) {
  require_same_grid(image.grid(), mask.grid());
  Region region;
  Preparation& preparation = region.preparation;

  const auto axes = interpolation_axes(image.grid(), settings, part);
  for (std::size_t a = 0; a < 3; ++a) preparation.interpolated_size[a] = axes[a].output_size;
  const Box input = bounding_box(mask);
  if (input.empty()) {
    region.no_shape = region.no_intensity = reason::empty_mask;
    return region;
  }
  const std::vector<std::uint8_t> crop = binary_crop(image, mask, input, preparation);
  std::vector<Sample> inside;
  const Box box = resample_mask(crop, input, axes, inside);
  if (box.empty()) {
    region.no_shape = region.no_intensity = reason::lost_in_resampling;
    return region;
  }

  region.grid = region_grid(image.grid(), axes, box);
  for (std::size_t a = 0; a < 3; ++a) region.low[a] = box.low[a] - 1;
  require(region.grid.count() < std::numeric_limits<std::int32_t>::max(), Error::Kind::unsupported,
          "the region's box has ", region.grid.count(),
          " voxels (the limit is 2^31). Use a larger spacing_mm");
  region.morphological.assign(static_cast<std::size_t>(region.grid.count()), 0);
  region.morphological_voxels.reserve(inside.size());
  region.hu.reserve(inside.size());
  for (const auto& p : inside) {
    const Index offset =
        region.grid.offset(p[0] - box.low[0] + 1, p[1] - box.low[1] + 1, p[2] - box.low[2] + 1);
    region.morphological[static_cast<std::size_t>(offset)] = 1;
    region.morphological_voxels.push_back(std::int32_t(offset));
  }
  preparation.interpolated_voxels = std::ssize(inside);

  sample_image(image, input, box, axes, interpolation_of(settings), region);
  region.voxels = region.morphological_voxels;
  require_finite(region);
  if (settings.round_intensities)
    for (float& x : region.hu) x = round_hu(x);
  preparation.interpolated = range_of(region.hu);
  preparation.interpolated_box = box.size();
  if (keep == Keep::surroundings)
    region.surroundings = surroundings_of(image, axes, box, settings, region.grid.spacing);

  resegment(settings, region);
  preparation.resegmented_voxels = std::ssize(region.voxels);
  if (region.voxels.empty()) {
    region.no_intensity = reason::out_of_range;
    return region;
  }
  preparation.resegmented = range_of(region.hu);
  Box left = nothing;
  for (const std::int32_t voxel : region.voxels) left.include(region.position(voxel));
  preparation.resegmented_box = left.size();
  return region;
}

Mask morphological_mask(const Region& region) {
  Mask mask(region.grid);
  std::copy(region.morphological.begin(), region.morphological.end(), mask.values().begin());
  return mask;
}

}  // namespace vitrine::radiomics
