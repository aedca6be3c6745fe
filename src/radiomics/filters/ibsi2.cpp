#include "vitrine/radiomics/filters/ibsi2.hpp"

#include <algorithm>
#include <cmath>

namespace vitrine::radiomics::ibsi {
namespace {

struct Parameter {
  std::string_view key;
  Value value;
};

Pick<ImageFilter> filter(std::string_view kind, std::initializer_list<Parameter> parameters) {
  Value node;
  node.set("kind", Value(std::string(kind)));
  for (const Parameter& parameter : parameters)
    node.set(std::string(parameter.key), parameter.value);
  Diagnostics problems;
  Pick<ImageFilter> made = image_filters().make(node, problems);
  problems.throw_if_any();
  return made;
}

/// Configurations A (2D, voxels as they are) and B (3D, cubic interpolation to 1 mm).
Settings settings_of(char configuration) {
  Settings settings;
  settings.range_hu = {{-1000, 400}};
  if (configuration == 'A') return settings;
  settings.spacing_mm = 1;
  settings.interpolation = Interpolation::cubic;
  return settings;
}

}  // namespace

std::vector<ResponseTest> response_tests() {
  const auto mean = [](std::string_view dimensions, std::string_view padding) {
    return filter("mean", {{"support", 15.0},
                           {"dimensions", std::string(dimensions)},
                           {"padding", std::string(padding)}});
  };
  const auto log = [](double sigma, std::string_view dimensions, std::string_view padding) {
    return filter("log", {{"sigma_mm", sigma},
                          {"dimensions", std::string(dimensions)},
                          {"padding", std::string(padding)}});
  };
  /// The three tests of a kernel: as it is, rotation invariant, and its energy.
  std::vector<ResponseTest> tests;
  const auto add_laws = [&](const std::string& id, std::string_view phantom,
                            std::string_view kernels, std::string_view padding) {
    const Parameter names{"kernels", std::string(kernels)}, edge{"padding", std::string(padding)},
        turned{"rotation_invariance", "max"};
    const auto add = [&](const char* number, std::initializer_list<Parameter> parameters) {
      tests.push_back({id + number, std::string(phantom), filter("laws", parameters)});
    };
    add(".1", {names, edge});
    add(".2", {names, edge, turned});
    add(".3", {names, edge, turned, {"energy_distance", 7.0}});
  };
  /// The two tests of a Gabor filter: one direction, and all in three planes.
  const auto add_gabor = [&](const std::string& id, std::string_view phantom,
                             std::string_view padding, std::array<double, 3> shape, double angle,
                             double step) {
    const Parameter sigma{"sigma_mm", shape[0]}, wavelength{"wavelength_mm", shape[1]},
        aspect{"aspect", shape[2]}, edge{"padding", std::string(padding)};
    tests.push_back({id + ".1", std::string(phantom),
                     filter("gabor", {sigma, wavelength, aspect, edge, {"angle_deg", angle}})});
    tests.push_back({id + ".2", std::string(phantom),
                     filter("gabor", {sigma,
                                      wavelength,
                                      aspect,
                                      edge,
                                      {"rotation_invariance", "average"},
                                      {"angle_step_deg", step},
                                      {"orthogonal_planes", true}})});
  };
  tests.push_back({"1.a.1", "checkerboard", mean("3d", "zero")});
  tests.push_back({"1.a.2", "checkerboard", mean("3d", "nearest")});
  tests.push_back({"1.a.3", "checkerboard", mean("3d", "periodic")});
  tests.push_back({"1.a.4", "checkerboard", mean("3d", "mirror")});
  tests.push_back({"1.b.1", "impulse", mean("2d", "zero")});
  tests.push_back({"2.a", "impulse", log(3, "3d", "zero")});
  tests.push_back({"2.b", "checkerboard", log(5, "3d", "mirror")});
  tests.push_back({"2.c", "checkerboard", log(5, "2d", "mirror")});
  add_laws("3.a", "impulse", "E5L5S5", "zero");
  add_laws("3.b", "checkerboard", "E3W5R5", "mirror");
  add_laws("3.c", "checkerboard", "L5S5", "mirror");
  add_gabor("4.a", "impulse", "zero", {10, 4, 0.5}, 60, 45);
  add_gabor("4.b", "sphere", "mirror", {20, 8, 2.5}, 225, 22.5);
  const auto add_wavelet = [&](const char* id, std::string_view phantom, std::string_view family,
                               std::string_view bands, double level, std::string_view pooling,
                               std::string_view padding) {
    tests.push_back({id, std::string(phantom),
                     filter("wavelet", {{"family", std::string(family)},
                                        {"bands", std::string(bands)},
                                        {"level", level},
                                        {"rotation_invariance", std::string(pooling)},
                                        {"padding", std::string(padding)}})});
  };
  add_wavelet("5.a.1", "impulse", "db2", "LHL", 1, "none", "zero");
  add_wavelet("5.a.2", "impulse", "db2", "LHL", 1, "average", "zero");
  add_wavelet("6.a.1", "sphere", "coif1", "HHL", 1, "none", "periodic");
  add_wavelet("6.a.2", "sphere", "coif1", "HHL", 1, "average", "periodic");
  add_wavelet("7.a.1", "checkerboard", "haar", "LLL", 2, "average", "mirror");
  add_wavelet("7.a.2", "checkerboard", "haar", "HHH", 2, "average", "mirror");
  for (const int level : {1, 2, 3})
    tests.push_back(
        {str("8.a.", level), "checkerboard", filter("simoncelli", {{"level", double(level)}})});
  return tests;
}

std::vector<FilteredBenchmark> filtered_benchmarks() {
  std::vector<FilteredBenchmark> all;
  for (const char configuration : {'A', 'B'}) {
    const bool in_slices = configuration == 'A';
    const auto add = [&](const char* number, Pick<ImageFilter> made) {
      all.push_back({str(number, '.', configuration), settings_of(configuration), std::move(made)});
    };
    const Parameter dimensions{"dimensions", in_slices ? "2d" : "3d"};
    add("1", filter("original", {}));
    add("2", filter("mean", {{"support", 5.0}, dimensions}));
    add("3", filter("log", {{"sigma_mm", 1.5}, dimensions}));
    add("4", filter("laws", {{"kernels", in_slices ? "L5E5" : "L5E5E5"},
                             {"rotation_invariance", "max"},
                             {"energy_distance", 7.0}}));
    add("5", filter("gabor", {{"sigma_mm", 5.0},
                              {"wavelength_mm", 2.0},
                              {"aspect", 1.5},
                              {"rotation_invariance", "average"},
                              {"angle_step_deg", 22.5},
                              {"orthogonal_planes", !in_slices}}));
    const Parameter family{"family", "db3"}, turned{"rotation_invariance", "average"};
    add("6", filter("wavelet", {family, {"bands", in_slices ? "LH" : "LLH"}, turned, dimensions}));
    add("7",
        filter("wavelet",
               {family, {"bands", in_slices ? "HH" : "HHH"}, {"level", 2.0}, turned, dimensions}));
    add("8", filter("simoncelli", {{"level", 1.0}, dimensions}));
    add("9", filter("simoncelli", {{"level", 2.0}, dimensions}));
  }
  return all;
}

double difference_percent(const Image& map, const Image& reference) {
  require(map.grid().size == reference.grid().size, Error::Kind::data,
          "the response map and its reference differ in size.");
  const auto expected = reference.values();
  const auto [low, high] = std::minmax_element(expected.begin(), expected.end());
  double largest = 0;
  for (std::size_t v = 0; v < expected.size(); ++v) {
    const double difference = std::abs(double(map.values()[v]) - double(expected[v]));
    if (!(difference <= largest)) largest = difference;  // a NaN stays
  }
  return 100 * largest / (double(*high) - double(*low));
}

}  // namespace vitrine::radiomics::ibsi
