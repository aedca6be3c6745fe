#include "vitrine/recon/metal.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/pool.hpp"
#include "vitrine/recon/detail/first_image.hpp"
#include "vitrine/recon/detail/voxel_lines.hpp"

namespace vitrine::recon {
namespace {

constexpr double voxel = 1.0;      // mm, of the images that are segmented
constexpr double shadow = 0.1;     // mm of metal from which on a sample is replaced
constexpr Index margin = 2;        // samples to either side: the rebinning's and kernel's blur
constexpr Index ends = 3;          // samples that an end of the interpolation is a mean of
constexpr double softening = 0.1;  // line integral: 5 mm of water
constexpr double air_below_hu = -500.0;  // halfway from air to water
constexpr int rounds = 4;                // of priors: bone beside metal comes back in the second
constexpr Index near = 2;                // voxels about metal in which it is put back

/// A box of samples of a row of a line.
struct Span {
  Index row, first, last;
};

/// Where a line is behind metal: spans of samples, row by row, at least `ends` samples apart.
std::vector<Span> shadows(const detail::VoxelLines::Line& metal, const Rebinned& scan,
                          std::span<float> scratch) {
  const Index rows = scan.rows(), samples = scan.samples();
  std::vector<float> length(static_cast<std::size_t>(rows));
  std::vector<std::vector<Span>> of_row(static_cast<std::size_t>(rows));
  for (Index j = 0; j < samples; ++j) {
    metal(j, scratch, length);
    for (Index r = 0; r < rows; ++r) {
      if (double(length[std::size_t(r)]) < shadow) continue;
      auto& spans = of_row[std::size_t(r)];
      const Index first = std::max<Index>(0, j - margin);
      const Index last = std::min(samples - 1, j + margin);
      if (spans.empty() || first > spans.back().last + ends)
        spans.push_back({r, first, last});
      else
        spans.back().last = last;
    }
  }
  std::vector<Span> all;
  for (const auto& spans : of_row) all.insert(all.end(), spans.begin(), spans.end());
  return all;
}

/// Air, water, and bone as it is: 1/mm. Smoothed in the plane, so that noise and streaks are none.
std::vector<float> prior_of(const Image& image, double bone, const HounsfieldScale& scale) {
  const auto [nx, ny, nz] = image.grid().size;
  std::vector<float> mu(std::size_t(nx * ny * nz));
  parallel_for(nz, [&, nx = nx, ny = ny](Index k) {
    std::vector<float> smooth(std::size_t(nx * ny)), next(smooth.size());
    for (Index j = 0; j < ny; ++j)
      for (Index i = 0; i < nx; ++i) smooth[std::size_t(j * nx + i)] = image(i, j, k);
    for (const Index step : {Index(1), nx}) {
      for (Index at = 0; at < nx * ny; ++at) {
        const auto before = std::size_t(std::max<Index>(0, at - step));
        const auto behind = std::size_t(std::min(nx * ny - 1, at + step));
        next[std::size_t(at)] =
            0.25f * smooth[before] + 0.5f * smooth[std::size_t(at)] + 0.25f * smooth[behind];
      }
      std::swap(smooth, next);
    }
    for (Index at = 0; at < nx * ny; ++at) {
      const auto hu = double(smooth[std::size_t(at)]),
                 own = double(image.values()[std::size_t(k * nx * ny + at)]);
      const double kept = hu < bone ? 0.0 : own;
      const double value = scale.mu_water + 0.001 * kept * (scale.mu_water - scale.mu_air);
      mu[std::size_t(k * nx * ny + at)] = hu < air_below_hu ? 0.0f : float(value);
    }
  });
  return mu;
}

/// Mean share of the prior over the samples next to a span, and the middle of their places.
struct End {
  double place = 0.0, share = 0.0;
  bool there = false;
};

/// Replaces a span by the straight line between its ends, in shares of the prior.
void bridge(std::span<float> line, Index stride, Index samples, const Span& span,
            const std::vector<float>* prior) {
  const auto at = [&](Index j) -> float& { return line[std::size_t(j * stride + span.row)]; };
  const auto expected = [&](Index j) {
    return prior ? double((*prior)[std::size_t(j * stride + span.row)]) + softening : 1.0;
  };
  const double offset = prior ? softening : 0.0;
  const auto end = [&](Index from, Index to) {
    End mean;
    double n = 0.0;
    for (Index j = std::max<Index>(from, 0); j < std::min(to, samples); ++j) {
      mean.place += double(j);
      mean.share += (double(at(j)) + offset) / expected(j);
      n += 1.0;
    }
    mean.there = n > 0.0;
    if (mean.there) {
      mean.place /= n;
      mean.share /= n;
    }
    return mean;
  };
  End before = end(span.first - ends, span.first),
      behind = end(span.last + 1, span.last + 1 + ends);
  if (!before.there && !behind.there) return;
  if (!before.there) before = {behind.place - 1.0, behind.share, true};
  if (!behind.there) behind = {before.place + 1.0, before.share, true};
  const double slope = (behind.share - before.share) / (behind.place - before.place);
  for (Index j = span.first; j <= span.last; ++j) {
    const double share = before.share + slope * (double(j) - before.place);
    at(j) = float(share * expected(j) - offset);
  }
}

}  // namespace

const Schema<MetalReduction>& MetalReduction::schema() {
  static const auto s =
      Schema<MetalReduction>("metal", "Metal artefact reduction by normalised interpolation")
          .optional("threshold", &MetalReduction::threshold, unit::hu,
                    "CT number from which on a voxel is metal")
          .between(1000, 20000)
          .optional("bone", &MetalReduction::bone, unit::hu,
                    "CT number from which on the prior image keeps what is there; below is water")
          .between(100, 2000)
          .rule("threshold_hu must be above bone_hu",
                [](const MetalReduction& m) { return m.threshold > m.bone; });
  return s;
}

double MetalTrace::share(const Rebinned& scan) const {
  return double(values_.size()) / double(scan.lines() * scan.samples() * scan.rows());
}

void MetalTrace::swap(Rebinned& scan) {
  const Index half = scan.angles() / 2;
  parallel_for(std::ssize(line_begin_) - 1, [&](Index n) {
    const std::span<float> line = scan.line(n / half, n % half);
    for (std::size_t i = line_begin_[std::size_t(n)]; i < line_begin_[std::size_t(n) + 1]; ++i) {
      const Run& run = runs_[i];
      for (Index j = 0; j < run.count; ++j)
        std::swap(values_[run.at + std::size_t(j)],
                  line[std::size_t((run.first + j) * scan.padded_rows() + run.row)]);
    }
  });
}

std::vector<float> MetalTrace::values_in(const Rebinned& scan) const {
  const Index half = scan.angles() / 2;
  std::vector<float> values;
  values.reserve(values_.size());
  for (const Run& run : runs_)
    for (Index j = run.first; j < run.first + run.count; ++j)
      values.push_back(scan.line(run.line / half,
                                 run.line % half)[std::size_t(j * scan.padded_rows() + run.row)]);
  return values;
}

std::vector<std::uint8_t> MetalTrace::mask(const Rebinned& scan) const {
  if (empty()) return {};
  std::vector<std::uint8_t> mask(std::size_t(scan.lines() * scan.samples() * scan.rows()), 0);
  for (const Run& run : runs_)
    for (Index j = run.first; j < run.first + run.count; ++j)
      mask[std::size_t((run.line * scan.samples() + j) * scan.rows() + run.row)] = 1;
  return mask;
}

void MetalTrace::follow(std::span<const float> before, std::span<const float> now) {
  VITRINE_EXPECT(before.size() == values_.size() && now.size() == values_.size());
  for (std::size_t i = 0; i < values_.size(); ++i) values_[i] += now[i] - before[i];
}

bool MetalTrace::holds(const Vec3& point) const {
  if (metal_.empty()) return false;
  const Vec3 at = (point - grid_.origin).cwiseQuotient(grid_.spacing);
  const auto i = Index(std::llround(at.x())), j = Index(std::llround(at.y()));
  // Beyond the first and the last slice metal goes on, as lines do.
  const Index k = std::clamp<Index>(Index(std::llround(at.z())), 0, grid_.size[2] - 1);
  return i >= 0 && j >= 0 && i < grid_.size[0] && j < grid_.size[1] &&
         metal_[std::size_t(grid_.offset(i, j, k))] != 0;
}

bool MetalTrace::meets(const Rebinned& scan, const Grid& grid) const {
  std::vector<std::uint8_t> any(std::size_t(grid.size[2]), 0);
  parallel_for(grid.size[2], [&](Index k) {
    for (Index j = 0; j < grid.size[1] && any[std::size_t(k)] == 0; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        if (holds(detail::in_gantry(scan, grid.centre(i, j, k)))) {
          any[std::size_t(k)] = 1;
          break;
        }
  });
  return std::ranges::find(any, 1) != any.end();
}

MetalTrace reduce_metal(Rebinned& scan, const MetalReduction& how, const HounsfieldScale& scale,
                        Isa isa) {
  MetalTrace trace;
  std::vector<float> mask;
  {
    const detail::FirstImage first = detail::first_image(scan, scale, voxel, isa);
    for (const float hu : first.image.values())
      mask.push_back(double(hu) > how.threshold ? 1.0f : 0.0f);
    trace.grid_ = first.upright;
  }
  if (std::ranges::find(mask, 1.0f) == mask.end()) return {};
  const detail::VoxelLines metal(trace.grid_, mask, isa);
  const Index half = scan.angles() / 2, stride = scan.padded_rows(), samples = scan.samples();
  std::vector<std::vector<Span>> spans(std::size_t(scan.lines()));
  Pool<Buffer<float>> pool = Pool<Buffer<float>>::of(metal.scratch_size());
  parallel_for(scan.lines(), [&](Index n) {
    const auto scratch = pool.borrow();
    spans[std::size_t(n)] = shadows({metal, scan, n / half, n % half}, scan, scratch->span());
  });
  for (Index n = 0; n < scan.lines(); ++n) {
    trace.line_begin_.push_back(trace.runs_.size());
    const std::span<const float> line = std::as_const(scan).line(n / half, n % half);
    for (const Span& span : spans[std::size_t(n)]) {
      trace.runs_.push_back({std::int32_t(n), std::int32_t(span.row), std::int32_t(span.first),
                             std::int32_t(span.last - span.first + 1), trace.values_.size()});
      for (Index j = span.first; j <= span.last; ++j)
        trace.values_.push_back(line[std::size_t(j * stride + span.row)]);
    }
  }
  trace.line_begin_.push_back(trace.runs_.size());

  // Metal that grows by `near`, for putting it back.
  const auto [nx, ny, nz] = trace.grid_.size;
  trace.metal_.assign(mask.size(), 0);
  for (Index k = 0; k < nz; ++k)
    for (Index j = 0; j < ny; ++j)
      for (Index i = 0; i < nx; ++i) {
        if (mask[std::size_t(trace.grid_.offset(i, j, k))] == 0.0f) continue;
        for (Index c = std::max<Index>(0, k - near); c <= std::min(nz - 1, k + near); ++c)
          for (Index b = std::max<Index>(0, j - near); b <= std::min(ny - 1, j + near); ++b)
            for (Index a = std::max<Index>(0, i - near); a <= std::min(nx - 1, i + near); ++a)
              trace.metal_[std::size_t(trace.grid_.offset(a, b, c))] = 1;
      }

  // First without a prior, for an image to make one of.
  const auto each = [&](const auto& replace) {
    parallel_for(scan.lines(), [&](Index n) {
      if (!spans[std::size_t(n)].empty()) replace(n, scan.line(n / half, n % half));
    });
  };
  each([&](Index n, std::span<float> line) {
    for (const Span& span : spans[std::size_t(n)]) bridge(line, stride, samples, span, nullptr);
  });
  Pool<std::vector<float>> lines = Pool<std::vector<float>>::of(std::size_t(samples * stride));
  for (int round = 0; round < rounds; ++round) {
    const std::vector<float> mu =
        prior_of(detail::first_image(scan, scale, voxel, isa).image, how.bone, scale);
    const detail::VoxelLines prior(trace.grid_, mu, isa);
    each([&](Index n, std::span<float> line) {
      const auto scratch = pool.borrow();
      const auto expected = lines.borrow();
      std::vector<std::uint8_t> wanted(std::size_t(samples), 0);
      for (const Span& span : spans[std::size_t(n)])
        for (Index j = std::max<Index>(0, span.first - ends);
             j <= std::min(samples - 1, span.last + ends); ++j)
          wanted[std::size_t(j)] = 1;
      const detail::VoxelLines::Line through(prior, scan, n / half, n % half);
      for (Index j = 0; j < samples; ++j)
        if (wanted[std::size_t(j)] != 0)
          through(j, scratch->span(),
                  std::span(*expected).subspan(std::size_t(j * stride), std::size_t(scan.rows())));
      for (const Span& span : spans[std::size_t(n)])
        bridge(line, stride, samples, span, &*expected);
    });
  }
  return trace;
}

void put_metal_back(Image& image, Rebinned& scan, MetalTrace& trace, const MetalReduction& how,
                    const Kernel& kernel, double slice_thickness, const HounsfieldScale& scale,
                    Isa isa) {
  const Grid& grid = image.grid();
  if (trace.empty() || !trace.meets(scan, grid)) return;
  trace.swap(scan);
  const Image measured = reconstruct(scan, kernel, grid, slice_thickness, scale, isa);
  trace.swap(scan);
  parallel_for(grid.size[2], [&](Index k) {
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        if (double(measured(i, j, k)) > how.threshold &&
            trace.holds(detail::in_gantry(scan, grid.centre(i, j, k))))
          image(i, j, k) = measured(i, j, k);
  });
}

}  // namespace vitrine::recon
