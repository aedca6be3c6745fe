#include "vitrine/radiomics/pyradiomics/wavelet.hpp"

#include <algorithm>

#include "vitrine/radiomics/filters/detail/wavelet_families.hpp"
#include "vitrine/radiomics/pyradiomics/detail/image_types.hpp"

namespace vitrine::radiomics::pyradiomics {
namespace {

/// A periodic image on a box, and how far its boxes may still shrink.
struct Part {
  Box box;
  std::vector<double> values;
};

/// out(i) = sum over j of filter[j] in(i + F/2 - j) along an axis, where all of that is there.
Part filtered(const Part& in, std::size_t axis, const std::vector<double>& filter) {
  const auto length = Index(filter.size());
  Part out;
  out.box = in.box;
  out.box.low[axis] += length - 1 - length / 2;
  out.box.high[axis] -= length / 2;
  out.values.reserve(out.box.count());
  const Voxel size = in.box.size();
  const Index stride = axis == 0 ? 1 : axis == 1 ? size[0] : size[0] * size[1];
  out.box.for_each([&](Index i, Index j, Index k) {
    const double* here = in.values.data() + in.box.offset(i, j, k) + length / 2 * stride;
    double sum = 0;
    for (Index tap = 0; tap < length; ++tap)
      sum += filter[static_cast<std::size_t>(tap)] * here[-tap * stride];
    out.values.push_back(sum);
  });
  return out;
}

std::vector<double> cut_out(const Part& from, const Box& box) {
  std::vector<double> values;
  values.reserve(box.count());
  box.for_each(
      [&](Index i, Index j, Index k) { values.push_back(from.values[from.box.offset(i, j, k)]); });
  return values;
}

}  // namespace

const std::vector<std::string>& wavelet_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all{"db1", "sym2", "sym3"};
    for (const WaveletFamily& family : wavelet_families()) all.emplace_back(family.name);
    return all;
  }();
  return names;
}

WaveletFilters wavelet_filters(std::string_view name) {
  const std::string_view known = name == "db1"    ? "haar"
                                 : name == "sym2" ? "db2"
                                 : name == "sym3" ? "db3"
                                                  : name;
  const auto low = wavelet_family(known).low_pass;
  return {{low.begin(), low.end()}, high_pass(low)};
}

std::vector<Band> wavelet_bands(const Raster& image, const Box& part, const Settings& settings) {
  const WaveletFilters filters = wavelet_filters(settings.wavelet);
  const auto length = Index(filters.low.size());
  std::vector<std::size_t> axes;  // of the names' letters: x, y, z
  for (std::size_t a = 0; a < 3; ++a)
    if (!settings.force_2d || std::int64_t(2 - a) != settings.force_2d_dimension) axes.push_back(a);

  // The image is periodic, an odd axis after its first voxel is repeated at the end.
  const auto levels = settings.start_level + settings.level;
  Part low;
  low.box = part;
  for (const std::size_t a : axes) {
    low.box.low[a] -= levels * (length - 1 - length / 2);
    low.box.high[a] += levels * (length / 2);
  }
  const auto& size = image.grid().size;
  const auto wrapped = [&](Index i, std::size_t a) {
    const Index period = size[a] + size[a] % 2;
    const Index at = ((i % period) + period) % period;
    return at < size[a] ? at : 0;
  };
  low.values.reserve(low.box.count());
  low.box.for_each([&](Index i, Index j, Index k) {
    low.values.push_back(image(wrapped(i, 0), wrapped(j, 1), wrapped(k, 2)));
  });

  std::vector<Band> bands;
  for (std::int64_t level = 0; level < levels; ++level) {
    const bool kept = level >= settings.start_level;
    const auto number = level - settings.start_level + 1;
    const std::string prefix = number == 1 ? "wavelet-" : str("wavelet", number, '-');
    std::vector<std::pair<std::string, Part>> parts;
    parts.emplace_back("", std::move(low));
    for (const std::size_t a : axes) {
      std::vector<std::pair<std::string, Part>> next;
      for (auto& [name, in] : parts) {
        next.emplace_back(name + 'L', filtered(in, a, filters.low));
        if (kept) next.emplace_back(name + 'H', filtered(in, a, filters.high));
      }
      parts = std::move(next);
    }
    for (std::size_t b = 1; b < parts.size(); ++b)
      bands.push_back({prefix + parts[b].first, cut_out(parts[b].second, part)});
    low = std::move(parts.front().second);
    if (level + 1 == levels) bands.push_back({prefix + parts.front().first, cut_out(low, part)});
  }
  return bands;
}

}  // namespace vitrine::radiomics::pyradiomics
