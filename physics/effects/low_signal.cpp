#include <algorithm>

#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/effects/effect.hpp"

namespace vitrine::physics {
namespace {

/// Where few quanta arrive the logarithm turns noise into bias and streaks. There readings are
/// mixed with the mean of those around them, the more the weaker they are: by 1 - mean / threshold.
/// The mean decides, not the reading, since the low ones among equals must not be raised alone.
class LowSignalEffect final : public DetectorEffect {
 public:
  LowSignalEffect(const LowSignal& how, const EffectSetting& setting)
      : threshold_(how.threshold),
        reach_(how.reach),
        columns_(setting.geometry.columns),
        rows_(setting.geometry.rows),
        air_(setting.air.begin(), setting.air.end()) {}

  void apply(const ViewBlock&) override {}
  void correct(const ViewBlock& block) const override {
    parallel_for(block.count, [&](Index v) {
      mix(block.view(v), float(block.tube_load[std::size_t(v)] / threshold_));
    });
  }

 private:
  void mix(std::span<float> view, float per_air) const {
    bool any = false;
    for (std::size_t i = 0; i < view.size(); ++i) any |= view[i] * air_[i] * per_air < 1.0f;
    if (!any) return;
    // Sums over the cells of a square, first along rows, then along columns.
    std::vector<float> along(view.size()), sum(view.size());
    const auto spread = [&](const float* from, float* to, Index count, Index stride) {
      for (Index i = 0; i < count; ++i) {
        const Index begin = std::max<Index>(0, i - reach_), end = std::min(count, i + reach_ + 1);
        double total = 0.0;
        for (Index j = begin; j < end; ++j) total += double(from[j * stride]);
        to[i * stride] = float(total / double(end - begin));
      }
    };
    for (Index c = 0; c < columns_; ++c)
      spread(view.data() + c * rows_, along.data() + c * rows_, rows_, 1);
    for (Index r = 0; r < rows_; ++r) spread(along.data() + r, sum.data() + r, columns_, rows_);
    for (std::size_t i = 0; i < view.size(); ++i) {
      const float share = std::clamp(1.0f - sum[i] * air_[i] * per_air, 0.0f, 1.0f);
      if (share > 0.0f) view[i] += share * (sum[i] - view[i]);
    }
  }

  double threshold_;  // keV
  Index reach_, columns_, rows_;
  std::vector<float> air_;  // keV/mAs
};

}  // namespace

Effect low_signal(const EffectSetting& setting) {
  const auto& how = setting.beam.detector().low_signal;
  if (!how || how->threshold == 0.0 || how->reach == 0) return nullptr;
  return std::make_unique<LowSignalEffect>(*how, setting);
}

}  // namespace vitrine::physics
