#include <algorithm>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/effects/effect.hpp"

namespace vitrine::physics {
namespace {

/// What the scintillator still holds is given off exponentially. While a reading takes the time T
/// evenly, of a component with share b and time constant tau that holds Q before it:
/// Q' = Q d + b x (1 - d) tau / T, d = exp(-T / tau), and the reading is x less what Q' has gained
/// on Q. Exact for light that is steady during a reading; all that goes in comes out.
class LagEffect final : public DetectorEffect {
 public:
  LagEffect(const Lag& lag, const EffectSetting& setting)
      : reading_time_(reading_time(setting.geometry)),
        from_air_(lag.before == "air"),
        cells_(setting.geometry.columns * setting.geometry.rows) {
    for (std::size_t k = 0; k < lag.fractions.size(); ++k) {
      if (lag.fractions[k] == 0.0) continue;
      const double tau = lag.time_constants[k], ratio = reading_time_ / tau;
      const double left = math::exp(-ratio);
      components_.push_back({tau, float(lag.fractions[k] * (1.0 - left) / ratio), float(left),
                             float(1.0 - left), float(lag.fractions[k] / ratio)});
    }
    if (from_air_) air_.assign(setting.air.begin(), setting.air.end());
    held_.assign(components_.size() * std::size_t(cells_), 0.0f);
  }

  void apply(const ViewBlock& block) override {
    if (block.count == 0) return;
    if (from_air_) {
      for (std::size_t k = 0; k < components_.size(); ++k)
        for (std::size_t c = 0; c < std::size_t(cells_); ++c)
          held_[k * std::size_t(cells_) + c] =
              components_[k].settled * air_[c] * float(block.tube_load[0]);
      from_air_ = false;
    }
    // What is left of each component after the pause before each view.
    std::vector<float> paused(components_.size() * std::size_t(block.count), 1.0f);
    for (Index v = 0; v < block.count; ++v) {
      const auto view = std::size_t(block.first + v);
      if (view == 0) continue;
      const auto& times = block.geometry.view_times;
      const double pause = times[view] - times[view - 1] - reading_time_;
      if (pause > 1e-6 * reading_time_)
        for (std::size_t k = 0; k < components_.size(); ++k)
          paused[std::size_t(v) * components_.size() + k] =
              float(math::exp(-pause / components_[k].tau));
    }
    constexpr Index part = 1024;
    parallel_for((cells_ + part - 1) / part, [&](Index p) {
      const Index begin = p * part, end = std::min(begin + part, cells_);
      for (Index v = 0; v < block.count; ++v)
        step(block.view(v).data(), &paused[std::size_t(v) * components_.size()], begin, end);
    });
  }

 private:
  struct Component {
    double tau;     ///< s
    float filled;   ///< share of a reading that is held at its end
    float left;     ///< of what was held before it
    float given;    ///< 1 - left
    float settled;  ///< held in equilibrium, over the reading
  };

  /// The time of a reading: the shortest between two of them.
  static double reading_time(const ScanGeometry& geometry) {
    const auto& times = geometry.view_times;
    require(std::ssize(times) == geometry.views() && times.size() > 1, Error::Kind::input,
            "a detector's lag needs the times of at least two views (the scan has ", times.size(),
            ")");
    double shortest = times[1] - times[0];
    for (std::size_t v = 2; v < times.size(); ++v)
      shortest = std::min(shortest, times[v] - times[v - 1]);
    require(shortest > 0.0, Error::Kind::input, "two views are ", shortest,
            " s apart (lag needs views one after the other)");
    return shortest;
  }

  void step(float* reading, const float* paused, Index begin, Index end) {
    constexpr Index part = 1024;
    float gained[part];
    std::fill_n(gained, end - begin, 0.0f);
    for (std::size_t k = 0; k < components_.size(); ++k) {
      const Component& c = components_[k];
      float* held = held_.data() + Index(k) * cells_ + begin;
      const float* x = reading + begin;
      const float pause = paused[k], filled = c.filled, given = c.given;
      for (Index i = 0; i < end - begin; ++i) {
        const float before = pause * held[i];
        const float change = filled * x[i] - given * before;
        held[i] = before + change;
        gained[i] += change;
      }
    }
    for (Index i = 0; i < end - begin; ++i) reading[begin + i] -= gained[i];
  }

  double reading_time_;
  bool from_air_;
  Index cells_;
  std::vector<Component> components_;
  std::vector<float> air_;   // keV/mAs
  std::vector<float> held_;  // keV, [component][cell]
};

}  // namespace

Effect lag(const EffectSetting& setting) {
  const auto& lag = setting.beam.detector().lag;
  if (!lag || std::ranges::all_of(lag->fractions, [](double f) { return f == 0.0; }))
    return nullptr;
  return std::make_unique<LagEffect>(*lag, setting);
}

}  // namespace vitrine::physics
