#include <algorithm>
#include <optional>
#include <utility>

#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/effects/effect.hpp"

namespace vitrine::physics {
namespace {

/// A row of (k, 1 - 2k, k) along columns and one along rows; what would leave the detector stays in
/// its last cell. Every cell gives as much as it loses, so the sum stays, and so does what is even.
class CrosstalkEffect final : public DetectorEffect {
 public:
  CrosstalkEffect(const Crosstalk& crosstalk, const ScanGeometry& geometry)
      : across_(float(crosstalk.columns)),
        along_(float(crosstalk.rows)),
        columns_(std::size_t(geometry.columns)),
        rows_(std::size_t(geometry.rows)) {}

  void apply(const ViewBlock& block) override {
    parallel_for(block.count, [&](Index v) { spread(block.view(v)); });
  }
  void calibrate(std::span<float> air) const override { spread(air); }

 private:
  void spread(std::span<float> cells) const {
    std::vector<float> memory(3 * rows_ + 2);
    float* before = memory.data();                 // the last column as it was
    float* here = before + rows_;                  // this column as it was
    float* mixed = memory.data() + 2 * rows_ + 1;  // with a cell more at either end
    std::copy_n(cells.data(), rows_, before);
    for (std::size_t c = 0; c < columns_; ++c) {
      float* column = cells.data() + c * rows_;
      const float* after = c + 1 < columns_ ? column + rows_ : column;
      std::copy_n(column, rows_, here);
      for (std::size_t r = 0; r < rows_; ++r)
        mixed[r] = here[r] + across_ * ((before[r] - here[r]) + (after[r] - here[r]));
      mixed[-1] = mixed[0];
      mixed[rows_] = mixed[rows_ - 1];
      for (std::size_t r = 0; r < rows_; ++r) {
        const float* m = mixed + r;
        column[r] = m[0] + along_ * ((m[-1] - m[0]) + (m[1] - m[0]));
      }
      std::swap(before, here);
    }
  }

  float across_, along_;
  std::size_t columns_, rows_;
};

Effect make(const std::optional<Crosstalk>& crosstalk, const EffectSetting& setting) {
  if (!crosstalk || (crosstalk->columns == 0.0 && crosstalk->rows == 0.0)) return nullptr;
  return std::make_unique<CrosstalkEffect>(*crosstalk, setting.geometry);
}

}  // namespace

Effect x_ray_crosstalk(const EffectSetting& setting) {
  return make(setting.beam.detector().x_ray_crosstalk, setting);
}

Effect optical_crosstalk(const EffectSetting& setting) {
  return make(setting.beam.detector().optical_crosstalk, setting);
}

}  // namespace vitrine::physics
