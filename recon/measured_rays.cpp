#include "vitrine/recon/measured_rays.hpp"

#include <algorithm>

#include "vitrine/core/math.hpp"

namespace vitrine::recon {
namespace {

constexpr Index reach = 2;       // of the mean, cells
constexpr double thickest = 14;  // line integral: as preprocess.hpp believes

/// Means of `count` values `step` apart and their neighbours; those beyond the end do not count.
void smooth(float* values, Index count, Index step, std::vector<float>& scratch) {
  scratch.resize(std::size_t(count));
  for (Index i = 0; i < count; ++i) scratch[std::size_t(i)] = values[i * step];
  for (Index i = 0; i < count; ++i) {
    const Index first = std::max<Index>(0, i - reach), last = std::min(count - 1, i + reach);
    float sum = 0.0f;
    for (Index j = first; j <= last; ++j) sum += scratch[std::size_t(j)];
    values[i * step] = sum / float(last - first + 1);
  }
}

}  // namespace

void ray_weights(const MeasuredRays& rays, Index view, std::span<float> weights) {
  const ScanGeometry& g = rays.values.geometry();
  const std::span<const float> values = rays.values.view(view);
  VITRINE_EXPECT(weights.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    weights[i] = float(math::exp(-std::clamp(double(values[i]), -1.0, thickest)));
  std::vector<float> scratch;
  for (Index c = 0; c < g.columns; ++c) smooth(weights.data() + c * g.rows, g.rows, 1, scratch);
  for (Index r = 0; r < g.rows; ++r) smooth(weights.data() + r, g.columns, g.rows, scratch);
  const RayNoise& noise = rays.noise;
  const double load = noise.view_load.empty() ? 1.0 : noise.view_load[std::size_t(view)];
  for (Index c = 0; c < g.columns; ++c) {
    const double quanta = load * noise.air_quanta[std::size_t(c)];
    // The air reading grows with the load, so the electronic noise falls relative to it.
    const double electronic = noise.electronic[std::size_t(c)] / load;
    const auto dark = float(quanta * electronic * electronic);
    for (float& w : weights.subspan(std::size_t(c * g.rows), std::size_t(g.rows)))
      w = float(quanta) * w * w / (w + dark);
  }
}

}  // namespace vitrine::recon
