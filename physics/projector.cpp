#include "vitrine/physics/projector.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/detail/view_plan.hpp"
#include "vitrine/physics/detail/voxel_maps.hpp"

namespace vitrine::physics {
namespace detail {

const Kernels& kernels(Isa isa) {
  static constexpr Kernels portable{portable::scratch_floats, portable::trace,
                                    portable::trace_voxels, portable::detect,
                                    portable::add_normals};
  static constexpr Kernels v3{v3::scratch_floats, v3::trace, v3::trace_voxels, v3::detect,
                              v3::add_normals};
  return isa == Isa::v3 ? v3 : portable;
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
        kernels_(detail::kernels(isa)) {
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
    for (Index c = 0; c < geometry.columns; ++c) air_quanta_.push_back(float(beam.air_quanta(c)));
    if (geometry.shape == DetectorShape::flat)
      for (Index c = 0; c < geometry.columns; ++c)
        for (Index r = 0; r < geometry.rows; ++r)
          photon_share_.push_back(float(geometry.photon_share(double(c), double(r))));
    if (!beam.heel_rows().empty()) {
      photon_share_.resize(std::size_t(geometry.columns * geometry.rows), 1.0f);
      for (Index c = 0, i = 0; c < geometry.columns; ++c)
        for (Index r = 0; r < geometry.rows; ++r, ++i)
          photon_share_[std::size_t(i)] *=
              float(beam.air_quanta(c, double(r)) / beam.air_quanta(c));
      row_weights_ = beam.row_weights(std::size_t(row_groups_ * detail::lane_width));
    }
    for (const float w : weights_all()) node_weights_.push_back(w);
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
    w.voxels = maps_.work();
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

  /// Project view v, the n-th of its block; `integrals` instead of signal and quanta if it is
  /// given.
  void view(Index v, Index n, Work& w, float* signal, float* quanta, float* integrals) const {
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
    j.signal = signal;
    j.quanta = quanta;
    j.integrals = integrals;
    kernels_.trace(j);
    if (quanta)
      for (std::size_t i = 0; i < photon_share_.size(); ++i) quanta[i] *= photon_share_[i];
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
    for (int sub = 0; sub < row_sub_rays_; ++sub)
      for (std::size_t r = 0; r < row_lanes; ++r) {
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
    j.patch_tangent = spot.patch_tangent.data();
    j.stretch = spot.stretch.data();
    j.first_tangent = spot.centre.rows().first;
    j.tangent_step = spot.centre.rows().step;
    j.reference = geometry_.source_to_iso;
    j.exponents = beam_.exponents().data();
    j.node_weights = node_weights_.data();
    j.row_weights = row_weights_.empty() ? nullptr : row_weights_.data();
    j.air_quanta = air_quanta_.data();
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
  std::vector<float> air_quanta_, node_weights_, row_weights_;
  std::vector<float> photon_share_;  ///< per cell; none: 1
};

}  // namespace

namespace {

/// Every reading as the middles of `sub_views` equal parts of its time.
ScanGeometry refined(const ScanGeometry& geometry, Index sub_views) {
  if (sub_views == 1) return geometry;
  const double step = 2.0 * std::numbers::pi / double(geometry.views_per_rotation);
  ScanGeometry fine = geometry;
  fine.view_angles.clear();
  fine.table_positions.clear();
  fine.focal_shifts.clear();
  const auto& table = geometry.table_positions;
  for (std::size_t v = 0; v < table.size(); ++v) {
    // How far the table moves in a reading: not at all beside a pause.
    const double before =
        v > 0 ? table[v] - table[v - 1] : table[std::min(v + 1, table.size() - 1)] - table[v];
    const double after = v + 1 < table.size() ? table[v + 1] - table[v] : before;
    const double feed = std::abs(before) < std::abs(after) ? before : after;
    for (Index i = 0; i < sub_views; ++i) {
      const double part = (double(i) + 0.5) / double(sub_views) - 0.5;
      fine.view_angles.push_back(geometry.view_angles[v] + part * step);
      fine.table_positions.push_back(table[v] + part * feed);
      if (!geometry.focal_shifts.empty()) fine.focal_shifts.push_back(geometry.focal_shifts[v]);
    }
  }
  return fine;
}

/// Mean signal of some sub-views and how many quanta that is worth: variances add as signals do.
class Blur {
 public:
  explicit Blur(std::size_t cells) : signal_(cells), quanta_(cells) {}
  float* signal() { return signal_.data(); }
  float* quanta() { return quanta_.data(); }

  void add_to(std::span<float> mean, std::span<float> variance) const {
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += signal_[i];
      variance[i] += signal_[i] * signal_[i] / quanta_[i];
    }
  }
  static void finish(std::span<float> mean, std::span<float> variance, Index sub_views) {
    const float share = 1.0f / float(sub_views);
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] *= share;
      variance[i] = mean[i] * mean[i] / (variance[i] * share);
    }
  }

 private:
  std::vector<float> signal_, quanta_;
};

/// Views `first` to `first + count` of `out`, which the projection's refined geometry counts from
/// `of_projection` on; with their sub-views at most a block.
void expose_block(const Projection& projection, Index sub_views, Index of_projection, Index first,
                  Index count, Exposure& out) {
  auto work = projection.work();
  projection.trace_maps(of_projection * sub_views, count * sub_views, work);
  if (sub_views == 1) {
    for (Index n = 0; n < count; ++n)
      projection.view(of_projection + n, n, work, out.signal.view(first + n).data(),
                      out.quanta.view(first + n).data(), nullptr);
    return;
  }
  Blur blur(out.signal.view(first).size());
  for (Index n = 0; n < count; ++n) {
    const auto mean = out.signal.view(first + n), variance = out.quanta.view(first + n);
    std::ranges::fill(mean, 0.0f);
    std::ranges::fill(variance, 0.0f);
    for (Index i = 0; i < sub_views; ++i) {
      projection.view((of_projection + n) * sub_views + i, n * sub_views + i, work, blur.signal(),
                      blur.quanta(), nullptr);
      blur.add_to(mean, variance);
    }
    Blur::finish(mean, variance, sub_views);
  }
}

/// Views that a block holds with all their sub-views.
Index views_of_block(const Sampling& sampling) {
  require(sampling.views >= 1 && sampling.views <= Projection::block, Error::Kind::input,
          "sampling has ", sampling.views, " sub-views (it must be within 1 and ",
          Projection::block, ")");
  return Projection::block / sampling.views;
}

}  // namespace

void expose_into(const Scene& scene, const Beam& beam, const Sampling& sampling, Isa isa,
                 Exposure& out) {
  const ScanGeometry& geometry = out.signal.geometry();
  const AlignedScene aligned(scene, geometry);
  const Index block = views_of_block(sampling);
  const ScanGeometry fine = refined(geometry, sampling.views);
  const Projection projection(*aligned, fine, beam, sub_rays(sampling, geometry, beam),
                              sampling.rows, isa);
  parallel_for((geometry.views() + block - 1) / block, [&](std::int64_t b) {
    const Index first = b * block;
    expose_block(projection, sampling.views, first, first,
                 std::min(block, geometry.views() - first), out);
  });
}

void expose_moving(SceneAt scene_at, Index views_per_state, const Beam& beam,
                   const Sampling& sampling, Isa isa, Exposure& out) {
  const ScanGeometry& geometry = out.signal.geometry();
  require(views_per_state >= 1 && std::ssize(geometry.view_times) == geometry.views(),
          Error::Kind::input, "a moving patient needs views with times (the geometry has ",
          geometry.view_times.size(), " for ", geometry.views(), " views)");
  const auto offsets = sub_rays(sampling, geometry, beam);
  const Index views = geometry.views(), block = views_of_block(sampling);
  parallel_for((views + views_per_state - 1) / views_per_state, [&](std::int64_t state) {
    const Index first = state * views_per_state;
    const Index count = std::min(views_per_state, views - first);
    const auto part = [&](const std::vector<double>& all) {
      return std::vector<double>(all.begin() + first, all.begin() + first + count);
    };
    ScanGeometry now = geometry;
    now.view_angles = part(geometry.view_angles);
    now.table_positions = part(geometry.table_positions);
    now.view_times = part(geometry.view_times);
    if (!geometry.focal_shifts.empty())
      now.focal_shifts.assign(geometry.focal_shifts.begin() + first,
                              geometry.focal_shifts.begin() + first + count);
    const Scene scene = scene_at(0.5 * (now.view_times.front() + now.view_times.back()));
    const AlignedScene aligned(scene, now);
    const ScanGeometry fine = refined(now, sampling.views);
    const Projection projection(*aligned, fine, beam, offsets, sampling.rows, isa);
    for (Index n = 0; n < count; n += block)
      expose_block(projection, sampling.views, n, first + n, std::min(block, count - n), out);
  });
}

Exposure expose(const Scene& scene, const ScanGeometry& geometry, const Beam& beam,
                const Sampling& sampling, Isa isa) {
  Exposure out{Sinogram<quantity::Signal>(geometry), Sinogram<quantity::Quanta>(geometry)};
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
  projection.view(view, 0, work, nullptr, nullptr, out.data());
  return out;
}

}  // namespace vitrine::physics
