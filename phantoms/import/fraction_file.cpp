#include <algorithm>
#include <cmath>

#include "vitrine/phantoms/import/detail/fraction_file.hpp"

namespace vitrine::phantoms::detail {
namespace {

constexpr double most_voxels = 2e9;

[[noreturn]] void refuse(const Value& node, const std::string& why) {
  throw Error(Error::Kind::data, why, node.where);
}

const Value& need(const Value& document, const char* key) {
  const Value* found = document.find(key);
  if (!found) refuse(document, str("'", key, "' is missing (it is no voxelised phantom of XCIST)"));
  return *found;
}

/// The elements of a list with one for each material.
const Value::List& list(const Value& document, const char* key, std::size_t count) {
  const Value& node = need(document, key);
  const auto* items = node.as<Value::List>();
  if (!items || items->size() != count)
    refuse(node, str("'", key, "' must be a list with one element for each of the ", count,
                     " materials"));
  return *items;
}

double number(const Value& document, const char* key, std::size_t count, std::size_t i, double low,
              double high) {
  const auto* value = list(document, key, count)[i].as<double>();
  if (!value || !(*value >= low && *value <= high))
    refuse(need(document, key), str("'", key, "' [", i, "] must be a number from ", to_text(low),
                                    " to ", to_text(high)));
  return *value;
}

Index whole(const Value& document, const char* key, std::size_t count, std::size_t i) {
  const double value = number(document, key, count, i, 1.0, 65535.0);
  if (value != std::floor(value))
    refuse(need(document, key), str("'", key, "' [", i, "] must be a whole number"));
  return Index(value);
}

std::string text(const Value& document, const char* key, std::size_t count, std::size_t i) {
  const auto* value = list(document, key, count)[i].as<std::string>();
  if (!value || value->empty())
    refuse(need(document, key), str("'", key, "' [", i, "] must be text"));
  return *value;
}

Resources::Number type_of(const Value& document, const std::string& name) {
  using Number = Resources::Number;
  static constexpr std::pair<std::string_view, Number> known[] = {
      {"int8", Number::int8},       {"uint8", Number::uint8},    {"int16", Number::int16},
      {"uint16", Number::uint16},   {"int32", Number::int32},    {"float", Number::float32},
      {"float32", Number::float32}, {"single", Number::float32}, {"float64", Number::float64},
      {"double", Number::float64}};
  for (const auto& [word, type] : known)
    if (name == word) return type;
  refuse(need(document, "volumefractionmap_datatype"),
         str("numbers of type '", name,
             "' are not read (float, double, int8 to int32, uint8 and "
             "uint16 are)"));
}

}  // namespace

FractionFile read_fraction_file(const Value& document) {
  const auto* count = need(document, "n_materials").as<double>();
  if (!count || !(*count >= 1.0 && *count <= 200.0) || *count != std::floor(*count))
    refuse(need(document, "n_materials"), "'n_materials' must be a whole number from 1 to 200");
  const auto n = std::size_t(*count);
  FractionFile out;
  std::array<double, 3> low{1e30, 1e30, 1e30}, high{-1e30, -1e30, -1e30};
  std::vector<Vec3> begins;
  constexpr const char* sizes[] = {"cols", "rows", "slices"};
  constexpr const char* spacings[] = {"x_size", "y_size", "z_size"};
  constexpr const char* offsets[] = {"x_offset", "y_offset", "z_offset"};
  for (std::size_t i = 0; i < n; ++i) {
    FractionVolume volume;
    volume.material = text(document, "mat_name", n, i);
    volume.file = text(document, "volumefractionmap_filename", n, i);
    volume.type = type_of(document, text(document, "volumefractionmap_datatype", n, i));
    if (document.find("density_scale"))
      volume.scale = number(document, "density_scale", n, i, 0.0, 100.0);
    Vec3 begin;
    for (std::size_t a = 0; a < 3; ++a) {
      const auto e = Eigen::Index(a);
      volume.size[a] = whole(document, sizes[a], n, i);
      volume.spacing[e] = number(document, spacings[a], n, i, 1e-3, 1000.0);
      // The isocentre lies at `offset`, counted in voxels of which the first is 1.
      begin[e] = 1.0 - number(document, offsets[a], n, i, -1e5, 1e5);
      low[a] = std::min(low[a], begin[e]);
      high[a] = std::max(high[a], begin[e] + double(volume.size[a]));
    }
    const Vec3 difference = volume.spacing - (i ? out.volumes[0].spacing : volume.spacing);
    if (difference.cwiseAbs().maxCoeff() > 1e-6 * volume.spacing.minCoeff())
      refuse(need(document, "x_size"),
             str("the voxels of '", volume.material, "' have another size than those of '",
                 out.volumes[0].material, "' (one grid is expected). Resample them."));
    begins.push_back(begin);
    out.volumes.push_back(std::move(volume));
  }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t a = 0; a < 3; ++a) {
      const double first = begins[i][Eigen::Index(a)] - low[a];
      if (std::abs(first - std::round(first)) > 0.01)
        refuse(need(document, offsets[a]),
               str("the voxels of '", out.volumes[i].material,
                   "' lie between those of others "
                   "(offsets must differ by whole voxels). Resample them."));
      out.volumes[i].first[a] = Index(std::round(first));
    }
  double voxels = 1.0, held = 0.0;
  for (const FractionVolume& volume : out.volumes)
    held += double(volume.size[0]) * double(volume.size[1]) * double(volume.size[2]);
  for (std::size_t a = 0; a < 3; ++a) {
    const auto e = Eigen::Index(a);
    out.grid.size[a] = Index(std::round(high[a] - low[a]));
    out.grid.spacing[e] = out.volumes[0].spacing[e];
    out.grid.origin[e] = low[a] * out.grid.spacing[e];
    voxels *= double(out.grid.size[a]);
  }
  if (voxels > most_voxels || voxels > 64.0 * held + 1e6)
    refuse(need(document, "cols"),
           str("the volumes together span ", voxels, " voxels and hold ", held,
               " (offsets or sizes are wrong). Check them, or merge the volumes."));
  return out;
}

}  // namespace vitrine::phantoms::detail
