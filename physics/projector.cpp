#include "vitrine/physics/projector.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/pool.hpp"
#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/detail/sub_views.hpp"
#include "vitrine/physics/detail/view_plan.hpp"
#include "vitrine/physics/detail/voxel_maps.hpp"

namespace vitrine::physics {
namespace detail {

const Kernels& kernels(Isa isa) {
  static constexpr Kernels portable{portable::scratch_floats, portable::trace,
                                    portable::voxel_floats,   portable::trace_voxels,
                                    portable::detect,         portable::add_normals};
  static constexpr Kernels v3{v3::scratch_floats, v3::trace,  v3::voxel_floats,
                              v3::trace_voxels,   v3::detect, v3::add_normals};
  return isa == Isa::v3 ? v3 : portable;
}

std::atomic<int>& most_lanes_at_once() {
  static std::atomic<int> most = 2 * lane_width;
  return most;
}

const Kernels& kernels(Isa isa, int row_groups) {
  static constexpr Kernels wide{v4::scratch_floats, v4::trace,  v4::voxel_floats,
                                v4::trace_voxels,   v3::detect, v3::add_normals};
  static const bool has_v4 =
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
  const bool fits = row_groups % 2 == 0 && most_lanes_at_once() >= 2 * lane_width;
  return isa == Isa::v3 && has_v4 && fits ? wide : kernels(isa);
}

}  // namespace detail

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

/// Everything of a projection that does not change from view to view; the scene is in the gantry's
/// frame.
class Projection {
 public:
  Projection(const Scene& scene, const ScanGeometry& geometry, const Beam& beam,
             std::vector<Offset> offsets, int row_sub_rays, Isa isa)
      : scene_(scene, beam),
        maps_(scene, beam, geometry),
        geometry_(geometry),
        beam_(beam),
        offsets_(std::move(offsets)),
        row_sub_rays_(row_sub_rays),
        row_groups_(int((geometry.rows + detail::lane_width - 1) / detail::lane_width)),
        kernels_(detail::kernels(isa, row_groups_)) {
    require(geometry.columns == beam.columns() && geometry.rows == beam.rows(), Error::Kind::input,
            "the geometry has ", geometry.columns, " x ", geometry.rows,
            " cells (the beam was built for ", beam.columns(), " x ", beam.rows(), ")");
    require(geometry.focal_shifts.empty() || std::ssize(geometry.focal_shifts) == geometry.views(),
            Error::Kind::input, "the geometry has ", geometry.focal_shifts.size(),
            " shifts of the focal spot (it must have none, or one for each of ", geometry.views(),
            " views)");
    if (geometry.focal_shifts.empty()) spots_.push_back(spot({}));
    for (const FocalShift& shift : geometry.focal_shifts)
      if (std::ranges::none_of(spots_,
                               [&](const Spot& known) { return known.centre.shift() == shift; }))
        spots_.push_back(spot(shift));
    for (std::size_t sub = 0; sub < std::size_t(row_sub_rays_); ++sub) {
      const Offset& o = offsets_[sub];
      sub_tangents_.push_back((geometry.row_pitch * o.row - o.spot_z) /
                              geometry.source_to_detector);
      sub_heights_.push_back(o.spot_z);
    }
    for (Index c = 0; c < geometry.columns; ++c) air_quanta_.push_back(float(beam.air_quanta(c)));
    if (geometry.photon_share(0.0, 0.0) < 1.0)
      for (Index c = 0; c < geometry.columns; ++c)
        for (Index r = 0; r < geometry.rows; ++r)
          photon_share_.push_back(float(geometry.photon_share(double(c), double(r))));
    if (!beam.heel_rows().empty()) {
      photon_share_.resize(std::size_t(geometry.columns * geometry.rows), 1.0f);
      for (Index c = 0, i = 0; c < geometry.columns; ++c)
        for (Index r = 0; r < geometry.rows; ++r, ++i)
          photon_share_[std::size_t(i)] *=
              float(beam.air_quanta(c, double(r)) / beam.air_quanta(c));
      for (const float of_row : beam.row_weights(std::size_t(row_groups_ * detail::lane_width)))
        row_weights_.insert(row_weights_.end(), std::size_t(row_sub_rays_), of_row);
    }
    for (const float w : weights_all()) node_weights_.push_back(w);
    if (const CountingBins* bins = beam.bins())
      for (Index c = 0; c < geometry.columns; ++c) {
        const auto of_column = bins->higher_weights(c);
        further_weights_.insert(further_weights_.end(), of_column.begin(), of_column.end());
      }
  }

  /// Working memory of one thread.
  struct Work {
    std::vector<detail::ViewPlan> plans;  ///< [place of the focal spot][in-plane sub-ray]
    std::vector<detail::SubView> sub_views;
    Buffer<float> scratch;
    detail::VoxelMaps::Work voxels;
  };
  Work work() const {
    Work w;
    for (const Spot& spot : spots_)
      for (std::size_t i = 0; i < offsets_.size(); i += std::size_t(row_sub_rays_))
        w.plans.emplace_back(geometry_, spot.centre.shift(), offsets_[i]);
    w.sub_views.resize(w.plans.size() / spots_.size());
    w.scratch = Buffer<float>(kernels_.scratch_floats(job(spots_[0], w)));
    w.voxels = maps_.work(kernels_);
    return w;
  }

  /// Views that are projected one after the other with the same working memory, which touching
  /// first costs more than a view's arithmetic.
  static constexpr Index block = detail::VoxelMaps::views_at_once;

  /// Trace the voxel maps of `count` views from `first` on, at most a block: before `view` of them.
  void trace_maps(Index first, Index count, Work& w) const {
    if (maps_.empty()) return;
    std::array<const detail::ViewPlan*, block> central{};
    for (Index n = 0; n < count; ++n) central[std::size_t(n)] = &spots_[spot_of(first + n)].centre;
    maps_.trace(first, std::span(central).first(std::size_t(count)), kernels_, w.voxels);
  }

  bool has_maps() const { return !maps_.empty(); }

  /// What a view becomes: signal and quanta, further outputs, or `integrals` in their place.
  struct Outputs {
    float *signal = nullptr, *quanta = nullptr, *integrals = nullptr;
    float* higher = nullptr;
    std::ptrdiff_t stride = 0;  ///< floats from one of those to the next
  };

  /// Project view v, the n-th of its block.
  void view(Index v, Index n, Work& w, const Outputs& to) const {
    const std::size_t at = spot_of(v), in_plane = w.sub_views.size();
    for (std::size_t i = 0; i < in_plane; ++i) {
      detail::ViewPlan& plan = w.plans[at * in_plane + i];
      plan.prepare(scene_, v);
      w.sub_views[i] = plan.sub_view();
    }
    const auto patches = detail::patch_shapes(scene_, geometry_, spots_[at].centre, v);
    detail::TraceJob j = job(spots_[at], w);
    j.patches = patches.data();
    j.patch_count = std::int32_t(patches.size());
    if (!maps_.empty()) {
      j.voxels = maps_.integrals(w.voxels, n);
      j.voxels_met = maps_.met(w.voxels, n);
    }
    j.scratch = w.scratch.data();
    j.signal = to.signal;
    j.quanta = to.quanta;
    j.integrals = to.integrals;
    j.further_signal = to.higher;
    j.further_stride = to.stride;
    kernels_.trace(j);
    if (to.quanta)
      for (std::size_t i = 0; i < photon_share_.size(); ++i) to.quanta[i] *= photon_share_[i];
  }

 private:
  /// What depends on where the focal spot is.
  struct Spot {
    detail::ViewPlan centre;  ///< directions of the cells' central rays
    std::vector<float> tangent, height, stretch, patch_tangent;
  };
  Spot spot(const FocalShift& shift) const {
    Spot out{detail::ViewPlan(geometry_, shift, {}), {}, {}, {}, {}};
    const std::size_t row_lanes = std::size_t(row_groups_ * detail::lane_width);
    const double sdd = geometry_.source_to_detector;
    for (std::size_t r = 0; r < row_lanes; ++r)
      for (int sub = 0; sub < row_sub_rays_; ++sub) {
        const Offset& o = offsets_[std::size_t(sub)];
        const double slope = geometry_.row_tangent(double(r) + o.row) - (o.spot_z + shift.z) / sdd;
        out.tangent.push_back(float(slope));
        out.height.push_back(float(o.spot_z));
        out.stretch.push_back(float(std::sqrt(1.0 + slope * slope)));
      }
    for (std::size_t r = 0; r < row_lanes; ++r)
      out.patch_tangent.push_back(float(geometry_.row_tangent(double(r)) - shift.z / sdd));
    return out;
  }
  std::size_t spot_of(Index view) const {
    std::size_t i = 0;
    while (i + 1 < spots_.size() && spots_[i].centre.shift() != geometry_.focal_shift(view)) ++i;
    return i;
  }

  std::vector<float> weights_all() const {
    std::vector<float> all;
    for (Index c = 0; c < beam_.columns(); ++c)
      all.insert(all.end(), beam_.weights(c).begin(), beam_.weights(c).end());
    return all;
  }

  detail::TraceJob job(const Spot& spot, const Work& w) const {
    detail::TraceJob j{};
    j.columns = std::int32_t(geometry_.columns);
    j.rows = std::int32_t(geometry_.rows);
    j.rank = std::int32_t(beam_.rank());
    j.nodes = std::int32_t(beam_.nodes());
    j.row_groups = row_groups_;
    j.row_sub_rays = row_sub_rays_;
    j.in_plane = std::int32_t(w.sub_views.size());
    j.sub_views = w.sub_views.data();
    j.solids = scene_.solids.data();
    j.solid_count = std::int32_t(scene_.solids.size());
    j.slot_count = scene_.slots;
    j.terms = scene_.terms.data();
    j.others = scene_.others.data();
    j.weights = scene_.weights.data();
    j.patch_across = spot.centre.across();
    j.patch_along = spot.centre.along();
    j.patch_scale = spot.centre.scales();
    j.tangent = spot.tangent.data();
    j.height = spot.height.data();
    j.sub_tangent = sub_tangents_.data();
    j.sub_height = sub_heights_.data();
    j.patch_tangent = spot.patch_tangent.data();
    j.stretch = spot.stretch.data();
    j.first_tangent = spot.centre.rows().first;
    j.tangent_step = spot.centre.rows().step;
    j.reference = geometry_.source_to_iso;
    j.exponents = beam_.exponents().data();
    j.node_weights = node_weights_.data();
    j.row_weights = row_weights_.empty() ? nullptr : row_weights_.data();
    j.air_quanta = air_quanta_.data();
    j.further = beam_.bins() ? std::int32_t(beam_.bins()->bins()) - 1 : 0;
    j.further_weights = further_weights_.data();
    return j;
  }

  detail::CompiledScene scene_;
  detail::VoxelMaps maps_;
  const ScanGeometry& geometry_;
  const Beam& beam_;
  std::vector<Offset> offsets_;
  int row_sub_rays_, row_groups_;
  const detail::Kernels& kernels_;
  std::vector<Spot> spots_;  ///< each place of the focal spot
  std::vector<float> air_quanta_, node_weights_, row_weights_, further_weights_;
  std::vector<double> sub_tangents_, sub_heights_;  ///< per row sub-ray
  std::vector<float> photon_share_;                 ///< per cell; none: 1
};

}  // namespace

/// What is there during some views, ready to be projected.
class Projector::State {
 public:
  /// Views `first` to `first + count` of a scan, of a scene that lives longer.
  State(const Scene& scene, const ScanGeometry& geometry, Index first, Index count,
        const Beam& beam, const Sampling& sampling, const std::vector<Offset>& offsets, Isa isa)
      : first_(first),
        count_(count),
        sub_views_(sampling.views),
        geometry_(detail::part_of(geometry, first, count)),
        aligned_(scene, geometry_),
        fine_(detail::refined(geometry_, sampling.views)),
        projection_(*aligned_, fine_, beam, offsets, sampling.rows, isa),
        works_([this] {
          return std::make_unique<Work>(Work{projection_.work(), std::nullopt});
        }) {}
  /// The same of one of its own.
  State(Scene&& scene, const ScanGeometry& geometry, Index first, Index count, const Beam& beam,
        const Sampling& sampling, const std::vector<Offset>& offsets, Isa isa)
      : State(std::make_unique<Scene>(std::move(scene)), geometry, first, count, beam, sampling,
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
        if (!work->blur) work->blur.emplace(cells, higher);
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
        const Beam& beam, const Sampling& sampling, const std::vector<Offset>& offsets, Isa isa)
      : State(*scene, geometry, first, count, beam, sampling, offsets, isa) {
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
    : make_([&, sampling, isa, offsets = sub_rays(sampling, geometry, beam)](Index) {
        return std::make_unique<State>(scene, geometry, 0, geometry.views(), beam, sampling,
                                       offsets, isa);
      }),
      views_(geometry.views()),
      cells_(geometry.columns * geometry.rows),
      sub_views_(sampling.views),
      views_per_state_(geometry.views()),
      higher_(beam.bins() ? Index(beam.bins()->bins()) - 1 : 0) {
  prepare();
}

Projector::Projector(std::function<Scene(double time)> scene_at, Index views_per_state,
                     const ScanGeometry& geometry, const Beam& beam, const Sampling& sampling,
                     Isa isa)
    : make_([&, at = std::move(scene_at), views_per_state, sampling, isa,
             offsets = sub_rays(sampling, geometry, beam)](Index number) {
        const Index first = number * views_per_state;
        const Index count = std::min(views_per_state, geometry.views() - first);
        const auto& times = geometry.view_times;
        return std::make_unique<State>(
            at(0.5 * (times[std::size_t(first)] + times[std::size_t(first + count - 1)])), geometry,
            first, count, beam, sampling, offsets, isa);
      }),
      views_(geometry.views()),
      cells_(geometry.columns * geometry.rows),
      sub_views_(sampling.views),
      views_per_state_(views_per_state),
      higher_(beam.bins() ? Index(beam.bins()->bins()) - 1 : 0) {
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
  const Projection projection(*aligned, geometry, beam, {offset}, 1, isa);
  std::vector<float> out(std::size_t(geometry.columns * geometry.rows) * beam.rank());
  auto work = projection.work();
  projection.trace_maps(view, 1, work);
  projection.view(view, 0, work, {.integrals = out.data()});
  return out;
}

}  // namespace vitrine::physics
