#include "vitrine/physics/detail/view_plan.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/physics/detail/culling.hpp"
#include "vitrine/physics/detail/hull.hpp"
#include "vitrine/physics/detail/voxel_maps.hpp"

namespace vitrine::physics::detail {
namespace {

bool on_rim(const Grid& grid, Index i, Index j, Index k) {
  return i == 0 || j == 0 || k == 0 || i == grid.size[0] - 1 || j == grid.size[1] - 1 ||
         k == grid.size[2] - 1;
}

/// Whether the outermost voxels hold something, so that the map does not end with them.
bool has_rim(const Patch& patch) {
  const Grid& grid = patch.grid;
  for (const auto& channel : patch.channels)
    for (Index k = 0; k < grid.size[2]; ++k)
      for (Index j = 0; j < grid.size[1]; ++j)
        for (Index i = 0; i < grid.size[0]; ++i)
          if (on_rim(grid, i, j, k) && channel.density[std::size_t(grid.offset(i, j, k))] != 0.0f)
            return true;
  return false;
}

Patch with_zeros_around(const Patch& patch) {
  Patch out;
  out.grid = patch.grid;
  for (Index& size : out.grid.size) size += 2;
  out.grid.origin = patch.grid.centre(-1, -1, -1);
  for (const auto& channel : patch.channels) {
    auto& density = out.channels.emplace_back(Patch::Channel{channel.material, {}}).density;
    density.assign(std::size_t(out.grid.count()), 0.0f);
    for (Index k = 0; k < patch.grid.size[2]; ++k)
      for (Index j = 0; j < patch.grid.size[1]; ++j)
        std::copy_n(channel.density.begin() + patch.grid.offset(0, j, k), patch.grid.size[0],
                    density.begin() + out.grid.offset(1, j + 1, k + 1));
  }
  return out;
}

}  // namespace

CompiledScene::CompiledScene(const Scene& scene, const Beam& beam) {
  const std::size_t rank = beam.rank();
  // A beam may know a scene's material under another index.
  std::vector<std::vector<double>> coefficients;
  for (const Material& m : scene.materials) {
    const auto c = beam.coefficients(m);
    coefficients.emplace_back(c.begin(), c.end());
  }
  const auto weights_of = [&](const std::vector<Delta>& deltas) {
    std::vector<double> w(rank, 0.0);
    for (const Delta& delta : deltas)
      for (std::size_t k = 0; k < rank; ++k)
        w[k] += delta.density * coefficients[delta.material][k];
    return w;
  };
  const auto nothing = [](const std::vector<double>& w) {
    return std::ranges::all_of(w, [](double x) { return x == 0.0; });
  };

  struct Use {
    bool used = false, shared = false;
    std::vector<double> alone;
    std::vector<std::size_t> completes;  // terms
  };
  std::vector<Use> uses(scene.solids.size());
  std::vector<std::vector<double>> term_weights;
  for (std::size_t t = 0; t < scene.terms.size(); ++t) {
    const Term& term = scene.terms[t];
    require(!term.solids.empty() && std::ranges::max(term.solids) < scene.solids.size(),
            Error::Kind::data, "term ", t, " of the scene names no solid or one that is not there");
    term_weights.push_back(weights_of(term.deltas));
    if (nothing(term_weights.back())) continue;
    for (const auto s : term.solids) {
      uses[s].used = true;
      uses[s].shared |= term.solids.size() > 1;
    }
    if (term.solids.size() > 1) {
      uses[std::ranges::max(term.solids)].completes.push_back(t);
    } else {
      auto& alone = uses[term.solids[0]].alone;
      alone.resize(rank, 0.0);
      for (std::size_t k = 0; k < rank; ++k) alone[k] += term_weights.back()[k];
    }
  }

  const auto add_weights = [&](const std::vector<double>& w) {
    const auto position = std::int32_t(weights.size() / rank);
    for (const double x : w) weights.push_back(float(x));
    return position;
  };
  std::vector<std::int32_t> compiled(scene.solids.size(), -1);
  for (std::size_t s = 0; s < scene.solids.size(); ++s) {
    Use& use = uses[s];
    if (!use.used) continue;
    if (!use.alone.empty() && nothing(use.alone)) use.alone.clear();
    if (use.alone.empty() && !use.shared) continue;
    compiled[s] = std::int32_t(solids.size());
    Compiled out{};
    out.slot = use.shared ? slots++ : -1;
    out.single = use.alone.empty() ? -1 : add_weights(use.alone);
    out.term_begin = std::int32_t(terms.size());
    for (const std::size_t t : use.completes) {
      Intersection what{};
      what.other_begin = std::int32_t(others.size());
      for (const auto other : scene.terms[t].solids)
        if (other != s) others.push_back(compiled[other]);
      what.other_end = std::int32_t(others.size());
      VITRINE_EXPECT(what.other_end - what.other_begin <= detail::most_others);
      what.weights = add_weights(term_weights[t]);
      terms.push_back(what);
    }
    out.term_end = std::int32_t(terms.size());
    solids.push_back(out);
    sources.push_back(
        {&scene.solids[s], extent(scene.solids[s], Vec3::UnitZ()), hull_of(scene.solids[s])});
  }

  for (const Patch& each : scene.patches) {
    if (is_large(each)) continue;
    for (const auto& channel : each.channels)
      require(std::ssize(channel.density) == each.grid.count(), Error::Kind::data, "a patch has ",
              channel.density.size(), " values for ", each.grid.count(), " voxels");
    const Patch& patch = has_rim(each) ? padded.emplace_back(with_zeros_around(each)) : each;
    Texture texture;
    texture.patch = &patch;
    for (const auto& channel : patch.channels) {
      const auto w = weights_of({{channel.material, 1.0}});
      texture.values.push_back(channel.density.data());
      texture.weights.emplace_back(w.begin(), w.end());
    }
    for (const auto& w : texture.weights) texture.weight_pointers.push_back(w.data());
    textures.push_back(std::move(texture));
  }
}

ViewPlan::ViewPlan(const ScanGeometry& geometry, const FocalShift& shift, const Offset& offset)
    : geometry_(geometry),
      shift_(shift),
      offset_(offset),
      rows_{geometry.row_tangent(0.0) - shift.z / geometry.source_to_detector,
            geometry.row_tangent(double(geometry.rows - 1)) - shift.z / geometry.source_to_detector,
            geometry.row_pitch / geometry.source_to_detector, geometry.rows} {
  for (Index c = 0; c < geometry.columns; ++c) {
    const Vec3 direction = direction_of(geometry, shift, double(c), 0.0, offset);
    across_.push_back(direction.x());
    along_.push_back(direction.y());
    scale_.push_back(geometry.row_scale(double(c) + offset.column, shift));
  }
  const auto [least, most] = std::minmax_element(scale_.begin(), scale_.end());
  rows_.least_scale = *least;
  rows_.most_scale = *most;
  while (across_.size() % std::size_t(lane_width) != 0) {
    across_.push_back(across_.back());
    along_.push_back(along_.back());
    scale_.push_back(scale_.back());
  }
}

void ViewPlan::prepare(const CompiledScene& scene, Index view) {
  const Gantry frame = gantry(geometry_, view, offset_.spot_across);
  shapes_.clear();
  cuts_.clear();
  for (std::size_t i = 0; i < scene.solids.size(); ++i) {
    const Solid& solid = *scene.sources[i].solid;
    const double half_z = scene.sources[i].reach_z;
    const Vec3 centre = frame.seen(solid.centre);
    Shape shape{};
    // Rows first: most solids of a long patient are above or below.
    const double reach = reach_in_plane(solid);
    Outline outline = outline_of(centre, reach, half_z);
    if (!sees(rows_, slopes_of(outline))) continue;
    corners_.clear();
    for (const Vec3& corner : scene.sources[i].hull) corners_.push_back(frame.seen(corner));
    if (!corners_.empty()) outline = outline_of(corners_);
    const Slopes seen = slopes_of(outline);
    if (!sees(rows_, seen)) continue;
    shape.slope = 0.5 * (std::max(seen.low, rows_.first) + std::min(seen.high, rows_.last));

    shape.kind = ShapeKind(int(solid.kind));
    shape.solid = std::int32_t(i);
    for (int a = 0; a < 3; ++a) {
      shape.centre[a] = centre[a];
      const Vec3 axis = frame.turned(solid.axes.col(a));
      const double scale = solid.kind == Solid::Kind::capsule ? 1.0 : 1.0 / solid.half_axes[a];
      for (int b = 0; b < 3; ++b) shape.frame[a][b] = axis[b] * scale;
      shape.start[a] = -axis.dot(centre) * scale;
    }
    const int quadric_rows = solid.kind == Solid::Kind::ellipsoid ? 3 : 2;
    for (int a = 0; a < quadric_rows; ++a) shape.mm += float(shape.frame[a][2] * shape.frame[a][2]);
    shape.reach = reach;
    shape.low = outline.low;
    shape.high = outline.high;
    shape.near = outline.near;
    shape.far = outline.far;
    shape.radius_square = float(solid.half_axes.x() * solid.half_axes.x());
    shape.half_length = float(solid.half_axes.z());
    shape.taper = float(solid.kind == Solid::Kind::cone ? solid.taper : 0.0);
    Fan fan;
    for (const Vec3& corner : corners_) fan.point(corner.x(), corner.y());
    if (corners_.empty()) fan = fan_of(shape, solid);
    const ColumnRange columns = columns_of(fan, geometry_, shift_, offset_);
    if (columns.first > columns.last) continue;
    shape.first_column = columns.first;
    shape.last_column = columns.last;
    shape.cut_begin = std::int32_t(cuts_.size());
    const Heights heights = heights_of(outline, rows_);
    for (const Solid::Plane& plane : solid.cuts) {
      const Vec3 n = frame.turned(plane.normal);
      const double offset = plane.offset - plane.normal.dot(frame.focus);
      // A cut above or below everything that this view sees of the solid takes nothing away.
      const double farthest = n.head<2>().dot(centre.head<2>()) + n.head<2>().norm() * reach +
                              n.z() * (n.z() > 0.0 ? heights.high : heights.low);
      if (farthest > offset) cuts_.push_back({n.x(), n.y(), n.z(), offset});
    }
    shape.cut_end = std::int32_t(cuts_.size());
    shapes_.push_back(shape);
  }

  const auto bins = std::size_t((geometry_.columns + lane_width - 1) / lane_width);
  bin_begin_.assign(bins + 1, 0);
  for (const Shape& s : shapes_)
    for (int b = s.first_column / lane_width; b <= s.last_column / lane_width; ++b)
      ++bin_begin_[std::size_t(b) + 1];
  for (std::size_t b = 0; b < bins; ++b) bin_begin_[b + 1] += bin_begin_[b];
  bin_items_.resize(std::size_t(bin_begin_[bins]));
  bin_next_.assign(bin_begin_.begin(), bin_begin_.end() - 1);
  for (std::size_t i = 0; i < shapes_.size(); ++i)
    for (int b = shapes_[i].first_column / lane_width; b <= shapes_[i].last_column / lane_width;
         ++b)
      bin_items_[std::size_t(bin_next_[std::size_t(b)]++)] = std::int32_t(i);
}

SubView ViewPlan::sub_view() const {
  return {shapes_.data(), cuts_.data(), bin_begin_.data(), bin_items_.data(), across_.data(),
          along_.data(),  scale()};
}

std::vector<PatchShape> patch_shapes(const CompiledScene& scene, const ScanGeometry& geometry,
                                     const ViewPlan& central, Index view) {
  const Gantry frame = gantry(geometry, view, 0.0);
  std::vector<PatchShape> out;
  for (const auto& texture : scene.textures) {
    const Grid& grid = texture.patch->grid;
    const Solid box = box_of(grid);  // culled like any solid
    const Vec3 centre = frame.seen(box.centre);

    PatchShape p{};
    p.reach = bounding_radius(box);
    p.half_z = extent(box, Vec3::UnitZ());
    if (!sees(central.rows(), slopes_of(outline_of(centre, p.reach, p.half_z)))) continue;
    Shape shape{};
    shape.kind = ShapeKind::box;
    const Vec3 start = grid.axes.transpose() * (frame.focus - grid.origin);
    for (int a = 0; a < 3; ++a) {
      const Vec3 axis = frame.turned(grid.axes.col(a));
      for (int b = 0; b < 3; ++b) shape.frame[a][b] = axis[b] / box.half_axes[a];
      shape.centre[a] = p.centre[a] = centre[a];
      p.size[a] = std::int32_t(grid.size[std::size_t(a)]);
      p.start[a] = start[a] / grid.spacing[a];
      p.across[a] = axis.x() / grid.spacing[a];
      p.along[a] = axis.y() / grid.spacing[a];
      p.z[a] = axis.z() / grid.spacing[a];
    }
    const ColumnRange columns = columns_of(fan_of(shape, box), geometry, central.shift(), {});
    if (columns.first > columns.last) continue;
    p.first_column = columns.first;
    p.last_column = columns.last;
    p.channels = std::int32_t(texture.values.size());
    p.values = texture.values.data();
    p.weights = texture.weight_pointers.data();
    p.step = 0.5 * grid.spacing.minCoeff();
    out.push_back(p);
  }
  return out;
}

}  // namespace vitrine::physics::detail
