// What tells one cell from another: its gain, and whether it reads at all.
#include <algorithm>
#include <utility>

#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/effects/effect.hpp"

namespace vitrine::physics {
namespace {

/// Throws Error for a column that the detector has not.
void check_columns(const std::vector<std::int64_t>& columns, const ScanGeometry& geometry,
                   const char* key) {
  for (const std::int64_t column : columns)
    require(column < geometry.columns, Error::Kind::input, key, " names column ", column,
            " (the detector has ", geometry.columns, ", counted from 0). Name one of those.");
}

void multiply(const ViewBlock& block, const std::vector<float>& factor) {
  parallel_for(block.count, [&](Index v) {
    const auto view = block.view(v);
    for (std::size_t i = 0; i < view.size(); ++i) view[i] *= factor[i];
  });
}

/// A gain per cell; the calibration holds it, or was made before.
class Gain final : public DetectorEffect {
 public:
  Gain(std::vector<float> factor, bool known) : factor_(std::move(factor)), known_(known) {}
  void apply(const ViewBlock& block) override { multiply(block, factor_); }
  void calibrate(std::span<float> air) const override {
    if (!known_) return;
    for (std::size_t i = 0; i < air.size(); ++i) air[i] *= factor_[i];
  }

 private:
  std::vector<float> factor_;
  bool known_;
};

/// 1 + spread z, and never below a tenth: a cell that reads less counts as dead.
float gain(double spread, Rng rng) { return float(std::max(0.1, 1.0 + spread * rng.normal())); }

class Dead final : public DetectorEffect {
 public:
  Dead(std::vector<float> alive, bool interpolated, const ScanGeometry& geometry)
      : alive_(std::move(alive)), rows_(geometry.rows) {
    if (!interpolated) return;
    const Index columns = geometry.columns;
    for (Index row = 0; row < rows_; ++row) {
      const auto lives = [&](Index c) { return alive_[std::size_t(c * rows_ + row)] != 0.0f; };
      for (Index c = 0; c < columns; ++c) {
        if (lives(c)) continue;
        Index left = c, right = c;
        while (left >= 0 && !lives(left)) --left;
        while (right < columns && !lives(right)) ++right;
        require(left >= 0 || right < columns, Error::Kind::input, "all cells of row ", row,
                " are dead (nothing is left to interpolate from). Let some live.");
        if (left < 0) left = right;
        if (right >= columns) right = left;
        const double share = right == left ? 0.0 : double(c - left) / double(right - left);
        bridges_.push_back(
            {c * rows_ + row, left * rows_ + row, right * rows_ + row, float(share)});
      }
    }
  }
  void apply(const ViewBlock& block) override { multiply(block, alive_); }
  void correct(const ViewBlock& block) const override {
    parallel_for(block.count, [&](Index v) {
      float* view = block.view(v).data();
      for (const Bridge& b : bridges_)
        view[b.cell] = view[b.left] + b.share * (view[b.right] - view[b.left]);
    });
  }

 private:
  struct Bridge {
    Index cell, left, right;
    float share;
  };
  std::vector<float> alive_;
  Index rows_;
  std::vector<Bridge> bridges_;
};

}  // namespace

Effect dead_cells(const EffectSetting& setting) {
  const auto& dead = setting.beam.detector().dead_cells;
  if (!dead || (dead->share == 0.0 && dead->columns.empty())) return nullptr;
  check_columns(dead->columns, setting.geometry, "dead_cells.columns");
  std::vector<float> alive(setting.air.size());
  for (std::size_t i = 0; i < alive.size(); ++i) {
    const std::int64_t column = Index(i) / setting.geometry.rows;
    const bool is_dead = std::ranges::find(dead->columns, column) != dead->columns.end() ||
                         imperfection(setting, Imperfection::dead, i).uniform() < dead->share;
    alive[i] = is_dead ? 0.0f : 1.0f;
  }
  return std::make_unique<Dead>(std::move(alive), dead->interpolated, setting.geometry);
}

Effect gain_drift(const EffectSetting& setting) {
  const auto& drift = setting.beam.detector().gain_drift;
  if (!drift || drift->spread == 0.0 || drift->share == 0.0) return nullptr;
  check_columns(drift->columns, setting.geometry, "gain_drift.columns");
  std::vector<float> factor(setting.air.size(), 1.0f);
  for (std::size_t i = 0; i < factor.size(); ++i) {
    const std::int64_t column = Index(i) / setting.geometry.rows;
    const auto& columns = drift->columns;
    if (!columns.empty() && std::ranges::find(columns, column) == columns.end()) continue;
    Rng rng = imperfection(setting, Imperfection::drift, i);
    if (rng.uniform() < drift->share) factor[i] = gain(drift->spread, rng);
  }
  return std::make_unique<Gain>(std::move(factor), false);
}

Effect gain_spread(const EffectSetting& setting) {
  // Without steps the calibration takes it out exactly.
  const Detector& detector = setting.beam.detector();
  if (detector.gain_spread == 0.0 || !detector.converter) return nullptr;
  std::vector<float> factor(setting.air.size());
  for (std::size_t i = 0; i < factor.size(); ++i)
    factor[i] = gain(detector.gain_spread, imperfection(setting, Imperfection::spread, i));
  return std::make_unique<Gain>(std::move(factor), true);
}

}  // namespace vitrine::physics
