#include "vitrine/physics/projector.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/pool.hpp"
#include "vitrine/physics/detail/projection.hpp"
#include "vitrine/physics/detail/sub_views.hpp"

namespace vitrine::physics {
using detail::Projection;
namespace {

/// A scene in the gantry's frame.
class AlignedScene {
 public:
  AlignedScene(const Scene& scene, const ScanGeometry& geometry) : scene_(&scene) {
    if (geometry.tilt == 0.0) return;
    turned_ = moved(scene, {geometry.gantry_axes().transpose(), Vec3::Zero()});
    scene_ = &turned_;
  }
  AlignedScene(const AlignedScene&) = delete;
  AlignedScene& operator=(const AlignedScene&) = delete;
  const Scene& operator*() const { return *scene_; }

 private:
  Scene turned_;
  const Scene* scene_;
};

}  // namespace

/// What is there during some views, ready to be projected.
class Projector::State {
 public:
  /// Views `first` to `first + count` of a scan, of a scene that lives longer.
  State(const Scene& scene, const ScanGeometry& geometry, Index first, Index count,
        std::span<const Beam* const> beams, const Sampling& sampling,
        const std::vector<Offset>& offsets, Isa isa)
      : first_(first),
        count_(count),
        sub_views_(sampling.views),
        geometry_(detail::part_of(geometry, first, count)),
        aligned_(scene, geometry_),
        fine_(detail::refined(geometry_, sampling.views)),
        projection_(*aligned_, fine_, beams, offsets, sampling.rows, isa),
        works_([this] {
          return std::make_unique<Work>(Work{projection_.work(), std::nullopt});
        }) {}
  /// The same of one of its own.
  State(Scene&& scene, const ScanGeometry& geometry, Index first, Index count,
        std::span<const Beam* const> beams, const Sampling& sampling,
        const std::vector<Offset>& offsets, Isa isa)
      : State(std::make_unique<Scene>(std::move(scene)), geometry, first, count, beams, sampling,
              offsets, isa) {}

  Index end() const { return first_ + count_; }
  /// Views that are projected together: those that share a pass through voxels, or one.
  Index together() const { return projection_.has_maps() ? Projection::block / sub_views_ : 1; }

  /// Views [first, first + count) of the scan, at most `together()`.
  void project(Index first, Index count, Projection::Outputs to, std::size_t cells,
               std::size_t higher) {
    const auto work = works_.borrow();
    const Index begin = first - first_;
    projection_.trace_maps(begin * sub_views_, count * sub_views_, work->views);
    for (Index n = 0; n < count; ++n, to.signal += cells, to.quanta += cells) {
      if (sub_views_ == 1) {
        projection_.view(begin + n, n, work->views, to);
      } else {
        if (!work->blur) work->blur.emplace(cells, higher, projection_.has_others());
        blurred(begin + n, n, *work, to, cells);
      }
      if (to.higher) to.higher += cells;
    }
  }

 private:
  /// Memory of one thread, which touching first costs more than a view's arithmetic.
  struct Work {
    Projection::Work views;
    std::optional<detail::Blur> blur;
  };

  /// The mean of a view's sub-views.
  void blurred(Index view, Index n, Work& work, const Projection::Outputs& to, std::size_t cells) {
    detail::Blur& blur = *work.blur;
    const std::span mean(to.signal, cells), variance(to.quanta, cells);
    const detail::Blur::Further higher{to.higher, to.stride};
    blur.start(mean, variance, higher);
    for (Index i = 0; i < sub_views_; ++i) {
      projection_.view(view * sub_views_ + i, n * sub_views_ + i, work.views,
                       {.signal = blur.signal(),
                        .quanta = blur.quanta(),
                        .higher = blur.higher(),
                        .stride = std::ptrdiff_t(cells)});
      blur.add_to(mean, variance, higher);
    }
    blur.finish(mean, variance, higher, sub_views_);
  }

  State(std::unique_ptr<Scene> scene, const ScanGeometry& geometry, Index first, Index count,
        std::span<const Beam* const> beams, const Sampling& sampling,
        const std::vector<Offset>& offsets, Isa isa)
      : State(*scene, geometry, first, count, beams, sampling, offsets, isa) {
    own_ = std::move(scene);
  }

  Index first_, count_, sub_views_;
  std::unique_ptr<Scene> own_;
  ScanGeometry geometry_;
  AlignedScene aligned_;
  ScanGeometry fine_;
  Projection projection_;
  Pool<Work> works_;
};

Projector::Projector(const Scene& scene, const ScanGeometry& geometry, const Beam& beam,
                     const Sampling& sampling, Isa isa)
    : Projector(scene, geometry, std::vector{&beam}, sampling, isa) {}

Projector::Projector(const Scene& scene, const ScanGeometry& geometry,
                     std::span<const Beam* const> beams, const Sampling& sampling, Isa isa)
    : make_([&scene, &geometry, sampling, isa, all = std::vector(beams.begin(), beams.end()),
             offsets = sub_rays(sampling, geometry, *beams.front())](Index) {
        return std::make_unique<State>(scene, geometry, 0, geometry.views(), all, sampling, offsets,
                                       isa);
      }),
      views_(geometry.views()),
      cells_(geometry.columns * geometry.rows),
      sub_views_(sampling.views),
      views_per_state_(geometry.views()),
      higher_(Projection::further_outputs(beams)) {
  prepare();
}

Projector::Projector(std::function<Scene(double time)> scene_at, Index views_per_state,
                     const ScanGeometry& geometry, const Beam& beam, const Sampling& sampling,
                     Isa isa)
    : make_([&geometry, at = std::move(scene_at), views_per_state, sampling, isa,
             all = std::vector{&beam}, offsets = sub_rays(sampling, geometry, beam)](Index number) {
        const Index first = number * views_per_state;
        const Index count = std::min(views_per_state, geometry.views() - first);
        const auto& times = geometry.view_times;
        return std::make_unique<State>(
            at(0.5 * (times[std::size_t(first)] + times[std::size_t(first + count - 1)])), geometry,
            first, count, all, sampling, offsets, isa);
      }),
      views_(geometry.views()),
      cells_(geometry.columns * geometry.rows),
      sub_views_(sampling.views),
      views_per_state_(views_per_state),
      higher_(Projection::further_outputs(std::vector{&beam})) {
  require(views_per_state >= 1 && std::ssize(geometry.view_times) == geometry.views(),
          Error::Kind::input, "a moving patient needs views with times (the geometry has ",
          geometry.view_times.size(), " for ", geometry.views(), " views)");
  prepare();
}

Projector::~Projector() = default;

/// The states of the next views: as many as can be made at the same time.
void Projector::prepare() {
  require(sub_views_ >= 1 && sub_views_ <= Projection::block, Error::Kind::input, "sampling has ",
          sub_views_, " sub-views (it must be within 1 and ", Projection::block, ")");
  const Index state = next_ / views_per_state_;
  const Index all = (views_ + views_per_state_ - 1) / views_per_state_;
  states_.clear();
  states_.resize(std::size_t(std::min<Index>(thread_count(), all - state)));
  parallel_for(std::ssize(states_), [&](Index i) { states_[std::size_t(i)] = make_(state + i); });
}

Index Projector::block() const {
  // Waiting for the slowest costs half a task: 3 % of 16 views a thread. A flat panel's views are
  // large: no more of them than bring the memory of a block to 64 MiB.
  constexpr Index per_thread = 16, fewest = 128, bytes = Index(64) << 20;
  const Index fitting = std::max(per_thread, bytes / (cells_ * Index(sizeof(float))));
  return std::min({views_, fitting, std::max(fewest, per_thread * thread_count())});
}

void Projector::project(Index first, Index count, std::span<float> signal, std::span<float> quanta,
                        std::span<float> higher) {
  const auto cells = std::size_t(cells_);
  VITRINE_EXPECT(first == next_ && count >= 0 && first + count <= views_);
  VITRINE_EXPECT(signal.size() == std::size_t(count) * cells && quanta.size() == signal.size());
  VITRINE_EXPECT(higher.size() == std::size_t(higher_) * signal.size());
  struct Task {
    State* state;
    Index first, count;
  };
  std::vector<Task> tasks;
  while (next_ < first + count) {
    if (next_ == states_.back()->end()) prepare();
    tasks.clear();
    Index view = next_;
    for (const auto& state : states_)
      for (const Index end = std::min(state->end(), first + count); view < end;) {
        const Index n = std::min(state->together(), end - view);
        tasks.push_back({state.get(), view, n});
        view += n;
      }
    parallel_for(std::ssize(tasks), [&](Index i) {
      const Task& task = tasks[std::size_t(i)];
      const auto at = std::size_t(task.first - first) * cells;
      task.state->project(task.first, task.count,
                          {.signal = signal.data() + at,
                           .quanta = quanta.data() + at,
                           .higher = higher.empty() ? nullptr : higher.data() + at,
                           .stride = std::ptrdiff_t(signal.size())},
                          cells, std::size_t(higher_));
    });
    next_ = view;
  }
}

void expose_into(const Scene& scene, const Beam& beam, const Sampling& sampling, Isa isa,
                 Exposure& out) {
  const ScanGeometry& geometry = out.signal.geometry();
  Projector(scene, geometry, beam, sampling, isa)
      .project(0, geometry.views(), out.signal.values(), out.quanta.values(), out.higher.span());
}

void expose_moving(SceneAt scene_at, Index views_per_state, const Beam& beam,
                   const Sampling& sampling, Isa isa, Exposure& out) {
  const ScanGeometry& geometry = out.signal.geometry();
  Projector(scene_at, views_per_state, geometry, beam, sampling, isa)
      .project(0, geometry.views(), out.signal.values(), out.quanta.values(), out.higher.span());
}

Exposure expose(const Scene& scene, const ScanGeometry& geometry, const Beam& beam,
                const Sampling& sampling, Isa isa) {
  Exposure out{Sinogram<quantity::Signal>(geometry), Sinogram<quantity::Quanta>(geometry)};
  if (const CountingBins* bins = beam.bins())
    out.higher = Buffer<float>((bins->bins() - 1) * out.signal.values().size());
  expose_into(scene, beam, sampling, isa, out);
  return out;
}

std::vector<float> basis_integrals(const Scene& scene, const ScanGeometry& geometry,
                                   const Beam& beam, Index view, const Offset& offset, Isa isa) {
  const AlignedScene aligned(scene, geometry);
  const Projection projection(*aligned, geometry, std::vector{&beam}, {offset}, 1, isa);
  std::vector<float> out(std::size_t(geometry.columns * geometry.rows) * beam.rank());
  auto work = projection.work();
  projection.trace_maps(view, 1, work);
  projection.view(view, 0, work, {.integrals = out.data()});
  return out;
}

}  // namespace vitrine::physics
