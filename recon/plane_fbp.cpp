#include "vitrine/recon/detail/plane_fbp.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/pool.hpp"
#include "vitrine/recon/detail/line_filter.hpp"
#include "vitrine/recon/detail/plane.hpp"
#include "vitrine/recon/parallel_fbp.hpp"

namespace vitrine::recon {
namespace {

constexpr Index batch = detail::PlaneBackProjection::batch;
constexpr Index most_slices = 4;

/// The sums as CT numbers, the same in every slice.
Image image_of(const detail::PlaneBackProjection& sums, const detail::Circle& circle,
               const Grid& grid, double to_mu, const HounsfieldScale& scale) {
  Image image(grid);
  parallel_for(grid.size[1], [&](Index j) {
    for (Index i = 0; i < grid.size[0]; ++i) {
      const float value =
          circle.holds(i, j) ? float(scale(to_mu * sums.sum(i, j))) : outside_field_of_view;
      for (Index k = 0; k < grid.size[2]; ++k) image(i, j, k) = value;
    }
  });
  return image;
}

/// Memory of one task that filters lines: of the filter, and what comes out of it.
std::size_t work_size(const detail::LineFilter& filter) {
  return filter.scratch_size() + 2 * filter.batch_size();
}
struct Work {
  std::span<float> scratch, direct, conjugate;
  Work(std::span<float> memory, const detail::LineFilter& filter)
      : scratch(memory.first(filter.scratch_size())),
        direct(memory.subspan(scratch.size(), filter.batch_size())),
        conjugate(memory.subspan(scratch.size() + filter.batch_size(), filter.batch_size())) {}
};

}  // namespace

bool detail::is_planar(const Rebinned& scan, const Grid& grid) {
  if (scan.rows() != 1 || scan.is_helical() || scan.is_askew() || scan.half_turns() != 2 ||
      scan.spots().heights() != 1 || grid.size[2] > most_slices)
    return false;
  const double half = 0.5 * scan.scan().row_pitch_at_iso(), z = scan.source_z(0, 0);
  const double low = grid.origin.z(), high = low + double(grid.size[2] - 1) * grid.spacing.z();
  return low >= z - half && high <= z + half;
}

Image detail::reconstruct_plane(const Rebinned& scan, const Kernel& kernel, const Grid& grid,
                                const HounsfieldScale& scale, Isa isa) {
  const LineFilter filter(scan, kernel, LineFilter::Blur::twice);
  const Circle circle(grid, scan.scan().field_of_view_radius());
  PlaneBackProjection sums(grid, circle, filter.samples(), filter.position(0.0), filter.spacing(),
                           isa);
  const Index half = scan.angles() / 2;
  std::vector<double> angles;
  for (Index a = 0; a < half; ++a) angles.push_back(scan.angle(a));
  // A short scan's weights make the sum a mean.
  const float share = scan.is_short() ? 1.0f : 0.5f;
  auto pool = Pool<Buffer<float>>::of(work_size(filter));
  sums.add(angles, [&](Index first, Index count, std::span<float> lines) {
    const auto memory = pool.borrow();
    const Work work(memory->span(), filter);
    std::vector<float> weights;
    const auto filtered = [&](Index half_turn, std::span<float> out) {
      const float* line[batch] = {};
      for (Index n = 0; n < count; ++n) line[n] = scan.line(half_turn, first + n).data();
      weights.resize(scan.is_short() ? std::size_t(count * scan.samples()) : 0);
      for (Index n = 0; n < count && scan.is_short(); ++n)
        scan.redundancy(half_turn, first + n,
                        std::span(weights).subspan(std::size_t(n * scan.samples()),
                                                   std::size_t(scan.samples())));
      filter.single_rows({line, std::size_t(count)}, half_turn == 1, weights, work.scratch, out,
                         isa);
    };
    filtered(0, work.direct);
    filtered(1, work.conjugate);
    for (Index n = 0; n < count; ++n)
      for (Index m = 0; m < filter.samples(); ++m) {
        const auto at = std::size_t(LineFilter::batch_at(n, m));
        lines[std::size_t(n * filter.samples() + m)] =
            share * (work.direct[at] + work.conjugate[at]);
      }
  });
  return image_of(sums, circle, grid, std::numbers::pi / double(half), scale);
}

Image reconstruct(const physics::ParallelGeometry& rays, std::span<const float> values,
                  const Kernel& kernel, const Grid& grid, const HounsfieldScale& scale, Isa isa) {
  const Index views = std::ssize(rays.view_angles);
  const auto unsupported = [](const auto&... why) {
    throw Error(Error::Kind::unsupported,
                str("these parallel views are not reconstructed (", why...,
                    "). Use one row, one slice, and views equally spaced over half a turn"));
  };
  if (rays.rows != 1 || grid.size[2] != 1)
    unsupported(rays.rows, " rows, ", grid.size[2], " slices");
  if (rays.columns < 12 || views < 2 || std::ssize(values) != views * rays.columns)
    unsupported(views, " views, ", rays.columns, " columns, ", values.size(), " values");
  if (grid.axes != Mat3::Identity() || grid.spacing.minCoeff() <= 0.0)
    unsupported("an oblique grid");
  for (Index v = 0; v < views; ++v) {
    const double expected = rays.view_angles[0] + std::numbers::pi * double(v) / double(views);
    if (std::abs(rays.view_angles[std::size_t(v)] - expected) > 1e-6)
      unsupported("view ", v, " is at ", rays.view_angles[std::size_t(v)], " rad, not at ",
                  expected);
  }
  const double middle = 0.5 * double(rays.columns - 1), pitch = rays.column_pitch;
  const double first = (-middle - rays.column_offset) * pitch;
  const double radius = std::min(-first, (middle - rays.column_offset) * pitch);
  const detail::LineFilter filter({rays.columns, pitch, first, radius}, kernel,
                                  detail::LineFilter::Blur::twice);
  const detail::Circle circle(grid, radius);
  detail::PlaneBackProjection sums(grid, circle, filter.samples(), filter.position(0.0),
                                   filter.spacing(), isa);
  auto pool = Pool<Buffer<float>>::of(work_size(filter));
  sums.add(rays.view_angles, [&](Index begin, Index count, std::span<float> lines) {
    const auto memory = pool.borrow();
    const Work work(memory->span(), filter);
    const float* line[batch] = {};
    for (Index n = 0; n < count; ++n) line[n] = values.data() + (begin + n) * rays.columns;
    filter.single_rows({line, std::size_t(count)}, false, {}, work.scratch, work.direct, isa);
    for (Index n = 0; n < count; ++n)
      for (Index m = 0; m < filter.samples(); ++m)
        lines[std::size_t(n * filter.samples() + m)] =
            work.direct[std::size_t(detail::LineFilter::batch_at(n, m))];
  });
  return image_of(sums, circle, grid, std::numbers::pi / double(views), scale);
}

}  // namespace vitrine::recon
