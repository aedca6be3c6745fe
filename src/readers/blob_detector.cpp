#include "vitrine/readers/blob_detector.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/readers/detail/lung.hpp"
#include "vitrine/readers/detail/smooth.hpp"

namespace vitrine::readers {
namespace {

constexpr double step = 1.25;  // from one size to the next
constexpr float least_hu = -1000.0F, most_hu = 200.0F;

using Place = std::array<Index, 3>;

Place clamped(Place at, const Grid& grid) {
  for (std::size_t a = 0; a < 3; ++a) at[a] = std::clamp<Index>(at[a], 0, grid.size[a] - 1);
  return at;
}

/// Second differences, by the distances between voxels; the outermost voxels go on for ever.
double second(const Image& image, const Place& at, std::size_t axis) {
  Place before = at, after = at;
  --before[axis];
  ++after[axis];
  before = clamped(before, image.grid());
  after = clamped(after, image.grid());
  const double h = image.grid().spacing[Index(axis)];
  return (double(image(after[0], after[1], after[2])) +
          double(image(before[0], before[1], before[2])) -
          2.0 * double(image(at[0], at[1], at[2]))) /
         (h * h);
}

double mixed(const Image& image, const Place& at, std::size_t a, std::size_t b) {
  double sum = 0.0;
  for (const int u : {-1, 1})
    for (const int v : {-1, 1}) {
      Place corner = at;
      corner[a] += u;
      corner[b] += v;
      corner = clamped(corner, image.grid());
      sum += u * v * double(image(corner[0], corner[1], corner[2]));
    }
  return sum / (4.0 * image.grid().spacing[Index(a)] * image.grid().spacing[Index(b)]);
}

/// Least over largest curvature of a bright spot; 0 if it is bright in no more than two directions.
double roundness(const Image& image, const Place& at) {
  Mat3 curvature;
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 0; b < 3; ++b)
      curvature(Index(a), Index(b)) = a == b ? -second(image, at, a) : -mixed(image, at, a, b);
  Eigen::SelfAdjointEigenSolver<Mat3> solver;
  solver.compute(curvature, Eigen::EigenvaluesOnly);
  const Vec3 values = solver.eigenvalues();  // ascending
  return values[2] > 0.0 ? std::max(values[0], 0.0) / values[2] : 0.0;
}

bool within(const Place& at, const Grid& grid) {
  for (std::size_t a = 0; a < 3; ++a)
    if (at[a] < 0 || at[a] >= grid.size[a]) return false;
  return true;
}

/// No neighbour of the 26, nor any of the 27 a size up or down, answers more.
bool is_peak(std::span<const Image> scales, std::size_t scale, const Place& at) {
  const float mine = scales[scale](at[0], at[1], at[2]);
  for (std::size_t s = scale == 0 ? 0 : scale - 1; s < std::min(scale + 2, scales.size()); ++s)
    for (Index k = -1; k <= 1; ++k)
      for (Index j = -1; j <= 1; ++j)
        for (Index i = -1; i <= 1; ++i) {
          const Place other{at[0] + i, at[1] + j, at[2] + k};
          if (within(other, scales[s].grid()) && scales[s](other[0], other[1], other[2]) > mine)
            return false;
        }
  return true;
}

/// The part of an image about a mask, with room on every side.
Image cropped(const Image& image, const Mask& mask, double room, Place& first) {
  const Grid& grid = image.grid();
  Place low = grid.size, high{-1, -1, -1};
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        if (mask(i, j, k) == 0) continue;
        const Place at{i, j, k};
        for (std::size_t a = 0; a < 3; ++a) {
          low[a] = std::min(low[a], at[a]);
          high[a] = std::max(high[a], at[a]);
        }
      }
  Grid part = grid;
  for (std::size_t a = 0; a < 3; ++a) {
    const auto more = Index(std::ceil(room / grid.spacing[Index(a)]));
    first[a] = std::max<Index>(low[a] - more, 0);
    part.size[a] = std::min(high[a] + more, grid.size[a] - 1) - first[a] + 1;
  }
  part.origin = grid.centre(first[0], first[1], first[2]);
  Image out(part);
  for (Index k = 0; k < part.size[2]; ++k)
    for (Index j = 0; j < part.size[1]; ++j)
      for (Index i = 0; i < part.size[0]; ++i)
        out(i, j, k) =
            std::clamp(image(first[0] + i, first[1] + j, first[2] + k), least_hu, most_hu);
  return out;
}

}  // namespace

const Schema<BlobDetector::Params>& BlobDetector::schema() {
  static const auto s =
      Schema<Params>("blob_detector",
                     "Built-in detector of lung nodules: maxima of the Laplacian of Gaussians over "
                     "place and size, scored by a logistic classifier")
          .optional("smallest_diameter", &Params::smallest_diameter, unit::mm, "of a nodule")
          .between(1, 100)
          .optional("largest_diameter", &Params::largest_diameter, unit::mm, "of a nodule")
          .between(1, 100)
          .optional("least_response", &Params::least_response, unit::hu,
                    "of a candidate: 0.9 of its contrast")
          .between(1, 2000)
          .optional("most", &Params::most, "findings an image, the surest")
          .between(1, 10000)
          .optional("task", &Params::task,
                    "detection: findings with scores; classification: the image is rated by its "
                    "surest finding, as the probability that it holds a nodule")
          .one_of({"detection", "classification"})
          .unless_default()
          .rule("smallest_diameter_mm must be below largest_diameter_mm",
                [](const Params& p) { return p.smallest_diameter < p.largest_diameter; });
  return s;
}

Image blob_response(const Image& image, double sigma) {
  const Image smooth = detail::smoothed(image, sigma);
  Image response(image.grid());
  const auto& size = image.grid().size;
  const Vec3 weight = sigma * sigma * image.grid().spacing.cwiseInverse().cwiseAbs2();
  const auto wx = float(weight.x()), wy = float(weight.y()), wz = float(weight.z());
  parallel_for(size[2], [&](Index k) {
    const auto row = [&](Index j, Index slice) {
      return smooth.values().data() + image.grid().offset(0, std::clamp<Index>(j, 0, size[1] - 1),
                                                          std::clamp<Index>(slice, 0, size[2] - 1));
    };
    for (Index j = 0; j < size[1]; ++j) {
      const float *here = row(j, k), *above = row(j - 1, k), *below = row(j + 1, k);
      const float *before = row(j, k - 1), *behind = row(j, k + 1);
      float* out = response.values().data() + image.grid().offset(0, j, k);
      for (Index i = 0; i < size[0]; ++i) {
        const float left = here[i == 0 ? 0 : i - 1], right = here[i + 1 == size[0] ? i : i + 1];
        const float twice = 2.0F * here[i];
        out[i] = -(wx * (left + right - twice) + wy * (above[i] + below[i] - twice) +
                   wz * (before[i] + behind[i] - twice));
      }
    }
  });
  return response;
}

std::vector<Blob> BlobDetector::candidates(const Image& image) const {
  const Mask inside = detail::inside_lung(detail::lung_air(image));
  if (std::ranges::none_of(inside.values(), [](auto voxel) { return voxel != 0; })) return {};
  Place first{};
  const Image part = cropped(image, inside, params_.largest_diameter, first);
  std::vector<double> sigmas;
  std::vector<Image> scales;
  for (double d = params_.smallest_diameter; d < params_.largest_diameter * step; d *= step) {
    sigmas.push_back(0.5 * d / std::numbers::sqrt3);
    scales.push_back(blob_response(part, sigmas.back()));
  }
  const Grid& grid = part.grid();
  std::vector<Blob> found;
  for (std::size_t s = 0; s < scales.size(); ++s) {
    std::vector<std::vector<Place>> peaks(std::size_t(grid.size[2]));
    parallel_for(grid.size[2], [&](Index k) {
      for (Index j = 0; j < grid.size[1]; ++j)
        for (Index i = 0; i < grid.size[0]; ++i)
          if (double(scales[s](i, j, k)) >= params_.least_response &&
              inside(first[0] + i, first[1] + j, first[2] + k) != 0 &&
              is_peak(scales, s, {i, j, k}))
            peaks[std::size_t(k)].push_back({i, j, k});
    });
    if (std::ranges::all_of(peaks, [](const auto& slice) { return slice.empty(); })) continue;
    const Image smooth = detail::smoothed(part, sigmas[s]);
    for (const auto& slice : peaks)
      for (const Place& at : slice)
        found.push_back({grid.centre(at[0], at[1], at[2]), 2.0 * std::numbers::sqrt3 * sigmas[s],
                         double(scales[s](at[0], at[1], at[2])), roundness(smooth, at),
                         double(smooth(at[0], at[1], at[2]))});
  }
  std::ranges::stable_sort(found, std::ranges::greater{}, &Blob::response);
  std::vector<Blob> apart;
  for (const Blob& blob : found)
    if (std::ranges::none_of(apart, [&](const Blob& one) {
          return (one.centre - blob.centre).norm() < 0.5 * std::max(one.diameter, blob.diameter);
        }))
      apart.push_back(blob);
  return apart;
}

double nodule_score(const Blob& blob) {
  const double sum =
      -4.0 + 6.0 * blob.roundness + blob.response / 200.0 + 0.5 * math::log(blob.diameter / 8.0);
  return 1.0 / (1.0 + math::exp(-sum));
}

Reading BlobDetector::read(const Request& request, Host&) const {
  Reading reading;
  for (const Blob& blob : candidates(request.image))
    reading.points.push_back({blob.centre, nodule_score(blob)});
  std::ranges::stable_sort(reading.points, std::ranges::greater{}, &Point::score);
  if (task() == Task::classification)
    return {.ratings = {{"", reading.points.empty() ? 0.0 : reading.points.front().score}},
            .probabilities = true};
  if (std::ssize(reading.points) > params_.most) reading.points.resize(std::size_t(params_.most));
  return reading;
}

}  // namespace vitrine::readers
