#include "vitrine/physics/detail/view_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "vitrine/core/math.hpp"
#include "vitrine/physics/detail/voxel_maps.hpp"

namespace vitrine::physics::detail {
namespace {

/// atan for culling only: error 2e-8 on [-1, 1] (Abramowitz and Stegun 4.4.49).
double quick_atan(double x) {
  if (std::abs(x) > 1.0) return math::atan(x);
  const double s = x * x;
  return x *
         (1.0 +
          s * (-0.3333314528 +
               s * (0.1999355085 +
                    s * (-0.1420889944 +
                         s * (0.1065626393 + s * (-0.0752896400 +
                                                  s * (0.0429096138 + s * (-0.0161657367 +
                                                                           s * 0.0028662257))))))));
}

/// A view's frame: across, along, z of a patient direction or point.
struct Gantry {
  double sine, cosine;
  Vec3 focus;  ///< focal point, patient

  Vec3 turned(const Vec3& v) const {
    return {v.x() * cosine + v.y() * sine, -v.x() * sine + v.y() * cosine, v.z()};
  }
  Vec3 seen(const Vec3& p) const { return turned(p - focus); }
};

Gantry gantry(const ScanGeometry& g, Index view, double spot_across) {
  const double angle = g.view_angles[std::size_t(view)];
  const double s = math::sin(angle), c = math::cos(angle);
  const Vec3 focus(g.source_to_iso * s + spot_across * c, -g.source_to_iso * c + spot_across * s,
                   g.table_positions[std::size_t(view)]);
  return {s, c, focus};
}

/// Half extent of a solid's cross-section along a unit direction; `ends` adds its straight part.
double extent(const Solid& solid, const Vec3& direction) {
  const Vec3 d = solid.axes.transpose() * direction;
  const Vec3& h = solid.half_axes;
  switch (solid.kind) {
    case Solid::Kind::ellipsoid:
      return d.cwiseProduct(h).norm();
    case Solid::Kind::cylinder:
      return std::sqrt(d.x() * d.x() * h.x() * h.x() + d.y() * d.y() * h.y() * h.y()) +
             std::abs(d.z()) * h.z();
    case Solid::Kind::cone:
      return (1.0 + std::abs(solid.taper)) *
                 std::sqrt(d.x() * d.x() * h.x() * h.x() + d.y() * d.y() * h.y() * h.y()) +
             std::abs(d.z()) * h.z();
    case Solid::Kind::capsule:
      return h.x() + std::abs(d.z()) * h.z();
    case Solid::Kind::box:
      break;
  }
  return d.cwiseAbs().dot(h);
}

/// No point of a solid is farther from its centre in any plane across z.
double reach_in_plane(const Solid& solid) {
  const Vec3& h = solid.half_axes;
  const double sideways = solid.axes.col(2).head<2>().norm() * h.z();
  switch (solid.kind) {
    case Solid::Kind::cylinder:
      return std::max(h.x(), h.y()) + sideways;
    case Solid::Kind::cone:
      return std::max(h.x(), h.y()) * (1.0 + std::abs(solid.taper)) + sideways;
    case Solid::Kind::capsule:
      return h.x() + sideways;
    default:
      return bounding_radius(solid);
  }
}

/// dz per in-plane mm of the rays that may meet something about `centre` (gantry frame).
struct Slopes {
  double low, high;
};
Slopes slopes_of(const Vec3& centre, double reach, double half_z) {
  const double distance = centre.head<2>().norm();
  const double near = std::max(distance - reach, 1.0), far = std::max(distance + reach, 1.0);
  const double bottom = centre.z() - half_z, top = centre.z() + half_z;
  return {bottom / (bottom < 0.0 ? near : far), top / (top > 0.0 ? near : far)};
}

/// Heights over the focal spot that the rays of a view have within a solid about `centre`.
struct Heights {
  double low, high;
};
Heights heights_of(const Vec3& centre, double reach, double half_z, const ScanGeometry& g) {
  constexpr double slack = 2.0;  // mm: sub-rays start off the spot's middle
  const double distance = centre.head<2>().norm();
  const double near = std::max(distance - reach, 0.0), far = distance + reach;
  const double first = g.row_tangent(-1.5), last = g.row_tangent(double(g.rows) + 0.5);
  return {std::max(first * (first < 0.0 ? far : near) - slack, centre.z() - half_z),
          std::min(last * (last > 0.0 ? far : near) + slack, centre.z() + half_z)};
}

/// The groups of 8 rows that see a range of slopes; a row and a half more for the sub-rays.
struct GroupRange {
  std::int32_t first, last;
};
std::optional<GroupRange> groups_of(const Slopes& seen, const ScanGeometry& g) {
  const double step = g.row_pitch / g.source_to_detector;
  const double first = (seen.low - g.row_tangent(0.0)) / step - 1.5;
  const double last = (seen.high - g.row_tangent(0.0)) / step + 1.5;
  const double top = double(g.rows - 1);
  if (!(last >= 0.0) || !(first <= top)) return std::nullopt;
  return GroupRange{std::int32_t(std::max(first, 0.0)) / lane_width,
                    std::int32_t(std::min(last, top)) / lane_width};
}

/// The fan angles, as tangents across/along, that may meet something; all of them if it is too
/// near.
struct Fan {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  bool everything = false;

  void point(double across, double along) {
    if (along <= 1.0) {
      everything = true;
      return;
    }
    low = std::min(low, across / along);
    high = std::max(high, across / along);
  }
  /// An ellipse about (x, y) with half extent sqrt(n^T S n) along n, S = (sxx, sxy, syy).
  void ellipse(double x, double y, double sxx, double sxy, double syy) {
    const double distance = std::sqrt(x * x + y * y);
    const double c = y / distance, s = x / distance;  // towards the centre: (s, c)
    const double s11 = sxx * s * s + 2.0 * sxy * s * c + syy * c * c;
    const double s12 = (sxx - syy) * s * c + sxy * (c * c - s * s);
    const double s22 = sxx * c * c - 2.0 * sxy * s * c + syy * s * s;
    const double room = distance * distance - s11;
    if (room <= 0.01 * distance * distance) {
      everything = true;
      return;
    }
    // Tangent of the angle from the centre's direction: room t^2 + 2 s12 t - s22 = 0.
    const double root = std::sqrt(std::max(s12 * s12 + room * s22, 0.0));
    for (const double t : {(-s12 - root) / room, (root - s12) / room}) point(x + t * y, y - t * x);
  }
};

Fan fan_of(const Shape& shape, const Solid& solid) {
  Fan fan;
  const auto& c = shape.centre;
  const Vec3& h = solid.half_axes;
  // Local axes in the gantry's plane: the frame's rows without their scale.
  std::array<double, 3> x{}, y{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double scale = shape.kind == ShapeKind::capsule ? 1.0 : h[Eigen::Index(i)];
    x[i] = shape.frame[i][0] * scale;
    y[i] = shape.frame[i][1] * scale;
  }
  switch (shape.kind) {
    case ShapeKind::ellipsoid: {
      double sxx = 0.0, sxy = 0.0, syy = 0.0;
      for (std::size_t i = 0; i < 3; ++i) {
        const double square = h[Eigen::Index(i)] * h[Eigen::Index(i)];
        sxx += square * x[i] * x[i];
        sxy += square * x[i] * y[i];
        syy += square * y[i] * y[i];
      }
      fan.ellipse(c[0], c[1], sxx, sxy, syy);
      break;
    }
    case ShapeKind::cylinder:
    case ShapeKind::cone:
    case ShapeKind::capsule: {
      double sxx = 0.0, sxy = 0.0, syy = 0.0;
      if (shape.kind == ShapeKind::capsule) {
        sxx = syy = h.x() * h.x();
      } else {
        for (std::size_t i = 0; i < 2; ++i) {
          const double square = h[Eigen::Index(i)] * h[Eigen::Index(i)];
          sxx += square * x[i] * x[i];
          sxy += square * x[i] * y[i];
          syy += square * y[i] * y[i];
        }
      }
      for (const double side : {-1.0, 1.0}) {
        const double end = side * h.z(), grown = 1.0 + side * double(shape.taper),
                     k = grown * grown;
        fan.ellipse(c[0] + end * x[2], c[1] + end * y[2], k * sxx, k * sxy, k * syy);
      }
      break;
    }
    case ShapeKind::box:
      for (int corner = 0; corner < 8; ++corner) {
        double px = c[0], py = c[1];
        for (std::size_t i = 0; i < 3; ++i) {
          const double side = corner >> i & 1 ? h[Eigen::Index(i)] : -h[Eigen::Index(i)];
          px += side * x[i];
          py += side * y[i];
        }
        fan.point(px, py);
      }
      break;
  }
  return fan;
}

/// Columns whose ray may lie in a fan; `spot_across` is where on the focal spot the rays start.
struct ColumnRange {
  std::int32_t first, last;
};
ColumnRange columns_of(const Fan& fan, const ScanGeometry& g, const Offset& offset) {
  if (fan.everything) return {0, std::int32_t(g.columns - 1)};
  const auto column = [&](double tangent) {
    const double angle = quick_atan(tangent);
    const double at_detector =
        angle + offset.spot_across / g.source_to_detector / std::sqrt(1.0 + tangent * tangent);
    return at_detector / g.column_angle + g.column_offset + 0.5 * double(g.columns - 1) -
           offset.column;
  };
  const double first = std::ceil(column(fan.low) - 0.02),
               last = std::floor(column(fan.high) + 0.02);
  if (last < 0.0 || first > double(g.columns - 1)) return {0, -1};
  return {std::int32_t(std::max(first, 0.0)), std::int32_t(std::min(last, double(g.columns - 1)))};
}

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
    sources.push_back({&scene.solids[s], extent(scene.solids[s], Vec3::UnitZ())});
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

ViewPlan::ViewPlan(const ScanGeometry& geometry, const Offset& offset)
    : geometry_(geometry), offset_(offset) {
  for (Index c = 0; c < geometry.columns; ++c) {
    const double angle = geometry.fan_angle(double(c) + offset.column);
    const double x = geometry.source_to_detector * math::sin(angle) - offset.spot_across;
    const double y = geometry.source_to_detector * math::cos(angle);
    const double length = std::sqrt(x * x + y * y);
    across_.push_back(x / length);
    along_.push_back(y / length);
  }
  while (across_.size() % std::size_t(lane_width) != 0) {
    across_.push_back(across_.back());
    along_.push_back(along_.back());
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
    const Slopes seen = slopes_of(centre, reach, half_z);
    const auto groups = groups_of(seen, geometry_);
    if (!groups) continue;
    shape.first_group = groups->first;
    shape.last_group = groups->last;
    shape.slope = 0.5 * (std::max(seen.low, geometry_.row_tangent(0.0)) +
                         std::min(seen.high, geometry_.row_tangent(double(geometry_.rows - 1))));

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
    shape.half_z = half_z;
    shape.radius_square = float(solid.half_axes.x() * solid.half_axes.x());
    shape.half_length = float(solid.half_axes.z());
    shape.taper = float(solid.kind == Solid::Kind::cone ? solid.taper : 0.0);
    const ColumnRange columns = columns_of(fan_of(shape, solid), geometry_, offset_);
    if (columns.first > columns.last) continue;
    shape.first_column = columns.first;
    shape.last_column = columns.last;
    shape.cut_begin = std::int32_t(cuts_.size());
    const Heights heights = heights_of(centre, reach, half_z, geometry_);
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
  return {shapes_.data(),    cuts_.data(),   bin_begin_.data(),
          bin_items_.data(), across_.data(), along_.data()};
}

std::vector<PatchShape> patch_shapes(const CompiledScene& scene, const ScanGeometry& geometry,
                                     Index view) {
  const Gantry frame = gantry(geometry, view, 0.0);
  std::vector<PatchShape> out;
  for (const auto& texture : scene.textures) {
    const Grid& grid = texture.patch->grid;
    // The box of voxel centres as a solid: culled like one.
    Solid box;
    box.kind = Solid::Kind::box;
    box.axes = grid.axes;
    for (int a = 0; a < 3; ++a)
      box.half_axes[a] = 0.5 * grid.spacing[a] * double(grid.size[std::size_t(a)] - 1);
    box.centre = grid.origin + grid.axes * box.half_axes;
    const Vec3 centre = frame.seen(box.centre);

    PatchShape p{};
    p.reach = bounding_radius(box);
    p.half_z = extent(box, Vec3::UnitZ());
    if (!groups_of(slopes_of(centre, p.reach, p.half_z), geometry)) continue;
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
    const ColumnRange columns = columns_of(fan_of(shape, box), geometry, {});
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
