#include "vitrine/radiomics/pyradiomics/settings.hpp"

#include <algorithm>
#include <charconv>

#include "vitrine/radiomics/pyradiomics/features.hpp"
#include "vitrine/radiomics/pyradiomics/wavelet.hpp"

namespace vitrine {

/// A number, or the text of a whole one.
template <>
struct Codec<radiomics::pyradiomics::Sigma> {
  using Sigma = radiomics::pyradiomics::Sigma;
  static void describe(FieldInfo& field) { field.type = FieldInfo::Type::number; }
  static void read(const Value& value, Sigma& out, const FieldInfo& field, double to_native,
                   Diagnostics& problems) {
    Value number = value;
    if (const auto* text = value.as<std::string>()) {
      double mm = 0;
      const auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), mm);
      if (error == std::errc() && stop == text->data() + text->size()) number.data = mm;
    }
    Codec<double>::read(number, out.mm, field, to_native, problems);
    out.written_whole = value.as<std::string>() != nullptr;
  }
  static Value write(const Sigma& sigma, double) {
    return sigma.written_whole ? Value(sigma.text()) : Value(sigma.mm);
  }
};

namespace radiomics::pyradiomics {
namespace {

constexpr double above_zero = 1e-9;

/// The parts of a parameter file.
struct Document {
  Value setting, voxel_setting, feature_class, image_type;

  static const Schema<Document>& schema() {
    static const Schema<Document> schema =
        Schema<Document>("parameters", "A PyRadiomics parameter file")
            .optional("imageType", &Document::image_type, "images to measure, with their settings")
            .optional("featureClass", &Document::feature_class, "features to compute, by class")
            .optional("setting", &Document::setting, "settings of everything")
            .optional("voxelSetting", &Document::voxel_setting,
                      "settings of voxel-based extraction, which is not available");
    return schema;
  }
};

/// Members that have a value; None is the default of every setting but the interpolator.
Value without_nones(const Value& map) {
  const auto* members = map.as<Value::Map>();
  if (!members) return map;
  Value kept(Value::Map{});
  kept.where = map.where;
  for (Value::Member member : *members) {
    if (member.value.empty() && member.key != "interpolator") continue;
    if (member.value.empty()) member.value.data = std::string("none");
    std::get<Value::Map>(kept.data).push_back(std::move(member));
  }
  return kept;
}

/// `base` changed by the members of `custom`.
Value merged(const Value& base, const Value& custom) {
  Value all = base;
  if (!all.as<Value::Map>()) all = Value(Value::Map{});
  if (all.where.line == 0) all.where = custom.where;
  auto& members = std::get<Value::Map>(all.data);
  if (const auto* changes = custom.as<Value::Map>())
    for (const Value::Member& change : *changes) {
      std::erase_if(members, [&](const Value::Member& m) { return m.key == change.key; });
      members.push_back(change);
    }
  return all;
}

void require_map(const Value& node, std::string_view what, Diagnostics& problems) {
  if (!node.empty() && !node.as<Value::Map>())
    problems.error(node.where, str(what, " must be a map (this is ", name_of_type(node), ")"));
}

const Location& place_of(const Value::Member& member) {
  return member.key_where.line > 0 ? member.key_where : member.value.where;
}

void read_image_types(const Value& node, const Value& setting, Parameters& parameters,
                      Diagnostics& problems) {
  require_map(node, "imageType", problems);
  const auto* members = node.as<Value::Map>();
  if (!members || members->empty()) return;
  parameters.image_types.clear();
  for (const Value::Member& member : *members) {
    const std::string& kind = member.key;
    const auto& known = image_type_names();
    if (kind == "LBP2D" || kind == "LBP3D") {
      problems.error(place_of(member), str("imageType: '", kind,
                                           "' is not available. Remove it, and compute it with ",
                                           "PyRadiomics if you need it."));
      continue;
    }
    if (std::find(known.begin(), known.end(), kind) == known.end()) {
      problems.error(place_of(member),
                     str("imageType: unknown image type '", kind, "'.", suggestion(kind, known)));
      continue;
    }
    ImageType type{kind, without_nones(member.value), parameters.settings};
    require_map(type.custom, kind, problems);
    if (const auto* custom = type.custom.as<Value::Map>(); custom && !custom->empty())
      type.settings = Settings::schema().read(merged(setting, type.custom), problems);
    if (kind == "LoG" && type.settings.sigma.empty())
      parameters.notes.push_back("LoG has no sigma, so it gives no image (as in PyRadiomics)");
    parameters.image_types.push_back(std::move(type));
  }
}

void read_class(const Value::Member& member, Parameters& parameters, Diagnostics& problems) {
  const FeatureClassInfo* info = find_feature_class(member.key);
  if (!info) {
    problems.error(place_of(member), str("featureClass: unknown class '", member.key, "'.",
                                         suggestion(member.key, feature_class_names())));
    return;
  }
  FeatureClass wanted{member.key, {}};
  const auto* list = member.value.as<Value::List>();
  if (!member.value.empty() && !list)
    return problems.error(member.value.where,
                          str("featureClass: '", member.key, "' takes a list of features (this is ",
                              name_of_type(member.value), ")"));
  for (const Value& item : list ? *list : Value::List{}) {
    const auto* name = item.as<std::string>();
    const FeatureName* feature = name ? info->find(*name) : nullptr;
    if (!feature) {
      std::vector<std::string> names;
      for (const FeatureName& f : info->features) names.emplace_back(f.name);
      problems.error(item.where, name ? str("featureClass: '", *name, "' is no feature of ",
                                            member.key, '.', suggestion(*name, names))
                                      : str("featureClass: a feature's name is text (this is ",
                                            name_of_type(item), ")"));
    } else if (feature->state == FeatureName::State::removed) {
      parameters.notes.push_back(str(member.key, ' ', *name, " is not computed (PyRadiomics ",
                                     "removed it: ", feature->note, ")"));
    } else {
      wanted.features.push_back(*name);
    }
  }
  if (list && !list->empty() && wanted.features.empty()) return;
  parameters.classes.push_back(std::move(wanted));
}

}  // namespace

const std::vector<std::string>& image_type_names() {
  static const std::vector<std::string> names{"Original",   "LoG",       "Wavelet",     "Square",
                                              "SquareRoot", "Logarithm", "Exponential", "Gradient"};
  return names;
}

Parameters::Parameters() : image_types{{"Original", Value(Value::Map{}), {}}} {
  for (const std::string& name : feature_class_names())
    if (name != "shape2D") classes.push_back({name, {}});
}

Parameters read_parameters(const Value& tree, const Value* changes, Diagnostics& problems) {
  Parameters parameters;
  const std::size_t before = problems.entries().size();
  const Document document = Document::schema().read(tree, problems);
  if (const auto* voxel = document.voxel_setting.as<Value::Map>(); voxel && !voxel->empty())
    problems.error(place_of(voxel->front()),
                   "voxelSetting: voxel-based extraction is not available. Remove voxelSetting");
  parameters.written =
      without_nones(changes ? merged(document.setting, *changes) : document.setting);
  parameters.settings = Settings::schema().read(parameters.written, problems);
  if (problems.entries().size() == before)
    read_image_types(document.image_type, parameters.written, parameters, problems);
  for (ImageType& type : parameters.image_types)
    if (type.custom.as<Value::Map>() && type.custom.as<Value::Map>()->empty())
      type.settings = parameters.settings;

  require_map(document.feature_class, "featureClass", problems);
  if (const auto* classes = document.feature_class.as<Value::Map>(); classes && !classes->empty()) {
    parameters.classes.clear();
    for (const Value::Member& member : *classes) read_class(member, parameters, problems);
  } else if (!tree.empty()) {
    parameters.classes.clear();
    for (const std::string& name : feature_class_names()) parameters.classes.push_back({name, {}});
  }
  return parameters;
}

const Schema<Settings>& Settings::schema() {
  static const std::vector<std::string> interpolators{"sitkBSpline", "sitkLinear",
                                                      "sitkNearestNeighbor", "none"};
  static const std::vector<std::string> norms{"euclidean", "manhattan", "infinity", "no_weighting"};
  static const Schema<Settings> schema =
      Schema<Settings>("setting", "Settings of PyRadiomics")
          .optional("minimumROIDimensions", &Settings::minimum_roi_dimensions,
                    "axes along which the region must be longer than a voxel")
          .between(1, 3)
          .optional("minimumROISize", &Settings::minimum_roi_size,
                    "the region must have more voxels than this")
          .at_least(1)
          .optional("geometryTolerance", &Settings::geometry_tolerance,
                    "how far grids of image and mask may differ, in voxels")
          .at_least(above_zero)
          .optional("correctMask", &Settings::correct_mask,
                    "bring a mask of another grid to the image's (nearest voxel)")
          .optional("additionalInfo", &Settings::additional_info, "add columns diagnostics_...")
          .optional("label", &Settings::label, "voxels of the mask that are the region")
          .at_least(1)
          .optional("label_channel", &Settings::label_channel,
                    "component of a mask of vectors; only 0, since such masks are not read")
          .between(0, 0)
          .optional("binWidth", &Settings::bin_width, "width of grey levels, from multiples of it")
          .at_least(above_zero)
          .optional("binCount", &Settings::bin_count, "number of grey levels, instead of binWidth")
          .between(1, 65535)
          .optional("normalize", &Settings::normalize,
                    "subtract the whole image's mean, divide by its standard deviation")
          .optional("normalizeScale", &Settings::normalize_scale, "factor after normalising")
          .at_least(above_zero)
          .optional("removeOutliers", &Settings::remove_outliers,
                    "cut normalised values off at this many standard deviations")
          .at_least(above_zero)
          .optional("resampledPixelSpacing", &Settings::resampled_pixel_spacing,
                    "voxel size in mm to resample to, along x, y, z; 0 keeps an axis")
          .between(0, 1000)
          .optional("interpolator", &Settings::interpolator, "of intensities when resampling")
          .one_of(interpolators)
          .optional("padDistance", &Settings::pad_distance,
                    "voxels kept around the region when resampling or cropping")
          .between(0, 10000)
          .optional("distances", &Settings::distances, "Chebyshev distances of neighbours")
          .between(1, 100)
          .optional("force2D", &Settings::force_2d, "neighbours within slices only")
          .optional("force2Ddimension", &Settings::force_2d_dimension,
                    "axis across the slices: 0 is z, 1 is y, 2 is x")
          .between(0, 2)
          .optional("resegmentRange", &Settings::resegment_range,
                    "keep voxels from the first threshold on, and up to the second if there is one")
          .optional("resegmentMode", &Settings::resegment_mode,
                    "thresholds are intensities, parts of the maximum, or standard deviations")
          .one_of({"absolute", "relative", "sigma"})
          .optional("resegmentShape", &Settings::resegment_shape,
                    "shape is measured after re-segmentation")
          .optional("preCrop", &Settings::pre_crop,
                    "crop the image to the region and padDistance before it is filtered")
          .optional("sigma", &Settings::sigma, "LoG: standard deviations in mm")
          .at_least(above_zero)
          .optional("start_level", &Settings::start_level, "Wavelet: levels left out")
          .between(0, 10)
          .optional("level", &Settings::level, "Wavelet: levels computed")
          .between(1, 10)
          .optional("wavelet", &Settings::wavelet, "Wavelet: its filters")
          .one_of(wavelet_names())
          .optional("gradientUseSpacing", &Settings::gradient_use_spacing,
                    "Gradient: per mm and not per voxel")
          .optional("voxelArrayShift", &Settings::voxel_array_shift,
                    "added to intensities for Energy, TotalEnergy and RootMeanSquared")
          .optional("symmetricalGLCM", &Settings::symmetrical_glcm, "count pairs both ways")
          .optional("weightingNorm", &Settings::weighting_norm,
                    "merge the directions of glcm and glrlm, weighted by the step's length")
          .one_of(norms)
          .optional("gldm_a", &Settings::gldm_a, "grey levels this far apart still depend")
          .between(0, 65535)
          .rule("resegmentRange takes one or two numbers",
                [](const Settings& s) { return s.resegment_range.size() <= 2; })
          .rule("distances must name at least one",
                [](const Settings& s) { return !s.distances.empty(); });
  return schema;
}

std::string python_float(double number) {
  std::string text = to_text(number);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string Sigma::text() const { return written_whole ? to_text(mm) : python_float(mm); }

}  // namespace radiomics::pyradiomics
}  // namespace vitrine
