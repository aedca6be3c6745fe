#include "vitrine/cli/recon_series.hpp"

#include <algorithm>

#include "vitrine/model/counting_sensor.hpp"

namespace vitrine::cli {
namespace {

/// Line integrals were made for images of one series.
void require_made_for(const RawScan& raw, const std::string& bins, const std::string& file) {
  const bool made = std::ranges::any_of(
      raw.images, [&](const RawScan::Made& image) { return image.bins == bins; });
  require(made || (raw.images.empty() && bins == "total"), Error::Kind::input, "'", file,
          "' holds no '", bins, "' (its values are ",
          raw.quantity == RawScan::Quantity::signal ? "readings of all energies"
                                                    : "line integrals of one series",
          raw.images.empty() ? "" : str(", made for ", raw.images.front().bins),
          "). Run a photon-counting scanner with outputs.raw: signal.");
}

}  // namespace

ScanSeries series_of(const ScanSource& source, const std::string& bins) {
  const RawScan& raw = source.scan();
  const std::string& file = source.file();
  const bool counts = raw.quantity == RawScan::Quantity::counts;
  ScanSeries series;
  series.scale = {raw.beam.mu_water, raw.beam.mu_air};
  if (!counts) require_made_for(raw, bins, file);
  if (recon::names_spectral(bins)) {
    require(!raw.spectral.material.empty() && (!counts || raw.spectral.nodes > 0),
            Error::Kind::input, "'", file, "' holds no calibration for '", bins,
            "' (the trial made no spectral image). Run it with one among vary.bins.");
    std::string why;
    series.spectral =
        recon::spectral_image(bins, {raw.spectral.material, raw.spectral.vnc_energy}, why);
    require(series.spectral.has_value(), Error::Kind::input, "no spectral image '", bins, "' (",
            why, "). Choose one of those.");
    series.scale = series.spectral->scale;
    return series;
  }
  if (!counts) return series;
  const std::size_t all = raw.counting.thresholds.size();
  const auto window = bin_window(bins, all);
  require(window.has_value(), Error::Kind::input, "'", file, "' has no bins '", bins, "' (it has ",
          all, "). Use total, bin1 to bin", all, ", threshold1 to threshold", all,
          ", or a spectral image.");
  const auto found = std::ranges::find_if(raw.counting.windows, [&](const auto& each) {
    return each.first == std::int64_t(window->first) && each.last == std::int64_t(window->last);
  });
  require(found != raw.counting.windows.end(), Error::Kind::data, "'", file,
          "' cannot be used (it holds no calibration of ", bins, "). Make the file again.");
  series.window = *found;
  series.scale = {found->mu_water, found->mu_air};
  return series;
}

}  // namespace vitrine::cli
