#include "vitrine/radiomics/pyradiomics/extract.hpp"

#include <cmath>

#include "vitrine/radiomics/pyradiomics/detail/classes.hpp"
#include "vitrine/radiomics/pyradiomics/detail/describe.hpp"
#include "vitrine/radiomics/pyradiomics/detail/image_types.hpp"
#include "vitrine/radiomics/pyradiomics/detail/preprocess.hpp"

namespace vitrine::radiomics::pyradiomics {
namespace {

bool is_shape(std::string_view name) { return name.starts_with("shape"); }

const ClassTable& table_of(const std::string& name) {
  for (const ClassTable* table : class_tables())
    if (table->info.name == name) return *table;
  throw Error(Error::Kind::input,
              str("'", name, "' is no feature class.", suggestion(name, feature_class_names())));
}

void append(const std::string& image, const FeatureClass& wanted, const Specimen& specimen,
            std::vector<FeatureValue>& out) {
  for (const Measured& m : table_of(wanted.name).measure(specimen, wanted.features))
    out.push_back({str(image, '_', wanted.name, '_', m.name), m.result.value, m.result.reason});
}

/// Image and region on one grid, normalised, resampled or cropped as the settings say.
Pair prepared(const Image& image, const Mask& mask, const Settings& settings, Stored stored,
              std::vector<Diagnostic>* diagnostics) {
  Raster raster(image);
  Roi roi = roi_of(mask);
  if (diagnostics) {
    describe_image(raster, "original", *diagnostics);
    describe_roi(nullptr, roi, "original", *diagnostics);
  }
  if (settings.normalize) raster.normalise(settings);
  if (settings.interpolator != "none" && settings.resampled_pixel_spacing) {
    Pair pair = resample(raster, roi, settings, stored);
    if (diagnostics) {
      describe_image(pair.image, "interpolated", *diagnostics);
      describe_roi(&pair.image, pair.roi, "interpolated", *diagnostics);
    }
    return pair;
  }
  if (!same_grid(image.grid(), mask.grid(), settings)) {
    require(settings.correct_mask, Error::Kind::data, "the grids of image and mask differ (",
            describe_difference(image.grid(), mask.grid()),
            "). Set correctMask: true or resampledPixelSpacing, or raise geometryTolerance");
    roi = on_grid_of(image.grid(), roi);
    if (diagnostics) describe_roi(&raster, roi, "corrected", *diagnostics);
  } else {
    roi.grid = image.grid();
  }
  if (!settings.pre_crop) return {std::move(raster), std::move(roi)};
  const Box box = padded(roi, settings.pad_distance);
  return {raster.cropped(box), cropped(roi, box)};
}

/// Shape is measured of the mask within the box of the region that intensities are measured in.
Roi within_box(const Roi& roi, const Box& box) {
  return make_roi(roi.grid, box, [&](Index i, Index j, Index k) {
    const Voxel p{i, j, k};
    for (std::size_t a = 0; a < 3; ++a)
      if (p[a] < roi.box.low[a] || p[a] > roi.box.high[a]) return false;
    return roi(i, j, k);
  });
}

void append_shape(const Raster& image, const Roi& roi, const Parameters& parameters,
                  Extraction& out) {
  for (const FeatureClass& wanted : parameters.classes) {
    if (!is_shape(wanted.name)) continue;
    Settings settings = parameters.settings;
    if (wanted.name == "shape2D") {
      const std::size_t across = axis_order(settings)[2];
      if (!settings.force_2d) {
        out.notes.emplace_back("shape2D is left out (it needs force2D: true)");
        continue;
      }
      require(roi.box.low[across] == roi.box.high[across], Error::Kind::data,
              "shape2D needs a region of one slice (this has ",
              roi.box.high[across] - roi.box.low[across] + 1,
              ", force2Ddimension says across which axis). Leave out shape2D");
    } else {
      settings.force_2d = false;
    }
    append("original", wanted, Specimen(image, roi, settings), out.features);
  }
}

}  // namespace

Extraction extract(const Image& image, const Mask& mask, const Parameters& parameters,
                   Stored stored) {
  const Settings& settings = parameters.settings;
  Extraction out;
  auto* diagnostics = settings.additional_info ? &out.diagnostics : nullptr;
  if (diagnostics) describe_parameters(parameters, *diagnostics);
  auto [raster, roi] = prepared(image, mask, settings, stored, diagnostics);
  require_size(roi, settings);
  Roi measured = roi;
  if (!settings.resegment_range.empty()) {
    measured = resegment(raster, roi, settings);
    require_size(measured, settings);
    if (diagnostics) describe_roi(&raster, measured, "resegmented", *diagnostics);
  }
  append_shape(raster, settings.resegment_shape ? measured : within_box(roi, measured.box),
               parameters, out);

  const Roi region = cropped(measured, measured.box);
  for (const ImageType& type : parameters.image_types)
    for_each_image(raster, type, measured.box, out.notes,
                   [&](const std::string& name, const Raster& derived) {
                     const Specimen specimen(derived, region, type.settings);
                     for (const FeatureClass& wanted : parameters.classes)
                       if (!is_shape(wanted.name)) append(name, wanted, specimen, out.features);
                   });
  return out;
}

}  // namespace vitrine::radiomics::pyradiomics
