#include "vitrine/recon/fbp.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/pool.hpp"
#include "vitrine/recon/detail/direct.hpp"
#include "vitrine/recon/detail/hot.hpp"
#include "vitrine/recon/detail/line_filter.hpp"
#include "vitrine/recon/detail/plane_fbp.hpp"

namespace vitrine::recon {
namespace {

/// Memory for the filtered lines of one block of angles; the whole scan never exists filtered.
constexpr std::size_t block_bytes = std::size_t(16) << 20;
/// Side of a tile, mm: the depth over which lines are interpolated between two planes.
constexpr double tile_side = 48.0;
constexpr Index max_tile = 64;  // voxels

void check(const Grid& grid, double slice_thickness) {
  require(grid.axes == Mat3::Identity() && grid.spacing.minCoeff() > 0.0, Error::Kind::unsupported,
          "filtered back projection makes axial images (this grid is oblique). Resample the image");
  require(slice_thickness > 0.0, Error::Kind::input, "slice_thickness_mm is ", slice_thickness,
          " (a slice needs some). Use the detector row at the isocentre or more");
}

/// One axis cut into equal parts.
struct Cut {
  Index count, parts, size;
  Cut(Index n, Index wanted)
      : count(n), parts((n + wanted - 1) / wanted), size((n + parts - 1) / parts) {
    parts = (count + size - 1) / size;
  }
  Index begin(Index part) const { return part * size; }
  Index length(Index part) const { return std::min(size, count - begin(part)); }
};

Index tile_voxels(double spacing) {
  return std::clamp<Index>(Index(tile_side / spacing), 1, max_tile);
}

/// All that stays the same during one reconstruction.
class BackProjection {
 public:
  BackProjection(const Rebinned& scan, const detail::LineFilter& filter, const Grid& grid,
                 double slice_thickness, Isa isa);
  Image run(const HounsfieldScale& scale);

 private:
  void filter_block(Index first_angle, Index angles);
  void back_project_block(Index first_angle, Index angles);
  void convert(const HounsfieldScale& scale, Image& image) const;
  Index tasks() const { return tiles_x_.parts * tiles_y_.parts * chunks_.parts; }
  /// Voxels [begin, end) of row `j` whose centres every view sees.
  void mark_field_of_view();
  /// Rows of every line that the image is made of; of some lines none.
  void mark_rows();
  /// Of a line whose axis is elsewhere: the geometry of its samples, from `at` on.
  void place_askew_line(Index angle, Index source, Index at);

  const Rebinned& scan_;
  const detail::LineFilter& filter_;
  const Grid& grid_;
  Isa isa_;
  Cut tiles_x_, tiles_y_, chunks_;
  Index padded_slices_, half_turn_, sources_, line_size_, line_capacity_;
  std::size_t task_size_;
  std::vector<std::int32_t> begin_, end_;                // per image row
  std::vector<std::int32_t> inside_begin_, inside_end_;  // the same per slice, if slices differ
  std::vector<std::int32_t> place_;                      // [angle][source]
  std::vector<float> side_, source_z_, row_shift_, depth_, lead_, row_scale_, sub_planes_;
  std::vector<detail::SomeRows> rows_seen_;  // [angle][source]; empty: all
  Buffer<float> filtered_, sums_;
  Pool<Buffer<float>> filter_scratch_, line_scratch_;
};

Index line_capacity(const Cut& x, const Cut& y, const Grid& grid, double spacing) {
  const double width = double(x.size) * grid.spacing.x();
  const double height = double(y.size) * grid.spacing.y();
  const double diagonal = std::sqrt(width * width + height * height);
  return (Index(diagonal / spacing) + 24) / 8 * 8 + 8;
}

BackProjection::BackProjection(const Rebinned& scan, const detail::LineFilter& filter,
                               const Grid& grid, double slice_thickness, Isa isa)
    : scan_(scan),
      filter_(filter),
      grid_(grid),
      isa_(isa),
      tiles_x_(grid.size[0], tile_voxels(grid.spacing.x())),
      tiles_y_(grid.size[1], tile_voxels(grid.spacing.y())),
      chunks_(grid.size[2], detail::max_slices),
      padded_slices_((chunks_.size + 7) / 8 * 8),
      half_turn_(scan.angles() / 2),
      sources_(scan.half_turns()),
      line_size_(filter.line_size()),
      line_capacity_(line_capacity(tiles_x_, tiles_y_, grid, filter.spacing())),
      task_size_(std::size_t(tiles_x_.size * tiles_y_.size * padded_slices_)),
      sums_(task_size_ * std::size_t(tasks())),
      filter_scratch_(Pool<Buffer<float>>::of(filter.scratch_size())),
      line_scratch_(Pool<Buffer<float>>::of(std::size_t(detail::tile_angles * detail::tile_planes *
                                                        line_capacity_ * padded_slices_))) {
  // Heights count from the first slice, so that float keeps them to 1e-4 mm.
  for (Index s = 0; s < sources_; ++s) side_.push_back(s % 2 == 0 ? 1.0f : -1.0f);
  constexpr float nowhere = 1e9f;  // a line that was not measured sees no slice
  const Index samples = 8 * filter.blocks();
  for (Index a = 0; a < half_turn_; ++a)
    for (Index s = 0; s < sources_; ++s) {
      const Index height = scan.height(s, a);
      source_z_.push_back(scan.holds(s, a) ? float(scan.source_z(s, a) - grid.origin.z())
                                           : nowhere);
      place_.push_back(std::int32_t(height * samples));
      row_shift_.push_back(float(scan.row_shift(height)));
    }
  const Index heights = scan.is_askew() ? 0 : scan.spots().heights();
  for (Index height = 0; height < heights; ++height) {
    const double radius = scan.spots().radius(height);
    for (Index m = 0; m < samples; ++m) {
      const double t = filter.position(double(m));
      depth_.push_back(float(std::sqrt(std::max(radius * radius - t * t, 0.0))));
      lead_.push_back(float(scan.lead(t, height)));
      row_scale_.push_back(float(scan.row_scale(t, height)));
    }
  }
  for (const double offset : sub_planes(slice_thickness, scan.scan().row_pitch_at_iso()))
    sub_planes_.push_back(float(offset));
  mark_field_of_view();
  if (!scan.is_askew() && !scan.is_short() && scan.rows() > 1) mark_rows();
}

void BackProjection::mark_rows() {
  const double hx = 0.5 * double(grid_.size[0] - 1) * grid_.spacing.x();
  const double hy = 0.5 * double(grid_.size[1] - 1) * grid_.spacing.y();
  const Vec3 middle = grid_.centre(0, 0, 0) + Vec3(hx, hy, 0.0);
  // Tiles interpolate between two planes that may stand beyond their voxels.
  const double planes = 0.15 * (double(tiles_x_.size) * grid_.spacing.x() +
                                double(tiles_y_.size) * grid_.spacing.y());
  const auto [low_plane, high_plane] = std::ranges::minmax(sub_planes_);
  const double last =
      double(chunks_.begin(chunks_.parts - 1) + padded_slices_ - 1) * grid_.spacing.z();
  const double low_z = double(low_plane), high_z = last + double(high_plane);
  const double half = 0.5 * double(scan_.rows()), centre = 0.5 * double(scan_.rows() - 1);
  constexpr double rounding = 0.5;  // rows: what float may be off, and more
  const Index samples = 8 * filter_.blocks();
  rows_seen_.resize(std::size_t(half_turn_ * sources_));
  parallel_for(half_turn_, [&](Index a) {
    const double c = math::cos(scan_.angle(a)), s = math::sin(scan_.angle(a));
    const double across = std::abs(c) * hx + std::abs(s) * hy;
    const double mid =
        0.5 * double(filter_.samples() - 1) + (middle.x() * c + middle.y() * s) / filter_.spacing();
    const double reach = across / filter_.spacing() + 17.0;  // whole eights, on either side
    const auto first = Index(std::clamp(mid - reach, 0.0, double(samples - 1)));
    const auto end = Index(std::clamp(mid + reach, 0.0, double(samples - 1))) + 1;
    const double along = -middle.x() * s + middle.y() * c;
    const double deep = std::abs(s) * hx + std::abs(c) * hy + planes;
    struct Offsets {
      double low = 1e30, high = -1e30;  ///< rows from the detector's middle
      double least() const { return low > 0.0 ? low : high < 0.0 ? -high : 0.0; }
      double most() const { return std::max(-low, high); }
    };
    std::vector<Offsets> seen{std::size_t(sources_), Offsets{}};
    double nearest = 1e30;  // no slice is farther from the source that misses it least
    for (Index source = 0; source < sources_; ++source) {
      if (!scan_.holds(source, a)) continue;
      const auto line = std::size_t(a * sources_ + source);
      const double side = double(side_[std::size_t(source)]);
      Offsets& offsets = seen[std::size_t(source)];
      for (Index m = first; m < end; ++m) {
        const auto at = std::size_t(place_[line] + m);
        const double depth = double(depth_[at]) + side * along;
        if (depth - deep < 1.0) {  // at the focal spot: anything
          offsets = {-1e30, 1e30};
          break;
        }
        const double ahead = double(source_z_[line]) + double(lead_[at]) * side;
        for (const double z : {low_z - ahead, high_z - ahead})
          for (const double distance : {depth - deep, depth + deep}) {
            const double offset = double(row_scale_[at]) * z / distance + double(row_shift_[line]);
            offsets.low = std::min(offsets.low, offset - rounding);
            offsets.high = std::max(offsets.high, offset + rounding);
          }
      }
      nearest = std::min(nearest, offsets.most());
    }
    for (Index source = 0; source < sources_; ++source) {
      const Offsets& offsets = seen[std::size_t(source)];
      detail::SomeRows& part = rows_seen_[std::size_t(a * sources_ + source)];
      part = {0, 0};
      if (!scan_.holds(source, a) ||
          (offsets.least() > half + rounding && offsets.least() > nearest))
        continue;
      const double rows = double(scan_.rows());
      part.begin = Index(std::clamp(offsets.low + centre - 1.0, 0.0, rows - 2.0));
      part.end = Index(std::clamp(offsets.high + centre + 3.0, 2.0, rows));
    }
  });
}

void BackProjection::mark_field_of_view() {
  const ScanGeometry& scan = scan_.scan();
  const double all = scan.field_of_view_radius();
  const auto mark = [&](double radius, double axis_y, auto& begins, auto& ends) {
    for (Index j = 0; j < grid_.size[1]; ++j) {
      const auto inside = [&](Index i) {
        const Vec3 p = grid_.centre(i, j, 0);
        const double y = p.y() - axis_y;
        return p.x() * p.x() + y * y <= radius * radius;
      };
      Index begin = 0, end = grid_.size[0];
      while (begin < end && !inside(begin)) ++begin;
      while (end > begin && !inside(end - 1)) --end;
      begins.push_back(std::int32_t(begin));
      ends.push_back(std::int32_t(end));
    }
  };
  if (!scan_.is_askew()) {
    mark(all, 0.0, begin_, end_);
    return;
  }
  // The axis goes through each slice elsewhere, and rays that see a slice have axes about there.
  const double lean = math::tan(scan.tilt);
  const double beam =
      0.5 * double(scan.rows) * scan.row_pitch_at_iso() * (1.0 + all / scan.source_to_iso);
  const double seen = all - std::abs(lean) * beam;
  const auto rows = std::size_t(grid_.size[1]);
  for (Index k = 0; k < grid_.size[2]; ++k)
    mark(seen, lean * (grid_.centre(0, 0, k).z() - scan_.centre_z()), inside_begin_, inside_end_);
  begin_.assign(rows, std::int32_t(grid_.size[0]));
  end_.assign(rows, 0);
  for (std::size_t i = 0; i < inside_begin_.size(); ++i) {
    if (inside_begin_[i] >= inside_end_[i]) continue;
    begin_[i % rows] = std::min(begin_[i % rows], inside_begin_[i]);
    end_[i % rows] = std::max(end_[i % rows], inside_end_[i]);
  }
}

void BackProjection::place_askew_line(Index angle, Index source, Index at) {
  const Index samples = 8 * filter_.blocks(), height = scan_.height(source, angle);
  const double side = source % 2 == 0 ? 1.0 : -1.0, radius = scan_.spots().radius(height);
  const double sine = math::sin(scan_.angle(angle)), cosine = math::cos(scan_.angle(angle));
  const double axis = scan_.axis_y(source, angle);
  for (Index m = 0; m < samples; ++m) {
    // From the place that all lines have in common to the ray's distance from its own axis.
    const double place = side * (filter_.position(double(m)) - axis * sine);
    const double t = scan_.t_at(place, side * sine, height);
    const double y = axis + scan_.lead_y(t, height);
    const auto to = std::size_t(at + m);
    depth_[to] = float(std::sqrt(std::max(radius * radius - t * t, 0.0)) - side * y * cosine);
    lead_[to] = float(side * scan_.lead(t, height));
    row_scale_[to] = float(scan_.row_scale(t, height));
  }
}

void BackProjection::filter_block(Index first_angle, Index angles) {
  parallel_for(angles * sources_, [&](Index task) {
    const Index angle = first_angle + task / sources_, source = task % sources_;
    if (!scan_.holds(source, angle)) return;
    const auto part = rows_seen_.empty() ? detail::SomeRows{}
                                         : rows_seen_[std::size_t(angle * sources_ + source)];
    if (part.begin >= part.end) return;
    const auto scratch = filter_scratch_.borrow();
    double shift = 0.0;
    if (scan_.is_askew()) {
      const Index at = task * 8 * filter_.blocks();
      place_[std::size_t(angle * sources_ + source)] = std::int32_t(at);
      place_askew_line(angle, source, at);
      const double side = source % 2 == 0 ? 1.0 : -1.0;
      shift = -side * scan_.axis_y(source, angle) * math::sin(scan_.angle(angle));
    }
    std::vector<float> weights(scan_.is_short() ? std::size_t(scan_.samples()) : 0);
    if (scan_.is_short()) scan_.redundancy(source, angle, weights);
    filter_(scan_.line(source, angle), source % 2 == 1, scratch->span(),
            filtered_.data() + task * line_size_, isa_, shift, weights, part);
  });
}

void BackProjection::back_project_block(Index first_angle, Index angles) {
  std::vector<float> cosine, sine;
  for (Index a = 0; a < angles; ++a) {
    cosine.push_back(float(math::cos(scan_.angle(first_angle + a))));
    sine.push_back(float(math::sin(scan_.angle(first_angle + a))));
  }
  const detail::HotKernels& hot = detail::hot_kernels(isa_);
  parallel_for(tasks(), [&](Index task) {
    const Index chunk = task % chunks_.parts, tile = task / chunks_.parts;
    const Index tx = tile % tiles_x_.parts, ty = tile / tiles_x_.parts;
    const Index i0 = tiles_x_.begin(tx), j0 = tiles_y_.begin(ty);
    const auto lines = line_scratch_.borrow();

    detail::TileJob job;
    job.filtered = filtered_.data();
    job.angles = angles;
    job.sources = sources_;
    job.complementary = scan_.is_short();
    job.rows = scan_.rows();
    job.block_stride = filter_.block_stride();
    job.source_stride = line_size_;
    job.angle_stride = sources_ * line_size_;
    job.cosine = cosine.data();
    job.sine = sine.data();
    job.side = side_.data();
    job.source_z = source_z_.data() + first_angle * sources_;
    job.place = place_.data() + first_angle * sources_;
    job.row_shift = row_shift_.data() + first_angle * sources_;
    job.lead = lead_.data();
    job.depth = depth_.data();
    job.samples = filter_.samples();
    job.first_sample = float(0.5 * double(filter_.samples() - 1));
    job.per_mm = float(1.0 / filter_.spacing());
    job.row_scale = row_scale_.data();
    job.row_centre = float(0.5 * double(scan_.rows() - 1));
    job.half_rows = float(0.5 * double(scan_.rows()));
    job.width = tiles_x_.length(tx);
    job.height = tiles_y_.length(ty);
    const Vec3 corner = grid_.centre(i0, j0, 0);
    job.x = float(corner.x());
    job.y = float(corner.y());
    job.dx = float(grid_.spacing.x());
    job.dy = float(grid_.spacing.y());
    std::vector<std::int32_t> begin, end;
    for (Index j = j0; j < j0 + job.height; ++j) {
      begin.push_back(std::int32_t(std::clamp<Index>(begin_[std::size_t(j)] - i0, 0, job.width)));
      end.push_back(std::int32_t(std::clamp<Index>(end_[std::size_t(j)] - i0, 0, job.width)));
    }
    job.begin = begin.data();
    job.end = end.data();
    job.slices = padded_slices_;
    job.z = float(double(chunks_.begin(chunk)) * grid_.spacing.z());
    job.dz = float(grid_.spacing.z());
    job.sub_planes = sub_planes_.data();
    job.sub_plane_count = std::ssize(sub_planes_);
    job.line_capacity = line_capacity_;
    job.lines = lines->data();
    job.sums = sums_.data() + std::size_t(task) * task_size_;
    if (first_angle == 0) std::fill_n(job.sums, task_size_, 0.0f);
    const bool visible = !std::equal(begin.begin(), begin.end(), end.begin());
    if (visible) hot.back_project(job);
  });
}

void BackProjection::convert(const HounsfieldScale& scale, Image& image) const {
  // Half a turn of angles, each the mean of its sources and sub-planes, times d theta.
  const double to_mu = std::numbers::pi / (double(half_turn_) * double(sub_planes_.size()));
  parallel_for(tasks(), [&](Index task) {
    const Index chunk = task % chunks_.parts, tile = task / chunks_.parts;
    const Index tx = tile % tiles_x_.parts, ty = tile / tiles_x_.parts;
    const Index width = tiles_x_.length(tx), i0 = tiles_x_.begin(tx), j0 = tiles_y_.begin(ty);
    const float* sums = sums_.data() + std::size_t(task) * task_size_;
    for (Index k = 0; k < chunks_.length(chunk); ++k)
      for (Index j = 0; j < tiles_y_.length(ty); ++j)
        for (Index i = 0; i < width; ++i) {
          const Index slice = chunks_.begin(chunk) + k;
          const auto row = std::size_t(j0 + j), at = row + std::size_t(slice) * begin_.size();
          const bool inside = inside_begin_.empty()
                                  ? i0 + i >= begin_[row] && i0 + i < end_[row]
                                  : i0 + i >= inside_begin_[at] && i0 + i < inside_end_[at];
          image(i0 + i, j0 + j, chunks_.begin(chunk) + k) =
              inside ? float(scale(to_mu * double(sums[(j * width + i) * padded_slices_ + k])))
                     : outside_field_of_view;
        }
  });
}

Image BackProjection::run(const HounsfieldScale& scale) {
  const auto angle_bytes = std::size_t(sources_ * line_size_) * sizeof(float);
  const Index block = std::clamp<Index>(
      Index(block_bytes / angle_bytes) / detail::tile_angles * detail::tile_angles,
      detail::tile_angles, half_turn_);
  filtered_ = Buffer<float>(std::size_t(block * sources_ * line_size_));
  if (scan_.is_askew())
    for (auto* of_line : {&depth_, &lead_, &row_scale_})
      of_line->assign(std::size_t(block * sources_ * 8 * filter_.blocks()), 1.0f);
  for (Index first = 0; first < half_turn_; first += block) {
    const Index angles = std::min(block, half_turn_ - first);
    filter_block(first, angles);
    back_project_block(first, angles);
  }
  filtered_ = {};
  Image image(grid_);
  convert(scale, image);
  return image;
}

}  // namespace

std::vector<double> sub_planes(double slice_thickness, double row_pitch_at_iso) {
  const Index count =
      std::max<Index>(1, Index(std::ceil(slice_thickness / row_pitch_at_iso - 1e-6)));
  std::vector<double> offsets;
  for (Index i = 0; i < count; ++i)
    offsets.push_back(((double(i) + 0.5) / double(count) - 0.5) * slice_thickness);
  return offsets;
}

Image reconstruct(const Rebinned& scan, const Kernel& kernel, const Grid& grid,
                  double slice_thickness, const HounsfieldScale& scale, Isa isa) {
  if (scan.scan().tilt != 0.0) {
    // Slices parallel to the gantry's plane: upright ones in its frame, about its isocentre.
    const Mat3 axes = scan.scan().gantry_axes();
    require((grid.axes - axes).cwiseAbs().maxCoeff() < 1e-12, Error::Kind::unsupported,
            "the slices of a scan with a tilted gantry must be parallel to its plane (this grid's ",
            "axes are others). Take the grid's axes from ScanGeometry::gantry_axes");
    const Vec3 iso(0.0, 0.0, scan.centre_z());
    Grid upright = grid;
    upright.axes = Mat3::Identity();
    upright.origin = axes.transpose() * (grid.origin - iso) + iso;
    Image turned(grid);
    const detail::LineFilter filter(scan, kernel);
    check(upright, slice_thickness);
    const Image image = BackProjection(scan, filter, upright, slice_thickness, isa).run(scale);
    std::ranges::copy(image.values(), turned.values().begin());
    return turned;
  }
  check(grid, slice_thickness);
  if (scan.kind() == Views::direct)
    return detail::reconstruct_direct(scan, kernel, grid, slice_thickness, scale, isa);
  if (detail::is_planar(scan, grid))
    return detail::reconstruct_plane(scan, kernel, grid, scale, isa);
  const detail::LineFilter filter(scan, kernel);
  return BackProjection(scan, filter, grid, slice_thickness, isa).run(scale);
}

}  // namespace vitrine::recon
