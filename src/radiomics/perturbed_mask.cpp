#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/detail/box.hpp"
#include "vitrine/radiomics/detail/mask_change.hpp"
#include "vitrine/radiomics/detail/resample.hpp"
#include "vitrine/radiomics/feature.hpp"
#include "vitrine/radiomics/perturbation.hpp"

namespace vitrine::radiomics {
namespace {

using Voxel = std::array<Index, 3>;

bool moves(const Perturbation& p) {
  return p.rotation != 0 || p.translation != std::array<double, 3>{};
}

/// A point in voxels of a grid. What is within 1e-9 of a voxel centre is there: grids that were
/// turned by a full turn or shifted by whole voxels read the voxels that they read before.
Vec3 in_voxels(const Grid& grid, const Vec3& point) {
  Vec3 v = (grid.axes.transpose() * (point - grid.origin)).cwiseQuotient(grid.spacing);
  for (double& x : v)
    if (const double whole = std::round(x); std::abs(x - whole) < 1e-9) x = whole;
  return v;
}

/// Whether a position [voxels] belongs to one of the voxels of an image.
bool in_image(const Grid& image, const Vec3& voxel) {
  constexpr double slack = 1e-6;
  for (std::size_t a = 0; a < 3; ++a)
    if (voxel[Index(a)] < -0.5 - slack || voxel[Index(a)] > double(image.size[a]) - 0.5 + slack)
      return false;
  return true;
}

Vec3 centre_of(const Mask& mask, const Box& box) {
  Vec3 sum = Vec3::Zero();
  double count = 0;
  for (Index k = box.low[2]; k <= box.high[2]; ++k)
    for (Index j = box.low[1]; j <= box.high[1]; ++j)
      for (Index i = box.low[0]; i <= box.high[0]; ++i)
        if (mask(i, j, k) != 0) {
          sum += Vec3(double(i), double(j), double(k));
          count += 1;
        }
  return mask.grid().origin + mask.grid().axes * mask.grid().spacing.cwiseProduct(sum / count);
}

Mat3 turn_about(std::size_t axis, double angle) {
  const auto u = Index((axis + 1) % 3), v = Index((axis + 2) % 3);
  Mat3 turn = Mat3::Identity();
  turn(u, u) = turn(v, v) = math::cos(angle);
  turn(v, u) = math::sin(angle);
  turn(u, v) = -turn(v, u);
  return turn;
}

/// The grid that the settings interpolate to, shifted and then turned about a point.
Grid moved_grid(const Grid& image, const Settings& settings, const Perturbation& p,
                const Vec3& about) {
  const auto axes = interpolation_axes(image, settings);
  Grid grid = image;
  Vec3 first;
  for (std::size_t a = 0; a < 3; ++a) {
    const auto component = Index(a);
    grid.size[a] = axes[a].output_size;
    grid.spacing[component] = image.spacing[component] * axes[a].step;
    first[component] = axes[a].position(0) + p.translation[a] * axes[a].step;
  }
  grid.origin = image.origin + image.axes * image.spacing.cwiseProduct(first);
  if (p.rotation == 0) return grid;
  const auto axis = std::size_t(p.rotation_axis.front() - 'x');
  const Mat3 turn = image.axes * turn_about(axis, p.rotation) * image.axes.transpose();
  grid.origin = about + turn * (grid.origin - about);
  grid.axes = turn * grid.axes;
  return grid;
}

/// Samples of `grid` that see some voxels of another one: those within a voxel of them.
Box samples_about(const Grid& grid, const Grid& image, const Box& voxels) {
  Vec3 low = Vec3::Constant(1e300), high = -low;
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 at;
    for (std::size_t a = 0; a < 3; ++a)
      at[Index(a)] = corner >> a & 1 ? double(voxels.high[a]) + 1 : double(voxels.low[a]) - 1;
    const Vec3 sample = in_voxels(grid, image.origin + image.axes * image.spacing.cwiseProduct(at));
    low = low.cwiseMin(sample);
    high = high.cwiseMax(sample);
  }
  Box box;
  for (std::size_t a = 0; a < 3; ++a) {
    box.low[a] = Index(std::floor(low[Index(a)]));
    box.high[a] = Index(std::ceil(high[Index(a)]));
  }
  return box;
}

/// Values between voxel centres; beyond the outermost ones the image's edge repeats.
template <class Fetch>
double interpolate(const Grid& grid, Interpolation kind, const Vec3& voxel, Fetch&& fetch) {
  std::array<PointTaps, 3> taps;
  for (std::size_t a = 0; a < 3; ++a) taps[a] = taps_at(voxel[Index(a)], grid.size[a], kind);
  double sum = 0;
  for (std::size_t c = 0; c < std::size_t(taps[2].count); ++c)
    for (std::size_t b = 0; b < std::size_t(taps[1].count); ++b)
      for (std::size_t a = 0; a < std::size_t(taps[0].count); ++a) {
        const double weight = taps[0].weight[a] * taps[1].weight[b] * taps[2].weight[c];
        if (weight == 0) continue;  // what has no weight may hold anything, even not-a-number
        sum += weight * fetch(taps[0].index[a], taps[1].index[b], taps[2].index[c]);
      }
  return sum;
}

/// Share of each sample in the mask, interpolated linearly.
Volume<quantity::Fraction> shares_of(const Mask& mask, const Grid& samples) {
  Volume<quantity::Fraction> shares(samples);
  const auto inside = [&](Index i, Index j, Index k) { return mask(i, j, k) != 0 ? 1.0 : 0.0; };
  for (Index k = 0; k < samples.size[2]; ++k)
    for (Index j = 0; j < samples.size[1]; ++j)
      for (Index i = 0; i < samples.size[0]; ++i)
        if (const Vec3 at = in_voxels(mask.grid(), samples.centre(i, j, k));
            in_image(mask.grid(), at))
          shares(i, j, k) = float(interpolate(mask.grid(), Interpolation::linear, at, inside));
  return shares;
}

Stream stream_of(const Chance& chance, const Perturbation& p, std::string_view purpose) {
  return make_stream(chance.seed, str(chance.owner, '/', p.id, '/', purpose), Draw::reader);
}

/// Weights of sum 1 and their reach in voxels to either side.
std::vector<double> blurring(double fwhm, double spacing) {
  const double sd = fwhm / (2 * std::sqrt(2 * std::numbers::ln2)) / spacing;
  std::vector<double> weights = sd > 0 ? gaussian(sd) : std::vector<double>{1.0};
  double sum = 0;
  for (const double w : weights) sum += w;
  for (double& w : weights) w /= sum;
  return weights;
}

/// Values of a box weighted along one axis, for the part `to` of it.
std::vector<double> along(std::size_t axis, const std::vector<double>& field, const Box& from,
                          const Box& to, const std::vector<double>& weights) {
  const std::array<Index, 3> size = to.size(), all = from.size();
  const Index reach = std::ssize(weights) / 2;
  std::vector<double> out(std::size_t(size[0] * size[1] * size[2]));
  parallel_for(size[2], [&](Index k) {
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i) {
        Voxel at{to.low[0] - from.low[0] + i, to.low[1] - from.low[1] + j,
                 to.low[2] - from.low[2] + k};
        const Index middle = at[axis];
        double sum = 0;
        for (Index w = 0; w < std::ssize(weights); ++w) {
          at[axis] = std::clamp<Index>(middle + w - reach, 0, all[axis] - 1);
          sum += weights[std::size_t(w)] *
                 field[std::size_t((at[2] * all[1] + at[1]) * all[0] + at[0])];
        }
        out[std::size_t((k * size[1] + j) * size[0] + i)] = sum;
      }
  });
  return out;
}

/// A box of the image, blurred; beyond the outermost voxels the image's edge repeats.
std::vector<double> blurred(const Image& image, const Box& box, const std::array<double, 3>& fwhm) {
  const Grid& grid = image.grid();
  std::array<std::vector<double>, 3> weights;
  Box from = box;
  for (std::size_t a = 0; a < 3; ++a) {
    weights[a] = blurring(fwhm[a], grid.spacing[Index(a)]);
    const Index reach = std::ssize(weights[a]) / 2;
    from.low[a] = std::max<Index>(0, box.low[a] - reach);
    from.high[a] = std::min(grid.size[a] - 1, box.high[a] + reach);
  }
  std::vector<double> field;
  for (Index k = from.low[2]; k <= from.high[2]; ++k)
    for (Index j = from.low[1]; j <= from.high[1]; ++j)
      for (Index i = from.low[0]; i <= from.high[0]; ++i) field.push_back(double(image(i, j, k)));
  for (std::size_t a = 0; a < 3; ++a) {
    Box to = from;
    to.low[a] = box.low[a];
    to.high[a] = box.high[a];
    if (weights[a].size() > 1 || to.size() != from.size())
      field = along(a, field, from, to, weights[a]);
    from = to;
  }
  return field;
}

bool changes_image(const Perturbation& p) {
  return p.noise > 0 || p.blur != std::array<double, 3>{};
}

/// The box of the image that samples of a grid are made of, blurred and with white noise.
Image changed(const Image& image, const Grid& samples, const Perturbation& p,
              const Stream& stream) {
  const Grid& grid = image.grid();
  const Box all{{0, 0, 0}, {samples.size[0] - 1, samples.size[1] - 1, samples.size[2] - 1}};
  Box box = samples_about(grid, samples, all);
  constexpr Index spline = 26;  // its prefilter reaches 24 voxels, its taps two more
  for (std::size_t a = 0; a < 3; ++a) {
    box.low[a] = std::clamp<Index>(box.low[a] - spline, 0, grid.size[a] - 1);
    box.high[a] = std::clamp<Index>(box.high[a] + spline, 0, grid.size[a] - 1);
  }
  const std::vector<double> smooth = blurred(image, box, p.blur);
  Image noisy(part_of(grid, box));
  const auto& size = noisy.grid().size;
  parallel_for(size[2], [&](Index k) {
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i) {
        const Voxel at{box.low[0] + i, box.low[1] + j, box.low[2] + k};
        const double value = smooth[std::size_t((k * size[1] + j) * size[0] + i)];
        const double noise = p.noise > 0 ? p.noise * Rng(stream, address_of(at)).normal() : 0.0;
        noisy(i, j, k) = float(value + noise);
      }
  });
  return noisy;
}

/// The box of the mask and what `keep` wants around it, less faces that lie outside the image.
Box box_to_keep(const PerturbedMask& perturbed, const Grid& image, Keep keep) {
  const Grid& grid = perturbed.mask.grid();
  Box box = bounding_box(perturbed.mask);
  if (keep == Keep::region) return box;
  const Box mask = box;
  const auto reach = surroundings_reach(grid.spacing);
  const auto any_in_image = [&](std::size_t axis, Index face) {
    Box layer = box;
    layer.low[axis] = layer.high[axis] = face;
    for (Index k = layer.low[2]; k <= layer.high[2]; ++k)
      for (Index j = layer.low[1]; j <= layer.high[1]; ++j)
        for (Index i = layer.low[0]; i <= layer.high[0]; ++i)
          if (in_image(image, in_voxels(image, grid.centre(i, j, k)))) return true;
    return false;
  };
  for (std::size_t a = 0; a < 3; ++a) {
    box.low[a] -= reach[a];
    box.high[a] += reach[a];
  }
  for (std::size_t a = 0; a < 3; ++a) {
    while (box.low[a] < mask.low[a] && !any_in_image(a, box.low[a])) ++box.low[a];
    while (box.high[a] > mask.high[a] && !any_in_image(a, box.high[a])) --box.high[a];
  }
  return box;
}

/// Interpolates the image on a part of the grid: everywhere, or in the mask alone.
void sample_image(const Image& image, const Grid& whole, Interpolation kind, const Mask& mask,
                  Keep keep, Image& samples) {
  const Grid& grid = samples.grid();
  const auto each = [&](auto&& fetch) {
    for (Index k = 0; k < grid.size[2]; ++k)
      for (Index j = 0; j < grid.size[1]; ++j)
        for (Index i = 0; i < grid.size[0]; ++i) {
          if (keep == Keep::region && mask(i, j, k) == 0) continue;
          const Vec3 point = grid.centre(i, j, k);
          samples(i, j, k) =
              in_image(whole, in_voxels(whole, point))
                  ? float(interpolate(image.grid(), kind, in_voxels(image.grid(), point), fetch))
                  : std::numeric_limits<float>::quiet_NaN();
        }
  };
  if (kind != Interpolation::cubic)
    return each([&](Index i, Index j, Index k) { return double(image(i, j, k)); });
  const Box all{{0, 0, 0}, {grid.size[0] - 1, grid.size[1] - 1, grid.size[2] - 1}};
  Box seen = samples_about(image.grid(), grid, all);
  for (std::size_t a = 0; a < 3; ++a) {
    seen.low[a] = std::clamp<Index>(seen.low[a], -1, image.grid().size[a]);
    seen.high[a] = std::clamp<Index>(seen.high[a], -1, image.grid().size[a]);
  }
  const Spline spline = cubic_spline(image, seen.low, seen.high);
  each([&](Index i, Index j, Index k) {
    const Index row = (k - spline.low[2]) * spline.size[1] + j - spline.low[1];
    return spline.coefficients[std::size_t(row * spline.size[0] + i - spline.low[0])];
  });
}

}  // namespace

PerturbedMask perturb(const Mask& mask, const Settings& settings, const Perturbation& perturbation,
                      const Chance& chance) {
  const Perturbation& p = perturbation;
  check_slices(p, settings);
  PerturbedMask out;
  out.perturbation = p;
  out.chance = chance;
  const Box input = bounding_box(mask);
  if (input.empty()) {
    out.no_shape = reason::empty_mask;
    return out;
  }
  const Grid grid = moved_grid(mask.grid(), settings, p, centre_of(mask, input));
  const Box box = samples_about(grid, mask.grid(), input);
  out.share = shares_of(mask, part_of(grid, box));
  out.given = Mask(out.share.grid());
  std::transform(out.share.values().begin(), out.share.values().end(), out.given.values().begin(),
                 [](float share) { return std::uint8_t(share >= float(mask_threshold)); });

  const auto holds = [&](const Voxel& sample) {
    const Vec3 point = grid.centre(sample[0], sample[1], sample[2]);
    return in_image(mask.grid(), in_voxels(mask.grid(), point));
  };
  MaskPart part{box.low, out.given};
  if (p.volume != 0) part = with_volume(part, p.volume, stream_of(chance, p, "volume"), holds);
  if (p.contour_sd > 0)
    part = with_random_contour(part, p.contour_sd, p.contour_correlation,
                               stream_of(chance, p, "contour"), holds);
  const Voxel room{box.low[0] - part.low[0], box.low[1] - part.low[1], box.low[2] - part.low[2]};
  out.share = padded(out.share, room);
  out.given = padded(out.given, room);
  out.mask = Mask(out.given.grid());
  std::copy(part.mask.values().begin(), part.mask.values().end(), out.mask.values().begin());
  if (bounding_box(out.given).empty()) {
    out.no_shape = reason::lost_in_resampling;
  } else if (bounding_box(out.mask).empty()) {
    out.no_shape = reason::lost_in_perturbation;
  }
  return out;
}

Region prepare(const Image& image, const PerturbedMask& perturbed, const Settings& settings,
               Keep keep) {
  if (!perturbed.no_shape.empty()) {
    Region nothing_left;
    nothing_left.no_shape = nothing_left.no_intensity = perturbed.no_shape;
    return nothing_left;
  }
  const Perturbation& p = perturbed.perturbation;
  const Box box = box_to_keep(perturbed, image.grid(), keep);
  const Grid grid = part_of(perturbed.mask.grid(), box);
  Mask mask(grid);
  const Box inner = bounding_box(perturbed.mask);
  for (Index k = inner.low[2]; k <= inner.high[2]; ++k)
    for (Index j = inner.low[1]; j <= inner.high[1]; ++j)
      for (Index i = inner.low[0]; i <= inner.high[0]; ++i)
        mask(i - box.low[0], j - box.low[1], k - box.low[2]) = perturbed.mask(i, j, k);

  const bool between_voxels = settings.spacing_mm > 0 || moves(p);
  const Interpolation kind = between_voxels ? settings.interpolation : Interpolation::nearest;
  Image samples(grid);
  if (changes_image(p)) {
    const Image other = changed(image, grid, p, stream_of(perturbed.chance, p, "noise"));
    sample_image(other, image.grid(), kind, mask, keep, samples);
  } else {
    sample_image(image, image.grid(), kind, mask, keep, samples);
  }
  Settings as_it_is = settings;  // interpolated here, once
  as_it_is.spacing_mm = 0;
  as_it_is.in_plane_only = false;
  try {
    return prepare(samples, mask, as_it_is, keep);
  } catch (Error& error) {
    error.during(str("measuring with perturbation '", p.id, "', in voxels of its grid"));
    throw;
  }
}

}  // namespace vitrine::radiomics
