#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/pool.hpp"
#include "vitrine/recon/detail/hot.hpp"
#include "vitrine/recon/detail/plane.hpp"

namespace vitrine::recon::detail {
namespace {

constexpr Index lanes = 8;

Index whole_lanes(Index n) { return (n + lanes - 1) / lanes * lanes; }

}  // namespace

PlaneBackProjection::Sums::Sums(Index lane_count, Index across_count, double lane0, double lane_d,
                                double across0, double across_d)
    : lanes(lane_count),
      across(across_count),
      pitch(whole_lanes(lane_count)),
      lane_first(lane0),
      lane_step(lane_d),
      across_first(across0),
      across_step(across_d),
      values(std::size_t(pitch * across_count)) {
  std::ranges::fill(values.span(), 0.0f);
}

PlaneBackProjection::PlaneBackProjection(const Grid& grid, const Circle& circle, Index samples,
                                         double first, double spacing, Isa isa)
    : circle_(circle),
      samples_(samples),
      first_(first),
      spacing_(spacing),
      isa_(isa),
      rows_(grid.size[0], grid.size[1], grid.origin.x(), grid.spacing.x(), grid.origin.y(),
            grid.spacing.y()),
      columns_(grid.size[1], grid.size[0], grid.origin.y(), grid.spacing.y(), grid.origin.x(),
               grid.spacing.x()) {}

PlaneBackProjection::Shear PlaneBackProjection::shear(const Sums& sums, double lane_cosine,
                                                      double across_cosine) const {
  // t = lane cos + across sin = t0 + (lane number + s) step, s = across sin / step.
  const double step = sums.lane_step * lane_cosine;
  const double s0 = sums.across_first * across_cosine / step;
  const double slope = sums.across_step * across_cosine / step;
  const double s1 = s0 + slope * double(sums.across - 1);
  const double lowest = std::floor(std::min(s0, s1));
  Shear out{};
  // Half the lines' own spacing: what this second linear interpolation blurs is the kernel's to
  // make up for (LineFilter's `blur`).
  out.phases = Index(std::ceil(2.0 * std::abs(step) / spacing_));
  out.length = whole_lanes(sums.lanes) + Index(std::ceil(std::max(s0, s1) - lowest)) + 2;
  out.base = (s0 - lowest) * double(out.phases);
  out.slope = slope * double(out.phases);
  out.first = (sums.lane_first * lane_cosine + lowest * step - first_) / spacing_;
  out.step = step / double(out.phases) / spacing_;
  return out;
}

void PlaneBackProjection::add(std::span<const double> angles, const Fill& fill) {
  std::vector<Index> along_rows, along_columns;
  for (std::size_t a = 0; a < angles.size(); ++a) {
    const bool steep = std::abs(math::cos(angles[a])) < std::abs(math::sin(angles[a]));
    (steep ? along_columns : along_rows).push_back(Index(a));
  }
  add(rows_, circle_.begin, circle_.end, angles, along_rows, fill);
  add(columns_, circle_.column_begin, circle_.column_end, angles, along_columns, fill);
}

void PlaneBackProjection::add(Sums& sums, std::span<const std::int32_t> begin,
                              std::span<const std::int32_t> end, std::span<const double> angles,
                              std::span<const Index> chosen, const Fill& fill) {
  if (chosen.empty()) return;
  constexpr Index block = 6 * batch, band = 32;
  const HotKernels& hot = hot_kernels(isa_);
  const bool by_rows = &sums == &rows_;
  std::vector<Shear> shears;
  Index size = 0;
  for (const Index a : chosen) {
    const double c = math::cos(angles[std::size_t(a)]), s = math::sin(angles[std::size_t(a)]);
    const Shear& made = shears.emplace_back(by_rows ? shear(sums, c, s) : shear(sums, s, c));
    size = std::max(size, made.phases * made.length);
  }
  const Index count = std::ssize(chosen);
  Buffer<float> lines(std::size_t(std::min(block, count) * size));
  auto pool = Pool<Buffer<float>>::of(std::size_t(batch * samples_));
  // Runs of angles that follow each other are filtered together.
  for (Index first = 0; first < count; first += block) {
    const Index here = std::min(block, count - first);
    parallel_for((here + batch - 1) / batch, [&](Index task) {
      const auto filtered = pool.borrow();
      const Index stop = std::min(first + (task + 1) * batch, first + here);
      for (Index n = first + task * batch; n < stop;) {
        Index run = 1;
        while (n + run < stop && chosen[std::size_t(n + run)] == chosen[std::size_t(n)] + run)
          ++run;
        fill(chosen[std::size_t(n)], run, filtered->span());
        for (Index i = 0; i < run; ++i) {
          const Shear& to = shears[std::size_t(n + i)];
          hot.deal_phases(filtered->data() + i * samples_, samples_, to.first, to.step, to.phases,
                          to.length, lines.data() + (n + i - first) * size);
        }
        n += run;
      }
    });
    parallel_for((sums.across + band - 1) / band, [&](Index task) {
      for (Index n = 0; n < here; n += PlaneJob::angles) {
        PlaneJob job;
        job.count = std::min(PlaneJob::angles, here - n);
        for (Index i = 0; i < job.count; ++i) {
          const Shear& of = shears[std::size_t(first + n + i)];
          job.line[i] = lines.data() + (n + i) * size;
          job.base[i] = of.base;
          job.slope[i] = of.slope;
          job.phases[i] = of.phases;
          job.length[i] = of.length;
        }
        job.first_row = task * band;
        job.last_row = std::min(sums.across, job.first_row + band);
        job.begin = begin.data();
        job.end = end.data();
        job.pitch = sums.pitch;
        job.sums = sums.values.data();
        hot.add_lines(job);
      }
    });
  }
}

}  // namespace vitrine::recon::detail
