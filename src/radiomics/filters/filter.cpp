#include "vitrine/radiomics/filters/filter.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/radiomics/filters/detail/known.hpp"

namespace vitrine::radiomics {
namespace {

/// Features of the image itself, beside those of its response maps.
class Original final : public ImageFilter {
 public:
  struct Params {};
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>(original_filter, "The image as it is");
    return s;
  }
  explicit Original(Params) {}

 private:
  Image response(const Image& image, Isa) const override { return image; }
};

/// A parameter's value as part of a name.
std::string name_part(const Value& value) {
  if (const auto* text = value.as<std::string>()) return *text;
  if (const auto* number = value.as<double>()) return to_text(*number);
  if (const auto* list = value.as<Value::List>()) {
    std::string all;
    for (const Value& item : *list) all += (all.empty() ? "" : "-") + name_part(item);
    return all;
  }
  return to_json(value);
}

}  // namespace

Image ImageFilter::apply(const Image& image, Isa isa) const {
  const auto values = image.values();
  require(!values.empty(), Error::Kind::data, "the image has no voxel (a filter needs some).");
  const auto bad =
      std::find_if(values.begin(), values.end(), [](float x) { return !std::isfinite(x); });
  if (bad != values.end()) {
    const Index at = bad - values.begin(), row = at / image.grid().size[0];
    throw Error(Error::Kind::data,
                str("the image is ", *bad, " at voxel (", at % image.grid().size[0], ", ",
                    row % image.grid().size[1], ", ", row / image.grid().size[1],
                    ") (a filter would spread that). Replace such voxels first"));
  }
  return response(image, isa);
}

const Catalogue<ImageFilter>& image_filters() {
  static const Catalogue<ImageFilter> all = [] {
    Catalogue<ImageFilter> filters("image_filter",
                                   "Filters whose response maps features are measured on (IBSI 2)");
    filters.add<Original>();
    add_mean(filters);
    add_laplacian_of_gaussian(filters);
    add_laws(filters);
    add_gabor(filters);
    add_wavelet(filters);
    add_simoncelli(filters);
    return filters;
  }();
  return all;
}

const Catalogue<ImageFilter>& catalogue_for(const ImageFilter*) { return image_filters(); }

std::string filter_name(const Pick<ImageFilter>& filter) {
  std::string name;
  for (const auto& [key, value, where] : *filter.canonical.as<Value::Map>())
    name += key == "kind" ? name_part(value) : "_" + key + "_" + name_part(value);
  return name;
}

}  // namespace vitrine::radiomics
