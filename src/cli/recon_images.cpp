#include "vitrine/cli/recon_images.hpp"

#include <algorithm>
#include <optional>

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

recon::RayNoise ray_noise(const RawScan& raw) {
  const double load = raw.beam.tube_load / double(raw.geometry.views_per_rotation);
  recon::RayNoise noise;
  for (std::size_t c = 0; c < std::size_t(raw.geometry.columns); ++c) {
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

/// A few views at a time: the file's values are never in memory as a whole unless they are wanted.
Rays rays_of(const ScanSource& source, bool measured, Isa isa) {
  const RawScan& raw = source.scan();
  const ScanGeometry& geometry = raw.geometry;
  std::optional<recon::WaterCorrection> water;
  if (raw.quantity == RawScan::Quantity::signal) water = recon::water_correction(raw.water);
  source.expect_values();  // before memory is taken
  std::optional<recon::MeasuredRays> kept;
  if (measured) kept = {Sinogram<quantity::LineIntegral>(geometry), ray_noise(raw)};
  constexpr Index block = 128;
  recon::Rebinner rebinner(geometry, block, isa);
  for (Index first = 0; first < geometry.views();) {
    const std::span<float> values = rebinner.room(geometry.views() - first);
    source.views(first, values);
    if (water) recon::line_integrals(geometry, values, *water, isa, values);
    const Index cells = geometry.columns * geometry.rows;
    if (kept) std::ranges::copy(values, kept->values.values().begin() + first * cells);
    const Index views = std::ssize(values) / cells;
    rebinner.take(views);
    first += views;
  }
  recon::Rebinned data = std::move(rebinner).finish();
  data.extend_truncated(raw.truncation_extension);
  return {std::move(data), std::move(kept)};
}

}  // namespace

void make_images(const ScanSource& source, const std::vector<ReconOrder>& orders, Isa isa,
                 const std::function<void(const ReconOrder&, const Image&)>& take) {
  const RawScan& raw = source.scan();
  // As measured, while anything else wants that; then corrected.
  Rays rays =
      rays_of(source,
              std::ranges::any_of(
                  orders, [](const ReconOrder& o) { return o.algorithm->wants_measured(); }),
              isa);
  recon::Rebinned& data = rays.lines;
  const recon::HounsfieldScale scale{raw.beam.mu_water, raw.beam.mu_air};
  std::optional<recon::CorrectedScan> corrected;
  std::string corrected_by;
  for (const ReconOrder& order : orders) {
    const auto image = [&](const recon::SliceStack& slices) {
      if (!order.corrections.any())
        return order.algorithm->reconstruct({data, rays.measured ? &*rays.measured : nullptr},
                                            {*order.kernel, slices.grid, slices.thickness, scale},
                                            isa);
      if (!corrected || corrected_by != canonical(order.corrections)) {
        const auto table = hardening(order.corrections, raw, source.file());
        corrected.emplace(recon::copy(data), order.corrections, scale, table ? &*table : nullptr,
                          isa);
        corrected_by = canonical(order.corrections);
      }
      return corrected->reconstruct(*order.kernel, slices.grid, slices.thickness, scale, isa);
    };
    take(order, recon::denoised(
                    recon::reformatted(raw.geometry, recon::image_grid(order.box, raw.geometry),
                                       order.thickness, image),
                    order.denoise, isa));
  }
}

}  // namespace vitrine::cli
