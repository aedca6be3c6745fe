// What an earlier run kept of a patient's scan beside its rays: images without noise, of which
// another dose needs no other, and parallel lines, of which another kernel or box is made.
#include <algorithm>
#include <array>
#include <utility>

#include "vitrine/core/parallel.hpp"
#include "vitrine/trial/detail/patient_scan.hpp"

namespace vitrine::trial::detail {
namespace {

KeptShape shape_of(const Grid& grid) { return {grid.size[2], grid.size[0] * grid.size[1], 1}; }

KeptShape shape_of(const recon::Rebinned& lines) {
  return {lines.lines(), lines.samples() * lines.padded_rows(), 1};
}

/// Those of all lines, which lie one after the other.
std::span<float> values_of(recon::Rebinned& lines) {
  return {lines.line(0, 0).data(),
          std::size_t(lines.lines() * lines.samples() * lines.padded_rows())};
}

void keep_all(StageStore& store, const std::string& key, const KeptShape& shape,
              std::span<const float> values) {
  const std::unique_ptr<ArrayToKeep> to = store.keep(key, shape);
  if (!to) return;
  to->steps(shape.steps, std::array{values});
  to->finish();
}

}  // namespace

std::optional<Image> PatientScan::load_image(const Arm& arm) const {
  if (!around_.kept) return {};
  Image image(grid_of(arm));
  const KeptShape shape = shape_of(image.grid());
  const Floats kept = around_.kept->map(image_key_of(nullptr, arm), shape);
  if (!kept) return {};
  parallel_for(shape.steps, [&](Index slice) {
    const auto at = std::size_t(slice * shape.cells);
    std::ranges::copy(std::span(kept.get() + at, std::size_t(shape.cells)),
                      image.values().begin() + std::ptrdiff_t(at));
  });
  return image;
}

/// Before anything is traced. Where one is missing the others can wait: the scan without noise is
/// there for them.
void PatientScan::load_images() {
  const auto is_there = [&](const Arm* arm) {
    return around_.kept->load(image_key_of(nullptr, *arm), shape_of(grid_of(*arm))) != nullptr;
  };
  if (!around_.kept || noiseless_.empty() || !std::ranges::all_of(noiseless_, is_there)) return;
  for (const Arm* arm : noiseless_) {
    std::optional<Image> image = load_image(*arm);
    if (!image) return kept_.clear();
    kept_.emplace(arm, std::move(*image));
  }
  has_noiseless_ = false;
  around_.ledger.load(Stage::read_out);
  for (std::size_t i = 0; i < series_.size(); ++i) around_.ledger.load(Stage::rebin);
}

std::optional<Image> PatientScan::kept_image(const Arm& arm) {
  std::optional<Image> image;
  if (has_noiseless_) {
    image = load_image(arm);
  } else if (auto held = kept_.extract(&arm)) {
    image = std::move(held.mapped());
  }
  if (image) around_.ledger.load(Stage::reconstruct);
  return image;
}

void PatientScan::keep_image(const Arm& arm, const Image& image) const {
  if (around_.kept)
    keep_all(*around_.kept, image_key_of(nullptr, arm), shape_of(image.grid()), image.values());
}

/// Whether lines are all that is wanted of the rays, and all outputs' fit into memory at once.
bool PatientScan::takes_kept_lines() const {
  return around_.kept && !measured_ && size().streams() &&
         plan_.scenario.outputs.raw.value_or("none") == "none";
}

std::optional<recon::Rebinned> PatientScan::load_lines(const ReadOut* what,
                                                       const std::string& bins) const {
  recon::Rebinned lines(geometry_);
  Floats kept = around_.kept->map(lines_key(what, bins), shape_of(lines));
  if (!kept) return {};
  lines.place(std::move(kept));
  return lines;
}

/// Those of all outputs, or none: for one that is missing the rays are read anyway.
void PatientScan::load_lines() {
  if (!takes_kept_lines()) return;
  const std::vector<const ReadOut*> wanted = outputs_wanted();
  {
    const KeptShape shape = shape_of(recon::Rebinned(geometry_));
    for (const ReadOut* what : wanted)
      for (const std::string& bins : series_)
        if (!around_.kept->load(lines_key(what, bins), shape)) return;
  }
  for (const ReadOut* what : wanted)
    for (const std::string& bins : series_) {
      std::optional<recon::Rebinned> lines = load_lines(what, bins);
      if (!lines) return lines_.clear();
      lines_.push_back(std::move(*lines));
    }
  for (std::size_t i = 0; i < wanted.size(); ++i) around_.ledger.load(Stage::read_out);
  for (std::size_t i = 0; i < lines_.size(); ++i) around_.ledger.load(Stage::rebin);
}

void PatientScan::keep_lines(const ReadOut* what, const std::string& bins,
                             recon::Rebinned& lines) const {
  if (takes_kept_lines() && around_.kept->keeps_lines())
    keep_all(*around_.kept, lines_key(what, bins), shape_of(lines), values_of(lines));
}

}  // namespace vitrine::trial::detail
