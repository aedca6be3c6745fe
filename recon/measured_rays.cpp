#include "vitrine/recon/measured_rays.hpp"

#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon {

void ray_weights(const MeasuredRays& rays, Index view, Isa isa, std::span<float> weights) {
  constexpr float thickest = 14.0f;  // line integral: as preprocess.hpp believes
  constexpr Index around = 2 * detail::WeighJob::reach;
  const ScanGeometry& g = rays.values.geometry();
  const std::span<const float> values = (rays.read ? *rays.read : rays.values).view(view);
  VITRINE_EXPECT(weights.size() == values.size());
  const RayNoise& noise = rays.noise;
  const double load = noise.view_load.empty() ? 1.0 : noise.view_load[std::size_t(view)];
  std::vector<float> quanta, dark;
  for (Index c = 0; c < g.columns; ++c) {
    const double air = load * noise.air_quanta[std::size_t(c)];
    // The air reading grows with the load, so the electronic noise falls relative to it.
    const double electronic = noise.electronic[std::size_t(c)] / load;
    quanta.push_back(float(air));
    dark.push_back(float(air * electronic * electronic));
  }
  const auto size = std::size_t((g.columns + around) * (g.rows + around));
  std::vector<float> readings(size), sums(size), per_row(std::size_t(g.rows));
  detail::WeighJob job{};
  job.values = values.data();
  job.columns = g.columns, job.rows = g.rows;
  job.least = -1.0f, job.most = thickest;
  job.quanta = quanta.data(), job.dark = dark.data();
  job.readings = readings.data(), job.sums = sums.data(), job.per_row = per_row.data();
  job.weights = weights.data();
  detail::hot_kernels(isa).weigh(job);
}

}  // namespace vitrine::recon
