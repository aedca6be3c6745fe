#pragma once
#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "vitrine/core/buffer.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/scatter_field.hpp"
#include "vitrine/recon/measured_rays.hpp"
#include "vitrine/recon/rebin.hpp"
#include "vitrine/trial/detail/shared_readings.hpp"

namespace vitrine::trial::detail {

/// Takes the views of a scan as they come, through noise (or none), logarithm and correction, into
/// the form that reconstruction starts from.
class ScanOutput {
 public:
  /// `correction` of the scatter is subtracted.
  ScanOutput(const ScanGeometry& geometry, const recon::WaterCorrection& water,
             const physics::ScatterField* scatter, double correction, Isa isa)
      : geometry_(geometry),
        water_(water),
        scatter_(correction > 0.0 ? scatter : nullptr),
        correction_(correction),
        isa_(isa),
        cells_(std::size_t(geometry.columns * geometry.rows)),
        rebinner_(geometry, most_views(cells_), isa) {}

  void add_noise(physics::Acquisition acquisition) { acquisition_ = std::move(acquisition); }
  /// Of a series of a scan, all of which are made of the same readings and share them.
  void share(std::shared_ptr<SharedReadings> readings, const Series& series) {
    shared_ = std::move(readings);
    series_ = &series;
  }
  /// Keep the rays as they are measured, too.
  void measure(recon::RayNoise noise) {
    measured_ = {Sinogram<quantity::LineIntegral>(geometry_), std::move(noise)};
  }
  std::optional<recon::MeasuredRays> measured() { return std::move(measured_); }
  void keep(std::unique_ptr<RawData> raw, RawScan::Quantity quantity) {
    raw_ = std::move(raw);
    quantity_ = quantity;
  }

  void take(const TracedBlock& block) {
    if (!shared_) {
      take(block.first, block.count, block.signal, block.quanta);
      return;
    }
    if (readings_.size() < block.signal.size()) readings_ = Buffer<float>(block.signal.size());
    const auto readings = readings_.span().first(block.signal.size());
    shared_->read(block, *series_, readings);
    take(block.first, block.count, readings, {});
  }

  std::vector<FileRecord> files() {
    std::vector<FileRecord> all;
    if (raw_) all = std::exchange(raw_, nullptr)->finish();
    if (shared_) std::ranges::move(shared_->files(), std::back_inserter(all));
    return all;
  }
  recon::Rebinned data() { return std::move(rebinner_).finish(); }

 private:
  void take(Index first, Index count, std::span<const float> signal,
            std::span<const float> quanta) {
    for (Index done = 0; done < count;) {
      const std::span<float> room = rebinner_.room(count - done);
      const std::size_t at = std::size_t(done) * cells_;
      const Index views = Index(room.size() / cells_);
      std::span<const float> readings = signal.subspan(at, room.size());
      if (acquisition_) {
        acquisition_->read(first + done, views, readings, quanta.subspan(at, room.size()), room);
        readings = room;
      }
      if (scatter_) {
        if (!acquisition_) std::ranges::copy(readings, room.begin());
        scatter_->subtract(first + done, views, correction_, room);
        readings = room;
      }
      if (raw_ && quantity_ == RawScan::Quantity::signal) raw_->views(readings);
      if (series_ && series_->spectral)  // these are line integrals already
        std::ranges::copy(readings, room.begin());
      else
        recon::line_integrals(geometry_, readings, water_, isa_, room);
      if (raw_ && quantity_ == RawScan::Quantity::line_integral) raw_->views(room);
      if (measured_)
        std::ranges::copy(std::as_const(room),
                          measured_->values.values().begin() + (first + done) * Index(cells_));
      rebinner_.take(views);
      done += views;
    }
  }

  /// At once: fewer of a flat panel, so that they take no more than 64 MiB.
  static Index most_views(std::size_t cells) {
    constexpr std::size_t bytes = std::size_t(64) << 20;
    return std::clamp<Index>(Index(bytes / (cells * sizeof(float))), 16, 128);
  }

  const ScanGeometry& geometry_;
  const recon::WaterCorrection& water_;
  const physics::ScatterField* scatter_;
  double correction_;
  Isa isa_;
  std::size_t cells_;
  std::optional<physics::Acquisition> acquisition_;
  std::shared_ptr<SharedReadings> shared_;  // of all series of the scan
  const Series* series_ = nullptr;
  Buffer<float> readings_;
  std::unique_ptr<RawData> raw_;
  RawScan::Quantity quantity_ = RawScan::Quantity::signal;
  recon::Rebinner rebinner_;
  std::optional<recon::MeasuredRays> measured_;
};

}  // namespace vitrine::trial::detail
