#include "vitrine/recon/fbp.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/pool.hpp"
#include "vitrine/recon/detail/direct.hpp"
#include "vitrine/recon/detail/field_of_view.hpp"
#include "vitrine/recon/detail/hot.hpp"
#include "vitrine/recon/detail/line_filter.hpp"
#include "vitrine/recon/detail/line_places.hpp"
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
  detail::ImageReach reach() const;

  const Rebinned& scan_;
  const detail::LineFilter& filter_;
  const Grid& grid_;
  Isa isa_;
  Cut tiles_x_, tiles_y_, chunks_;
  Index padded_slices_, half_turn_, sources_, line_size_, line_capacity_;
  std::size_t task_size_;
  detail::FieldOfView seen_;
  detail::LinePlaces lines_;
  std::vector<float> sub_planes_;
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
      seen_(scan, grid),
      lines_(scan, filter, grid.origin.z()),
      sums_(task_size_ * std::size_t(tasks())),
      filter_scratch_(Pool<Buffer<float>>::of(filter.scratch_size())),
      line_scratch_(Pool<Buffer<float>>::of(std::size_t(detail::tile_angles * detail::tile_planes *
                                                        line_capacity_ * padded_slices_))) {
  for (const double offset : sub_planes(slice_thickness, scan.scan().row_pitch_at_iso()))
    sub_planes_.push_back(float(offset));
  if (!scan.is_askew() && !scan.is_short() && scan.rows() > 1)
    rows_seen_ = detail::seen_rows(scan, filter, lines_, grid, reach());
}

detail::ImageReach BackProjection::reach() const {
  const auto [low_plane, high_plane] = std::ranges::minmax(sub_planes_);
  const double last =
      double(chunks_.begin(chunks_.parts - 1) + padded_slices_ - 1) * grid_.spacing.z();
  // Tiles interpolate between two planes that may stand beyond their voxels.
  return {double(low_plane), last + double(high_plane),
          0.15 * (double(tiles_x_.size) * grid_.spacing.x() +
                  double(tiles_y_.size) * grid_.spacing.y())};
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
      const Index at = task * lines_.samples();
      lines_.place[std::size_t(angle * sources_ + source)] = std::int32_t(at);
      lines_.put_askew(angle, source, at);
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
    job.side = lines_.side.data();
    job.source_z = lines_.source_z.data() + first_angle * sources_;
    job.place = lines_.place.data() + first_angle * sources_;
    job.row_shift = lines_.row_shift.data() + first_angle * sources_;
    job.lead = lines_.lead.data();
    job.depth = lines_.depth.data();
    job.samples = filter_.samples();
    job.first_sample = float(0.5 * double(filter_.samples() - 1));
    job.per_mm = float(1.0 / filter_.spacing());
    job.row_scale = lines_.row_scale.data();
    job.row_centre = float(0.5 * double(scan_.rows() - 1));
    job.half_rows = float(0.5 * double(scan_.rows()));
    job.width = tiles_x_.length(tx);
    job.height = tiles_y_.length(ty);
    const Vec3 corner = grid_.centre(i0, j0, 0);
    job.x = float(corner.x());
    job.y = float(corner.y());
    job.dx = float(grid_.spacing.x());
    job.dy = float(grid_.spacing.y());
    const auto part = seen_.any().part(i0, job.width, j0, job.height);
    job.begin = part.begin.data();
    job.end = part.end.data();
    job.slices = padded_slices_;
    job.z = float(double(chunks_.begin(chunk)) * grid_.spacing.z());
    job.dz = float(grid_.spacing.z());
    job.sub_planes = sub_planes_.data();
    job.sub_plane_count = std::ssize(sub_planes_);
    job.line_capacity = line_capacity_;
    job.lines = lines->data();
    job.sums = sums_.data() + std::size_t(task) * task_size_;
    if (first_angle == 0) std::fill_n(job.sums, task_size_, 0.0f);
    if (!part.empty()) hot.back_project(job);
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
          image(i0 + i, j0 + j, slice) =
              seen_.holds(i0 + i, j0 + j, slice)
                  ? float(scale(to_mu * double(sums[(j * width + i) * padded_slices_ + k])))
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
  if (scan_.is_askew()) lines_.make_room(block * sources_);
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
