#include "vitrine/radiomics/pyradiomics/detail/preprocess.hpp"

#include <cmath>

#include "vitrine/radiomics/detail/box.hpp"
#include "vitrine/radiomics/detail/resample.hpp"

namespace vitrine::radiomics::pyradiomics {
namespace {

auto text(const auto& v) { return str('(', v[0], ", ", v[1], ", ", v[2], ')'); }

/// Continuous voxel coordinates of one grid from those of another.
class GridMap {
 public:
  GridMap(const Grid& from, const Grid& to)
      : offset_((to.axes.transpose() * (from.origin - to.origin)).cwiseQuotient(to.spacing)) {
    const Mat3 turned = to.axes.transpose() * from.axes;
    for (Index r = 0; r < 3; ++r)
      for (Index c = 0; c < 3; ++c) matrix_(r, c) = turned(r, c) * from.spacing[c] / to.spacing[r];
  }
  Vec3 operator()(const Vec3& voxel) const { return matrix_ * voxel + offset_; }

 private:
  Mat3 matrix_;
  Vec3 offset_;
};

/// Halves go up, and rounding must not decide what is a half: grids of simple ratios are full of
/// them.
Index nearest(double x) { return Index(std::floor(x + 0.5 + 1e-9)); }

/// Whether a position lies in a voxel of the grid.
bool in_buffer(const Grid& grid, const Vec3& p) {
  for (std::size_t a = 0; a < 3; ++a)
    if (p[Index(a)] < -0.5 - 1e-9 || p[Index(a)] >= double(grid.size[a]) - 0.5 - 1e-9) return false;
  return true;
}

/// The voxel at the same distance from the first or last one, as often as needed (whole-sample
/// symmetry).
Index mirrored(Index i, Index size) {
  if (size == 1) return 0;
  const Index period = 2 * (size - 1);
  i = ((i % period) + period) % period;
  return i < size ? i : period - i;
}

/// Intensities of a raster anywhere, interpolated; 0 beyond it.
class Sampler {
 public:
  /// `seen` is what positions asked for lie in, in voxels of the raster.
  Sampler(const Raster& image, const std::string& interpolator, const Box& seen)
      : image_(image), kind_(interpolator) {
    if (kind_ != "sitkBSpline") return;
    const auto& size = image.grid().size;
    spline_ = cubic_spline(
        [&](Index i, Index j, Index k) {
          return image(mirrored(i, size[0]), mirrored(j, size[1]), mirrored(k, size[2]));
        },
        seen.low, seen.high);
  }
  double operator()(const Vec3& p) const {
    if (!in_buffer(image_.grid(), p)) return 0;
    if (kind_ == "sitkBSpline") return spline(p);
    const auto& size = image_.grid().size;
    Voxel low{};
    Vec3 fraction;
    for (std::size_t a = 0; a < 3; ++a) {
      const double x = p[Index(a)];
      low[a] = kind_ == "sitkLinear" ? Index(std::floor(x)) : nearest(x);
      fraction[Index(a)] = kind_ == "sitkLinear" ? x - std::floor(x) : 0.0;
    }
    double sum = 0;
    for (int corner = 0; corner < 8; ++corner) {
      double weight = 1;
      Voxel at{};
      for (std::size_t a = 0; a < 3; ++a) {
        const bool upper = (corner >> a & 1) != 0;
        weight *= upper ? fraction[Index(a)] : 1 - fraction[Index(a)];
        at[a] = std::clamp<Index>(low[a] + upper, 0, size[a] - 1);
      }
      if (weight != 0) sum += weight * image_(at[0], at[1], at[2]);
    }
    return sum;
  }

 private:
  double spline(const Vec3& p) const {
    std::array<std::array<double, 4>, 3> weight;
    Voxel first{};
    for (std::size_t a = 0; a < 3; ++a) {
      const double whole = std::floor(p[Index(a)]);
      weight[a] = cubic_weights(p[Index(a)] - whole);
      first[a] = Index(whole) - 1 - spline_.low[a];
    }
    double sum = 0;
    for (std::size_t k = 0; k < 4; ++k)
      for (std::size_t j = 0; j < 4; ++j) {
        const Index row = (first[2] + Index(k)) * spline_.size[1] + first[1] + Index(j);
        const double* c = spline_.coefficients.data() + row * spline_.size[0] + first[0];
        const auto& w = weight[0];
        const double line = w[0] * c[0] + w[1] * c[1] + w[2] * c[2] + w[3] * c[3];
        sum += weight[2][k] * weight[1][j] * line;
      }
    return sum;
  }
  const Raster& image_;
  const std::string& kind_;
  Spline spline_;
};

/// The region must lie within the voxels of the image.
void require_within(const Grid& image, const Roi& roi) {
  const GridMap to_image(roi.grid, image);
  const auto corner = [&](const Voxel& p, double side) {
    return to_image(Vec3(double(p[0]) + side, double(p[1]) + side, double(p[2]) + side));
  };
  const Vec3 a = corner(roi.box.low, -0.5), b = corner(roi.box.high, 0.5);
  constexpr double slack = 1e-3;
  for (Index axis = 0; axis < 3; ++axis)
    require(std::min(a[axis], b[axis]) >= -0.5 - slack &&
                std::max(a[axis], b[axis]) <=
                    double(image.size[static_cast<std::size_t>(axis)]) - 0.5 + slack,
            Error::Kind::data, "the region reaches beyond the image (from ", text(a), " to ",
            text(b), " in voxels of the image, whose size is ", text(image.size),
            "). Use the mask that was drawn on this image");
}

Roi nearest_on(const Grid& grid, const Roi& roi) {
  const GridMap to_mask(grid, roi.grid);
  const Box everything{{0, 0, 0}, {grid.size[0] - 1, grid.size[1] - 1, grid.size[2] - 1}};
  return make_roi(grid, everything, [&](Index i, Index j, Index k) {
    const Vec3 p = to_mask(Vec3(double(i), double(j), double(k)));
    Voxel at{};
    for (std::size_t a = 0; a < 3; ++a) {
      at[a] = nearest(p[Index(a)]);
      if (at[a] < roi.box.low[a] || at[a] > roi.box.high[a]) return false;
    }
    return roi(at[0], at[1], at[2]);
  });
}

/// What a resampled intensity becomes when it is stored as before.
double stored_as(double x, Stored stored, bool normalised) {
  if (normalised) return x;
  return stored == Stored::whole_numbers ? std::trunc(x) : double(float(x));
}

}  // namespace

Roi roi_of(const Mask& mask) {
  const radiomics::Box box = bounding_box(mask);
  require(!box.empty(), Error::Kind::data,
          "the mask is empty (no voxel has the label). Choose a label that is there");
  return make_roi(mask.grid(), {box.low, box.high},
                  [&](Index i, Index j, Index k) { return mask(i, j, k) != 0; });
}

bool same_grid(const Grid& image, const Grid& mask, const Settings& settings) {
  if (image.size != mask.size) return false;
  if (!settings.geometry_tolerance) {
    double most = 0;
    for (int corner = 0; corner < 8; ++corner) {
      Voxel p{};
      for (std::size_t a = 0; a < 3; ++a) p[a] = (corner >> a & 1) ? image.size[a] - 1 : 0;
      most =
          std::max(most, (image.centre(p[0], p[1], p[2]) - mask.centre(p[0], p[1], p[2])).norm());
    }
    return most <= 0.01;
  }
  const double tolerance = *settings.geometry_tolerance, length = tolerance * image.spacing[0];
  return (image.origin - mask.origin).cwiseAbs().maxCoeff() <= length &&
         (image.spacing - mask.spacing).cwiseAbs().maxCoeff() <= length &&
         (image.axes - mask.axes).cwiseAbs().maxCoeff() <= tolerance;
}

Roi on_grid_of(const Grid& image, const Roi& roi) {
  require_within(image, roi);
  Roi found = nearest_on(image, roi);
  require(found.voxels > 0, Error::Kind::data,
          "nothing of the mask is left on the image's grid (no voxel centre lies in it)");
  return found;
}

Box padded(const Roi& roi, Index pad) {
  Box box = roi.box;
  for (std::size_t a = 0; a < 3; ++a) {
    box.low[a] = std::max<Index>(box.low[a] - pad, 0);
    box.high[a] = std::min(box.high[a] + pad, roi.grid.size[a] - 1);
  }
  return box;
}

Roi cropped(const Roi& roi, const Box& box) {
  Roi part(roi.grid);
  part.grid.size = box.size();
  part.grid.origin = roi.grid.centre(box.low[0], box.low[1], box.low[2]);
  const Box within{{std::max(roi.box.low[0], box.low[0]), std::max(roi.box.low[1], box.low[1]),
                    std::max(roi.box.low[2], box.low[2])},
                   {std::min(roi.box.high[0], box.high[0]), std::min(roi.box.high[1], box.high[1]),
                    std::min(roi.box.high[2], box.high[2])}};
  const Box moved{
      {within.low[0] - box.low[0], within.low[1] - box.low[1], within.low[2] - box.low[2]},
      {within.high[0] - box.low[0], within.high[1] - box.low[1], within.high[2] - box.low[2]}};
  return make_roi(part.grid, moved, [&](Index i, Index j, Index k) {
    return roi(i + box.low[0], j + box.low[1], k + box.low[2]);
  });
}

Pair resample(const Raster& image, const Roi& roi, const Settings& settings, Stored stored) {
  require_within(image.grid(), roi);
  const Vec3& mask_spacing = roi.grid.spacing;
  const Voxel extent = roi.box.size();
  Vec3 spacing;
  for (std::size_t a = 0; a < 3; ++a) {
    const double asked = (*settings.resampled_pixel_spacing)[a];
    // A region of one slice keeps its slice.
    spacing[Index(a)] = asked == 0 || extent[a] == 1 ? mask_spacing[Index(a)] : asked;
  }
  const Vec3 change = (image.grid().spacing - spacing).cwiseAbs();
  if ((change.array() <= 1e-8 + 1e-5 * spacing.array()).all()) {
    const Roi same = on_grid_of(image.grid(), roi);
    const Box box = padded(same, settings.pad_distance);
    return {image.cropped(box), cropped(same, box)};
  }

  // The new grid and the mask's have the corner of their first voxel in common.
  const Vec3 ratio = mask_spacing.cwiseQuotient(spacing);
  Grid grid = roi.grid;
  grid.spacing = spacing;
  Vec3 first;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto a = Index(axis);
    const double pad = double(settings.pad_distance);
    const double last = std::ceil(double(roi.grid.size[axis]) * ratio[a]) - 1;
    const double low =
        std::max(0.0, std::floor((double(roi.box.low[axis]) - 0.5) * ratio[a] - pad));
    const double high =
        std::min(last, std::ceil((double(roi.box.high[axis]) + 0.5) * ratio[a] + pad));
    grid.size[axis] = Index(high - low) + 1;
    first[a] = 0.5 * (spacing[a] - mask_spacing[a]) / mask_spacing[a] + low / ratio[a];
  }
  grid.origin = roi.grid.origin + roi.grid.axes * first.cwiseProduct(mask_spacing);
  require(double(grid.size[0]) * double(grid.size[1]) * double(grid.size[2]) < 2e9,
          Error::Kind::unsupported, "the resampled region would have more than 2e9 voxels (",
          text(grid.size), "). Use a larger resampledPixelSpacing");

  const GridMap to_image(grid, image.grid());
  Box seen;
  for (int corner = 0; corner < 8; ++corner) {
    Vec3 p;
    for (std::size_t a = 0; a < 3; ++a)
      p[Index(a)] = (corner >> a & 1) != 0 ? double(grid.size[a] - 1) : 0.0;
    p = to_image(p);
    Voxel at{};
    for (std::size_t a = 0; a < 3; ++a)
      at[a] = std::clamp<Index>(Index(std::floor(p[Index(a)])), -1, image.grid().size[a]);
    seen.include(at);
  }
  const Sampler sample(image, settings.interpolator, seen);
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(grid.count()));
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        values.push_back(stored_as(sample(to_image(Vec3(double(i), double(j), double(k)))), stored,
                                   image.is_normalised()));
  Roi region = nearest_on(grid, roi);
  require(region.voxels > 0, Error::Kind::data,
          "resampling leaves nothing of the region (resampledPixelSpacing is larger than it). Use "
          "a smaller one");
  return {Raster(grid, std::move(values)), std::move(region)};
}

void require_size(const Roi& roi, const Settings& settings) {
  const Voxel size = roi.box.size();
  const auto axes = std::count_if(size.begin(), size.end(), [](Index n) { return n > 1; });
  require(axes > 0, Error::Kind::data,
          "the region is a single voxel (PyRadiomics computes nothing of those). Use a larger one");
  require(axes >= settings.minimum_roi_dimensions, Error::Kind::data, "the region extends along ",
          axes, " axes (minimumROIDimensions is ", settings.minimum_roi_dimensions,
          "). Lower that, or leave the region out");
  require(!settings.minimum_roi_size || std::int64_t(roi.voxels) > *settings.minimum_roi_size,
          Error::Kind::data, "the region has ", roi.voxels, " voxels (minimumROISize is ",
          settings.minimum_roi_size.value_or(0), "). Lower that, or leave the region out");
}

Roi resegment(const Raster& image, const Roi& roi, const Settings& settings) {
  std::vector<double> thresholds = settings.resegment_range;
  std::sort(thresholds.begin(), thresholds.end());
  const Summary summary = summary_of(image, roi);
  if (settings.resegment_mode == "relative") {
    for (double& t : thresholds) t *= summary.maximum;
  } else if (settings.resegment_mode == "sigma") {
    double squares = 0;
    roi.box.for_each([&](Index i, Index j, Index k) {
      if (!roi(i, j, k)) return;
      const double d = image(i, j, k) - summary.mean;
      squares += d * d;
    });
    const double deviation = std::sqrt(squares / double(roi.voxels));
    for (double& t : thresholds) t = summary.mean + deviation * t;
  }
  Roi kept = make_roi(roi.grid, roi.box, [&](Index i, Index j, Index k) {
    if (!roi(i, j, k)) return false;
    const double x = image(i, j, k);
    return x >= thresholds.front() && (thresholds.size() == 1 || x <= thresholds.back());
  });
  require(kept.voxels > 1, Error::Kind::data, "re-segmentation leaves ", kept.voxels, " of ",
          roi.voxels, " voxels (two are needed). Widen resegmentRange");
  return kept;
}

}  // namespace vitrine::radiomics::pyradiomics
