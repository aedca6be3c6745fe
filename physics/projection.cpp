#include "vitrine/physics/detail/projection.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "vitrine/core/error.hpp"

namespace vitrine::physics::detail {

Projection::Projection(const Scene& scene, const ScanGeometry& geometry,
                       std::span<const Beam* const> beams, std::vector<Offset> offsets,
                       int row_sub_rays, Isa isa)
    : scene_(scene, *beams.front()),
      maps_(scene, *beams.front(), geometry),
      geometry_(geometry),
      beam_(*beams.front()),
      offsets_(std::move(offsets)),
      row_sub_rays_(row_sub_rays),
      row_groups_(int((geometry.rows + lane_width - 1) / lane_width)),
      kernels_(kernels(isa, row_groups_)) {
  const Beam& beam = beam_;
  for (const Beam* other : beams.subspan(1)) VITRINE_EXPECT(other->shares_rays_with(beam));
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
    sub_tangents_.push_back((geometry.row_pitch * o.row - o.spot_z) / geometry.source_to_detector);
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
        photon_share_[std::size_t(i)] *= float(beam.air_quanta(c, double(r)) / beam.air_quanta(c));
    for (const float of_row : beam.row_weights(std::size_t(row_groups_ * lane_width)))
      row_weights_.insert(row_weights_.end(), std::size_t(row_sub_rays_), of_row);
  }
  for (Index c = 0; c < geometry.columns; ++c)
    node_weights_.insert(node_weights_.end(), beam.weights(c).begin(), beam.weights(c).end());
  further_ = further_outputs(beams);
  for (Index c = 0; beam.bins() && c < geometry.columns; ++c) {
    const auto of_column = beam.bins()->higher_weights(c);
    further_weights_.insert(further_weights_.end(), of_column.begin(), of_column.end());
  }
  for (const Beam* other : beams.subspan(1))
    others_.push_back(
        {std::int32_t(other->nodes()), other->exponents().data(), other->weights(0).data()});
  for (const Beam* other : beams.subspan(1))
    for (Index c = 0; c < geometry.columns; ++c)
      other_air_quanta_.push_back(float(other->air_quanta(c)));
}

Index Projection::further_outputs(std::span<const Beam* const> beams) {
  const CountingBins* bins = beams.front()->bins();
  return bins ? Index(bins->bins()) - 1 : 2 * (std::ssize(beams) - 1);
}

Projection::Work Projection::work() const {
  Work w;
  for (const Spot& spot : spots_)
    for (std::size_t i = 0; i < offsets_.size(); i += std::size_t(row_sub_rays_))
      w.plans.emplace_back(geometry_, spot.centre.shift(), offsets_[i]);
  w.sub_views.resize(w.plans.size() / spots_.size());
  w.scratch = Buffer<float>(kernels_.scratch_floats(job(spots_[0], w)));
  w.voxels = maps_.work(kernels_);
  return w;
}

void Projection::trace_maps(Index first, Index count, Work& w) const {
  if (maps_.empty()) return;
  std::array<const ViewPlan*, block> central{};
  for (Index n = 0; n < count; ++n) central[std::size_t(n)] = &spots_[spot_of(first + n)].centre;
  maps_.trace(first, std::span(central).first(std::size_t(count)), kernels_, w.voxels);
}

void Projection::view(Index v, Index n, Work& w, const Outputs& to) const {
  const std::size_t at = spot_of(v), in_plane = w.sub_views.size();
  for (std::size_t i = 0; i < in_plane; ++i) {
    ViewPlan& plan = w.plans[at * in_plane + i];
    plan.prepare(scene_, v);
    w.sub_views[i] = plan.sub_view();
  }
  const auto patches = patch_shapes(scene_, geometry_, spots_[at].centre, v);
  TraceJob j = job(spots_[at], w);
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
  weigh_others(to);
}

void Projection::weigh_others(const Outputs& to) const {
  const Index cells = geometry_.columns * geometry_.rows;
  for (std::size_t b = 0; b * std::size_t(geometry_.columns) < other_air_quanta_.size(); ++b) {
    const float* signal = to.higher + std::ptrdiff_t(2 * b) * to.stride;
    float* quanta = to.higher + std::ptrdiff_t(2 * b + 1) * to.stride;
    const float* air = other_air_quanta_.data() + b * std::size_t(geometry_.columns);
    for (Index i = 0; i < cells; ++i) {
      quanta[i] = air[i / geometry_.rows] * signal[i] * signal[i] / quanta[i];
      if (!photon_share_.empty()) quanta[i] *= photon_share_[std::size_t(i)];
    }
  }
}

Projection::Spot Projection::spot(const FocalShift& shift) const {
  Spot out{ViewPlan(geometry_, shift, {}), {}, {}, {}, {}};
  const std::size_t row_lanes = std::size_t(row_groups_ * lane_width);
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

std::size_t Projection::spot_of(Index view) const {
  std::size_t i = 0;
  while (i + 1 < spots_.size() && spots_[i].centre.shift() != geometry_.focal_shift(view)) ++i;
  return i;
}

TraceJob Projection::job(const Spot& spot, const Work& w) const {
  TraceJob j{};
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
  j.further = std::int32_t(further_);
  j.further_weights = further_weights_.empty() ? nullptr : further_weights_.data();
  j.beams = std::int32_t(others_.size());
  j.beam = others_.data();
  return j;
}

}  // namespace vitrine::physics::detail
