#include "vitrine/recon/penalised_fit.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "vitrine/core/parallel.hpp"
#include "vitrine/recon/detail/hot.hpp"
#include "vitrine/recon/detail/neighbours.hpp"

namespace vitrine::recon {
namespace {

using physics::Footprint;
using physics::VoxelProjector;

/// 0 ... count - 1 so that each is far from those before it: by reversed bits.
std::vector<Index> far_apart(Index count) {
  std::vector<Index> order;
  Index bits = 0;
  while ((Index{1} << bits) < count) ++bits;
  for (Index i = 0; i < Index{1} << bits; ++i) {
    Index reversed = 0;
    for (Index b = 0; b < bits; ++b) reversed |= (i >> b & 1) << (bits - 1 - b);
    if (reversed < count) order.push_back(reversed);
  }
  return order;
}

/// Farthest from the axis that a grid's voxels are, mm.
double reach_of(const Grid& grid) {
  double reach = 0.0;
  for (const Index i : {Index{0}, grid.size[0] - 1})
    for (const Index j : {Index{0}, grid.size[1] - 1}) {
      const Vec3 corner = grid.centre(i, j, 0);
      reach = std::max(reach, std::sqrt(corner.x() * corner.x() + corner.y() * corner.y()));
    }
  return reach + grid.spacing.x();
}

/// Half the height that a view's rays have at `radius` beyond the axis, mm.
double half_height(const ScanGeometry& g, double radius) {
  return 0.5 * double(g.rows) * g.row_pitch / g.source_to_detector * (g.source_to_iso + radius);
}

}  // namespace

struct PenalisedFit::State {
  Grid grid;
  const MeasuredRays& rays;
  Prior prior;
  Isa isa;
  detail::Neighbours neighbours;
  struct Subset {
    std::vector<Index> views;
    VoxelProjector projector;
    Buffer<float> own;  ///< targets, if they are not those that were measured
  };
  std::vector<Subset> subsets;
  std::size_t cells;
  /// Hot kernels read rows up to a multiple of eight.
  static constexpr std::size_t beyond = 8;
  std::vector<float> kappa;  ///< rows with a 0 on either side
  std::vector<float> nothing;
  Buffer<float> step;  ///< 1 / curvature; 0 where no ray is

  State(const Grid& volume, const MeasuredRays& measured, const Prior& how, Index wanted, Isa level)
      : grid(volume),
        rays(measured),
        prior(how),
        isa(level),
        neighbours(volume),
        cells(std::size_t(measured.values.geometry().columns * measured.values.geometry().rows)),
        kappa(std::size_t((volume.size[0] + 2) * volume.size[1] * volume.size[2]) + beyond),
        nothing(std::size_t(volume.size[0] + 2) + beyond),
        step(std::size_t(volume.count())) {
    const ScanGeometry& g = rays.values.geometry();
    const double half = half_height(g, reach_of(grid));
    const double low = grid.origin.z() - 0.5 * grid.spacing.z();
    const double high = low + double(grid.size[2]) * grid.spacing.z();
    std::vector<Index> views;
    for (Index v = 0; v < g.views(); ++v) {
      const double z = g.table_positions[std::size_t(v)];
      if (z + half > low && z - half < high) views.push_back(v);
    }
    require(!views.empty(), Error::Kind::input, "no view of the scan meets the image (it is from ",
            low, " to ", high, " mm). Put the image where the scan is.");
    const Index count = std::clamp<Index>(wanted, 1, std::ssize(views));
    for (const Index m : far_apart(count)) {
      std::vector<Index> mine;
      for (Index i = m; i < std::ssize(views); i += count) mine.push_back(views[std::size_t(i)]);
      VoxelProjector projector(grid, geometry_of(mine), Footprint::distance_driven, isa);
      subsets.push_back({std::move(mine), std::move(projector), {}});
    }
    set_curvature();
  }

  ScanGeometry geometry_of(std::span<const Index> views) const {
    const ScanGeometry& g = rays.values.geometry();
    ScanGeometry part = g;
    part.axis_offset = 0.0;  // nobody knows of it
    part.view_angles.clear();
    part.table_positions.clear();
    part.view_times.clear();
    for (const Index v : views) {
      part.view_angles.push_back(g.view_angles[std::size_t(v)]);
      part.table_positions.push_back(g.table_positions[std::size_t(v)]);
    }
    return part;
  }

  std::size_t size(const Subset& subset) const { return subset.views.size() * cells; }
  std::size_t most_rays() const {
    std::size_t most = 0;
    for (const Subset& subset : subsets) most = std::max(most, size(subset));
    return most;
  }
  std::span<const float> target(const Subset& subset, std::size_t i) const {
    if (subset.own.size() == 0) return rays.values.view(subset.views[i]);
    return subset.own.span().subspan(i * cells, cells);
  }
  /// What `f` makes of each view of a subset: its number there, its values and its weights.
  template <class F>
  void each_view(const Subset& subset, std::span<float> values, F&& f) const {
    parallel_for(std::ssize(subset.views), [&](Index i) {
      std::vector<float> weights(cells);
      ray_weights(rays, subset.views[std::size_t(i)], isa, weights);
      f(std::size_t(i), values.subspan(std::size_t(i) * cells, cells), weights);
    });
  }

  /// 1 / (A' W A 1 + the prior's), and kappa.
  void set_curvature() {
    const auto voxels = std::size_t(grid.count());
    Buffer<float> ones(voxels), part(voxels), sum(voxels), p(most_rays());
    const auto rows = grid.size[1] * grid.size[2];
    const auto each_row = [&](auto&& f) {
      parallel_for(rows, [&](Index row) {
        f(std::size_t(row * grid.size[0]), std::size_t((row + 1) * grid.size[0]));
      });
    };
    each_row([&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        ones[i] = 1.0f;
        sum[i] = 0.0f;
      }
    });
    std::size_t views = 0;
    for (const Subset& subset : subsets) {
      views += subset.views.size();
      const std::span<float> rays_of_it = p.span().first(size(subset));
      subset.projector.forward(ones.span(), rays_of_it);
      each_view(subset, rays_of_it,
                [](std::size_t, std::span<float> values, const std::vector<float>& w) {
                  for (std::size_t i = 0; i < values.size(); ++i) values[i] *= w[i];
                });
      subset.projector.back(rays_of_it, part.span());
      each_row([&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) sum[i] += part[i];
      });
    }
    // The weights alone vary so little from place to place that one subset tells of all.
    const std::span<float> first = p.span().first(size(subsets.front()));
    each_view(subsets.front(), first,
              [](std::size_t, std::span<float> values, const std::vector<float>& w) {
                std::ranges::copy(w, values.begin());
              });
    subsets.front().projector.back(first, part.span());
    const double share = double(views) / double(subsets.front().views.size());
    const double per_weight =
        share / (4.0 * std::numbers::pi * std::numbers::pi * std::numbers::pi *
                 prior.half_frequency * prior.half_frequency * prior.half_frequency);
    parallel_for(rows, [&](Index row) {
      float* const to = kappa.data() + row * (grid.size[0] + 2) + 1;
      for (Index i = 0; i < grid.size[0]; ++i)
        to[i] = float(std::sqrt(per_weight * double(part[std::size_t(row * grid.size[0] + i)])));
    });
    parallel_for(rows, [&](Index row) {
      const Index j = row % grid.size[1], k = row / grid.size[1];
      const float* const own = kappa_row(j, k);
      for (Index i = 0; i < grid.size[0]; ++i) {
        float pull = 0.0f;
        for (const detail::Neighbours::One& n : neighbours.all)
          pull += float(n.coupling) * kappa_row(j + n.j, k + n.k)[i + n.i];
        const std::size_t at = std::size_t(row * grid.size[0] + i);
        const float curvature = sum[at] + 2.0f * own[i] * pull;
        step[at] = sum[at] > 0.0f ? 1.0f / curvature : 0.0f;
      }
    });
  }

  bool holds(Index j, Index k) const {
    return j >= 0 && j < grid.size[1] && k >= 0 && k < grid.size[2];
  }
  const float* kappa_row(Index j, Index k) const {
    if (!holds(j, k)) return nothing.data() + 1;
    return kappa.data() + (k * grid.size[1] + j) * (grid.size[0] + 2) + 1;
  }

  /// Residuals w (A x - y) of a subset, back in the volume.
  void data_gradient(const Subset& subset, std::span<const float> x, std::span<float> p,
                     std::span<float> out) const {
    subset.projector.forward(x, p);
    each_view(subset, p, [&](std::size_t v, std::span<float> values, const std::vector<float>& w) {
      const std::span<const float> y = target(subset, v);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = w[i] * (values[i] - y[i]);
    });
    subset.projector.back(p, out);
  }

  /// `x` is that of a Bordered volume; of `out` come first those of the row.
  void penalty_of_row(const float* x, Index j, Index k, std::vector<float>& out) const {
    out.resize(std::size_t(grid.size[0]) + beyond);
    detail::PenaltyJob job{};
    job.count = grid.size[0];
    job.self = x + grid.offset(0, j, k);
    for (const detail::Neighbours::One& one : neighbours.all) {
      if (!holds(j + one.j, k + one.k)) continue;
      job.other[job.neighbours] = x + grid.offset(0, j + one.j, k + one.k) + one.i;
      job.kappa_other[job.neighbours] = kappa_row(j + one.j, k + one.k) + one.i;
      job.coupling[job.neighbours++] = float(one.coupling);
    }
    while (job.neighbours % detail::PenaltyJob::together != 0) {
      job.other[job.neighbours] = job.self;
      job.kappa_other[job.neighbours++] = nothing.data() + 1;
    }
    job.kappa = kappa_row(j, k);
    job.per_edge = float(1.0 / prior.edge);
    job.gradient = out.data();
    detail::hot_kernels(isa).penalty_row(job);
  }

  /// A volume with the floats before its first and behind its last that `penalty_of_row` reads.
  class Bordered {
   public:
    explicit Bordered(std::span<const float> values)
        : memory_(values.size() + 2 + beyond), size_(values.size()) {
      memory_[0] = 0.0f;
      std::ranges::copy(values, data());
      std::fill(data() + size_, memory_.data() + memory_.size(), 0.0f);
    }
    float* data() { return memory_.data() + 1; }
    std::span<float> span() { return {data(), size_}; }

   private:
    Buffer<float> memory_;
    std::size_t size_;
  };

  void penalty_gradient(std::span<const float> x, std::span<float> add_to) const {
    Bordered at(x);
    parallel_for(grid.size[1] * grid.size[2], [&](Index row) {
      std::vector<float> out;
      const Index j = row % grid.size[1], k = row / grid.size[1];
      penalty_of_row(at.data(), j, k, out);
      for (Index i = 0; i < grid.size[0]; ++i)
        add_to[std::size_t(row * grid.size[0] + i)] += out[std::size_t(i)];
    });
  }

  double penalty(std::span<const float> x) const {
    std::vector<double> sums(std::size_t(grid.size[1] * grid.size[2]));
    parallel_for(std::ssize(sums), [&](Index row) {
      const Index j = row % grid.size[1], k = row / grid.size[1];
      for (const detail::Neighbours::One& n : neighbours.all) {
        if (!holds(j + n.j, k + n.k)) continue;
        const float* const other = kappa_row(j + n.j, k + n.k);
        for (Index i = std::max<Index>(0, -n.i); i < grid.size[0] - std::max<Index>(0, n.i); ++i) {
          const double d = double(x[std::size_t(grid.offset(i, j, k))]) -
                           double(x[std::size_t(grid.offset(i + n.i, j + n.j, k + n.k))]);
          const double t = d / prior.edge;
          // Every pair comes twice.
          sums[std::size_t(row)] += 0.5 * n.coupling * double(kappa_row(j, k)[i]) *
                                    double(other[i + n.i]) * prior.edge * prior.edge *
                                    (std::sqrt(1.0 + t * t) - 1.0);
        }
      }
    });
    return std::accumulate(sums.begin(), sums.end(), 0.0);
  }
};

PenalisedFit::PenalisedFit(const Grid& grid, const MeasuredRays& rays, const Prior& prior,
                           Index subsets, Isa isa)
    : state_(std::make_unique<State>(grid, rays, prior, subsets, isa)) {}
PenalisedFit::~PenalisedFit() = default;
PenalisedFit::PenalisedFit(PenalisedFit&&) noexcept = default;
PenalisedFit& PenalisedFit::operator=(PenalisedFit&&) noexcept = default;

PenalisedFit::Span PenalisedFit::seen(double radius) const {
  const ScanGeometry& g = state_->rays.values.geometry();
  Span span{1e30, -1e30};
  for (const State::Subset& subset : state_->subsets)
    for (const Index v : subset.views) {
      span.low = std::min(span.low, g.table_positions[std::size_t(v)]);
      span.high = std::max(span.high, g.table_positions[std::size_t(v)]);
    }
  const double half = half_height(g, radius);
  return {span.low - half, span.high + half};
}

void PenalisedFit::subtract(const Grid& grid, std::span<const float> volume) {
  Buffer<float> p(state_->most_rays());
  for (State::Subset& subset : state_->subsets) {
    const VoxelProjector projector(grid, state_->geometry_of(subset.views),
                                   Footprint::distance_driven, state_->isa);
    const std::span<float> part = p.span().first(state_->size(subset));
    projector.forward(volume, part);
    Buffer<float> left(part.size());
    parallel_for(std::ssize(subset.views), [&](Index v) {
      const std::span<const float> y = state_->target(subset, std::size_t(v));
      const std::size_t begin = std::size_t(v) * state_->cells;
      for (std::size_t i = 0; i < y.size(); ++i) left[begin + i] = y[i] - part[begin + i];
    });
    subset.own = std::move(left);
  }
}

double PenalisedFit::objective(std::span<const float> x) const {
  double sum = state_->penalty(x);
  Buffer<float> p(state_->most_rays());
  for (const State::Subset& subset : state_->subsets) {
    const std::span<float> part = p.span().first(state_->size(subset));
    subset.projector.forward(x, part);
    std::vector<double> sums(subset.views.size());
    state_->each_view(subset, part,
                      [&](std::size_t v, std::span<float> values, const std::vector<float>& w) {
                        const std::span<const float> y = state_->target(subset, v);
                        for (std::size_t i = 0; i < values.size(); ++i) {
                          const double r = double(values[i]) - double(y[i]);
                          sums[v] += 0.5 * double(w[i]) * r * r;
                        }
                      });
    sum = std::accumulate(sums.begin(), sums.end(), sum);
  }
  return sum;
}

void PenalisedFit::gradient(std::span<const float> x, std::span<float> out) const {
  Buffer<float> p(state_->most_rays()), part(out.size());
  std::ranges::fill(out, 0.0f);
  for (const State::Subset& subset : state_->subsets) {
    state_->data_gradient(subset, x, p.span().first(state_->size(subset)), part.span());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += part[i];
  }
  state_->penalty_gradient(x, out);
}

void PenalisedFit::improve(std::span<float> x, std::int64_t iterations, bool momentum) const {
  const Grid& grid = state_->grid;
  State::Bordered at(x), next(x);
  Buffer<float> p(state_->most_rays());
  double t = 1.0;
  for (std::int64_t iteration = 0; iteration < iterations; ++iteration)
    for (const State::Subset& subset : state_->subsets) {
      const double later = 0.5 * (1.0 + std::sqrt(1.0 + 4.0 * t * t));
      const double onward = momentum ? (t - 1.0) / later : 0.0;
      t = later;
      state_->data_gradient(subset, at.span(), p.span().first(state_->size(subset)), next.span());
      parallel_for(grid.size[1] * grid.size[2], [&](Index row) {
        std::vector<float> penalty;
        const Index j = row % grid.size[1], k = row / grid.size[1], first = row * grid.size[0];
        state_->penalty_of_row(at.data(), j, k, penalty);
        detail::DescentJob job{};
        job.count = grid.size[0];
        job.at = at.data() + first;
        job.step = state_->step.data() + first;
        job.penalty = penalty.data();
        job.data_scale = float(state_->subsets.size());
        job.momentum = float(onward);
        job.x = x.data() + first;
        job.next = next.data() + first;
        detail::hot_kernels(state_->isa).descend_row(job);
      });
      std::swap(at, next);
    }
}

std::size_t PenalisedFit::rays() const {
  std::size_t sum = 0;
  for (const State::Subset& subset : state_->subsets) sum += state_->size(subset);
  return sum;
}

void PenalisedFit::forward(std::span<const float> x, std::span<float> out) const {
  for (const State::Subset& subset : state_->subsets) {
    const std::span<float> part = out.first(state_->size(subset));
    subset.projector.forward(x, part);
    state_->each_view(subset, part,
                      [](std::size_t, std::span<float> values, const std::vector<float>& w) {
                        for (std::size_t i = 0; i < values.size(); ++i)
                          values[i] *= std::sqrt(w[i]);
                      });
    out = out.subspan(part.size());
  }
}

void PenalisedFit::back(std::span<const float> p, std::span<float> out) const {
  Buffer<float> weighted(state_->most_rays()), part(out.size());
  std::ranges::fill(out, 0.0f);
  for (const State::Subset& subset : state_->subsets) {
    const std::span<float> mine = weighted.span().first(state_->size(subset));
    std::ranges::copy(p.first(mine.size()), mine.begin());
    state_->each_view(subset, mine,
                      [](std::size_t, std::span<float> values, const std::vector<float>& w) {
                        for (std::size_t i = 0; i < values.size(); ++i)
                          values[i] *= std::sqrt(w[i]);
                      });
    subset.projector.back(mine, part.span());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += part[i];
    p = p.subspan(mine.size());
  }
}

}  // namespace vitrine::recon
