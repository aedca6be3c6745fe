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

namespace vitrine::recon::detail {
namespace {

constexpr double two_pi = 2.0 * std::numbers::pi;
/// Side of a tile of voxel columns: its sums stay in the inner caches while all views pass.
constexpr Index tile = 16;
/// Memory for filtered views, bytes: a block at a time.
constexpr std::size_t block_bytes = std::size_t(64) << 20;

Index whole(Index n, Index of) { return (n + of - 1) / of * of; }

/// Columns as places on a line through the axis, mm: along the arc of a curved detector, along the
/// plane of a flat one.
LineFilter::Rows rows_of(const ScanGeometry& g) {
  const auto place = [&](double column) {
    const double fan = g.fan_angle(column);
    return g.source_to_iso * (g.shape == DetectorShape::flat ? math::tan(fan) : fan);
  };
  const double first = place(0.0), last = place(double(g.columns - 1));
  LineFilter::Rows rows{g.columns, g.source_to_iso * g.column_angle, first,
                        std::min(std::abs(first), std::abs(last))};
  rows.rows = g.rows;
  rows.radius_of_arc = g.shape == DetectorShape::flat ? 0.0 : g.source_to_iso;
  return rows;
}

/// Slices of one turn of the gantry.
class Direct {
 public:
  Direct(const Rebinned& scan, const LineFilter& filter, const Grid& grid, Index turn,
         double slice_thickness, Isa isa)
      : scan_(scan),
        filter_(filter),
        grid_(grid),
        turn_(turn),
        isa_(isa),
        circle_(grid, scan.scan().field_of_view_radius()),
        stride_(whole(scan.rows(), 16)),
        slices_(whole(grid.size[2], 8)),
        tiles_x_((grid.size[0] + tile - 1) / tile),
        tiles_y_((grid.size[1] + tile - 1) / tile),
        sums_(std::size_t(tiles_x_ * tiles_y_ * tile * tile * slices_)) {
    const ScanGeometry& g = scan.scan();
    for (Index c = 0; c < g.columns; ++c)
      for (Index r = 0; r < g.rows; ++r) {
        const double fan = g.fan_angle(double(c)), up = g.row_tangent(double(r));
        // The cosine of the whole angle to the central ray.
        const double across = math::tan(fan);
        cosines_.push_back(float(g.shape == DetectorShape::flat
                                     ? 1.0 / std::sqrt(1.0 + across * across + up * up)
                                     : math::cos(fan) / std::sqrt(1.0 + up * up)));
      }
    for (const double offset : sub_planes(slice_thickness, g.row_pitch_at_iso()))
      sub_planes_.push_back(float(offset));
  }

  void run() {
    const Index views = scan_.turn_views();
    const auto size = std::size_t(filter_.samples() * stride_);
    const Index block = std::clamp<Index>(Index(block_bytes / (size * sizeof(float))), 1, views);
    filtered_ = Buffer<float>(std::size_t(block) * size);
    auto scratch = Pool<Buffer<float>>::of(filter_.scratch_size());
    auto weighted = Pool<Buffer<float>>::of(cosines_.size());
    auto columns = Pool<Buffer<float>>::of(std::size_t(stride_ + 2 * 16));
    std::ranges::fill(sums_.span(), 0.0f);
    for (Index first = 0; first < views; first += block) {
      const Index here = std::min(block, views - first);
      parallel_for(here, [&](Index v) {
        const auto work = scratch.borrow(), view = weighted.borrow();
        const std::span<const float> measured = scan_.view(turn_ * views + first + v);
        for (std::size_t i = 0; i < measured.size(); ++i)
          view->data()[i] = measured[i] * cosines_[i];
        filter_.rows_contiguous(view->span(), redundancy(first + v), work->span(),
                                filtered_.data() + std::size_t(v) * size, stride_, isa_);
      });
      parallel_for(tiles_x_ * tiles_y_, [&](Index at) {
        const auto column = columns.borrow();
        back_project(first, here, at, column->span());
      });
    }
    filtered_ = {};
  }

  void convert(const HounsfieldScale& scale, Index first_slice, Image& image) const {
    // Of a full turn every ray counts half.
    const double to_mu = two_pi / double(scan_.scan().views_per_rotation) *
                         (scan_.is_short() ? 1.0 : 0.5) / double(sub_planes_.size());
    parallel_for(grid_.size[1], [&](Index j) {
      for (Index i = 0; i < grid_.size[0]; ++i) {
        const float* sums = sums_.data() + place(i, j);
        for (Index k = 0; k < grid_.size[2]; ++k)
          image(i, j, first_slice + k) =
              circle_.holds(i, j) ? float(scale(to_mu * double(sums[k]))) : outside_field_of_view;
      }
    });
  }

 private:
  std::size_t place(Index i, Index j) const {
    const Index at = j / tile * tiles_x_ + i / tile;
    return std::size_t(((at * tile + j % tile) * tile + i % tile) * slices_);
  }

  /// Parker's weights of a view's columns; none of a full turn.
  std::vector<float> redundancy(Index view) const {
    std::vector<float> weights;
    if (!scan_.is_short()) return weights;
    const ScanGeometry& g = scan_.scan();
    const ShortScanWeights of(two_pi * double(scan_.turn_views() - 1) /
                              double(g.views_per_rotation));
    const double angle = two_pi * double(view) / double(g.views_per_rotation);
    for (Index c = 0; c < g.columns; ++c)
      weights.push_back(float(of(angle, g.fan_angle(double(c)))));
    return weights;
  }

  void back_project(Index first_view, Index views, Index at, std::span<float> column) {
    const ScanGeometry& g = scan_.scan();
    const Index i0 = at % tiles_x_ * tile, j0 = at / tiles_x_ * tile;
    FanJob job;
    job.filtered = filtered_.data();
    job.views = views;
    job.stride = stride_;
    job.view_stride = filter_.samples() * stride_;
    job.samples = filter_.samples();
    job.rows = g.rows;
    std::vector<float> cosine, sine;
    for (Index v = 0; v < views; ++v) {
      const double b = g.view_angles[std::size_t(turn_ * scan_.turn_views() + first_view + v)];
      cosine.push_back(float(math::cos(b)));
      sine.push_back(float(math::sin(b)));
    }
    job.cosine = cosine.data();
    job.sine = sine.data();
    job.curved = g.shape == DetectorShape::curved;
    job.radius = float(g.source_to_iso);
    job.first_sample = float(-filter_.position(0.0) / filter_.spacing());
    job.samples_per_tangent = float(g.source_to_iso / filter_.spacing());
    job.row_centre = float(0.5 * double(g.rows - 1));
    job.row_scale = float(g.source_to_detector / g.row_pitch);
    job.width = std::min(tile, grid_.size[0] - i0);
    job.height = std::min(tile, grid_.size[1] - j0);
    job.tile_width = tile;
    const Vec3 corner = grid_.centre(i0, j0, 0);
    job.x = float(corner.x());
    job.y = float(corner.y());
    job.dx = float(grid_.spacing.x());
    job.dy = float(grid_.spacing.y());
    const Circle::Part part = circle_.part(i0, job.width, j0, job.height);
    job.begin = part.begin.data();
    job.end = part.end.data();
    job.slices = slices_;
    job.z = float(grid_.origin.z() - g.table_positions[std::size_t(turn_ * scan_.turn_views())]);
    job.dz = float(grid_.spacing.z());
    job.sub_planes = sub_planes_.data();
    job.sub_plane_count = std::ssize(sub_planes_);
    job.column = column.data();
    job.sums = sums_.data() + std::size_t(at * tile * tile * slices_);
    hot_kernels(isa_).back_project_fan(job);
  }

  const Rebinned& scan_;
  const LineFilter& filter_;
  Grid grid_;
  Index turn_;
  Isa isa_;
  Circle circle_;
  Index stride_, slices_, tiles_x_, tiles_y_;
  std::vector<float> cosines_, sub_planes_;
  Buffer<float> sums_, filtered_;
};

}  // namespace

Image reconstruct_direct(const Rebinned& scan, const Kernel& kernel, const Grid& grid,
                         double slice_thickness, const HounsfieldScale& scale, Isa isa) {
  const LineFilter filter(rows_of(scan.scan()), kernel, LineFilter::Blur::once,
                          scan.extends_truncated());
  Image image(grid);
  const Index turns = scan.scan().views() / scan.turn_views();
  const auto table = [&](Index turn) {
    return scan.scan().table_positions[std::size_t(turn * scan.turn_views())];
  };
  const auto nearest = [&](Index slice) {
    const double z = grid.origin.z() + double(slice) * grid.spacing.z();
    Index best = 0;
    for (Index t = 1; t < turns; ++t)
      if (std::abs(table(t) - z) < std::abs(table(best) - z)) best = t;
    return best;
  };
  // Every slice comes from the turn that is nearest to it.
  for (Index first = 0; first < grid.size[2];) {
    Index last = first + 1;
    while (last < grid.size[2] && nearest(last) == nearest(first)) ++last;
    Grid part = grid;
    part.size[2] = last - first;
    part.origin.z() += double(first) * grid.spacing.z();
    Direct turn(scan, filter, part, nearest(first), slice_thickness, isa);
    turn.run();
    turn.convert(scale, first, image);
    first = last;
  }
  return image;
}

}  // namespace vitrine::recon::detail
