#include "vitrine/cli/feature_pairs.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "vitrine/core/value.hpp"
#include "vitrine/io/csv.hpp"
#include "vitrine/io/dicom_mask.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/io/mask_grid.hpp"

namespace vitrine::cli {
namespace {

std::string text_of(const Table::Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  const double number = std::get<double>(cell);
  return std::isnan(number) ? std::string() : to_text(number);
}

/// Labels of image files are whole numbers above 0.
std::optional<int> number_of(const std::string& label) {
  if (label.empty()) return {};
  int number = 0;
  const auto [stop, error] = std::from_chars(label.data(), label.data() + label.size(), number);
  require(error == std::errc() && stop == label.data() + label.size() && number > 0,
          Error::Kind::input, "the label '", label,
          "' is no whole number above 0 (only DICOM masks have names). Give the label's number.");
  return number;
}

/// Both files are DICOM and say in which coordinates they are.
void require_same_frame(const io::Path& image, const io::Path& mask) {
  const std::string of_image = io::frame_of_reference(image),
                    of_mask = io::frame_of_reference(mask);
  require(of_image.empty() || of_mask.empty() || of_image == of_mask, Error::Kind::data,
          "image and mask have different frames of reference:\n  image ", of_image, "\n  mask  ",
          of_mask, "\nGive the image that the mask was drawn on.");
}

}  // namespace

FeatureBatch read_feature_batch(const io::Path& file) {
  const Table table = io::read_csv(file);
  const std::size_t image = table.column("image"), mask = table.column("mask");
  std::optional<std::size_t> label;
  std::vector<std::size_t> extras;
  FeatureBatch batch;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (c == image || c == mask) continue;
    if (table.columns[c] == "label") {
      label = c;
      continue;
    }
    extras.push_back(c);
    batch.extra_columns.push_back(table.columns[c]);
  }
  for (const char* taken : {"feature", "ibsi_code", "unit", "value", "aggregation", "reason",
                            "aggregation_code", "error", "filter"})
    require(std::find(batch.extra_columns.begin(), batch.extra_columns.end(), taken) ==
                batch.extra_columns.end(),
            Error::Kind::data, "'", file.string(), "' has a column '", taken,
            "' (the results have one of that name). Rename it.");
  for (const auto& row : table.rows) {
    FeaturePair pair{text_of(row[image]),
                     text_of(row[mask]),
                     label ? text_of(row[*label]) : "",
                     {},
                     file.parent_path()};
    for (const std::size_t c : extras) pair.extras.push_back(text_of(row[c]));
    require(!pair.image.empty() && !pair.mask.empty(), Error::Kind::data, "'", file.string(),
            "' has a row without image or mask.");
    batch.pairs.push_back(std::move(pair));
  }
  require(!batch.pairs.empty(), Error::Kind::data, "'", file.string(), "' has no row.");
  return batch;
}

Mask read_pair_mask(const FeaturePair& pair, const Image& image, MaskGeometry geometry) {
  const io::Path path = pair.base / pair.mask;
  const Grid& grid = image.grid();
  switch (io::kind_of_dicom_mask(path)) {
    case io::DicomMask::structure_set:
      require_same_frame(pair.base / pair.image, path);
      return io::read_dicom_contours(path, pair.label, grid);
    case io::DicomMask::segmentation: {
      require_same_frame(pair.base / pair.image, path);
      const Mask segment = io::read_dicom_segment(path, pair.label);
      return geometry == MaskGeometry::resample ? io::resample_mask(segment, grid)
                                                : io::place_mask(segment, grid);
    }
    case io::DicomMask::none:
      break;
  }
  const Mask mask = io::read_mask(path, number_of(pair.label));
  if (geometry == MaskGeometry::resample) return io::resample_mask(mask, grid);
  io::require_same_grid(grid, mask.grid());
  // The same grid within a hundredth of a millimetre: use the image's for both.
  Mask aligned(grid);
  std::copy(mask.values().begin(), mask.values().end(), aligned.values().begin());
  return aligned;
}

const Image& PairImages::of(const FeaturePair& pair) {
  const io::Path path = pair.base / pair.image;
  if (image_.empty() || path != path_) {
    image_.clear();
    image_.push_back(io::read_image(path));
    path_ = path;
  }
  return image_.front();
}

}  // namespace vitrine::cli
