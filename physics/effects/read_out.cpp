// What readings and their calibration go through once the light is out.
#include <algorithm>
#include <cmath>

#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/effects/effect.hpp"

namespace vitrine::physics {
namespace {

/// mAs of a reading of the air scan times the readings: what its noise belongs to.
double air_load(const AirScan& scan, const ScanGeometry& geometry) {
  return double(scan.views) * scan.tube_load / double(geometry.views_per_rotation);
}

/// Quantum noise of a finite air scan, before crosstalk.
class AirQuanta final : public DetectorEffect {
 public:
  explicit AirQuanta(const EffectSetting& setting) : noise_(setting.air.size()) {
    const Beam& beam = setting.beam;
    const ScanGeometry& g = setting.geometry;
    const double load = air_load(*beam.detector().air_scan, g) * beam.detector().swank_factor;
    for (std::size_t i = 0; i < noise_.size(); ++i) {
      const Index column = Index(i) / g.rows, row = Index(i) % g.rows;
      const double quanta =
          beam.air_quanta(column, double(row)) * g.photon_share(double(column), double(row)) * load;
      noise_[i] =
          float(imperfection(setting, Imperfection::air_quanta, i).normal() / std::sqrt(quanta));
    }
  }
  void apply(const ViewBlock&) override {}
  void calibrate(std::span<float> air) const override {
    for (std::size_t i = 0; i < air.size(); ++i) air[i] += air[i] * noise_[i];
  }

 private:
  std::vector<float> noise_;
};

class ElectronicNoise final : public DetectorEffect {
 public:
  explicit ElectronicNoise(const EffectSetting& setting)
      : deviation_(setting.noiseless ? 0.0 : setting.beam.electronic_noise()),
        key_(setting.noise.key),
        isa_(setting.isa) {
    const auto& scan = setting.beam.detector().air_scan;
    if (!scan) return;
    // Electronic noise of the air scan's mean, keV/mAs.
    const double load = scan->tube_load / double(setting.geometry.views_per_rotation);
    const double deviation =
        setting.beam.electronic_noise() / std::sqrt(double(scan->views)) / load;
    for (std::size_t i = 0; i < setting.air.size(); ++i)
      air_noise_.push_back(
          float(deviation * imperfection(setting, Imperfection::air_electronic, i).normal()));
  }
  void apply(const ViewBlock& block) override {
    if (deviation_ == 0.0) return;
    parallel_for(block.count, [&](Index v) {
      detail::NormalJob job{};
      job.cells = block.cells();
      job.deviation = float(deviation_);
      job.key[0] = std::uint32_t(key_);
      job.key[1] = std::uint32_t(key_ >> 32);
      job.view = std::uint32_t(block.first + v);
      job.draw = std::uint32_t(Draw::electronic);
      job.values = block.view(v).data();
      detail::kernels(isa_).add_normals(job);
    });
  }
  void calibrate(std::span<float> air) const override {
    for (std::size_t i = 0; i < air_noise_.size(); ++i) air[i] += air_noise_[i];
  }

 private:
  double deviation_;  // keV
  std::uint64_t key_;
  Isa isa_;
  std::vector<float> air_noise_;
};

/// Whole steps up to full scale. The dark reading lies above zero, so what is negative stays.
class ConverterEffect final : public DetectorEffect {
 public:
  explicit ConverterEffect(const EffectSetting& setting)
      : step_(setting.beam.detector().converter->step()),
        full_scale_(setting.beam.detector().converter->full_scale),
        rounds_(!setting.noiseless) {}
  void apply(const ViewBlock& block) override {
    std::vector<Index> full(std::size_t(block.count), 0);
    parallel_for(block.count, [&](Index v) {
      const auto most = float(full_scale_);
      Index count = 0;
      for (float& x : block.view(v)) {
        if (rounds_) x = float(std::nearbyint(double(x) / step_) * step_);
        count += Index(x >= most);
        x = std::min(x, most);
      }
      full[std::size_t(v)] = count;
    });
    const bool all =
        block.count > 0 && std::ranges::all_of(full, [&](Index n) { return n == block.cells(); });
    require(!all, Error::Kind::input, "every reading of views ", block.first, " to ",
            block.first + block.count - 1, " saturates the detector's converter (at ", full_scale_,
            " keV). Raise converter.full_scale_kev, or lower the tube load.");
  }

 private:
  double step_, full_scale_;  // keV
  bool rounds_;
};

}  // namespace

Effect air_scan(const EffectSetting& setting) {
  if (!setting.beam.detector().air_scan) return nullptr;
  return std::make_unique<AirQuanta>(setting);
}

Effect electronic_noise(const EffectSetting& setting) {
  return std::make_unique<ElectronicNoise>(setting);
}

Effect converter(const EffectSetting& setting) {
  if (!setting.beam.detector().converter) return nullptr;
  return std::make_unique<ConverterEffect>(setting);
}

}  // namespace vitrine::physics
