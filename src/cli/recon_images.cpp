#include "vitrine/cli/recon_images.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "vitrine/cli/recon_series.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/recon/counted_views.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/preprocess.hpp"
#include "vitrine/recon/reformat.hpp"
#include "vitrine/recon/water_table.hpp"

namespace vitrine::cli {
namespace {

/// The table that a correction of bone needs, which the trial left in the file.
std::optional<recon::HardeningTable> hardening(const recon::Corrections& corrections,
                                               const RawScan& raw, const std::string& file) {
  if (!corrections.bone) return std::nullopt;
  const RawScan::Hardening& held = raw.hardening;
  require(held.material == material(corrections.bone->material).name, Error::Kind::input, "'", file,
          "' holds no table of hardening by ", corrections.bone->material, " (",
          held.material.empty() ? "it holds none" : "it holds that of " + held.material,
          "). Run the trial with corrections.bone of this material.");
  return recon::HardeningTable({held.material, held.attenuation, held.most_line, held.most_length,
                                held.columns_apart, held.coefficients});
}

recon::RayNoise ray_noise(const RawScan& raw, const ScanSeries& series) {
  const double load = raw.beam.tube_load / double(raw.geometry.views_per_rotation);
  const std::size_t bins = raw.counting.thresholds.size();
  recon::RayNoise noise;
  for (std::size_t c = 0; c < std::size_t(raw.geometry.columns); ++c) {
    if (const auto& window = series.window) {
      double counts = 0.0;
      for (auto b = std::size_t(window->first); b < std::size_t(window->last); ++b)
        counts += raw.counting.air[c * bins + b];
      noise.air_quanta.push_back(load * counts);
      noise.electronic.push_back(0.0);
      continue;
    }
    noise.air_quanta.push_back(load * raw.beam.air_quanta[c]);
    noise.electronic.push_back(raw.beam.electronic_noise / (load * raw.beam.air_signal[c]));
  }
  for (const double of_view : raw.beam.view_tube_load)
    noise.view_load.push_back(of_view / raw.beam.tube_load);
  return noise;
}

/// The scan's rays, rebinned, and as they were measured where an image is made of these.
struct Rays {
  recon::Rebinned lines;
  std::optional<recon::MeasuredRays> measured;
};

/// Takes a series' views as they come to what `Rays` is.
class RayMaker {
 public:
  RayMaker(const RawScan& raw, ScanSeries series, bool measured, Isa isa)
      : raw_(raw), series_(std::move(series)), isa_(isa), rebinner_(raw.geometry, block, isa) {
    if (measured) kept_ = {Sinogram<quantity::LineIntegral>(raw.geometry), ray_noise(raw, series_)};
    if (series_.window)
      water_ = recon::water_correction(series_.window->water);
    else if (raw.quantity == RawScan::Quantity::signal)
      water_ = recon::water_correction(raw.water);
  }

  static constexpr Index block = 128;  // views
  /// Where views go, at most so many.
  std::span<float> room(Index views) { return rebinner_.room(views); }
  /// The counts of as many views as there is room for.
  void read(recon::CountedViews& counts, std::span<float> room) {
    if (series_.spectral)
      counts.combine(*series_.spectral, room);
    else
      counts.read(window(), room);
  }
  /// They are there.
  void take(Index first, std::span<float> values) {
    const ScanGeometry& geometry = raw_.geometry;
    const Index cells = geometry.columns * geometry.rows;
    if (water_) recon::line_integrals(geometry, values, *water_, isa_, values);
    if (kept_) std::ranges::copy(values, kept_->values.values().begin() + first * cells);
    rebinner_.take(std::ssize(values) / cells);
  }
  Rays finish() {
    recon::Rebinned data = std::move(rebinner_).finish();
    data.extend_truncated(raw_.truncation_extension);
    return {std::move(data), std::move(kept_)};
  }

 private:
  BinWindow window() const {
    return {std::size_t(series_.window->first), std::size_t(series_.window->last)};
  }

  const RawScan& raw_;
  ScanSeries series_;
  Isa isa_;
  std::optional<recon::WaterCorrection> water_;
  std::optional<recon::MeasuredRays> kept_;
  recon::Rebinner rebinner_;
};

/// A few views at a time: the file's values are never in memory as a whole unless they are wanted.
Rays rays_of(const ScanSource& source, const ScanSeries& series, bool measured, Isa isa) {
  const Index views = source.scan().geometry.views();
  source.expect_values();  // before memory is taken
  RayMaker rays(source.scan(), series, measured, isa);
  const Index cells = Index(source.scan().values_per_view());
  for (Index first = 0; first < views;) {
    const std::span<float> values = rays.room(views - first);
    source.views(first, values);
    rays.take(first, values);
    first += std::ssize(values) / cells;
  }
  return rays.finish();
}

physics::AirCounts air_counts(const RawScan& raw) {
  const RawScan::Counting& counting = raw.counting;
  std::optional<physics::PileUpOfReading> loss;
  if (!counting.pile_up.empty())
    loss = {{counting.dead_time, counting.pile_up, counting.pile_up_correction},
            counting.rate_of_count};
  return {raw.geometry, counting.thresholds.size(), counting.air, counting.view_load,
          std::move(loss)};
}

std::optional<recon::MaterialDecomposition> decomposition(const RawScan& raw) {
  const RawScan::Spectral& held = raw.spectral;
  if (held.nodes == 0) return std::nullopt;
  return recon::MaterialDecomposition({material(held.material).name, held.mu_water, held.mu_second,
                                       raw.counting.thresholds.size(), std::size_t(held.nodes),
                                       held.exponents, held.weights, raw.counting.air,
                                       held.whitening, held.water_per_log});
}

/// Of several series of a photon-counting scan, whose counts are read once, and parted once.
std::vector<Rays> counted_rays(const ScanSource& source, std::span<const ScanSeries> series,
                               std::span<const bool> measured, Isa isa) {
  const RawScan& raw = source.scan();
  const Index views = raw.geometry.views();
  const std::size_t bins = raw.counting.thresholds.size();
  const auto cells = std::size_t(raw.geometry.columns * raw.geometry.rows);
  source.expect_values();
  const physics::AirCounts air = air_counts(raw);
  const auto parts = decomposition(raw);
  recon::CountedViews counted(raw.geometry, air, parts ? &*parts : nullptr, recon::Readings::drawn,
                              isa);
  std::vector<std::unique_ptr<RayMaker>> makers;
  for (std::size_t s = 0; s < series.size(); ++s)
    makers.push_back(std::make_unique<RayMaker>(raw, series[s], measured[s], isa));
  std::vector<float> by_view, by_bin;
  std::vector<std::span<float>> rooms(makers.size());
  for (Index first = 0; first < views;) {
    // Rebinners that took the same have room for the same.
    for (std::size_t s = 0; s < makers.size(); ++s) rooms[s] = makers[s]->room(views - first);
    const std::size_t count = rooms.front().size() / cells;
    by_view.resize(count * bins * cells);
    by_bin.resize(by_view.size());
    source.views(first, by_view);
    parallel_for(Index(count), [&](Index v) {
      for (std::size_t b = 0; b < bins; ++b)
        std::copy_n(by_view.begin() + std::ptrdiff_t((std::size_t(v) * bins + b) * cells), cells,
                    by_bin.begin() + std::ptrdiff_t((b * count + std::size_t(v)) * cells));
    });
    counted.take(first, Index(count), by_bin);
    for (std::size_t s = 0; s < makers.size(); ++s) {
      VITRINE_EXPECT(rooms[s].size() == count * cells);
      makers[s]->read(counted, rooms[s]);
      makers[s]->take(first, rooms[s]);
    }
    first += Index(count);
  }
  std::vector<Rays> rays;
  for (const auto& maker : makers) rays.push_back(maker->finish());
  return rays;
}

/// Makes images of a series.
class Images {
 public:
  Images(const ScanSource& source, ScanSeries series, Rays rays, Isa isa)
      : source_(source), series_(std::move(series)), rays_(std::move(rays)), isa_(isa) {}

  Image operator()(const ReconOrder& order) {
    const RawScan& raw = source_.scan();
    const Image image = recon::reformatted(
        raw.geometry, recon::image_grid(order.box, raw.geometry), order.thickness,
        [&](const recon::SliceStack& slices) { return plain(order, slices); });
    return recon::in_unit(recon::denoised(image, order.denoise, isa_), voxel_unit(series_));
  }

 private:
  Image plain(const ReconOrder& order, const recon::SliceStack& slices) {
    const recon::ImageOrder wanted{*order.kernel, slices.grid, slices.thickness, series_.scale};
    if (!order.corrections.any())
      return order.algorithm->reconstruct(
          {rays_.lines, rays_.measured ? &*rays_.measured : nullptr}, wanted, isa_);
    if (!corrected_ || corrected_by_ != canonical(order.corrections)) {
      const auto table = hardening(order.corrections, source_.scan(), source_.file());
      corrected_.emplace(recon::copy(rays_.lines), order.corrections, series_.scale,
                         table ? &*table : nullptr, isa_);
      corrected_by_ = canonical(order.corrections);
      corrected_rays_.reset();
    }
    if (order.algorithm->wants_measured() && !corrected_rays_)
      corrected_rays_ = corrected_->rays(rays_.measured.value(), isa_);
    return corrected_->reconstruct(*order.algorithm, corrected_rays_ ? &*corrected_rays_ : nullptr,
                                   wanted, isa_);
  }

  const ScanSource& source_;
  ScanSeries series_;
  Rays rays_;  // as measured, while anything else wants that; corrected beside it
  Isa isa_;
  std::optional<recon::CorrectedScan> corrected_;
  std::optional<recon::MeasuredRays> corrected_rays_;
  std::string corrected_by_;
};

}  // namespace

void make_images(const ScanSource& source, const std::vector<ReconOrder>& orders, Isa isa,
                 const std::function<void(const ReconOrder&, const Image&)>& take) {
  constexpr std::size_t most = 3;  // series at once: each takes as much memory as the scan
  std::vector<std::string> all;
  for (const ReconOrder& order : orders)
    if (std::ranges::find(all, order.bins) == all.end()) all.push_back(order.bins);
  for (std::size_t first = 0; first < all.size(); first += most) {
    const auto names = std::span(all).subspan(first, std::min(most, all.size() - first));
    std::vector<ScanSeries> series;
    std::array<bool, most> measured{};
    for (std::size_t s = 0; s < names.size(); ++s) {
      series.push_back(series_of(source, names[s]));
      measured[s] = std::ranges::any_of(orders, [&](const ReconOrder& order) {
        return order.bins == names[s] && order.algorithm->wants_measured();
      });
    }
    std::vector<Rays> rays;
    if (source.scan().quantity == RawScan::Quantity::counts)
      rays = counted_rays(source, series, std::span(measured).first(names.size()), isa);
    else
      for (std::size_t s = 0; s < names.size(); ++s)
        rays.push_back(rays_of(source, series[s], measured[s], isa));
    for (std::size_t s = 0; s < names.size(); ++s) {
      Images make(source, series[s], std::move(rays[s]), isa);
      for (const ReconOrder& order : orders)
        if (order.bins == names[s]) take(order, make(order));
    }
  }
}

}  // namespace vitrine::cli
