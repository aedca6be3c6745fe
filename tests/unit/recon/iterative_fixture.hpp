#pragma once
#include "fixture.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/recon/algorithm.hpp"
#include "vitrine/recon/iterative.hpp"
#include "vitrine/recon/penalised_fit.hpp"

namespace vitrine::recon {

/// Line integrals of cells with a width: the mean of three rays.
inline LineIntegrals project_cells(const ScanGeometry& g, const std::vector<Part>& parts) {
  ScanGeometry fine = g;
  fine.columns = 3 * g.columns;
  fine.column_angle = g.column_angle / 3.0;
  fine.column_offset = 3.0 * g.column_offset;
  const LineIntegrals rays = project(fine, parts);
  LineIntegrals out(g);
  parallel_for(g.views(), [&](Index v) {
    for (Index c = 0; c < g.columns; ++c)
      for (Index r = 0; r < g.rows; ++r) {
        float sum = 0.0f;
        for (Index s = 0; s < 3; ++s)
          sum += rays.view(v)[std::size_t((3 * c + s) * g.rows + r)] / 3.0f;
        out.view(v)[std::size_t(c * g.rows + r)] = sum;
      }
  });
  return out;
}

inline RayNoise quanta(const ScanGeometry& g, double count, double electronic = 0.0) {
  return {std::vector<double>(std::size_t(g.columns), count),
          std::vector<double>(std::size_t(g.columns), electronic),
          {}};
}

/// Poisson (normal) and electronic noise of line integrals.
inline LineIntegrals noisy(LineIntegrals rays, double count, double electronic = 0.0) {
  const Stream stream = make_stream(7, "rays", Draw::test);
  const ScanGeometry g = rays.geometry();
  parallel_for(g.views(), [&](Index v) {
    Rng rng(stream, std::uint64_t(v));
    for (float& p : rays.view(v)) {
      const double s = math::exp(-double(p));
      const double read = s + std::sqrt(s / count) * rng.normal() +
                          (electronic > 0.0 ? electronic * rng.normal() : 0.0);
      p = float(-math::log(std::max(read, 0x1p-20)));
    }
  });
  return rays;
}

struct TestScan {
  Rebinned lines;
  MeasuredRays measured;
};

inline TestScan scan_of(LineIntegrals rays, RayNoise noise) {
  Rebinned lines = rebin(rays, isa());
  return {std::move(lines), {std::move(rays), std::move(noise)}};
}

inline Image iterated(const TestScan& scan, const Iterative::Params& how, const Grid& grid,
                      double thickness) {
  const auto soft = kernel(Value("soft"));
  return Iterative(how).reconstruct({scan.lines, &scan.measured},
                                    {*soft, grid, thickness, water_scale}, isa());
}

}  // namespace vitrine::recon
