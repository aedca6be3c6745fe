#include "vitrine/recon/denoise.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/parallel.hpp"
#include "vitrine/recon/detail/hot.hpp"
#include "vitrine/recon/fbp.hpp"

namespace vitrine::recon {
namespace {

constexpr Index block = 16;         // voxels: long against the noise's grain, short against organs
constexpr Index neighbourhood = 5;  // blocks
constexpr double even_share = 0.25;
constexpr int sweeps = 12;  // the changes of another are below 1 % of the noise
constexpr double no_block = -1.0;

/// Standard deviations of the blocks of a slice, along x, then y; `no_block` where one does not
/// count.
struct Blocks {
  Index across = 0, down = 0;
  std::vector<double> deviation;
};

double deviation(const Image& image, Index i0, Index j0, Index i1, Index j1, Index k) {
  double sum = 0.0, squares = 0.0;
  for (Index j = j0; j < j1; ++j)
    for (Index i = i0; i < i1; ++i) {
      const double v = double(image(i, j, k));
      if (image(i, j, k) == outside_field_of_view) return no_block;
      sum += v;
      squares += v * v;
    }
  const double n = double((i1 - i0) * (j1 - j0)), mean = sum / n;
  return n > 1.0 ? std::sqrt(std::max(0.0, (squares - sum * mean) / (n - 1.0))) : no_block;
}

Blocks blocks_of(const Image& image, Index k) {
  const auto& size = image.grid().size;
  Blocks out{std::max<Index>(1, size[0] / block), std::max<Index>(1, size[1] / block), {}};
  for (Index b = 0; b < out.down; ++b)
    for (Index a = 0; a < out.across; ++a)
      out.deviation.push_back(deviation(image, a * block, b * block,
                                        std::min(size[0], (a + 1) * block),
                                        std::min(size[1], (b + 1) * block), k));
  return out;
}

/// The quantile of what counts; 0 where nothing does.
double quantile(std::vector<double> values, double share) {
  std::erase(values, no_block);
  if (values.empty()) return 0.0;
  const auto at = values.begin() + std::ptrdiff_t(share * double(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Noise level about each block of a slice: that of its neighbourhood's even blocks.
Blocks levels_of(const Blocks& blocks) {
  Blocks out{blocks.across, blocks.down, {}};
  constexpr Index reach = neighbourhood / 2;
  const double everywhere = quantile(blocks.deviation, even_share);
  for (Index b = 0; b < blocks.down; ++b)
    for (Index a = 0; a < blocks.across; ++a) {
      std::vector<double> near;
      for (Index y = std::max<Index>(0, b - reach); y <= std::min(blocks.down - 1, b + reach); ++y)
        for (Index x = std::max<Index>(0, a - reach); x <= std::min(blocks.across - 1, a + reach);
             ++x)
          near.push_back(blocks.deviation[std::size_t(y * blocks.across + x)]);
      const double level = quantile(std::move(near), even_share);
      out.deviation.push_back(level > 0.0 ? level : everywhere);
    }
  return out;
}

/// A volume whose rows begin and end with a copy of their first and last voxel.
class Padded {
 public:
  explicit Padded(const Image& image)
      : size_(image.grid().size), values_(std::size_t((size_[0] + 2) * size_[1] * size_[2])) {
    for (Index k = 0; k < size_[2]; ++k)
      for (Index j = 0; j < size_[1]; ++j) {
        std::copy_n(image.values().data() + image.grid().offset(0, j, k), size_[0], row(j, k));
        close(j, k);
      }
  }
  float* row(Index j, Index k) {
    j = std::clamp<Index>(j, 0, size_[1] - 1);
    k = std::clamp<Index>(k, 0, size_[2] - 1);
    return values_.data() + (k * size_[1] + j) * (size_[0] + 2) + 1;
  }
  void close(Index j, Index k) {
    float* const r = row(j, k);
    r[-1] = r[0];
    r[size_[0]] = r[size_[0] - 1];
  }

 private:
  std::array<Index, 3> size_;
  std::vector<float> values_;
};

/// 1 / (contrast x noise level) at every voxel of a slice, bilinear between blocks' middles.
std::vector<float> scales_of(const Image& image, Index k, double contrast) {
  const Blocks levels = levels_of(blocks_of(image, k));
  const auto& size = image.grid().size;
  std::vector<float> out(std::size_t(size[0] * size[1]));
  const auto at = [&](Index i, Index blocks, Index& low, double& share) {
    const double x = (double(i) + 0.5) / double(block) - 0.5;
    low = std::clamp<Index>(Index(std::floor(x)), 0, std::max<Index>(0, blocks - 2));
    share = blocks > 1 ? std::clamp(x - double(low), 0.0, 1.0) : 0.0;
  };
  for (Index j = 0; j < size[1]; ++j)
    for (Index i = 0; i < size[0]; ++i) {
      Index a = 0, b = 0;
      double p = 0.0, q = 0.0;
      at(i, levels.across, a, p);
      at(j, levels.down, b, q);
      const auto level = [&](Index x, Index y) {
        return levels.deviation[std::size_t(std::min(y, levels.down - 1) * levels.across +
                                            std::min(x, levels.across - 1))];
      };
      const double here = (1.0 - q) * ((1.0 - p) * level(a, b) + p * level(a + 1, b)) +
                          q * ((1.0 - p) * level(a, b + 1) + p * level(a + 1, b + 1));
      out[std::size_t(j * size[0] + i)] = here > 0.0 ? float(1.0 / (contrast * here)) : 0.0f;
    }
  return out;
}

/// The minimiser, by sweeps over all voxels at once.
Image smoothed(const Image& image, const std::vector<std::vector<float>>& scales, double lambda,
               Isa isa) {
  const Grid& grid = image.grid();
  const auto& size = grid.size;
  struct Neighbour {
    Index i, j, k;
    double coupling;
  };
  std::vector<Neighbour> neighbours;
  double all = 0.0;
  for (Index k = -1; k <= 1; ++k)
    for (Index j = -1; j <= 1; ++j)
      for (Index i = -1; i <= 1; ++i) {
        const Vec3 step = grid.spacing.cwiseProduct(Vec3(double(i), double(j), double(k)));
        if (step.squaredNorm() == 0.0) continue;
        neighbours.push_back({i, j, k, 1.0 / step.squaredNorm()});
        all += neighbours.back().coupling;
      }
  Padded now(image), next(image);
  const detail::HotKernels& hot = detail::hot_kernels(isa);
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    parallel_for(size[1] * size[2], [&](Index row) {
      const Index j = row % size[1], k = row / size[1];
      std::vector<float> work(std::size_t(2 * size[0]));
      detail::SmoothJob job{};
      job.count = size[0];
      job.neighbours = int(neighbours.size());
      for (std::size_t n = 0; n < neighbours.size(); ++n) {
        job.other[n] = now.row(j + neighbours[n].j, k + neighbours[n].k) + neighbours[n].i;
        job.coupling[n] = float(lambda * neighbours[n].coupling / all);
      }
      job.self = now.row(j, k);
      job.given = image.values().data() + grid.offset(0, j, k);
      job.per_scale = scales[std::size_t(k)].data() + j * size[0];
      job.sum = work.data();
      job.weight = work.data() + size[0];
      job.out = next.row(j, k);
      hot.smooth_row(job);
      next.close(j, k);
    });
    std::swap(now, next);
  }
  Image out(grid);
  for (Index k = 0; k < size[2]; ++k)
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i) {
        const float given = image(i, j, k);
        out(i, j, k) = given == outside_field_of_view ? given : now.row(j, k)[i];
      }
  return out;
}

Image mixture(const Image& y, const Image& x, double share) {
  Image out(y.grid());
  const auto a = float(share);
  for (std::size_t i = 0; i < out.values().size(); ++i)
    out.values()[i] = y.values()[i] + a * (x.values()[i] - y.values()[i]);
  return out;
}

}  // namespace

const Schema<Denoise>& Denoise::schema() {
  static const auto s =
      Schema<Denoise>("denoise", "Edge-preserving noise reduction of the finished image")
          .optional("reduction", &Denoise::reduction, unit::percent,
                    "how much less noise even regions have")
          .between(0, 80)
          .optional("contrast", &Denoise::contrast,
                    "edges are kept from this many noise levels on: less keeps more detail and "
                    "leaves patches, more blurs")
          .between(0.2, 20);
  return s;
}

double noise_level(const Image& image) {
  std::vector<Blocks> slices(std::size_t(image.grid().size[2]));
  parallel_for(std::ssize(slices),
               [&](Index k) { slices[std::size_t(k)] = levels_of(blocks_of(image, k)); });
  std::vector<double> levels;
  for (const Blocks& slice : slices)
    levels.insert(levels.end(), slice.deviation.begin(), slice.deviation.end());
  return quantile(std::move(levels), 0.5);
}

Image denoised(const Image& image, const Denoise& how, Isa isa) {
  const double before = noise_level(image);
  if (how.reduction == 0.0 || before == 0.0) return image;
  const double wanted = (1.0 - how.reduction) * before;
  std::vector<std::vector<float>> scales(std::size_t(image.grid().size[2]));
  parallel_for(std::ssize(scales),
               [&](Index k) { scales[std::size_t(k)] = scales_of(image, k, how.contrast); });
  for (double lambda = 2.0; lambda <= 512.0; lambda *= 4.0) {
    const Image smooth = smoothed(image, scales, lambda, isa);
    if (noise_level(smooth) > wanted) continue;
    double low = 0.0, high = 1.0;
    for (int step = 0; step < 12; ++step) {
      const double middle = 0.5 * (low + high);
      (noise_level(mixture(image, smooth, middle)) > wanted ? low : high) = middle;
    }
    return mixture(image, smooth, high);
  }
  throw Error(
      Error::Kind::input,
      str("denoise.reduction_percent is ", 100.0 * how.reduction, " (this image's noise of ",
          before, " HU does not fall as far: its grain is too coarse). Ask for less, raise ",
          "denoise.contrast, or use a sharper kernel."));
}

}  // namespace vitrine::recon
