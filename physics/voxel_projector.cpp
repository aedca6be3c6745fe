#include "vitrine/physics/voxel_projector.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/detail/voxel_project.hpp"

namespace vitrine::physics {

namespace detail {

const ProjectorKernels& projector_kernels(Isa isa) {
  static constexpr ProjectorKernels portable_level{
      portable::project, portable::back_project, portable::project_slice,
      portable::back_project_slice, portable::is_reversed};
  static constexpr ProjectorKernels v3_level{v3::project, v3::back_project, v3::project_slice,
                                             v3::back_project_slice, v3::is_reversed};
  return isa == Isa::v3 ? v3_level : portable_level;
}

}  // namespace detail

namespace {

using detail::line_margin;
using detail::ProjectorView;
using detail::SliceLines;

constexpr Index views_at_once = 16;
constexpr Index slice_slab = 32;  // planes that a task of the slice's back projection owns
/// Cells that voxels are made of, back; finer ones would need wider margins.
constexpr double finest_in_voxels = 0.125;
/// How far a ray's height may be off because planes share one: voxels.
constexpr double shared_height = 1.0 / 3.0;

Index padded(Index n) { return (n + 7) / 8 * 8; }

/// Rays of columns, or of the edges between them, in the gantry frame; up to a multiple of eight.
struct Columns {
  std::vector<double> offset, across, along;

  void add(double at, double direction_across, double direction_along) {
    offset.push_back(at);
    across.push_back(direction_across);
    along.push_back(direction_along);
  }
  detail::ProjectorColumns data() const { return {offset.data(), across.data(), along.data()}; }
};

/// The same for both geometries.
struct Rays {
  bool parallel = false;
  Index columns = 0, rows = 0;
  Columns centre, edge;
  double height_step = 0.0, tangent_step = 0.0;  ///< per row: mm, and mm per in-plane mm
  std::vector<double> row_scale;                 ///< of `tangent_step`, per column
  double widest = 0.0;                           ///< mm: of a column within reach
  double lowest = 0.0;                           ///< mm: of a row within reach
  struct View {
    double angle, height, from_axis, aside;  ///< of the gantry frame's origin, mm
  };
  std::vector<View> views;
};

Rays rays_of(const ScanGeometry& g, double reach) {
  Rays rays;
  rays.columns = g.columns;
  rays.rows = g.rows;
  for (Index c = 0; c < padded(g.columns); ++c)
    rays.centre.add(0.0, math::sin(g.fan_angle(double(c))), math::cos(g.fan_angle(double(c))));
  for (Index c = 0; c <= padded(g.columns); ++c)
    rays.edge.add(0.0, math::sin(g.fan_angle(double(c) - 0.5)),
                  math::cos(g.fan_angle(double(c) - 0.5)));
  rays.tangent_step = g.row_pitch / g.source_to_detector;
  for (Index c = 0; c < g.columns; ++c) rays.row_scale.push_back(g.row_scale(double(c)));
  require(g.focal_shifts.empty(), Error::Kind::unsupported,
          "the voxel projector knows no flying focal spot. Leave focal_shifts empty.");
  rays.widest = g.column_angle * (g.source_to_iso + reach);
  rays.lowest = rays.tangent_step * (g.source_to_iso - reach) *
                *std::min_element(rays.row_scale.begin(), rays.row_scale.end());
  require(std::ssize(g.table_positions) == g.views(), Error::Kind::unsupported,
          "a scan needs a table position for each view (", g.views(), " views, ",
          g.table_positions.size(), " positions)");
  require(reach < g.source_to_iso, Error::Kind::unsupported, "the volume reaches ", reach,
          " mm from the axis, beyond the focal spot at ", g.source_to_iso,
          " mm. Use a smaller volume.");
  for (Index v = 0; v < g.views(); ++v)
    rays.views.push_back({g.view_angles[std::size_t(v)], g.table_positions[std::size_t(v)],
                          g.source_to_iso, g.axis_offset});
  return rays;
}

Rays rays_of(const ParallelGeometry& g, double) {
  Rays rays;
  rays.columns = g.columns;
  rays.rows = g.rows;
  const auto place = [&](double column) {
    return (column - 0.5 * double(g.columns - 1) - g.column_offset) * g.column_pitch;
  };
  for (Index c = 0; c < padded(g.columns); ++c) rays.centre.add(place(double(c)), 0.0, 1.0);
  for (Index c = 0; c <= padded(g.columns); ++c) rays.edge.add(place(double(c) - 0.5), 0.0, 1.0);
  rays.parallel = true;
  rays.height_step = g.row_pitch;
  rays.row_scale.assign(std::size_t(g.columns), 1.0);
  rays.widest = g.column_pitch;
  rays.lowest = g.row_pitch;
  for (const double angle : g.view_angles) rays.views.push_back({angle, g.height, 0.0, 0.0});
  return rays;
}

/// How far from the axis a grid reaches, mm.
double reach_of(const Grid& grid) {
  double reach = 0.0;
  for (const Index i : {Index{-1}, grid.size[0]})
    for (const Index j : {Index{-1}, grid.size[1]}) {
      const Vec3 corner = grid.centre(i, j, 0);
      reach = std::max(reach, std::sqrt(corner.x() * corner.x() + corner.y() * corner.y()));
    }
  return reach;
}

}  // namespace

struct VoxelProjector::State {
  Grid grid;
  Rays rays;
  std::vector<ProjectorView> views;
  std::vector<float> stretch;
  detail::ProjectorJob job{};
  const detail::ProjectorKernels& kernels;

  State(const Grid& volume, Rays of, Footprint footprint, Isa isa)
      : grid(volume), rays(std::move(of)), kernels(detail::projector_kernels(isa)) {
    require(grid.axes == Mat3::Identity() && grid.count() > 0, Error::Kind::unsupported,
            "the voxel projector needs an axial grid with voxels: i along +x, j along +y, k along "
            "+z");
    require(rays.columns > 0 && rays.rows > 0, Error::Kind::unsupported,
            "the voxel projector needs columns and rows (these are ", rays.columns, " and ",
            rays.rows, ")");
    const double finest = std::min(grid.spacing.x(), grid.spacing.y());
    require(rays.widest * std::sqrt(2.0) / finest < double(detail::widest_cell),
            Error::Kind::unsupported, "detector columns are up to ", rays.widest,
            " mm wide in the volume, more than ", detail::widest_cell, " voxels of ", finest,
            " mm. Use larger voxels.");
    const double finest_cell = std::min(in_plane() ? 1.0 : rays.lowest / grid.spacing.z(),
                                        rays.parallel && in_plane() ? rays.widest / finest : 1.0);
    require(finest_cell > finest_in_voxels, Error::Kind::unsupported, "detector cells are down to ",
            finest_cell, " voxels in the volume (less than ", finest_in_voxels,
            "). Use smaller voxels.");
    set_job(footprint);
    for (const Rays::View& view : rays.views) views.push_back(view_of(view));
  }

  bool in_plane() const { return grid.size[2] == 1 && rays.rows == 1; }

  void set_job(Footprint footprint) {
    job.distance_driven = footprint == Footprint::distance_driven;
    for (std::size_t a = 0; a < 3; ++a) job.size[a] = int(grid.size[a]);
    job.padded_heights = int(padded(grid.size[2]));
    // An odd number of cache lines from column to column, and no power of two from row to row:
    // neither meets the same sets of a cache again and again.
    job.stride[0] = (job.padded_heights + 15) / 16 * 16;
    if (job.stride[0] / 16 % 2 == 0) job.stride[0] += 16;
    job.stride[1] = job.stride[0] * std::ptrdiff_t(grid.size[0]) + 5 * 16;
    job.parallel = rays.parallel;
    job.columns = int(rays.columns);
    job.rows = int(rays.rows);
    job.row_stride = padded(rays.rows);
    job.centre = rays.centre.data();
    job.edge = rays.edge.data();
    job.rise = rays.height_step / grid.spacing.z();
    job.rise_per_mm = rays.tangent_step / grid.spacing.z();
    job.row_scale = rays.row_scale.data();
    stretch.assign(std::size_t(rays.columns * job.row_stride), 0.0f);
    for (Index c = 0; c < rays.columns; ++c)
      for (Index r = 0; r < rays.rows; ++r) {
        const double tangent = (double(r) - 0.5 * double(rays.rows - 1)) * rays.tangent_step *
                               rays.row_scale[std::size_t(c)];
        stretch[std::size_t(c * job.row_stride + r)] = float(std::sqrt(1.0 + tangent * tangent));
      }
    job.stretch = stretch.data();
    const double steepest = 0.5 * double(rays.rows - 1) * rays.tangent_step;
    const double per_plane =
        steepest * std::sqrt(2.0) * std::max(grid.spacing.x(), grid.spacing.y()) / grid.spacing.z();
    // Of n planes the outermost are (n - 1) / 2 from the middle.
    job.planes_together =
        int(std::min(std::floor(2.0 * shared_height / std::max(per_plane, 1e-3)) + 1.0,
                     double(detail::slab_planes)));
  }

  ProjectorView view_of(const Rays::View& from) const {
    const double s = math::sin(from.angle), c = math::cos(from.angle);
    const double across[2] = {c, s}, along[2] = {-s, c};
    ProjectorView view;
    for (int a = 0; a < 2; ++a) {
      view.across[a] = across[a] / grid.spacing[a];
      view.along[a] = along[a] / grid.spacing[a];
      view.origin[a] =
          (from.aside * across[a] - from.from_axis * along[a] - grid.origin[a]) / grid.spacing[a];
    }
    view.height = (from.height - grid.origin.z()) / grid.spacing.z();
    return view;
  }

  std::size_t cells() const { return std::size_t(rays.columns * rays.rows); }

  /// From the grid's order to columns along z, and back.
  template <bool in>
  void reorder(std::conditional_t<in, const float, float>* volume, float* columns) const {
    const Index nx = grid.size[0], ny = grid.size[1], nz = grid.size[2];
    parallel_for(ny, [&](Index j) {
      constexpr Index tile = 16;
      for (Index i0 = 0; i0 < nx; i0 += tile)
        for (Index k0 = 0; k0 < nz; k0 += tile)
          for (Index k = k0; k < std::min(nz, k0 + tile); ++k) {
            // Slices may all meet the same set of a cache: a line of each is done with at once.
            auto* const row = volume + grid.offset(0, j, k);
            float* const height = columns + j * job.stride[1] + k;
            for (Index i = i0; i < std::min(nx, i0 + tile); ++i) {
              if constexpr (in)
                height[i * job.stride[0]] = row[i];
              else
                row[i] = height[i * job.stride[0]];
            }
          }
      if constexpr (in)
        for (Index i = 0; i < nx; ++i) {
          float* const column = columns + j * job.stride[1] + i * job.stride[0];
          std::fill(column + nz, column + job.padded_heights, 0.0f);
        }
    });
  }
  Buffer<float> columns() const {
    return Buffer<float>(std::size_t(job.stride[1]) * std::size_t(grid.size[1]));
  }

  /// Projections with rows padded to eight: those of the caller where nothing is to be padded.
  bool rows_fit() const { return rays.rows % 8 == 0; }

  void forward(const float* volume, float* projections) const {
    Buffer<float> voxels = columns();
    reorder<true>(volume, voxels.data());
    const auto view_size = std::size_t(rays.columns * job.row_stride);
    Buffer<float> own(rows_fit() ? 0 : view_size * views.size());
    float* const sums = rows_fit() ? projections : own.data();
    const Index blocks = (std::ssize(views) + views_at_once - 1) / views_at_once;
    parallel_for(blocks, [&](Index block) {
      const Index first = block * std::ssize(views) / blocks;
      const Index count = (block + 1) * std::ssize(views) / blocks - first;
      Buffer<float> line(detail::line_floats(job));
      float* out = sums + std::size_t(first) * view_size;
      std::fill(out, out + std::size_t(count) * view_size, 0.0f);
      kernels.forward(job, views.data() + first, int(count), voxels.data(), line.data(), out);
      if (!rows_fit()) copy_rows<false>(first, count, projections, own.data());
    });
  }

  /// Between the caller's rows and padded ones.
  template <bool in>
  void copy_rows(Index first, Index count, std::conditional_t<in, const float, float>* rows,
                 float* padded_rows) const {
    for (Index line = first * rays.columns; line < (first + count) * rays.columns; ++line) {
      auto* from = rows + line * rays.rows;
      float* to = padded_rows + line * job.row_stride;
      if constexpr (in) {
        std::copy(from, from + rays.rows, to);
        std::fill(to + rays.rows, to + job.row_stride, 0.0f);
      } else {
        std::copy(to, to + rays.rows, from);
      }
    }
  }

  void back(const float* projections, float* volume) const {
    Buffer<float> own(rows_fit() ? 0 : std::size_t(rays.columns * job.row_stride) * views.size());
    if (!rows_fit())
      parallel_for(std::ssize(views),
                   [&](Index v) { copy_rows<true>(v, 1, projections, own.data()); });
    const float* const data = rows_fit() ? projections : own.data();
    Buffer<float> voxels = columns();
    parallel_for(grid.size[1], [&](Index j) {
      std::fill_n(voxels.data() + j * job.stride[1], job.stride[1], 0.0f);
    });
    for (int axis = 0; axis < 2; ++axis) {
      const int planes = job.size[axis];
      constexpr int slab = detail::slab_planes;
      parallel_for((planes + slab - 1) / slab, [&](Index s) {
        const int first = int(s) * slab;
        Buffer<float> line(detail::line_floats(job));
        kernels.back(job, views.data(), int(std::ssize(views)), axis, first,
                     std::min(slab, planes - first), data, line.data(), voxels.data());
      });
    }
    reorder<false>(volume, voxels.data());
  }

  /// Lines of the slice along the axis that is not `axis`, with margins.
  struct Lines {
    Buffer<float> memory;
    SliceLines lines;
  };
  Lines lines_of(std::size_t axis) const {
    const Index length = grid.size[1 - axis], stride = length + 2 * line_margin;
    Lines out{Buffer<float>(std::size_t(stride * grid.size[axis] + 2 * line_margin)), {}};
    std::fill_n(out.memory.data(), out.memory.size(), 0.0f);
    out.lines = {out.memory.data() + line_margin, stride};
    return out;
  }

  void forward_slice(const float* slice, float* projections) const {
    Lines x = lines_of(0), y = lines_of(1);
    parallel_for(grid.size[1], [&](Index j) {
      for (Index i = 0; i < grid.size[0]; ++i)
        x.lines.values[i * x.lines.stride + j] = y.lines.values[j * y.lines.stride + i] =
            slice[j * grid.size[0] + i];
    });
    const SliceLines lines[2] = {x.lines, y.lines};
    parallel_for(std::ssize(views), [&](Index v) {
      Buffer<float> out(std::size_t(padded(rays.columns)));
      kernels.forward_slice(job, views[std::size_t(v)], lines, out.data());
      std::copy_n(out.data(), rays.columns, projections + v * rays.columns);
    });
  }

  void back_slice(const float* projections, float* slice) const {
    const Index width = padded(rays.columns) + 2 * line_margin;
    Buffer<float> data(std::size_t(width) * views.size() + 2 * line_margin);
    std::fill_n(data.data() + std::size_t(width) * views.size(), 2 * line_margin, 0.0f);
    parallel_for(std::ssize(views), [&](Index v) {
      float* row = data.data() + v * width;
      std::fill_n(row, width, 0.0f);
      const float* from = projections + v * rays.columns;
      if (kernels.reversed(job, views[std::size_t(v)]))
        std::reverse_copy(from, from + rays.columns, row + line_margin);
      else
        std::copy_n(from, rays.columns, row + line_margin);
    });
    Lines both[2] = {lines_of(0), lines_of(1)};
    for (int axis = 0; axis < 2; ++axis) {
      const Index planes = job.size[axis];
      parallel_for((planes + slice_slab - 1) / slice_slab, [&](Index s) {
        const Index first = s * slice_slab;
        kernels.back_slice(job, views.data(), int(std::ssize(views)), axis, int(first),
                           int(std::min(slice_slab, planes - first)), data.data(),
                           both[axis].lines);
      });
    }
    const SliceLines &x = both[0].lines, &y = both[1].lines;
    parallel_for(grid.size[1], [&](Index j) {
      for (Index i = 0; i < grid.size[0]; ++i)
        slice[j * grid.size[0] + i] = x.values[i * x.stride + j] + y.values[j * y.stride + i];
    });
  }
};

VoxelProjector::VoxelProjector(const Grid& grid, const ScanGeometry& rays, Footprint footprint,
                               Isa isa)
    : state_(std::make_unique<State>(grid, rays_of(rays, reach_of(grid)), footprint, isa)) {}
VoxelProjector::VoxelProjector(const Grid& grid, const ParallelGeometry& rays, Footprint footprint,
                               Isa isa)
    : state_(std::make_unique<State>(grid, rays_of(rays, reach_of(grid)), footprint, isa)) {}
VoxelProjector::~VoxelProjector() = default;
VoxelProjector::VoxelProjector(VoxelProjector&&) noexcept = default;
VoxelProjector& VoxelProjector::operator=(VoxelProjector&&) noexcept = default;

std::size_t VoxelProjector::voxels() const { return std::size_t(state_->grid.count()); }
std::size_t VoxelProjector::rays() const { return state_->cells() * state_->views.size(); }

void VoxelProjector::forward(std::span<const float> volume, std::span<float> projections) const {
  require(volume.size() == voxels() && projections.size() == rays(), Error::Kind::data,
          "the projector takes ", voxels(), " voxels and ", rays(), " rays (these are ",
          volume.size(), " and ", projections.size(), ")");
  if (state_->in_plane())
    state_->forward_slice(volume.data(), projections.data());
  else
    state_->forward(volume.data(), projections.data());
}

void VoxelProjector::back(std::span<const float> projections, std::span<float> volume) const {
  require(volume.size() == voxels() && projections.size() == rays(), Error::Kind::data,
          "the projector takes ", voxels(), " voxels and ", rays(), " rays (these are ",
          volume.size(), " and ", projections.size(), ")");
  if (state_->in_plane())
    state_->back_slice(projections.data(), volume.data());
  else
    state_->back(projections.data(), volume.data());
}

}  // namespace vitrine::physics
