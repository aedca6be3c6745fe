#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/recon/detail/voxel_lines.hpp"

namespace vitrine::recon::detail {
namespace {

/// How far a ray's height may be off because planes share one: voxels.
constexpr double shared_height = 1.0 / 3.0;
constexpr double most_together = 32.0;

}  // namespace

const VoxelLineKernels& voxel_line_kernels(Isa isa) {
  static constexpr VoxelLineKernels portable_level{portable::add_voxels};
  static constexpr VoxelLineKernels v3_level{v3::add_voxels};
  return isa == Isa::v3 ? v3_level : portable_level;
}

VoxelLines::VoxelLines(const Grid& grid, std::span<const float> values, Isa isa)
    : grid_(grid),
      heights_((grid.size[2] + 7) / 8 * 8),
      volume_(std::size_t(grid.size[0] * grid.size[1] * heights_)),
      kernels_(voxel_line_kernels(isa)) {
  VITRINE_EXPECT(std::ssize(values) == grid.count() && grid.axes == Mat3::Identity());
  const auto [nx, ny, nz] = grid.size;
  std::vector<std::uint8_t> holds(std::size_t(nx * ny), 0);
  parallel_for(ny, [&, nx = nx, ny = ny, nz = nz](Index j) {
    for (Index i = 0; i < nx; ++i) {
      float* const column = volume_.data() + (j * nx + i) * heights_;
      bool any = false;
      for (Index k = 0; k < nz; ++k) {
        column[k] = values[std::size_t((k * ny + j) * nx + i)];
        any = any || column[k] != 0.0f;
      }
      std::fill(column + nz, column + heights_, column[nz - 1]);
      holds[std::size_t(j * nx + i)] = any ? 1 : 0;
    }
  });
  for (int axis = 0; axis < 2; ++axis) {
    const Index planes = axis == 0 ? ny : nx, crosses = axis == 0 ? nx : ny;
    for (Index p = 0; p < planes; ++p) {
      Index first = crosses, last = -1;
      for (Index c = 0; c < crosses; ++c)
        if (holds[std::size_t(axis == 0 ? p * nx + c : c * nx + p)] != 0) {
          first = std::min(first, c);
          last = c;
        }
      if (last >= 0)
        planes_[axis].push_back({std::int32_t(p), std::int32_t(first), std::int32_t(last)});
    }
  }
}

VoxelLines::Line::Line(const VoxelLines& voxels, const Rebinned& scan, Index half_turn, Index i)
    : voxels_(&voxels),
      scan_(&scan),
      source_z_(scan.source_z(half_turn, i)),
      axis_y_(scan.axis_y(half_turn, i)),
      height_(scan.height(half_turn, i)) {
  const double angle = scan.angle(i) + std::numbers::pi * double(half_turn % 2);
  cosine_ = math::cos(angle);
  sine_ = math::sin(angle);
}

double VoxelLines::Line::tangent(Index j, Index row) const {
  const double t = scan_->t_at(scan_->position(double(j)), sine_, height_);
  return (double(row) - 0.5 * double(scan_->rows() - 1) - scan_->row_shift(height_)) /
         scan_->row_scale(t, height_);
}

void VoxelLines::Line::operator()(Index j, std::span<float> scratch, std::span<float> out) const {
  const Grid& grid = voxels_->grid_;
  std::ranges::fill(out, 0.0f);
  const double t = scan_->t_at(scan_->position(double(j)), sine_, height_);
  const double radius = scan_->spots().radius(height_);
  const double y = grid.origin.y() - axis_y_ - scan_->lead_y(t, height_), x = grid.origin.x();
  // The ray: x cos + y sin = t, and -x sin + y cos mm from its foot point.
  const int axis = std::abs(cosine_) >= std::abs(sine_) ? 0 : 1;
  const auto& planes = voxels_->planes_[axis];
  const double to_foot = std::sqrt(std::max(radius * radius - t * t, 0.0));
  VoxelLineJob job{};
  double cross = 0.0, cross_step = 0.0, along = 0.0, along_step = 0.0;
  if (axis == 0) {  // planes of one y
    cross = (t - y * sine_) / cosine_;
    cross_step = -grid.spacing.y() * sine_ / cosine_;
    along = -cross * sine_ + y * cosine_;
    along_step = grid.spacing.y() / cosine_;
    job.cross = float((cross - x) / grid.spacing.x());
    job.cross_step = float(cross_step / grid.spacing.x());
    job.plane_stride = voxels_->heights_ * grid.size[0];
    job.cross_stride = voxels_->heights_;
    job.crosses = std::int32_t(grid.size[0]);
  } else {
    cross = (t - x * cosine_) / sine_;
    cross_step = -grid.spacing.x() * cosine_ / sine_;
    along = -x * sine_ + cross * cosine_;
    along_step = -grid.spacing.x() / sine_;
    job.cross = float((cross - y) / grid.spacing.y());
    job.cross_step = float(cross_step / grid.spacing.y());
    job.plane_stride = voxels_->heights_;
    job.cross_stride = voxels_->heights_ * grid.size[0];
    job.crosses = std::int32_t(grid.size[1]);
  }
  const double scale = scan_->row_scale(t, height_), dz = grid.spacing.z();
  job.volume = voxels_->volume_.data();
  job.heights = std::int32_t(voxels_->heights_);
  job.planes = planes.data();
  job.plane_count = std::int32_t(planes.size());
  job.distance = float(to_foot + along);
  job.distance_step = float(along_step);
  job.source_z = float((source_z_ + scan_->lead(t, height_) - grid.origin.z()) / dz);
  job.rows = std::int32_t(scan_->rows());
  job.first_row = float(-0.5 * double(job.rows - 1) - scan_->row_shift(height_));
  job.rise = float(1.0 / (scale * dz));
  const double steepest = std::abs(double(job.first_row) * double(job.rise) * along_step);
  job.planes_together = std::int32_t(
      std::min(std::floor(2.0 * shared_height / std::max(steepest, 1e-3)) + 1.0, most_together));
  job.step = float(std::abs(along_step));
  job.line = scratch.data();
  job.out = out.data();
  voxels_->kernels_.add(job);
}

}  // namespace vitrine::recon::detail
