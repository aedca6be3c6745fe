#include "vitrine/radiomics/pyradiomics/detail/describe.hpp"

#include "vitrine/radiomics/detail/zones.hpp"
#include "vitrine/radiomics/pyradiomics/detail/specimen.hpp"

namespace vitrine::radiomics::pyradiomics {
namespace {

std::string tuple(std::initializer_list<std::string> items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "(" : ", ") + item;
  return text + ')';
}
std::string tuple(const Vec3& v) {
  return tuple({python_float(v[0]), python_float(v[1]), python_float(v[2])});
}
std::string tuple(const Voxel& v) { return tuple({str(v[0]), str(v[1]), str(v[2])}); }

/// A value as Python prints it.
std::string python(const Value& value) {
  if (value.empty()) return "None";
  if (const auto* flag = value.as<bool>()) return *flag ? "True" : "False";
  if (const auto* number = value.as<double>()) return to_text(*number);
  if (const auto* text = value.as<std::string>()) return "'" + *text + "'";
  std::string all;
  if (const auto* list = value.as<Value::List>()) {
    for (const Value& item : *list) all += (all.empty() ? "" : ", ") + python(item);
    return '[' + all + ']';
  }
  for (const Value::Member& member : *value.as<Value::Map>())
    all += (all.empty() ? "'" : ", '") + member.key + "': " + python(member.value);
  return '{' + all + '}';
}

/// Parts of a region that hang together by faces, edges or corners.
std::size_t part_count(const Roi& roi) {
  const Region region = shape_region(roi, {0, 1, 2}, 1);
  Levels levels;
  levels.count = 1;
  levels.volume.assign(region.morphological.begin(), region.morphological.end());
  return find_zones(region, levels, Connectivity::volume).size();
}

}  // namespace

void describe_parameters(const Parameters& parameters, std::vector<Diagnostic>& out) {
  out.push_back({"diagnostics_Configuration_Settings",
                 python(Settings::schema().write(parameters.settings))});
  Value types(Value::Map{});
  for (const ImageType& type : parameters.image_types)
    types.set(type.kind, type.custom.as<Value::Map>() ? type.custom : Value(Value::Map{}));
  out.push_back({"diagnostics_Configuration_EnabledImageTypes", python(types)});
}

void describe_image(const Raster& image, std::string_view stage, std::vector<Diagnostic>& out) {
  const std::string prefix = str("diagnostics_Image-", stage, '_');
  if (stage == "original") out.push_back({prefix + "Dimensionality", std::string("3D")});
  const Summary summary = summary_of(image);
  out.push_back({prefix + "Spacing", tuple(image.grid().spacing)});
  out.push_back({prefix + "Size", tuple(image.grid().size)});
  out.push_back({prefix + "Mean", summary.mean});
  out.push_back({prefix + "Minimum", summary.minimum});
  out.push_back({prefix + "Maximum", summary.maximum});
}

void describe_roi(const Raster* image, const Roi& roi, std::string_view stage,
                  std::vector<Diagnostic>& out) {
  const std::string prefix = str("diagnostics_Mask-", stage, '_');
  const Voxel &low = roi.box.low, size = roi.box.size();
  Vec3 centre = Vec3::Zero();
  roi.box.for_each([&](Index i, Index j, Index k) {
    if (roi(i, j, k)) centre += Vec3(double(i), double(j), double(k));
  });
  centre /= double(roi.voxels);
  out.push_back({prefix + "Spacing", tuple(roi.grid.spacing)});
  out.push_back({prefix + "Size", tuple(roi.grid.size)});
  out.push_back({prefix + "BoundingBox", tuple({str(low[0]), str(low[1]), str(low[2]), str(size[0]),
                                                str(size[1]), str(size[2])})});
  out.push_back({prefix + "VoxelNum", double(roi.voxels)});
  out.push_back({prefix + "VolumeNum", double(part_count(roi))});
  out.push_back({prefix + "CenterOfMassIndex", tuple(centre)});
  out.push_back(
      {prefix + "CenterOfMass",
       tuple(Vec3(roi.grid.origin + roi.grid.axes * roi.grid.spacing.cwiseProduct(centre)))});
  if (!image) return;
  const Summary summary = summary_of(*image, roi);
  out.push_back({prefix + "Mean", summary.mean});
  out.push_back({prefix + "Minimum", summary.minimum});
  out.push_back({prefix + "Maximum", summary.maximum});
}

std::string describe_difference(const Grid& image, const Grid& mask) {
  if (image.size != mask.size)
    return str("size ", tuple(image.size), " of the image, ", tuple(mask.size), " of the mask");
  if ((image.spacing - mask.spacing).cwiseAbs().maxCoeff() > 1e-6)
    return str("spacing ", tuple(image.spacing), " mm of the image, ", tuple(mask.spacing),
               " of the mask");
  if ((image.axes - mask.axes).cwiseAbs().maxCoeff() > 1e-6)
    return str("directions of the axes, by up to ", (image.axes - mask.axes).cwiseAbs().maxCoeff());
  return str("origin ", tuple(image.origin), " mm of the image, ", tuple(mask.origin),
             " of the mask");
}

}  // namespace vitrine::radiomics::pyradiomics
